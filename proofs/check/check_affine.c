/* Operators that become affine layers, and Relu.
 * SPDX-License-Identifier: MIT */
#include "proofs/check/check_build.h"

#include <string.h>

/* One of the loops over a sum, and how far it moves in x, y and c. */
struct loop {
    size_t extent;
    size_t step[3];
};

/*
 * The output, row-major over the outer loops, is
 *   scale[0] * sum over the inner loops of x * y + scale[1] * c
 * where values without a type are absent; x is there.
 */
struct sum {
    struct check_value value[3];
    double scale[2];
    struct check_shape shape;
    size_t n_outer;
    struct loop outer[CHECK_RANK + 2];
    struct loop inner[3];
    size_t length; /* products of an element, for the limit */
};

static double multiply(const struct check_builder *builder, double x, double y)
{
    double product = y;
    if ((x < 1.0 || x > 1.0) && !check_multiply_exactly(&product, x, y)) {
        check_node_unsupported(builder, "product that is no exact double");
    }
    return product;
}

/* Adds the products of the row whose elements start at at[0] and at[1]. */
static void add_products(struct check_builder *builder, const struct sum *sum,
                         const size_t at[3])
{
    const struct loop *inner = sum->inner;
    const double *y = sum->value[1].number;
    for (size_t i = 0; i < inner[0].extent; i++) {
        for (size_t j = 0; j < inner[1].extent; j++) {
            size_t from[2];
            for (size_t k = 0; k < 2; k++) {
                from[k] = at[k] + i * inner[0].step[k] + j * inner[1].step[k];
            }
            for (size_t k = 0; k < inner[2].extent; k++) {
                const double factor = y == NULL ? 1.0 : y[from[1]];
                if (factor < 0.0 || factor > 0.0) {
                    check_row_add(&builder->rows, sum->value[0].map[from[0]],
                                  multiply(builder, sum->scale[0], factor));
                }
                from[0] += inner[2].step[0];
                from[1] += inner[2].step[1];
            }
        }
    }
}

/* Swaps x and y if only x is constant. */
static void order_factors(struct check_builder *builder, struct sum *sum)
{
    struct check_value *x = &sum->value[0];
    struct check_value *y = &sum->value[1];
    if (x->number != NULL && y->map != NULL) {
        const struct check_value value = *x;
        *x = *y;
        *y = value;
        for (size_t d = 0; d < sum->n_outer + 3; d++) {
            struct loop *loop = d < 3 ? &sum->inner[d] : &sum->outer[d - 3];
            const size_t step = loop->step[0];
            loop->step[0] = loop->step[1];
            loop->step[1] = step;
        }
    }
    if (y->map != NULL) {
        check_node_unsupported(builder, "product of two computed tensors");
    }
    check_value_compute(builder, x);
}

static void build_sum(struct check_builder *builder, struct sum *sum)
{
    const size_t limit = (size_t)1 << 33;
    const struct check_value *c = &sum->value[2];
    uint64_t type = CHECK_FLOAT32;
    order_factors(builder, sum);
    for (size_t k = 0; k < 3; k++) {
        const uint64_t own = sum->value[k].type;
        type = own == CHECK_FLOAT64 ? own : type;
        if (own != 0 && own != CHECK_FLOAT32 && own != CHECK_FLOAT64) {
            check_node_unsupported(builder,
                                   "its elements are not real numbers");
        }
    }
    struct check_value *output =
        check_node_output(builder, 0, type, &sum->shape);
    check_rows_begin(builder, output, CHECK_AFFINE);
    if (sum->length > limit / output->n ||
        builder->network->n_products > limit - sum->length * output->n) {
        check_node_unsupported(builder, "too many products");
    }
    builder->network->n_products += sum->length * output->n;
    for (size_t e = 0; e < output->n; e++) {
        size_t at[3] = {0};
        double bias = 0.0;
        size_t rest = e;
        for (size_t d = sum->n_outer; d-- > 0; rest /= sum->outer[d].extent) {
            for (size_t k = 0; k < 3; k++) {
                at[k] += rest % sum->outer[d].extent * sum->outer[d].step[k];
            }
        }
        add_products(builder, sum, at);
        if (c->number != NULL) {
            bias = multiply(builder, sum->scale[1], c->number[at[2]]);
        } else if (c->map != NULL) {
            check_row_add(&builder->rows, c->map[at[2]], sum->scale[1]);
        }
        check_row_end(&builder->rows, bias);
    }
}

