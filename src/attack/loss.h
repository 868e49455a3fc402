/* How far a point is from a disjunct: scaled violations of its atoms. */
#ifndef ASTROLABE_ATTACK_LOSS_H
#define ASTROLABE_ATTACK_LOSS_H

#include "src/attack/gradient.h"
#include "src/query/query.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * Atom q of the case reads f_q = sum_t c_t v_t - rhs <= 0 (or < 0). With
 * s_q > 0 about the spread of f_q over the box,
 *   sum    S_d = sum_{q in d} max(f_q / s_q, -margin)                     (1)
 *   worst  W_d = max_{q in d} f_q / s_q                                   (2)
 * Disjunct d is met where W_d <= 0 (< 0 for its strict atoms).
 */
struct loss {
    const struct query_case *query_case; /* not owned */
    size_t n_inputs;
    size_t *first_atom; /* [n_disjuncts + 1] numbers the atoms */
    double *scale;      /* [first_atom[n_disjuncts]] 1 / s_q */
};

/* What one point is worth for one disjunct, in nearest arithmetic. */
struct loss_value {
    double sum;   /* (1) */
    double worst; /* (2); -HUGE_VAL without atoms */
    bool is_met;
};

/* Which of (1) and (2) is to fall. */
enum loss_kind { LOSS_SUM, LOSS_WORST };

/* The aim of one descent; margin >= 0 is used by LOSS_SUM. */
struct loss_aim {
    size_t disjunct;
    enum loss_kind kind;
    double margin;
};

/* Scales start as 1 / sum_t |c_t|. */
void loss_init(struct loss *loss, const struct query_case *query_case,
               size_t n_inputs);
void loss_clear(struct loss *loss);

/* Sets s_q to the spread of f_q over the points of the batch, after a
 * gradient_forward; atoms that do not vary keep the scale they had. */
void loss_calibrate(struct loss *loss, const struct gradient *gradient);

/* Values of the aimed disjunct at point `column` of the batch. */
struct loss_value loss_measure(const struct loss *loss,
                               const struct gradient *gradient, size_t column,
                               struct loss_aim aim);

/* Adds the derivative of (1) or (2) to slope[last] and, for atoms over
 * inputs, to slope[0]. */
void loss_seed(const struct loss *loss, struct gradient *gradient,
               size_t column, struct loss_aim aim);

#endif
