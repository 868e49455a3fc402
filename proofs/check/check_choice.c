/* Operators that compare and choose: numbers 0 and 1 from signs; FORMAT.md,
 * "Numbers of the network".
 * SPDX-License-Identifier: MIT */
#include "proofs/check/check_build.h"

#include <math.h>
#include <string.h>

static struct check_part_of part(const uint32_t *map, double weight)
{
    return (struct check_part_of){map, weight, NULL};
}

/* |sign(x)|, less 1 and with the other sign if `is_negated`. */
static const uint32_t *add_nonzero(struct check_builder *b, const uint32_t *x,
                                   bool is_negated, size_t n)
{
    const uint32_t *sign = check_add_curve(b, CHECK_SIGN, x, n);
    const uint32_t *relu = check_add_neurons(b, CHECK_RELU, sign, n);
    return is_negated
               ? check_add_sum(b, part(relu, -2.0), part(sign, 1.0), 1.0, n)
               : check_add_sum(b, part(relu, 2.0), part(sign, -1.0), 0.0, n);
}

/* Equal, Greater, GreaterOrEqual, Less and LessOrEqual. */
void check_build_comparison(struct check_builder *b)
{
    const char *op = b->node->op;
    struct check_value x = check_input(b, 0);
    struct check_value y = check_input(b, 1);
    const struct check_shape shape = check_broadcast(b, &x.shape, &y.shape);
    check_malformed_if(b, x.type != y.type, "types differ");
    x = check_arrange(b, &x, &shape, false);
    y = check_arrange(b, &y, &shape, false);
    check_compute(b, &x);
    check_compute(b, &y);
    /* x >= y unless x < y */
    const bool is_negated = strstr(op, "OrEqual") != NULL;
    const double sign = (*op == 'L') != is_negated ? -1.0 : 1.0;
    struct check_value *output = check_output(b, 0, CHECK_BOOL, &shape);
    const uint32_t *difference =
        check_add_sum(b, part(x.map, sign), part(y.map, -sign), 0.0, x.n);
    if (*op == 'E') {
        output->map = add_nonzero(b, difference, true, x.n);
        return;
    }
    output->map = check_add_neurons(
        b, CHECK_RELU, check_add_curve(b, CHECK_SIGN, difference, x.n), x.n);
    if (is_negated) {
        output->map = check_add_sum(b, part(output->map, -1.0),
                                    (struct check_part_of){0}, 1.0, x.n);
    }
}

/* floor(relu(sign * x)) */
static const uint32_t *add_floor(struct check_builder *b, const uint32_t *x,
                                 double sign, size_t n)
{
    /* x itself is no copy of it: neurons that read inputs share their ends. */
    const uint32_t *turned =
        sign > 0.0 ? x
                   : check_add_sum(b, part(x, sign), (struct check_part_of){0},
                                   0.0, n);
    return check_add_curve(b, CHECK_FLOOR,
                           check_add_neurons(b, CHECK_RELU, turned, n), n);
}

/*
 * Real numbers stay what they are, also as integers or bits become real. To
 * integers they are rounded towards 0; an int64 becomes an int32 by its low
 * bits; to bits everything but 0 is 1. Constants must fit the type.
 */
void check_build_cast(struct check_builder *b)
{
    struct check_value x = check_input(b, 0);
    const uint64_t to = (uint64_t)check_integer(b, "to", 0);
    const double limit = to == CHECK_INT32 ? 0x1p31 : 0x1p53;
    const bool is_wrapped = x.type == CHECK_INT64 && to == CHECK_INT32;
    struct check_value *output = check_output(b, 0, to, &x.shape);
    check_unsupported_if(
        b, !check_is_real(to) && !check_is_integer(to) && to != CHECK_BOOL,
        "type of elements");
    for (size_t i = 0; x.number != NULL && to != CHECK_BOOL && to != x.type &&
                       !check_is_real(to) && i < x.n;
         i++) {
        check_unsupported_if(b, fabs(x.number[i]) >= limit,
                             "number that does not fit the type");
    }
    if (check_build_site(b, &x, to)) {
        return;
    }
    output->number = x.number;
    output->map = x.map;
    if (x.n == 0 || x.type == to || x.type == CHECK_BOOL || check_is_real(to) ||
        (check_is_integer(x.type) && to != CHECK_BOOL &&
         (!is_wrapped || x.number != NULL))) {
        return;
    }
    check_compute(b, &x);
    output->number = NULL;
    if (to == CHECK_BOOL) {
        output->map = add_nonzero(b, x.map, false, x.n);
    } else if (is_wrapped) { /* x - 2^32 * floor((x + 2^31) / 2^32) */
        const uint32_t *turns = check_add_sum(
            b, part(x.map, 0x1p-32), (struct check_part_of){0}, 0.5, x.n);
        turns = check_add_curve(b, CHECK_FLOOR, turns, x.n);
        output->map =
            check_add_sum(b, part(x.map, 1.0), part(turns, -0x1p32), 0.0, x.n);
    } else {
        const uint32_t *above = add_floor(b, x.map, 1.0, x.n);
        const uint32_t *below = add_floor(b, x.map, -1.0, x.n);
        output->map =
            check_add_sum(b, part(above, 1.0), part(below, -1.0), 0.0, x.n);
    }
}

