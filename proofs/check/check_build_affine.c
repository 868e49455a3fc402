/* Operators that become affine layers, and Relu.
 * SPDX-License-Identifier: MIT */
#include "proofs/check/check_operator.h"

#include <string.h>

/* A sum of one product: v[data[...]] times 1. */
static struct check_term plain_term(const struct check_value *value)
{
    struct check_term term = {
        .data = value->map, .n_data = value->n, .weight = {.scale = 1.0}};
    for (size_t i = 0; i < CHECK_INNER; i++) {
        term.inner[i].extent = 1;
    }
    return term;
}

static struct check_factor factor_of(const struct check_value *constant,
                                     double scale)
{
    return (struct check_factor){constant->constant, constant->map, constant->n,
                                 scale, false};
}

static uint64_t joint_type(const struct check_builder *builder,
                           const struct check_value *x,
                           const struct check_value *y)
{
    const bool is_double = x->type == CHECK_FLOAT64 || y->type == CHECK_FLOAT64;
    if ((x->type != CHECK_FLOAT32 && x->type != CHECK_FLOAT64) ||
        (y->type != CHECK_FLOAT32 && y->type != CHECK_FLOAT64)) {
        check_node_unsupported(builder, "computing with this element type");
    }
    return is_double ? CHECK_FLOAT64 : CHECK_FLOAT32;
}

/* Enlarges `to` so that `from` broadcasts to it. */
static void broadcast(const struct check_builder *builder,
                      struct check_shape *to, const struct check_shape *from)
{
    while (to->n_dims < from->n_dims) {
        memmove(to->dims + 1, to->dims, to->n_dims * sizeof to->dims[0]);
        to->dims[0] = 1;
        to->n_dims++;
    }
    for (size_t d = 0; d < from->n_dims; d++) {
        size_t *dim = &to->dims[to->n_dims - from->n_dims + d];
        if (*dim != from->dims[d] && *dim != 1 && from->dims[d] != 1) {
            check_node_malformed(builder, "shapes do not broadcast");
        }
        *dim = *dim == 1 ? from->dims[d] : *dim;
    }
}

/* Steps in `from` per step in `to`, to which it broadcasts: an error if it
 * does not. */
static void broadcast_steps(const struct check_builder *builder, int64_t *steps,
                            const struct check_shape *from,
                            const struct check_shape *to)
{
    int64_t own[CHECK_RANK] = {0};
    const size_t missing = to->n_dims - from->n_dims;
    if (from->n_dims > to->n_dims) {
        check_node_malformed(builder, "shape does not broadcast");
    }
    check_shape_steps(own, from);
    for (size_t d = 0; d < from->n_dims; d++) {
        if (from->dims[d] != 1 && from->dims[d] != to->dims[missing + d]) {
            check_node_malformed(builder, "shape does not broadcast");
        }
        steps[missing + d] = from->dims[d] == 1 ? 0 : own[d];
    }
}

/* One side of a product: its steps per output index and per inner index. */
struct side {
    struct check_value value;
    int64_t out[CHECK_RANK];
    int64_t inner;
};

/* scale * sum over n of x * y, where one of them is constant. */
static struct check_term product_term(struct check_builder *builder,
                                      struct side *x, struct side *y, size_t n,
                                      double scale)
{
    if (y->value.constant == NULL && x->value.constant == NULL) {
        check_node_unsupported(builder, "product of two computed tensors");
    }
    if (y->value.constant != NULL) {
        check_builder_compute(builder, &x->value);
    }
    const struct side *data = x->value.constant == NULL ? x : y;
    const struct side *weight = x->value.constant == NULL ? y : x;
    struct check_term term = plain_term(&data->value);
    term.weight = factor_of(&weight->value, scale);
    memcpy(term.out_data, data->out, sizeof term.out_data);
    memcpy(term.out_weight, weight->out, sizeof term.out_weight);
    term.inner[2].extent = n;
    term.inner[2].data = data->inner;
    term.inner[2].weight = weight->inner;
    return term;
}

/* Makes the affine layer of output 0. */
static void finish(struct check_builder *builder, uint64_t type,
                   const struct check_shape *shape,
                   const struct check_affine *affine)
{
    struct check_value *output = check_node_output(builder, 0);
    if (output != NULL) {
        check_value_define(builder, output, type, shape);
        check_builder_add_affine(builder, output, affine);
    }
}

