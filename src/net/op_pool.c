/* Pools: averages are linear with a divisor, maxima a form of their own. */
#include "src/base/alloc.h"
#include "src/net/build_rows.h"
#include "src/net/geometry.h"
#include "src/net/linear.h"
#include "src/net/operators.h"
#include "src/net/pool_any.h"

#include <string.h>

/* Elements of the input, or with the padding, that window `out` touches
 * along one axis. */
static size_t count_axis(const struct window *window, size_t axis, size_t out,
                         size_t first, size_t last)
{
    const size_t base = out * window->stride[axis];
    const size_t dilation = window->dilation[axis];
    const size_t n_before =
        base < first ? (first - base + dilation - 1) / dilation : 0;
    size_t n = base < last ? (last - base + dilation - 1) / dilation : 0;
    n = n > window->kernel[axis] ? window->kernel[axis] : n;
    return n > n_before ? n - n_before : 0;
}

/* counts[axis][o], owned by the caller; STATUS_BAD_INPUT if one is 0. */
static enum status count_windows(size_t *counts[2], struct import *import,
                                 const struct window *window,
                                 const struct geometry *geometry,
                                 bool is_pad_counted)
{
    for (size_t axis = 0; axis < 2; axis++) {
        const size_t in = window->in[axis];
        const size_t pad = window->pad[axis];
        const size_t first = is_pad_counted ? 0 : pad;
        const size_t last =
            pad + in + (is_pad_counted ? geometry->pad_end[axis] : 0);
        NEW_ARRAY(counts[axis], window->out[axis]);
        for (size_t o = 0; o < window->out[axis]; o++) {
            counts[axis][o] = count_axis(window, axis, o, first, last);
            if (count_axis(window, axis, o, pad, pad + in) == 0) {
                return import_refuse(import, STATUS_BAD_INPUT,
                                     "a window lies in the padding");
            }
        }
    }
    return STATUS_OK;
}

/* One pool per channel; the window of a tensor of rank 3 or 4. */
static enum status read_pool(struct window *window, struct geometry *geometry,
                             struct import *import)
{
    enum status status = STATUS_OK;
    const struct tensor *x = import_input(import, 0);
    STATUS_TRY(import_computed(import, x));
    geometry->has_ceil_mode = import->opset >= 10;
    STATUS_TRY(geometry_read(window, geometry, import, &x->shape));
    window->n_groups = x->shape.dims[1];
    window->n_in = 1;
    window->n_out = 1;
    if (window->kernel[0] * window->kernel[1] > SHAPE_ELEMENTS / 16) {
        return import_refuse(import, STATUS_UNSUPPORTED, "kernel too large");
    }
cleanup:
    return status;
}

enum status op_import_average_pool(struct import *import)
{
    enum status status = STATUS_OK;
    struct window window = {0};
    struct geometry geometry = {0};
    const struct tensor *x = NULL;
    struct tensor *output = NULL;
    struct node *node = NULL;
    struct shape shape = {0};
    size_t *counts[2] = {NULL, NULL};
    int64_t is_pad_counted = 0;
    STATUS_TRY(import_arity(import, 1, 1, 1));
    STATUS_TRY(import_int(import, "count_include_pad", &is_pad_counted));
    x = import_input(import, 0);
    if (x->is_constant || x->shape.n_dims > 4) {
        return pool_any_average(import, is_pad_counted != 0);
    }
    STATUS_TRY(read_pool(&window, &geometry, import));
    if (import->opset < 19 &&
        (window.dilation[0] != 1 || window.dilation[1] != 1)) {
        return import_refuse(import, STATUS_BAD_INPUT,
                             "dilations need opset 19");
    }
    STATUS_TRY(
        count_windows(counts, import, &window, &geometry, is_pad_counted != 0));
    x = import_input(import, 0);
    shape = geometry_shape(&window, &geometry);
    STATUS_TRY(import_output(import, 0, x->type, &shape, &output));
    node = import_node(import, NODE_LINEAR, output, &x, 1);
    node->linear.form = LINEAR_WINDOW;
    node->window = window;
    NEW_ARRAY(node->linear.divisor, output->n);
    for (size_t i = 0; i < output->n; i++) {
        const size_t n = counts[0][i / window.out[1] % window.out[0]] *
                         counts[1][i % window.out[1]];
        node->linear.divisor[i] = (double)n;
    }
cleanup:
    alloc_free(counts[0]);
    alloc_free(counts[1]);
    return status;
}

