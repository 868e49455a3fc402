/* Forward linear bounds: two affine forms of few inputs per neuron. */
#ifndef ASTROLABE_DOMAINS_FORWARD_H
#define ASTROLABE_DOMAINS_FORWARD_H

#include "domains/bounds.h"
#include "domains/weights.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * For every neuron two affine forms of the varying inputs with
 *
 *   L.x + l0 <= v <= U.x + u0   for every x of the box.                    (1)
 *
 * An affine layer combines L and U by the signs of its weights; an unstable
 * ReLU takes y <= s*(U.x + u0) + t and y >= L.x + l0 or y >= 0. Inputs of
 * zero width are constants. Source: Wang et al., "Efficient Formal Safety
 * Analysis of Neural Networks", NeurIPS 2018.
 *
 * Rounding. Forms are computed in nearest arithmetic; with M[j] at least the
 * largest absolute value that form j takes on the box, term by term, a
 * combination with weights w of n forms is off by at most
 * gamma_{n+4} (sum_j |w_j| M[j] + |b|), which is moved outward into the
 * constant with 2^-1000 (1 + |x|) for underflow.                          (2)
 *
 * Much cheaper than back-substitution and looser: about n_inputs forward
 * passes.
 */
struct forward;

/* Most varying inputs. */
enum { FORWARD_INPUTS = 16 };

struct forward *forward_create(const struct weights *weights);
void forward_destroy(struct forward *forward);

/* True if at most FORWARD_INPUTS inputs vary between lower and upper. */
bool forward_is_applicable(const struct forward *forward, const double *lower,
                           const double *upper);

/*
 * Intersects bounds (valid for the box, finite after the first layer) with
 * those of (1), layer by layer. lower, upper [n_inputs] finite.
 *   returns false if some lower bound passes its upper one: the region that
 *   the bounds described is empty
 */
bool forward_run(struct forward *forward, struct bounds *bounds,
                 const double *lower, const double *upper);

/* Multiply-adds since creation. */
uint64_t forward_madds(const struct forward *forward);

#endif