/* The same for operators with long sums, which are counted. */
static void finish_product(struct check_builder *builder, uint64_t type,
                           const struct check_shape *shape,
                           const struct check_affine *affine)
{
    builder->network->n_products +=
        check_shape_product(shape, 0, shape->n_dims) *
        check_term_length(&affine->terms[0]);
    finish(builder, type, shape, affine);
}

void check_build_relu(struct check_builder *builder)
{
    struct check_network *network = builder->network;
    struct check_value input = check_node_input(builder, 0);
    struct check_value *output = check_node_output(builder, 0);
    (void)joint_type(builder, &input, &input);
    check_builder_compute(builder, &input);
    check_value_define(builder, output, input.type, &input.shape);
    struct check_layer *layer =
        check_builder_add_layer(builder, output, CHECK_RELU);
    layer->source = input.map;
    layer->relu = network->n_relus;
    network->relu = check_arena_grow(&network->arena, network->relu,
                                     network->n_relus, sizeof *network->relu);
    network->relu[network->n_relus++] = network->n_layers - 1;
}

void check_build_neg(struct check_builder *builder)
{
    struct check_value input = check_node_input(builder, 0);
    struct check_affine affine = {.n_out = 1, .out = {input.n}, .n_terms = 1};
    check_builder_compute(builder, &input);
    affine.terms[0] = plain_term(&input);
    affine.terms[0].weight.scale = -1.0;
    affine.terms[0].out_data[0] = 1;
    finish(builder, input.type, &input.shape, &affine);
}

void check_build_arithmetic(struct check_builder *builder)
{
    const char *op = builder->node->op;
    const double sign = strcmp(op, "Sub") == 0 ? -1.0 : 1.0;
    const bool is_quotient = strcmp(op, "Div") == 0;
    struct side sides[2] = {{.value = check_node_input(builder, 0)},
                            {.value = check_node_input(builder, 1)}};
    struct check_value *x = &sides[0].value;
    struct check_value *y = &sides[1].value;
    struct check_shape shape = x->shape;
    const uint64_t type = joint_type(builder, x, y);
    broadcast(builder, &shape, &y->shape);
    struct check_affine affine = {.n_out = shape.n_dims};
    memcpy(affine.out, shape.dims, sizeof affine.out);
    for (size_t i = 0; i < 2; i++) {
        broadcast_steps(builder, sides[i].out, &sides[i].value.shape, &shape);
    }
    if (is_quotient && y->constant == NULL) {
        check_node_unsupported(builder, "division by a computed tensor");
    }
    if (is_quotient || strcmp(op, "Mul") == 0) {
        affine.n_terms = 1;
        affine.terms[0] = product_term(builder, &sides[0], &sides[1], 1, 1.0);
        affine.terms[0].weight.is_inverse = is_quotient;
        finish(builder, type, &shape, &affine);
        return;
    }
    if (y->constant != NULL) {
        check_builder_compute(builder, x);
    }
    for (size_t i = 0; i < 2; i++) {
        const double scale = i == 0 ? 1.0 : sign;
        if (sides[i].value.constant != NULL) {
            affine.bias = factor_of(&sides[i].value, scale);
            memcpy(affine.out_bias, sides[i].out, sizeof affine.out_bias);
            continue;
        }
        struct check_term *term = &affine.terms[affine.n_terms++];
        *term = plain_term(&sides[i].value);
        term->weight.scale = scale;
        memcpy(term->out_data, sides[i].out, sizeof term->out_data);
    }
    finish(builder, type, &shape, &affine);
}

