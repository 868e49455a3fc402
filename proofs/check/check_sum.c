/* Operators that become affine layers: sums of products.
 * SPDX-License-Identifier: MIT */
#include "proofs/check/check_build.h"

#include <math.h>
#include <string.h>

static double multiply(const struct check_builder *b, double x, double y)
{
    double product = y;
    if (x < 1.0 || x > 1.0) {
        check_unsupported_if(b, !check_multiply(&product, x, y),
                             "product that is no exact double");
    }
    return product;
}

struct check_value *check_sum_output(struct check_builder *b,
                                     const struct check_products *sum,
                                     const struct check_shape *shape)
{
    const size_t limit = (size_t)1 << 33;
    const struct check_value *values[] = {&sum->x, &sum->y, &sum->c};
    uint64_t type = 0;
    for (size_t k = 0; k < 3; k++) {
        const uint64_t own = values[k]->type;
        check_unsupported_if(b,
                             own == CHECK_ONNX_BOOL ||
                                 (own != 0 && type != 0 && own != type &&
                                  !(check_is_real(own) && check_is_real(type))),
                             "its elements are not numbers of one kind");
        type = own == CHECK_FLOAT64 || type == 0 ? own : type;
    }
    struct check_value *output = check_output(b, 0, type, shape);
    (void)check_add_layer(b, output, CHECK_AFFINE);
    if (sum->is_counted) {
        check_unsupported_if(b,
                             sum->k > limit / output->n ||
                                 b->network->n_products >
                                     limit - sum->k * output->n,
                             "too many products");
        b->network->n_products += sum->k * output->n;
    }
    return output;
}

/* Output 0 is (1) for two computed tensors, without c: products of all pairs,
 * then their sums. */
static void multiply_computed(struct check_builder *b,
                              const struct check_products *sum,
                              const struct check_shape *shape)
{
    const size_t n = check_count(shape);
    const size_t n_pairs = n * sum->k;
    uint32_t *x = check_arena_alloc(&b->arena, n_pairs, sizeof *x);
    uint32_t *y = check_arena_alloc(&b->arena, n_pairs, sizeof *y);
    check_unsupported_if(b,
                         strcmp(b->node->op, "Mul") != 0 &&
                             strcmp(b->node->op, "Div") != 0 &&
                             strcmp(b->node->op, "MatMul") != 0,
                         "product of two computed tensors");
    for (size_t i = 0; i < n_pairs; i++) {
        const size_t e = i / sum->k;
        const size_t row = e / sum->n / sum->m * sum->n + e % sum->n;
        x[i] = sum->x.map[e / sum->n * sum->k + i % sum->k];
        y[i] = sum->y.map[row * sum->k + i % sum->k];
    }
    const uint32_t *products = check_add_product(b, x, y, n_pairs);
    const size_t n_elements = check_sum_output(b, sum, shape)->n;
    for (size_t i = 0; i < n_elements * sum->k; i++) {
        check_row_add(&b->rows, products[i], 1.0);
        if ((i + 1) % sum->k == 0) {
            check_row_end(&b->rows, 0.0);
        }
    }
}

void check_build_sum(struct check_builder *b, struct check_products *sum,
                     const struct check_shape *shape)
{
    const bool is_turned = sum->x.number != NULL && sum->y.map != NULL;
    const double *factor = is_turned ? sum->x.number : sum->y.number;
    if (sum->x.map != NULL && sum->y.map != NULL) {
        multiply_computed(b, sum, shape);
        return;
    }
    if (!is_turned) {
        check_compute(b, &sum->x);
    }
    const size_t n_elements = check_sum_output(b, sum, shape)->n;
    for (size_t e = 0; e < n_elements; e++) {
        const size_t x = e / sum->n * sum->k;
        const size_t y = (e / sum->n / sum->m * sum->n + e % sum->n) * sum->k;
        const uint32_t *map = is_turned ? &sum->y.map[y] : &sum->x.map[x];
        for (size_t k = 0; k < sum->k; k++) {
            const double weight =
                factor == NULL ? 1.0 : factor[(is_turned ? x : y) + k];
            if (weight < 0.0 || weight > 0.0) {
                check_row_add(&b->rows, map[k],
                              multiply(b, sum->scale[0], weight));
            }
        }
        if (sum->c.map != NULL) {
            check_row_add(&b->rows, sum->c.map[e], sum->scale[1]);
        }
        check_row_end(&b->rows,
                      sum->c.number == NULL
                          ? 0.0
                          : multiply(b, sum->scale[1], sum->c.number[e]));
    }
}

bool check_is_same(const struct check_shape *x, const struct check_shape *y)
{
    return x->n_dims == y->n_dims &&
           memcmp(x->dims, y->dims, x->n_dims * sizeof *x->dims) == 0;
}