/* One set of elements per window. */
static void set_windows(struct node *node, const struct window *window,
                        size_t n)
{
    struct sets *sets = &node->sets;
    struct linear_row row = {0};
    NEW_ARRAY(sets->start, n + 1);
    for (size_t i = 0; i < n; i++) {
        linear_get_window(&row, window, i);
        sets->start[i + 1] = sets->start[i] + row.n;
    }
    NEW_ARRAY(sets->element, sets->start[n]);
    for (size_t i = 0; i < n; i++) {
        linear_get_window(&row, window, i);
        memcpy(sets->element + sets->start[i], row.column,
               row.n * sizeof *row.column);
    }
    linear_row_clear(&row);
}

enum status op_import_max_pool(struct import *import)
{
    enum status status = STATUS_OK;
    struct window window = {0};
    struct geometry geometry = {0};
    const struct tensor *x = NULL;
    struct tensor *output = NULL;
    struct shape shape = {0};
    size_t *counts[2] = {NULL, NULL};
    STATUS_TRY(import_arity(import, 1, 1, 2));
    if (import_has_output(import, 1)) {
        return import_refuse(import, STATUS_UNSUPPORTED,
                             "output of indices is not supported");
    }
    import_ignore(import, "storage_order");
    x = import_input(import, 0);
    if (x->is_constant || x->shape.n_dims > 4) {
        return pool_any_max(import);
    }
    STATUS_TRY(read_pool(&window, &geometry, import));
    STATUS_TRY(count_windows(counts, import, &window, &geometry, false));
    x = import_input(import, 0);
    shape = geometry_shape(&window, &geometry);
    if (shape_count(&shape) > TERMS / (window.kernel[0] * window.kernel[1])) {
        status = import_refuse(import, STATUS_UNSUPPORTED, "too many windows");
        goto cleanup;
    }
    STATUS_TRY(import_output(import, 0, x->type, &shape, &output));
    set_windows(import_node(import, NODE_EXTREME, output, &x, 1), &window,
                output->n);
cleanup:
    alloc_free(counts[0]);
    alloc_free(counts[1]);
    return status;
}

/* The whole of each channel as one window. */
static enum status read_global(struct window *window, struct shape *shape,
                               struct import *import)
{
    enum status status = STATUS_OK;
    const struct tensor *x = NULL;
    size_t plane = 1;
    STATUS_TRY(import_arity(import, 1, 1, 1));
    x = import_input(import, 0);
    STATUS_TRY(import_computed(import, x));
    if (x->shape.n_dims < 3) {
        return import_refuse(import, STATUS_BAD_INPUT,
                             "input of rank %zu, expected 3 or more",
                             x->shape.n_dims);
    }
    *shape = x->shape;
    plane = shape_product(&x->shape, 2, x->shape.n_dims);
    for (size_t d = 2; d < shape->n_dims; d++) {
        shape->dims[d] = 1;
    }
    *window = (struct window){.n_batch = x->shape.dims[0],
                              .n_groups = x->shape.dims[1],
                              .n_in = 1,
                              .n_out = 1,
                              .in = {1, plane},
                              .out = {1, 1},
                              .kernel = {1, plane},
                              .stride = {1, 1},
                              .dilation = {1, 1}};
cleanup:
    return status;
}

enum status op_import_global_average_pool(struct import *import)
{
    enum status status = STATUS_OK;
    struct window window = {0};
    struct shape shape = {0};
    struct tensor *output = NULL;
    const struct tensor *x = NULL;
    struct node *node = NULL;
    STATUS_TRY(read_global(&window, &shape, import));
    x = import_input(import, 0);
    STATUS_TRY(import_output(import, 0, x->type, &shape, &output));
    node = import_node(import, NODE_LINEAR, output, &x, 1);
    node->linear.form = LINEAR_WINDOW;
    node->window = window;
    NEW_ARRAY(node->linear.divisor, output->n);
    for (size_t i = 0; i < output->n; i++) {
        node->linear.divisor[i] = (double)window.in[1];
    }
cleanup:
    return status;
}

enum status op_import_global_max_pool(struct import *import)
{
    enum status status = STATUS_OK;
    struct window window = {0};
    struct shape shape = {0};
    struct tensor *output = NULL;
    const struct tensor *x = NULL;
    STATUS_TRY(read_global(&window, &shape, import));
    x = import_input(import, 0);
    STATUS_TRY(import_output(import, 0, x->type, &shape, &output));
    set_windows(import_node(import, NODE_EXTREME, output, &x, 1), &window,
                output->n);
cleanup:
    return status;
}
