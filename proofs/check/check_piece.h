/* Where curves are convex or concave, and their least distance from a line.
 * SPDX-License-Identifier: MIT */
#ifndef ASTROLABE_PROOFS_CHECK_CHECK_PIECE_H
#define ASTROLABE_PROOFS_CHECK_CHECK_PIECE_H

#include "proofs/check/check_network.h"

#include <stdbool.h>

/* S_SHAPED: convex below 0, concave above; WAVE: sin or cos; STEPS: constant
 * pieces; NO_SHAPE: without a value somewhere. */
enum check_shape {
    CHECK_CONVEX,
    CHECK_CONCAVE,
    CHECK_S_SHAPED,
    CHECK_WAVE,
    CHECK_STEPS,
    CHECK_NO_SHAPE
};

/* How f bends on z[0] <= z <= z[1]. */
enum check_shape check_shape_of(enum check_curve f, mpq_t z[2]);

/*
 * least <= side * (f(z) - slope * z) for z[0] <= z <= z[1], side 1 or -1; near
 * the infimum for all hints. false if nothing is known.
 *   hint  where f has that slope, or NULL
 */
bool check_least(mpq_t least, enum check_curve f, int side, double slope,
                 mpq_t z[2], const mpq_t *hint);

/* Ends of f, or of f', at one point; false without a value. */
bool check_value_at(mpq_t y[2], enum check_curve f, const mpq_t z);
bool check_slope_at(mpq_t y[2], enum check_curve f, const mpq_t z);

/* middle = (a + b) / 2 */
void check_middle(mpq_t middle, const mpq_t a, const mpq_t b);

#endif
