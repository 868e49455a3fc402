/* Sums, means and products of rows, and sums of products of two tensors. */
#ifndef ASTROLABE_NET_BUILD_ROWS_H
#define ASTROLABE_NET_BUILD_ROWS_H

#include "src/net/import.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The rules of build.h hold here too. */

/*
 * x with some axes moved to the end, the others in front in their order.
 *   x        [n_outer, n_inner]
 *   kept     the shape with 1 in place of each moved axis
 *   dropped  the shape without the moved axes
 *   order    element of the given tensor that element i of x is; NULL:
 *            the same order; owned
 */
struct rows {
    const struct tensor *x;
    size_t n_outer;
    size_t n_inner;
    struct shape kept;
    struct shape dropped;
    uint32_t *order;
};

struct rows build_rows(struct import *import, const struct tensor *x,
                       const bool is_moved[SHAPE_RANK]);
void rows_clear(struct rows *rows);
/* A tensor in the order of rows->x back in the order of the given tensor. */
struct tensor *build_unmoved(struct import *import, const struct rows *rows,
                             const struct shape *shape,
                             const struct tensor *tensor);

/* y[o] = sum of row o of x, divided by `divisor`; shape [n_outer]. */
struct tensor *build_row_sums(struct import *import, const struct tensor *x,
                              size_t n_inner, double divisor);
/* y[o, i] = r[o]; shape [n_outer, n_inner]. */
struct tensor *build_row_spread(struct import *import, const struct tensor *r,
                                size_t n_inner);
/* y[o] = product of row o of x. */
struct tensor *build_row_products(struct import *import, const struct tensor *x,
                                  size_t n_inner);
/* Sets of the elements of each row. */
struct sets build_row_sets(size_t n_outer, size_t n_inner);

/* Most products of one node. */
enum { TERMS = 1 << 27 };

/* Sums of products: y[i] = sum over start[i] <= k < start[i + 1] of
 * a[of_a[k]] * b[of_b[k]]; owned. */
struct terms {
    size_t n;
    size_t *start;
    uint32_t *of_a;
    uint32_t *of_b;
};

/*
 * Products of matrices: element (r, c) of batch b of a lies at
 * batch_a[b] * m * k + r * step_a[0] + c * step_a[1] (batch_a NULL: b).
 */
struct product {
    size_t n_batches;
    const uint32_t *batch_a;
    const uint32_t *batch_b;
    size_t m;
    size_t k;
    size_t n;
    size_t step_a[2];
    size_t step_b[2];
};

/* [n_batches, m, n] in the given shape; NULL if there are too many products. */
struct tensor *build_matmul(struct import *import, const struct shape *shape,
                            const struct tensor *a, const struct tensor *b,
                            const struct product *product);
/* The product of two tensors as of MatMul; NULL after import_refuse. */
const struct tensor *build_matrices(struct import *import,
                                    const struct tensor *a,
                                    const struct tensor *b);

/* Room for n sums of n_terms products in all. */
struct terms terms_create(size_t n, size_t n_terms);
/* Takes over the terms (most TERMS); linear if a or b is constant. */
struct tensor *build_terms(struct import *import, const struct shape *shape,
                           const struct tensor *a, const struct tensor *b,
                           struct terms *terms);

#endif
