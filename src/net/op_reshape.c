/* Operators that keep the order of the elements: only shapes change. */
#include "src/base/alloc.h"
#include "src/net/operators.h"

enum status op_import_identity(struct import *import)
{
    enum status status = STATUS_OK;
    const struct tensor *input = NULL;
    STATUS_TRY(import_arity(import, 1, 1, 1));
    input = import_input(import, 0);
    STATUS_TRY(import_map_one(import, 0, &input->shape, input, NULL));
cleanup:
    return status;
}

/* Inference only: the identity, and a mask that is all true. */
enum status op_import_dropout(struct import *import)
{
    enum status status = STATUS_OK;
    const struct tensor *input = NULL;
    const struct tensor *training = NULL;
    int64_t is_training = 0;
    STATUS_TRY(import_arity(import, 1, import->opset >= 12 ? 3 : 1, 2));
    if (import->opset < 12) {
        import_ignore(import, "ratio");
    } else {
        import_ignore(import, "seed");
        training = import_input(import, 2);
    }
    if (training != NULL) {
        if (training->is_constant && training->type == MODEL_BOOL &&
            training->n == 1) {
            constant_read_integers(&is_training, &training->constant, 0, 1);
        }
        if (is_training != 0 || !training->is_constant) {
            return import_refuse(import, STATUS_UNSUPPORTED,
                                 "training mode is not supported");
        }
    }
    input = import_input(import, 0);
    STATUS_TRY(import_map_one(import, 0, &input->shape, input, NULL));
    if (import_has_output(import, 1)) {
        struct tensor *mask = NULL;
        STATUS_TRY(import_output(import, 1, MODEL_BOOL, &input->shape, &mask));
        mask->is_constant = true;
        NEW_ARRAY(mask->constant.integers, mask->n);
        for (size_t i = 0; i < mask->n; i++) {
            mask->constant.integers[i] = 1;
        }
    }
cleanup:
    return status;
}

enum status op_import_flatten(struct import *import)
{
    enum status status = STATUS_OK;
    const struct tensor *input = NULL;
    struct shape shape = {.n_dims = 2};
    int64_t axis = 1;
    size_t rank = 0;
    STATUS_TRY(import_arity(import, 1, 1, 1));
    STATUS_TRY(import_int(import, "axis", &axis));
    input = import_input(import, 0);
    rank = input->shape.n_dims;
    axis += axis < 0 ? (int64_t)rank : 0;
    if (axis < 0 || axis > (int64_t)rank) {
        return import_refuse(import, STATUS_BAD_INPUT,
                             "axis %lld outside rank %zu", (long long)axis,
                             rank);
    }
    shape.dims[0] = shape_product(&input->shape, 0, (size_t)axis);
    shape.dims[1] = shape_product(&input->shape, (size_t)axis, rank);
    STATUS_TRY(import_map_one(import, 0, &shape, input, NULL));
cleanup:
    return status;
}

/* The shape a Reshape asks for: 0 copies (unless allow_zero), -1 fills. */
static enum status reshape_target(struct shape *shape, struct import *import,
                                  const struct tensor *input,
                                  const int64_t *wanted, bool allow_zero)
{
    size_t unknown = SIZE_MAX;
    for (size_t d = 0; d < shape->n_dims; d++) {
        shape->dims[d] = wanted[d] > 0 ? (size_t)wanted[d] : 1;
        if (wanted[d] == 0) {
            if (!allow_zero && d >= input->shape.n_dims) {
                return import_refuse(import, STATUS_BAD_INPUT,
                                     "0 in the shape has no dimension to "
                                     "copy");
            }
            shape->dims[d] = allow_zero ? 0 : input->shape.dims[d];
        } else if (wanted[d] == -1 && unknown == SIZE_MAX) {
            unknown = d;
        } else if (wanted[d] < 0) {
            return import_refuse(import, STATUS_BAD_INPUT, "%lld in the shape",
                                 (long long)wanted[d]);
        }
    }
    const size_t n = shape_count(shape);
    if (unknown != SIZE_MAX && n != 0 && input->n % n == 0) {
        shape->dims[unknown] = input->n / n;
    }
    if (shape_count(shape) != input->n) {
        return import_refuse(import, STATUS_BAD_INPUT,
                             "%zu elements do not fit the shape", input->n);
    }
    return STATUS_OK;
}

