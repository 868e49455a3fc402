/* Sums of products of small integers, exact.
 * SPDX-License-Identifier: MIT */
#ifndef ASTROLABE_PROOFS_CHECK_CHECK_KERNEL_H
#define ASTROLABE_PROOFS_CHECK_CHECK_KERNEL_H

#include <stddef.h>
#include <stdint.h>

#define check_kernel_dense  check_old_kernel_dense
#define check_kernel_sparse check_old_kernel_sparse

/* Goals at a time, columns at a time, and bits of the low half of a weight. */
enum { CHECK_LANES = 4, CHECK_TILE = 8, CHECK_HALF = 24 };

/*
 * For lanes r and columns c:
 *   sum[r * n_columns + c] = sum over a < n of
 *       q[a * CHECK_LANES + r] * weight[row[a] * n_columns + c]
 * n_columns is a multiple of CHECK_TILE. The caller excludes overflow.
 */
void check_kernel_dense(int64_t *sum, const int32_t *q, const uint32_t *row,
                        size_t n, const int32_t *weight, size_t n_columns);

/*
 * For lanes r and entries k of columns column[k] < n_columns:
 *   sum[column[k]][r] += q[r] * high[k]
 *   sum[column[k]][CHECK_LANES + r] += q[r] * low[k]
 * The caller excludes overflow.
 */
void check_kernel_sparse(int64_t (*sum)[2 * CHECK_LANES], const int32_t *q,
                         const uint32_t *column, const int32_t *high,
                         const int32_t *low, size_t n);

/* out = high + floor((low - above) / 2^CHECK_HALF), n of each; out may be high.
 * Returns bits: if n is their length then -2^n <= out < 2^n, and they are 0
 * only if all of out are. *dropped receives the bits of low - above below
 * 2^CHECK_HALF that are set in some element. */
uint64_t check_kernel_carry(int64_t *out, int64_t *dropped, const int64_t *high,
                            const int64_t *low, size_t n, int64_t above);

/* The rows of z with lanes `r` set from q[row[a]] >> shift. */
void check_kernel_gather(int32_t *z, const int64_t *q, const uint32_t *row,
                         size_t n, unsigned shift);

#endif
