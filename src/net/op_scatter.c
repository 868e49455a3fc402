/* One-hot vectors, scattered updates, and other orders of elements. */
#include "src/base/alloc.h"
#include "src/net/build.h"
#include "src/net/operators.h"

#include <string.h>

/* values = [off, on]: off + (on - off) * (1 - |sign(index - place)|), indices
 * below 0 counting from the end. */
enum status op_import_one_hot(struct import *import)
{
    double depth = 0.0;
    int64_t wanted = -1;
    size_t axis = 0;
    IMPORT_TRY(import_arity(import, 3, 3, 1));
    IMPORT_TRY(import_int(import, "axis", &wanted));
    IMPORT_TRY(import_number_input(import, 1, &depth));
    const struct tensor *x = import_input(import, 0);
    const struct tensor *values = import_input(import, 2);
    const size_t rank = x->shape.n_dims + 1;
    if (!shape_axis(&axis, wanted, rank) || rank > SHAPE_RANK ||
        values->n != 2 || !(depth >= 1.0 && depth <= SHAPE_ELEMENTS) ||
        x->n > SHAPE_ELEMENTS / (size_t)depth) {
        return import_refuse(import, STATUS_BAD_INPUT,
                             "axis, depth or values out of range");
    }
    struct shape shape = {.n_dims = rank};
    for (size_t d = 0; d < rank; d++) {
        shape.dims[d] = d == axis ? 1 : x->shape.dims[d < axis ? d : d - 1];
    }
    const struct shape places = {1, {(size_t)depth}};
    struct shape along = {.n_dims = rank};
    double *numbers = NULL;
    NEW_ARRAY(numbers, places.dims[0]);
    for (size_t i = 0; i < places.dims[0]; i++) {
        numbers[i] = (double)i;
    }
    for (size_t d = 0; d < rank; d++) {
        along.dims[d] = d == axis ? places.dims[0] : 1;
    }
    const struct tensor *place = build_constant(import, &along, numbers);
    const struct tensor *index = build_map(import, &shape, &x, 1, NULL);
    const struct tensor *negative =
        build_is_positive(import, build_affine(import, index, -1.0, 0.0));
    index = build_sum(import, index, 1.0, negative, depth);
    const struct tensor *other =
        build_is_nonzero(import, build_sum(import, index, 1.0, place, -1.0));
    uint32_t *of_off = NULL;
    uint32_t *of_on = NULL;
    NEW_ARRAY(of_off, 1);
    NEW_ARRAY(of_on, 1);
    of_on[0] = 1;
    const struct shape none = {0};
    const struct tensor *off = build_map(import, &none, &values, 1, of_off);
    const struct tensor *on = build_map(import, &none, &values, 1, of_on);
    return build_output(import, 0, values->type,
                        build_choice(import, other, off, on));
}

/* Row-major number of the slice that an index vector names; false if outside.
 */
static bool find_slice(size_t *slice, const struct tensor *indices, size_t i,
                       size_t depth, const struct shape *data)
{
    *slice = 0;
    for (size_t d = 0; d < depth; d++) {
        int64_t index = 0;
        size_t at = 0;
        constant_read_integers(&index, &indices->constant, i * depth + d, 1);
        if (!shape_axis(&at, index, data->dims[d])) {
            return false;
        }
        *slice = *slice * data->dims[d] + at;
    }
    return true;
}

/* True if the reduction is none; others are refused. */
static enum status check_reduction(struct import *import)
{
    const char *reduction = "none";
    IMPORT_TRY(import_string(import, "reduction", &reduction));
    return strcmp(reduction, "none") == 0
               ? STATUS_OK
               : import_refuse(import, STATUS_UNSUPPORTED,
                               "reduction %s is not supported", reduction);
}

