/* Formulas by brute force, and the networks that mean the same. */
#include "tests/ref/ref_formula.h"

#include "src/base/alloc.h"
#include "src/base/require.h"
#include "tests/ref/ref_build.h"
#include "tests/ref/ref_query.h"

void ref_formula_add(struct formula *formula, const int *literals)
{
    for (; *literals != 0; literals++) {
        const int v = *literals;
        const uint32_t literal =
            v > 0 ? 2 * (uint32_t)(v - 1) : 2 * (uint32_t)(-v - 1) + 1;
        VEC_PUSH(&formula->literals, literal);
    }
    formula_end_clause(formula);
}

void ref_formula_random(struct formula *formula, struct rng *rng,
                        size_t n_variables, size_t n_clauses, size_t n_longest)
{
    bool *is_used;
    REQUIRE(1 <= n_longest && n_longest <= n_variables);
    *formula = (struct formula){.n_variables = n_variables};
    NEW_ARRAY(is_used, n_variables);
    for (size_t c = 0; c < n_clauses; c++) {
        const size_t n = 1 + rng_below(rng, n_longest);
        for (size_t v = 0; v < n_variables; v++) {
            is_used[v] = false;
        }
        for (size_t i = 0; i < n; i++) {
            size_t v = rng_below(rng, n_variables);
            while (is_used[v]) {
                v = (v + 1) % n_variables;
            }
            is_used[v] = true;
            VEC_PUSH(&formula->literals, (uint32_t)(2 * v + rng_below(rng, 2)));
        }
        formula_end_clause(formula);
    }
    alloc_free(is_used);
}

bool ref_formula_holds(const struct formula *formula, const bool *model)
{
    size_t i = 0;
    for (size_t c = 0; c < formula->end.n; c++) {
        bool holds = false;
        for (; i < formula->end.data[c]; i++) {
            const uint32_t literal = formula->literals.data[i];
            holds = holds || model[literal / 2] == (literal % 2 == 0);
        }
        if (!holds) {
            return false;
        }
    }
    return true;
}

bool ref_formula_is_satisfiable(const struct formula *formula)
{
    bool model[20] = {false};
    REQUIRE(formula->n_variables <= 20);
    for (size_t m = 0; m < (size_t)1 << formula->n_variables; m++) {
        for (size_t v = 0; v < formula->n_variables; v++) {
            model[v] = (m >> v & 1U) != 0;
        }
        if (ref_formula_holds(formula, model)) {
            return true;
        }
    }
    return false;
}

void ref_gadget_init(struct ref_gadget *gadget, const struct formula *formula)
{
    const size_t n = formula->n_variables;
    const size_t n_clauses = formula->end.n;
    const size_t n_units = n_clauses + 2 * n;
    gadget->n_inputs = n;
    gadget->n_units = n_units;
    NEW_ARRAY(gadget->first, n_units * n);
    NEW_ARRAY(gadget->first_bias, n_units);
    NEW_ARRAY(gadget->second, 2 * n_units);
    NEW_ARRAY(gadget->second_bias, 2);
    gadget->second_bias[0] = 1.0;
    size_t i = 0;
    for (size_t c = 0; c < n_clauses; c++) {
        gadget->first_bias[c] = 1.0;
        gadget->second[c] = -1.0;
        for (; i < formula->end.data[c]; i++) {
            const uint32_t literal = formula->literals.data[i];
            const bool is_negated = literal % 2 == 1;
            gadget->first[c * n + literal / 2] = is_negated ? 1.0 : -1.0;
            gadget->first_bias[c] -= is_negated ? 1.0 : 0.0;
        }
    }
    for (size_t v = 0; v < n; v++) {
        const size_t copy = n_clauses + v;
        const size_t step = n_clauses + n + v;
        gadget->first[copy * n + v] = 1.0;
        gadget->first[step * n + v] = 2.0;
        gadget->first_bias[step] = -1.0;
        gadget->second[n_units + copy] = 1.0;
        gadget->second[n_units + step] = -1.0;
    }
}

void ref_gadget_clear(struct ref_gadget *gadget)
{
    alloc_free(gadget->first);
    alloc_free(gadget->first_bias);
    alloc_free(gadget->second);
    alloc_free(gadget->second_bias);
    *gadget = (struct ref_gadget){0};
}

struct layers *ref_gadget_layers(const struct ref_gadget *gadget)
{
    struct layers *layers = ref_build_begin(gadget->n_inputs);
    size_t last = ref_build_affine(layers, 0, gadget->n_units, gadget->first,
                                   gadget->first_bias);
    last = ref_build_relu(layers, last);
    (void)ref_build_affine(layers, last, 2, gadget->second,
                           gadget->second_bias);
    return layers;
}

struct query *ref_gadget_query(const struct ref_gadget *gadget)
{
    const size_t n = gadget->n_inputs;
    double *zeros;
    double *ones;
    double *atom;
    NEW_ARRAY(zeros, n);
    NEW_ARRAY(ones, n);
    NEW_ARRAY(atom, n + 2);
    for (size_t i = 0; i < n; i++) {
        ones[i] = 1.0;
    }
    struct query *query =
        ref_query_create(ref_gadget_layers(gadget), zeros, ones);
    ref_query_add_disjunct(query);
    atom[n] = -1.0;
    ref_query_add_le(query, atom, -1.0);
    atom[n] = 0.0;
    atom[n + 1] = 1.0;
    ref_query_add_le(query, atom, 0.0);
    alloc_free(zeros);
    alloc_free(ones);
    alloc_free(atom);
    return query;
}
