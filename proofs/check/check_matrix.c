/* Chooses the bits of weights and coefficients, then rounds.
 * SPDX-License-Identifier: MIT */
#include "proofs/check/check_matrix.h"

#include "proofs/check/check_fail.h"

enum { SUM_BITS = 61 };

_Static_assert((-1 >> 1) == -1, "negative numbers are shifted by floor");

long check_bit_length(uint64_t x)
{
    return x == 0 ? 0 : 64 - __builtin_clzll(x);
}

/* Exponents of the first and the last bit of some numbers, [0] and [1]. */
static void measure(long range[2], const double *numbers, size_t n)
{
    bool has_any = false;
    range[0] = range[1] = 0;
    for (size_t k = 0; k < n; k++) {
        int64_t m = 0;
        long last = 0;
        check_split_double(&m, &last, numbers[k]);
        const long first = last + check_bit_length((uint64_t)(m < 0 ? -m : m));
        if (m != 0) {
            range[0] = !has_any || first > range[0] ? first : range[0];
            range[1] = !has_any || last < range[1] ? last : range[1];
            has_any = true;
        }
    }
}

/* floor(x * 2^-exponent), which is below 2^62 in size, in two parts. */
static void round_down(int64_t parts[2], double x, long exponent, long low_bits)
{
    int64_t m = 0;
    long shift = 0;
    check_split_double(&m, &shift, x);
    shift -= m == 0 ? shift : exponent;
    m = shift > 0 ? m * ((int64_t)1 << shift)
                  : m >> (shift < -63 ? 63 : -shift);
    parts[0] = m >> low_bits;
    parts[1] = m - parts[0] * ((int64_t)1 << low_bits);
}

/* Bits of the largest number of entries in one column. */
static long count_bits(const struct check_layer *layer)
{
    uint32_t *n = check_alloc(layer->first, sizeof *n);
    uint32_t most = 1;
    for (size_t k = 0; k < layer->start[layer->width]; k++) {
        const uint32_t n_entries = ++n[layer->column[k]];
        most = n_entries > most ? n_entries : most;
    }
    check_free(n);
    return check_bit_length(most);
}

void check_matrix_init(struct check_matrix *matrix,
                       const struct check_layer *layer)
{
    const size_t n = layer->start[layer->width];
    const long bits = SUM_BITS - count_bits(layer);
    long range[2];
    matrix->q_bits = 2 * bits / 3 < CHECK_Q_BITS ? 2 * bits / 3 : CHECK_Q_BITS;
    matrix->low_bits = bits - matrix->q_bits;
    measure(range, layer->weight, n);
    matrix->exponent = range[0] - 2 * matrix->low_bits;
    matrix->is_rounded = range[1] < matrix->exponent;
    measure(range, layer->bias, layer->width);
    matrix->bias_bits =
        SUM_BITS - matrix->q_bits - check_bit_length(layer->width);
    matrix->bias_exponent = range[0] - 2 * matrix->bias_bits;
    matrix->weight = check_alloc(n, sizeof *matrix->weight);
    matrix->bias = check_alloc(layer->width, sizeof *matrix->bias);
    matrix->span = check_alloc(layer->width, sizeof *matrix->span);
    for (size_t i = 0; i < layer->width; i++) {
        uint32_t *span = matrix->span[i];
        span[0] = UINT32_MAX;
        round_down(matrix->bias[i], layer->bias[i], matrix->bias_exponent,
                   matrix->bias_bits);
        for (size_t k = layer->start[i]; k < layer->start[i + 1]; k++) {
            const uint32_t c = layer->column[k];
            round_down(matrix->weight[k], layer->weight[k], matrix->exponent,
                       matrix->low_bits);
            matrix->has_low = matrix->has_low || matrix->weight[k][1] != 0;
            span[0] = c < span[0] ? c : span[0];
            span[1] = c >= span[1] ? c + 1 : span[1];
        }
    }
}

void check_matrix_clear(struct check_matrix *matrix)
{
    check_free(matrix->weight);
    check_free(matrix->bias);
    check_free(matrix->span);
}