size_t check_count(const struct check_shape *shape)
{
    size_t n = 1;
    for (size_t d = 0; d < shape->n_dims; d++) {
        n *= shape->dims[d];
    }
    return n;
}

struct check_shape check_broadcast(const struct check_builder *b,
                                   const struct check_shape *x,
                                   const struct check_shape *y)
{
    const struct check_shape *wide = x->n_dims >= y->n_dims ? x : y;
    const struct check_shape *other = wide == x ? y : x;
    const size_t missing = wide->n_dims - other->n_dims;
    struct check_shape shape = *wide;
    for (size_t d = 0; d < other->n_dims; d++) {
        size_t *dim = &shape.dims[missing + d];
        check_malformed_if(
            b, *dim != other->dims[d] && *dim != 1 && other->dims[d] != 1,
            "shapes do not broadcast");
        *dim = *dim == 1 ? other->dims[d] : *dim;
    }
    return shape;
}

struct check_value check_arrange(struct check_builder *b,
                                 const struct check_value *value,
                                 const struct check_shape *shape,
                                 bool is_turned)
{
    const struct check_axis *own = check_axes(b, &value->shape);
    const size_t n = shape->n_dims;
    const size_t missing = n - value->shape.n_dims;
    struct check_axis axes[CHECK_RANK] = {{0}};
    struct check_value result = *value;
    if (!is_turned && check_is_same(&value->shape, shape)) {
        return result;
    }
    if (is_turned && check_turn(b, &result, shape)) {
        return result;
    }
    for (size_t d = 0; d < n; d++) {
        const size_t from = is_turned && d + 2 >= n ? 2 * n - 3 - d : d;
        if (from >= missing) {
            axes[d] = own[from - missing];
        }
        if (from < missing || axes[d].dim == 1) {
            axes[d] = (struct check_axis){.dim = 1};
            check_cut(b, &axes[d], 0, 0, shape->dims[d]);
        }
    }
    check_define(b, &result, value->type, shape);
    check_move(b, &result, value, axes, n, NULL);
    return result;
}

const double *check_invert(struct check_builder *b, const double *number,
                           size_t n)
{
    double *inverse = check_arena_alloc(&b->arena, n, sizeof *inverse);
    for (size_t i = 0; i < n; i++) {
        int64_t mantissa = 0;
        long exponent = 0;
        check_split_double(&mantissa, &exponent, number[i]);
        if ((mantissa != 1 && mantissa != -1) || exponent < -1000) {
            return NULL;
        }
        inverse[i] = 1.0 / number[i];
    }
    return inverse;
}

/* Quotients of integer constants, towards 0. */
static void divide_integers(struct check_builder *b, struct check_value *x,
                            const struct check_value *y,
                            const struct check_shape *shape)
{
    struct check_value *output = check_output(b, 0, x->type, shape);
    double *number = check_arena_alloc(&b->arena, output->n, sizeof *number);
    check_unsupported_if(
        b, x->number == NULL || y->number == NULL || x->type != y->type,
        "division of integers that are no constants of one type");
    for (size_t i = 0; i < output->n; i++) {
        const double divisor = fabs(y->number[i]);
        check_unsupported_if(b,
                             !(divisor >= 1.0 && divisor <= 0x1p53 &&
                               fabs(x->number[i]) <= 0x1p53),
                             "division by 0, or of large integers");
        const int64_t quotient = (int64_t)x->number[i] / (int64_t)y->number[i];
        number[i] = (double)quotient;
    }
    output->number = number;
}

/* Div: x times the reciprocals of y, or scaled by them. */
static void build_quotient(struct check_builder *b)
{
    struct check_products sum = {
        .x = check_input(b, 0), .scale = {1.0, 1.0}, .m = 1, .n = 1, .k = 1};
    struct check_value y = check_input(b, 1);
    const struct check_shape shape = check_broadcast(b, &sum.x.shape, &y.shape);
    if (y.map != NULL && check_is_real(y.type)) {
        y.map = check_add_curve(b, CHECK_RECIPROCAL, y.map, y.n);
    }
    sum.y = check_arrange(b, &y, &shape, false);
    sum.x = check_arrange(b, &sum.x, &shape, false);
    if (check_is_integer(sum.x.type) || check_is_integer(y.type)) {
        divide_integers(b, &sum.x, &sum.y, &shape);
        return;
    }
    if (y.map == NULL) {
        const double *divisor = sum.y.number;
        sum.y.number = check_invert(b, divisor, sum.y.n);
        if (sum.y.number == NULL) {
            check_compute(b, &sum.x);
            struct check_value *output = check_sum_output(b, &sum, &shape);
            for (size_t i = 0; i < output->n; i++) {
                check_row_add(&b->rows, sum.x.map[i], 1.0);
                check_row_end(&b->rows, 0.0);
            }
            output->map =
                check_add_quotients(b, output->map, divisor, output->n);
            return;
        }
    }
    check_build_sum(b, &sum, &shape);
}

