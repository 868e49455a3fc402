/* Rows of exact weights: written term by term, then folded and renumbered.
 * SPDX-License-Identifier: MIT */
#include "proofs/check/check_build.h"

#include <math.h>
#include <string.h>

enum { MOST_COORDINATES = 1 << 25 };

void check_split_double(int64_t *mantissa, long *exponent, double x)
{
    uint64_t bits = 0;
    memcpy(&bits, &x, sizeof bits);
    const uint64_t field = bits >> 52 & 0x7FF;
    uint64_t m = bits & (((uint64_t)1 << 52) - 1);
    if (field == 0x7FF) {
        check_unsupported("infinite number or NaN among the weights");
    }
    m |= field == 0 ? 0 : (uint64_t)1 << 52;
    *exponent = m == 0 ? 0 : (field == 0 ? 1L : (long)field) - 1075;
    if (m != 0) {
        const int n_zeros = __builtin_ctzll(m);
        m >>= n_zeros;
        *exponent += n_zeros;
    }
    *mantissa = bits >> 63 != 0 ? -(int64_t)m : (int64_t)m;
}

bool check_multiply(double *product, double x, double y)
{
    int64_t m[2];
    long exponents[2];
    *product = x * y;
    check_split_double(&m[0], &exponents[0], x);
    check_split_double(&m[1], &exponents[1], y);
    const int64_t size = m[1] < 0 ? -m[1] : m[1];
    if (m[0] == 0 || size == 0) {
        return true;
    }
    const int64_t limit = (((int64_t)1 << 53) - 1) / size;
    return m[0] <= limit && m[0] >= -limit &&
           exponents[0] + exponents[1] >= -1074 && *product - *product >= 0.0;
}

/* The error of a sum is itself a double (Knuth, TAOCP 4.2.2, theorem B). */
static bool add(double *sum, double x, double y)
{
    const double total = x + y;
    const double part = total - x;
    const double error = (x - (total - part)) + (y - part);
    *sum = total;
    return error <= 0.0 && error >= 0.0;
}

static bool is_zero(double x)
{
    return x <= 0.0 && x >= 0.0;
}

void check_row_add(struct check_rows *rows, size_t column, double weight)
{
    const size_t n = rows->n_terms;
    if (is_zero(weight)) {
        return;
    }
    if (n == rows->n_room) {
        const size_t size = 2 * n + 1;
        rows->n_room = size;
        rows->column = check_resize(rows->column, size, sizeof *rows->column);
        rows->weight = check_resize(rows->weight, size, sizeof *rows->weight);
    }
    rows->column[n] = (uint32_t)column;
    rows->weight[n] = weight;
    rows->n_terms++;
}

void check_row_end(struct check_rows *rows, double bias)
{
    const size_t n = rows->n;
    if ((n & (n - 1)) == 0) {
        const size_t size = n == 0 ? 1 : 2 * n;
        rows->end = check_resize(rows->end, size, sizeof *rows->end);
        rows->bias = check_resize(rows->bias, size, sizeof *rows->bias);
    }
    rows->end[n] = rows->n_terms;
    rows->bias[n] = bias;
    rows->n++;
}

struct check_rows check_rows_create(void)
{
    return (struct check_rows){.end = check_alloc(1, sizeof(size_t)),
                               .bias = check_alloc(1, sizeof(double)),
                               .column = check_alloc(1, sizeof(uint32_t)),
                               .weight = check_alloc(1, sizeof(double)),
                               .n_room = 1};
}

static size_t row_start(const struct check_rows *rows, size_t z)
{
    return z == 0 ? 0 : rows->end[z - 1];
}

void check_rows_clear(struct check_rows *rows)
{
    check_free(rows->end);
    check_free(rows->bias);
    check_free(rows->column);
    check_free(rows->weight);
}

struct check_layer *check_add_layer(struct check_builder *b,
                                    struct check_value *value,
                                    enum check_kind kind)
{
    struct check_network *network = b->network;
    const size_t first = network->n_coordinates;
    check_unsupported_if(b,
                         value->n == 0 || value->n > MOST_COORDINATES - first,
                         "no elements, or too many coordinates");
    uint32_t *map = check_arena_alloc(&b->arena, value->n, sizeof *map);
    for (size_t i = 0; i < value->n; i++) {
        map[i] = (uint32_t)(first + i);
        if (kind != CHECK_AFFINE) {
            check_row_end(&b->rows, 0.0);
        }
    }
    value->map = map;
    value->number = NULL;
    network->n_coordinates += value->n;
    network->layers =
        check_arena_grow(&network->arena, network->layers, network->n_layers,
                         sizeof *network->layers);
    network->layers[network->n_layers++] =
        (struct check_layer){.kind = kind, .first = first, .width = value->n};
    return &network->layers[network->n_layers - 1];
}

