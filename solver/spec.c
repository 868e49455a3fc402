/* f_r(x) = g.v - rhs_up. */
#include "solver/spec.h"

#include "src/base/alloc.h"

void spec_init(struct spec *spec, const struct layers *layers,
               const struct query_case *query_case)
{
    *spec = (struct spec){
        .layers = layers,
        .query_case = query_case,
        .n_disjuncts = query_case->n_disjuncts,
    };
    NEW_ARRAY(spec->first, spec->n_disjuncts + 1);
    for (size_t d = 0; d < spec->n_disjuncts; d++) {
        spec->first[d] = spec->n_rows;
        spec->n_rows += query_case->disjuncts[d].n_atoms;
    }
    spec->first[spec->n_disjuncts] = spec->n_rows;
    NEW_ARRAY(spec->atom, spec->n_rows);
    for (size_t d = 0; d < spec->n_disjuncts; d++) {
        const struct query_disjunct *disjunct = &query_case->disjuncts[d];
        for (size_t q = 0; q < disjunct->n_atoms; q++) {
            spec->atom[spec->first[d] + q] = &disjunct->atoms[q];
        }
    }
}

void spec_clear(struct spec *spec)
{
    alloc_free(spec->first);
    alloc_free(spec->atom);
    *spec = (struct spec){0};
}

void spec_seed(const struct spec *spec, struct backward *backward, size_t r,
               size_t row)
{
    const struct query_atom *atom = spec->atom[r];
    const size_t n_inputs = spec->layers->n_inputs;
    const size_t last = spec->layers->n_layers - 1;
    for (size_t t = 0; t < atom->n_terms; t++) {
        const size_t v = atom->terms[t].variable;
        const bool is_input = v < n_inputs;
        double *seed = backward_seed(backward, is_input ? 0 : last, row);
        seed[is_input ? v : v - n_inputs] += atom->terms[t].coefficient;
    }
    backward_add_constant(backward, row, -atom->rhs_up);
}

bool spec_is_refuted(const struct spec *spec, size_t r, double lower)
{
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
        for (size_t r = spec->first[d]; holds && r < spec->first[d + 1]; r++) {
            holds = spec_value(spec, r, x, y) <= 0.0;
        }
        if (holds) {
            return true;
        }
    }
    return false;
}
