/* Operators that become affine layers: sums of products.
 * SPDX-License-Identifier: MIT */
#include "proofs/check/check_build.h"

#include <string.h>

/*
 * Element (h, i, j) of the output, of dimensions h, m, n in all, is
 *   scale[0] * sum over k of x_(h,i,k) * y_(h,j,k) + scale[1] * c_(h,i,j)  (1)
 * where y and c without a type are absent.
 */
struct sum {
    struct check_value x;
    struct check_value y;
    struct check_value c;
    double scale[2];
    size_t m;
    size_t n;
    size_t k;
    bool is_counted; /* with its products */
};

static double multiply(const struct check_builder *b, double x, double y)
{
    double product = y;
    if (x < 1.0 || x > 1.0) {
        check_unsupported_if(b, !check_multiply(&product, x, y),
                             "product that is no exact double");
    }
    return product;
}

/* Defines output 0 and counts its products. */
static struct check_value *add_output(struct check_builder *b,
                                      const struct sum *sum,
                                      const struct check_shape *shape)
{
    const size_t limit = (size_t)1 << 33;
    const struct check_value *values[] = {&sum->x, &sum->y, &sum->c};
    uint64_t type = CHECK_FLOAT32;
    for (size_t k = 0; k < 3; k++) {
        const uint64_t own = values[k]->type;
        check_unsupported_if(
            b, own != 0 && own != CHECK_FLOAT32 && own != CHECK_FLOAT64,
            "its elements are not real numbers");
        type = own == CHECK_FLOAT64 ? own : type;
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
static void multiply_computed(struct check_builder *b, const struct sum *sum,
                              const struct check_shape *shape)
{
    const size_t n = check_count(shape);
    const size_t n_pairs = n * sum->k;
    uint32_t *x = check_arena_alloc(&b->arena, n_pairs, sizeof *x);
    uint32_t *y = check_arena_alloc(&b->arena, n_pairs, sizeof *y);
    check_unsupported_if(
        b, strcmp(b->node->op, "Conv") == 0 || strcmp(b->node->op, "Gemm") == 0,
        "product of two computed tensors");
    for (size_t i = 0; i < n_pairs; i++) {
        const size_t e = i / sum->k;
        const size_t row = e / sum->n / sum->m * sum->n + e % sum->n;
        x[i] = sum->x.map[e / sum->n * sum->k + i % sum->k];
        y[i] = sum->y.map[row * sum->k + i % sum->k];
    }
    const uint32_t *products = check_add_product(b, x, y, n_pairs);
    const size_t n_elements = add_output(b, sum, shape)->n;
    for (size_t i = 0; i < n_elements * sum->k; i++) {
        check_row_add(&b->rows, products[i], 1.0);
        if ((i + 1) % sum->k == 0) {
            check_row_end(&b->rows, 0.0);
        }
    }
}

/* Output 0 is (1). */
static void build_sum(struct check_builder *b, struct sum *sum,
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
    const size_t n_elements = add_output(b, sum, shape)->n;
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
    if (!is_turned && memcmp(&value->shape, shape, sizeof *shape) == 0) {
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

/* The inverses of powers of two; NULL if some number is none. */
static const double *invert(struct check_builder *b, const double *number,
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

/* Div: x times the reciprocals of y, or scaled by them. */
static void build_quotient(struct check_builder *b)
{
    struct sum sum = {
        .x = check_input(b, 0), .scale = {1.0, 1.0}, .m = 1, .n = 1, .k = 1};
    struct check_value y = check_input(b, 1);
    const struct check_shape shape = check_broadcast(b, &sum.x.shape, &y.shape);
    if (y.map != NULL) {
        y.map = check_add_curve(b, CHECK_RECIPROCAL, y.map, y.n);
    }
    sum.y = check_arrange(b, &y, &shape, false);
    sum.x = check_arrange(b, &sum.x, &shape, false);
    if (y.map == NULL) {
        const double *divisor = sum.y.number;
        sum.y.number = invert(b, divisor, sum.y.n);
        if (sum.y.number == NULL) {
            check_compute(b, &sum.x);
            struct check_value *output = add_output(b, &sum, &shape);
            for (size_t i = 0; i < output->n; i++) {
                check_row_add(&b->rows, sum.x.map[i], 1.0);
                check_row_end(&b->rows, 0.0);
            }
            output->map =
                check_add_quotients(b, output->map, divisor, output->n);
            return;
        }
    }
    build_sum(b, &sum, &shape);
}

void check_build_arithmetic(struct check_builder *b)
{
    const char *op = b->node->op;
    if (strcmp(op, "Div") == 0) {
        build_quotient(b);
        return;
    }
    struct sum sum = {.x = check_input(b, 0),
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
    build_sum(b, &sum, &shape);
}

void check_build_matmul(struct check_builder *b)
{
    struct sum sum = {.x = check_input(b, 0),
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
    build_sum(b, &sum, &shape);
}

void check_build_gemm(struct check_builder *b)
{
    struct sum sum = {
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
        check_malformed_if(b, memcmp(&joint, &shape, sizeof joint) != 0,
                           "shape of C does not fit");
        sum.c = check_arrange(b, &c, &shape, false);
    }
    build_sum(b, &sum, &shape);
}

/* Windows over the last two axes of x [images, channels, height, width]; a
 * tensor with one spatial axis gets height 1. */
struct window {
    size_t n; /* spatial axes that the node knows: 1 or 2 */
    struct check_value x;
    int64_t kernel[2];
    int64_t stride[2];
    int64_t dilation[2];
    int64_t pads[2][2]; /* of an axis, before and after */
    bool is_ceil;       /* a window may reach beyond the padding */
    size_t out[2];
};

/* Numbers of an attribute, one for each axis known, from 1 to 2^20; without it
 * all are 1, as for a missing first axis. False if it is not there. */
static bool read_numbers(struct check_builder *b, int64_t *numbers,
                         const struct window *w, const char *name)
{
    const struct check_integers list =
        check_integers(b, name, UINT64_MAX, SIZE_MAX);
    check_malformed_if(b, list.is_given && list.n != w->n,
                       "attribute of wrong length");
    for (size_t i = 0; i < 2; i++) {
        const bool is_known = list.is_given && i + w->n >= 2;
        numbers[i] = is_known ? list.data[i + w->n - 2] : 1;
        check_unsupported_if(b, numbers[i] < 1 || numbers[i] > 1 << 20,
                             "stride, dilation or kernel");
    }
    return list.is_given;
}

/* Padding by auto_pad or pads. */
static void read_padding(struct check_builder *b, struct window *w)
{
    const char *mode = check_text(b, "auto_pad", "NOTSET");
    const bool is_upper = strcmp(mode, "SAME_UPPER") == 0;
    const bool is_same = is_upper || strcmp(mode, "SAME_LOWER") == 0;
    const bool is_set = strcmp(mode, "NOTSET") != 0;
    const struct check_integers list =
        check_integers(b, "pads", UINT64_MAX, SIZE_MAX);
    check_unsupported_if(
        b,
        is_set && (list.is_given || (!is_same && strcmp(mode, "VALID") != 0)),
        "value of auto_pad, or pads beside it");
    check_malformed_if(b, list.is_given && list.n != 2 * w->n,
                       "pads of wrong length");
    for (size_t i = 0; i < 2; i++) {
        const int64_t in = (int64_t)w->x.shape.dims[2 + i];
        const int64_t out = (in + w->stride[i] - 1) / w->stride[i];
        const int64_t total = (out - 1) * w->stride[i] +
                              w->dilation[i] * (w->kernel[i] - 1) + 1 - in;
        const int64_t all = is_same && total > 0 ? total : 0;
        w->pads[i][0] = is_upper ? all / 2 : all - all / 2;
        w->pads[i][1] = all - w->pads[i][0];
    }
    for (size_t k = 0; k < list.n; k++) {
        w->pads[2 - w->n + k % w->n][k / w->n] = list.data[k];
        check_unsupported_if(b, list.data[k] < 0 || list.data[k] > 1 << 20,
                             "negative or large padding");
    }
}

/* Reads the attributes and makes x the elements of all windows, [images,
 * groups, windows, elements], `pad` those in the padding. */
static void read_windows(struct check_builder *b, struct window *w,
                         size_t n_groups, const uint32_t *pad)
{
    struct check_shape shape = w->x.shape;
    struct check_axis *axes = check_axes(b, &shape);
    struct check_axis moved[7] = {{0}};
    (void)read_numbers(b, w->stride, w, "strides");
    (void)read_numbers(b, w->dilation, w, "dilations");
    read_padding(b, w);
    for (size_t i = 0; i < 2; i++) {
        const int64_t all = axes[2 + i].dim + w->pads[i][0] + w->pads[i][1];
        const int64_t room = all - 1 - w->dilation[i] * (w->kernel[i] - 1);
        check_malformed_if(b, room < 0 || w->kernel[i] == 0 || n_groups == 0,
                           "window larger than its input");
        const int64_t out = room / w->stride[i] + 1;
        const bool has_part = w->is_ceil && room % w->stride[i] != 0 &&
                              out * w->stride[i] < all - w->pads[i][1];
        w->out[i] = (size_t)out + (has_part ? 1 : 0);
        shape.dims[2 + i] = (size_t)(all + (has_part ? w->stride[i] : 0));
        check_cut(b, &axes[2 + i], -w->pads[i][0], 1, shape.dims[2 + i]);
    }
    struct check_value padded = w->x;
    check_compute(b, &w->x);
    check_define(b, &padded, w->x.type, &shape);
    check_move(b, &padded, &w->x, axes, 4, pad);
    axes = check_axes(b, &shape);
    const size_t n_channels = shape.dims[1] / n_groups;
    moved[0] = axes[0];
    moved[1] = moved[4] = axes[1];
    check_cut(b, &moved[1], 0, (int64_t)n_channels, n_groups);
    check_cut(b, &moved[4], 0, 1, n_channels);
    for (size_t i = 0; i < 2; i++) {
        moved[2 + i] = moved[5 + i] = axes[2 + i];
        check_cut(b, &moved[2 + i], 0, w->stride[i], w->out[i]);
        check_cut(b, &moved[5 + i], 0, w->dilation[i], (size_t)w->kernel[i]);
    }
    const struct check_shape result = {
        4,
        {shape.dims[0], n_groups, w->out[0] * w->out[1],
         n_channels * (size_t)(w->kernel[0] * w->kernel[1])}};
    check_define(b, &w->x, padded.type, &result);
    check_move(b, &w->x, &padded, moved, 7, NULL);
}

/* The coordinate of the constant 0. */
static const uint32_t *get_zero(struct check_builder *b)
{
    static const double zero = 0.0;
    struct check_value value = {
        .name = "pad", .type = CHECK_FLOAT32, .n = 1, .number = &zero};
    check_compute(b, &value);
    return value.map;
}

static void build_conv(struct check_builder *b, struct window *w,
                       struct sum *sum, struct check_shape *shape)
{
    const int64_t group = check_integer(b, "group", 1);
    const size_t n_groups = (size_t)group;
    struct check_value *y = &sum->x;
    const size_t n_in = w->x.shape.dims[1];
    *y = check_input(b, 1);
    const size_t n_out = y->shape.dims[0];
    check_malformed_if(b,
                       y->shape.n_dims != w->n + 2 || group < 1 ||
                           n_out % n_groups != 0 ||
                           n_in != n_groups * y->shape.dims[1],
                       "shapes and group do not fit");
    int64_t stated[2];
    const bool is_stated = read_numbers(b, stated, w, "kernel_shape");
    w->kernel[0] = w->n == 2 ? (int64_t)y->shape.dims[2] : 1;
    w->kernel[1] = (int64_t)y->shape.dims[w->n + 1];
    check_malformed_if(
        b,
        is_stated && (stated[0] != w->kernel[0] || stated[1] != w->kernel[1]),
        "kernel_shape is not the weights'");
    read_windows(b, w, n_groups, get_zero(b));
    struct check_shape all = w->x.shape;
    sum->m = n_out / n_groups;
    sum->n = all.dims[2];
    all.dims[2] = sum->m;
    y->shape = (struct check_shape){3, {n_groups, sum->m, all.dims[3]}};
    *y = check_arrange(b, y, &all, false);
    sum->y = w->x;
    shape->dims[1] = n_out;
    if (check_has_input(b, 2)) {
        const struct check_shape rows = {3, {all.dims[0], n_out, sum->n}};
        struct check_value c = check_input(b, 2);
        check_malformed_if(b, c.n != n_out, "number of biases");
        c.shape = (struct check_shape){2, {n_out, 1}};
        sum->c = check_arrange(b, &c, &rows, false);
    }
}

/* Output 0 is the average of each list of `room` items that are there. */
static void build_average(struct check_builder *b, const struct check_value *x,
                          const struct check_shape *shape, size_t room,
                          size_t stated)
{
    const struct sum sum = {.x = *x, .k = room, .is_counted = true};
    struct check_value *output = add_output(b, &sum, shape);
    double *counts = check_arena_alloc(&b->arena, output->n, sizeof *counts);
    for (size_t i = 0; i < output->n * room; i++) {
        counts[i / room] += x->map[i] == CHECK_NOTHING ? 0.0 : 1.0;
    }
    for (size_t i = 0; i < output->n; i++) {
        check_malformed_if(b, counts[i] < 1.0, "a window lies in the padding");
        counts[i] = stated != 0 ? (double)stated : counts[i];
    }
    const double *inverse = invert(b, counts, output->n);
    for (size_t i = 0; i < output->n; i++) {
        for (size_t k = i * room; k < (i + 1) * room; k++) {
            if (x->map[k] != CHECK_NOTHING) {
                check_row_add(&b->rows, x->map[k],
                              inverse == NULL ? 1.0 : inverse[i]);
            }
        }
        check_row_end(&b->rows, 0.0);
    }
    if (inverse == NULL) {
        output->map = check_add_quotients(b, output->map, counts, output->n);
    }
}

static void build_pool(struct check_builder *b, struct window *w,
                       struct check_shape *shape)
{
    static const uint32_t nothing = CHECK_NOTHING;
    const bool is_stated = read_numbers(b, w->kernel, w, "kernel_shape");
    const bool is_all = check_integer(b, "count_include_pad", 0) != 0;
    check_malformed_if(b, !is_stated, "no kernel_shape");
    w->is_ceil = check_integer(b, "ceil_mode", 0) != 0;
    check_unsupported_if(b, w->is_ceil && is_all,
                         "count_include_pad with ceil_mode");
    read_windows(b, w, w->x.shape.dims[1], &nothing);
    shape->dims[2] = w->out[0];
    shape->dims[w->n + 1] = w->out[1];
    build_average(b, &w->x, shape, w->x.shape.dims[3],
                  is_all ? (size_t)(w->kernel[0] * w->kernel[1]) : 0);
}

static void build_max_pool(struct check_builder *b, struct window *w,
                           struct check_shape *shape)
{
    static const uint32_t nothing = CHECK_NOTHING;
    const bool is_stated = read_numbers(b, w->kernel, w, "kernel_shape");
    w->is_ceil = check_integer(b, "ceil_mode", 0) != 0;
    (void)check_integer(b, "storage_order", 0); /* of indices */
    read_windows(b, w, w->x.shape.dims[1], &nothing);
    check_malformed_if(b, !is_stated, "no kernel_shape");
    shape->dims[2] = w->out[0];
    shape->dims[w->n + 1] = w->out[1];
    struct check_value *output = check_output(b, 0, w->x.type, shape);
    output->map = check_add_maxima(b, w->x.map, output->n, w->x.shape.dims[3]);
}

/* GlobalMaxPool and GlobalAveragePool. */
void check_build_global(struct check_builder *b)
{
    struct check_value x = check_input(b, 0);
    struct check_shape shape = x.shape;
    check_unsupported_if(b, shape.n_dims < 3, "rank below 3");
    for (size_t d = 2; d < shape.n_dims; d++) {
        shape.dims[d] = 1;
    }
    check_compute(b, &x);
    const size_t n = check_count(&shape);
    if (strcmp(b->node->op, "GlobalAveragePool") == 0) {
        build_average(b, &x, &shape, x.n / n, 0);
    } else {
        check_output(b, 0, x.type, &shape)->map =
            check_add_maxima(b, x.map, n, x.n / n);
    }
}

/* Conv, AveragePool and MaxPool. */
void check_build_window(struct check_builder *b)
{
    struct window w = {.x = check_input(b, 0)};
    struct sum sum = {.scale = {1.0, 1.0}, .is_counted = true};
    struct check_shape shape = w.x.shape;
    w.n = shape.n_dims - 2;
    check_unsupported_if(b, shape.n_dims != 3 && shape.n_dims != 4,
                         "other than one or two spatial axes");
    w.x.shape = (struct check_shape){4,
                                     {shape.dims[0], shape.dims[1],
                                      w.n == 2 ? shape.dims[2] : 1,
                                      shape.dims[w.n + 1]}};
    if (strcmp(b->node->op, "MaxPool") == 0) {
        build_max_pool(b, &w, &shape);
        return;
    }
    if (strcmp(b->node->op, "AveragePool") == 0) {
        build_pool(b, &w, &shape);
        return;
    }
    build_conv(b, &w, &sum, &shape);
    sum.k = w.x.shape.dims[3];
    shape.dims[2] = w.out[0];
    shape.dims[w.n + 1] = w.out[1];
    build_sum(b, &sum, &shape);
}