/* Dimension d of a shape of rank `rank` after ones were put in front. */
static size_t widened(const struct check_shape *shape, size_t rank, size_t d)
{
    const size_t missing = rank - shape->n_dims;
    return d < missing ? 1 : shape->dims[d - missing];
}

/* The common shape of x and y. */
static struct check_shape broadcast(const struct check_builder *builder,
                                    const struct check_shape *x,
                                    const struct check_shape *y)
{
    struct check_shape shape = {.n_dims = x->n_dims > y->n_dims ? x->n_dims
                                                                : y->n_dims};
    for (size_t d = 0; d < shape.n_dims; d++) {
        const size_t a = widened(x, shape.n_dims, d);
        const size_t b = widened(y, shape.n_dims, d);
        if (a != b && a != 1 && b != 1) {
            check_node_malformed(builder, "shapes do not broadcast");
        }
        shape.dims[d] = a == 1 ? b : a;
    }
    return shape;
}

/* Sets the steps in value k of the first loops, which are those over the shape
 * `to`; the value's own shape, `step` elements each, broadcasts to it. */
static void set_steps(struct sum *sum, size_t k, const struct check_shape *from,
                      const struct check_shape *to, size_t step)
{
    for (size_t d = to->n_dims; d-- > 0;) {
        const size_t dim = widened(from, to->n_dims, d);
        sum->outer[d].extent = to->dims[d];
        sum->outer[d].step[k] = dim == 1 ? 0 : step;
        step *= dim;
    }
}

static const struct loop once = {.extent = 1};

void check_build_arithmetic(struct check_builder *builder)
{
    const char *op = builder->node->op;
    const bool is_quotient = strcmp(op, "Div") == 0;
    const bool is_product = is_quotient || strcmp(op, "Mul") == 0;
    const bool is_negative = strcmp(op, "Neg") == 0;
    struct sum sum = {.value = {check_node_input(builder, 0)},
                      .scale = {is_negative ? -1.0 : 1.0,
                                strcmp(op, "Sub") == 0 ? -1.0 : 1.0},
                      .inner = {once, once, once}};
    const size_t second = is_product ? 1 : 2;
    struct check_value *y = &sum.value[second];
    sum.shape = sum.value[0].shape;
    if (!is_negative) {
        *y = check_node_input(builder, 1);
        sum.shape = broadcast(builder, &sum.shape, &y->shape);
        set_steps(&sum, second, &y->shape, &sum.shape, 1);
    }
    set_steps(&sum, 0, &sum.value[0].shape, &sum.shape, 1);
    sum.n_outer = sum.shape.n_dims;
    if (is_quotient) {
        double *inverse =
            check_arena_alloc(&builder->arena, y->n, sizeof *inverse);
        if (y->number == NULL) {
            check_node_unsupported(builder, "division by a computed tensor");
        }
        for (size_t i = 0; i < y->n; i++) {
            int64_t mantissa = 0;
            long exponent = 0;
            check_split_double(&mantissa, &exponent, y->number[i]);
            if ((mantissa != 1 && mantissa != -1) || exponent < -1000) {
                check_node_unsupported(builder, "divisor that is not 2^k");
            }
            inverse[i] = 1.0 / y->number[i];
        }
        y->number = inverse;
    }
    build_sum(builder, &sum);
}

/* Value k of a product of matrices, the last two axes of a tensor. */
struct matrix {
    struct check_shape batch;
    size_t dims[2];
    size_t step[2];
};

static struct matrix read_matrix(struct check_builder *builder, struct sum *sum,
                                 size_t k)
{
    sum->value[k] = check_node_input(builder, k);
    struct matrix m = {.batch = sum->value[k].shape};
    const size_t n = m.batch.n_dims;
    if (n == 0) {
        check_node_malformed(builder, "a scalar is no matrix");
    }
    m.batch.n_dims = n < 2 ? 0 : n - 2;
    m.dims[0] = n >= 2 ? m.batch.dims[n - 2] : k == 0 ? 1 : m.batch.dims[0];
    m.dims[1] = n >= 2 || k == 0 ? m.batch.dims[n - 1] : 1;
    m.step[0] = m.dims[1];
    m.step[1] = 1;
    return m;
}

