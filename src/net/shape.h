/* Dimensions of tensors, and maps from output to input elements. */
#ifndef ASTROLABE_NET_SHAPE_H
#define ASTROLABE_NET_SHAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Highest rank; most elements of a tensor that is computed or folded. */
enum { SHAPE_RANK = 8, SHAPE_ELEMENTS = 1 << 28 };

struct shape {
    size_t n_dims;
    size_t dims[SHAPE_RANK];
};

/* Number of elements; SIZE_MAX if it passes 2^40. */
size_t shape_count(const struct shape *shape);
/* Product of dims[first .. last-1]. */
size_t shape_product(const struct shape *shape, size_t first, size_t last);
bool shape_is_same(const struct shape *a, const struct shape *b);

/* NumPy broadcasting of two shapes; false if they do not fit. */
bool shape_broadcast(struct shape *out, const struct shape *a,
                     const struct shape *b);

/* Axis in [-rank, rank) to [0, rank); false if outside. */
bool shape_axis(size_t *axis, int64_t value, size_t rank);

/* Row-major step of each axis. */
void shape_strides(int64_t strides[SHAPE_RANK], const struct shape *shape);

/*
 * map[i] = offset + sum_d strides[d] * index_d(i) for every element i of
 * `out` in row-major order; owned by the caller. All values must lie in
 * [0, 2^32).
 */
uint32_t *shape_strided_map(const struct shape *out, const int64_t *strides,
                            size_t offset);

/* Map of `in` broadcast to `out`; NULL when it is the identity. */
uint32_t *shape_broadcast_map(const struct shape *out, const struct shape *in);

/* `[2,3]`, cut to size bytes. */
void shape_print(char *text, size_t size, const struct shape *shape);

#endif
