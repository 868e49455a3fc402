/* Operators of windows: convolutions and pools; reductions along axes.
 * SPDX-License-Identifier: MIT */
#include "proofs/check/check_build.h"

#include <string.h>

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
    bool is_transposed; /* ConvTranspose */
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

/*
 * A transposed convolution is one of stride 1 with the kernel turned round, of
 * the input with stride - 1 zeros between any two elements: position p of the
 * wider axis is element p / stride. The padding is what the kernel reaches
 * beyond the ends less that of the file.
 */
static void widen(struct check_builder *b, struct window *w,
                  struct check_axis *axes)
{
    const struct check_integers extra =
        check_integers(b, "output_padding", UINT64_MAX, SIZE_MAX);
    check_unsupported_if(
        b, strcmp(check_text(b, "auto_pad", "NOTSET"), "NOTSET") != 0,
        "automatic padding");
    check_malformed_if(b, extra.is_given && extra.n != w->n,
                       "attribute of wrong length");
    for (size_t i = 0; i < 2; i++) {
        struct check_axis *axis = &axes[2 + i];
        const int64_t stride = w->stride[i];
        const int64_t reach = w->dilation[i] * (w->kernel[i] - 1);
        const int64_t own =
            extra.is_given && i + w->n >= 2 ? extra.data[i + w->n - 2] : 0;
        check_unsupported_if(b, own < 0 || own >= stride, "output_padding");
        w->pads[i][0] = reach - w->pads[i][0];
        w->pads[i][1] = reach - w->pads[i][1] + own;
        w->stride[i] = 1;
        const size_t extent = ((size_t)axis->dim - 1) * (size_t)stride + 1;
        check_cut(b, axis, 0, 1, extent);
        for (size_t p = 0; p < extent; p++) {
            const size_t at = p / (size_t)stride;
            axis->offset[p] =
                at * (size_t)stride == p ? at * axis->step : SIZE_MAX;
        }
        axis->dim = (int64_t)extent;
    }
}

