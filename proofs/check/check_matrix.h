/* The weights of an affine layer as small integers, rounded down.
 * SPDX-License-Identifier: MIT */
#ifndef ASTROLABE_PROOFS_CHECK_CHECK_MATRIX_H
#define ASTROLABE_PROOFS_CHECK_CHECK_MATRIX_H

#include "proofs/check/check_network.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Most bits of coefficients before they are multiplied. */
enum { CHECK_Q_BITS = 32 };

/*
 * A weight of the layer is less than one unit above
 *   (weight[0] * 2^low_bits + weight[1]) * 2^exponent,                    (1)
 * equal if not is_rounded; a bias less than one unit above
 *   (bias[0] * 2^bias_bits + bias[1]) * 2^bias_exponent.                  (2)
 * Sums over all rows i of q_i times [0] or [1] of the weights of one column,
 * or of the biases, are at most 2^61 in size if -2^q_bits <= q_i < 2^q_bits.
 *   span  [width] the columns of row i lie in span[i][0] .. span[i][1] - 1
 */
struct check_matrix {
    bool is_rounded;
    bool has_low; /* some weight[1] is not 0 */
    long q_bits;
    long low_bits;
    long exponent;
    long bias_bits;
    long bias_exponent;
    int64_t (*weight)[2]; /* [start[width]] */
    int64_t (*bias)[2];   /* [width] */
    uint32_t (*span)[2];
};

void check_matrix_init(struct check_matrix *matrix,
                       const struct check_layer *layer);
void check_matrix_clear(struct check_matrix *matrix);

/* The least n with x < 2^n. */
long check_bit_length(uint64_t x);

#endif
