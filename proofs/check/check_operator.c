/* Operators that move elements, and the list of all.
 * SPDX-License-Identifier: MIT */
#include "proofs/check/check_build.h"

#include <string.h>

/* The axis 0 <= a < rank that is meant; negative ones count from the end. */
static size_t get_axis(const struct check_builder *b, int64_t axis, size_t rank)
{
    const int64_t n = (int64_t)rank;
    check_malformed_if(b, axis < -n || axis >= n, "axis out of range");
    return (size_t)(axis < 0 ? axis + n : axis);
}

size_t check_mark_axis(const struct check_builder *b, bool *is_marked,
                       int64_t axis, size_t rank)
{
    const size_t d = get_axis(b, axis, rank);
    check_malformed_if(b, is_marked[d], "axis repeated");
    is_marked[d] = true;
    return d;
}

/* Output 0 is the input with another shape. */
static void reshape(struct check_builder *b, const struct check_value *input,
                    const struct check_shape *shape)
{
    struct check_value *output = check_output(b, 0, input->type, shape);
    check_malformed_if(b, output->n != input->n, "number of elements changes");
    output->number = input->number;
    output->map = input->map;
}

void check_cut(struct check_builder *b, struct check_axis *axis, int64_t start,
               int64_t step, size_t extent)
{
    axis->extent = extent;
    axis->offset = check_arena_alloc(&b->arena, extent, sizeof *axis->offset);
    for (size_t k = 0; k < extent; k++) {
        const int64_t at = start + (int64_t)k * step;
        axis->offset[k] =
            at < 0 || at >= axis->dim ? SIZE_MAX : (size_t)at * axis->step;
    }
}

struct check_axis *check_axes(struct check_builder *b,
                              const struct check_shape *shape)
{
    struct check_axis *axes =
        check_arena_alloc(&b->arena, CHECK_RANK, sizeof *axes);
    size_t step = 1;
    for (size_t d = shape->n_dims; d-- > 0; step *= shape->dims[d]) {
        axes[d].step = step;
        axes[d].dim = (int64_t)shape->dims[d];
        check_cut(b, &axes[d], 0, 1, shape->dims[d]);
    }
    return axes;
}

void check_move(struct check_builder *b, struct check_value *to,
                const struct check_value *from, const struct check_axis *axes,
                size_t n_axes, const uint32_t *pad)
{
    static size_t nowhere = 0;
    const struct check_axis one = {.extent = 1, .offset = &nowhere};
    const struct check_axis *last = n_axes == 0 ? &one : &axes[n_axes - 1];
    const bool is_constant = from->number != NULL;
    const size_t size = is_constant ? sizeof(double) : sizeof(uint32_t);
    void *data = check_arena_alloc(&b->arena, to->n, size);
    for (size_t i = 0; i < to->n; i += last->extent) {
        size_t rest = i / last->extent;
        size_t first = 0;
        bool is_pad = false;
        for (size_t d = n_axes; d-- > 1; rest /= axes[d - 1].extent) {
            const size_t offset = axes[d - 1].offset[rest % axes[d - 1].extent];
            is_pad = is_pad || offset == SIZE_MAX;
            first += offset;
        }
        for (size_t k = 0; k < last->extent; k++) {
            const size_t at = first + last->offset[k];
            const bool is_outside = is_pad || last->offset[k] == SIZE_MAX;
            check_malformed_if(b, is_outside && pad == NULL,
                               "index outside of the input");
            if (is_constant) {
                ((double *)data)[i + k] = from->number[at];
            } else {
                ((uint32_t *)data)[i + k] = is_outside ? *pad : from->map[at];
            }
        }
    }
    to->number = is_constant ? data : NULL;
    to->map = is_constant ? NULL : data;
}

bool check_turn(struct check_builder *b, struct check_value *value,
                const struct check_shape *shape)
{
    const size_t m = shape->dims[0];
    const size_t n = shape->dims[1];
    const struct check_shape turned = {2, {n, m}};
    const double *from = value->number;
    if (from == NULL || value->n == 0 || shape->n_dims != 2 ||
        !check_is_same(&turned, &value->shape)) {
        return false;
    }
    double *to = check_arena_alloc(&b->arena, m * n, sizeof *to);
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < m; j++) {
            if (from[i * m + j] < 0.0 || from[i * m + j] > 0.0) {
                to[j * n + i] = from[i * m + j];
            }
        }
    }
    check_define(b, value, value->type, shape);
    value->number = to;
    return true;
}