/* Gemm and MatMul after the matrices' batches: the loops of the product. */
static void build_product(struct check_builder *builder, struct sum *sum,
                          const struct matrix *m)
{
    if (m[0].dims[1] != m[1].dims[0]) {
        check_node_malformed(builder, "shapes do not fit");
    }
    struct loop *plane = &sum->outer[sum->n_outer];
    plane[0].extent = m[0].dims[0];
    plane[0].step[0] = m[0].step[0];
    plane[1].extent = m[1].dims[1];
    plane[1].step[1] = m[1].step[1];
    sum->n_outer += 2;
    sum->length = m[0].dims[1];
    sum->inner[0] = sum->inner[1] = once;
    sum->inner[2] = (struct loop){sum->length, {m[0].step[1], m[1].step[0]}};
    build_sum(builder, sum);
}

void check_build_matmul(struct check_builder *builder)
{
    struct sum sum = {.scale = {1.0}};
    const struct matrix m[] = {read_matrix(builder, &sum, 0),
                               read_matrix(builder, &sum, 1)};
    sum.shape = broadcast(builder, &m[0].batch, &m[1].batch);
    sum.n_outer = sum.shape.n_dims;
    if (sum.n_outer + 2 > CHECK_RANK) {
        check_node_unsupported(builder, "too many dimensions");
    }
    for (size_t k = 0; k < 2; k++) {
        set_steps(&sum, k, &m[k].batch, &sum.shape,
                  m[k].dims[0] * m[k].dims[1]);
    }
    for (size_t k = 0; k < 2; k++) {
        if (sum.value[k].shape.n_dims > 1) {
            sum.shape.dims[sum.shape.n_dims++] = m[k].dims[k];
        }
    }
    build_product(builder, &sum, m);
}

void check_build_gemm(struct check_builder *builder)
{
    struct sum sum = {.scale = {check_node_real(builder, "alpha", 1.0),
                                check_node_real(builder, "beta", 1.0)}};
    struct matrix m[2];
    for (size_t k = 0; k < 2; k++) {
        m[k] = read_matrix(builder, &sum, k);
        if (sum.value[k].shape.n_dims != 2) {
            check_node_malformed(builder, "not two matrices");
        }
        if (check_node_integer(builder, k == 0 ? "transA" : "transB", 0) != 0) {
            const struct matrix before = m[k];
            for (size_t d = 0; d < 2; d++) {
                m[k].dims[d] = before.dims[1 - d];
                m[k].step[d] = before.step[1 - d];
            }
        }
    }
    sum.shape = (struct check_shape){2, {m[0].dims[0], m[1].dims[1]}};
    if (check_node_has_input(builder, 2)) {
        sum.value[2] = check_node_input(builder, 2);
        const struct check_shape *c = &sum.value[2].shape;
        const struct check_shape joint = broadcast(builder, &sum.shape, c);
        if (memcmp(&joint, &sum.shape, sizeof joint) != 0) {
            check_node_malformed(builder, "shape of C does not fit");
        }
        set_steps(&sum, 2, c, &sum.shape, 1);
    }
    build_product(builder, &sum, m);
}

/* Windows over the last two axes of [images, channels, height, width]; an
 * input with one spatial axis gets height 1. */
struct window {
    size_t n; /* spatial axes that the node knows: 1 or 2 */
    struct check_value x;
    int64_t in[2];
    int64_t kernel[2];
    int64_t stride[2];
    int64_t dilation[2];
    int64_t pads[2][2]; /* of an axis, before and after */
    size_t out[2];
};

/* Numbers of an attribute, one for each axis known, from 1 to 2^20; without it
 * all are 1, as for a missing first axis. False if it is not there. */
static bool read_numbers(struct check_builder *builder, int64_t *numbers,
                         const struct window *w, const char *name)
{
    const struct check_integers list =
        check_node_integers(builder, name, UINT64_MAX, SIZE_MAX);
    if (list.is_given && list.n != w->n) {
        check_node_malformed(builder, "attribute of wrong length");
    }
    for (size_t i = 0; i < 2; i++) {
        const bool is_known = list.is_given && i + w->n >= 2;
        numbers[i] = is_known ? list.data[i + w->n - 2] : 1;
        if (numbers[i] < 1 || numbers[i] > 1 << 20) {
            check_node_unsupported(builder, "stride, dilation or kernel");
        }
    }
    return list.is_given;
}