void check_build_gemm(struct check_builder *builder)
{
    struct side a = {.value = check_node_input(builder, 0)};
    struct side b = {.value = check_node_input(builder, 1)};
    const struct check_shape *shapes[2] = {&a.value.shape, &b.value.shape};
    const double alpha = check_node_real(builder, "alpha", 1.0);
    const double beta = check_node_real(builder, "beta", 1.0);
    const size_t turn_a = check_node_integer(builder, "transA", 0) != 0 ? 1 : 0;
    const size_t turn_b = check_node_integer(builder, "transB", 0) != 0 ? 1 : 0;
    uint64_t type = joint_type(builder, &a.value, &b.value);
    if (shapes[0]->n_dims != 2 || shapes[1]->n_dims != 2 ||
        shapes[0]->dims[1 - turn_a] != shapes[1]->dims[turn_b]) {
        check_node_malformed(builder, "shapes do not fit");
    }
    const struct check_shape shape = {
        2, {shapes[0]->dims[turn_a], shapes[1]->dims[1 - turn_b]}};
    const size_t n = shapes[0]->dims[1 - turn_a];
    const int64_t steps_a[2] = {(int64_t)shapes[0]->dims[1], 1};
    const int64_t steps_b[2] = {(int64_t)shapes[1]->dims[1], 1};
    a.out[0] = steps_a[turn_a];
    a.inner = steps_a[1 - turn_a];
    b.out[1] = steps_b[1 - turn_b];
    b.inner = steps_b[turn_b];
    struct check_affine affine = {.n_out = 2,
                                  .out = {shape.dims[0], shape.dims[1]},
                                  .n_terms = 1,
                                  .terms[0] =
                                      product_term(builder, &a, &b, n, alpha)};
    if (check_node_has_input(builder, 2)) {
        const struct check_value c = check_node_input(builder, 2);
        struct check_term *term = &affine.terms[1];
        type = type == CHECK_FLOAT64 ? type : joint_type(builder, &c, &c);
        if (c.constant != NULL) {
            affine.bias = factor_of(&c, beta);
            broadcast_steps(builder, affine.out_bias, &c.shape, &shape);
        } else {
            affine.n_terms = 2;
            *term = plain_term(&c);
            term->weight.scale = beta;
            broadcast_steps(builder, term->out_data, &c.shape, &shape);
        }
    }
    finish_product(builder, type, &shape, &affine);
}

/* Dimensions of a MatMul argument: [batch ..., rows, columns]. */
static void split_matrix(const struct check_builder *builder,
                         struct check_shape *batch, size_t matrix[2],
                         const struct check_shape *shape, bool is_left)
{
    const size_t n_dims = shape->n_dims;
    const size_t *dims = shape->dims;
    if (n_dims == 0) {
        check_node_malformed(builder, "a scalar is no matrix");
    }
    *batch = *shape;
    batch->n_dims = n_dims < 2 ? 0 : n_dims - 2;
    matrix[0] = n_dims >= 2 ? dims[n_dims - 2] : is_left ? 1 : dims[0];
    matrix[1] = n_dims >= 2 ? dims[n_dims - 1] : is_left ? dims[0] : 1;
}

void check_build_matmul(struct check_builder *builder)
{
    struct side sides[2] = {{.value = check_node_input(builder, 0)},
                            {.value = check_node_input(builder, 1)}};
    struct check_shape batches[2];
    size_t matrices[2][2];
    struct check_affine affine = {.n_terms = 1};
    struct check_shape batch = {0};
    const uint64_t type = joint_type(builder, &sides[0].value, &sides[1].value);
    for (size_t i = 0; i < 2; i++) {
        split_matrix(builder, &batches[i], matrices[i], &sides[i].value.shape,
                     i == 0);
        broadcast(builder, &batch, &batches[i]);
    }
    const size_t n = batch.n_dims;
    if (matrices[0][1] != matrices[1][0] || n + 2 > CHECK_RANK) {
        check_node_malformed(builder, "shapes do not fit");
    }
    for (size_t i = 0; i < 2; i++) {
        struct side *side = &sides[i];
        const int64_t columns = (int64_t)matrices[i][1];
        broadcast_steps(builder, side->out, &batches[i], &batch);
        for (size_t d = 0; d < n; d++) {
            side->out[d] *= (int64_t)matrices[i][0] * columns;
        }
        side->out[n + i] = i == 0 ? columns : 1;
        side->inner = i == 0 ? 1 : columns;
    }
    struct check_shape shape = batch;
    memcpy(affine.out, batch.dims, sizeof affine.out);
    affine.out[n] = matrices[0][0];
    affine.out[n + 1] = matrices[1][1];
    affine.n_out = n + 2;
    for (size_t i = 0; i < 2; i++) {
        if (sides[i].value.shape.n_dims > 1) {
            shape.dims[shape.n_dims++] = affine.out[n + i];
        }
    }
    affine.terms[0] =
        product_term(builder, &sides[0], &sides[1], matrices[0][1], 1.0);
    finish_product(builder, type, &shape, &affine);
}

/* One spatial axis of Conv or AveragePool. */
struct window {
    size_t in;
    size_t out;
    size_t kernel;
    int64_t stride;
    int64_t dilation;
    int64_t before; /* padding */
    int64_t after;
};

