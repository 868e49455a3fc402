/* A candidate becomes a witness only if exact and float arithmetic agree. */
#ifndef ASTROLABE_ATTACK_CONFIRM_H
#define ASTROLABE_ATTACK_CONFIRM_H

#include "src/attack/attack.h"

#include <gmp.h>

#include <stdbool.h>
#include <stddef.h>

/* Farthest that a witness may lie from the box, in an input that has no value
 * of the input type in the box; what replays in competitions allow. */
#define CONFIRM_REACH 1e-4

enum confirm_answer {
    CONFIRM_REFUSED,
    CONFIRM_NEAR, /* only one arithmetic agrees, or x is too far from the box */
    CONFIRM_WITNESS /* both agree */
};

/*
 * Scratch for candidates of one case. The representable interval of input i
 * runs from the least value of the network's input type that satisfies the
 * exact lower bound to the greatest that satisfies the upper one (strictly
 * where the bound is strict). If no value does, both ends are the value
 * nearest to the lower bound and has_gap is set: exact arithmetic then takes
 * the projection of the point onto the box (query_project), the evaluation in
 * floating point the point itself.
 *   lower, upper  [n_inputs] representable interval, in doubles
 *   x, y          [n_inputs], [n_outputs] exact point in the box and its
 *                 exact outputs; for curved networks their lower ends
 *   y_upper       [n_outputs] upper ends, for curved networks
 *   projection    of the point to x; all zero without has_gap
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
    mpq_t *y_upper;
    struct query_projection projection;
    mpq_t *y_float;
    double *point;
    double *output;
    double slack;
    size_t n_near;
    size_t n_exact_only; /* exact evaluations spent on reports */
    bool is_near_logged;
};

/* Keeps a pointer to the query; case 0 is selected. */
void confirm_init(struct confirm *confirm, const struct query *query);
void confirm_clear(struct confirm *confirm);

/* Computes the representable intervals of a case. */
void confirm_select(struct confirm *confirm, size_t case_index);

/*
 * Snaps `candidate` [n_inputs] (finite) to the nearest value of the input
 * type inside the representable interval and tests it there.
 *   witness  filled, owned by the caller, only for CONFIRM_WITNESS
 *
 * Guarantee: for CONFIRM_WITNESS confirm->x is in the exact box, strictness
 * included, and a disjunct of the case holds at it, strictness included, with
 * its exact outputs (for curved networks: with all outputs that lie between
 * the ends), and one with the outputs of the evaluation of
 * witness->x in the network's own type. witness->x is confirm->x, or within
 * CONFIRM_REACH of it where it has no value of that type.
 */
enum confirm_answer confirm_point(struct confirm *confirm,
                                  struct witness *witness,
                                  const double *candidate);

#endif