/* Output k is the input with as many, other axes. */
static void move(struct check_builder *b, size_t k,
                 const struct check_value *input, const struct check_axis *axes,
                 const uint32_t *pad)
{
    struct check_shape shape = {.n_dims = input->shape.n_dims};
    for (size_t d = 0; d < shape.n_dims; d++) {
        shape.dims[d] = axes[d].extent;
    }
    check_move(b, check_output(b, k, input->type, &shape), input, axes,
               shape.n_dims, pad);
}

/* Dropout and Identity. */
static void build_copy(struct check_builder *b)
{
    const struct check_value input = check_input(b, 0);
    const bool is_old = b->model.opset < 12;
    if (strcmp(b->node->op, "Dropout") == 0) {
        (void)check_attribute(b, is_old ? "ratio" : "seed",
                              is_old ? CHECK_ONNX_A_FLOAT : CHECK_ONNX_AN_INT);
    }
    check_malformed_if(b, check_has_input(b, 1) && is_old,
                       "an input of a later opset");
    if (check_has_input(b, 2)) {
        const struct check_value training = check_input(b, 2);
        check_unsupported_if(b,
                             training.number == NULL ||
                                 training.type != CHECK_ONNX_BOOL ||
                                 training.n != 1 || training.number[0] > 0.0,
                             "training mode");
    }
    reshape(b, &input, &input.shape);
}

static void build_flatten(struct check_builder *b)
{
    const struct check_value input = check_input(b, 0);
    const size_t n = input.shape.n_dims;
    const int64_t stated = check_integer(b, "axis", 1);
    const size_t axis = stated == (int64_t)n ? n : get_axis(b, stated, n);
    struct check_shape shape = {2, {1, 1}};
    for (size_t d = 0; d < n; d++) {
        shape.dims[d < axis ? 0 : 1] *= input.shape.dims[d];
    }
    reshape(b, &input, &shape);
}

static void build_reshape(struct check_builder *b)
{
    const struct check_value input = check_input(b, 0);
    const struct check_integers list = check_integers(b, "", 0, 1);
    const bool is_zero_kept =
        b->model.opset >= 14 && check_integer(b, "allowzero", 0) != 0;
    struct check_shape shape = {.n_dims = list.n};
    size_t *free_dim = NULL;
    size_t known = 1;
    check_unsupported_if(b, list.n > CHECK_RANK, "too many dimensions");
    for (size_t d = 0; d < list.n; d++) {
        const bool is_copy = list.data[d] == 0 && !is_zero_kept;
        const bool is_free = list.data[d] == -1;
        check_malformed_if(b,
                           list.data[d] < -1 ||
                               (is_copy && d >= input.shape.n_dims) ||
                               (is_free && free_dim != NULL),
                           "shape");
        free_dim = is_free ? &shape.dims[d] : free_dim;
        shape.dims[d] = is_free   ? 1
                        : is_copy ? input.shape.dims[d]
                                  : (size_t)list.data[d];
        check_malformed_if(b,
                           input.n != 0 && shape.dims[d] != 0 &&
                               known > input.n / shape.dims[d],
                           "number of elements changes");
        known *= shape.dims[d];
    }
    if (free_dim != NULL) {
        *free_dim = known == 0 ? 0 : input.n / known;
    }
    reshape(b, &input, &shape);
}

/* Squeeze and Unsqueeze. */
static void build_squeeze(struct check_builder *b)
{
    const struct check_value input = check_input(b, 0);
    const struct check_integers axes = check_integers(b, "axes", 13, 1);
    const bool is_adding = strcmp(b->node->op, "Unsqueeze") == 0;
    const size_t rank = input.shape.n_dims + (is_adding ? axes.n : 0);
    bool is_named[CHECK_RANK] = {false};
    struct check_shape shape = {0};
    size_t from = 0;
    check_unsupported_if(b, rank > CHECK_RANK || (is_adding && !axes.is_given),
                         "no axes, or too many");
    for (size_t i = 0; i < axes.n; i++) {
        (void)check_mark_axis(b, is_named, axes.data[i], rank);
    }
    for (size_t d = 0; d < rank; d++) {
        const size_t dim =
            is_adding && is_named[d] ? 1 : input.shape.dims[from++];
        const bool is_gone =
            !is_adding && (axes.is_given ? is_named[d] : dim == 1);
        check_malformed_if(b, is_gone && dim != 1, "axis is not of size 1");
        shape.dims[shape.n_dims] = dim;
        shape.n_dims += is_gone ? 0 : 1;
    }
    reshape(b, &input, &shape);
}