/* Padding by auto_pad or pads. */
static void read_padding(struct check_builder *builder, struct window *w)
{
    const char *mode = check_node_text(builder, "auto_pad", "NOTSET");
    const bool is_upper = strcmp(mode, "SAME_UPPER") == 0;
    const bool is_same = is_upper || strcmp(mode, "SAME_LOWER") == 0;
    const bool is_set = strcmp(mode, "NOTSET") != 0;
    const struct check_integers list =
        check_node_integers(builder, "pads", UINT64_MAX, SIZE_MAX);
    if ((is_set && list.is_given) ||
        (is_set && !is_same && strcmp(mode, "VALID") != 0)) {
        check_node_unsupported(builder, "value of auto_pad, or pads beside it");
    }
    if (list.is_given && list.n != 2 * w->n) {
        check_node_malformed(builder, "pads of wrong length");
    }
    for (size_t i = 0; i < 2; i++) {
        const int64_t out = (w->in[i] + w->stride[i] - 1) / w->stride[i];
        const int64_t total = (out - 1) * w->stride[i] +
                              w->dilation[i] * (w->kernel[i] - 1) + 1 -
                              w->in[i];
        const int64_t all = is_same && total > 0 ? total : 0;
        w->pads[i][0] = is_upper ? all / 2 : all - all / 2;
        w->pads[i][1] = all - w->pads[i][0];
    }
    for (size_t k = 0; k < list.n; k++) {
        w->pads[2 - w->n + k % w->n][k / w->n] = list.data[k];
        if (list.data[k] < 0 || list.data[k] > 1 << 20) {
            check_node_unsupported(builder, "negative or large padding");
        }
    }
}

/* Reads the attributes and pads x with zeros. */
static void read_window(struct check_builder *builder, struct window *w)
{
    static const double zero = 0.0;
    struct check_value pad = {
        .name = "pad", .type = CHECK_FLOAT32, .n = 1, .number = &zero};
    struct check_value padded = w->x;
    struct check_axis *axes = check_value_axes(builder, &w->x);
    (void)read_numbers(builder, w->stride, w, "strides");
    (void)read_numbers(builder, w->dilation, w, "dilations");
    read_padding(builder, w);
    for (size_t i = 0; i < 2; i++) {
        const int64_t all = w->in[i] + w->pads[i][0] + w->pads[i][1];
        const int64_t room = all - 1 - w->dilation[i] * (w->kernel[i] - 1);
        if (room < 0 || w->kernel[i] == 0) {
            check_node_malformed(builder, "window larger than its input");
        }
        w->out[i] = (size_t)(room / w->stride[i]) + 1;
        padded.shape.dims[2 + i] = (size_t)all;
        check_axis_cut(builder, &axes[2 + i], -w->pads[i][0], 1, (size_t)all);
    }
    check_value_compute(builder, &w->x);
    check_value_compute(builder, &pad);
    check_value_define(builder, &padded, w->x.type, &padded.shape);
    check_value_move(builder, &padded, &w->x, axes, 4, pad.map);
    w->x = padded;
}

/* Writes the loops of the window: outer ones 3 and 4, inner ones 1 and 2. */
static void build_window(struct check_builder *builder, struct sum *sum,
                         const struct window *w)
{
    const size_t *dims = w->x.shape.dims;
    const size_t row[] = {dims[3], 1};
    const size_t weight[] = {(size_t)w->kernel[1], 1};
    for (size_t i = 0; i < 2; i++) {
        sum->outer[3 + i] =
            (struct loop){w->out[i], {(size_t)w->stride[i] * row[i]}};
        sum->inner[1 + i] = (struct loop){
            (size_t)w->kernel[i], {(size_t)w->dilation[i] * row[i], weight[i]}};
    }
    sum->n_outer = 5;
    sum->value[0] = w->x;
    sum->shape = (struct check_shape){
        .n_dims = w->n + 2,
        .dims = {dims[0], sum->outer[1].extent * sum->outer[2].extent,
                 w->out[0]}};
    sum->shape.dims[w->n + 1] = w->out[1];
    sum->length =
        sum->inner[0].extent * sum->inner[1].extent * sum->inner[2].extent;
    build_sum(builder, sum);
}

