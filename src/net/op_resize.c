/* Upsample and Resize by nearest elements. */
#include "src/base/alloc.h"
#include "src/net/build.h"
#include "src/net/operators.h"

#include <math.h>
#include <string.h>

/* Per axis of the input; sizes of the output and the scales. */
struct resize {
    struct shape out;
    double scale[SHAPE_RANK];
    const char *coordinates;
    const char *rounding;
};

/* Position in the input that position `at` of an axis shows, before it is
 * rounded. */
static double find_position(const struct resize *resize, size_t axis,
                            size_t n_in, size_t at)
{
    const double x = (double)at;
    const double scale = resize->scale[axis];
    const double n_out = (double)resize->out.dims[axis];
    const char *mode = resize->coordinates;
    if (strcmp(mode, "asymmetric") == 0) {
        return x / scale;
    }
    if (strcmp(mode, "align_corners") == 0) {
        return n_out > 1.0 ? x * ((double)n_in - 1.0) / (n_out - 1.0) : 0.0;
    }
    if (strcmp(mode, "pytorch_half_pixel") == 0 && n_out <= 1.0) {
        return 0.0;
    }
    const double centre = (x + 0.5) / scale - 0.5;
    if (strcmp(mode, "half_pixel_symmetric") == 0) {
        const double adjust = n_out / (scale * (double)n_in);
        return (double)n_in / 2.0 * (1.0 - adjust) + centre;
    }
    return centre;
}

static size_t find_nearest(const struct resize *resize, size_t axis,
                           size_t n_in, size_t at)
{
    const double x = find_position(resize, axis, n_in, at);
    double place = ceil(x - 0.5);
    if (strcmp(resize->rounding, "floor") == 0) {
        place = floor(x);
    } else if (strcmp(resize->rounding, "ceil") == 0) {
        place = ceil(x);
    } else if (strcmp(resize->rounding, "round_prefer_ceil") == 0) {
        place = floor(x + 0.5);
    }
    place = place < 0.0 ? 0.0 : place;
    return place >= (double)n_in ? n_in - 1 : (size_t)place;
}

static enum status import_nearest(struct import *import,
                                  const struct resize *resize)
{
    const struct tensor *x = import_input(import, 0);
    const size_t rank = x->shape.n_dims;
    if (shape_count(&resize->out) == 0 ||
        shape_count(&resize->out) > SHAPE_ELEMENTS || x->n == 0) {
        return import_refuse(import, STATUS_UNSUPPORTED,
                             "output is empty or too large");
    }
    const size_t n = shape_count(&resize->out);
    int64_t strides[SHAPE_RANK] = {0};
    uint32_t *map = NULL;
    size_t *places[SHAPE_RANK] = {NULL};
    shape_strides(strides, &x->shape);
    for (size_t d = 0; d < rank; d++) {
        NEW_ARRAY(places[d], resize->out.dims[d]);
        for (size_t at = 0; at < resize->out.dims[d]; at++) {
            places[d][at] = resize->out.dims[d] == x->shape.dims[d]
                                ? at
                                : find_nearest(resize, d, x->shape.dims[d], at);
        }
    }
    NEW_ARRAY(map, n);
    for (size_t i = 0; i < n; i++) {
        size_t rest = i;
        size_t from = 0;
        for (size_t d = rank; d-- > 0;) {
            from += places[d][rest % resize->out.dims[d]] * (size_t)strides[d];
            rest /= resize->out.dims[d];
        }
        map[i] = (uint32_t)from;
    }
    for (size_t d = 0; d < rank; d++) {
        alloc_free(places[d]);
    }
    return build_output(import, 0, x->type,
                        build_map(import, &resize->out, &x, 1, map));
}

