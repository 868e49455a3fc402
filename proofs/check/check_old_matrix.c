/* Splits weights in halves, rounded down; multiplies by them exactly.
 * SPDX-License-Identifier: MIT */
#include "proofs/check/check_old_matrix.h"

#include "proofs/check/check_fail.h"

#include <string.h>

enum { HALF = CHECK_HALF, Q_BITS = 30 };

int check_bit_length(uint64_t x)
{
    int n = 0;
    for (; x != 0; x >>= 1) {
        n++;
    }
    return n;
}

/* Splits floor(number * 2^shift) as in (1). */
static void split(struct check_matrix *matrix, size_t at, mpz_t scratch,
                  const mpz_t number, long shift)
{
    if (shift >= 0) {
        mpz_mul_2exp(scratch, number, (mp_bitcnt_t)shift);
    } else {
        matrix->is_rounded = matrix->is_rounded ||
                             !mpz_divisible_2exp_p(number, (mp_bitcnt_t)-shift);
        mpz_fdiv_q_2exp(scratch, number, (mp_bitcnt_t)-shift);
    }
    const int64_t value = mpz_get_si(scratch);
    matrix->high[at] = (int32_t)(value >> HALF);
    matrix->low[at] = (int32_t)(value & (((int64_t)1 << HALF) - 1));
}

static long find_top(const struct check_numbers *numbers, size_t n)
{
    long top = -(1L << 40);
    for (size_t i = 0; i < n; i++) {
        mpz_t view;
        check_numbers_get(view, numbers, i);
        const long bits = (long)mpz_sizeinbase(view, 2) + numbers->exponent;
        top = mpz_sgn(view) != 0 && bits > top ? bits : top;
    }
    return top;
}

static void fill_matrix(struct check_matrix *matrix,
                        const struct check_block *block)
{
    mpz_t view;
    mpz_t scratch;
    mpz_init(scratch);
    for (size_t i = 0; i < block->width; i++) {
        const size_t n = block->start[i + 1] - block->start[i];
        const size_t row =
            matrix->is_dense ? i * matrix->stride : block->start[i] + i;
        const size_t last = matrix->n_columns - 1;
        for (size_t k = 0; k <= n; k++) {
            const struct check_numbers *numbers =
                k < n ? &block->weight : &block->bias;
            const size_t column =
                k < n ? block->column[block->start[i] + k] - matrix->first
                      : last;
            const size_t at = row + (matrix->is_dense ? column : k);
            check_numbers_get(view, numbers, k < n ? block->start[i] + k : i);
            split(matrix, at, scratch, view,
                  numbers->exponent - matrix->exponent);
            if (!matrix->is_dense) {
                matrix->column[at] = (uint32_t)column;
            }
        }
    }
    mpz_clear(scratch);
}

void check_matrix_init(struct check_matrix *matrix,
                       const struct check_block *block)
{
    const size_t n = block->start[block->width];
    const long tops[2] = {find_top(&block->weight, n),
                          find_top(&block->bias, block->width)};
    size_t first = block->first;
    size_t end = 0;
    *matrix = (struct check_matrix){.block = block};
    for (size_t k = 0; k < n; k++) {
        const size_t column = block->column[k];
        first = column < first ? column : first;
        end = column + 1 > end ? column + 1 : end;
    }
    matrix->first = first;
    matrix->n_columns = (end > first ? end - first : 0) + 1;
    matrix->stride =
        (matrix->n_columns + CHECK_TILE - 1) / CHECK_TILE * CHECK_TILE;
    matrix->is_dense = n >= (matrix->n_columns - 1) * block->width / 4;
    matrix->exponent = (tops[0] > tops[1] ? tops[0] : tops[1]) - 2L * HALF + 1;
    /* |sum| <= width * 2^(q_bits + HALF) <= 2^61 in each column. */
    const int spare = 61 - HALF - check_bit_length(block->width);
    matrix->q_bits = (unsigned)(spare < Q_BITS ? spare : Q_BITS);
    const size_t size =
        matrix->is_dense ? block->width * matrix->stride : n + block->width;
    matrix->high = check_alloc(size, sizeof *matrix->high);
    matrix->low = check_alloc(size, sizeof *matrix->low);
    matrix->column =
        check_alloc(matrix->is_dense ? 0 : size, sizeof *matrix->column);
    matrix->sum = check_alloc(matrix->is_dense ? 0 : matrix->n_columns,
                              sizeof *matrix->sum);
    fill_matrix(matrix, block);
}

void check_matrix_clear(struct check_matrix *matrix)
{
    check_free(matrix->column);
    check_free(matrix->high);
    check_free(matrix->low);
    check_free(matrix->sum);
}

static void multiply_sparse(int64_t *high, int64_t *low,
                            const struct check_matrix *matrix, const int32_t *z,
                            const uint32_t *row, size_t n)
{
    const size_t *start = matrix->block->start;
    memset(matrix->sum, 0, matrix->n_columns * sizeof *matrix->sum);
    for (size_t a = 0; a < n; a++) {
        const size_t k = start[row[a]] + row[a];
        check_kernel_sparse(matrix->sum, z + a * CHECK_LANES,
                            matrix->column + k, matrix->high + k,
                            matrix->low + k,
                            start[row[a] + 1] - start[row[a]] + 1);
    }
    for (size_t r = 0; r < CHECK_LANES; r++) {
        for (size_t c = 0; c < matrix->n_columns; c++) {
            high[r * matrix->stride + c] = matrix->sum[c][r];
            low[r * matrix->stride + c] = matrix->sum[c][CHECK_LANES + r];
        }
    }
}

void check_matrix_multiply(int64_t *high, int64_t *low,
                           const struct check_matrix *matrix, const int32_t *z,
                           const uint32_t *row, size_t n)
{
    if (matrix->is_dense) {
        check_kernel_dense(high, z, row, n, matrix->high, matrix->stride);
        check_kernel_dense(low, z, row, n, matrix->low, matrix->stride);
    } else {
        multiply_sparse(high, low, matrix, z, row, n);
    }
}
