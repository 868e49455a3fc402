/* Rows of affine layers, from the tensors in the file or written out.
 * SPDX-License-Identifier: MIT */
#include "proofs/check/check_affine.h"

#include <string.h>

/* Number of significant bits of an odd mantissa. */
static long width(int64_t mantissa)
{
    uint64_t rest = (uint64_t)(mantissa < 0 ? -mantissa : mantissa);
    long bits = 0;
    for (; rest != 0; rest >>= 1) {
        bits++;
    }
    return bits;
}

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
    for (unsigned step = 32; m != 0 && step > 0; step /= 2) {
        if ((m & (((uint64_t)1 << step) - 1)) == 0) {
            m >>= step;
            *exponent += (long)step;
        }
    }
    *mantissa = bits >> 63 != 0 ? -(int64_t)m : (int64_t)m;
}

/* Element i of the tensor. */
static double get_stored(const struct check_factor *factor, size_t i)
{
    if (i >= factor->n) {
        check_unsupported("weight %zu of %zu", i, factor->n);
    }
    return check_onnx_real(factor->tensor,
                           factor->map == NULL ? i : factor->map[i]);
}

double check_factor_get(const struct check_factor *factor, size_t i)
{
    if (factor->tensor == NULL) {
        return factor->scale;
    }
    const double value = get_stored(factor, i);
    return factor->is_inverse ? factor->scale / value : factor->scale * value;
}

static const char *examine_product(const struct check_factor *factor,
                                   double value)
{
    int64_t scale = 0;
    int64_t mantissa = 0;
    long exponent = 0;
    long power = 0;
    check_split_double(&scale, &exponent, factor->scale);
    check_split_double(&mantissa, &power, value);
    exponent += factor->is_inverse ? -power : power;
    const long bits =
        width(scale) == 1 ? width(mantissa) : width(scale) + width(mantissa);
    if (factor->is_inverse && width(mantissa) != 1) {
        return "division by another number than a power of two";
    }
    return scale == 0 || mantissa == 0 ||
                   (bits <= 53 && exponent >= -1074 && exponent + bits <= 1024)
               ? NULL
               : "product of two weights that is no exact double";
}

const char *check_factor_examine(const struct check_factor *factor,
                                 const char *path)
{
    int64_t scale = 0;
    long exponent = 0;
    const char *reason = NULL;
    check_split_double(&scale, &exponent, factor->scale);
    const bool is_plain =
        !factor->is_inverse && width(scale) == 1 && exponent == 0;
    for (size_t i = 0;
         i < factor->n && factor->tensor != NULL && reason == NULL; i++) {
        const double value = get_stored(factor, i);
        if (!(value - value >= 0.0)) {
            check_unreadable("%s: tensor '%s': NaN or infinite element", path,
                             factor->tensor->name);
        }
        reason = is_plain ? NULL : examine_product(factor, value);
    }
    return reason;
}

size_t check_term_length(const struct check_term *term)
{
    return term->inner[0].extent * term->inner[1].extent *
           term->inner[2].extent;
}

static bool is_inside(const struct check_inner *inner, const size_t *o,
                      size_t k)
{
    const int64_t at = inner->start + (int64_t)o[inner->axis] * inner->stride +
                       (int64_t)k * inner->dilation;
    return inner->size == 0 || (at >= 0 && at < inner->size);
}

static void add_product(struct check_row *row, const struct check_term *term,
                        int64_t data, int64_t weight)
{
    if (data < 0 || (uint64_t)data >= term->n_data || weight < 0) {
        check_unsupported("row reaches element %lld of %zu", (long long)data,
                          term->n_data);
    }
    const double value = check_factor_get(&term->weight, (size_t)weight);
    if (value < 0.0 || value > 0.0) {
        row->own_column[row->n] = term->data[data];
        row->own_weight[row->n++] = value;
    }
}