void check_build_arithmetic(struct check_builder *b)
{
    const char *op = b->node->op;
    if (strcmp(op, "Div") == 0) {
        build_quotient(b);
        return;
    }
    struct check_products sum = {.x = check_input(b, 0),
                                 .scale = {strcmp(op, "Neg") == 0 ? -1.0 : 1.0,
                                           strcmp(op, "Sub") == 0 ? -1.0 : 1.0},
                                 .m = 1,
                                 .n = 1,
                                 .k = 1};
    struct check_shape shape = sum.x.shape;
    if (b->node->inputs.n == 2) {
        struct check_value y = check_input(b, 1);
        shape = check_broadcast(b, &sum.x.shape, &y.shape);
        *(strcmp(op, "Mul") == 0 ? &sum.y : &sum.c) =
            check_arrange(b, &y, &shape, false);
        sum.x = check_arrange(b, &sum.x, &shape, false);
    }
    if (check_count(&shape) == 0) {
        check_output(b, 0, sum.x.type, &shape)->number =
            check_arena_alloc(&b->arena, 0, sizeof(double));
        return;
    }
    check_build_sum(b, &sum, &shape);
}

void check_build_matmul(struct check_builder *b)
{
    struct check_products sum = {.x = check_input(b, 0),
                                 .y = check_input(b, 1),
                                 .scale = {1.0},
                                 .is_counted = true};
    struct check_shape *x = &sum.x.shape;
    struct check_shape *y = &sum.y.shape;
    const bool is_row = x->n_dims == 1;
    const bool is_column = y->n_dims == 1;
    check_malformed_if(b, x->n_dims == 0 || y->n_dims == 0,
                       "a scalar is no matrix");
    if (is_row) {
        *x = (struct check_shape){2, {1, x->dims[0]}};
    }
    if (is_column) {
        *y = (struct check_shape){2, {y->dims[0], 1}};
    }
    sum.m = x->dims[x->n_dims - 2];
    sum.k = x->dims[x->n_dims - 1];
    sum.n = y->dims[y->n_dims - 1];
    check_malformed_if(b, y->dims[y->n_dims - 2] != sum.k, "shapes do not fit");
    struct check_shape batch[] = {*x, *y};
    batch[0].n_dims -= 2;
    batch[1].n_dims -= 2;
    struct check_shape left = check_broadcast(b, &batch[0], &batch[1]);
    check_unsupported_if(b, left.n_dims + 2 > CHECK_RANK,
                         "too many dimensions");
    struct check_shape shape = left;
    struct check_shape right = left;
    left.dims[left.n_dims++] = sum.m;
    left.dims[left.n_dims++] = sum.k;
    right.dims[right.n_dims++] = sum.n;
    right.dims[right.n_dims++] = sum.k;
    sum.x = check_arrange(b, &sum.x, &left, false);
    sum.y = check_arrange(b, &sum.y, &right, true);
    if (!is_row) {
        shape.dims[shape.n_dims++] = sum.m;
    }
    if (!is_column) {
        shape.dims[shape.n_dims++] = sum.n;
    }
    check_build_sum(b, &sum, &shape);
}

void check_build_gemm(struct check_builder *b)
{
    struct check_products sum = {
        .x = check_input(b, 0),
        .y = check_input(b, 1),
        .scale = {check_real(b, "alpha", 1.0), check_real(b, "beta", 1.0)},
        .is_counted = true};
    const size_t *x = sum.x.shape.dims;
    const size_t *y = sum.y.shape.dims;
    const bool is_turned[] = {check_integer(b, "transA", 0) != 0,
                              check_integer(b, "transB", 0) != 0};
    check_malformed_if(b, sum.x.shape.n_dims != 2 || sum.y.shape.n_dims != 2,
                       "not two matrices");
    sum.m = x[is_turned[0] ? 1 : 0];
    sum.k = x[is_turned[0] ? 0 : 1];
    sum.n = y[is_turned[1] ? 0 : 1];
    check_malformed_if(b, y[is_turned[1] ? 1 : 0] != sum.k,
                       "shapes do not fit");
    const struct check_shape left = {2, {sum.m, sum.k}};
    const struct check_shape right = {2, {sum.n, sum.k}};
    const struct check_shape shape = {2, {sum.m, sum.n}};
    sum.x = check_arrange(b, &sum.x, &left, is_turned[0]);
    sum.y = check_arrange(b, &sum.y, &right, !is_turned[1]);
    if (check_has_input(b, 2)) {
        const struct check_value c = check_input(b, 2);
        const struct check_shape joint = check_broadcast(b, &shape, &c.shape);
        check_malformed_if(b, !check_is_same(&joint, &shape),
                           "shape of C does not fit");
        sum.c = check_arrange(b, &c, &shape, false);
    }
    check_build_sum(b, &sum, &shape);
}
