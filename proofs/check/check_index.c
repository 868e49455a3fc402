/* Operators that only move elements, and Constant.
 * SPDX-License-Identifier: MIT */
#include "proofs/check/check_build.h"

#include <string.h>

/* Output 0 is the input with another shape. */
static void reshape(struct check_builder *builder,
                    const struct check_value *input,
                    const struct check_shape *shape)
{
    struct check_value *output =
        check_node_output(builder, 0, input->type, shape);
    if (output->n != input->n) {
        check_node_malformed(builder, "number of elements changes");
    }
    output->number = input->number;
    output->map = input->map;
}

struct check_axis *check_value_axes(struct check_builder *builder,
                                    const struct check_value *value)
{
    const struct check_shape *shape = &value->shape;
    struct check_axis *axes =
        check_arena_alloc(&builder->arena, CHECK_RANK, sizeof *axes);
    for (size_t d = 0; d < shape->n_dims; d++) {
        axes[d].step = check_shape_product(shape, d + 1, shape->n_dims);
        axes[d].dim = (int64_t)shape->dims[d];
        check_axis_cut(builder, &axes[d], 0, 1, shape->dims[d]);
    }
    return axes;
}

void check_axis_cut(struct check_builder *builder, struct check_axis *axis,
                    int64_t start, int64_t step, size_t extent)
{
    axis->extent = extent;
    axis->offset =
        check_arena_alloc(&builder->arena, extent, sizeof *axis->offset);
    for (size_t k = 0; k < extent; k++) {
        const int64_t at = start + (int64_t)k * step;
        axis->offset[k] =
            at < 0 || at >= axis->dim ? SIZE_MAX : (size_t)at * axis->step;
    }
}

void check_value_move(struct check_builder *builder, struct check_value *to,
                      const struct check_value *from,
                      const struct check_axis *axes, size_t n_axes,
                      const uint32_t *pad)
{
    const bool is_constant = from->number != NULL;
    uint32_t *map = check_arena_alloc(&builder->arena, is_constant ? 0 : to->n,
                                      sizeof *map);
    double *number = check_arena_alloc(&builder->arena, is_constant ? to->n : 0,
                                       sizeof *number);
    if (to->n == 0) {
        check_node_unsupported(builder, "result without elements");
    }
    for (size_t i = 0; i < to->n; i++) {
        size_t rest = i;
        size_t at = 0;
        bool is_pad = false;
        for (size_t d = n_axes; d-- > 0; rest /= axes[d].extent) {
            const size_t offset = axes[d].offset[rest % axes[d].extent];
            is_pad = is_pad || offset == SIZE_MAX;
            at += offset;
        }
        if (is_pad && pad == NULL) {
            check_node_malformed(builder, "index outside of the input");
        }
        if (is_constant) {
            number[i] = from->number[at];
        } else {
            map[i] = is_pad ? *pad : from->map[at];
        }
    }
    to->number = is_constant ? number : NULL;
    to->map = is_constant ? NULL : map;
}

/* Output k is the input with other axes. */
static void move(struct check_builder *builder, size_t k,
                 const struct check_value *input, const struct check_axis *axes,
                 const uint32_t *pad)
{
    struct check_shape shape = {.n_dims = input->shape.n_dims};
    for (size_t d = 0; d < shape.n_dims; d++) {
        shape.dims[d] = axes[d].extent;
    }
    check_value_move(builder,
                     check_node_output(builder, k, input->type, &shape), input,
                     axes, shape.n_dims, pad);
}

void check_build_constant(struct check_builder *builder)
{
    struct check_onnx_attribute *attribute = builder->node->attributes;
    if (builder->node->n_attributes != 1) {
        check_node_unsupported(builder, "other than one attribute");
    }
    const char *name = attribute->name;
    const uint64_t kind = attribute->kind;
    struct check_value *output =
        check_node_output(builder, 0, 0, &(struct check_shape){.n_dims = 0});
    struct check_onnx_tensor *tensor = &attribute->tensor;
    if ((strcmp(name, "value_float") == 0 && kind == CHECK_ONNX_A_FLOAT) ||
        (strcmp(name, "value_floats") == 0 && kind == CHECK_ONNX_FLOATS)) {
        tensor->type = CHECK_ONNX_FLOAT;
    } else if ((strcmp(name, "value_int") == 0 && kind == CHECK_ONNX_AN_INT) ||
               (strcmp(name, "value_ints") == 0 && kind == CHECK_ONNX_INTS)) {
        tensor->type = CHECK_ONNX_INT64;
    } else if (strcmp(name, "value") != 0 || kind != CHECK_ONNX_A_TENSOR) {
        check_node_unsupported(builder, "kind of constant");
    }
    if (kind == CHECK_ONNX_A_FLOAT || kind == CHECK_ONNX_AN_INT) {
        attribute->list = (struct check_words){1, &attribute->bits};
    } else if (kind == CHECK_ONNX_FLOATS || kind == CHECK_ONNX_INTS) {
        attribute->bits = attribute->list.n;
        tensor->dims = (struct check_words){1, &attribute->bits};
    }
    if (kind != CHECK_ONNX_A_TENSOR) {
        tensor->name = name;
        tensor->typed = attribute->list;
        tensor->n = attribute->list.n;
    }
    attribute->is_used = true;
    output->tensor = tensor;
}