static void add_term(struct check_row *row, const struct check_term *term,
                     const size_t *o)
{
    const struct check_inner *inner = term->inner;
    int64_t data[CHECK_INNER] = {term->origin};
    int64_t weight[CHECK_INNER] = {0};
    for (size_t d = 0; d < CHECK_RANK; d++) {
        data[0] += (int64_t)o[d] * term->out_data[d];
        weight[0] += (int64_t)o[d] * term->out_weight[d];
    }
    for (size_t i = 0; i < inner[0].extent; i++) {
        data[1] = data[0] + (int64_t)i * inner[0].data;
        weight[1] = weight[0] + (int64_t)i * inner[0].weight;
        for (size_t j = 0; j < inner[1].extent; j++) {
            data[2] = data[1] + (int64_t)j * inner[1].data;
            weight[2] = weight[1] + (int64_t)j * inner[1].weight;
            for (size_t k = 0; k < inner[2].extent; k++) {
                if (is_inside(&inner[1], o, j) && is_inside(&inner[2], o, k)) {
                    add_product(row, term, data[2] + (int64_t)k * inner[2].data,
                                weight[2] + (int64_t)k * inner[2].weight);
                }
            }
        }
    }
}

static void compute_row(struct check_row *row,
                        const struct check_affine *affine, const size_t *o)
{
    size_t size = 0;
    for (size_t t = 0; t < affine->n_terms; t++) {
        size += check_term_length(&affine->terms[t]);
    }
    if (row->size < size) {
        row->own_column =
            check_resize(row->own_column, size, sizeof *row->own_column);
        row->own_weight =
            check_resize(row->own_weight, size, sizeof *row->own_weight);
        row->size = size;
    }
    row->n = 0;
    for (size_t t = 0; t < affine->n_terms; t++) {
        add_term(row, &affine->terms[t], o);
    }
    row->column = row->own_column;
    row->weight = row->own_weight;
}

void check_network_row(struct check_row *row, const struct check_layer *layer,
                       size_t z)
{
    const struct check_affine *affine = layer->affine;
    size_t o[CHECK_RANK] = {0};
    size_t element = z - layer->first;
    int64_t bias = 0;
    if (affine == NULL || element >= layer->width) {
        check_unsupported("coordinate %zu has no row", z);
    }
    for (size_t d = affine->n_out; d-- > 0; element /= affine->out[d]) {
        o[d] = element % affine->out[d];
        bias += (int64_t)o[d] * affine->out_bias[d];
    }
    row->bias = check_factor_get(&affine->bias, (size_t)bias);
    if (affine->start == NULL) {
        compute_row(row, affine, o);
        return;
    }
    const size_t *start = affine->start + (z - layer->first);
    row->n = start[1] - start[0];
    row->column = affine->column + start[0];
    row->weight = affine->value + start[0];
}

void check_row_clear(struct check_row *row)
{
    check_free(row->own_column);
    check_free(row->own_weight);
    *row = (struct check_row){0};
}

static size_t count_nonzeros(const struct check_factor *factor)
{
    size_t n = 0;
    for (size_t i = 0; i < factor->n; i++) {
        const double value = check_factor_get(factor, i);
        n += value < 0.0 || value > 0.0 ? 1 : 0;
    }
    return n;
}

void check_affine_settle(struct check_arena *arena,
                         const struct check_layer *layer,
                         struct check_affine *affine)
{
    enum { SMALL = 1 << 20 };
    struct check_row row = {0};
    size_t room = 0;
    for (size_t t = 0; t < affine->n_terms; t++) {
        room += layer->width * check_term_length(&affine->terms[t]);
    }
    if (room > SMALL) {
        const struct check_factor *weight = &affine->terms[0].weight;
        const size_t n = count_nonzeros(weight);
        if (affine->n_terms > 1 || weight->n != room || n > room / 4) {
            return;
        }
        room = n; /* every weight is in one row */
    }
    size_t *start =
        check_arena_alloc(arena, layer->width + 1, sizeof *affine->start);
    affine->column = check_arena_alloc(arena, room, sizeof *affine->column);
    affine->value = check_arena_alloc(arena, room, sizeof *affine->value);
    for (size_t i = 0; i < layer->width; i++) {
        check_network_row(&row, layer, layer->first + i);
        if (row.n > room - start[i]) {
            check_unsupported("more weights than were counted");
        }
        start[i + 1] = start[i] + row.n;
        if (row.n > 0) {
            memcpy(affine->column + start[i], row.column,
                   row.n * sizeof *row.column);
            memcpy(affine->value + start[i], row.weight,
                   row.n * sizeof *row.weight);
        }
    }
    affine->start = start;
    check_row_clear(&row);
}
