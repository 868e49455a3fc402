/* Quantised arithmetic: rounding to even, saturation, and scales. */
#include "src/base/alloc.h"
#include "src/net/build.h"
#include "src/net/build_rows.h"
#include "src/net/conv.h"
#include "src/net/operators.h"
#include "src/net/type_range.h"

/* Clipped(round(x) + zero point) in an integer type; zero may be NULL. */
static const struct tensor *saturate(struct import *import,
                                     const struct tensor *x,
                                     const struct tensor *zero, int type)
{
    struct type_range range = {0};
    (void)type_range_get(&range, type);
    const struct tensor *y = build_rounded(import, x);
    if (zero != NULL) {
        y = build_sum(import, y, 1.0, zero, 1.0);
    }
    return build_clip(import, y, range.lowest, range.highest);
}

/* Scale or zero point i for x: a number, one per place of the axis, or one
 * per block of it; NULL if absent. */
static enum status read_parameter(const struct tensor **parameter,
                                  struct import *import, size_t i,
                                  int64_t wanted, int64_t block)
{
    const struct tensor *given = import_input(import, i);
    const struct tensor *x = import_input(import, 0);
    struct shape shape = x->shape;
    size_t axis = 0;
    *parameter = given;
    if (given == NULL || given->n == 1) {
        if (given != NULL) {
            const struct shape none = {0};
            *parameter = build_map(import, &none, &given, 1, NULL);
        }
        return STATUS_OK;
    }
    if (!shape_axis(&axis, wanted, shape.n_dims)) {
        return import_refuse(import, STATUS_BAD_INPUT, "axis out of range");
    }
    if (given->shape.n_dims == 1 && given->n == shape.dims[axis]) {
        for (size_t d = 0; d < shape.n_dims; d++) {
            shape.dims[d] = d == axis ? given->n : 1;
        }
        *parameter = build_map(import, &shape, &given, 1, NULL);
        return STATUS_OK;
    }
    shape.dims[axis] =
        block > 0 ? (shape.dims[axis] + (size_t)block - 1) / (size_t)block : 0;
    if (block < 1 || !shape_is_same(&shape, &given->shape)) {
        return import_refuse(import, STATUS_BAD_INPUT,
                             "input %zu does not fit the axis", i);
    }
    const size_t inner = shape_product(&x->shape, axis + 1, shape.n_dims);
    uint32_t *map = NULL;
    NEW_ARRAY(map, x->n);
    for (size_t k = 0; k < x->n; k++) {
        const size_t at = k / inner % x->shape.dims[axis];
        const size_t outer = k / inner / x->shape.dims[axis];
        map[k] =
            (uint32_t)((outer * shape.dims[axis] + at / (size_t)block) * inner +
                       k % inner);
    }
    *parameter = build_map(import, &x->shape, &given, 1, map);
    return STATUS_OK;
}

/* Scale (input 1) and zero point (input 2) along axis and blocks. */
static enum status read_scale(const struct tensor **scale,
                              const struct tensor **zero, struct import *import)
{
    int64_t axis = 1;
    int64_t block = 0;
    IMPORT_TRY(import_arity(import, 2, 3, 1));
    if (import->opset >= 13) {
        IMPORT_TRY(import_int(import, "axis", &axis));
    }
    if (import->opset >= 21) {
        IMPORT_TRY(import_int(import, "block_size", &block));
    }
    if (import->opset >= 19) {
        import_ignore(import, "saturate");
    }
    IMPORT_TRY(read_parameter(scale, import, 1, axis, block));
    return read_parameter(zero, import, 2, axis, block);
}

