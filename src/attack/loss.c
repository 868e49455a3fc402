/* How far a point is from a disjunct: scaled violations of its atoms. */
#include "src/attack/loss.h"

#include "src/base/alloc.h"

#include <float.h>
#include <math.h>

static const struct query_disjunct *disjunct_at(const struct loss *loss,
                                                size_t d)
{
    return &loss->query_case->disjuncts[d];
}

static double coefficient_sum(const struct query_atom *atom)
{
    double sum = 0.0;
    for (size_t t = 0; t < atom->n_terms; t++) {
        sum += fabs(atom->terms[t].coefficient);
    }
    return sum;
}

void loss_init(struct loss *loss, const struct query_case *query_case,
               size_t n_inputs)
{
    loss->query_case = query_case;
    loss->n_inputs = n_inputs;
    NEW_ARRAY(loss->first_atom, query_case->n_disjuncts + 1);
    for (size_t d = 0; d < query_case->n_disjuncts; d++) {
        loss->first_atom[d + 1] =
            loss->first_atom[d] + disjunct_at(loss, d)->n_atoms;
    }
    NEW_ARRAY(loss->scale, loss->first_atom[query_case->n_disjuncts]);
    for (size_t d = 0; d < query_case->n_disjuncts; d++) {
        const struct query_disjunct *disjunct = disjunct_at(loss, d);
        for (size_t q = 0; q < disjunct->n_atoms; q++) {
            const double sum = coefficient_sum(&disjunct->atoms[q]);
            loss->scale[loss->first_atom[d] + q] = sum > 0.0 ? 1.0 / sum : 1.0;
        }
    }
}

void loss_clear(struct loss *loss)
{
    alloc_free(loss->first_atom);
    alloc_free(loss->scale);
    *loss = (struct loss){NULL, 0, NULL, NULL};
}

/* Row of a variable in the batch: an input or an output element. */
static const double *variable_row(const struct loss *loss,
                                  const struct gradient *gradient,
                                  size_t variable)
{
    if (variable < loss->n_inputs) {
        return gradient->value[0] + variable * gradient->batch;
    }
    return gradient->value[gradient->layers->n_layers - 1] +
           (variable - loss->n_inputs) * gradient->batch;
}

static double *variable_slope(const struct loss *loss,
                              const struct gradient *gradient, size_t variable)
{
    if (variable < loss->n_inputs) {
        return gradient->slope[0] + variable * gradient->batch;
    }
    return gradient->slope[gradient->layers->n_layers - 1] +
           (variable - loss->n_inputs) * gradient->batch;
}

static double atom_excess(const struct loss *loss,
                          const struct gradient *gradient,
                          const struct query_atom *atom, size_t column)
{
    double excess = -atom->rhs_up;
    for (size_t t = 0; t < atom->n_terms; t++) {
        const struct query_term term = atom->terms[t];
        excess += term.coefficient *
                  variable_row(loss, gradient, term.variable)[column];
    }
    return excess;
}

void loss_calibrate(struct loss *loss, const struct gradient *gradient)
{
    for (size_t d = 0; d < loss->query_case->n_disjuncts; d++) {
        const struct query_disjunct *disjunct = disjunct_at(loss, d);
        for (size_t q = 0; q < disjunct->n_atoms; q++) {
            double least = HUGE_VAL;
            double most = -HUGE_VAL;
            for (size_t j = 0; j < gradient->batch; j++) {
                const double excess =
                    atom_excess(loss, gradient, &disjunct->atoms[q], j);
                least = fmin(least, excess);
                most = fmax(most, excess);
            }
            const double spread = most - least;
            if (spread > DBL_MIN && spread <= DBL_MAX) {
                loss->scale[loss->first_atom[d] + q] = 1.0 / spread;
            }
        }
    }
}

struct loss_value loss_measure(const struct loss *loss,
                               const struct gradient *gradient, size_t column,
                               struct loss_aim aim)
{
    const struct query_disjunct *disjunct = disjunct_at(loss, aim.disjunct);
    const double *scale = loss->scale + loss->first_atom[aim.disjunct];
    struct loss_value value = {0.0, -HUGE_VAL, true};
    for (size_t q = 0; q < disjunct->n_atoms; q++) {
        const struct query_atom *atom = &disjunct->atoms[q];
        const double excess = atom_excess(loss, gradient, atom, column);
        const bool is_held = atom->is_strict ? excess < 0.0 : excess <= 0.0;
        value.is_met = value.is_met && is_held;
        value.sum += fmax(excess * scale[q], -aim.margin);
        value.worst = fmax(value.worst, excess * scale[q]);
    }
    return value;
}

static void seed_atom(const struct loss *loss, struct gradient *gradient,
                      const struct query_atom *atom, double scale,
                      size_t column)
{
    for (size_t t = 0; t < atom->n_terms; t++) {
        const struct query_term term = atom->terms[t];
        variable_slope(loss, gradient, term.variable)[column] +=
            scale * term.coefficient;
    }
}

void loss_seed(const struct loss *loss, struct gradient *gradient,
               size_t column, struct loss_aim aim)
{
    const struct query_disjunct *disjunct = disjunct_at(loss, aim.disjunct);
    const double *scale = loss->scale + loss->first_atom[aim.disjunct];
    size_t worst = 0;
    double most = -HUGE_VAL;
    for (size_t q = 0; q < disjunct->n_atoms; q++) {
        const struct query_atom *atom = &disjunct->atoms[q];
        const double violation =
            scale[q] * atom_excess(loss, gradient, atom, column);
        if (violation > most) {
            most = violation;
            worst = q;
        }
        if (aim.kind == LOSS_SUM && violation > -aim.margin) {
            seed_atom(loss, gradient, atom, scale[q], column);
        }
    }
    if (aim.kind == LOSS_WORST && disjunct->n_atoms > 0) {
        seed_atom(loss, gradient, &disjunct->atoms[worst], scale[worst],
                  column);
    }
}
