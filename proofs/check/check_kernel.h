/* Sums of products of small integers, exact.
 * SPDX-License-Identifier: MIT */
#ifndef ASTROLABE_PROOFS_CHECK_CHECK_KERNEL_H
#define ASTROLABE_PROOFS_CHECK_CHECK_KERNEL_H

#include <stddef.h>
#include <stdint.h>

enum { CHECK_LANES = 4, CHECK_TILE = 8 };

/*
 * For lanes r and columns c:
 *   sum[r * n_columns + c] = sum over a < n of
 *       q[a * CHECK_LANES + r] * weight[row[a] * n_columns + c]
 * n_columns is a multiple of CHECK_TILE. The caller excludes overflow.
 */
void check_kernel_dense(int64_t *sum, const int32_t *q, const uint32_t *row,
                        size_t n, const int32_t *weight, size_t n_columns);

#endif