enum status op_import_quantize_linear(struct import *import)
{
    const struct tensor *scale = NULL;
    const struct tensor *zero = NULL;
    struct type_range range = {0};
    int64_t wanted = 0;
    IMPORT_TRY(read_scale(&scale, &zero, import));
    if (import->opset >= 21) {
        IMPORT_TRY(import_int(import, "output_dtype", &wanted));
    }
    if (import->opset >= 23) {
        import_ignore(import, "precision");
    }
    const struct tensor *x = import_input(import, 0);
    int type = MODEL_UINT8;
    if (zero != NULL) {
        type = import_input(import, 2)->type;
    } else if (wanted > 0 && wanted <= MODEL_BFLOAT16) {
        type = (int)wanted;
    }
    if (!type_range_get(&range, type)) {
        return import_refuse(import, STATUS_UNSUPPORTED,
                             "element type of the result is not supported");
    }
    return build_output(
        import, 0, type,
        saturate(import, build_quotient(import, x, scale), zero, type));
}

enum status op_import_dequantize_linear(struct import *import)
{
    const struct tensor *scale = NULL;
    const struct tensor *zero = NULL;
    IMPORT_TRY(read_scale(&scale, &zero, import));
    const int type = import_input(import, 1)->type;
    int64_t wanted = 0;
    if (import->opset >= 23) {
        IMPORT_TRY(import_int(import, "output_dtype", &wanted));
    }
    if (!constant_is_real_type(type) || (wanted != 0 && wanted != type)) {
        return import_refuse(import, STATUS_UNSUPPORTED,
                             "element type of the result is not supported");
    }
    const struct tensor *x = import_input(import, 0);
    if (zero != NULL) {
        x = build_sum(import, x, 1.0, zero, -1.0);
    }
    return build_output(import, 0, type, build_product(import, x, scale));
}

/* Range of x with 0, over 255: scale, zero point and quantised x. */
enum status op_import_dynamic_quantize_linear(struct import *import)
{
    IMPORT_TRY(import_arity(import, 1, 1, 3));
    const struct tensor *x = import_input(import, 0);
    const struct shape one = {0};
    const struct tensor *const args[2] = {x, build_number(import, 0.0)};
    if (x->n == 0) {
        return import_refuse(import, STATUS_BAD_INPUT, "no elements");
    }
    const struct tensor *least = build_extreme(import, NODE_EXTREME, &one, args,
                                               2, build_row_sets(1, x->n + 1));
    struct sets sets = build_row_sets(1, x->n + 1);
    sets.is_least = true;
    const struct tensor *most = least;
    least = build_extreme(import, NODE_EXTREME, &one, args, 2, sets);
    const struct tensor *scale =
        build_quotient(import, build_sum(import, most, 1.0, least, -1.0),
                       build_number(import, 255.0));
    const struct tensor *zero = build_rounded(
        import,
        build_clip(import,
                   build_affine(import, build_quotient(import, least, scale),
                                -1.0, 0.0),
                   0.0, 255.0));
    const struct tensor *y =
        saturate(import, build_quotient(import, x, scale), zero, MODEL_UINT8);
    IMPORT_TRY(build_output(import, 0, MODEL_UINT8, y));
    if (import_has_output(import, 1)) {
        IMPORT_TRY(build_output(import, 1, MODEL_FLOAT, scale));
    }
    return import_has_output(import, 2)
               ? build_output(import, 2, MODEL_UINT8, zero)
               : STATUS_OK;
}

/* Input i less its zero point, input z; the zero point as a number, or one
 * per row (axis 0) or column (last axis). */
static enum status centred(const struct tensor **y, struct import *import,
                           size_t i, size_t z, size_t axis)
{
    const struct tensor *x = import_input(import, i);
    const struct tensor *zero = import_input(import, z);
    struct shape shape = x->shape;
    *y = x;
    if (zero == NULL) {
        return STATUS_OK;
    }
    for (size_t d = 0; d < shape.n_dims; d++) {
        shape.dims[d] = d == axis ? zero->n : 1;
    }
    if (zero->n != 1 &&
        (axis >= shape.n_dims || zero->n != x->shape.dims[axis])) {
        return import_refuse(import, STATUS_UNSUPPORTED,
                             "zero point %zu does not fit", z);
    }
    *y = build_sum(import, x, 1.0, build_map(import, &shape, &zero, 1, NULL),
                   -1.0);
    return STATUS_OK;
}

static size_t last_axis(const struct tensor *x)
{
    return x->shape.n_dims - 1;
}

