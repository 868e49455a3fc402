/* Search for a witness by gradients; every find is confirmed exactly. */
#ifndef ASTROLABE_ATTACK_ATTACK_H
#define ASTROLABE_ATTACK_ATTACK_H

#include "src/base/budget.h"
#include "src/base/rng.h"
#include "src/query/query.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct attack;

/*
 * A confirmed witness, owned by the caller.
 *   x           [n_inputs] in the network's input type; inside the box but for
 *               the inputs whose interval holds no value of that type: these
 *               are near it, and the exact witness is the projection of x
 *               onto the box (query_project)
 *   y           [n_outputs] the evaluation at x in the network's own type
 *   projection  what that projection moves; n_moved is mostly 0
 */
struct witness {
    double *x;
    double *y;
    struct query_projection projection;
};

/* Scratch for attacks on one query from one thread; keeps a pointer to the
 * query, which must outlive it. */
struct attack *attack_create(const struct query *query, uint64_t seed);
void attack_destroy(struct attack *attack);

/*
 * How hard to try; all are counts.
 *   n_restarts  starting points, spread over the disjuncts; rounded up to
 *               whole batches of 8 to 64, which cost the same
 *   n_steps     gradient steps of each; a start on a plateau of the network
 *               is replaced by another one for the steps it saves
 */
struct attack_effort {
    size_t n_restarts;
    size_t n_steps;
};

/*
 * Searches the sub-box lower..upper [n_inputs] (inside the box of the case)
 * for a witness of the case: centre, corners by the sign of the gradient,
 * random starts, projected gradient steps of several sizes in batches,
 * one disjunct as target at a time.
 * Near-misses (exact and floating-point evaluation disagree) are logged
 * once and do not count.
 *   returns true and fills *witness; false if none was found or the budget
 *           ended
 */
bool attack_run(struct attack *attack, struct witness *witness,
                size_t case_index, const double *lower, const double *upper,
                struct attack_effort effort, const struct budget *budget);

/* Tries the single point x (rounded inwards to the input type). */
bool attack_try_point(struct attack *attack, struct witness *witness,
                      size_t case_index, const double *x);

/* Points evaluated with their gradients, and near-misses refused, so far. */
uint64_t attack_points(const struct attack *attack);
uint64_t attack_near_misses(const struct attack *attack);

/* Multiply-adds of one point with its gradient. */
double attack_point_work(const struct query *query);

void witness_clear(struct witness *witness);

#endif
