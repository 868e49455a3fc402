/* Chooses the bits of weights and coefficients, then rounds.
 * SPDX-License-Identifier: MIT */
#include "proofs/check/check_matrix.h"

#include "proofs/check/check_fail.h"

#include <string.h>

/* Of weights; of sums of their products; of sums of biases. */
enum { WEIGHT_BITS = 31, SUM_BITS = 60, CONSTANT_BITS = 61 };

_Static_assert((-1 >> 1) == -1, "negative numbers are shifted by floor");

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
    matrix->bits = range[0] - matrix->exponent;
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

static void fill_tiles(struct check_matrix *matrix,
                       const struct check_layer *layer)
{
    matrix->weight = check_alloc(matrix->n_tiles * layer->width * CHECK_TILE,
                                 sizeof *matrix->weight);
    for (size_t i = 0; i < layer->width; i++) {
        for (size_t k = layer->start[i]; k < layer->start[i + 1]; k++) {
            const size_t c = layer->column[k] - matrix->first;
            const size_t tile = c / CHECK_TILE * layer->width + i;
            matrix->weight[tile * CHECK_TILE + c % CHECK_TILE] =
                round_down(layer->weight[k], matrix->exponent);
        }
    }
}

/* Lists of numbers in a pool, found by their hashes. A place of length 0 is
 * free; owner: the row that a list was first found for. */
struct lists {
    int32_t *pool;
    size_t used;
    size_t n_places; /* a power of two */
    struct place {
        size_t start;
        size_t n;
        uint32_t owner;
    } * places;
};

/* The place of the list of the n > 0 numbers behind those used, which become
 * used unless it was there already. */
static size_t find_list(struct lists *lists, size_t n, uint32_t owner)
{
    const int32_t *list = lists->pool + lists->used;
    uint64_t hash = n;
    for (size_t k = 0; k < n; k++) {
        hash = (hash ^ (uint32_t)list[k]) * UINT64_C(0x9e3779b97f4a7c15);
        hash ^= hash >> 32;
    }
    size_t p = hash & (lists->n_places - 1);
    while (
        lists->places[p].n != 0 &&
        (lists->places[p].n != n || memcmp(lists->pool + lists->places[p].start,
                                           list, n * sizeof *list) != 0)) {
        p = (p + 1) & (lists->n_places - 1);
    }
    if (lists->places[p].n == 0) {
        lists->places[p] = (struct place){lists->used, n, owner};
        lists->used += n;
    }
    return p;
}

/* An empty pool for so many lists of so many numbers in all. */
static void lists_init(struct lists *lists, size_t n_lists, size_t n_numbers)
{
    *lists = (struct lists){.n_places = 1};
    while (lists->n_places < 2 * n_lists) {
        lists->n_places *= 2;
    }
    lists->places = check_alloc(lists->n_places, sizeof *lists->places);
    lists->pool = check_alloc(n_numbers, sizeof *lists->pool);
}

/* Of columns, of weights, and sets: one of two numbers for each. */
enum { COLUMNS, WEIGHTS, SETS, N_LISTS };

/* Finds the lists of row i, which has entries. */
static void fill_row(struct check_matrix *matrix,
                     const struct check_layer *layer,
                     struct lists lists[N_LISTS], size_t i)
{
    struct check_matrix_row *row = &matrix->rows[i];
    const size_t from = layer->start[i];
    const uint32_t first = matrix->span[i][0];
    size_t place[2];
    for (size_t l = COLUMNS; l <= WEIGHTS; l++) {
        int32_t *list = lists[l].pool + lists[l].used;
        for (size_t k = 0; k < row->n; k++) {
            list[k] = l == COLUMNS
                          ? (int32_t)(layer->column[from + k] - first)
                          : (int32_t)round_down(layer->weight[from + k],
                                                matrix->exponent);
        }
        place[l] = find_list(&lists[l], row->n, (uint32_t)i);
    }
    row->columns = lists[COLUMNS].places[place[COLUMNS]].start;
    row->weights = lists[WEIGHTS].places[place[WEIGHTS]].start;
    struct lists *sets = &lists[SETS];
    sets->pool[sets->used] = (int32_t)place[COLUMNS];
    sets->pool[sets->used + 1] = (int32_t)first;
    row->set = sets->places[find_list(sets, 2, (uint32_t)i)].owner;
}