static void build_transpose(struct check_builder *b)
{
    const struct check_value input = check_input(b, 0);
    const size_t n = input.shape.n_dims;
    const struct check_integers order =
        check_integers(b, "perm", UINT64_MAX, SIZE_MAX);
    const struct check_axis *own = check_axes(b, &input.shape);
    struct check_axis axes[CHECK_RANK] = {{0}};
    bool is_taken[CHECK_RANK] = {false};
    check_malformed_if(b, order.is_given && order.n != n,
                       "perm is no permutation");
    for (size_t d = 0; d < n; d++) {
        axes[d] = order.is_given
                      ? own[check_mark_axis(b, is_taken, order.data[d], n)]
                      : own[n - 1 - d];
    }
    move(b, 0, &input, axes, NULL);
}

/* The number `at` of a Slice in an axis of n elements. */
static int64_t clamp(int64_t at, int64_t n, int64_t low, int64_t high)
{
    at += at < 0 ? n : 0;
    return at < low ? low : at > high ? high : at;
}

static void build_slice(struct check_builder *b)
{
    const struct check_value input = check_input(b, 0);
    const struct check_integers starts = check_integers(b, "starts", 10, 1);
    const struct check_integers ends = check_integers(b, "ends", 10, 2);
    const struct check_integers list = check_integers(b, "axes", 10, 3);
    const struct check_integers steps = check_integers(b, "", 10, 4);
    struct check_axis *axes = check_axes(b, &input.shape);
    bool is_cut[CHECK_RANK] = {false};
    check_malformed_if(b,
                       starts.n != ends.n ||
                           (list.is_given && list.n != starts.n) ||
                           (steps.is_given && steps.n != starts.n),
                       "lists of different lengths");
    for (size_t i = 0; i < starts.n; i++) {
        struct check_axis *axis = &axes[check_mark_axis(
            b, is_cut, list.is_given ? list.data[i] : (int64_t)i,
            input.shape.n_dims)];
        const int64_t step = steps.is_given ? steps.data[i] : 1;
        const int64_t last = step > 0 ? axis->dim : axis->dim - 1;
        const int64_t start = clamp(starts.data[i], axis->dim, 0, last);
        const int64_t end =
            clamp(ends.data[i], axis->dim, step > 0 ? 0 : -1, last);
        const int64_t length = step > 0 ? end - start : start - end;
        const int64_t stride = step > 0 ? step : -step;
        check_malformed_if(b, step == 0, "step 0");
        check_cut(b, axis, start, step,
                  length <= 0 ? 0 : (size_t)((length + stride - 1) / stride));
    }
    move(b, 0, &input, axes, NULL);
}

static void build_split(struct check_builder *b)
{
    const struct check_value input = check_input(b, 0);
    const size_t d =
        get_axis(b, check_integer(b, "axis", 0), input.shape.n_dims);
    const struct check_integers sizes = check_integers(b, "split", 13, 1);
    const size_t n = b->node->outputs.n;
    const size_t dim = input.shape.dims[d];
    const size_t part = dim / n + (dim % n != 0 ? 1 : 0);
    struct check_axis *axes = check_axes(b, &input.shape);
    size_t left = dim;
    check_malformed_if(b,
                       b->model.opset >= 18 && !sizes.is_given &&
                           check_integer(b, "num_outputs", -1) != (int64_t)n,
                       "num_outputs is not their number");
    bool fits =
        sizes.is_given ? sizes.n == n : dim % n == 0 || b->model.opset >= 18;
    for (size_t k = 0; k < n && fits; k++) {
        const size_t size = sizes.is_given ? (size_t)sizes.data[k]
                            : part < left  ? part
                                           : left;
        fits = size <= left && (k + 1 < n || size == left);
        if (fits) {
            check_cut(b, &axes[d], (int64_t)(dim - left), 1, size);
            move(b, k, &input, axes, NULL);
            left -= size;
        }
    }
    check_malformed_if(b, !fits, "parts do not fit");
}

