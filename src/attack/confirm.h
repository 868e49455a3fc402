/* A candidate becomes a witness only if exact and float arithmetic agree. */
#ifndef ASTROLABE_ATTACK_CONFIRM_H
#define ASTROLABE_ATTACK_CONFIRM_H

#include "src/attack/attack.h"

#include <gmp.h>

#include <stdbool.h>
#include <stddef.h>

enum confirm_answer {
    CONFIRM_REFUSED,
    CONFIRM_NEAR,   /* only one arithmetic agrees, or x cannot be in the box */
    CONFIRM_WITNESS /* both agree and x is in the exact box */
};

/*
 * Scratch for candidates of one case. The representable interval of input i
 * runs from the least value of the network's input type that satisfies the
 * exact lower bound to the greatest that satisfies the upper one (strictly
 * where the bound is strict). If no value does, both ends are the nearest
 * value and has_gap is set: no point can be a witness then.
 *   lower, upper  [n_inputs] representable interval, in doubles
 *   x, y          [n_inputs], [n_outputs] exact point and exact outputs
 *   point, output the same in doubles: snapped point, float evaluation
 *   slack         of the last witness: least distance of its atoms from
 *                 their bounds, in units of the rounding error that the
 *                 float evaluation showed; large is robust
 *   n_near        near-misses so far
 */
struct confirm {
    const struct query *query; /* not owned */
    size_t case_index;
    double *lower;
    double *upper;
    bool has_gap;
    mpq_t *x;
    mpq_t *y;
    mpq_t *y_float;
    double *point;
    double *output;
    double slack;
    size_t n_near;
    size_t n_exact_only; /* exact evaluations spent on reports */
    bool is_near_logged;
    bool is_gap_logged;
};

/* Keeps a pointer to the query; case 0 is selected. */
void confirm_init(struct confirm *confirm, const struct query *query);
void confirm_clear(struct confirm *confirm);

/* Computes the representable intervals of a case; logs once if one is
 * empty. */
void confirm_select(struct confirm *confirm, size_t case_index);

/*
 * Snaps `candidate` [n_inputs] (finite) to the nearest value of the input
 * type inside the representable interval and tests it there.
 *   witness  filled, owned by the caller, only for CONFIRM_WITNESS
 *
 * Guarantee: for CONFIRM_WITNESS x is in the exact box, and a disjunct of
 * the case holds, strictness included, both at the exact outputs and at the
 * outputs of the evaluation in the network's own type.
 */
enum confirm_answer confirm_point(struct confirm *confirm,
                                  struct witness *witness,
                                  const double *candidate);

#endif
