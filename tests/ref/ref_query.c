/* Queries of one case built by hand around given layers. */
#include "tests/ref/ref_query.h"

#include "src/base/alloc.h"
#include "src/num/rational.h"
#include "tests/ref/ref_network.h"

struct query *ref_query_create(struct layers *layers, const double *lower,
                               const double *upper)
{
    const size_t n = layers->n_inputs;
    struct query *query = NULL;
    NEW(query);
    query->vnnlib_major = 1;
    query->layers = layers;
    query->n_cases = 1;
    NEW(query->cases);
    struct query_case *c = query->cases;
    NEW_ARRAY(c->lower, n);
    NEW_ARRAY(c->upper, n);
    NEW_ARRAY(c->lower_down, n);
    NEW_ARRAY(c->upper_up, n);
    NEW_ARRAY(c->is_lower_strict, n);
    NEW_ARRAY(c->is_upper_strict, n);
    c->is_bounded = true;
    for (size_t i = 0; i < n; i++) {
        mpq_inits(c->lower[i], c->upper[i], (mpq_ptr)NULL);
        rational_set_double(c->lower[i], lower[i]);
        rational_set_double(c->upper[i], upper[i]);
        c->lower_down[i] = lower[i];
        c->upper_up[i] = upper[i];
    }
    return query;
}

void ref_query_set_box(struct query *query, size_t i, const mpq_t lower,
                       const mpq_t upper)
{
    struct query_case *c = query->cases;
    mpq_set(c->lower[i], lower);
    mpq_set(c->upper[i], upper);
    c->lower_down[i] = rational_down(lower);
    c->upper_up[i] = rational_up(upper);
}

void ref_query_add_disjunct(struct query *query)
{
    struct query_case *c = query->cases;
    RESIZE_ARRAY(c->disjuncts, c->n_disjuncts + 1);
    c->disjuncts[c->n_disjuncts++] = (struct query_disjunct){0};
}

void ref_query_add_atom(struct query *query, const double *c, const mpq_t rhs,
                        bool is_strict)
{
    const size_t n = query->layers->n_inputs + query->layers->n_outputs;
    struct query_case *query_case = query->cases;
    struct query_disjunct *disjunct =
        &query_case->disjuncts[query_case->n_disjuncts - 1];
    RESIZE_ARRAY(disjunct->atoms, disjunct->n_atoms + 1);
    struct query_atom *atom = &disjunct->atoms[disjunct->n_atoms++];
    NEW_ARRAY(atom->terms, n);
    for (size_t v = 0; v < n; v++) {
        if (c[v] < 0.0 || c[v] > 0.0) {
            atom->terms[atom->n_terms++] = (struct query_term){v, c[v]};
        }
    }
    mpq_init(atom->rhs);
    mpq_set(atom->rhs, rhs);
    atom->rhs_up = rational_up(rhs);
    atom->is_strict = is_strict;
}

static void add_double(struct query *query, const double *c, double rhs,
                       bool is_strict)
{
    mpq_t exact;
    mpq_init(exact);
    rational_set_double(exact, rhs);
    ref_query_add_atom(query, c, exact, is_strict);
    mpq_clear(exact);
}

void ref_query_add_le(struct query *query, const double *c, double rhs)
{
    add_double(query, c, rhs, false);
}

void ref_query_add_lt(struct query *query, const double *c, double rhs)
{
    add_double(query, c, rhs, true);
}

bool ref_query_holds_at(const struct query *query, const double *x)
{
    struct ref_values values;
    ref_values_init(&values, query->layers);
    ref_network_eval(&values, query->layers, x);
    const mpq_t *input = (const mpq_t *)values.layer[0].value;
    const mpq_t *output =
        (const mpq_t *)values.layer[values.n_layers - 1].value;
    const bool holds = query_contains_exact(query, 0, input) &&
                       query_holds_exact(query, 0, input, output);
    ref_values_clear(&values);
    return holds;
}
