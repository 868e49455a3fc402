/* One tile of columns at a time, so that its sums stay in registers.
 * SPDX-License-Identifier: MIT */
#include "proofs/check/check_old_kernel.h"

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define CHECK_FAST                 \
    __attribute__((optimize("O3"), \
                   target_clones("arch=x86-64-v4", "avx2", "default")))
#else
#define CHECK_FAST
#endif

/* tile[r] += q[r] * w, for one row of weights */
static inline void add_row(int64_t tile[CHECK_LANES][CHECK_TILE],
                           const int32_t *q, const int32_t *w)
{
    for (size_t r = 0; r < CHECK_LANES; r++) {
        for (size_t j = 0; j < CHECK_TILE; j++) {
            tile[r][j] += (int64_t)q[r] * w[j];
        }
    }
}

CHECK_FAST void check_kernel_dense(int64_t *sum, const int32_t *q,
                                   const uint32_t *row, size_t n,
                                   const int32_t *weight, size_t n_columns)
{
    for (size_t c = 0; c < n_columns; c += CHECK_TILE) {
        int64_t tile[CHECK_LANES][CHECK_TILE] = {{0}};
        for (size_t a = 0; a < n; a++) {
            add_row(tile, q + a * CHECK_LANES, weight + row[a] * n_columns + c);
        }
        for (size_t r = 0; r < CHECK_LANES; r++) {
            for (size_t j = 0; j < CHECK_TILE; j++) {
                sum[r * n_columns + c + j] = tile[r][j];
            }
        }
    }
}

CHECK_FAST void check_kernel_sparse(int64_t (*sum)[2 * CHECK_LANES],
                                    const int32_t *q, const uint32_t *column,
                                    const int32_t *high, const int32_t *low,
                                    size_t n)
{
    int64_t factor[2 * CHECK_LANES];
    for (size_t r = 0; r < (size_t)2 * CHECK_LANES; r++) {
        factor[r] = q[r % CHECK_LANES];
    }
    for (size_t k = 0; k < n; k++) {
        int64_t *restrict to = sum[column[k]];
        const int64_t h = high[k];
        const int64_t l = low[k];
        const int64_t weight[2 * CHECK_LANES] = {h, h, h, h, l, l, l, l};
        for (size_t r = 0; r < (size_t)2 * CHECK_LANES; r++) {
            to[r] += factor[r] * weight[r];
        }
    }
}

CHECK_FAST uint64_t check_kernel_carry(int64_t *out, int64_t *dropped,
                                       const int64_t *high, const int64_t *low,
                                       size_t n, int64_t above)
{
    const int64_t mask = ((int64_t)1 << CHECK_HALF) - 1;
    int64_t lost = 0;
    int64_t bits = 0;
    for (size_t i = 0; i < n; i++) {
        const int64_t carried = low[i] - above;
        out[i] = high[i] + (carried >> CHECK_HALF);
        lost |= carried & mask;
        bits |= (out[i] ^ (out[i] >> 63)) | (out[i] >> 63 & 1);
    }
    *dropped = lost;
    return (uint64_t)bits;
}

CHECK_FAST void check_kernel_gather(int32_t *z, const int64_t *q,
                                    const uint32_t *row, size_t n,
                                    unsigned shift)
{
    for (size_t a = 0; a < n; a++) {
        z[a * CHECK_LANES] = (int32_t)(q[row[a]] >> shift);
    }
}