static void build_gather(struct check_builder *b)
{
    const struct check_value input = check_input(b, 0);
    const struct check_value indices = check_input(b, 1);
    const size_t n = input.shape.n_dims;
    const size_t n_inner = indices.shape.n_dims;
    const size_t d = get_axis(b, check_integer(b, "axis", 0), n);
    struct check_axis *axes = check_axes(b, &input.shape);
    struct check_shape shape = {.n_dims = n - 1 + n_inner};
    const double dim = (double)axes[d].dim;
    check_unsupported_if(b,
                         indices.number == NULL || shape.n_dims > CHECK_RANK ||
                             !check_is_integer(indices.type),
                         "large rank, or indices that are no constant of "
                         "integers");
    for (size_t k = 0; k < shape.n_dims; k++) {
        shape.dims[k] = k < d             ? input.shape.dims[k]
                        : k - d < n_inner ? indices.shape.dims[k - d]
                                          : input.shape.dims[k + 1 - n_inner];
    }
    check_cut(b, &axes[d], 0, 1, indices.n);
    for (size_t i = 0; i < indices.n; i++) {
        const double at =
            indices.number[i] + (indices.number[i] < 0.0 ? dim : 0.0);
        axes[d].offset[i] =
            at < 0.0 || at >= dim ? SIZE_MAX : (size_t)at * axes[d].step;
    }
    check_move(b, check_output(b, 0, input.type, &shape), &input, axes, n,
               NULL);
}

static void build_concat(struct check_builder *b)
{
    const struct check_value first = check_input(b, 0);
    const size_t n = first.shape.n_dims;
    const size_t d = get_axis(b, check_integer(b, "axis", INT64_MAX), n);
    const size_t step = check_axes(b, &first.shape)[d].step;
    struct check_shape shape = first.shape;
    size_t at = 0;
    shape.dims[d] = 0;
    for (size_t i = 0; i < b->node->inputs.n; i++) {
        struct check_value input = check_input(b, i);
        shape.dims[d] += input.shape.dims[d];
        input.shape.dims[d] = first.shape.dims[d];
        check_malformed_if(b,
                           input.type != first.type ||
                               !check_is_same(&input.shape, &first.shape),
                           "shapes or types do not fit");
    }
    struct check_value *output = check_output(b, 0, first.type, &shape);
    uint32_t *map = check_arena_alloc(&b->arena, output->n, sizeof *map);
    if (output->n == 0) {
        output->number = check_arena_alloc(&b->arena, 0, sizeof(double));
        return;
    }
    for (size_t i = 0; i < b->node->inputs.n; i++) {
        struct check_value input = check_input(b, i);
        const size_t run = input.shape.dims[d] * step;
        check_compute(b, &input);
        for (size_t e = 0; e < input.n; e++) {
            map[e / run * shape.dims[d] * step + at + e % run] = input.map[e];
        }
        at += run;
    }
    output->map = map;
}

static void build_pad(struct check_builder *b)
{
    struct check_value input = check_input(b, 0);
    const uint64_t opset = b->model.opset;
    const double number = opset < 11 ? check_real(b, "value", 0.0) : 0.0;
    struct check_value pad = {
        .name = "pad", .type = CHECK_FLOAT32, .n = 1, .number = &number};
    const struct check_integers pads = check_integers(b, "pads", 11, 1);
    const struct check_integers list = check_integers(b, "", 18, 3);
    const size_t n = list.is_given ? list.n : input.shape.n_dims;
    struct check_axis *axes = check_axes(b, &input.shape);
    bool is_padded[CHECK_RANK] = {false};
    check_unsupported_if(
        b, strcmp(check_text(b, "mode", "constant"), "constant") != 0,
        "mode of padding");
    check_malformed_if(b,
                       pads.n != 2 * n || (opset < 11 && b->node->inputs.n > 1),
                       "number of pads or inputs");
    for (size_t i = 0; i < n; i++) {
        const size_t d = check_mark_axis(
            b, is_padded, list.is_given ? list.data[i] : (int64_t)i,
            input.shape.n_dims);
        const int64_t extent = axes[d].dim + pads.data[i] + pads.data[n + i];
        check_unsupported_if(b, extent <= 0 || extent > (int64_t)1 << 31,
                             "size of axis");
        check_cut(b, &axes[d], -pads.data[i], 1, (size_t)extent);
    }
    if (opset >= 11 && check_has_input(b, 2)) {
        pad = check_input(b, 2);
    }
    check_malformed_if(b, pad.n != 1, "padding that is no scalar");
    check_compute(b, &pad);
    check_compute(b, &input);
    move(b, 0, &input, axes, pad.map);
}

