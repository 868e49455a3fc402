/* Normalisations in inference. */
#include "src/base/alloc.h"
#include "src/base/require.h"
#include "src/net/build.h"
#include "src/net/build_rows.h"
#include "src/net/operators.h"

#include <math.h>

enum { N_PARAMETERS = 4 };

/* Outputs after the first one are those of training. */
static enum status check_outputs(struct import *import)
{
    for (size_t i = 1; i < import->source->n_outputs; i++) {
        if (import_has_output(import, i)) {
            return import_refuse(import, STATUS_UNSUPPORTED,
                                 "outputs of training are not supported");
        }
    }
    return STATUS_OK;
}

static enum status read_attributes(struct import *import, double *epsilon)
{
    int64_t spatial = 1;
    int64_t training = 0;
    int64_t is_test = 1;
    IMPORT_TRY(import_float(import, "epsilon", epsilon));
    import_ignore(import, "momentum");
    if (import->opset < 7) {
        IMPORT_TRY(import_int(import, "is_test", &is_test));
    }
    if (import->opset < 9) {
        IMPORT_TRY(import_int(import, "spatial", &spatial));
    }
    if (import->opset >= 14) {
        IMPORT_TRY(import_int(import, "training_mode", &training));
    }
    if (spatial != 1 || training != 0 || is_test == 0) {
        return import_refuse(import, STATUS_UNSUPPORTED,
                             "spatial = 0 and training are not supported");
    }
    return check_outputs(import);
}

/* Input i, one number per channel of x, as shape [channels, 1, 1 ...]. */
static enum status read_channels(const struct tensor **parameter,
                                 struct import *import, size_t i,
                                 const struct tensor *x)
{
    const struct tensor *given = import_input(import, i);
    struct shape shape = {0};
    if (!constant_is_real_type(given->type) ||
        !constant_is_real_type(x->type) || x->n == 0 || x->shape.n_dims < 2 ||
        given->n != x->shape.dims[1]) {
        return import_refuse(import, STATUS_BAD_INPUT,
                             "input '%s' does not fit the channels",
                             given->name);
    }
    shape.n_dims = x->shape.n_dims - 1;
    shape.dims[0] = given->n;
    for (size_t d = 1; d < shape.n_dims; d++) {
        shape.dims[d] = 1;
    }
    *parameter = build_map(import, &shape, &given, 1, NULL);
    return STATUS_OK;
}

/* (x - mean) * scale / sqrt(variance + epsilon) with constant scale and
 * variance; STATUS_BAD_INPUT if a variance is not positive. */
static enum status scale_exactly(const struct tensor **y, struct import *import,
                                 const struct tensor *centred,
                                 const struct tensor *const parameters[],
                                 double epsilon)
{
    struct scaling scaling = {.epsilon = epsilon};
    double *scale = build_read(import, parameters[0]);
    double *variance = build_read(import, parameters[3]);
    const size_t n_channels = parameters[0]->n;
    const size_t plane =
        shape_product(&centred->shape, 2, centred->shape.n_dims);
    bool is_positive = true;
    REQUIRE(n_channels > 0 && plane > 0);
    for (size_t c = 0; c < n_channels; c++) {
        is_positive = is_positive && variance[c] + epsilon > 0.0;
    }
    if (is_positive) {
        NEW_ARRAY(scaling.scale, centred->n);
        NEW_ARRAY(scaling.variance, centred->n);
        for (size_t i = 0; i < centred->n; i++) {
            scaling.scale[i] = scale[i / plane % n_channels];
            scaling.variance[i] = variance[i / plane % n_channels];
        }
        *y = build_scale(import, centred, scaling);
    }
    alloc_free(scale);
    alloc_free(variance);
    return is_positive ? STATUS_OK
                       : import_refuse(import, STATUS_BAD_INPUT,
                                       "a variance is not positive");
}

/* 1 / sqrt(x + epsilon) */
static const struct tensor *inverse_root(struct import *import,
                                         const struct tensor *x, double epsilon)
{
    const struct tensor *root = build_function(
        import, ACTIVATION_SQRT, build_affine(import, x, 1.0, epsilon));
    return build_function(import, ACTIVATION_RECIPROCAL, root);
}

enum status op_import_batch_normalization(struct import *import)
{
    double epsilon = (double)1e-5F;
    const struct tensor *parameters[N_PARAMETERS] = {NULL, NULL, NULL, NULL};
    const struct tensor *y = NULL;
    IMPORT_TRY(import_arity(import, 5, 5, 5));
    IMPORT_TRY(read_attributes(import, &epsilon));
    const struct tensor *x = import_input(import, 0);
    for (size_t i = 0; i < N_PARAMETERS; i++) {
        IMPORT_TRY(read_channels(&parameters[i], import, i + 1, x));
    }
    const struct tensor *centred =
        build_sum(import, x, 1.0, parameters[2], -1.0);
    if (parameters[0]->is_constant && parameters[3]->is_constant) {
        IMPORT_TRY(scale_exactly(&y, import, centred, parameters, epsilon));
    } else {
        const struct tensor *factor =
            build_product(import, parameters[0],
                          inverse_root(import, parameters[3], epsilon));
        y = build_product(import, centred, factor);
    }
    return build_output(import, 0, x->type,
                        build_sum(import, y, 1.0, parameters[1], 1.0));
}

