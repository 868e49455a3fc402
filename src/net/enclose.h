/* The layers at one point in outward fixed-point arithmetic. */
#ifndef ASTROLABE_NET_ENCLOSE_H
#define ASTROLABE_NET_ENCLOSE_H

#include "src/net/layers.h"

#include <gmp.h>

#include <stdbool.h>

/*
 * y_lower <= y <= y_upper for the outputs y of the real network at x: every
 * layer k gets ends that are multiples of 2^-bits / D, rounded outward,
 *   L_k <= v[k] <= U_k,                                                 (1)
 * from those of its sources; D is the odd part of the least common denominator
 * of x, unless that is very long. Layers of kinds (1), (2) and (4) of layers.h
 * and steps are exact if x and the weights fit into the multiples; scales are
 * as wide as their factors.
 *   y_lower, y_upper  [n_outputs] initialised by the caller
 *   x                 [n_inputs]
 *   bits              24 to 65536; more bits are tighter
 *   returns  false, y undefined, if a function may have no value: a
 *            reciprocal at 0, a logarithm or a root below
 */
bool layers_enclose(mpq_t *y_lower, mpq_t *y_upper, const struct layers *layers,
                    const mpq_t *x, long bits);

/*
 * Exact outputs y [n_outputs] at x, and sums [n_layers]: of the values that
 * layer k reads, both sources of a product; 0 for inputs and affine layers.
 * All are initialised by the caller.
 *   returns  false, y and sums undefined, unless the values of all layers are
 *            dyadic and not too long (functions other than squares and steps:
 *            128 bits)
 */
bool layers_eval_exact(mpq_t *y, mpq_t *sums, const struct layers *layers,
                       const mpq_t *x);

#endif
