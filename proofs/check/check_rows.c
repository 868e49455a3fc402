/* Rows of exact weights: written entry by entry, then read.
 * SPDX-License-Identifier: MIT */
#include "proofs/check/check_operator.h"

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
    for (unsigned step = 32; m != 0 && step > 0; step /= 2) {
        if ((m & (((uint64_t)1 << step) - 1)) == 0) {
            m >>= step;
            *exponent += (long)step;
        }
    }
    *mantissa = bits >> 63 != 0 ? -(int64_t)m : (int64_t)m;
}

/* Number of bits of an odd mantissa. */
static long width(int64_t mantissa)
{
    long bits = 0;
    for (uint64_t m = (uint64_t)(mantissa < 0 ? -mantissa : mantissa); m != 0;
         m >>= 1) {
        bits++;
    }
    return bits;
}

/* x * y, which must be a double. */
static double multiply(const struct check_builder *builder, double x, double y)
{
    int64_t mantissas[2];
    long exponents[2];
    if (!(x < 1.0 || x > 1.0)) {
        return y;
    }
    check_split_double(&mantissas[0], &exponents[0], x);
    check_split_double(&mantissas[1], &exponents[1], y);
    const long widths[2] = {width(mantissas[0]), width(mantissas[1])};
    const long exponent = exponents[0] + exponents[1];
    const long bits = widths[0] == 1   ? widths[1]
                      : widths[1] == 1 ? widths[0]
                                       : widths[0] + widths[1];
    if (widths[0] != 0 && widths[1] != 0 &&
        (bits > 53 || exponent < -1074 || exponent + bits > 1024)) {
        check_node_unsupported(builder, "product that is no exact double");
    }
    return x * y;
}

/* Element i of a constant of real numbers. */
static double get_number(const struct check_builder *builder,
                         const struct check_value *value, size_t i)
{
    const double x = check_onnx_real(value->constant,
                                     value->map == NULL ? i : value->map[i]);
    if (!(x - x >= 0.0)) {
        check_node_malformed(builder, "NaN or infinite weight");
    }
    return x;
}

void check_row_add(struct check_builder *builder, double scale,
                   const struct check_value *x, size_t i,
                   const struct check_value *y, size_t j)
{
    struct check_network *network = builder->network;
    const size_t n = builder->n_entries;
    const bool is_swapped = y != NULL && y->constant == NULL;
    const struct check_value *data = is_swapped ? y : x;
    const struct check_value *factor = is_swapped ? x : y;
    const size_t at = is_swapped ? j : i;
    double weight = scale;
    if (factor != NULL && factor->constant == NULL) {
        check_node_unsupported(builder, "product of two computed tensors");
    }
    if (builder->n_rows >= network->n_coordinates || at >= data->n ||
        (factor != NULL && (is_swapped ? i : j) >= factor->n)) {
        check_node_unsupported(builder, "element or row out of range");
    }
    if (factor != NULL) {
        weight = multiply(builder, scale,
                          get_number(builder, factor, is_swapped ? i : j));
    }
    if (data->constant != NULL) {
        double *bias = &builder->bias[builder->n_rows];
        if (*bias < 0.0 || *bias > 0.0) {
            check_node_unsupported(builder, "sum of two constants");
        }
        *bias = multiply(builder, weight, get_number(builder, data, at));
    } else if (weight < 0.0 || weight > 0.0) {
        if (n > 0 && (n & (n - 1)) == 0) {
            builder->column =
                check_resize(builder->column, 2 * n, sizeof *builder->column);
            builder->weight =
                check_resize(builder->weight, 2 * n, sizeof *builder->weight);
        }
        builder->column[n] = data->map[at];
        builder->weight[n] = weight;
        builder->n_entries++;
    }
}

void check_row_end(struct check_builder *builder)
{
    if (builder->n_rows >= builder->network->n_coordinates) {
        check_node_unsupported(builder, "more rows than coordinates");
    }
    builder->end[builder->n_rows++] = builder->n_entries;
}

struct check_layer *check_builder_add_layer(struct check_builder *builder,
                                            struct check_value *value,
                                            enum check_kind kind)
{
    struct check_network *network = builder->network;
    const size_t first = network->n_coordinates;
    if (value->n == 0 || value->n > MOST_COORDINATES - first) {
        check_node_unsupported(builder, "no elements, or too many coordinates");
    }
    const size_t n = first + value->n;
    uint32_t *map = check_arena_alloc(&network->arena, value->n, sizeof *map);
    builder->bias = check_resize(builder->bias, n, sizeof *builder->bias);
    builder->end = check_resize(builder->end, n, sizeof *builder->end);
    for (size_t z = first; z < n; z++) {
        map[z - first] = (uint32_t)z;
        builder->bias[z] = 0.0;
        builder->end[z] = builder->n_entries;
    }
    if (builder->n_rows != first) {
        check_node_unsupported(builder, "fewer rows than coordinates");
    }
    builder->n_rows = kind == CHECK_AFFINE ? first : n;
    network->n_coordinates = n;
    value->map = map;
    value->constant = NULL;
    network->layers =
        check_arena_grow(&network->arena, network->layers, network->n_layers,
                         sizeof *network->layers);
    struct check_layer *layer = &network->layers[network->n_layers++];
    *layer =
        (struct check_layer){.kind = kind, .first = first, .width = value->n};
    return layer;
}

void check_builder_compute(struct check_builder *builder,
                           struct check_value *value)
{
    if (value->constant != NULL) {
        const struct check_value constant = *value;
        (void)check_builder_add_layer(builder, value, CHECK_AFFINE);
        for (size_t i = 0; i < value->n; i++) {
            check_row_add(builder, 1.0, &constant, i, NULL, 0);
            check_row_end(builder);
        }
    }
}
