/* Rounds weights down; multiplies by them a tile of sums in registers.
 * SPDX-License-Identifier: MIT */
#include "proofs/check/check_matrix.h"

#include "proofs/check/check_fail.h"

#include <math.h>
#include <string.h>

enum { SUM_BITS = 62, Q_BITS = 30 };

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

/* floor(x * 2^-exponent) */
static int64_t round_down(double x, long exponent)
{
    int64_t m = 0;
    long shift = 0;
    check_split_double(&m, &shift, x);
    shift -= exponent;
    return shift > 0 ? m * ((int64_t)1 << shift)
                     : m >> (shift < -63 ? 63 : -shift);
}

/* Finds the parts that the rows use: segments, n_columns, and the column of
 * each coordinate; returns the bits of the most terms a sum can have. */
static long find_segments(struct check_matrix *matrix, uint32_t *position,
                          const struct check_layer *layer, const uint32_t *part)
{
    const size_t n = layer->start[layer->width];
    const size_t n_parts = layer->first > 0 ? part[layer->first - 1] + 1 : 0;
    struct check_segment *segments = check_alloc(n_parts, sizeof *segments);
    size_t most = 0;
    for (size_t k = 0; k < n; k++) {
        const size_t c = layer->column[k];
        struct check_segment *segment = &segments[part[c]];
        size_t end = segment->first + segment->n;
        end = segment->n == 0 || c + 1 > end ? c + 1 : end;
        segment->first =
            segment->n == 0 || c < segment->first ? c : segment->first;
        segment->n = end - segment->first;
        position[c]++;
        most = position[c] > most ? position[c] : most;
    }
    for (size_t p = 0; p < n_parts; p++) {
        if (segments[p].n != 0) {
            struct check_segment *segment = &segments[matrix->n_segments++];
            *segment = segments[p];
            segment->part = p;
            segment->position = matrix->n_columns;
            matrix->n_columns += segment->n;
            for (size_t i = 0; i < segment->n; i++) {
                position[segment->first + i] =
                    (uint32_t)(segment->position + i);
            }
        }
    }
    matrix->segments = segments;
    return check_bit_length(most);
}

/* Weights get half of the bits of a product; fewer where that is exact. */
static void choose_bits(struct check_matrix *matrix,
                        const struct check_layer *layer, long term_bits)
{
    const long bits = SUM_BITS - term_bits;
    const long least = bits - Q_BITS;
    const long most = bits / 2 > least ? bits / 2 : least;
    long range[2];
    measure(range, layer->weight, layer->start[layer->width]);
    long used = range[0] - range[1];
    used = used < least ? least : used;
    matrix->is_rounded = used > most;
    used = matrix->is_rounded ? most : used;
    matrix->exponent = range[0] - used;
    matrix->q_bits = bits - used;
    measure(range, layer->bias, layer->width);
    matrix->bias_bits =
        SUM_BITS - matrix->q_bits - check_bit_length(layer->width);
    matrix->bias_bits = matrix->bias_bits < Q_BITS ? matrix->bias_bits : Q_BITS;
    matrix->bias_exponent = range[0] - 2 * matrix->bias_bits;
    matrix->is_bias_rounded = range[1] < matrix->bias_exponent;
}

/* Adds `value` at a column of row i; k is the next entry if not dense. */
static void put(struct check_matrix *matrix, size_t i, size_t *k, size_t column,
                int64_t value)
{
    if (matrix->is_dense) {
        matrix->weight[i * matrix->stride + column] = value;
        return;
    }
    matrix->column[*k] = (uint32_t)column;
    matrix->weight[(*k)++] = value;
    for (size_t s = 0; s < matrix->n_segments; s++) {
        const struct check_segment *segment = &matrix->segments[s];
        uint32_t *span = matrix->span[i * matrix->n_segments + s];
        if (column - segment->position < segment->n) {
            span[0] =
                span[1] == 0 || column < span[0] ? (uint32_t)column : span[0];
            span[1] = column >= span[1] ? (uint32_t)column + 1 : span[1];
        }
    }
}