/* n numbers of an attribute, each from `least` to 2^20. */
static void read_numbers(const struct check_builder *builder, int64_t *numbers,
                         size_t n, const char *name, int64_t least)
{
    const struct check_integers list =
        check_node_integers(builder, name, UINT64_MAX, SIZE_MAX);
    if (list.is_given && list.n != n) {
        check_node_malformed(builder, "attribute of wrong length");
    }
    for (size_t i = 0; i < n; i++) {
        numbers[i] = list.is_given ? list.data[i] : least;
        if (numbers[i] < least || numbers[i] > 1 << 20) {
            check_node_unsupported(builder, "stride, dilation or padding");
        }
    }
}

/* Fills in the rest of the windows, whose `in` and `kernel` are known. */
static void read_windows(const struct check_builder *builder,
                         struct window *windows, size_t n)
{
    int64_t strides[2] = {1, 1};
    int64_t dilations[2] = {1, 1};
    int64_t pads[4] = {0};
    const char *mode = check_node_text(builder, "auto_pad", "NOTSET");
    const bool is_upper = strcmp(mode, "SAME_UPPER") == 0;
    const bool is_same = is_upper || strcmp(mode, "SAME_LOWER") == 0;
    const bool is_explicit = strcmp(mode, "NOTSET") == 0;
    read_numbers(builder, strides, n, "strides", 1);
    read_numbers(builder, dilations, n, "dilations", 1);
    read_numbers(builder, pads, 2 * n, "pads", 0);
    if (!is_same && !is_explicit && strcmp(mode, "VALID") != 0) {
        check_node_unsupported(builder, "value of auto_pad");
    }
    for (size_t i = 0; i < n; i++) {
        struct window *w = &windows[i];
        w->stride = strides[i];
        w->dilation = dilations[i];
        w->before = pads[i];
        w->after = pads[n + i];
        if (!is_explicit && (w->before != 0 || w->after != 0)) {
            check_node_unsupported(builder, "auto_pad together with pads");
        }
        const int64_t in = (int64_t)w->in;
        const int64_t reach = w->dilation * ((int64_t)w->kernel - 1) + 1;
        if (is_same) {
            const int64_t out = (in + w->stride - 1) / w->stride;
            const int64_t total = (out - 1) * w->stride + reach - in;
            const int64_t half = total > 0 ? total / 2 : 0;
            w->before = is_upper || total <= 0 ? half : total - half;
            w->after = total > 0 ? total - w->before : 0;
        }
        const int64_t room = in + w->before + w->after - reach;
        if (room < 0 || w->kernel == 0) {
            check_node_malformed(builder, "window larger than its input");
        }
        w->out = (size_t)(room / w->stride) + 1;
    }
}

/* Sums over the windows become inner indices 1 and 2 of the term, output
 * indices `axis` and `axis` + 1 of the layer. */
static void apply_windows(struct check_affine *affine,
                          const struct window *windows, size_t n, size_t axis,
                          const int64_t *steps)
{
    struct check_term *term = &affine->terms[0];
    for (size_t i = 0; i < n; i++) {
        const struct window *w = &windows[i];
        affine->out[axis + i] = w->out;
        term->origin -= w->before * steps[i];
        term->out_data[axis + i] = w->stride * steps[i];
        term->inner[1 + i] =
            (struct check_inner){.extent = w->kernel,
                                 .data = w->dilation * steps[i],
                                 .axis = axis + i,
                                 .start = -w->before,
                                 .stride = w->stride,
                                 .dilation = w->dilation,
                                 .size = (int64_t)w->in};
    }
}

/* [images, channels, one or two spatial axes] and the windows on the last. */
static size_t read_image(const struct check_builder *builder,
                         struct window *windows, const struct check_value *x,
                         const size_t *kernel)
{
    const size_t n = x->shape.n_dims - 2;
    if (n != 1 && n != 2) {
        check_node_unsupported(builder, "other than one or two spatial axes");
    }
    for (size_t i = 0; i < n; i++) {
        windows[i].in = x->shape.dims[2 + i];
        windows[i].kernel = kernel[i];
    }
    read_windows(builder, windows, n);
    return n;
}