void check_compute(struct check_builder *b, struct check_value *value)
{
    const double *number = value->number;
    if (number != NULL && value->n == 0) {
        value->map = check_arena_alloc(&b->arena, 0, sizeof *value->map);
        value->number = NULL;
    } else if (number != NULL) {
        (void)check_add_layer(b, value, CHECK_AFFINE);
        for (size_t i = 0; i < value->n; i++) {
            check_unsupported_if(
                b, !check_is_real(value->type) && fabs(number[i]) > 0x1p53,
                "large integer");
            check_row_end(&b->rows, number[i]);
        }
    }
}

/*
 * Rows are folded: a term of a coordinate that is affine itself is replaced
 * by the terms of that coordinate if these are few, or needed nowhere else,
 * and all is exact. What no ReLU and no output needs afterwards goes.
 */
struct fold {
    const struct check_rows *from;
    struct check_rows to;
    bool *is_affine; /* for each coordinate, as below */
    bool *is_needed;
    uint32_t *uses;  /* how often it is used; more than once if it must stay */
    uint32_t *place; /* 1 + number of its term in the row being written, or 0 */
};

/* How much is folded. */
enum extent { NOTHING, CONSTANTS, ALL };

static bool is_folded(const struct fold *fold, size_t z, enum extent extent)
{
    const size_t n = fold->to.end[z] - row_start(&fold->to, z);
    return fold->is_affine[z] &&
           ((n == 0 && extent != NOTHING) ||
            ((n == 1 || fold->uses[z] == 1) && extent == ALL));
}

/* Adds weight * v_z; false if the sum with its present term is inexact. */
static bool add_term(struct fold *fold, size_t z, double weight)
{
    const size_t start = row_start(&fold->to, fold->to.n);
    if (fold->place[z] != 0) {
        double *term = &fold->to.weight[start + fold->place[z] - 1];
        return add(term, *term, weight);
    }
    check_row_add(&fold->to, z, weight);
    fold->place[z] = (uint32_t)(fold->to.n_terms - start);
    return true;
}

/* Adds weight times the row of z; false if a sum or product is inexact. */
static bool add_row(struct fold *fold, double *bias, size_t z, double weight)
{
    double product = 0.0;
    bool is_exact = check_multiply(&product, weight, fold->to.bias[z]) &&
                    add(bias, *bias, product);
    for (size_t k = row_start(&fold->to, z); k < fold->to.end[z] && is_exact;
         k++) {
        is_exact =
            check_multiply(&product, weight, fold->to.weight[k]) &&
            (is_zero(product) || add_term(fold, fold->to.column[k], product));
    }
    return is_exact;
}

/* Writes the next row; if that is inexact leaves none and returns false. */
static bool fold_row(struct fold *fold, enum extent extent)
{
    struct check_rows *to = &fold->to;
    const size_t z = to->n;
    const size_t start = to->n_terms;
    double bias = fold->from->bias[z];
    bool is_exact = true;
    for (size_t k = row_start(fold->from, z);
         k < fold->from->end[z] && is_exact; k++) {
        const size_t column = fold->from->column[k];
        const double weight = fold->from->weight[k];
        is_exact = is_folded(fold, column, extent)
                       ? add_row(fold, &bias, column, weight)
                       : add_term(fold, column, weight);
    }
    const size_t end = to->n_terms;
    to->n_terms = start;
    for (size_t k = start; k < end; k++) {
        fold->place[to->column[k]] = 0;
        to->column[to->n_terms] = to->column[k];
        to->weight[to->n_terms] = to->weight[k];
        to->n_terms += is_exact && !is_zero(to->weight[k]) ? 1 : 0;
    }
    if (is_exact) {
        check_row_end(to, bias);
    }
    return is_exact;
}

