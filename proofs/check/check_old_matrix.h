/* The weights of a block as pairs of small integers.
 * SPDX-License-Identifier: MIT */
#ifndef ASTROLABE_PROOFS_CHECK_CHECK_MATRIX_H
#define ASTROLABE_PROOFS_CHECK_CHECK_MATRIX_H

#include "proofs/check/check_base.h"
#include "proofs/check/check_old_kernel.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define check_matrix          check_old_matrix
#define check_matrix_init     check_old_matrix_init
#define check_matrix_clear    check_old_matrix_clear
#define check_matrix_multiply check_old_matrix_multiply

/*
 * With H = CHECK_HALF, a weight is at least
 *   (high * 2^H + low) * 2^exponent,
 *   -2^(H-1) <= high < 2^(H-1), 0 <= low < 2^H                            (1)
 * and less than one unit above; equal unless the matrix is rounded.
 * Row i of the block takes weights i * stride .. if it is dense, then column c
 * belongs to base coordinate first + c; else weights start[i] + i .. of the
 * columns listed. The bias is the weight of column n_columns - 1.
 *   q_bits  coefficients |q| <= 2^q_bits, q_bits <= 30, may be multiplied
 */
struct check_matrix {
    const struct check_block *block;
    bool is_dense;
    bool is_rounded;
    unsigned q_bits;
    size_t first;
    size_t n_columns;
    size_t stride;
    long exponent;
    uint32_t *column;
    int32_t *high;
    int32_t *low;
    int64_t (*sum)[2 * CHECK_LANES]; /* [n_columns] scratch, if not dense */
};

/* The block must live on. */
void check_matrix_init(struct check_matrix *matrix,
                       const struct check_block *block);
void check_matrix_clear(struct check_matrix *matrix);

/* Sums over the rows row[n] of z[a * CHECK_LANES + r] times the halves of
 * their weights: high, low [CHECK_LANES x stride]. */
void check_matrix_multiply(int64_t *high, int64_t *low,
                           const struct check_matrix *matrix, const int32_t *z,
                           const uint32_t *row, size_t n);

/* The least n with x < 2^n. */
int check_bit_length(uint64_t x);

#endif