/* Rows of a convolution have few lists of weights, and of columns. */
static void fill_pools(struct check_matrix *matrix,
                       const struct check_layer *layer)
{
    const size_t width = layer->width;
    struct lists lists[N_LISTS];
    lists_init(&lists[COLUMNS], width, layer->start[width]);
    lists_init(&lists[WEIGHTS], width, layer->start[width]);
    lists_init(&lists[SETS], width, 2 * width);
    matrix->rows = check_alloc(width, sizeof *matrix->rows);
    for (size_t i = 0; i < width; i++) {
        matrix->rows[i].n = (uint32_t)(layer->start[i + 1] - layer->start[i]);
        matrix->rows[i].set = (uint32_t)i;
        if (matrix->rows[i].n > 0) {
            fill_row(matrix, layer, lists, i);
        }
    }
    matrix->columns = lists[COLUMNS].pool;
    matrix->weight =
        check_alloc(lists[WEIGHTS].used + CHECK_TILE, sizeof *matrix->weight);
    for (size_t k = 0; k < lists[WEIGHTS].used; k++) {
        matrix->weight[k] = lists[WEIGHTS].pool[k];
    }
    check_free(lists[WEIGHTS].pool);
    check_free(lists[SETS].pool);
    for (size_t l = 0; l < N_LISTS; l++) {
        check_free(lists[l].places);
    }
}

void check_matrix_init(struct check_matrix *matrix,
                       const struct check_layer *layer)
{
    matrix->width = layer->width;
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
    if (matrix->n_tiles > 0) {
        fill_tiles(matrix, layer);
    } else {
        fill_pools(matrix, layer);
    }
}

void check_matrix_clear(struct check_matrix *matrix)
{
    check_free(matrix->weight);
    check_free(matrix->rows);
    check_free(matrix->columns);
    check_free(matrix->bias);
    check_free(matrix->span);
}

/* sum[j] of eight columns, from their first weights: sums that are no array
 * stay in registers. */
CHECK_CLONES static void multiply_columns(check_lanes sum[CHECK_TILE],
                                          const int64_t *const w[CHECK_TILE],
                                          const struct check_factors *factors,
                                          long shift)
{
    check_lanes a = {0};
    check_lanes b = {0};
    check_lanes c = {0};
    check_lanes d = {0};
    check_lanes e = {0};
    check_lanes f = {0};
    check_lanes g = {0};
    check_lanes h = {0};
    for (size_t k = 0; k < factors->n; k += 2) {
        const size_t i = (size_t)factors->row[k] * CHECK_TILE;
        const size_t j = (size_t)factors->row[k + 1] * CHECK_TILE;
        const check_lanes y = factors->x[k];
        const check_lanes z = factors->x[k + 1];
        a += (y * w[0][i] + z * w[0][j]) >> shift;
        b += (y * w[1][i] + z * w[1][j]) >> shift;
        c += (y * w[2][i] + z * w[2][j]) >> shift;
        d += (y * w[3][i] + z * w[3][j]) >> shift;
        e += (y * w[4][i] + z * w[4][j]) >> shift;
        f += (y * w[5][i] + z * w[5][j]) >> shift;
        g += (y * w[6][i] + z * w[6][j]) >> shift;
        h += (y * w[7][i] + z * w[7][j]) >> shift;
    }
    sum[0] = a;
    sum[1] = b;
    sum[2] = c;
    sum[3] = d;
    sum[4] = e;
    sum[5] = f;
    sum[6] = g;
    sum[7] = h;
}

CHECK_CLONES void check_matrix_multiply(check_lanes *to, check_lanes *bits,
                                        const struct check_matrix *matrix,
                                        const struct check_factors *factors)
{
    const size_t n = factors->n_columns;
    const check_lanes above = factors->above;
    check_lanes all = {0};
    for (size_t k = n; n > 0 && k < n + CHECK_TILE; k++) {
        factors->column[k] = factors->column[n - 1];
    }
    for (size_t k = 0; k < n; k += CHECK_TILE) {
        const uint32_t *column = factors->column + k;
        const int64_t *weight[CHECK_TILE];
        check_lanes sum[CHECK_TILE];
        for (size_t j = 0; j < CHECK_TILE; j++) {
            const size_t c = column[j] - matrix->first;
            weight[j] = matrix->weight +
                        c / CHECK_TILE * matrix->width * CHECK_TILE +
                        c % CHECK_TILE;
        }
        multiply_columns(sum, weight, factors, matrix->shift);
        for (size_t j = 0; j < CHECK_TILE; j++) {
            to[column[j]] = sum[j] - above;
            check_lanes_note(&all, &to[column[j]]);
        }
    }
    *bits |= all;
}

/* sum[j] of eight columns of a set's rows, whose places among the factors are
 * of[n]: from weight w - matrix->weight of their lists on. Two and two are
 * added and rounded down. If weights were rounded, x * (w' + 1) takes the place
 * of x * w' where x is negative, which is above x * w. Behind the last column
 * the sums mean nothing. */