/* Scales (input i, or given) or sizes (input i + 1) for the axes. */
static enum status read_sizes(struct resize *resize, struct import *import,
                              size_t i, const int64_t *axes, size_t n_axes)
{
    const struct tensor *x = import_input(import, 0);
    const struct tensor *scales = import_input(import, i);
    const struct tensor *sizes = import_input(import, i + 1);
    const bool has_scales = scales != NULL && scales->n > 0;
    const struct tensor *given = has_scales ? scales : sizes;
    if (given == NULL || !given->is_constant || given->n != n_axes) {
        return import_refuse(import, STATUS_UNSUPPORTED,
                             "scales and sizes are computed or do not fit");
    }
    double *values = build_read(import, given);
    enum status status = STATUS_OK;
    for (size_t k = 0; k < n_axes && status == STATUS_OK; k++) {
        size_t d = k;
        const double n_in = (double)x->shape.dims[k];
        if (axes != NULL && !shape_axis(&d, axes[k], x->shape.n_dims)) {
            status = STATUS_BAD_INPUT;
            break;
        }
        const double dim = (double)x->shape.dims[d];
        const double size = has_scales ? floor(dim * values[k]) : values[k];
        if (!(size >= 1.0 && size <= (double)SHAPE_ELEMENTS) || n_in < 1.0) {
            status = STATUS_BAD_INPUT;
            break;
        }
        resize->scale[d] = has_scales ? values[k] : size / dim;
        resize->out.dims[d] = (size_t)size;
    }
    alloc_free(values);
    return status == STATUS_OK
               ? status
               : import_refuse(import, status, "a size is out of range");
}

static void start(struct resize *resize, const struct tensor *x)
{
    *resize = (struct resize){
        .out = x->shape, .coordinates = "asymmetric", .rounding = "floor"};
    for (size_t d = 0; d < x->shape.n_dims; d++) {
        resize->scale[d] = 1.0;
    }
}

static enum status check_mode(struct import *import)
{
    const char *mode = "nearest";
    IMPORT_TRY(import_string(import, "mode", &mode));
    return strcmp(mode, "nearest") == 0
               ? STATUS_OK
               : import_refuse(import, STATUS_UNSUPPORTED,
                               "mode %s is not supported", mode);
}

enum status op_import_upsample(struct import *import)
{
    struct resize resize = {0};
    IMPORT_TRY(import_arity(import, 2, 2, 1));
    IMPORT_TRY(check_mode(import));
    const struct tensor *x = import_input(import, 0);
    start(&resize, x);
    IMPORT_TRY(read_sizes(&resize, import, 1, NULL, x->shape.n_dims));
    return import_nearest(import, &resize);
}

enum status op_import_resize(struct import *import)
{
    struct resize resize = {0};
    const char *policy = "stretch";
    const int64_t *axes = NULL;
    IMPORT_TRY(import_arity(import, import->opset < 11 ? 2 : 1, 4, 1));
    IMPORT_TRY(check_mode(import));
    const struct tensor *x = import_input(import, 0);
    size_t n_axes = x->shape.n_dims;
    start(&resize, x);
    if (import->opset < 11) {
        IMPORT_TRY(read_sizes(&resize, import, 1, NULL, n_axes));
        return import_nearest(import, &resize);
    }
    resize.coordinates = "half_pixel";
    resize.rounding = "round_prefer_floor";
    IMPORT_TRY(import_string(import, "coordinate_transformation_mode",
                             &resize.coordinates));
    IMPORT_TRY(import_string(import, "nearest_mode", &resize.rounding));
    import_ignore(import, "cubic_coeff_a");
    import_ignore(import, "exclude_outside");
    import_ignore(import, "extrapolation_value");
    if (import->opset >= 18) {
        IMPORT_TRY(import_string(import, "keep_aspect_ratio_policy", &policy));
        IMPORT_TRY(import_ints(import, "axes", &axes, &n_axes));
        n_axes = axes == NULL ? x->shape.n_dims : n_axes;
    }
    if (strcmp(policy, "stretch") != 0 ||
        strcmp(resize.coordinates, "tf_crop_and_resize") == 0) {
        return import_refuse(import, STATUS_UNSUPPORTED,
                             "policy %s with coordinates %s", policy,
                             resize.coordinates);
    }
    IMPORT_TRY(read_sizes(&resize, import, 2, axes, n_axes));
    return import_nearest(import, &resize);
}
