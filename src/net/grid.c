/* Sizes per axis; positions by division with remainders. */
#include "src/net/grid.h"

#include <string.h>

static const int64_t most = INT64_C(1) << 24;

static enum status read_sizes(size_t *values, struct import *import,
                              const char *name, size_t n_axes, int64_t lowest)
{
    const int64_t *given = NULL;
    size_t n = 0;
    IMPORT_TRY(import_ints(import, name, &given, &n));
    for (size_t i = 0; given != NULL && i < n; i++) {
        if (n != n_axes || given[i] < lowest || given[i] > most) {
            return import_refuse(import, STATUS_BAD_INPUT,
                                 "%s has %zu numbers or one out of range", name,
                                 n);
        }
        values[i] = (size_t)given[i];
    }
    return STATUS_OK;
}

static enum status read_pads(struct grid *grid, struct import *import)
{
    const size_t n_axes = grid->n_axes;
    const int64_t *given = NULL;
    size_t n = 0;
    IMPORT_TRY(import_ints(import, "pads", &given, &n));
    for (size_t i = 0; given != NULL && i < n; i++) {
        if (n != 2 * n_axes || given[i] < 0 || given[i] > most) {
            return import_refuse(import, STATUS_BAD_INPUT,
                                 "pads has %zu numbers or one out of range", n);
        }
        if (i < n_axes) {
            grid->pad[i] = given[i];
        } else {
            grid->pad_end[i - n_axes] = given[i];
        }
    }
    return STATUS_OK;
}

/* auto_pad, a name of the standard; VALID sets the padding to zero. */
static enum status read_auto_pad(const char **auto_pad, struct grid *grid,
                                 struct import *import)
{
    IMPORT_TRY(import_string(import, "auto_pad", auto_pad));
    if (strcmp(*auto_pad, "VALID") == 0) {
        memset(grid->pad, 0, sizeof grid->pad);
        memset(grid->pad_end, 0, sizeof grid->pad_end);
        return STATUS_OK;
    }
    if (strcmp(*auto_pad, "NOTSET") != 0 &&
        strcmp(*auto_pad, "SAME_UPPER") != 0 &&
        strcmp(*auto_pad, "SAME_LOWER") != 0) {
        return import_refuse(import, STATUS_BAD_INPUT, "auto_pad = %s",
                             *auto_pad);
    }
    return STATUS_OK;
}

/* Splits a total amount of padding as auto_pad says. */
static void split_pads(struct grid *grid, size_t axis, int64_t total,
                       bool is_upper)
{
    const int64_t half = total / 2;
    grid->pad[axis] = is_upper ? half : total - half;
    grid->pad_end[axis] = total - grid->pad[axis];
}

static enum status set_axis(struct grid *grid, struct import *import,
                            const char *auto_pad, size_t axis, bool is_ceil)
{
    const int64_t in = (int64_t)grid->in[axis];
    const int64_t stride = (int64_t)grid->stride[axis];
    const int64_t span =
        (int64_t)(grid->dilation[axis] * (grid->kernel[axis] - 1) + 1);
    if (strncmp(auto_pad, "SAME", 4) == 0) {
        const int64_t out = (in + stride - 1) / stride;
        const int64_t total = (out - 1) * stride + span - in;
        split_pads(grid, axis, total > 0 ? total : 0,
                   strcmp(auto_pad, "SAME_UPPER") == 0);
    }
    const int64_t rest = in + grid->pad[axis] + grid->pad_end[axis] - span;
    if (rest < 0 || in == 0) {
        return import_refuse(import, STATUS_BAD_INPUT,
                             "kernel of span %lld on %zu elements",
                             (long long)span, grid->in[axis]);
    }
    grid->out[axis] = (size_t)(rest / stride + 1);
    if (is_ceil && rest % stride != 0 &&
        (int64_t)grid->out[axis] * stride < in + grid->pad[axis]) {
        grid->out[axis]++;
    }
    return STATUS_OK;
}

static enum status set_axes(struct grid *grid, struct import *import,
                            const char *auto_pad, enum grid_kind kind)
{
    int64_t is_ceil = 0;
    if (kind == GRID_POOL && import->opset >= 10) {
        IMPORT_TRY(import_int(import, "ceil_mode", &is_ceil));
    }
    for (size_t axis = 0; axis < grid->n_axes; axis++) {
        IMPORT_TRY(set_axis(grid, import, auto_pad, axis, is_ceil != 0));
    }
    return STATUS_OK;
}