void check_build_copy(struct check_builder *builder)
{
    const struct check_value input = check_node_input(builder, 0);
    const bool is_old = builder->model.opset < 12;
    if (strcmp(builder->node->op, "Dropout") == 0) {
        (void)check_node_attribute(builder, is_old ? "ratio" : "seed",
                                   is_old ? CHECK_ONNX_A_FLOAT
                                          : CHECK_ONNX_AN_INT);
    }
    if (check_node_has_input(builder, 1) && is_old) {
        check_node_malformed(builder, "an input of a later opset");
    }
    if (check_node_has_input(builder, 2)) {
        const struct check_value training = check_node_input(builder, 2);
        if (training.number == NULL || training.type != CHECK_ONNX_BOOL ||
            training.n != 1 || training.number[0] > 0.0) {
            check_node_unsupported(builder, "training mode");
        }
    }
    reshape(builder, &input, &input.shape);
}

void check_build_flatten(struct check_builder *builder)
{
    const struct check_value input = check_node_input(builder, 0);
    const size_t n = input.shape.n_dims;
    const int64_t stated = check_node_integer(builder, "axis", 1);
    const size_t axis =
        stated == (int64_t)n ? n : check_node_axis(builder, stated, n);
    reshape(
        builder, &input,
        &(struct check_shape){2,
                              {check_shape_product(&input.shape, 0, axis),
                               check_shape_product(&input.shape, axis, n)}});
}

void check_build_reshape(struct check_builder *builder)
{
    const struct check_value input = check_node_input(builder, 0);
    const struct check_integers list = check_node_integers(builder, "", 0, 1);
    const bool is_zero_kept = builder->model.opset >= 14 &&
                              check_node_integer(builder, "allowzero", 0) != 0;
    struct check_shape shape = {.n_dims = list.n};
    size_t free_dim = CHECK_RANK;
    size_t known = 1;
    if (list.n > CHECK_RANK) {
        check_node_unsupported(builder, "too many dimensions");
    }
    for (size_t d = 0; d < list.n; d++) {
        const bool is_copy = list.data[d] == 0 && !is_zero_kept;
        const bool is_free = list.data[d] == -1;
        if (list.data[d] < -1 || (is_copy && d >= input.shape.n_dims) ||
            (is_free && free_dim != CHECK_RANK)) {
            check_node_malformed(builder, "shape");
        }
        free_dim = is_free ? d : free_dim;
        shape.dims[d] = is_free   ? 1
                        : is_copy ? input.shape.dims[d]
                                  : (size_t)list.data[d];
        if (shape.dims[d] != 0 && known > input.n / shape.dims[d]) {
            check_node_malformed(builder, "number of elements changes");
        }
        known *= shape.dims[d];
    }
    if (free_dim != CHECK_RANK) {
        shape.dims[free_dim] = known == 0 ? 0 : input.n / known;
    }
    reshape(builder, &input, &shape);
}

/* Squeeze and Unsqueeze. */
void check_build_squeeze(struct check_builder *builder)
{
    const struct check_value input = check_node_input(builder, 0);
    const struct check_integers axes =
        check_node_integers(builder, "axes", 13, 1);
    const bool is_adding = strcmp(builder->node->op, "Unsqueeze") == 0;
    const size_t rank = input.shape.n_dims + (is_adding ? axes.n : 0);
    bool is_named[CHECK_RANK] = {false};
    struct check_shape shape = {0};
    size_t from = 0;
    if (rank > CHECK_RANK || (is_adding && !axes.is_given)) {
        check_node_unsupported(builder, "no axes, or too many");
    }
    for (size_t i = 0; i < axes.n; i++) {
        const size_t axis = check_node_axis(builder, axes.data[i], rank);
        if (is_named[axis]) {
            check_node_malformed(builder, "axis repeated");
        }
        is_named[axis] = true;
    }
    for (size_t d = 0; d < rank; d++) {
        const size_t dim =
            is_adding && is_named[d] ? 1 : input.shape.dims[from++];
        const bool is_gone =
            !is_adding && (axes.is_given ? is_named[d] : dim == 1);
        if (is_gone && dim != 1) {
            check_node_malformed(builder, "axis is not of size 1");
        }
        shape.dims[shape.n_dims] = dim;
        shape.n_dims += is_gone ? 0 : 1;
    }
    reshape(builder, &input, &shape);
}