static void build_expand(struct check_builder *b)
{
    const struct check_value input = check_input(b, 0);
    const struct check_integers list = check_integers(b, "", 0, 1);
    struct check_shape shape = {.n_dims = list.n};
    check_unsupported_if(b, list.n > CHECK_RANK, "too many dimensions");
    for (size_t d = 0; d < list.n; d++) {
        check_malformed_if(b, list.data[d] < 0, "negative dimension");
        shape.dims[d] = (size_t)list.data[d];
    }
    shape = check_broadcast(b, &input.shape, &shape);
    struct check_value *output = check_output(b, 0, input.type, &shape);
    const struct check_value wide = check_arrange(b, &input, &shape, false);
    output->number = wide.number;
    output->map = wide.map;
}

/* Upsample and Resize: each element of an axis a whole number of times. */
static void build_upsample(struct check_builder *b)
{
    const struct check_value input = check_input(b, 0);
    const bool is_resize = strcmp(b->node->op, "Resize") == 0;
    const bool is_new = is_resize && b->model.opset >= 11;
    const struct check_value scales = check_input(b, is_new ? 2 : 1);
    struct check_axis *axes = check_axes(b, &input.shape);
    bool is_plain = strcmp(check_text(b, "mode", "nearest"), "nearest") == 0 &&
                    b->model.opset >= (is_resize ? 10 : 9) &&
                    !check_has_input(b, 3) && scales.number != NULL &&
                    scales.n == input.shape.n_dims;
    if (is_new) {
        (void)check_real(b, "cubic_coeff_a", 0.0); /* of another mode */
        is_plain = is_plain &&
                   strcmp(check_text(b, "coordinate_transformation_mode", ""),
                          "asymmetric") == 0 &&
                   strcmp(check_text(b, "nearest_mode", ""), "floor") == 0;
    }
    for (size_t d = 0; is_plain && d < scales.n; d++) {
        const double limit = 0x1p28 / (double)(axes[d].dim + 1);
        is_plain = scales.number[d] >= 1.0 && scales.number[d] < limit &&
                   (double)(size_t)scales.number[d] >= scales.number[d];
        const size_t scale = is_plain ? (size_t)scales.number[d] : 1;
        check_cut(b, &axes[d], 0, 1, scale * (size_t)axes[d].dim);
        for (size_t k = 0; k < axes[d].extent; k++) {
            axes[d].offset[k] = k / scale * axes[d].step;
        }
    }
    check_unsupported_if(b, !is_plain,
                         "other than whole scales, nearest, asymmetric, floor");
    move(b, 0, &input, axes, NULL);
}

