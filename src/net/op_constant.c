/* Operators whose results are known at import. */
#include "src/base/alloc.h"
#include "src/net/build.h"
#include "src/net/exact.h"
#include "src/net/operators.h"
#include "src/onnx/model_tensor.h"

#include <math.h>
#include <string.h>

/* A constant output that takes the elements of a tensor attribute. */
static enum status add_stored(struct import *import,
                              const struct model_tensor *stored)
{
    enum status status = STATUS_OK;
    struct shape shape = {0};
    struct tensor *output = NULL;
    if (stored->n_dims > SHAPE_RANK) {
        return import_refuse(import, STATUS_UNSUPPORTED,
                             "constant of %zu dimensions", stored->n_dims);
    }
    shape.n_dims = stored->n_dims;
    for (size_t d = 0; d < stored->n_dims; d++) {
        shape.dims[d] = (size_t)stored->dims[d];
    }
    STATUS_TRY(import_output(import, 0, stored->type, &shape, &output));
    output->is_constant = true;
    output->constant.stored = stored;
    if (constant_is_real_type(stored->type) &&
        !constant_is_finite(&output->constant, output->n)) {
        return import_refuse(import, STATUS_BAD_INPUT,
                             "constant holds a NaN or infinite element");
    }
cleanup:
    return status;
}

/* The attributes of Constant that hold numbers directly, since opset 12. */
static enum status add_numbers(struct import *import)
{
    const struct model_attribute *given = &import->source->attributes[0];
    struct shape shape = {0};
    struct tensor *output = NULL;
    const bool is_real = given->kind == MODEL_ATTRIBUTE_FLOAT ||
                         given->kind == MODEL_ATTRIBUTE_FLOATS;
    const bool is_list = given->kind == MODEL_ATTRIBUTE_FLOATS ||
                         given->kind == MODEL_ATTRIBUTE_INTS;
    shape.n_dims = is_list ? 1 : 0;
    shape.dims[0] = given->n;
    const enum status status = import_output(
        import, 0, is_real ? MODEL_FLOAT : MODEL_INT64, &shape, &output);
    if (status != STATUS_OK) {
        return status;
    }
    output->is_constant = true;
    if (!is_real) {
        NEW_ARRAY(output->constant.integers, output->n);
        for (size_t i = 0; i < output->n; i++) {
            output->constant.integers[i] = is_list ? given->ints[i] : given->i;
        }
        return STATUS_OK;
    }
    NEW_ARRAY(output->constant.reals, output->n);
    for (size_t i = 0; i < output->n; i++) {
        output->constant.reals[i] =
            (double)(is_list ? given->floats[i] : given->f);
    }
    return constant_is_finite(&output->constant, output->n)
               ? STATUS_OK
               : import_refuse(import, STATUS_BAD_INPUT,
                               "constant holds a NaN or infinite element");
}

enum status op_import_constant(struct import *import)
{
    static const struct {
        const char *name;
        enum model_attribute_kind kind;
    } kinds[] = {{"value_float", MODEL_ATTRIBUTE_FLOAT},
                 {"value_floats", MODEL_ATTRIBUTE_FLOATS},
                 {"value_int", MODEL_ATTRIBUTE_INT},
                 {"value_ints", MODEL_ATTRIBUTE_INTS}};
    enum status status = STATUS_OK;
    const struct model_tensor *stored = NULL;
    STATUS_TRY(import_arity(import, 0, 0, 1));
    if (import->source->n_attributes != 1) {
        return import_refuse(import, STATUS_BAD_INPUT,
                             "%zu attributes, expected one",
                             import->source->n_attributes);
    }
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        const struct model_attribute *given = &import->source->attributes[0];
        if (import->opset >= 12 && given->kind == kinds[i].kind &&
            strcmp(given->name, kinds[i].name) == 0) {
            import_ignore(import, given->name);
            return add_numbers(import);
        }
    }
    STATUS_TRY(import_attribute_tensor(import, "value", &stored));
    if (stored == NULL) {
        return import_refuse(import, STATUS_UNSUPPORTED,
                             "attribute '%s' is not supported",
                             import->source->attributes[0].name);
    }
    STATUS_TRY(add_stored(import, stored));
cleanup:
    return status;
}

enum status op_import_shape(struct import *import)
{
    enum status status = STATUS_OK;
    const struct tensor *input = NULL;
    struct tensor *output = NULL;
    struct shape shape = {.n_dims = 1};
    int64_t start = 0;
    int64_t end = INT64_MAX;
    int64_t rank = 0;
    STATUS_TRY(import_arity(import, 1, 1, 1));
    if (import->opset >= 15) {
        STATUS_TRY(import_int(import, "start", &start));
        STATUS_TRY(import_int(import, "end", &end));
    }
    input = import_input(import, 0);
    rank = (int64_t)input->shape.n_dims;
    start += start < 0 ? rank : 0;
    end += end < 0 ? rank : 0;
    start = start < 0 ? 0 : start;
    end = end > rank ? rank : end;
    shape.dims[0] = end > start ? (size_t)(end - start) : 0;
    STATUS_TRY(import_output(import, 0, MODEL_INT64, &shape, &output));
    output->is_constant = true;
    NEW_ARRAY(output->constant.integers, output->n);
    for (size_t i = 0; i < output->n; i++) {
        output->constant.integers[i] =
            (int64_t)input->shape.dims[(size_t)start + i];
    }
cleanup:
    return status;
}