void check_build_transpose(struct check_builder *builder)
{
    const struct check_value input = check_node_input(builder, 0);
    const size_t n = input.shape.n_dims;
    const struct check_integers order =
        check_node_integers(builder, "perm", UINT64_MAX, SIZE_MAX);
    const struct check_axis *own = check_value_axes(builder, &input);
    struct check_axis axes[CHECK_RANK] = {{0}};
    bool is_taken[CHECK_RANK] = {false};
    for (size_t d = 0; d < n; d++) {
        const size_t axis = !order.is_given ? n - 1 - d
                            : order.n == n
                                ? check_node_axis(builder, order.data[d], n)
                                : n;
        if (axis == n || is_taken[axis]) {
            check_node_malformed(builder, "perm is no permutation");
        }
        is_taken[axis] = true;
        axes[d] = own[axis];
    }
    move(builder, 0, &input, axes, NULL);
}

/* The number `at` of a Slice in an axis of n elements. */
static int64_t clamp(int64_t at, int64_t n, int64_t low, int64_t high)
{
    at += at < 0 ? n : 0;
    return at < low ? low : at > high ? high : at;
}

void check_build_slice(struct check_builder *builder)
{
    const struct check_value input = check_node_input(builder, 0);
    const struct check_integers starts =
        check_node_integers(builder, "starts", 10, 1);
    const struct check_integers ends =
        check_node_integers(builder, "ends", 10, 2);
    const struct check_integers list =
        check_node_integers(builder, "axes", 10, 3);
    const struct check_integers steps =
        builder->model.opset < 10 ? (struct check_integers){0}
                                  : check_node_integers(builder, "", 10, 4);
    struct check_axis *axes = check_value_axes(builder, &input);
    bool is_cut[CHECK_RANK] = {false};
    if (starts.n != ends.n || (list.is_given && list.n != starts.n) ||
        (steps.is_given && steps.n != starts.n)) {
        check_node_malformed(builder, "lists of different lengths");
    }
    for (size_t i = 0; i < starts.n; i++) {
        const size_t d =
            check_node_axis(builder, list.is_given ? list.data[i] : (int64_t)i,
                            input.shape.n_dims);
        const int64_t n = axes[d].dim;
        const int64_t step = steps.is_given ? steps.data[i] : 1;
        if (step == 0 || is_cut[d]) {
            check_node_malformed(builder, "step 0, or axis repeated");
        }
        is_cut[d] = true;
        const int64_t last = step > 0 ? n : n - 1;
        const int64_t start = clamp(starts.data[i], n, 0, last);
        const int64_t end = clamp(ends.data[i], n, step > 0 ? 0 : -1, last);
        const int64_t length = step > 0 ? end - start : start - end;
        const int64_t stride = step > 0 ? step : -step;
        check_axis_cut(builder, &axes[d], start, step,
                       length <= 0 ? 0
                                   : (size_t)((length + stride - 1) / stride));
    }
    move(builder, 0, &input, axes, NULL);
}

void check_build_split(struct check_builder *builder)
{
    const struct check_value input = check_node_input(builder, 0);
    const size_t d = check_node_axis(
        builder, check_node_integer(builder, "axis", 0), input.shape.n_dims);
    const struct check_integers sizes =
        check_node_integers(builder, "split", 13, 1);
    const size_t n = builder->node->outputs.n;
    const size_t dim = input.shape.dims[d];
    const size_t part = dim / n + (dim % n != 0 ? 1 : 0);
    struct check_axis *axes = check_value_axes(builder, &input);
    size_t start = 0;
    if (builder->model.opset >= 18 && !sizes.is_given &&
        check_node_integer(builder, "num_outputs", -1) != (int64_t)n) {
        check_node_malformed(builder, "num_outputs is not their number");
    }
    bool fits = sizes.is_given ? sizes.n == n
                               : dim % n == 0 || builder->model.opset >= 18;
    for (size_t k = 0; k < n && fits; k++) {
        const size_t left = dim - start;
        const size_t size = sizes.is_given ? (size_t)sizes.data[k]
                            : part < left  ? part
                                           : left;
        fits = size <= left && (k + 1 < n || size == left);
        if (fits) {
            check_axis_cut(builder, &axes[d], (int64_t)start, 1, size);
            move(builder, k, &input, axes, NULL);
        }
        start += size;
    }
    if (!fits) {
        check_node_malformed(builder, "parts do not fit");
    }
}

