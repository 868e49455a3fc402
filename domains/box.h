/* The box domain: every neuron its own interval, rounded outward. */
#ifndef ASTROLABE_DOMAINS_BOX_H
#define ASTROLABE_DOMAINS_BOX_H

#include "domains/domain.h"

#include <stdbool.h>
#include <stddef.h>

extern const struct domain_ops box_domain_ops;

/*
 * Rounding of a row of n products plus a constant, evaluated in nearest
 * double, any order. With u = 2^-53, h = 2^-1074, S = sum |w_j||x_j| + |b|,
 * S^ and r^ the computed absolute sum and row:
 *
 *   |r^ - r|  <=  gamma_{n+1} S + n h                                     (1)
 *   S         <=  (S^ + n h) / (1 - gamma_{n+1})                          (2)
 *   e  =  fl(relative * S^ + absolute),
 *         relative = gamma_{n+4}, absolute = (2 n + 8) h                  (3)
 *   fl(r^ - e) <= r <= fl(r^ + e)                                         (4)
 *
 * (1) and (2): each product is rounded once (off by at most h when it
 * underflows) and passes at most n additions. (4) needs
 * e (1 - u) >= gamma_{n+2} S + (n+1) h, the extra index paying for the
 * subtraction in (4); by (2) and the two roundings of (3) this follows from
 * n + 4 >= (n + 2) (1 + (3 n + 12) u), true for n <= 2^25.
 * If anything overflows then e is infinite or NaN.
 */
struct box_rounding {
    double relative;
    double absolute;
};

/* (3) for n terms; REQUIREs n <= 2^25. */
struct box_rounding box_rounding(size_t n);

/* Products in the longest row of an affine layer. */
size_t box_row_terms(const struct layer *layer);

/*
 * Intersects the bounds of layer k >= 1 with the interval image of its
 * sources' bounds: for ReLUs exact, for affine rows
 *   [b + sum min(w l, w u) - e, b + sum max(w l, w u) + e]              (5)
 * with e of (3), for the other kinds the ranges of act_curve.h and
 * act_product.h. Rows that overflow keep their bounds.
 * Returns false if some lower bound passes its upper one (no execution).
 */
bool box_apply_layer(struct bounds *bounds, const struct layers *layers,
                     size_t k);

/* Sets the bounds of the input layer to the region's box; false if the box
 * is empty. REQUIREs finite ends. */
bool box_set_inputs(struct bounds *bounds, const struct region *region,
                    size_t n_inputs);

#endif