/* A shape given as a list of integers; none negative. */
static enum status read_shape(struct shape *shape, struct import *import,
                              size_t input)
{
    enum status status = STATUS_OK;
    int64_t *dims = NULL;
    size_t n = 0;
    STATUS_TRY(import_integers(import, input, &dims, &n));
    for (size_t d = 0; d < n; d++) {
        if (n > SHAPE_RANK || dims[d] < 0 || dims[d] > SHAPE_ELEMENTS) {
            status = import_refuse(import, STATUS_BAD_INPUT,
                                   "shape of rank %zu or with a size of %lld",
                                   n, (long long)dims[d]);
            goto cleanup;
        }
        shape->dims[d] = (size_t)dims[d];
    }
    shape->n_dims = n;
cleanup:
    alloc_free(dims);
    return status;
}

enum status op_import_constant_of_shape(struct import *import)
{
    enum status status = STATUS_OK;
    const struct model_tensor *stored = NULL;
    struct constant value = {0};
    struct tensor *output = NULL;
    struct shape shape = {0};
    double real = 0.0;
    int64_t integer = 0;
    int type = MODEL_FLOAT;
    STATUS_TRY(import_arity(import, 1, 1, 1));
    STATUS_TRY(import_attribute_tensor(import, "value", &stored));
    STATUS_TRY(read_shape(&shape, import, 0));
    if (stored != NULL) {
        type = stored->type;
        value.stored = stored;
        if (stored->n_elements != 1 ||
            (!constant_is_real_type(type) && !constant_is_integer_type(type))) {
            return import_refuse(import, STATUS_BAD_INPUT,
                                 "value is not one number of a known type");
        }
        if (constant_is_real_type(type)) {
            constant_read_reals(&real, &value, 0, 1);
        } else {
            constant_read_integers(&integer, &value, 0, 1);
        }
    }
    if (!isfinite(real)) {
        return import_refuse(import, STATUS_BAD_INPUT, "value is not finite");
    }
    STATUS_TRY(import_output(import, 0, type, &shape, &output));
    output->is_constant = true;
    if (constant_is_real_type(type)) {
        NEW_ARRAY(output->constant.reals, output->n);
    } else {
        NEW_ARRAY(output->constant.integers, output->n);
    }
    for (size_t i = 0; i < output->n; i++) {
        if (constant_is_real_type(type)) {
            output->constant.reals[i] = real;
        } else {
            output->constant.integers[i] = integer;
        }
    }
cleanup:
    return status;
}

enum status op_import_expand(struct import *import)
{
    enum status status = STATUS_OK;
    const struct tensor *input = NULL;
    struct shape wanted = {0};
    struct shape shape = {0};
    STATUS_TRY(import_arity(import, 2, 2, 1));
    STATUS_TRY(read_shape(&wanted, import, 1));
    input = import_input(import, 0);
    if (!shape_broadcast(&shape, &input->shape, &wanted) ||
        shape_count(&shape) > SHAPE_ELEMENTS) {
        return import_refuse(import, STATUS_BAD_INPUT,
                             "shapes do not broadcast, or too large");
    }
    STATUS_TRY(import_map_one(import, 0, &shape, input,
                              shape_broadcast_map(&shape, &input->shape)));
cleanup:
    return status;
}

enum status op_import_size(struct import *import)
{
    struct tensor *output = NULL;
    const struct shape shape = {0};
    IMPORT_TRY(import_arity(import, 1, 1, 1));
    IMPORT_TRY(import_output(import, 0, MODEL_INT64, &shape, &output));
    output->is_constant = true;
    NEW_ARRAY(output->constant.integers, 1);
    output->constant.integers[0] = (int64_t)import_input(import, 0)->n;
    return STATUS_OK;
}

/* start, start + delta, ... before limit; all three constant. */
enum status op_import_range(struct import *import)
{
    double ends[3] = {0.0, 0.0, 1.0};
    IMPORT_TRY(import_arity(import, 3, 3, 1));
    IMPORT_TRY(import_check_types(import, 0, 3));
    const int type = import_input(import, 0)->type;
    for (size_t i = 0; i < 3; i++) {
        if (!import_input(import, i)->is_constant) {
            return import_refuse(import, STATUS_UNSUPPORTED,
                                 "the shape depends on computed values");
        }
        IMPORT_TRY(import_number_input(import, i, &ends[i]));
    }
    const double steps = (ends[1] - ends[0]) / ends[2];
    const double count = ceil(steps);
    if (!(fabs(count) <= (double)SHAPE_ELEMENTS) ||
        !is_equal(count, ceil((double)(float)steps))) {
        return import_refuse(
            import, STATUS_BAD_INPUT,
            "too many elements, a number of them that depends on "
            "rounding, or a step of 0");
    }
    const struct shape shape = {1, {count > 0.0 ? (size_t)count : 0}};
    double *values = NULL;
    NEW_ARRAY(values, shape.dims[0]);
    for (size_t i = 0; i < shape.dims[0]; i++) {
        values[i] = ends[0] + (double)i * ends[2];
    }
    return build_output(import, 0, type,
                        build_constant(import, &shape, values));
}