/* Counts uses, twice for what must stay, and folds all rows. */
static void fold_rows(struct fold *fold, const struct check_builder *b)
{
    const struct check_network *network = b->network;
    for (size_t k = 0; k < fold->from->n_terms; k++) {
        fold->uses[fold->from->column[k]]++;
    }
    for (size_t z = 0; z < network->n_inputs; z++) {
        check_row_end(&fold->to, 0.0);
    }
    for (size_t l = 0; l < network->n_layers; l++) {
        const struct check_layer *layer = &network->layers[l];
        for (size_t i = 0; i < layer->width; i++) {
            fold->is_affine[layer->first + i] = layer->kind == CHECK_AFFINE;
        }
        for (size_t i = 0;
             layer->kind != CHECK_AFFINE && i < check_n_sources(layer); i++) {
            fold->uses[layer->source[i]] += 2;
            fold->is_needed[layer->source[i]] = true;
        }
    }
    for (size_t j = 0; j < network->n_outputs; j++) {
        fold->uses[network->output[j]] += 2;
        fold->is_needed[network->output[j]] = true;
    }
    while (fold->to.n < network->n_coordinates) {
        check_unsupported_if(b,
                             !fold_row(fold, ALL) &&
                                 !fold_row(fold, CONSTANTS) &&
                                 !fold_row(fold, NOTHING),
                             "sum of weights of one element that is no exact "
                             "double");
    }
}

/* Gives the layer its rows and numbers number[z] of coordinates. */
static void finish_layer(struct fold *fold, struct check_layer *layer,
                         struct check_network *network, uint32_t *number)
{
    const size_t first = layer->first;
    const size_t width = layer->width;
    const size_t n_terms =
        fold->to.end[first + width - 1] - row_start(&fold->to, first);
    size_t n = 0;
    layer->first = network->n_coordinates;
    layer->width = 0;
    if (layer->kind == CHECK_AFFINE) {
        layer->start =
            check_arena_alloc(&network->arena, width + 1, sizeof *layer->start);
        layer->bias =
            check_arena_alloc(&network->arena, width, sizeof *layer->bias);
        layer->column =
            check_arena_alloc(&network->arena, n_terms, sizeof *layer->column);
        layer->weight =
            check_arena_alloc(&network->arena, n_terms, sizeof *layer->weight);
    }
    for (size_t z = first; z < first + width; z++) {
        if (layer->kind == CHECK_AFFINE && !fold->is_needed[z]) {
            continue;
        }
        for (size_t k = row_start(&fold->to, z); k < fold->to.end[z]; k++) {
            layer->column[n] = number[fold->to.column[k]];
            layer->weight[n++] = fold->to.weight[k];
        }
        if (layer->kind == CHECK_AFFINE) {
            layer->bias[layer->width] = fold->to.bias[z];
            layer->start[layer->width + 1] = n;
        }
        number[z] = (uint32_t)(layer->first + layer->width++);
    }
    for (size_t i = 0;
         layer->kind != CHECK_AFFINE && i < check_n_sources(layer); i++) {
        layer->source[i] = number[layer->source[i]];
    }
    network->n_coordinates += layer->width;
}

void check_settle(struct check_builder *b)
{
    struct check_network *network = b->network;
    const size_t n = network->n_coordinates;
    struct check_arena *arena = &b->arena;
    struct fold fold = {
        .from = &b->rows,
        .to = check_rows_create(),
        .is_affine = check_arena_alloc(arena, n, sizeof *fold.is_affine),
        .is_needed = check_arena_alloc(arena, n, sizeof *fold.is_needed),
        .uses = check_arena_alloc(arena, n, sizeof *fold.uses),
        .place = check_arena_alloc(arena, n, sizeof *fold.place)};
    fold_rows(&fold, b);
    check_rows_clear(&b->rows);
    for (size_t z = n; z-- > 0;) {
        for (size_t k = row_start(&fold.to, z);
             k < fold.to.end[z] && fold.is_needed[z]; k++) {
            fold.is_needed[fold.to.column[k]] = true;
        }
    }
    uint32_t *number = fold.place; /* now of the coordinate that remains */
    const size_t n_layers = network->n_layers;
    network->n_coordinates = network->n_inputs;
    network->n_layers = 0;
    for (size_t z = 0; z < network->n_inputs; z++) {
        number[z] = (uint32_t)z;
    }
    for (size_t l = 0; l < n_layers; l++) {
        struct check_layer *layer = &network->layers[l];
        finish_layer(&fold, layer, network, number);
        if (layer->kind != CHECK_AFFINE && layer->kind != CHECK_SCALE) {
            network->relu[layer->relu] = network->n_layers;
        }
        if (layer->width > 0) {
            network->layers[network->n_layers++] = *layer;
        }
    }
    for (size_t j = 0; j < network->n_outputs; j++) {
        network->output[j] = number[network->output[j]];
    }
    check_rows_clear(&fold.to);
}
