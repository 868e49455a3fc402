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

/* floor(x * 2^-exponent), which is below 2^62 in size */
static int64_t round_down(double x, long exponent)
{
    int64_t m = 0;
    long shift = 0;
    check_split_double(&m, &shift, x);
    shift -= m == 0 ? shift : exponent;
    return shift > 0 ? m * ((int64_t)1 << shift)
                     : m >> (shift < -63 ? 63 : -shift);
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
    const long least = bits - CHECK_Q_BITS;
    const long most = bits / 2 > least ? bits / 2 : least;
    long range[2];
    measure(range, layer->weight, n);
    /* Half of the bits of a product are the weight's, fewer if exact. */
    long used = range[0] - range[1] > least ? range[0] - range[1] : least;
    matrix->is_rounded = used > most;
    used = matrix->is_rounded ? most : used;
    matrix->exponent = range[0] - used;
    matrix->q_bits = bits - used;
    measure(range, layer->bias, layer->width);
    matrix->bias_exponent =
        range[0] - SUM_BITS + matrix->q_bits + check_bit_length(layer->width);
    matrix->weight = check_alloc(n, sizeof *matrix->weight);
    matrix->bias = check_alloc(layer->width, sizeof *matrix->bias);
    matrix->span = check_alloc(layer->width, sizeof *matrix->span);
    for (size_t i = 0; i < layer->width; i++) {
        uint32_t *span = matrix->span[i];
        span[0] = UINT32_MAX;
        matrix->bias[i] = round_down(layer->bias[i], matrix->bias_exponent);
        for (size_t k = layer->start[i]; k < layer->start[i + 1]; k++) {
            const uint32_t c = layer->column[k];
            matrix->weight[k] = round_down(layer->weight[k], matrix->exponent);
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