static void fill(struct check_matrix *matrix, const struct check_layer *layer,
                 const uint32_t *position)
{
    size_t at = 0;
    for (size_t i = 0; i < layer->width; i++) {
        for (size_t k = layer->start[i]; k < layer->start[i + 1]; k++) {
            put(matrix, i, &at, position[layer->column[k]],
                round_down(layer->weight[k], matrix->exponent));
        }
        if (fpclassify(layer->bias[i]) != FP_ZERO) {
            const long exponent = matrix->bias_exponent;
            const int64_t high =
                round_down(layer->bias[i], exponent + matrix->bias_bits);
            const int64_t both = round_down(layer->bias[i], exponent);
            put(matrix, i, &at, matrix->n_columns, high);
            put(matrix, i, &at, matrix->n_columns + 1,
                both - high * ((int64_t)1 << matrix->bias_bits));
        }
        if (!matrix->is_dense) {
            matrix->start[i + 1] = at;
        }
    }
}

void check_matrix_init(struct check_matrix *matrix,
                       const struct check_layer *layer, const uint32_t *part)
{
    const size_t n = layer->start[layer->width];
    uint32_t *position = check_alloc(layer->first, sizeof *position);
    *matrix = (struct check_matrix){0};
    choose_bits(matrix, layer, find_segments(matrix, position, layer, part));
    matrix->stride =
        (matrix->n_columns + 2 + CHECK_TILE - 1) / CHECK_TILE * CHECK_TILE;
    matrix->is_dense = n >= matrix->n_columns * layer->width / 4;
    if (matrix->is_dense) {
        matrix->weight =
            check_alloc(layer->width * matrix->stride, sizeof *matrix->weight);
    } else {
        const size_t size = n + 2 * layer->width;
        matrix->start = check_alloc(layer->width + 1, sizeof *matrix->start);
        matrix->column = check_alloc(size, sizeof *matrix->column);
        matrix->weight = check_alloc(size, sizeof *matrix->weight);
        matrix->span = check_alloc(layer->width * matrix->n_segments,
                                   sizeof *matrix->span);
    }
    fill(matrix, layer, position);
    check_free(position);
}

void check_matrix_clear(struct check_matrix *matrix)
{
    check_free(matrix->segments);
    check_free(matrix->start);
    check_free(matrix->column);
    check_free(matrix->span);
    check_free(matrix->weight);
}

CHECK_CLONES static void multiply_dense(check_lanes *sum, const check_lanes *q,
                                        const uint32_t *row, size_t n,
                                        const int64_t *weight, size_t stride)
{
    for (size_t c = 0; c < stride; c += CHECK_TILE) {
        check_lanes tile[CHECK_TILE] = {{0}};
        for (size_t a = 0; a < n; a++) {
            const int64_t *w = weight + row[a] * stride + c;
            for (size_t j = 0; j < CHECK_TILE; j++) {
                tile[j] += q[a] * w[j];
            }
        }
        memcpy(sum + c, tile, sizeof tile);
    }
}

CHECK_CLONES static void multiply_sparse(check_lanes *sum,
                                         const struct check_matrix *matrix,
                                         const check_lanes *q,
                                         const uint32_t *row, size_t n)
{
    for (size_t a = 0; a < n; a++) {
        const size_t end = matrix->start[row[a] + 1];
        for (size_t k = matrix->start[row[a]]; k < end; k++) {
            sum[matrix->column[k]] += q[a] * matrix->weight[k];
        }
    }
}

void check_matrix_multiply(check_lanes *sum, size_t (*window)[2],
                           const struct check_matrix *matrix,
                           const check_lanes *q, const uint32_t *row, size_t n)
{
    memset(sum + matrix->n_columns, 0, 2 * sizeof *sum);
    for (size_t s = 0; s < matrix->n_segments; s++) {
        const struct check_segment *segment = &matrix->segments[s];
        window[s][0] = segment->position;
        window[s][1] = segment->position + segment->n;
        if (!matrix->is_dense) {
            size_t low = window[s][1];
            size_t end = window[s][0];
            for (size_t a = 0; a < n; a++) {
                const uint32_t *span =
                    matrix->span[row[a] * matrix->n_segments + s];
                low = span[1] > 0 && span[0] < low ? span[0] : low;
                end = span[1] > end ? span[1] : end;
            }
            window[s][0] = low;
            window[s][1] = end > low ? end : low;
            memset(sum + low, 0, (window[s][1] - low) * sizeof *sum);
        }
    }
    if (matrix->is_dense) {
        multiply_dense(sum, q, row, n, matrix->weight, matrix->stride);
    } else {
        multiply_sparse(sum, matrix, q, row, n);
    }
}