/* Rows of x less their means, over the roots of their variances; the means
 * and inverse roots too. */
struct normal {
    const struct tensor *y;
    const struct tensor *mean;
    const struct tensor *inverse;
};

static struct normal normalise(struct import *import, const struct rows *rows,
                               double epsilon)
{
    const size_t k = rows->n_inner;
    const struct shape shape = {2, {rows->n_outer, k}};
    struct normal normal = {0};
    normal.mean = build_row_sums(import, rows->x, k, (double)k);
    const struct tensor *x = build_map(import, &shape, &rows->x, 1, NULL);
    const struct tensor *centred = build_sum(
        import, x, 1.0, build_row_spread(import, normal.mean, k), -1.0);
    const struct tensor *square =
        build_function(import, ACTIVATION_SQUARE, centred);
    normal.inverse = inverse_root(
        import, build_row_sums(import, square, k, (double)k), epsilon);
    normal.y = build_product(import, centred,
                             build_row_spread(import, normal.inverse, k));
    return normal;
}

enum status op_import_instance_normalization(struct import *import)
{
    double epsilon = (double)1e-5F;
    const struct tensor *scale = NULL;
    const struct tensor *bias = NULL;
    bool is_moved[SHAPE_RANK] = {false};
    IMPORT_TRY(import_arity(import, 3, 3, 1));
    IMPORT_TRY(import_float(import, "epsilon", &epsilon));
    const struct tensor *x = import_input(import, 0);
    IMPORT_TRY(read_channels(&scale, import, 1, x));
    IMPORT_TRY(read_channels(&bias, import, 2, x));
    for (size_t d = 2; d < x->shape.n_dims; d++) {
        is_moved[d] = true;
    }
    struct rows rows = build_rows(import, x, is_moved);
    const struct normal normal = normalise(import, &rows, epsilon);
    const struct tensor *y = build_unmoved(import, &rows, &x->shape, normal.y);
    rows_clear(&rows);
    y = build_sum(import, build_product(import, y, scale), 1.0, bias, 1.0);
    return build_output(import, 0, x->type, y);
}

/* Scale and optional bias must broadcast to the shape of x. */
static enum status check_affine(struct import *import, const struct tensor *x)
{
    for (size_t i = 1; i < import_n_inputs(import); i++) {
        const struct tensor *given = import_input(import, i);
        struct shape both = {0};
        if (given != NULL &&
            (!shape_broadcast(&both, &x->shape, &given->shape) ||
             !shape_is_same(&both, &x->shape))) {
            return import_refuse(import, STATUS_BAD_INPUT,
                                 "input %zu does not fit", i);
        }
    }
    return STATUS_OK;
}

/* Attributes of a LayerNormalization, whose inputs are checked. */
static enum status read_layer(struct import *import, double *epsilon,
                              size_t *axis)
{
    int64_t wanted = -1;
    IMPORT_TRY(import_arity(import, 2, 3, 3));
    IMPORT_TRY(import_float(import, "epsilon", epsilon));
    IMPORT_TRY(import_int(import, "axis", &wanted));
    import_ignore(import, "stash_type");
    const struct tensor *x = import_input(import, 0);
    IMPORT_TRY(import_check_types(import, 0, 3));
    IMPORT_TRY(import_check_real(import));
    if (!shape_axis(axis, wanted, x->shape.n_dims) || x->n == 0) {
        return import_refuse(import, STATUS_BAD_INPUT, "axis out of range");
    }
    return check_affine(import, x);
}

enum status op_import_layer_normalization(struct import *import)
{
    double epsilon = (double)1e-5F;
    size_t axis = 0;
    bool is_moved[SHAPE_RANK] = {false};
    IMPORT_TRY(read_layer(import, &epsilon, &axis));
    const struct tensor *x = import_input(import, 0);
    for (size_t d = axis; d < x->shape.n_dims; d++) {
        is_moved[d] = true;
    }
    struct rows rows = build_rows(import, x, is_moved);
    const struct shape kept = rows.kept;
    const struct normal normal = normalise(import, &rows, epsilon);
    rows_clear(&rows);
    const struct tensor *y = build_map(import, &x->shape, &normal.y, 1, NULL);
    y = build_product(import, y, import_input(import, 1));
    if (import_input(import, 2) != NULL) {
        y = build_sum(import, y, 1.0, import_input(import, 2), 1.0);
    }
    IMPORT_TRY(build_output(import, 0, x->type, y));
    if (import_has_output(import, 1)) {
        IMPORT_TRY(build_output_shape(import, 1, x->type, &kept, normal.mean));
    }
    if (import_has_output(import, 2)) {
        IMPORT_TRY(
            build_output_shape(import, 2, x->type, &kept, normal.inverse));
    }
    return STATUS_OK;
}
