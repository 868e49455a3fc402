/* The star domain: affine forms under linear constraints, bounded by LPs. */
#ifndef ASTROLABE_DOMAINS_STAR_H
#define ASTROLABE_DOMAINS_STAR_H

#include "domains/domain.h"

/*
 * Variables p: the inputs of non-zero width and y_r, one per unstable ReLU or
 * other neuron r met so far. Every neuron is an affine form c + A p + d,
 * |d| <= e (forms.h), and every execution satisfies
 *
 *   lower <= p <= upper,   row_j . x <= rhs_j of the region,              (1)
 *   z - y <= 0             as  A.p - y    <= e - c,                       (2)
 *   y <= s z + t           as  y - s A.p  <= s c + s e + t                (3)
 *
 *   s z + t - y <= 0,  y - s z - t <= 0  by lines or planes of y        (4, 5)
 *
 * (2), (3) for each unstable z in [l, u], with slope s and intercept t of
 * act_relu_upper, (4), (5) for a function, product or multiple of z in [l, u],
 * with those of act_curve.h and act_product.h; y >= 0 and y <= u, or the range
 * of the function, are in the box of (1). Where s A is not
 * a double its rounding, times the largest |p|, raises the right-hand side.
 * Bounds of pre-activations that are unstable so far, of what other neurons
 * read and of the last layer
 * are the optima over (1) to (5), turned into proofs by lp_safe_bound; all
 * others are those of the zonotope domain and of interval images.
 * Unstable ReLUs beyond STAR_VARIABLES variables get the band of the
 * zonotope domain, its half width in e, other neurons their interval.
 * Source: Tran et al., "Star-Based Reachability Analysis of Deep Neural
 * Networks", FM 2019; Ehlers, "Formal Verification of Piece-Wise Linear
 * Feed-Forward Neural Networks", ATVA 2017 (the triangle).
 */
extern const struct domain_ops star_domain_ops;

#endif