/* y + sign(c)^2 * (x - y) */
static const uint32_t *add_choice(struct check_builder *b, const uint32_t *c,
                                  const uint32_t *x, const uint32_t *y,
                                  size_t n)
{
    const uint32_t *share = check_add_curve(b, CHECK_SIGN, c, n);
    share = check_add_curve(b, CHECK_SQUARE, share, n);
    const uint32_t *difference =
        check_add_sum(b, part(x, 1.0), part(y, -1.0), 0.0, n);
    const uint32_t *product = check_add_product(b, share, difference, n);
    return check_add_sum(b, part(y, 1.0), part(product, 1.0), 0.0, n);
}

void check_build_where(struct check_builder *b)
{
    struct check_value c = check_input(b, 0);
    struct check_value of[] = {check_input(b, 1), check_input(b, 2)};
    struct check_shape shape = check_broadcast(b, &of[0].shape, &of[1].shape);
    shape = check_broadcast(b, &shape, &c.shape);
    check_malformed_if(b, c.type != CHECK_BOOL || of[0].type != of[1].type,
                       "types do not fit");
    c = check_arrange(b, &c, &shape, false);
    for (size_t k = 0; k < 2; k++) {
        of[k] = check_arrange(b, &of[k], &shape, false);
        check_compute(b, &of[k]);
    }
    struct check_value *output = check_output(b, 0, of[0].type, &shape);
    if (c.map != NULL) {
        output->map = add_choice(b, c.map, of[0].map, of[1].map, output->n);
        return;
    }
    uint32_t *map = check_arena_alloc(&b->arena, output->n, sizeof *map);
    for (size_t i = 0; i < output->n; i++) {
        const bool is_second = c.number[i] <= 0.0 && c.number[i] >= 0.0;
        map[i] = of[is_second ? 1 : 0].map[i];
    }
    output->map = map;
}

/* values[1] where the index, negative ones from the end, is the place on the
 * new axis, values[0] elsewhere. */
void check_build_one_hot(struct check_builder *b)
{
    struct check_value x = check_input(b, 0);
    const struct check_value depth = check_input(b, 1);
    struct check_value values = check_input(b, 2);
    const size_t rank = x.shape.n_dims + 1;
    bool is_marked[CHECK_RANK + 1] = {false};
    const size_t axis =
        check_mark_axis(b, is_marked, check_integer(b, "axis", -1), rank);
    check_unsupported_if(
        b,
        rank > CHECK_RANK || depth.number == NULL || depth.n != 1 ||
            values.n != 2 || x.n == 0 ||
            !(depth.number[0] >= 1.0 && depth.number[0] <= 0x1p20),
        "rank, depth or values");
    const size_t dim = (size_t)depth.number[0];
    struct check_shape shape = {.n_dims = rank};
    size_t step = 1;
    for (size_t d = 0; d < rank; d++) {
        shape.dims[d] = d == axis ? dim : x.shape.dims[d < axis ? d : d - 1];
        step *= d > axis ? shape.dims[d] : 1;
    }
    check_compute(b, &x);
    check_compute(b, &values);
    const uint32_t *negative = check_add_sum(
        b, part(x.map, -1.0), (struct check_part_of){0}, 0.0, x.n);
    negative = check_add_neurons(
        b, CHECK_RELU, check_add_curve(b, CHECK_SIGN, negative, x.n), x.n);
    struct check_value *output = check_output(b, 0, values.type, &shape);
    struct check_value differences = *output;
    uint32_t *of[2];
    (void)check_add_layer(b, &differences, CHECK_AFFINE);
    for (size_t k = 0; k < 2; k++) {
        of[k] = check_arena_alloc(&b->arena, output->n, sizeof *of[k]);
    }
    for (size_t i = 0; i < output->n; i++) {
        const size_t from = i / step / dim * step + i % step;
        check_row_add(&b->rows, x.map[from], 1.0);
        check_row_add(&b->rows, negative[from], depth.number[0]);
        check_row_end(&b->rows, -(double)(i / step % dim));
        of[0][i] = values.map[0];
        of[1][i] = values.map[1];
    }
    const uint32_t *is_other =
        add_nonzero(b, differences.map, false, output->n);
    output->map = add_choice(b, is_other, of[0], of[1], output->n);
}
