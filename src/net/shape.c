/* Row-major arithmetic on dimensions. */
#include "src/net/shape.h"

#include "src/base/alloc.h"

#include <stdio.h>

size_t shape_product(const struct shape *shape, size_t first, size_t last)
{
    const size_t limit = (size_t)1 << 40;
    size_t product = 1;
    bool is_large = false;
    for (size_t i = first; i < last; i++) {
        if (shape->dims[i] == 0) {
            return 0;
        }
        is_large = is_large || product > limit / shape->dims[i];
        product = is_large ? 1 : product * shape->dims[i];
    }
    return is_large ? SIZE_MAX : product;
}

size_t shape_count(const struct shape *shape)
{
    return shape_product(shape, 0, shape->n_dims);
}

bool shape_is_same(const struct shape *a, const struct shape *b)
{
    if (a->n_dims != b->n_dims) {
        return false;
    }
    for (size_t i = 0; i < a->n_dims; i++) {
        if (a->dims[i] != b->dims[i]) {
            return false;
        }
    }
    return true;
}

/* Dimension d of a shape widened to `rank` by leading ones. */
static size_t widened(const struct shape *shape, size_t d, size_t rank)
{
    const size_t missing = rank - shape->n_dims;
    return d < missing ? 1 : shape->dims[d - missing];
}

bool shape_broadcast(struct shape *out, const struct shape *a,
                     const struct shape *b)
{
    out->n_dims = a->n_dims > b->n_dims ? a->n_dims : b->n_dims;
    for (size_t d = 0; d < out->n_dims; d++) {
        const size_t from_a = widened(a, d, out->n_dims);
        const size_t from_b = widened(b, d, out->n_dims);
        if (from_a != from_b && from_a != 1 && from_b != 1) {
            return false;
        }
        out->dims[d] = from_a == 1 ? from_b : from_a;
    }
    return true;
}

bool shape_axis(size_t *axis, int64_t value, size_t rank)
{
    const int64_t n = (int64_t)rank;
    if (value < -n || value >= n) {
        return false;
    }
    *axis = (size_t)(value < 0 ? value + n : value);
    return true;
}

void shape_strides(int64_t strides[SHAPE_RANK], const struct shape *shape)
{
    int64_t step = 1;
    for (size_t d = shape->n_dims; d-- > 0;) {
        strides[d] = step;
        step *= (int64_t)shape->dims[d];
    }
}

uint32_t *shape_strided_map(const struct shape *out, const int64_t *strides,
                            size_t offset)
{
    const size_t n = shape_count(out);
    size_t index[SHAPE_RANK] = {0};
    int64_t at = (int64_t)offset;
    uint32_t *map = NULL;
    NEW_ARRAY(map, n);
    for (size_t i = 0; i < n; i++) {
        map[i] = (uint32_t)at;
        for (size_t d = out->n_dims; d-- > 0;) {
            at += strides[d];
            if (++index[d] < out->dims[d]) {
                break;
            }
            at -= strides[d] * (int64_t)out->dims[d];
            index[d] = 0;
        }
    }
    return map;
}

uint32_t *shape_broadcast_map(const struct shape *out, const struct shape *in)
{
    int64_t strides[SHAPE_RANK] = {0};
    int64_t spread[SHAPE_RANK] = {0};
    if (shape_count(out) == shape_count(in)) {
        return NULL;
    }
    shape_strides(strides, in);
    const size_t missing = out->n_dims - in->n_dims;
    for (size_t d = 0; d < in->n_dims; d++) {
        spread[missing + d] = in->dims[d] == 1 ? 0 : strides[d];
    }
    return shape_strided_map(out, spread, 0);
}

void shape_print(char *text, size_t size, const struct shape *shape)
{
    size_t at = 0;
    text[0] = '\0';
    for (size_t d = 0; d <= shape->n_dims && at < size; d++) {
        const char *before = d == 0 ? "[" : ",";
        const int n = d == shape->n_dims
                          ? snprintf(text + at, size - at,
                                     shape->n_dims == 0 ? "[]" : "]")
                          : snprintf(text + at, size - at, "%s%zu", before,
                                     shape->dims[d]);
        at += n > 0 ? (size_t)n : 0;
    }
}