enum status op_import_reshape(struct import *import)
{
    enum status status = STATUS_OK;
    const struct tensor *input = NULL;
    int64_t *wanted = NULL;
    struct shape shape = {0};
    int64_t allow_zero = 0;
    STATUS_TRY(import_arity(import, 2, 2, 1));
    if (import->opset >= 14) {
        STATUS_TRY(import_int(import, "allowzero", &allow_zero));
    }
    input = import_input(import, 0);
    STATUS_TRY(import_integers(import, 1, &wanted, &shape.n_dims));
    if (shape.n_dims > SHAPE_RANK) {
        status = import_refuse(import, STATUS_UNSUPPORTED,
                               "shape of %zu dimensions", shape.n_dims);
        goto cleanup;
    }
    STATUS_TRY(reshape_target(&shape, import, input, wanted, allow_zero != 0));
    STATUS_TRY(import_map_one(import, 0, &shape, input, NULL));
cleanup:
    alloc_free(wanted);
    return status;
}

enum status op_import_squeeze(struct import *import)
{
    enum status status = STATUS_OK;
    const struct tensor *input = NULL;
    int64_t *axes = NULL;
    size_t n = 0;
    bool is_marked[SHAPE_RANK] = {false};
    struct shape shape = {0};
    STATUS_TRY(import_arity(import, 1, import->opset >= 13 ? 2 : 1, 1));
    STATUS_TRY(import_axes(import, &axes, &n, 13));
    input = import_input(import, 0);
    STATUS_TRY(
        import_mark_axes(is_marked, import, axes, n, input->shape.n_dims));
    for (size_t d = 0; d < input->shape.n_dims; d++) {
        const size_t dim = input->shape.dims[d];
        const bool is_dropped = axes == NULL ? dim == 1 : is_marked[d];
        if (is_dropped && dim != 1) {
            status =
                import_refuse(import, STATUS_BAD_INPUT,
                              "axis %zu has %zu elements, expected 1", d, dim);
            goto cleanup;
        }
        if (!is_dropped) {
            shape.dims[shape.n_dims++] = dim;
        }
    }
    STATUS_TRY(import_map_one(import, 0, &shape, input, NULL));
cleanup:
    alloc_free(axes);
    return status;
}

enum status op_import_unsqueeze(struct import *import)
{
    enum status status = STATUS_OK;
    const struct tensor *input = NULL;
    int64_t *axes = NULL;
    size_t n = 0;
    size_t next = 0;
    bool is_marked[SHAPE_RANK] = {false};
    struct shape shape = {0};
    STATUS_TRY(import_arity(import, import->opset >= 13 ? 2 : 1,
                            import->opset >= 13 ? 2 : 1, 1));
    STATUS_TRY(import_axes(import, &axes, &n, 13));
    input = import_input(import, 0);
    shape.n_dims = input->shape.n_dims + n;
    if (axes == NULL || n > SHAPE_RANK || shape.n_dims > SHAPE_RANK) {
        status = import_refuse(import, STATUS_BAD_INPUT,
                               "no axes, or more than %d dimensions",
                               (int)SHAPE_RANK);
        goto cleanup;
    }
    STATUS_TRY(import_mark_axes(is_marked, import, axes, n, shape.n_dims));
    for (size_t d = 0; d < shape.n_dims; d++) {
        shape.dims[d] = is_marked[d] ? 1 : input->shape.dims[next++];
    }
    STATUS_TRY(import_map_one(import, 0, &shape, input, NULL));
cleanup:
    alloc_free(axes);
    return status;
}
