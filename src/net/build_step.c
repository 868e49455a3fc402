/* Absolute values, rounding and indicators from ReLUs, signs and floors. */
#include "src/base/alloc.h"
#include "src/net/build.h"
#include "src/net/exact.h"
#include "src/net/type_range.h"
#include "src/onnx/model_tensor.h"

#include <math.h>
#include <string.h>

/* scale * relu(-x). */
static struct tensor *negative_part(struct import *import,
                                    const struct tensor *x)
{
    return build_relu(import, build_affine(import, x, -1.0, 0.0));
}

struct tensor *build_abs(struct import *import, const struct tensor *x)
{
    const struct tensor *above = build_relu(import, x);
    return build_sum(import, above, 2.0, x, -1.0);
}

struct tensor *build_truncated(struct import *import, const struct tensor *x)
{
    const struct tensor *above =
        build_function(import, ACTIVATION_FLOOR, build_relu(import, x));
    const struct tensor *below =
        build_function(import, ACTIVATION_FLOOR, negative_part(import, x));
    return build_sum(import, above, 1.0, below, -1.0);
}

/* floor(x/2 + 1/4) - floor(1/4 - x/2): the two agree with halves rounded to
 * even because exactly one of them steps at each half. */
struct tensor *build_rounded(struct import *import, const struct tensor *x)
{
    const struct tensor *up = build_function(
        import, ACTIVATION_FLOOR, build_affine(import, x, 0.5, 0.25));
    const struct tensor *down = build_function(
        import, ACTIVATION_FLOOR, build_affine(import, x, -0.5, 0.25));
    return build_sum(import, up, 1.0, down, -1.0);
}

struct tensor *build_is_positive(struct import *import, const struct tensor *x)
{
    return build_relu(import, build_function(import, ACTIVATION_SIGN, x));
}

struct tensor *build_is_nonzero(struct import *import, const struct tensor *x)
{
    return build_abs(import, build_function(import, ACTIVATION_SIGN, x));
}

struct tensor *build_wrapped(struct import *import, const struct tensor *x,
                             int type)
{
    struct type_range range = {0};
    (void)type_range_get(&range, type);
    const double width = range.highest - range.lowest + 1.0;
    const struct tensor *turns = build_function(
        import, ACTIVATION_FLOOR,
        build_affine(import, x, 1.0 / width, -range.lowest / width));
    return build_sum(import, x, 1.0, turns, -width);
}

enum status build_arithmetic(struct import *import, int type,
                             const struct tensor *tensor)
{
    switch (type) {
    case MODEL_BOOL:
        return import_refuse(import, STATUS_BAD_INPUT,
                             "arithmetic on truth values");
    case MODEL_INT8:
    case MODEL_UINT8:
    case MODEL_INT16:
    case MODEL_UINT16:
    case MODEL_INT32:
    case MODEL_UINT32:
        tensor = build_wrapped(import, tensor, type);
        break;
    default:
        break;
    }
    return build_output(import, 0, type, tensor);
}

/* True if all elements are whole numbers of the type, of at most 62 bits. */
static bool is_whole(const struct tensor *tensor)
{
    const double *reals = tensor->constant.reals;
    struct type_range range = {0};
    bool is_found = type_range_get(&range, tensor->type);
    for (size_t i = 0; i < tensor->n; i++) {
        is_found = is_found && fabs(reals[i]) <= 0x1p62 &&
                   is_equal(reals[i], floor(reals[i])) &&
                   reals[i] >= range.lowest && reals[i] <= range.highest;
    }
    return is_found;
}

/* The elements of a constant with float64 elements as integers. */
static void make_integers(struct tensor *tensor)
{
    NEW_ARRAY(tensor->constant.integers, tensor->n);
    for (size_t i = 0; i < tensor->n; i++) {
        tensor->constant.integers[i] = (int64_t)tensor->constant.reals[i];
    }
    alloc_free(tensor->constant.reals);
    tensor->constant.reals = NULL;
}

enum status build_output_shape(struct import *import, size_t i, int type,
                               const struct shape *shape,
                               const struct tensor *tensor)
{
    const bool is_own = tensor->name[0] == '\0' && tensor->n_uses == 0;
    struct tensor *output =
        is_own ? &import->net->tensors[import_number(import, tensor)]
               : build_map(import, shape, &tensor, 1, NULL);
    const char *name = import->source->outputs[i];
    if (!name_table_add(&import->names, name, import_number(import, output))) {
        return import_refuse(import, STATUS_BAD_INPUT,
                             "two tensors are named '%s'", name);
    }
    alloc_free(output->name);
    output->name = alloc_string(name, strlen(name));
    output->type = type;
    output->shape = *shape;
    if (output->is_constant && constant_is_integer_type(type)) {
        if (!is_whole(output)) {
            return import_refuse(import, STATUS_UNSUPPORTED,
                                 "constant of type %s is not exact",
                                 model_type_name(type));
        }
        make_integers(output);
    }
    return STATUS_OK;
}

enum status build_output(struct import *import, size_t i, int type,
                         const struct tensor *tensor)
{
    return build_output_shape(import, i, type, &tensor->shape, tensor);
}