/* Adds the padding to an axis, or cuts it off if it is negative. */
static void pad_axis(struct check_builder *b, struct check_axis *axis,
                     int64_t before, size_t extent)
{
    const size_t *own = axis->offset;
    const size_t dim = (size_t)axis->dim;
    axis->extent = extent;
    axis->offset = check_arena_alloc(&b->arena, extent, sizeof *axis->offset);
    for (size_t k = 0; k < extent; k++) {
        const int64_t at = (int64_t)k - before;
        axis->offset[k] = at < 0 || (size_t)at >= dim ? SIZE_MAX : own[at];
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
    const bool is_transposed = w->is_transposed;
    (void)read_numbers(b, w->stride, w, "strides");
    (void)read_numbers(b, w->dilation, w, "dilations");
    read_padding(b, w);
    if (is_transposed) {
        widen(b, w, axes);
    }
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
        pad_axis(b, &axes[2 + i], w->pads[i][0], shape.dims[2 + i]);
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

/* Makes weights [inputs, outputs of a group, kernel] of a transposed
 * convolution those of one, [outputs, inputs of a group, kernel]. */
static void turn_kernel(struct check_builder *b, struct check_value *y,
                        size_t n_groups)
{
    const struct check_value from = *y;
    const size_t *dims = from.shape.dims;
    const size_t n_in = dims[0] / n_groups;
    const struct check_shape shape = {
        4, {n_groups * dims[1], n_in, dims[2], dims[3]}};
    struct check_axis *own = check_axes(b, &from.shape);
    struct check_axis axes[] = {own[0], own[1], own[0], own[2], own[3]};
    check_cut(b, &axes[0], 0, (int64_t)n_in, n_groups);
    check_cut(b, &axes[2], 0, 1, n_in);
    check_cut(b, &axes[3], (int64_t)dims[2] - 1, -1, dims[2]);
    check_cut(b, &axes[4], (int64_t)dims[3] - 1, -1, dims[3]);
    check_define(b, y, from.type, &shape);
    check_move(b, y, &from, axes, 5, NULL);
}

static void build_conv(struct check_builder *b, struct window *w,
                       struct check_products *sum, struct check_shape *shape)
{
    const int64_t group = check_integer(b, "group", 1);
    const size_t n_groups = (size_t)group;
    struct check_value *y = &sum->x;
    const size_t n_in = w->x.shape.dims[1];
    *y = check_input(b, 1);
    check_malformed_if(b,
                       y->shape.n_dims != w->n + 2 || group < 1 ||
                           y->shape.dims[0] % n_groups != 0,
                       "shapes and group do not fit");
    y->shape.dims[3] = y->shape.dims[w->n + 1];
    y->shape.dims[2] = w->n == 2 ? y->shape.dims[2] : 1;
    y->shape.n_dims = 4;
    if (w->is_transposed) {
        turn_kernel(b, y, n_groups);
    }
    const size_t n_out = y->shape.dims[0];
    check_malformed_if(b, n_in != n_groups * y->shape.dims[1],
                       "shapes and group do not fit");
    int64_t stated[2];
    const bool is_stated = read_numbers(b, stated, w, "kernel_shape");
    w->kernel[0] = (int64_t)y->shape.dims[2];
    w->kernel[1] = (int64_t)y->shape.dims[3];
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

/* Output 0 is the sum of each list of `room` items that are there, divided by
 * the number stated, or by theirs if it is 0. */
static struct check_value *build_average(struct check_builder *b,
                                         const struct check_value *x,
                                         const struct check_shape *shape,
                                         size_t room, size_t stated)
{
    const struct check_products sum = {.x = *x, .k = room, .is_counted = true};
    struct check_value *output = check_sum_output(b, &sum, shape);
    double *counts = check_arena_alloc(&b->arena, output->n, sizeof *counts);
    for (size_t i = 0; i < output->n * room; i++) {
        counts[i / room] += x->map[i] == CHECK_NOTHING ? 0.0 : 1.0;
    }
    for (size_t i = 0; i < output->n; i++) {
        check_malformed_if(b, counts[i] < 1.0, "a window lies in the padding");
        counts[i] = stated != 0 ? (double)stated : counts[i];
    }
    const double *inverse = check_invert(b, counts, output->n);
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
    return output;
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
    (void)build_average(b, &w->x, shape, w->x.shape.dims[3],
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
    output->map =
        check_add_extrema(b, w->x.map, output->n, w->x.shape.dims[3], true);
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
        (void)build_average(b, &x, &shape, x.n / n, 0);
    } else {
        check_output(b, 0, x.type, &shape)->map =
            check_add_extrema(b, x.map, n, x.n / n, true);
    }
}

/* Moves the marked axes of the value behind the others, as one; gives the
 * shape without them, or with one element each, and the size of that axis. */
static size_t gather_axes(struct check_builder *b, struct check_value *x,
                          const bool *is_marked, struct check_shape *kept)
{
    const bool is_kept = check_integer(b, "keepdims", 1) != 0;
    const struct check_value from = *x;
    const struct check_axis *own = check_axes(b, &from.shape);
    struct check_axis axes[CHECK_RANK];
    size_t n = 0;
    size_t n_inner = 1;
    *kept = (struct check_shape){0};
    for (size_t d = 0; d < from.shape.n_dims; d++) {
        if (!is_marked[d]) {
            axes[n++] = own[d];
        }
        if (!is_marked[d] || is_kept) {
            kept->dims[kept->n_dims++] = is_marked[d] ? 1 : from.shape.dims[d];
        }
    }
    for (size_t d = 0; d < from.shape.n_dims; d++) {
        if (is_marked[d]) {
            axes[n++] = own[d];
            n_inner *= from.shape.dims[d];
        }
    }
    check_unsupported_if(b, from.n == 0, "no elements");
    check_move(b, x, &from, axes, n, NULL);
    check_compute(b, x);
    return n_inner;
}

/* ReduceL2, ReduceMax, ReduceMean, ReduceMin, ReduceSum and ReduceSumSquare. */
void check_build_reduction(struct check_builder *b)
{
    const char *op = b->node->op;
    const uint64_t since = strcmp(op, "ReduceSum") == 0 ? 13 : 18;
    struct check_value x = check_input(b, 0);
    const struct check_integers list = check_integers(b, "axes", since, 1);
    const bool is_noop = b->model.opset >= since &&
                         check_integer(b, "noop_with_empty_axes", 0) != 0;
    bool is_marked[CHECK_RANK] = {false};
    struct check_shape shape;
    for (size_t d = 0; d < x.shape.n_dims; d++) {
        is_marked[d] = list.n == 0 && !is_noop;
    }
    for (size_t i = 0; i < list.n; i++) {
        (void)check_mark_axis(b, is_marked, list.data[i], x.shape.n_dims);
    }
    const size_t n_inner = gather_axes(b, &x, is_marked, &shape);
    const bool is_maximum = strcmp(op, "ReduceMax") == 0;
    if (is_maximum || strcmp(op, "ReduceMin") == 0) {
        check_output(b, 0, x.type, &shape)->map =
            check_add_extrema(b, x.map, x.n / n_inner, n_inner, is_maximum);
        return;
    }
    const bool is_root = strcmp(op, "ReduceL2") == 0;
    const bool is_mean = strcmp(op, "ReduceMean") == 0;
    check_unsupported_if(b, is_mean && !check_is_real(x.type),
                         "mean of integers");
    if (is_root || strcmp(op, "ReduceSumSquare") == 0) {
        x.map = check_add_curve(b, CHECK_SQUARE, x.map, x.n);
    }
    struct check_value *output =
        build_average(b, &x, &shape, n_inner, is_mean ? n_inner : 1);
    if (is_root) {
        output->map = check_add_curve(b, CHECK_SQRT, output->map, output->n);
    }
}

/*
 * ArgMax: with the maximum m of the elements x_k of an axis,
 * h_k = 1 + sign(x_k - m) is 1 where x_k is m and else 0,
 * f_k = relu(h_k - sum of h_j for j < k) is 1 at the first of these only, and
 * the result is the sum of all k * f_k. If the last one counts, j > k.
 */
void check_build_position(struct check_builder *b)
{
    struct check_value x = check_input(b, 0);
    bool is_marked[CHECK_RANK] = {false};
    struct check_shape shape;
    (void)check_mark_axis(b, is_marked, check_integer(b, "axis", 0),
                          x.shape.n_dims);
    const bool is_last =
        b->model.opset >= 12 && check_integer(b, "select_last_index", 0) != 0;
    const size_t dim = gather_axes(b, &x, is_marked, &shape);
    const uint32_t *maxima = check_add_extrema(b, x.map, x.n / dim, dim, true);
    uint32_t *most = check_arena_alloc(&b->arena, x.n, sizeof *most);
    for (size_t i = 0; i < x.n; i++) {
        most[i] = maxima[i / dim];
    }
    const uint32_t *sign = check_add_curve(
        b, CHECK_SIGN,
        check_add_sum(b, (struct check_part_of){x.map, 1.0, NULL},
                      (struct check_part_of){most, -1.0, NULL}, 0.0, x.n),
        x.n);
    struct check_value hits = {.name = b->node->name, .n = x.n};
    (void)check_add_layer(b, &hits, CHECK_AFFINE);
    for (size_t i = 0; i < x.n; i++) {
        const size_t k = i % dim;
        const size_t from = is_last ? i + 1 : i - k;
        const size_t n = is_last ? dim - 1 - k : k;
        for (size_t j = from; j < from + n; j++) {
            check_row_add(&b->rows, sign[j], -1.0);
        }
        check_row_add(&b->rows, sign[i], 1.0);
        check_row_end(&b->rows, 1.0 - (double)n);
    }
    const uint32_t *first = check_add_neurons(b, CHECK_RELU, hits.map, x.n);
    struct check_value *output = check_output(b, 0, CHECK_INT64, &shape);
    (void)check_add_layer(b, output, CHECK_AFFINE);
    for (size_t i = 0; i < x.n; i++) {
        check_row_add(&b->rows, first[i], (double)(i % dim));
        if (i % dim + 1 == dim) {
            check_row_end(&b->rows, 0.0);
        }
    }
}

/* Conv, ConvTranspose, AveragePool and MaxPool. */
void check_build_window(struct check_builder *b)
{
    struct window w = {.x = check_input(b, 0),
                       .is_transposed =
                           strcmp(b->node->op, "ConvTranspose") == 0};
    struct check_products sum = {.scale = {1.0, 1.0}, .is_counted = true};
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
    check_build_sum(b, &sum, &shape);
}
