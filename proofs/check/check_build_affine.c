/* Operators that become affine layers, and Relu.
 * SPDX-License-Identifier: MIT */
#include "proofs/check/check_operator.h"

#include <string.h>

/* The type of a result of x and y; integers are refused when they are read. */
static uint64_t joint_type(const struct check_value *x,
                           const struct check_value *y)
{
    return x->type == CHECK_FLOAT64 || y->type == CHECK_FLOAT64 ? CHECK_FLOAT64
                                                                : CHECK_FLOAT32;
}

/* Defines output 0 as an affine layer whose rows, to be written, are sums of
 * up to `length` products. Returns its n. */
static size_t begin(struct check_builder *builder, uint64_t type,
                    const struct check_shape *shape, size_t length)
{
    const size_t limit = (size_t)1 << 33;
    struct check_value *output = check_node_output(builder, 0);
    check_value_define(builder, output, type, shape);
    (void)check_builder_add_layer(builder, output, CHECK_AFFINE);
    if (length > limit / output->n ||
        builder->network->n_products > limit - length * output->n) {
        check_node_unsupported(builder, "too many products");
    }
    builder->network->n_products += length * output->n;
    return output->n;
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

/* The element of `from` that element i of `to` is, to which it broadcasts. */
static size_t spread(const struct check_shape *from,
                     const struct check_shape *to, size_t i)
{
    size_t at = 0;
    size_t step = 1;
    for (size_t d = to->n_dims; d-- > 0; i /= to->dims[d]) {
        const size_t dim = widened(from, to->n_dims, d);
        at += dim == 1 ? 0 : i % to->dims[d] * step;
        step *= dim;
    }
    return at;
}

void check_build_relu(struct check_builder *builder)
{
    struct check_network *network = builder->network;
    struct check_value input = check_node_input(builder, 0);
    struct check_value *output = check_node_output(builder, 0);
    check_builder_compute(builder, &input);
    check_value_define(builder, output, input.type, &input.shape);
    struct check_layer *layer =
        check_builder_add_layer(builder, output, CHECK_RELU);
    uint32_t *source =
        check_arena_alloc(&network->arena, input.n, sizeof *source);
    memcpy(source, input.map, input.n * sizeof *source);
    layer->source = source;
    layer->relu = network->n_relus;
    network->relu = check_arena_grow(&network->arena, network->relu,
                                     network->n_relus, sizeof *network->relu);
    network->relu[network->n_relus++] = network->n_layers - 1;
}

void check_build_neg(struct check_builder *builder)
{
    const struct check_value x = check_node_input(builder, 0);
    const size_t n = begin(builder, joint_type(&x, &x), &x.shape, 0);
    for (size_t i = 0; i < n; i++) {
        check_row_add(builder, -1.0, &x, i, NULL, 0);
        check_row_end(builder);
    }
}

/* Makes a constant of powers of two one of their inverses. */
static void invert(struct check_builder *builder, struct check_value *value)
{
    struct check_onnx_tensor *inverse =
        check_arena_alloc(&builder->network->arena, 1, sizeof *inverse);
    uint64_t *bits =
        check_arena_alloc(&builder->network->arena, value->n, sizeof *bits);
    for (size_t i = 0; i < value->n; i++) {
        int64_t mantissa = 0;
        long exponent = 0;
        const double x = check_onnx_real(
            value->constant, value->map == NULL ? i : value->map[i]);
        check_split_double(&mantissa, &exponent, x);
        if ((mantissa != 1 && mantissa != -1) || exponent < -1000) {
            check_node_unsupported(builder, "divisor that is not 2^k");
        }
        const double result = 1.0 / x;
        memcpy(&bits[i], &result, sizeof result);
    }
    *inverse = (struct check_onnx_tensor){.name = value->name,
                                          .type = CHECK_ONNX_DOUBLE,
                                          .doubles = {value->n, bits},
                                          .n = value->n};
    value->constant = inverse;
    value->map = NULL;
}

void check_build_arithmetic(struct check_builder *builder)
{
    const char *op = builder->node->op;
    struct check_value x = check_node_input(builder, 0);
    struct check_value y = check_node_input(builder, 1);
    const struct check_shape shape = broadcast(builder, &x.shape, &y.shape);
    const uint64_t type = joint_type(&x, &y);
    const bool is_quotient = strcmp(op, "Div") == 0;
    const bool is_product = is_quotient || strcmp(op, "Mul") == 0;
    const double sign = strcmp(op, "Sub") == 0 ? -1.0 : 1.0;
    if (y.constant != NULL) {
        check_builder_compute(builder, &x);
    } else if (is_quotient) {
        check_node_unsupported(builder, "division by a computed tensor");
    }
    if (is_quotient) {
        invert(builder, &y);
    }
    const size_t n = begin(builder, type, &shape, 0);
    for (size_t i = 0; i < n; i++) {
        const size_t at_x = spread(&x.shape, &shape, i);
        const size_t at_y = spread(&y.shape, &shape, i);
        if (is_product) {
            check_row_add(builder, 1.0, &x, at_x, &y, at_y);
        } else {
            check_row_add(builder, 1.0, &x, at_x, NULL, 0);
            check_row_add(builder, sign, &y, at_y, NULL, 0);
        }
        check_row_end(builder);
    }
}

/* A matrix inside a tensor: element (i, j) is at row * i + column * j. */
struct matrix {
    struct check_value value;
    struct check_shape batch;
    size_t n_rows;
    size_t n_columns;
    size_t row;
    size_t column;
};

static struct matrix read_matrix(const struct check_builder *builder, size_t k)
{
    struct matrix m = {.value = check_node_input(builder, k)};
    const size_t n = m.value.shape.n_dims;
    const size_t *dims = m.value.shape.dims;
    if (n == 0) {
        check_node_malformed(builder, "a scalar is no matrix");
    }
    m.batch = m.value.shape;
    m.batch.n_dims = n < 2 ? 0 : n - 2;
    m.n_rows = n >= 2 ? dims[n - 2] : k == 0 ? 1 : dims[0];
    m.n_columns = n >= 2 || k == 0 ? dims[n - 1] : 1;
    m.row = m.n_columns;
    m.column = 1;
    return m;
}

static void transpose(struct matrix *m)
{
    const struct matrix before = *m;
    m->n_rows = before.n_columns;
    m->n_columns = before.n_rows;
    m->row = before.column;
    m->column = before.row;
}

/* Output 0 is scale * m[0] * m[1], batch by batch, + scale_c * c unless c
 * has no type. Its shape may leave out rows or columns. */
struct product {
    struct matrix m[2];
    struct check_shape batch;
    struct check_shape shape;
    double scale;
    struct check_value c;
    double scale_c;
};

static void build_product(struct check_builder *builder, struct product *p)
{
    struct matrix *m = p->m;
    const size_t n_inner = m[0].n_columns;
    const size_t n_plane = m[0].n_rows * m[1].n_columns;
    const uint64_t type = p->c.type == CHECK_FLOAT64
                              ? CHECK_FLOAT64
                              : joint_type(&m[0].value, &m[1].value);
    if (n_inner != m[1].n_rows) {
        check_node_malformed(builder, "shapes do not fit");
    }
    if (m[1].value.constant != NULL) {
        check_builder_compute(builder, &m[0].value);
    }
    const size_t n = begin(builder, type, &p->shape, n_inner);
    for (size_t e = 0; e < n; e++) {
        const size_t i = e % n_plane / m[1].n_columns * m[0].row;
        const size_t j = e % m[1].n_columns * m[1].column;
        size_t at[2];
        for (size_t k = 0; k < 2; k++) {
            at[k] = spread(&m[k].batch, &p->batch, e / n_plane) * m[k].n_rows *
                    m[k].n_columns;
        }
        for (size_t k = 0; k < n_inner; k++) {
            check_row_add(builder, p->scale, &m[0].value,
                          at[0] + i + k * m[0].column, &m[1].value,
                          at[1] + k * m[1].row + j);
        }
        if (p->c.type != 0) {
            check_row_add(builder, p->scale_c, &p->c,
                          spread(&p->c.shape, &p->shape, e), NULL, 0);
        }
        check_row_end(builder);
    }
}

void check_build_matmul(struct check_builder *builder)
{
    struct product p = {.m = {read_matrix(builder, 0), read_matrix(builder, 1)},
                        .scale = 1.0};
    p.batch = broadcast(builder, &p.m[0].batch, &p.m[1].batch);
    p.shape = p.batch;
    if (p.shape.n_dims + 2 > CHECK_RANK) {
        check_node_unsupported(builder, "too many dimensions");
    }
    if (p.m[0].value.shape.n_dims > 1) {
        p.shape.dims[p.shape.n_dims++] = p.m[0].n_rows;
    }
    if (p.m[1].value.shape.n_dims > 1) {
        p.shape.dims[p.shape.n_dims++] = p.m[1].n_columns;
    }
    build_product(builder, &p);
}

void check_build_gemm(struct check_builder *builder)
{
    struct product p = {.m = {read_matrix(builder, 0), read_matrix(builder, 1)},
                        .scale = check_node_real(builder, "alpha", 1.0),
                        .scale_c = check_node_real(builder, "beta", 1.0)};
    if (p.m[0].value.shape.n_dims != 2 || p.m[1].value.shape.n_dims != 2) {
        check_node_malformed(builder, "not two matrices");
    }
    if (check_node_integer(builder, "transA", 0) != 0) {
        transpose(&p.m[0]);
    }
    if (check_node_integer(builder, "transB", 0) != 0) {
        transpose(&p.m[1]);
    }
    p.shape = (struct check_shape){2, {p.m[0].n_rows, p.m[1].n_columns}};
    if (check_node_has_input(builder, 2)) {
        p.c = check_node_input(builder, 2);
        const struct check_shape joint =
            broadcast(builder, &p.shape, &p.c.shape);
        if (memcmp(&joint, &p.shape, sizeof joint) != 0) {
            check_node_malformed(builder, "shape of C does not fit");
        }
    }
    build_product(builder, &p);
}

/* Windows over the last two axes of [images, channels, height, width];
 * inputs with one spatial axis get height 1. */
struct window {
    struct check_value x;
    struct check_value weights; /* Conv: type not 0 */
    double scale;
    size_t n; /* spatial axes that the node knows: 1 or 2 */
    size_t in[2];
    size_t out[2];
    size_t kernel[2];
    int64_t stride[2];
    int64_t dilation[2];
    int64_t before[2]; /* padding */
    bool is_padded;
};

/* Numbers of an attribute, n for each axis known, each from `least` to 2^20;
 * without it all are `least`. Those of a missing first axis are `least`. */
static void read_numbers(const struct check_builder *builder, int64_t *numbers,
                         const struct window *window, const char *name,
                         int64_t least)
{
    const struct check_integers list =
        check_node_integers(builder, name, UINT64_MAX, SIZE_MAX);
    if (list.is_given && list.n != window->n) {
        check_node_malformed(builder, "attribute of wrong length");
    }
    for (size_t i = 0; i < 2; i++) {
        const bool is_known = list.is_given && i + window->n >= 2;
        numbers[i] = is_known ? list.data[i + window->n - 2] : least;
        if (numbers[i] < least || numbers[i] > 1 << 20) {
            check_node_unsupported(builder, "stride, dilation or kernel");
        }
    }
}

/* Padding of axis i before and after, by auto_pad or pads. */
static void read_padding(const struct check_builder *builder,
                         const struct window *w, int64_t pads[2][2])
{
    const char *mode = check_node_text(builder, "auto_pad", "NOTSET");
    const bool is_upper = strcmp(mode, "SAME_UPPER") == 0;
    const bool is_same = is_upper || strcmp(mode, "SAME_LOWER") == 0;
    const struct check_integers list =
        check_node_integers(builder, "pads", UINT64_MAX, SIZE_MAX);
    for (size_t i = 0; i < 2; i++) {
        const int64_t in = (int64_t)w->in[i];
        const int64_t out = (in + w->stride[i] - 1) / w->stride[i];
        const int64_t total = (out - 1) * w->stride[i] +
                              w->dilation[i] * ((int64_t)w->kernel[i] - 1) + 1 -
                              in;
        const int64_t all = is_same && total > 0 ? total : 0;
        pads[i][0] = is_upper ? all / 2 : all - all / 2;
        pads[i][1] = all - pads[i][0];
    }
    if (list.is_given && strcmp(mode, "NOTSET") == 0) {
        if (list.n != 2 * w->n) {
            check_node_malformed(builder, "pads of wrong length");
        }
        for (size_t k = 0; k < list.n; k++) {
            pads[2 - w->n + k % w->n][k / w->n] = list.data[k];
            if (list.data[k] < 0 || list.data[k] > 1 << 20) {
                check_node_unsupported(builder, "negative or large padding");
            }
        }
    } else if (list.is_given || (!is_same && strcmp(mode, "NOTSET") != 0 &&
                                 strcmp(mode, "VALID") != 0)) {
        check_node_unsupported(builder, "value of auto_pad, or pads beside it");
    }
}

/* The windows of input 0; kernel [2] is known. */
static void read_window(const struct check_builder *builder, struct window *w)
{
    int64_t pads[2][2];
    read_numbers(builder, w->stride, w, "strides", 1);
    read_numbers(builder, w->dilation, w, "dilations", 1);
    w->in[0] = w->n == 2 ? w->x.shape.dims[2] : 1;
    w->in[1] = w->x.shape.dims[w->n + 1];
    read_padding(builder, w, pads);
    for (size_t i = 0; i < 2; i++) {
        const int64_t room = (int64_t)w->in[i] + pads[i][0] + pads[i][1] - 1 -
                             w->dilation[i] * ((int64_t)w->kernel[i] - 1);
        if (room < 0 || w->kernel[i] == 0) {
            check_node_malformed(builder, "window larger than its input");
        }
        w->out[i] = (size_t)(room / w->stride[i]) + 1;
        w->before[i] = pads[i][0];
        w->is_padded = w->is_padded || pads[i][0] != 0 || pads[i][1] != 0;
    }
}

static void start_window(const struct check_builder *builder, struct window *w)
{
    *w = (struct window){.x = check_node_input(builder, 0), .scale = 1.0};
    if (w->x.shape.n_dims != 3 && w->x.shape.n_dims != 4) {
        check_node_unsupported(builder, "other than one or two spatial axes");
    }
    w->n = w->x.shape.n_dims - 2;
}

/* Entries of the window of output element e of one channel. They take the
 * scale, or the weights of kernel number `kernel` if there are weights. */
static void add_window(struct check_builder *builder, const struct window *w,
                       size_t e, size_t channel, size_t kernel)
{
    const size_t n_kernel = w->kernel[0] * w->kernel[1];
    for (size_t k = 0; k < n_kernel; k++) {
        const int64_t row = (int64_t)(e / w->out[1]) * w->stride[0] +
                            (int64_t)(k / w->kernel[1]) * w->dilation[0] -
                            w->before[0];
        const int64_t column = (int64_t)(e % w->out[1]) * w->stride[1] +
                               (int64_t)(k % w->kernel[1]) * w->dilation[1] -
                               w->before[1];
        if (row >= 0 && row < (int64_t)w->in[0] && column >= 0 &&
            column < (int64_t)w->in[1]) {
            check_row_add(builder, w->scale, &w->x,
                          (channel * w->in[0] + (size_t)row) * w->in[1] +
                              (size_t)column,
                          w->weights.type == 0 ? NULL : &w->weights,
                          kernel * n_kernel + k);
        }
    }
}

/* Defines output 0 with that many channels. Returns its n. */
static size_t begin_window(struct check_builder *builder,
                           const struct window *w, size_t n_channels,
                           size_t length)
{
    struct check_shape shape = w->x.shape;
    shape.dims[1] = n_channels;
    shape.dims[2] = w->out[0];
    shape.dims[w->n + 1] = w->out[1];
    return begin(builder, joint_type(&w->x, &w->x), &shape, length);
}

void check_build_conv(struct check_builder *builder)
{
    struct window w;
    const struct check_shape *shape = &w.weights.shape;
    const int64_t group = check_node_integer(builder, "group", 1);
    struct check_value bias = {0};
    start_window(builder, &w);
    w.weights = check_node_input(builder, 1);
    if (shape->n_dims != w.n + 2 || group < 1 ||
        shape->dims[0] % (size_t)group != 0 ||
        w.x.shape.dims[1] / (size_t)group != shape->dims[1] ||
        w.x.shape.dims[1] % (size_t)group != 0) {
        check_node_malformed(builder, "shapes and group do not fit");
    }
    int64_t stated[2];
    w.kernel[0] = w.n == 2 ? shape->dims[2] : 1;
    w.kernel[1] = shape->dims[w.n + 1];
    read_numbers(builder, stated, &w, "kernel_shape", 1);
    if (check_node_attribute(builder, "kernel_shape", CHECK_ONNX_INTS) !=
            NULL &&
        ((size_t)stated[0] != w.kernel[0] ||
         (size_t)stated[1] != w.kernel[1])) {
        check_node_malformed(builder, "kernel_shape is not the weights'");
    }
    read_window(builder, &w);
    if (check_node_has_input(builder, 2)) {
        bias = check_node_input(builder, 2);
    }
    if (w.weights.constant != NULL) {
        check_builder_compute(builder, &w.x);
    }
    const size_t n_in = shape->dims[1];
    const size_t n_out = shape->dims[0];
    const size_t n_plane = w.out[0] * w.out[1];
    const size_t n =
        begin_window(builder, &w, n_out, n_in * w.kernel[0] * w.kernel[1]);
    for (size_t e = 0; e < n; e++) {
        const size_t image = e / n_plane / n_out;
        const size_t channel = e / n_plane % n_out;
        const size_t first = image * w.x.shape.dims[1] +
                             channel / (n_out / (size_t)group) * n_in;
        for (size_t c = 0; c < n_in; c++) {
            add_window(builder, &w, e % n_plane, first + c, channel * n_in + c);
        }
        if (bias.type != 0) {
            check_row_add(builder, 1.0, &bias, channel, NULL, 0);
        }
        check_row_end(builder);
    }
}

void check_build_average_pool(struct check_builder *builder)
{
    struct window w;
    int64_t kernel[2];
    start_window(builder, &w);
    read_numbers(builder, kernel, &w, "kernel_shape", 1);
    w.kernel[0] = (size_t)kernel[0];
    w.kernel[1] = (size_t)kernel[1];
    read_window(builder, &w);
    const size_t count = w.kernel[0] * w.kernel[1];
    const bool is_whole =
        check_node_integer(builder, "count_include_pad", 0) != 0 ||
        !w.is_padded;
    if (check_node_attribute(builder, "kernel_shape", CHECK_ONNX_INTS) ==
            NULL ||
        check_node_integer(builder, "ceil_mode", 0) != 0 || !is_whole ||
        (count & (count - 1)) != 0) {
        check_node_unsupported(
            builder, "ceil_mode, or an average over other than 2^k elements");
    }
    check_builder_compute(builder, &w.x);
    w.scale = 1.0 / (double)count;
    const size_t n_plane = w.out[0] * w.out[1];
    const size_t n = begin_window(builder, &w, w.x.shape.dims[1], count);
    for (size_t e = 0; e < n; e++) {
        add_window(builder, &w, e % n_plane, e / n_plane, 0);
        check_row_end(builder);
    }
}
