/* Rows by one map; sums by windows of ones or matrices. */
#include "src/net/build_rows.h"

#include "src/base/alloc.h"
#include "src/net/build.h"

struct rows build_rows(struct import *import, const struct tensor *x,
                       const bool is_moved[SHAPE_RANK])
{
    struct rows rows = {.n_outer = 1, .n_inner = 1, .kept = x->shape};
    int64_t strides[SHAPE_RANK] = {0};
    int64_t moved[SHAPE_RANK] = {0};
    struct shape shape = {.n_dims = x->shape.n_dims};
    size_t at = 0;
    shape_strides(strides, &x->shape);
    for (int pass = 0; pass < 2; pass++) {
        for (size_t d = 0; d < x->shape.n_dims; d++) {
            const size_t dim = x->shape.dims[d];
            if (is_moved[d] != (pass == 1)) {
                continue;
            }
            moved[at] = strides[d];
            shape.dims[at++] = dim;
            if (is_moved[d]) {
                rows.kept.dims[d] = 1;
                rows.n_inner *= dim;
            } else {
                rows.dropped.dims[rows.dropped.n_dims++] = dim;
                rows.n_outer *= dim;
            }
        }
    }
    bool is_same = true;
    rows.order = shape_strided_map(&shape, moved, 0);
    for (size_t i = 0; i < x->n; i++) {
        is_same = is_same && rows.order[i] == i;
    }
    if (is_same) {
        alloc_free(rows.order);
        rows.order = NULL;
        rows.x = x;
        return rows;
    }
    uint32_t *map = shape_strided_map(&shape, moved, 0);
    rows.x = build_map(import, &shape, &x, 1, map);
    return rows;
}

void rows_clear(struct rows *rows)
{
    alloc_free(rows->order);
    *rows = (struct rows){0};
}

struct tensor *build_unmoved(struct import *import, const struct rows *rows,
                             const struct shape *shape,
                             const struct tensor *tensor)
{
    uint32_t *map = NULL;
    if (rows->order != NULL) {
        NEW_ARRAY(map, tensor->n);
        for (size_t i = 0; i < tensor->n; i++) {
            map[rows->order[i]] = (uint32_t)i;
        }
    }
    return build_map(import, shape, &tensor, 1, map);
}

struct tensor *build_row_sums(struct import *import, const struct tensor *x,
                              size_t n_inner, double divisor)
{
    const size_t n_outer = n_inner == 0 ? 0 : x->n / n_inner;
    const struct shape shape = {1, {n_outer}};
    const struct window window = {.n_batch = n_outer,
                                  .n_groups = 1,
                                  .n_in = 1,
                                  .n_out = 1,
                                  .in = {1, n_inner},
                                  .out = {1, 1},
                                  .kernel = {1, n_inner},
                                  .stride = {1, 1},
                                  .dilation = {1, 1}};
    return build_window(import, &shape, x, &window, divisor);
}

struct tensor *build_row_spread(struct import *import, const struct tensor *r,
                                size_t n_inner)
{
    const struct shape shape = {2, {r->n, n_inner}};
    uint32_t *map = NULL;
    NEW_ARRAY(map, r->n * n_inner);
    for (size_t i = 0; i < r->n * n_inner; i++) {
        map[i] = (uint32_t)(i / n_inner);
    }
    return build_map(import, &shape, &r, 1, map);
}

struct tensor *build_row_products(struct import *import, const struct tensor *x,
                                  size_t n_inner)
{
    const size_t n_outer = n_inner == 0 ? 0 : x->n / n_inner;
    const struct tensor *one = build_number(import, 1.0);
    const struct tensor *const args[2] = {x, one};
    size_t width = 1;
    while (width < n_inner) {
        width *= 2;
    }
    const struct shape padded = {2, {n_outer, width}};
    uint32_t *map = NULL;
    NEW_ARRAY(map, n_outer * width);
    for (size_t i = 0; i < n_outer * width; i++) {
        const size_t column = i % width;
        map[i] =
            (uint32_t)(column < n_inner ? i / width * n_inner + column : x->n);
    }
    struct tensor *y = build_map(import, &padded, args, 2, map);
    for (; width > 1; width /= 2) {
        const struct tensor *const both[2] = {y, y};
        const struct shape shape = {2, {n_outer, width / 2}};
        uint32_t *of_a = NULL;
        uint32_t *of_b = NULL;
        NEW_ARRAY(of_a, n_outer * width / 2);
        NEW_ARRAY(of_b, n_outer * width / 2);
        for (size_t i = 0; i < n_outer * width / 2; i++) {
            of_a[i] = (uint32_t)(2 * i);
            of_b[i] = (uint32_t)(2 * i + 1);
        }
        y = build_pairs(import, &shape, both, of_a, of_b);
    }
    return y;
}