void check_build_gather(struct check_builder *builder)
{
    const struct check_value input = check_node_input(builder, 0);
    const struct check_value indices = check_node_input(builder, 1);
    const size_t n = input.shape.n_dims;
    const size_t n_inner = indices.shape.n_dims;
    const size_t d =
        check_node_axis(builder, check_node_integer(builder, "axis", 0), n);
    struct check_axis *axes = check_value_axes(builder, &input);
    struct check_shape shape = {.n_dims = n - 1 + n_inner};
    if (indices.number == NULL || shape.n_dims > CHECK_RANK ||
        (indices.type != CHECK_ONNX_INT64 &&
         indices.type != CHECK_ONNX_INT32)) {
        check_node_unsupported(builder, "large rank, or indices that are no "
                                        "constant of integers");
    }
    for (size_t k = 0; k < shape.n_dims; k++) {
        shape.dims[k] = k < d             ? input.shape.dims[k]
                        : k - d < n_inner ? indices.shape.dims[k - d]
                                          : input.shape.dims[k + 1 - n_inner];
    }
    check_axis_cut(builder, &axes[d], 0, 1, indices.n);
    for (size_t i = 0; i < indices.n; i++) {
        const double at = indices.number[i];
        const double dim = (double)axes[d].dim;
        axes[d].offset[i] =
            at < -dim || at >= dim
                ? SIZE_MAX
                : (size_t)(at < 0.0 ? at + dim : at) * axes[d].step;
    }
    check_value_move(builder, check_node_output(builder, 0, input.type, &shape),
                     &input, axes, n, NULL);
}

void check_build_concat(struct check_builder *builder)
{
    const struct check_value first = check_node_input(builder, 0);
    const size_t n = first.shape.n_dims;
    const size_t d = check_node_axis(
        builder, check_node_integer(builder, "axis", INT64_MAX), n);
    const size_t after = check_shape_product(&first.shape, d + 1, n);
    struct check_shape shape = first.shape;
    size_t at = 0;
    shape.dims[d] = 0;
    for (size_t i = 0; i < builder->node->inputs.n; i++) {
        struct check_value input = check_node_input(builder, i);
        shape.dims[d] += input.shape.dims[d];
        input.shape.dims[d] = first.shape.dims[d];
        if (input.type != first.type ||
            memcmp(&input.shape, &first.shape, sizeof first.shape) != 0) {
            check_node_malformed(builder, "shapes or types do not fit");
        }
    }
    struct check_value *output =
        check_node_output(builder, 0, first.type, &shape);
    uint32_t *map = check_arena_alloc(&builder->arena, output->n, sizeof *map);
    for (size_t i = 0; i < builder->node->inputs.n; i++) {
        struct check_value input = check_node_input(builder, i);
        const size_t run = input.shape.dims[d] * after;
        check_value_compute(builder, &input);
        for (size_t e = 0; e < input.n; e++) {
            map[e / run * shape.dims[d] * after + at + e % run] = input.map[e];
        }
        at += run;
    }
    output->map = map;
}

void check_build_pad(struct check_builder *builder)
{
    struct check_value input = check_node_input(builder, 0);
    const uint64_t opset = builder->model.opset;
    const struct check_integers pads =
        check_node_integers(builder, "pads", 11, 1);
    const struct check_integers list =
        opset < 18 ? (struct check_integers){0}
                   : check_node_integers(builder, "", 18, 3);
    const size_t n = list.is_given ? list.n : input.shape.n_dims;
    struct check_axis *axes = check_value_axes(builder, &input);
    bool is_padded[CHECK_RANK] = {false};
    if (strcmp(check_node_text(builder, "mode", "constant"), "constant") != 0) {
        check_node_unsupported(builder, "mode of padding");
    }
    if (pads.n != 2 * n || (opset < 11 && builder->node->inputs.n > 1)) {
        check_node_malformed(builder, "number of pads or inputs");
    }
    for (size_t i = 0; i < n; i++) {
        const size_t d =
            check_node_axis(builder, list.is_given ? list.data[i] : (int64_t)i,
                            input.shape.n_dims);
        const int64_t extent = axes[d].dim + pads.data[i] + pads.data[n + i];
        if (is_padded[d] || extent <= 0 || extent > (int64_t)1 << 31) {
            check_node_unsupported(builder, "axis repeated, or size of axis");
        }
        is_padded[d] = true;
        check_axis_cut(builder, &axes[d], -pads.data[i], 1, (size_t)extent);
    }
    const double number =
        opset < 11 ? check_node_real(builder, "value", 0.0) : 0.0;
    struct check_value pad = {
        .name = "pad", .type = CHECK_FLOAT32, .n = 1, .number = &number};
    if (opset >= 11 && check_node_has_input(builder, 2)) {
        pad = check_node_input(builder, 2);
    }
    if (pad.n != 1) {
        check_node_malformed(builder, "padding that is no scalar");
    }
    check_value_compute(builder, &pad);
    check_value_compute(builder, &input);
    move(builder, 0, &input, axes, pad.map);
}