enum status op_import_matmul_integer(struct import *import)
{
    const struct tensor *a = NULL;
    const struct tensor *b = NULL;
    IMPORT_TRY(import_arity(import, 2, 4, 1));
    IMPORT_TRY(centred(&a, import, 0, 2,
                       import_input(import, 0)->shape.n_dims == 2 ? 0 : 1));
    IMPORT_TRY(centred(&b, import, 1, 3, last_axis(import_input(import, 1))));
    const struct tensor *y = build_matrices(import, a, b);
    return y == NULL ? STATUS_UNSUPPORTED
                     : build_output(import, 0, MODEL_INT32, y);
}

enum status op_import_conv_integer(struct import *import)
{
    const struct tensor *x = NULL;
    const struct tensor *w = NULL;
    const struct tensor *y = NULL;
    IMPORT_TRY(import_arity(import, 2, 4, 1));
    IMPORT_TRY(centred(&x, import, 0, 2, SHAPE_RANK));
    IMPORT_TRY(centred(&w, import, 1, 3, 0));
    IMPORT_TRY(conv_build(&y, import, x, w, GRID_CONV));
    return build_output(import, 0, MODEL_INT32, y);
}

/* accumulated * scale_a * scale_b / scale_y, saturated: inputs 1, 4, 6, 7. */
static enum status requantise(struct import *import, const struct tensor *y)
{
    const struct shape none = {0};
    const struct tensor *factors[3] = {NULL, NULL, NULL};
    const size_t inputs[3] = {1, 4, 6};
    for (size_t i = 0; i < 3; i++) {
        const struct tensor *given = import_input(import, inputs[i]);
        if (given->n != 1) {
            return import_refuse(import, STATUS_UNSUPPORTED,
                                 "scale %zu is not one number", inputs[i]);
        }
        factors[i] = build_map(import, &none, &given, 1, NULL);
    }
    const struct tensor *zero = import_input(import, 7);
    y = build_product(import, y, factors[0]);
    y = build_product(import, y, factors[1]);
    y = build_quotient(import, y, factors[2]);
    return build_output(import, 0, zero->type,
                        saturate(import, y,
                                 build_map(import, &none, &zero, 1, NULL),
                                 zero->type));
}

enum status op_import_qlinear_matmul(struct import *import)
{
    const struct tensor *a = NULL;
    const struct tensor *b = NULL;
    IMPORT_TRY(import_arity(import, 8, 8, 1));
    IMPORT_TRY(centred(&a, import, 0, 2, SHAPE_RANK));
    IMPORT_TRY(centred(&b, import, 3, 5, SHAPE_RANK));
    const struct tensor *y = build_matrices(import, a, b);
    return y == NULL || import_input(import, 7)->n != 1
               ? import_refuse(import, STATUS_UNSUPPORTED,
                               "factors or zero point do not fit")
               : requantise(import, y);
}

enum status op_import_qlinear_conv(struct import *import)
{
    const struct tensor *x = NULL;
    const struct tensor *w = NULL;
    const struct tensor *y = NULL;
    IMPORT_TRY(import_arity(import, 8, 9, 1));
    IMPORT_TRY(centred(&x, import, 0, 2, SHAPE_RANK));
    IMPORT_TRY(centred(&w, import, 3, 5, 0));
    IMPORT_TRY(conv_build(&y, import, x, w, GRID_CONV));
    const struct tensor *bias = import_input(import, 8);
    if (import_input(import, 7)->n != 1 ||
        (bias != NULL && bias->n != y->shape.dims[1])) {
        return import_refuse(import, STATUS_BAD_INPUT,
                             "bias or zero point do not fit");
    }
    if (bias != NULL) {
        struct shape shape = {.n_dims = y->shape.n_dims - 1};
        for (size_t d = 0; d < shape.n_dims; d++) {
            shape.dims[d] = d == 0 ? bias->n : 1;
        }
        y = build_sum(import, y, 1.0, build_map(import, &shape, &bias, 1, NULL),
                      1.0);
    }
    return requantise(import, y);
}
