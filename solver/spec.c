/* f_r(x) = g.v - rhs_up. */
#include "solver/spec.h"

#include "src/base/alloc.h"

#include <math.h>

/*
 * Coefficients of summed atoms are integers below this size. With weights that
 * are multiples of 2^-SPEC_WEIGHT_BITS up to 1, sums of SPEC_MOST_SUMMED of
 * them are exact.
 */
static const double MOST_COEFFICIENT = 0x1p36;

static bool is_small(const struct query_atom *atom)
{
    for (size_t t = 0; t < atom->n_terms; t++) {
        if (!(fabs(atom->terms[t].coefficient) < MOST_COEFFICIENT)) {
            return false;
        }
    }
    return true;
}

/* Rows of a disjunct. */
static size_t count_rows(const struct query_disjunct *disjunct, bool has_sums)
{
    const size_t n = disjunct->n_atoms;
    bool is_summed = has_sums && 2 <= n && n <= SPEC_MOST_SUMMED;
    for (size_t q = 0; q < n && is_summed; q++) {
        is_summed = is_small(&disjunct->atoms[q]);
    }
    return is_summed ? n + 1 : n;
}

static void init(struct spec *spec, const struct layers *layers,
                 const struct query_case *query_case, bool has_sums)
{
    *spec = (struct spec){
        .layers = layers,
        .query_case = query_case,
        .n_disjuncts = query_case->n_disjuncts,
    };
    NEW_ARRAY(spec->first, spec->n_disjuncts + 1);
    for (size_t d = 0; d < spec->n_disjuncts; d++) {
        spec->first[d] = spec->n_rows;
        spec->n_rows += count_rows(&query_case->disjuncts[d], has_sums);
    }
    spec->first[spec->n_disjuncts] = spec->n_rows;
    NEW_ARRAY(spec->atom, spec->n_rows);
    NEW_ARRAY(spec->weight, spec->n_rows);
    for (size_t d = 0; d < spec->n_disjuncts; d++) {
        const struct query_disjunct *disjunct = &query_case->disjuncts[d];
        for (size_t q = 0; q < disjunct->n_atoms; q++) {
            spec->atom[spec->first[d] + q] = &disjunct->atoms[q];
        }
    }
    spec_reset_weights(spec);
}

void spec_init(struct spec *spec, const struct layers *layers,
               const struct query_case *query_case)
{
    init(spec, layers, query_case, false);
}

void spec_init_summed(struct spec *spec, const struct layers *layers,
                      const struct query_case *query_case)
{
    init(spec, layers, query_case, true);
}

void spec_reset_weights(struct spec *spec)
{
    for (size_t r = 0; r < spec->n_rows; r++) {
        spec->weight[r] = 1.0;
    }
}

void spec_clear(struct spec *spec)
{
    alloc_free(spec->first);
    alloc_free(spec->atom);
    alloc_free(spec->weight);
    *spec = (struct spec){0};
}

size_t spec_n_atoms(const struct spec *spec, size_t d)
{
    return spec->query_case->disjuncts[d].n_atoms;
}

bool spec_has_sum(const struct spec *spec, size_t d)
{
    return spec->first[d + 1] - spec->first[d] > spec_n_atoms(spec, d);
}

size_t spec_sum(const struct spec *spec, size_t d)
{
    return spec->first[d + 1] - 1;
}

size_t spec_owner(const struct spec *spec, size_t r)
{
    size_t low = 0;
    size_t high = spec->n_disjuncts;
    while (high - low > 1) {
        const size_t middle = low + (high - low) / 2;
        if (spec->first[middle] <= r) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return low;
}

void spec_seed_atom(const struct spec *spec, struct backward *backward,
                    size_t r, size_t row, double factor)
{
    const struct query_atom *atom = spec->atom[r];
    const size_t n_inputs = spec->layers->n_inputs;
    const size_t last = spec->layers->n_layers - 1;
    for (size_t t = 0; t < atom->n_terms; t++) {
        const size_t v = atom->terms[t].variable;
        const bool is_input = v < n_inputs;
        double *seed = backward_seed(backward, is_input ? 0 : last, row);
        seed[is_input ? v : v - n_inputs] +=
            factor * atom->terms[t].coefficient;
    }
    backward_add_constant(backward, row, -factor * atom->rhs_up);
}

void spec_seed(const struct spec *spec, struct backward *backward, size_t r,
               size_t row)
{
    if (spec->atom[r] != NULL) {
        spec_seed_atom(spec, backward, r, row, 1.0);
        return;
    }
    const size_t d = spec_owner(spec, r);
    for (size_t a = spec->first[d]; a < r; a++) {
        if (spec->weight[a] > 0.0) {
            spec_seed_atom(spec, backward, a, row, spec->weight[a]);
        }
    }
}

bool spec_is_refuted(const struct spec *spec, size_t r, double lower)
{
    if (spec->atom[r] == NULL) {
        return lower > 0.0;
    }
    return spec->atom[r]->is_strict ? lower >= 0.0 : lower > 0.0;
}

double spec_value(const struct spec *spec, size_t r, const double *x,
                  const double *y)
{
    const struct query_atom *atom = spec->atom[r];
    const size_t n_inputs = spec->layers->n_inputs;
    double sum = -atom->rhs_up;
    for (size_t t = 0; t < atom->n_terms; t++) {
        const size_t v = atom->terms[t].variable;
        sum += atom->terms[t].coefficient *
               (v < n_inputs ? x[v] : y[v - n_inputs]);
    }
    return sum;
}

bool spec_holds(const struct spec *spec, const double *x, const double *y)
{
    for (size_t d = 0; d < spec->n_disjuncts; d++) {
        bool holds = true;
        const size_t end = spec->first[d] + spec_n_atoms(spec, d);
        for (size_t r = spec->first[d]; holds && r < end; r++) {
            holds = spec_value(spec, r, x, y) <= 0.0;
        }
        if (holds) {
            return true;
        }
    }
    return false;
}