enum status op_import_scatter_nd(struct import *import)
{
    IMPORT_TRY(import_arity(import, 3, 3, 1));
    IMPORT_TRY(check_reduction(import));
    const struct tensor *data = import_input(import, 0);
    const struct tensor *indices = import_input(import, 1);
    const struct tensor *updates = import_input(import, 2);
    const size_t rank = indices->shape.n_dims;
    const size_t depth = rank > 0 ? indices->shape.dims[rank - 1] : SIZE_MAX;
    if (!indices->is_constant || !constant_is_integer_type(indices->type)) {
        return import_refuse(import, STATUS_UNSUPPORTED,
                             "indices are not constant integers");
    }
    if (depth == 0 || depth > data->shape.n_dims) {
        return import_refuse(import, STATUS_BAD_INPUT,
                             "indices do not fit the data");
    }
    const size_t n_slices = indices->n / depth;
    const size_t width = shape_product(&data->shape, depth, data->shape.n_dims);
    if (updates->n != n_slices * width) {
        return import_refuse(import, STATUS_BAD_INPUT,
                             "updates do not fit the data");
    }
    const struct tensor *const args[2] = {data, updates};
    uint32_t *map = NULL;
    NEW_ARRAY(map, data->n);
    for (size_t i = 0; i < data->n; i++) {
        map[i] = (uint32_t)i;
    }
    for (size_t i = 0; i < n_slices; i++) {
        size_t slice = 0;
        if (!find_slice(&slice, indices, i, depth, &data->shape)) {
            alloc_free(map);
            return import_refuse(import, STATUS_BAD_INPUT,
                                 "an index is out of range");
        }
        for (size_t k = 0; k < width; k++) {
            map[slice * width + k] = (uint32_t)(data->n + i * width + k);
        }
    }
    return build_output(import, 0, data->type,
                        build_map(import, &data->shape, args, 2, map));
}

enum status op_import_scatter_elements(struct import *import)
{
    int64_t wanted = 0;
    size_t axis = 0;
    IMPORT_TRY(import_arity(import, 3, 3, 1));
    IMPORT_TRY(import_int(import, "axis", &wanted));
    IMPORT_TRY(check_reduction(import));
    const struct tensor *data = import_input(import, 0);
    const struct tensor *indices = import_input(import, 1);
    const struct tensor *updates = import_input(import, 2);
    if (!indices->is_constant ||
        !shape_is_same(&indices->shape, &updates->shape) ||
        indices->shape.n_dims != data->shape.n_dims ||
        !shape_axis(&axis, wanted, data->shape.n_dims)) {
        return import_refuse(import, STATUS_UNSUPPORTED,
                             "indices are computed or do not fit");
    }
    const struct tensor *const args[2] = {data, updates};
    int64_t strides[SHAPE_RANK] = {0};
    uint32_t *map = NULL;
    bool is_inside = true;
    shape_strides(strides, &data->shape);
    NEW_ARRAY(map, data->n);
    for (size_t i = 0; i < data->n; i++) {
        map[i] = (uint32_t)i;
    }
    for (size_t i = 0; i < indices->n && is_inside; i++) {
        size_t rest = i;
        size_t to = 0;
        for (size_t d = data->shape.n_dims; d-- > 0;) {
            size_t at = rest % indices->shape.dims[d];
            rest /= indices->shape.dims[d];
            if (d == axis) {
                int64_t index = 0;
                constant_read_integers(&index, &indices->constant, i, 1);
                is_inside =
                    is_inside && shape_axis(&at, index, data->shape.dims[d]);
            }
            is_inside = is_inside && at < data->shape.dims[d];
            to += at * (size_t)strides[d];
        }
        if (is_inside) {
            map[to] = (uint32_t)(data->n + i);
        }
    }
    if (!is_inside) {
        alloc_free(map);
        return import_refuse(import, STATUS_BAD_INPUT,
                             "an index is out of range");
    }
    return build_output(import, 0, data->type,
                        build_map(import, &data->shape, args, 2, map));
}

/* Keeps the triangle of the last two axes on one side of diagonal k. */
enum status op_import_trilu(struct import *import)
{
    int64_t is_upper = 1;
    double k = 0.0;
    IMPORT_TRY(import_arity(import, 1, 2, 1));
    IMPORT_TRY(import_int(import, "upper", &is_upper));
    IMPORT_TRY(import_number_input(import, 1, &k));
    const struct tensor *x = import_input(import, 0);
    const size_t rank = x->shape.n_dims;
    if (rank < 2) {
        return import_refuse(import, STATUS_BAD_INPUT, "rank %zu", rank);
    }
    const struct tensor *const args[2] = {x, build_number(import, 0.0)};
    const size_t n_columns = x->shape.dims[rank - 1];
    const size_t n_rows = x->shape.dims[rank - 2];
    uint32_t *map = NULL;
    NEW_ARRAY(map, x->n);
    for (size_t i = 0; i < x->n; i++) {
        const double row = (double)(i / n_columns % n_rows);
        const double column = (double)(i % n_columns);
        const bool is_kept =
            is_upper != 0 ? column >= row + k : column <= row + k;
        map[i] = (uint32_t)(is_kept ? i : x->n);
    }
    return build_output(import, 0, x->type,
                        build_map(import, &x->shape, args, 2, map));
}
