/* Operators that round, and those that make rows alike: FORMAT.md, "Numbers of
 * the network".
 * SPDX-License-Identifier: MIT */
#include "proofs/check/check_build.h"

#include <string.h>

static struct check_part_of part(const uint32_t *map, double weight)
{
    return (struct check_part_of){map, weight, NULL};
}

/* floor(weight * x + bias) */
static const uint32_t *add_floor(struct check_builder *b,
                                 const struct check_value *x, double weight,
                                 double bias)
{
    const uint32_t *turned = check_add_sum(
        b, part(x->map, weight), (struct check_part_of){0}, bias, x->n);
    return check_add_curve(b, CHECK_FLOOR, turned, x->n);
}

/* Ceil is -floor(-x). Round is floor(x/2 + 1/4) - floor(1/4 - x/2): one of both
 * has a step at each half, so that halves become even. */
void check_build_rounding(struct check_builder *b)
{
    struct check_value x;
    struct check_value *output = check_element(b, &x);
    if (strcmp(b->node->op, "Ceil") == 0) {
        const uint32_t *below = add_floor(b, &x, -1.0, 0.0);
        output->map = check_add_sum(b, part(below, -1.0),
                                    (struct check_part_of){0}, 0.0, x.n);
        return;
    }
    const uint32_t *above = add_floor(b, &x, 0.5, 0.25);
    const uint32_t *below = add_floor(b, &x, -0.5, 0.25);
    output->map =
        check_add_sum(b, part(above, 1.0), part(below, -1.0), 0.0, x.n);
}

/* The mean of each of n rows of k coordinates. */
static const uint32_t *add_means(struct check_builder *b, const uint32_t *x,
                                 size_t n, size_t k)
{
    struct check_value means = {.name = b->node->name, .n = n};
    double *counts = check_arena_alloc(&b->arena, n, sizeof *counts);
    for (size_t i = 0; i < n; i++) {
        counts[i] = (double)k;
    }
    const double *inverse = check_invert(b, counts, n);
    (void)check_add_layer(b, &means, CHECK_AFFINE);
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < k; j++) {
            check_row_add(&b->rows, x[i * k + j],
                          inverse == NULL ? 1.0 : inverse[i]);
        }
        check_row_end(&b->rows, 0.0);
    }
    return inverse == NULL ? check_add_quotients(b, means.map, counts, n)
                           : means.map;
}

/* Element i of the result is element i / k. */
static const uint32_t *spread(struct check_builder *b, const uint32_t *x,
                              size_t n, size_t k)
{
    uint32_t *map = check_arena_alloc(&b->arena, n, sizeof *map);
    for (size_t i = 0; i < n; i++) {
        map[i] = x[i / k];
    }
    return map;
}

/* Constants of the shape of x from input i. */
static const double *read_factors(struct check_builder *b,
                                  const struct check_value *x, size_t i)
{
    const struct check_value value = check_input(b, i);
    const struct check_shape shape =
        check_broadcast(b, &x->shape, &value.shape);
    check_unsupported_if(b,
                         value.number == NULL || value.type != x->type ||
                             !check_is_same(&shape, &x->shape),
                         "scale or bias that is no constant of its shape");
    return check_arrange(b, &value, &x->shape, false).number;
}

/* (x - mean) * reciprocal(sqrt(variance + epsilon)) * scale + bias, over the
 * axes from `axis` on. */
void check_build_layer_normalization(struct check_builder *b)
{
    struct check_value x;
    struct check_value *output = check_element(b, &x);
    const double epsilon = check_real(b, "epsilon", (double)1e-5F);
    const int64_t rank = (int64_t)x.shape.n_dims;
    int64_t axis = check_integer(b, "axis", -1);
    (void)check_integer(b, "stash_type", 1); /* of floating point */
    axis += axis < 0 ? rank : 0;
    check_malformed_if(b, axis < 0 || axis >= rank, "axis out of range");
    check_unsupported_if(b, x.n == 0, "no elements");
    size_t k = 1;
    for (size_t d = (size_t)axis; d < x.shape.n_dims; d++) {
        k *= x.shape.dims[d];
    }
    const size_t n = x.n / k;
    const double *scale = read_factors(b, &x, 1);
    const double *bias = check_has_input(b, 2) ? read_factors(b, &x, 2) : NULL;
    const uint32_t *mean = spread(b, add_means(b, x.map, n, k), x.n, k);
    const uint32_t *centred =
        check_add_sum(b, part(x.map, 1.0), part(mean, -1.0), 0.0, x.n);
    const uint32_t *square = check_add_curve(b, CHECK_SQUARE, centred, x.n);
    const uint32_t *variance =
        check_add_sum(b, part(add_means(b, square, n, k), 1.0),
                      (struct check_part_of){0}, epsilon, n);
    const uint32_t *root = check_add_curve(b, CHECK_SQRT, variance, n);
    const uint32_t *inverse = check_add_curve(b, CHECK_RECIPROCAL, root, n);
    const uint32_t *normal =
        check_add_product(b, centred, spread(b, inverse, x.n, k), x.n);
    (void)check_add_layer(b, output, CHECK_AFFINE);
    for (size_t i = 0; i < x.n; i++) {
        check_row_add(&b->rows, normal[i], scale[i]);
        check_row_end(&b->rows, bias == NULL ? 0.0 : bias[i]);
    }
}