struct sets build_row_sets(size_t n_outer, size_t n_inner)
{
    struct sets sets = {0};
    NEW_ARRAY(sets.start, n_outer + 1);
    NEW_ARRAY(sets.element, n_outer * n_inner);
    for (size_t o = 0; o < n_outer; o++) {
        sets.start[o + 1] = (o + 1) * n_inner;
    }
    for (size_t i = 0; i < n_outer * n_inner; i++) {
        sets.element[i] = (uint32_t)i;
    }
    return sets;
}

struct terms terms_create(size_t n, size_t n_terms)
{
    struct terms terms = {.n = n};
    NEW_ARRAY(terms.start, n + 1);
    NEW_ARRAY(terms.of_a, n_terms);
    NEW_ARRAY(terms.of_b, n_terms);
    return terms;
}

/* Row i has the elements value[of_weight[k]] (NULL: ones) in the columns
 * column[k], which go to the matrix like the starts. */
static struct matrix make_matrix(struct terms *terms, size_t n_cols,
                                 uint32_t *column, const uint32_t *of_weight,
                                 const double *weight)
{
    struct matrix matrix = {
        .n_rows = terms->n, .n_cols = n_cols, .start = terms->start};
    const size_t n = terms->start[terms->n];
    matrix.column = column;
    NEW_ARRAY(matrix.value, n);
    for (size_t k = 0; k < n; k++) {
        matrix.value[k] = weight == NULL ? 1.0 : weight[of_weight[k]];
    }
    terms->start = NULL;
    return matrix;
}

/* The linear case: the constant's elements are the weights. */
static struct tensor *with_weights(struct import *import,
                                   const struct shape *shape,
                                   const struct tensor *x,
                                   const struct tensor *constant,
                                   struct terms *terms)
{
    double *weight = build_read(import, constant);
    struct matrix matrix =
        make_matrix(terms, x->n, terms->of_a, terms->of_b, weight);
    alloc_free(weight);
    alloc_free(terms->of_b);
    return build_matrix(import, shape, x, &matrix);
}

struct tensor *build_terms(struct import *import, const struct shape *shape,
                           const struct tensor *a, const struct tensor *b,
                           struct terms *terms)
{
    if (b->is_constant) {
        return with_weights(import, shape, a, b, terms);
    }
    if (a->is_constant) {
        uint32_t *of_a = terms->of_a;
        terms->of_a = terms->of_b;
        terms->of_b = of_a;
        return with_weights(import, shape, b, a, terms);
    }
    const size_t n = terms->start[terms->n];
    const struct shape all = {1, {n}};
    const struct tensor *const args[2] = {a, b};
    const struct tensor *products =
        build_pairs(import, &all, args, terms->of_a, terms->of_b);
    uint32_t *column = NULL;
    NEW_ARRAY(column, n);
    for (size_t k = 0; k < n; k++) {
        column[k] = (uint32_t)k;
    }
    struct matrix matrix = make_matrix(terms, n, column, NULL, NULL);
    return build_matrix(import, shape, products, &matrix);
}

struct tensor *build_matmul(struct import *import, const struct shape *shape,
                            const struct tensor *a, const struct tensor *b,
                            const struct product *product)
{
    const size_t n = shape_count(shape);
    const size_t k = product->k;
    if (n > TERMS || (k > 0 && n > TERMS / k)) {
        return NULL;
    }
    struct terms terms = terms_create(n, n * k);
    for (size_t i = 0; i < n; i++) {
        const size_t column = i % product->n;
        const size_t row = i / product->n % product->m;
        const size_t batch = i / product->n / product->m;
        const size_t of_a =
            product->batch_a == NULL ? batch : product->batch_a[batch];
        const size_t of_b =
            product->batch_b == NULL ? batch : product->batch_b[batch];
        for (size_t t = 0; t < k; t++) {
            terms.of_a[i * k + t] =
                (uint32_t)(of_a * product->m * k + row * product->step_a[0] +
                           t * product->step_a[1]);
            terms.of_b[i * k + t] =
                (uint32_t)(of_b * k * product->n + t * product->step_b[0] +
                           column * product->step_b[1]);
        }
        terms.start[i + 1] = (i + 1) * k;
    }
    return build_terms(import, shape, a, b, &terms);
}
