/* Operators that only move elements, and Constant.
 * SPDX-License-Identifier: MIT */
#include "proofs/check/check_operator.h"

#include <string.h>

/* Output 0 is the input with another shape. */
static void reshape(struct check_builder *builder,
                    const struct check_value *input,
                    const struct check_shape *shape)
{
    struct check_value *output = check_node_output(builder, 0);
    check_value_define(builder, output, input->type, shape);
    if (output->n != input->n) {
        check_node_malformed(builder, "number of elements changes");
    }
    output->constant = input->constant;
    output->map = input->map;
}

/* An output axis: index k is index table[k], or start + k * stride without a
 * table, of an input axis of `dim` elements, `step` apart. */
struct axis {
    size_t extent;
    int64_t dim;
    int64_t step;
    int64_t start;
    int64_t stride;
    const int64_t *table;
};

/* The input's own axes. */
static void own_axes(struct axis *axes, const struct check_shape *shape)
{
    for (size_t d = 0; d < shape->n_dims; d++) {
        axes[d] = (struct axis){
            .extent = shape->dims[d],
            .dim = (int64_t)shape->dims[d],
            .step = (int64_t)check_shape_product(shape, d + 1, shape->n_dims),
            .stride = 1};
    }
}

/* Output k, with the axes' shape. What is outside of the input is `pad`. */
static struct check_value *move(struct check_builder *builder, size_t k,
                                const struct check_value *input,
                                const struct axis *axes, size_t n_axes,
                                const uint32_t *pad)
{
    struct check_value *output = check_node_output(builder, k);
    struct check_shape shape = {.n_dims = n_axes};
    for (size_t d = 0; d < n_axes; d++) {
        shape.dims[d] = axes[d].extent;
        if (axes[d].extent == 0) {
            check_node_unsupported(builder, "result without elements");
        }
    }
    check_value_define(builder, output, input->type, &shape);
    uint32_t *map =
        check_arena_alloc(&builder->network->arena, output->n, sizeof *map);
    for (size_t i = 0; i < output->n; i++) {
        size_t rest = i;
        int64_t from = 0;
        bool is_pad = false;
        for (size_t d = n_axes; d-- > 0; rest /= axes[d].extent) {
            const int64_t at = (int64_t)(rest % axes[d].extent);
            const int64_t of = axes[d].table != NULL
                                   ? axes[d].table[at]
                                   : axes[d].start + at * axes[d].stride;
            is_pad = is_pad || of < 0 || of >= axes[d].dim;
            from += of * axes[d].step;
        }
        if (is_pad && pad == NULL) {
            check_node_malformed(builder, "index outside of the input");
        }
        map[i] = is_pad               ? *pad
                 : input->map == NULL ? (uint32_t)from
                                      : input->map[from];
    }
    output->constant = input->constant;
    output->map = map;
    return output;
}

void check_build_constant(struct check_builder *builder)
{
    struct check_arena *arena = &builder->network->arena;
    struct check_onnx_tensor *tensor =
        check_arena_alloc(arena, 1, sizeof *tensor);
    uint64_t *n = check_arena_alloc(arena, 1, sizeof *n);
    struct check_onnx_attribute *attribute = builder->node->attributes.data;
    if (builder->node->attributes.n != 1) {
        check_node_unsupported(builder, "other than one attribute");
    }
    const char *name = attribute->name;
    const uint64_t kind = attribute->kind;
    attribute->is_used = 1;
    *tensor = (struct check_onnx_tensor){.name = name, .n = 1};
    tensor->type = CHECK_ONNX_FLOAT;
    if (strcmp(name, "value") == 0 && kind == CHECK_ONNX_A_TENSOR) {
        tensor = &attribute->tensor;
    } else if (strcmp(name, "value_float") == 0 && kind == CHECK_ONNX_A_FLOAT) {
        tensor->floats = (struct check_list){1, &attribute->real};
    } else if (strcmp(name, "value_floats") == 0 && kind == CHECK_ONNX_FLOATS) {
        tensor->floats = attribute->floats;
    } else if (strcmp(name, "value_int") == 0 && kind == CHECK_ONNX_AN_INT) {
        tensor->type = CHECK_ONNX_INT64;
        tensor->int64s = (struct check_list){1, &attribute->integer};
    } else if (strcmp(name, "value_ints") == 0 && kind == CHECK_ONNX_INTS) {
        tensor->type = CHECK_ONNX_INT64;
        tensor->int64s = attribute->ints;
    } else {
        check_node_unsupported(builder, "kind of constant");
    }
    if (kind == CHECK_ONNX_FLOATS || kind == CHECK_ONNX_INTS) {
        tensor->n = tensor->floats.n + tensor->int64s.n;
        *n = tensor->n;
        tensor->dims = (struct check_list){1, n};
    }
    check_value_store(builder, check_node_output(builder, 0), tensor);
}

