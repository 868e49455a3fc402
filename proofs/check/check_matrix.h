/* The weights of an affine layer as small integers, rounded down.
 * SPDX-License-Identifier: MIT */
#ifndef ASTROLABE_PROOFS_CHECK_CHECK_MATRIX_H
#define ASTROLABE_PROOFS_CHECK_CHECK_MATRIX_H

#include "proofs/check/check_lanes.h"
#include "proofs/check/check_network.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Most bits of coefficients before they are multiplied; columns of a tile. */
enum { CHECK_Q_BITS = 31, CHECK_TILE = 8 };

/* Where a row's columns, less the first one, and its w' start in two pools. A
 * set are the rows with the same columns. */
struct check_matrix_row {
    size_t columns;
    size_t weights;
    uint32_t n;
    uint32_t set;
};

/*
 * A weight w of the layer is
 *   w' * 2^exponent <= w < (w' + 1) * 2^exponent,  |w'| < 2^31,            (1)
 * |w'| <= 2^bits, equal to the left side if not is_rounded; a bias less than
 * one unit above
 *   (bias[0] * 2^bias_bits + bias[1]) * 2^bias_exponent.                   (2)
 * For -2^31 <= q_i < 2^31, the sum of two products q_i * w' fits in a word, and
 * what a column gets from them is
 *   s <= 2^-shift * sum over i of q_i * w'_i < s + n_floors,               (3)
 * |s| <= 2^60, the left side equal if n_floors is 0. Each q_i may be multiplied
 * alone and rounded down, and also in pairs. Sums of
 * q_i * bias[0] and of q_i * bias[1] are at most 2^61 in size.
 *   weight  if most entries are there, all w' of the columns from `first` on,
 *           [n_tiles][width][CHECK_TILE]; otherwise a pool of them,
 *           with CHECK_TILE zeros behind it
 *   rows    [width] otherwise, where the entries are
 *   columns  their pool; equal lists are there once, in both pools
 *   width   rows
 *   span    [width] the columns of row i lie in span[i][0] .. span[i][1] - 1
 */
struct check_matrix {
    bool is_rounded;
    long exponent;
    long bits;
    long shift;
    size_t n_floors;
    long bias_bits;
    long bias_exponent;
    size_t first;
    size_t n_tiles;
    size_t width;
    int64_t *weight;
    struct check_matrix_row *rows;
    int32_t *columns;
    int64_t (*bias)[2]; /* [width] */
    uint32_t (*span)[2];
};

void check_matrix_init(struct check_matrix *matrix,
                       const struct check_layer *layer);
void check_matrix_clear(struct check_matrix *matrix);

/*
 * What the columns of a matrix with tiles are multiplied by.
 *   n, x, row         x[k] times row row[k], for k < n; n is even with tiles
 *   above             what is subtracted from each sum
 *   n_columns, column  whose sums are asked for, ascending; there is room for
 *                     CHECK_TILE more. Without tiles, scratch for a number of
 *                     each row of the matrix
 *   order             without tiles, scratch for n numbers
 */
struct check_factors {
    size_t n;
    const check_lanes *x;
    const uint32_t *row;
    check_lanes above;
    size_t n_columns;
    uint32_t *column;
    uint32_t *order;
};

/* Adds the products of all entries of a matrix without tiles, alone or in pairs
 * of rows with the same columns rounded down, to sum[column], and the columns
 * to a set. Rounded weights w' of rows with x < 0 count as w' + 1, so that by
 * (1) no sum is above the one with the exact weights: columns without entries
 * keep theirs. |w' + 1| <= 2^31, and what (3) says holds for it too. */
void check_matrix_add_entries(check_lanes *sum, uint64_t *set,
                              const struct check_matrix *matrix,
                              const struct check_factors *factors);

/* to[c], for each column c asked for, receives the products, added in pairs and
 * rounded down, less `above`; adds their bits to *bits. */
void check_matrix_multiply(check_lanes *to, check_lanes *bits,
                           const struct check_matrix *matrix,
                           const struct check_factors *factors);

/* The least n with x < 2^n. */
static inline long check_bit_length(uint64_t x)
{
    return x == 0 ? 0 : 64 - __builtin_clzll(x);
}

#endif
