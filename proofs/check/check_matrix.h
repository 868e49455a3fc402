/* The weights of an affine layer as small integers, rounded down.
 * SPDX-License-Identifier: MIT */
#ifndef ASTROLABE_PROOFS_CHECK_CHECK_MATRIX_H
#define ASTROLABE_PROOFS_CHECK_CHECK_MATRIX_H

#include "proofs/check/check_network.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Most bits of coefficients before they are multiplied; columns of a tile. */
enum { CHECK_Q_BITS = 31, CHECK_TILE = 8 };

/*
 * A weight w of the layer is
 *   w' * 2^exponent <= w < (w' + 1) * 2^exponent,  |w'| < 2^31,            (1)
 * equal to the left side if not is_rounded; a bias less than one unit above
 *   (bias[0] * 2^bias_bits + bias[1]) * 2^bias_exponent.                   (2)
 * For -2^31 <= q_i < 2^31, the sum of two products q_i * w' fits in a word, and
 * what a column gets from them is
 *   s <= 2^-shift * sum over i of q_i * w'_i < s + n_floors,               (3)
 * |s| <= 2^60, the left side equal if n_floors is 0. Each q_i may be multiplied
 * alone and rounded down, and if the layer has tiles also in pairs. Sums of
 * q_i * bias[0] and of q_i * bias[1] are at most 2^61 in size.
 *   weight  w' in the order of the layer's; or, if most entries are there, all
 *           w' of the columns from `first` on, [n_tiles][width][CHECK_TILE]
 *   span    [width] the columns of row i lie in span[i][0] .. span[i][1] - 1
 */
struct check_matrix {
    bool is_rounded;
    long exponent;
    long shift;
    size_t n_floors;
    long bias_bits;
    long bias_exponent;
    size_t first;
    size_t n_tiles;
    int64_t *weight;
    int64_t (*bias)[2]; /* [width] */
    uint32_t (*span)[2];
};

void check_matrix_init(struct check_matrix *matrix,
                       const struct check_layer *layer);
void check_matrix_clear(struct check_matrix *matrix);

/* The least n with x < 2^n. */
long check_bit_length(uint64_t x);

#endif
