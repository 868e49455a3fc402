/* Output sizes and padding along each axis. */
#include "src/net/geometry.h"

#include <string.h>

enum auto_pad {
    AUTO_PAD_NOTSET,
    AUTO_PAD_VALID,
    AUTO_PAD_UPPER,
    AUTO_PAD_LOWER
};

/* Largest kernel, stride, dilation or pad that is accepted. */
static const int64_t most = INT64_C(1) << 24;

static enum status read_auto_pad(enum auto_pad *auto_pad, struct import *import)
{
    static const struct {
        const char *name;
        enum auto_pad value;
    } names[] = {{"NOTSET", AUTO_PAD_NOTSET},
                 {"VALID", AUTO_PAD_VALID},
                 {"SAME_UPPER", AUTO_PAD_UPPER},
                 {"SAME_LOWER", AUTO_PAD_LOWER}};
    const char *given = "NOTSET";
    const enum status status = import_string(import, "auto_pad", &given);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(given, names[i].name) == 0) {
            *auto_pad = names[i].value;
            return status;
        }
    }
    return import_refuse(import, STATUS_UNSUPPORTED,
                         "auto_pad %s is not supported", given);
}

/* An attribute of one number per axis (pads: two); absent: `missing`. The
 * numbers of a 1-D operator go to axis 1. */
static enum status read_numbers(size_t values[2], struct import *import,
                                const char *name, size_t n_axes, int64_t lowest)
{
    const int64_t *given = NULL;
    size_t n = 0;
    const enum status status = import_ints(import, name, &given, &n);
    if (status != STATUS_OK || given == NULL) {
        return status;
    }
    for (size_t i = 0; i < n; i++) {
        if (n != n_axes || given[i] < lowest || given[i] > most) {
            return import_refuse(import, STATUS_BAD_INPUT,
                                 "%s has %zu numbers or one out of range", name,
                                 n);
        }
        values[2 - n_axes + i] = (size_t)given[i];
    }
    return STATUS_OK;
}

static enum status read_pads(size_t begin[2], size_t end[2],
                             struct import *import, size_t n_axes)
{
    const int64_t *given = NULL;
    size_t n = 0;
    const enum status status = import_ints(import, "pads", &given, &n);
    if (status != STATUS_OK || given == NULL) {
        return status;
    }
    for (size_t i = 0; i < n; i++) {
        if (n != 2 * n_axes || given[i] < 0 || given[i] > most) {
            return import_refuse(import, STATUS_BAD_INPUT,
                                 "pads has %zu numbers or one out of range", n);
        }
        const size_t axis = 2 - n_axes + i % n_axes;
        (i < n_axes ? begin : end)[axis] = (size_t)given[i];
    }
    return STATUS_OK;
}

/* Elements from the first to the last that one window touches. */
static size_t window_span(const struct window *window, size_t axis)
{
    return window->dilation[axis] * (window->kernel[axis] - 1) + 1;
}

static enum status set_axis(struct window *window, struct geometry *geometry,
                            struct import *import, enum auto_pad auto_pad,
                            size_t axis, bool is_ceil)
{
    const size_t in = window->in[axis];
    const size_t stride = window->stride[axis];
    const size_t span = window_span(window, axis);
    if (auto_pad == AUTO_PAD_VALID) {
        window->pad[axis] = 0;
        geometry->pad_end[axis] = 0;
    } else if (auto_pad != AUTO_PAD_NOTSET) {
        const size_t out = (in + stride - 1) / stride;
        const size_t needed = (out - 1) * stride + span;
        const size_t total = needed > in ? needed - in : 0;
        const size_t half = total / 2;
        window->pad[axis] = auto_pad == AUTO_PAD_UPPER ? half : total - half;
        geometry->pad_end[axis] = total - window->pad[axis];
    }
    const size_t padded = in + window->pad[axis] + geometry->pad_end[axis];
    if (padded < span || in == 0) {
        return import_refuse(import, STATUS_BAD_INPUT,
                             "kernel of span %zu on %zu elements", span,
                             padded);
    }
    const size_t rest = padded - span;
    window->out[axis] = rest / stride + 1;
    if (is_ceil && rest % stride != 0 &&
        window->out[axis] * stride < in + window->pad[axis]) {
        window->out[axis]++;
    }
    return STATUS_OK;
}

static enum status set_sizes(struct window *window, struct geometry *geometry,
                             struct import *import, const struct shape *x)
{
    size_t kernel[2] = {1, 1};
    const size_t first = 2 - geometry->n_axes;
    enum status status =
        read_numbers(kernel, import, "kernel_shape", geometry->n_axes, 1);
    for (size_t axis = 0; axis < 2; axis++) {
        window->in[axis] = axis < first ? 1 : x->dims[x->n_dims - 2 + axis];
        window->kernel[axis] = kernel[axis];
    }
    const int64_t *given = NULL;
    size_t n = 0;
    if (status == STATUS_OK) {
        status = import_ints(import, "kernel_shape", &given, &n);
    }
    if (status == STATUS_OK && given == NULL && geometry->kernel[1] == 0) {
        return import_refuse(import, STATUS_BAD_INPUT, "no kernel_shape");
    }
    for (size_t axis = first; axis < 2 && geometry->kernel[1] != 0; axis++) {
        if (given != NULL && kernel[axis] != geometry->kernel[axis]) {
            return import_refuse(import, STATUS_BAD_INPUT,
                                 "kernel_shape contradicts the weights");
        }
        window->kernel[axis] = geometry->kernel[axis];
    }
    return status;
}

enum status geometry_read(struct window *window, struct geometry *geometry,
                          struct import *import, const struct shape *x)
{
    enum status status = STATUS_OK;
    enum auto_pad auto_pad = AUTO_PAD_NOTSET;
    int64_t is_ceil = 0;
    const size_t n_axes = x->n_dims - 2;
    if (x->n_dims != 3 && x->n_dims != 4) {
        return import_refuse(import, STATUS_UNSUPPORTED,
                             "input of rank %zu, expected 3 or 4", x->n_dims);
    }
    geometry->n_axes = n_axes;
    window->n_batch = x->dims[0];
    for (size_t axis = 0; axis < 2; axis++) {
        window->stride[axis] = 1;
        window->dilation[axis] = 1;
    }
    STATUS_TRY(set_sizes(window, geometry, import, x));
    STATUS_TRY(read_numbers(window->stride, import, "strides", n_axes, 1));
    STATUS_TRY(read_numbers(window->dilation, import, "dilations", n_axes, 1));
    STATUS_TRY(read_pads(window->pad, geometry->pad_end, import, n_axes));
    STATUS_TRY(read_auto_pad(&auto_pad, import));
    if (geometry->has_ceil_mode) {
        STATUS_TRY(import_int(import, "ceil_mode", &is_ceil));
    }
    for (size_t axis = 0; axis < 2; axis++) {
        STATUS_TRY(
            set_axis(window, geometry, import, auto_pad, axis, is_ceil != 0));
    }
cleanup:
    return status;
}

struct shape geometry_shape(const struct window *window,
                            const struct geometry *geometry)
{
    struct shape shape = {.n_dims = 2 + geometry->n_axes};
    shape.dims[0] = window->n_batch;
    shape.dims[1] = window->n_groups * window->n_out;
    for (size_t axis = 2 - geometry->n_axes; axis < 2; axis++) {
        shape.dims[geometry->n_axes + axis] = window->out[axis];
    }
    return shape;
}