void check_build_dropout(struct check_builder *builder)
{
    const struct check_value input = check_node_input(builder, 0);
    if (strcmp(builder->node->op, "Dropout") == 0) {
        const char *option = builder->model->opset < 12 ? "ratio" : "seed";
        (void)check_node_attribute(builder, option,
                                   builder->model->opset < 12
                                       ? CHECK_ONNX_A_FLOAT
                                       : CHECK_ONNX_AN_INT);
    }
    if (check_node_has_input(builder, 1) && builder->model->opset < 12) {
        check_node_malformed(builder, "an input of a later opset");
    }
    if (check_node_has_input(builder, 2)) {
        const struct check_value training = check_node_input(builder, 2);
        if (training.constant == NULL || training.type != CHECK_ONNX_BOOL ||
            training.n != 1 || check_onnx_integer(training.constant, 0) != 0) {
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
    const struct check_shape shape = {
        2,
        {check_shape_product(&input.shape, 0, axis),
         check_shape_product(&input.shape, axis, n)}};
    reshape(builder, &input, &shape);
}

void check_build_reshape(struct check_builder *builder)
{
    const struct check_value input = check_node_input(builder, 0);
    const struct check_integers list = check_node_integers(builder, "", 0, 1);
    const bool is_zero_kept = builder->model->opset >= 14 &&
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

void check_build_squeeze(struct check_builder *builder)
{
    const struct check_value input = check_node_input(builder, 0);
    const struct check_integers axes =
        check_node_integers(builder, "axes", 13, 1);
    struct check_shape shape = {0};
    bool is_gone[CHECK_RANK] = {false};
    for (size_t i = 0; i < axes.n; i++) {
        const size_t axis =
            check_node_axis(builder, axes.data[i], input.shape.n_dims);
        if (input.shape.dims[axis] != 1 || is_gone[axis]) {
            check_node_malformed(builder, "axis repeated, or not of size 1");
        }
        is_gone[axis] = true;
    }
    for (size_t d = 0; d < input.shape.n_dims; d++) {
        if (axes.is_given ? !is_gone[d] : input.shape.dims[d] != 1) {
            shape.dims[shape.n_dims++] = input.shape.dims[d];
        }
    }
    reshape(builder, &input, &shape);
}

void check_build_unsqueeze(struct check_builder *builder)
{
    const struct check_value input = check_node_input(builder, 0);
    const struct check_integers axes =
        check_node_integers(builder, "axes", 13, 1);
    struct check_shape shape = {.n_dims = input.shape.n_dims + axes.n};
    bool is_made[CHECK_RANK] = {false};
    size_t from = 0;
    if (!axes.is_given || shape.n_dims > CHECK_RANK) {
        check_node_unsupported(builder, "no axes, or too many");
    }
    for (size_t i = 0; i < axes.n; i++) {
        const size_t axis =
            check_node_axis(builder, axes.data[i], shape.n_dims);
        if (is_made[axis]) {
            check_node_malformed(builder, "axis repeated");
        }
        is_made[axis] = true;
    }
    for (size_t d = 0; d < shape.n_dims; d++) {
        shape.dims[d] = is_made[d] ? 1 : input.shape.dims[from++];
    }
    reshape(builder, &input, &shape);
}

void check_build_transpose(struct check_builder *builder)
{
    const struct check_value input = check_node_input(builder, 0);
    const size_t n = input.shape.n_dims;
    const struct check_integers order =
        check_node_integers(builder, "perm", UINT64_MAX, SIZE_MAX);
    struct axis axes[CHECK_RANK] = {{0}};
    struct axis own[CHECK_RANK] = {{0}};
    bool is_taken[CHECK_RANK] = {false};
    own_axes(own, &input.shape);
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
    (void)move(builder, 0, &input, axes, n, NULL);
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
        builder->model->opset < 10 ? (struct check_integers){0}
                                   : check_node_integers(builder, "", 10, 4);
    struct axis axes[CHECK_RANK] = {{0}};
    bool is_cut[CHECK_RANK] = {false};
    if (starts.n != ends.n || (list.is_given && list.n != starts.n) ||
        (steps.is_given && steps.n != starts.n)) {
        check_node_malformed(builder, "lists of different lengths");
    }
    own_axes(axes, &input.shape);
    for (size_t i = 0; i < starts.n; i++) {
        const size_t d =
            check_node_axis(builder, list.is_given ? list.data[i] : (int64_t)i,
                            input.shape.n_dims);
        const int64_t n = (int64_t)input.shape.dims[d];
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
        axes[d].extent =
            length <= 0 ? 0 : (size_t)((length + stride - 1) / stride);
        axes[d].start = start;
        axes[d].stride = step;
    }
    (void)move(builder, 0, &input, axes, input.shape.n_dims, NULL);
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
    struct axis axes[CHECK_RANK] = {{0}};
    size_t start = 0;
    if (builder->model->opset >= 18 && !sizes.is_given &&
        check_node_integer(builder, "num_outputs", -1) != (int64_t)n) {
        check_node_malformed(builder, "num_outputs is not their number");
    }
    if ((sizes.is_given && sizes.n != n) ||
        (!sizes.is_given && dim % n != 0 && builder->model->opset < 18)) {
        check_node_malformed(builder, "parts do not fit");
    }
    own_axes(axes, &input.shape);
    for (size_t k = 0; k < n; k++) {
        const size_t left = dim - start;
        const size_t size = sizes.is_given ? (size_t)sizes.data[k]
                            : part < left  ? part
                                           : left;
        if (size > left) {
            check_node_malformed(builder, "parts do not fit");
        }
        axes[d].extent = size;
        axes[d].start = (int64_t)start;
        start += size;
        (void)move(builder, k, &input, axes, input.shape.n_dims, NULL);
    }
    if (start != dim) {
        check_node_malformed(builder, "parts do not fit");
    }
}

void check_build_gather(struct check_builder *builder)
{
    const struct check_value input = check_node_input(builder, 0);
    const struct check_value indices = check_node_input(builder, 1);
    const struct check_shape *shape = &input.shape;
    const size_t n = shape->n_dims;
    const size_t d =
        check_node_axis(builder, check_node_integer(builder, "axis", 0), n);
    const size_t n_inner = indices.shape.n_dims;
    const size_t after = check_shape_product(shape, d + 1, n);
    int64_t *table =
        check_arena_alloc(&builder->network->arena, indices.n, sizeof *table);
    if (indices.constant == NULL || n - 1 + n_inner > CHECK_RANK) {
        check_node_unsupported(builder, "computed indices, or large rank");
    }
    for (size_t i = 0; i < indices.n; i++) {
        const int64_t at = check_onnx_integer(
            indices.constant, indices.map == NULL ? i : indices.map[i]);
        table[i] = at < 0 ? at + (int64_t)shape->dims[d] : at;
    }
    struct axis axes[CHECK_RANK] = {{0}};
    own_axes(axes, shape);
    const struct axis flat[3] = {
        {.extent = check_shape_product(shape, 0, d),
         .dim = INT64_MAX,
         .step = (int64_t)(shape->dims[d] * after),
         .stride = 1},
        {indices.n, axes[d].dim, axes[d].step, 0, 0, table},
        {after, INT64_MAX, 1, 0, 1, NULL}};
    struct check_value *output = move(builder, 0, &input, flat, 3, NULL);
    struct check_shape result = {.n_dims = n - 1 + n_inner};
    memcpy(result.dims, shape->dims, d * sizeof result.dims[0]);
    memcpy(result.dims + d, indices.shape.dims,
           n_inner * sizeof result.dims[0]);
    memcpy(result.dims + d + n_inner, shape->dims + d + 1,
           (n - 1 - d) * sizeof result.dims[0]);
    output->shape = result;
}

void check_build_concat(struct check_builder *builder)
{
    const struct check_value first = check_node_input(builder, 0);
    struct check_value *output = check_node_output(builder, 0);
    const size_t n = first.shape.n_dims;
    const size_t d = check_node_axis(
        builder, check_node_integer(builder, "axis", INT64_MAX), n);
    const size_t before = check_shape_product(&first.shape, 0, d);
    const size_t after = check_shape_product(&first.shape, d + 1, n);
    struct check_shape shape = first.shape;
    size_t at = 0;
    shape.dims[d] = 0;
    for (size_t i = 0; i < builder->node->inputs.n; i++) {
        struct check_value input = check_node_input(builder, i);
        shape.dims[d] += input.shape.dims[d];
        input.shape.dims[d] = first.shape.dims[d];
        if (input.shape.n_dims != n ||
            memcmp(input.shape.dims, first.shape.dims,
                   n * sizeof first.shape.dims[0]) != 0 ||
            input.type != first.type) {
            check_node_malformed(builder, "shapes or types do not fit");
        }
    }
    check_value_define(builder, output, first.type, &shape);
    uint32_t *map =
        check_arena_alloc(&builder->network->arena, output->n, sizeof *map);
    for (size_t i = 0; i < builder->node->inputs.n; i++) {
        struct check_value input = check_node_input(builder, i);
        const size_t run = input.shape.dims[d] * after;
        check_builder_compute(builder, &input);
        for (size_t k = 0; k < before && run > 0; k++) {
            memcpy(map + k * shape.dims[d] * after + at, input.map + k * run,
                   run * sizeof *map);
        }
        at += run;
    }
    output->map = map;
}

/* The coordinate that is the constant the Pad asks for. */
static uint32_t padding(struct check_builder *builder)
{
    struct check_onnx_attribute real = {.present = 0};
    struct check_onnx_tensor tensor = {.name = "pad",
                                       .type = CHECK_ONNX_FLOAT,
                                       .floats = {1, &real.real},
                                       .n = 1};
    struct check_value value = {.name = "pad", .constant = &tensor, .n = 1};
    if (builder->model->opset < 11) {
        const struct check_onnx_attribute *attribute =
            check_node_attribute(builder, "value", CHECK_ONNX_A_FLOAT);
        real.real = attribute == NULL ? 0 : attribute->real;
    } else if (check_node_has_input(builder, 2)) {
        value = check_node_input(builder, 2);
    }
    if (value.n != 1) {
        check_node_malformed(builder, "padding that is no scalar");
    }
    check_builder_compute(builder, &value);
    return value.map[0];
}

void check_build_pad(struct check_builder *builder)
{
    struct check_value input = check_node_input(builder, 0);
    const struct check_integers pads =
        check_node_integers(builder, "pads", 11, 1);
    const struct check_integers list =
        builder->model->opset < 18 ? (struct check_integers){0}
                                   : check_node_integers(builder, "", 18, 3);
    const size_t n = list.is_given ? list.n : input.shape.n_dims;
    struct axis axes[CHECK_RANK] = {{0}};
    const struct check_shape shape = input.shape;
    bool is_padded[CHECK_RANK] = {false};
    if (strcmp(check_node_text(builder, "mode", "constant"), "constant") != 0) {
        check_node_unsupported(builder, "mode of padding");
    }
    if (pads.n != 2 * n ||
        (builder->model->opset < 11 && builder->node->inputs.n > 1)) {
        check_node_malformed(builder, "number of pads or inputs");
    }
    check_builder_compute(builder, &input);
    own_axes(axes, &input.shape);
    for (size_t i = 0; i < n; i++) {
        const size_t d = check_node_axis(
            builder, list.is_given ? list.data[i] : (int64_t)i, shape.n_dims);
        const int64_t dim = (int64_t)shape.dims[d];
        const int64_t extent = dim + pads.data[i] + pads.data[n + i];
        if (is_padded[d] || extent <= 0 || extent > (int64_t)1 << 31) {
            check_node_unsupported(builder, "axis repeated, or size of axis");
        }
        is_padded[d] = true;
        axes[d].extent = (size_t)extent;
        axes[d].start = -pads.data[i];
    }
    const uint32_t pad = padding(builder);
    (void)move(builder, 0, &input, axes, shape.n_dims, &pad);
}