static void build_conv(struct check_builder *builder, struct window *w)
{
    const int64_t group = check_node_integer(builder, "group", 1);
    struct sum sum = {.scale = {1.0, 1.0}};
    const struct check_value weights = check_node_input(builder, 1);
    const size_t *dims = weights.shape.dims;
    const size_t n_in = w->x.shape.dims[1];
    if (weights.shape.n_dims != w->n + 2 || group < 1 ||
        dims[0] % (size_t)group != 0 || n_in / (size_t)group != dims[1] ||
        n_in % (size_t)group != 0) {
        check_node_malformed(builder, "shapes and group do not fit");
    }
    int64_t stated[2];
    const bool is_stated = read_numbers(builder, stated, w, "kernel_shape");
    w->kernel[0] = w->n == 2 ? (int64_t)dims[2] : 1;
    w->kernel[1] = (int64_t)dims[w->n + 1];
    if (is_stated && (stated[0] != w->kernel[0] || stated[1] != w->kernel[1])) {
        check_node_malformed(builder, "kernel_shape is not the weights'");
    }
    read_window(builder, w);
    sum.value[1] = weights;
    if (check_node_has_input(builder, 2)) {
        sum.value[2] = check_node_input(builder, 2);
    }
    const size_t plane = w->x.shape.dims[2] * w->x.shape.dims[3];
    const size_t kernel = (size_t)(w->kernel[0] * w->kernel[1]);
    const size_t part = dims[0] / (size_t)group; /* channels of a group */
    sum.outer[0] = (struct loop){w->x.shape.dims[0], {n_in * plane}};
    sum.outer[1] = (struct loop){
        (size_t)group, {dims[1] * plane, part * dims[1] * kernel, part}};
    sum.outer[2] = (struct loop){part, {0, dims[1] * kernel, 1}};
    sum.inner[0] = (struct loop){dims[1], {plane, kernel}};
    build_window(builder, &sum, w);
}

static void build_pool(struct check_builder *builder, struct window *w)
{
    struct sum sum = {.inner = {once}};
    const bool is_stated = read_numbers(builder, w->kernel, w, "kernel_shape");
    read_window(builder, w);
    const int64_t count = w->kernel[0] * w->kernel[1];
    const bool is_padded =
        (w->pads[0][0] | w->pads[0][1] | w->pads[1][0] | w->pads[1][1]) != 0;
    const bool is_whole =
        check_node_integer(builder, "count_include_pad", 0) != 0 || !is_padded;
    if (!is_stated || check_node_integer(builder, "ceil_mode", 0) != 0 ||
        !is_whole || (count & (count - 1)) != 0) {
        check_node_unsupported(
            builder, "ceil_mode, or an average over other than 2^k elements");
    }
    const size_t *dims = w->x.shape.dims;
    sum.scale[0] = 1.0 / (double)count;
    sum.outer[0] = (struct loop){dims[0], {dims[1] * dims[2] * dims[3]}};
    sum.outer[1] = (struct loop){dims[1], {dims[2] * dims[3]}};
    sum.outer[2] = once;
    build_window(builder, &sum, w);
}

void check_build_window(struct check_builder *builder)
{
    struct window w = {.x = check_node_input(builder, 0)};
    size_t *dims = w.x.shape.dims;
    w.n = w.x.shape.n_dims - 2;
    if (w.x.shape.n_dims != 3 && w.x.shape.n_dims != 4) {
        check_node_unsupported(builder, "other than one or two spatial axes");
    }
    dims[3] = dims[w.n + 1];
    dims[2] = w.n == 2 ? dims[2] : 1;
    w.x.shape.n_dims = 4;
    w.in[0] = (int64_t)dims[2];
    w.in[1] = (int64_t)dims[3];
    if (strcmp(builder->node->op, "Conv") == 0) {
        build_conv(builder, &w);
    } else {
        build_pool(builder, &w);
    }
}

void check_build_relu(struct check_builder *builder)
{
    struct check_network *network = builder->network;
    struct check_value input = check_node_input(builder, 0);
    struct check_value *output =
        check_node_output(builder, 0, input.type, &input.shape);
    check_value_compute(builder, &input);
    check_rows_begin(builder, output, CHECK_RELU);
    struct check_layer *layer = &network->layers[network->n_layers - 1];
    layer->source =
        check_arena_alloc(&network->arena, input.n, sizeof *layer->source);
    memcpy(layer->source, input.map, input.n * sizeof *layer->source);
    layer->relu = network->n_relus;
    network->relu = check_arena_grow(&network->arena, network->relu,
                                     network->n_relus, sizeof *network->relu);
    network->relu[network->n_relus++] = network->n_layers - 1;
}