/* Output size of a transposed convolution, or the padding that gives it. */
static enum status set_transposed(struct grid *grid, struct import *import,
                                  const char *auto_pad)
{
    size_t extra[GRID_AXES] = {0};
    size_t wanted[GRID_AXES] = {0};
    const bool is_same = strncmp(auto_pad, "SAME", 4) == 0;
    IMPORT_TRY(read_sizes(extra, import, "output_padding", grid->n_axes, 0));
    IMPORT_TRY(read_sizes(wanted, import, "output_shape", grid->n_axes, 1));
    const bool has_shape = wanted[0] > 0;
    for (size_t axis = 0; axis < grid->n_axes; axis++) {
        const size_t span = grid->dilation[axis] * (grid->kernel[axis] - 1) + 1;
        const int64_t full =
            (int64_t)(grid->stride[axis] * (grid->in[axis] - 1) + extra[axis] +
                      span);
        if (is_same && !has_shape) {
            wanted[axis] = grid->in[axis] * grid->stride[axis];
        }
        if (wanted[axis] > 0) {
            split_pads(grid, axis, full - (int64_t)wanted[axis],
                       strcmp(auto_pad, "SAME_LOWER") != 0);
        }
        const int64_t out = full - grid->pad[axis] - grid->pad_end[axis];
        if (out < 1 || out > most || grid->in[axis] == 0) {
            return import_refuse(import, STATUS_BAD_INPUT,
                                 "output of %lld elements", (long long)out);
        }
        grid->out[axis] = (size_t)out;
    }
    return STATUS_OK;
}

static enum status set_kernel(struct grid *grid, struct import *import,
                              const size_t *kernel)
{
    IMPORT_TRY(
        read_sizes(grid->kernel, import, "kernel_shape", grid->n_axes, 1));
    double positions = 1.0;
    for (size_t axis = 0; axis < grid->n_axes; axis++) {
        if (kernel != NULL && grid->kernel[axis] != 0 &&
            grid->kernel[axis] != kernel[axis]) {
            return import_refuse(import, STATUS_BAD_INPUT,
                                 "kernel_shape contradicts the weights");
        }
        grid->kernel[axis] = kernel == NULL ? grid->kernel[axis] : kernel[axis];
        if (grid->kernel[axis] == 0) {
            return import_refuse(import, STATUS_BAD_INPUT, "no kernel_shape");
        }
        positions *= (double)grid->kernel[axis];
    }
    if (positions > (double)SHAPE_ELEMENTS) {
        return import_refuse(import, STATUS_UNSUPPORTED, "kernel too large");
    }
    return STATUS_OK;
}

enum status grid_read(struct grid *grid, struct import *import,
                      const struct shape *x, const size_t *kernel,
                      enum grid_kind kind)
{
    const char *auto_pad = "NOTSET";
    if (x->n_dims < 3) {
        return import_refuse(import, STATUS_BAD_INPUT,
                             "input of rank %zu, expected 3 or more",
                             x->n_dims);
    }
    grid->n_axes = x->n_dims - 2;
    for (size_t axis = 0; axis < grid->n_axes; axis++) {
        grid->in[axis] = x->dims[axis + 2];
        grid->stride[axis] = 1;
        grid->dilation[axis] = 1;
    }
    IMPORT_TRY(set_kernel(grid, import, kernel));
    IMPORT_TRY(read_sizes(grid->stride, import, "strides", grid->n_axes, 1));
    IMPORT_TRY(
        read_sizes(grid->dilation, import, "dilations", grid->n_axes, 1));
    IMPORT_TRY(read_pads(grid, import));
    IMPORT_TRY(read_auto_pad(&auto_pad, grid, import));
    return kind == GRID_TRANSPOSED ? set_transposed(grid, import, auto_pad)
                                   : set_axes(grid, import, auto_pad, kind);
}

static size_t product(const size_t *sizes, size_t n)
{
    size_t all = 1;
    for (size_t i = 0; i < n; i++) {
        all *= sizes[i];
    }
    return all;
}

size_t grid_n_in(const struct grid *grid)
{
    return product(grid->in, grid->n_axes);
}

size_t grid_n_out(const struct grid *grid)
{
    return product(grid->out, grid->n_axes);
}

size_t grid_n_kernel(const struct grid *grid)
{
    return product(grid->kernel, grid->n_axes);
}

struct shape grid_shape(const struct grid *grid, size_t n_batch,
                        size_t n_channels)
{
    struct shape shape = {.n_dims = grid->n_axes + 2,
                          .dims = {n_batch, n_channels}};
    for (size_t axis = 0; axis < grid->n_axes; axis++) {
        shape.dims[axis + 2] = grid->out[axis];
    }
    return shape;
}

bool grid_look(size_t *in, const struct grid *grid, size_t o, size_t k,
               bool is_transposed)
{
    size_t step = 1;
    *in = 0;
    for (size_t axis = grid->n_axes; axis-- > 0;) {
        const int64_t stride = (int64_t)grid->stride[axis];
        const int64_t out = (int64_t)(o % grid->out[axis]);
        const int64_t moved =
            (int64_t)(k % grid->kernel[axis] * grid->dilation[axis]);
        int64_t at = out * stride + moved - grid->pad[axis];
        if (is_transposed) {
            at = out + grid->pad[axis] - moved;
            if (at < 0 || at % stride != 0) {
                return false;
            }
            at /= stride;
        }
        if (at < 0 || at >= (int64_t)grid->in[axis]) {
            return false;
        }
        *in += (size_t)at * step;
        step *= grid->in[axis];
        o /= grid->out[axis];
        k /= grid->kernel[axis];
    }
    return true;
}