static const struct {
    const char *name;
    size_t min_inputs;
    size_t max_inputs;
    size_t max_outputs;
    void (*build)(struct check_builder *b);
} operators[] = {
    {"Abs", 1, 1, 1, check_build_leaky},
    {"Add", 2, 2, 1, check_build_arithmetic},
    {"ArgMax", 1, 1, 1, check_build_position},
    {"AveragePool", 1, 1, 1, check_build_window},
    {"BatchNormalization", 5, 5, 1, check_build_normalization},
    {"Cast", 1, 1, 1, check_build_cast},
    {"Ceil", 1, 1, 1, check_build_rounding},
    {"Clip", 1, 3, 1, check_build_clip},
    {"Concat", 1, SIZE_MAX, 1, build_concat},
    {"Constant", 0, 0, 1, check_build_constant},
    {"ConstantOfShape", 1, 1, 1, check_build_filled},
    {"Conv", 2, 3, 1, check_build_window},
    {"ConvTranspose", 2, 3, 1, check_build_window},
    {"Cos", 1, 1, 1, check_build_curve},
    {"Div", 2, 2, 1, check_build_arithmetic},
    {"Dropout", 1, 3, 2, build_copy},
    {"Elu", 1, 1, 1, check_build_elu},
    {"Equal", 2, 2, 1, check_build_comparison},
    {"Erf", 1, 1, 1, check_build_curve},
    {"Exp", 1, 1, 1, check_build_curve},
    {"Expand", 2, 2, 1, build_expand},
    {"Flatten", 1, 1, 1, build_flatten},
    {"Floor", 1, 1, 1, check_build_curve},
    {"Gather", 2, 2, 1, build_gather},
    {"Gelu", 1, 1, 1, check_build_gelu},
    {"Gemm", 2, 3, 1, check_build_gemm},
    {"GlobalAveragePool", 1, 1, 1, check_build_global},
    {"GlobalMaxPool", 1, 1, 1, check_build_global},
    {"Greater", 2, 2, 1, check_build_comparison},
    {"GreaterOrEqual", 2, 2, 1, check_build_comparison},
    {"HardSigmoid", 1, 1, 1, check_build_hard_sigmoid},
    {"HardSwish", 1, 1, 1, check_build_hard_swish},
    {"Identity", 1, 1, 1, build_copy},
    {"LayerNormalization", 2, 3, 1, check_build_layer_normalization},
    {"LeakyRelu", 1, 1, 1, check_build_leaky},
    {"Less", 2, 2, 1, check_build_comparison},
    {"LessOrEqual", 2, 2, 1, check_build_comparison},
    {"Log", 1, 1, 1, check_build_curve},
    {"LogSoftmax", 1, 1, 1, check_build_softmax},
    {"MatMul", 2, 2, 1, check_build_matmul},
    {"Max", 1, SIZE_MAX, 1, check_build_extremum},
    {"MaxPool", 1, 1, 1, check_build_window},
    {"Min", 1, SIZE_MAX, 1, check_build_extremum},
    {"Mish", 1, 1, 1, check_build_gate},
    {"Mul", 2, 2, 1, check_build_arithmetic},
    {"Neg", 1, 1, 1, check_build_arithmetic},
    {"OneHot", 3, 3, 1, check_build_one_hot},
    {"PRelu", 2, 2, 1, check_build_leaky},
    {"Pad", 1, 4, 1, build_pad},
    {"Pow", 2, 2, 1, check_build_power},
    {"Range", 3, 3, 1, check_build_range},
    {"Reciprocal", 1, 1, 1, check_build_curve},
    {"ReduceL2", 1, 2, 1, check_build_reduction},
    {"ReduceMax", 1, 2, 1, check_build_reduction},
    {"ReduceMean", 1, 2, 1, check_build_reduction},
    {"ReduceMin", 1, 2, 1, check_build_reduction},
    {"ReduceSum", 1, 2, 1, check_build_reduction},
    {"ReduceSumSquare", 1, 2, 1, check_build_reduction},
    {"Relu", 1, 1, 1, check_build_relu},
    {"Reshape", 2, 2, 1, build_reshape},
    {"Resize", 2, 4, 1, build_upsample},
    {"Round", 1, 1, 1, check_build_rounding},
    {"ScatterND", 3, 3, 1, check_build_scatter},
    {"Selu", 1, 1, 1, check_build_elu},
    {"Shape", 1, 1, 1, check_build_shape},
    {"Sigmoid", 1, 1, 1, check_build_curve},
    {"Sign", 1, 1, 1, check_build_curve},
    {"Sin", 1, 1, 1, check_build_curve},
    {"Slice", 1, 5, 1, build_slice},
    {"Softmax", 1, 1, 1, check_build_softmax},
    {"Softplus", 1, 1, 1, check_build_curve},
    {"Softsign", 1, 1, 1, check_build_quotient},
    {"Split", 1, 2, SIZE_MAX, build_split},
    {"Sqrt", 1, 1, 1, check_build_curve},
    {"Squeeze", 1, 2, 1, build_squeeze},
    {"Sub", 2, 2, 1, check_build_arithmetic},
    {"Sum", 1, SIZE_MAX, 1, check_build_extremum},
    {"Swish", 1, 1, 1, check_build_gate},
    {"Tan", 1, 1, 1, check_build_quotient},
    {"Tanh", 1, 1, 1, check_build_curve},
    {"Transpose", 1, 1, 1, build_transpose},
    {"Unsqueeze", 1, 2, 1, build_squeeze},
    {"Upsample", 2, 2, 1, build_upsample},
    {"Where", 3, 3, 1, check_build_where}};

void check_build(struct check_builder *b)
{
    const struct check_onnx_node *node = b->node;
    size_t row = 0;
    while (row < sizeof operators / sizeof operators[0] &&
           strcmp(operators[row].name, node->op) != 0) {
        row++;
    }
    if (row == sizeof operators / sizeof operators[0] ||
        !check_onnx_is_default(node->domain) || *node->overload != '\0') {
        check_refuse(b, "operator is not supported");
    }
    check_malformed_if(b,
                       node->inputs.n < operators[row].min_inputs ||
                           node->inputs.n > operators[row].max_inputs ||
                           node->outputs.n < 1 ||
                           node->outputs.n > operators[row].max_outputs,
                       "number of inputs or outputs");
    const struct check_mark mark = check_mark(b);
    operators[row].build(b);
    check_fold(b, &mark);
    for (size_t i = 0; i < node->n_attributes; i++) {
        if (!node->attributes[i].is_used) {
            check_unsupported("%s: node '%s' (%s): attribute '%s'",
                              b->network->file.path, node->name, node->op,
                              node->attributes[i].name);
        }
    }
}