CHECK_CLONES static void multiply_set(check_lanes sum[CHECK_TILE],
                                      const struct check_matrix *matrix,
                                      const struct check_factors *factors,
                                      const int64_t *w, const uint32_t *of,
                                      size_t n)
{
    const long shift = matrix->shift;
    const int64_t is_rounded = matrix->is_rounded ? -1 : 0;
    check_lanes a = {0};
    check_lanes b = {0};
    check_lanes c = {0};
    check_lanes d = {0};
    check_lanes e = {0};
    check_lanes f = {0};
    check_lanes g = {0};
    check_lanes h = {0};
    for (size_t k = 0; k < n; k += 2) {
        const uint32_t other = of[k + 1 < n ? k + 1 : k];
        const int64_t *v = w + matrix->rows[factors->row[of[k]]].weights;
        const int64_t *u = w + matrix->rows[factors->row[other]].weights;
        const check_lanes y = factors->x[of[k]];
        const check_lanes z = factors->x[other] & (k + 1 < n ? -1 : 0);
        const check_lanes excess =
            ((y & (y >> 63)) + (z & (z >> 63))) & is_rounded;
        a += (y * v[0] + z * u[0] + excess) >> shift;
        b += (y * v[1] + z * u[1] + excess) >> shift;
        c += (y * v[2] + z * u[2] + excess) >> shift;
        d += (y * v[3] + z * u[3] + excess) >> shift;
        e += (y * v[4] + z * u[4] + excess) >> shift;
        f += (y * v[5] + z * u[5] + excess) >> shift;
        g += (y * v[6] + z * u[6] + excess) >> shift;
        h += (y * v[7] + z * u[7] + excess) >> shift;
    }
    sum[0] = a;
    sum[1] = b;
    sum[2] = c;
    sum[3] = d;
    sum[4] = e;
    sum[5] = f;
    sum[6] = g;
    sum[7] = h;
}

/* Adds the products of a set's rows, whose places among the factors are
 * of[n]. */
CHECK_CLONES static void add_set(check_lanes *to,
                                 const struct check_matrix *matrix,
                                 const struct check_factors *factors,
                                 const uint32_t *of, size_t n)
{
    const struct check_matrix_row *row = &matrix->rows[factors->row[of[0]]];
    const int32_t *column = matrix->columns + row->columns;
    to += row->n > 0 ? matrix->span[factors->row[of[0]]][0] : 0;
    for (size_t e = 0; e < row->n; e += CHECK_TILE) {
        const size_t left = row->n - e;
        check_lanes sum[CHECK_TILE];
        for (size_t j = 0; j < CHECK_TILE && j < left; j++) {
            __builtin_prefetch(&to[column[e + j]], 1);
        }
        multiply_set(sum, matrix, factors, matrix->weight + e, of, n);
        for (size_t j = 0; j < CHECK_TILE && j < left; j++) {
            to[column[e + j]] += sum[j];
        }
    }
}

/* Adds the columns of a row to a set. */
static void add_columns(uint64_t *set, const struct check_matrix *matrix,
                        uint32_t row)
{
    const struct check_matrix_row *of = &matrix->rows[row];
    for (size_t e = 0; e < of->n; e++) {
        check_set_add(set, matrix->span[row][0] +
                               (size_t)matrix->columns[of->columns + e]);
    }
}

/* Of a number of a set: where its next row comes, no longer how many it has. */
#define IS_PLACE ((uint32_t)1 << 31)

void check_matrix_add_entries(check_lanes *sum, uint64_t *set,
                              const struct check_matrix *matrix,
                              const struct check_factors *factors)
{
    uint32_t *of = factors->column;   /* a set: how many, then where */
    uint32_t *order = factors->order; /* by set, one after the other */
    uint32_t n = 0;
    for (size_t k = 0; k < factors->n; k++) {
        of[matrix->rows[factors->row[k]].set] = 0;
    }
    for (size_t k = 0; k < factors->n; k++) {
        of[matrix->rows[factors->row[k]].set]++;
    }
    for (uint32_t k = 0; k < factors->n; k++) {
        uint32_t *place = &of[matrix->rows[factors->row[k]].set];
        if ((*place & IS_PLACE) == 0) {
            const uint32_t n_rows = *place;
            *place = n | IS_PLACE;
            n += n_rows;
        }
        order[(*place)++ & ~IS_PLACE] = k;
    }
    for (uint32_t k = 0; k < n;) {
        const uint32_t row = factors->row[order[k]];
        const uint32_t end = of[matrix->rows[row].set] & ~IS_PLACE;
        add_columns(set, matrix, row);
        add_set(sum, matrix, factors, order + k, end - k);
        k = end;
    }
}
