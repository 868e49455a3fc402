/* Chooses the bits of weights and coefficients, then rounds.
 * SPDX-License-Identifier: MIT */
#include "proofs/check/check_matrix.h"

#include "proofs/check/check_fail.h"

/* Of weights; of sums of their products; of sums of biases. */
enum { WEIGHT_BITS = 31, SUM_BITS = 60, CONSTANT_BITS = 61 };

_Static_assert((-1 >> 1) == -1, "negative numbers are shifted by floor");

long check_bit_length(uint64_t x)
{
    return x == 0 ? 0 : 64 - __builtin_clzll(x);
}

/* Exponents of the first and the last bit of some numbers, [0] and [1]. Those
 * whose first WEIGHT_BITS bits are all 1 count as rounded up: less than that
 * many bits remain when they are rounded down, below 0 as well. */
static void measure(long range[2], const double *numbers, size_t n)
{
    bool has_any = false;
    range[0] = range[1] = 0;
    for (size_t k = 0; k < n; k++) {
        int64_t m = 0;
        long last = 0;
        check_split_double(&m, &last, numbers[k]);
        const uint64_t size = (uint64_t)(m < 0 ? -m : m);
        const long bits = check_bit_length(size);
        const bool is_full =
            bits > WEIGHT_BITS &&
            size >> (bits - WEIGHT_BITS) == (1U << WEIGHT_BITS) - 1;
        const long first = last + bits + (is_full ? 1 : 0);
        if (m != 0) {
            range[0] = !has_any || first > range[0] ? first : range[0];
            range[1] = !has_any || last < range[1] ? last : range[1];
            has_any = true;
        }
    }
}

/* floor(x * 2^-exponent), which is below 2^62 in size. */
static int64_t round_down(double x, long exponent)
{
    int64_t m = 0;
    long shift = 0;
    check_split_double(&m, &shift, x);
    shift -= m == 0 ? shift : exponent;
    return shift > 0 ? m * ((int64_t)1 << shift)
                     : m >> (shift < -63 ? 63 : -shift);
}

/* The largest number of entries in one column. */
static size_t count_entries(const struct check_layer *layer)
{
    uint32_t *n = check_alloc(layer->first, sizeof *n);
    uint32_t most = 0;
    for (size_t k = 0; k < layer->start[layer->width]; k++) {
        const uint32_t n_entries = ++n[layer->column[k]];
        most = n_entries > most ? n_entries : most;
    }
    check_free(n);
    return most;
}

/* Exponents, and what products cost. */
static void choose_units(struct check_matrix *matrix,
                         const struct check_layer *layer)
{
    const size_t most = count_entries(layer);
    long range[2];
    measure(range, layer->weight, layer->start[layer->width]);
    matrix->exponent = range[0] - WEIGHT_BITS;
    matrix->is_rounded = range[1] < matrix->exponent;
    if (!matrix->is_rounded) {
        matrix->exponent = range[1];
    }
    /* Products are at most 2^(CHECK_Q_BITS + range[0] - exponent) in size. */
    matrix->shift = CHECK_Q_BITS + range[0] - matrix->exponent +
                    check_bit_length(most) - SUM_BITS;
    matrix->shift = matrix->shift > 0 ? matrix->shift : 0;
    matrix->n_floors = matrix->shift > 0 ? most : 0;
    matrix->bias_bits =
        CONSTANT_BITS - CHECK_Q_BITS - check_bit_length(layer->width);
    measure(range, layer->bias, layer->width);
    matrix->bias_exponent = range[0] - 2 * matrix->bias_bits;
}

/* The window of all columns of rows i whose spans are known, in tiles, if at
 * least half of what these hold are entries. */
static void choose_tiles(struct check_matrix *matrix,
                         const struct check_layer *layer)
{
    size_t low = SIZE_MAX;
    size_t end = 0;
    for (size_t i = 0; i < layer->width; i++) {
        low = matrix->span[i][0] < low ? matrix->span[i][0] : low;
        end = matrix->span[i][1] > end ? matrix->span[i][1] : end;
    }
    matrix->first = low;
    matrix->n_tiles = low < end ? (end - low - 1) / CHECK_TILE + 1 : 0;
    if (layer->start[layer->width] <
        matrix->n_tiles * layer->width * CHECK_TILE / 2) {
        matrix->n_tiles = 0;
    }
}

void check_matrix_init(struct check_matrix *matrix,
                       const struct check_layer *layer)
{
    choose_units(matrix, layer);
    matrix->bias = check_alloc(layer->width, sizeof *matrix->bias);
    matrix->span = check_alloc(layer->width, sizeof *matrix->span);
    for (size_t i = 0; i < layer->width; i++) {
        uint32_t *span = matrix->span[i];
        const int64_t bias = round_down(layer->bias[i], matrix->bias_exponent);
        matrix->bias[i][0] = bias >> matrix->bias_bits;
        matrix->bias[i][1] =
            bias - matrix->bias[i][0] * ((int64_t)1 << matrix->bias_bits);
        span[0] = UINT32_MAX;
        for (size_t k = layer->start[i]; k < layer->start[i + 1]; k++) {
            const uint32_t c = layer->column[k];
            span[0] = c < span[0] ? c : span[0];
            span[1] = c >= span[1] ? c + 1 : span[1];
        }
    }
    choose_tiles(matrix, layer);
    matrix->weight = check_alloc(
        matrix->n_tiles > 0 ? matrix->n_tiles * layer->width * CHECK_TILE
                            : layer->start[layer->width],
        sizeof *matrix->weight);
    for (size_t i = 0; i < layer->width; i++) {
        for (size_t k = layer->start[i]; k < layer->start[i + 1]; k++) {
            const size_t c = layer->column[k] - matrix->first;
            const size_t tile = c / CHECK_TILE * layer->width + i;
            const size_t place =
                matrix->n_tiles > 0 ? tile * CHECK_TILE + c % CHECK_TILE : k;
            matrix->weight[place] =
                round_down(layer->weight[k], matrix->exponent);
        }
    }
}

void check_matrix_clear(struct check_matrix *matrix)
{
    check_free(matrix->weight);
    check_free(matrix->bias);
    check_free(matrix->span);
}
