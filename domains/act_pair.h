/* Planes around the difference of two ReLUs. */
#ifndef ASTROLABE_DOMAINS_ACT_PAIR_H
#define ASTROLABE_DOMAINS_ACT_PAIR_H

#include "domains/bounds.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * The ends, lower first, of a, b and d = b - a: the arguments of two ReLUs and
 * their difference. All three together are a polygon in the plane.
 */
struct act_triple {
    double first[2];      /* a */
    double second[2];     /* b */
    double difference[2]; /* d */
};

/* first a + second b + difference d + intercept. */
struct act_pair_plane {
    double first;
    double second;
    double difference;
    double intercept;
};

/* Both are infinitely far away unless all ends are finite. */
struct act_pair_planes {
    struct act_pair_plane lower;
    struct act_pair_plane upper;
};

/*
 * Planes below and above max(b, 0) - max(a, 0) on the polygon, with slopes that
 * are multiples of 2^-ACT_SLOPE_BITS. If both ReLUs are stable they are exact.
 * Otherwise each is the one with the smaller largest distance of two: of the
 * lines of both ReLUs, one minus the other, where s b - s' a is written as
 * min(s, s') d and a rest; and of the band in d alone, whose slopes are
 * d2 / (d2 - d1) above and -d1 / (d2 - d1) below for d1 < 0 < d2, 0 and 1
 * otherwise. The difference is affine between the lines a = 0 and b = 0,
 * so that it is farthest from a plane where two of these and of the sides of
 * the polygon meet.
 * Source: Paulsen et al., "ReluDiff: Differential Verification of Deep Neural
 * Networks", ICSE 2020 (differences of neurons); Paulsen et al., "NeuroDiff",
 * ASE 2020 (their linear relaxation); Banerjee et al., "Input-Relational
 * Verification of Deep Neural Networks", PLDI 2024 (back-substitution of
 * differences). The choice between both forms is this project's.
 * The corners are computed in nearest arithmetic and padded by 2^-47 of the
 * absolute terms.
 */
struct act_pair_planes act_pair_planes(const struct act_triple *z);

/* Ends of max(b, 0) - max(a, 0), rounded outward; infinite if unknown. */
void act_pair_range(double *lower, double *upper, const struct act_triple *z);

/* The ends for neuron i of a LAYER_DIFFERENCE. */
struct act_triple act_pair_ends(const struct layer *layer,
                                const struct bounds *bounds, size_t i);

/* Whether the planes there are exact: by the ends, and by what they say of each
 * other, both ReLUs are stable. */
bool act_pair_is_exact_at(const struct layer *layer,
                          const struct bounds *bounds, size_t i);

#endif