void check_build_conv(struct check_builder *builder)
{
    struct check_value x = check_node_input(builder, 0);
    const struct check_value w = check_node_input(builder, 1);
    const int64_t group = check_node_integer(builder, "group", 1);
    const size_t *dims = w.shape.dims;
    struct window windows[2] = {0};
    int64_t steps[CHECK_RANK];
    int64_t steps_w[CHECK_RANK];
    if (w.constant == NULL) {
        check_node_unsupported(builder, "weights that are not constant");
    }
    if (w.shape.n_dims != x.shape.n_dims || group < 1 ||
        group > (int64_t)dims[0] || dims[0] % (size_t)group != 0 ||
        x.shape.dims[1] != dims[1] * (size_t)group) {
        check_node_malformed(builder, "shapes and group do not fit");
    }
    const size_t n = read_image(builder, windows, &x, dims + 2);
    const struct check_integers stated =
        check_node_integers(builder, "kernel_shape", UINT64_MAX, SIZE_MAX);
    for (size_t i = 0; i < stated.n; i++) {
        if (i >= n || stated.data[i] != (int64_t)dims[2 + i]) {
            check_node_malformed(builder, "kernel_shape is not the weights'");
        }
    }
    check_builder_compute(builder, &x);
    check_shape_steps(steps, &x.shape);
    check_shape_steps(steps_w, &w.shape);
    const size_t n_group = dims[0] / (size_t)group; /* channels of the result */
    struct check_affine affine = {
        .n_out = 3 + n, /* image, group, channel of the group, spatial axes */
        .out = {x.shape.dims[0], (size_t)group, n_group},
        .n_terms = 1,
        .terms[0] = plain_term(&x)};
    struct check_term *term = &affine.terms[0];
    term->weight = factor_of(&w, 1.0);
    term->out_data[0] = steps[0];
    term->out_data[1] = (int64_t)dims[1] * steps[1];
    term->out_weight[1] = (int64_t)n_group * steps_w[0];
    term->out_weight[2] = steps_w[0];
    term->inner[0].extent = dims[1];
    term->inner[0].data = steps[1];
    term->inner[0].weight = steps_w[1];
    apply_windows(&affine, windows, n, 3, steps + 2);
    struct check_shape shape = {2 + n, {x.shape.dims[0], dims[0]}};
    for (size_t i = 0; i < n; i++) {
        term->inner[1 + i].weight = steps_w[2 + i];
        shape.dims[2 + i] = windows[i].out;
    }
    if (check_node_has_input(builder, 2)) {
        const struct check_value bias = check_node_input(builder, 2);
        if (bias.constant == NULL || bias.n != dims[0]) {
            check_node_unsupported(builder, "bias not constant or too short");
        }
        affine.bias = factor_of(&bias, 1.0);
        affine.out_bias[1] = (int64_t)n_group;
        affine.out_bias[2] = 1;
    }
    finish_product(builder, joint_type(builder, &x, &w), &shape, &affine);
}

void check_build_average_pool(struct check_builder *builder)
{
    struct check_value x = check_node_input(builder, 0);
    const bool is_padding_counted =
        check_node_integer(builder, "count_include_pad", 0) != 0;
    struct window windows[2] = {0};
    int64_t steps[CHECK_RANK];
    int64_t sizes[2] = {0};
    if (x.shape.n_dims != 3 && x.shape.n_dims != 4) {
        check_node_unsupported(builder, "other than one or two spatial axes");
    }
    if (check_node_attribute(builder, "kernel_shape", CHECK_ONNX_INTS) ==
        NULL) {
        check_node_malformed(builder, "no kernel_shape");
    }
    read_numbers(builder, sizes, x.shape.n_dims - 2, "kernel_shape", 1);
    const size_t kernel[2] = {(size_t)sizes[0], (size_t)sizes[1]};
    const size_t n = read_image(builder, windows, &x, kernel);
    const size_t count = kernel[0] * (n == 2 ? kernel[1] : 1);
    bool is_padded = false;
    for (size_t i = 0; i < n; i++) {
        is_padded =
            is_padded || windows[i].before != 0 || windows[i].after != 0;
    }
    if (check_node_integer(builder, "ceil_mode", 0) != 0 ||
        (is_padded && !is_padding_counted) || (count & (count - 1)) != 0) {
        check_node_unsupported(
            builder, "ceil_mode, or an average over other than 2^k elements");
    }
    check_builder_compute(builder, &x);
    check_shape_steps(steps, &x.shape);
    struct check_affine affine = {.n_out = 2 + n,
                                  .out = {x.shape.dims[0], x.shape.dims[1]},
                                  .n_terms = 1,
                                  .terms[0] = plain_term(&x)};
    affine.terms[0].weight.scale = 1.0 / (double)count;
    affine.terms[0].out_data[0] = steps[0];
    affine.terms[0].out_data[1] = steps[1];
    apply_windows(&affine, windows, n, 2, steps + 2);
    struct check_shape shape = x.shape;
    for (size_t i = 0; i < n; i++) {
        shape.dims[2 + i] = windows[i].out;
    }
    finish_product(builder, joint_type(builder, &x, &x), &shape, &affine);
}
