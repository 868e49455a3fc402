/* Operators that select or reorder elements: index maps. */
#include "src/base/alloc.h"
#include "src/net/operators.h"

#include <string.h>

enum status op_import_transpose(struct import *import)
{
    enum status status = STATUS_OK;
    const struct tensor *input = NULL;
    const int64_t *perm = NULL;
    size_t n = 0;
    size_t rank = 0;
    struct shape shape = {0};
    int64_t strides[SHAPE_RANK] = {0};
    int64_t moved[SHAPE_RANK] = {0};
    bool is_used[SHAPE_RANK] = {false};
    STATUS_TRY(import_arity(import, 1, 1, 1));
    STATUS_TRY(import_ints(import, "perm", &perm, &n));
    input = import_input(import, 0);
    rank = input->shape.n_dims;
    if (perm != NULL && n != rank) {
        return import_refuse(import, STATUS_BAD_INPUT,
                             "perm of %zu axes for rank %zu", n, rank);
    }
    shape.n_dims = rank;
    shape_strides(strides, &input->shape);
    for (size_t d = 0; d < rank; d++) {
        size_t axis = rank - 1 - d;
        if (perm != NULL && (!shape_axis(&axis, perm[d], rank) || perm[d] < 0 ||
                             is_used[axis])) {
            return import_refuse(import, STATUS_BAD_INPUT,
                                 "perm is not a permutation");
        }
        is_used[axis] = true;
        shape.dims[d] = input->shape.dims[axis];
        moved[d] = strides[axis];
    }
    STATUS_TRY(import_map_one(import, 0, &shape, input,
                              shape_strided_map(&shape, moved, 0)));
cleanup:
    return status;
}

/* Output shape of a Concat; all inputs agree but for the axis. */
static enum status concat_shape(struct shape *shape, size_t *axis,
                                struct import *import, int64_t wanted)
{
    *shape = import_input(import, 0)->shape;
    if (!shape_axis(axis, wanted, shape->n_dims)) {
        return import_refuse(import, STATUS_BAD_INPUT,
                             "axis %lld outside rank %zu", (long long)wanted,
                             shape->n_dims);
    }
    for (size_t i = 1; i < import_n_inputs(import); i++) {
        struct shape other = import_input(import, i)->shape;
        const size_t n = other.n_dims == shape->n_dims ? other.dims[*axis] : 0;
        other.dims[*axis] = shape->dims[*axis];
        if (!shape_is_same(&other, shape)) {
            return import_refuse(import, STATUS_BAD_INPUT,
                                 "input %zu has another shape", i);
        }
        shape->dims[*axis] += n;
    }
    return STATUS_OK;
}

enum status op_import_concat(struct import *import)
{
    enum status status = STATUS_OK;
    const size_t n = import_n_inputs(import);
    const struct tensor **tensors = NULL;
    struct shape shape = {0};
    struct import_parts parts = {0};
    int64_t wanted = INT64_MAX;
    size_t axis = 0;
    size_t outer = 0;
    size_t row = 0;
    size_t first = 0;
    size_t column = 0;
    uint32_t *map = NULL;
    STATUS_TRY(import_arity(import, 1, SIZE_MAX, 1));
    STATUS_TRY(import_int(import, "axis", &wanted));
    NEW_ARRAY(tensors, n);
    for (size_t i = 0; i < n; i++) {
        tensors[i] = import_input(import, i);
        if (tensors[i] == NULL) {
            status = import_refuse(import, STATUS_BAD_INPUT,
                                   "input %zu is absent", i);
            goto cleanup;
        }
    }
    STATUS_TRY(concat_shape(&shape, &axis, import, wanted));
    if (shape_count(&shape) > SHAPE_ELEMENTS) {
        status = import_refuse(import, STATUS_UNSUPPORTED, "output too large");
        goto cleanup;
    }
    outer = shape_product(&shape, 0, axis);
    row = shape_product(&shape, axis, shape.n_dims);
    NEW_ARRAY(map, outer * row);
    for (size_t i = 0; i < n; i++) {
        const size_t width =
            shape_product(&tensors[i]->shape, axis, shape.n_dims);
        for (size_t o = 0; o < outer; o++) {
            for (size_t k = 0; k < width; k++) {
                map[o * row + column + k] = (uint32_t)(first + o * width + k);
            }
        }
        first += tensors[i]->n;
        column += width;
    }
    parts = (struct import_parts){tensors, n, NULL};
    STATUS_TRY(import_map(import, 0, &shape, &parts, map));
cleanup:
    alloc_free(tensors);
    return status;
}

/* Fills sizes with the given ones, or with equal ones (the last smaller)
 * when there are none; false if they do not add up to `total`. */
static bool fill_sizes(size_t *sizes, const int64_t *given, size_t n_pieces,
                       size_t total)
{
    const size_t even = (total + n_pieces - 1) / n_pieces;
    size_t left = total;
    for (size_t i = 0; i < n_pieces; i++) {
        if (given != NULL && (given[i] < 0 || (uint64_t)given[i] > left)) {
            return false;
        }
        const size_t wanted = given == NULL ? even : (size_t)given[i];
        sizes[i] = wanted < left ? wanted : left;
        left -= sizes[i];
    }
    return left == 0;
}

/* Sizes of the pieces of a Split: attribute before opset 13, input since;
 * equal ones when absent (the last smaller since opset 18). */
static enum status split_sizes(size_t *sizes, struct import *import,
                               size_t n_pieces, size_t total)
{
    enum status status = STATUS_OK;
    const int64_t *given = NULL;
    int64_t *owned = NULL;
    int64_t n_wanted = (int64_t)n_pieces;
    size_t n = n_pieces;
    if (import->opset >= 13) {
        STATUS_TRY(import_integers(import, 1, &owned, &n));
        given = owned;
    } else {
        STATUS_TRY(import_ints(import, "split", &given, &n));
        n = given == NULL ? n_pieces : n;
    }
    if (import->opset >= 18) {
        STATUS_TRY(import_int(import, "num_outputs", &n_wanted));
    } else if (given == NULL && total % n_pieces != 0) {
        n = 0;
    }
    if (n != n_pieces || n_wanted != (int64_t)n_pieces ||
        !fill_sizes(sizes, given, n_pieces, total)) {
        status = import_refuse(import, STATUS_BAD_INPUT,
                               "pieces do not add up to %zu elements", total);
    }
cleanup:
    alloc_free(owned);
    return status;
}

enum status op_import_split(struct import *import)
{
    enum status status = STATUS_OK;
    const size_t n = import->source->n_outputs;
    const struct tensor *input = NULL;
    struct shape shape = {0};
    int64_t strides[SHAPE_RANK] = {0};
    int64_t wanted = 0;
    size_t *sizes = NULL;
    size_t axis = 0;
    size_t first = 0;
    STATUS_TRY(import_arity(import, 1, import->opset >= 13 ? 2 : 1, SIZE_MAX));
    STATUS_TRY(import_int(import, "axis", &wanted));
    input = import_input(import, 0);
    if (!shape_axis(&axis, wanted, input->shape.n_dims)) {
        return import_refuse(import, STATUS_BAD_INPUT,
                             "axis %lld outside rank %zu", (long long)wanted,
                             input->shape.n_dims);
    }
    NEW_ARRAY(sizes, n);
    STATUS_TRY(split_sizes(sizes, import, n, input->shape.dims[axis]));
    shape_strides(strides, &input->shape);
    for (size_t i = 0; i < n; i++) {
        shape = input->shape;
        shape.dims[axis] = sizes[i];
        if (import_has_output(import, i)) {
            STATUS_TRY(import_map_one(
                import, i, &shape, input,
                shape_strided_map(&shape, strides,
                                  first * (size_t)strides[axis])));
        }
        first += sizes[i];
    }
cleanup:
    alloc_free(sizes);
    return status;
}

/* Bounds of a Slice, all [n] (axes and steps may be NULL), owned. */
struct slice {
    size_t n;
    int64_t *starts;
    int64_t *ends;
    int64_t *axes;
    int64_t *steps;
};

static void slice_clear(struct slice *slice)
{
    alloc_free(slice->starts);
    alloc_free(slice->ends);
    alloc_free(slice->axes);
    alloc_free(slice->steps);
}

static enum status read_list(struct import *import, const char *name,
                             int64_t **values, size_t *n)
{
    const int64_t *given = NULL;
    const enum status status = import_ints(import, name, &given, n);
    if (given != NULL) {
        NEW_ARRAY(*values, *n);
        memcpy(*values, given, *n * sizeof *given);
    }
    return status;
}

/* Numbers of starts, ends, axes and steps found. */
struct slice_counts {
    size_t n_ends;
    size_t n_axes;
    size_t n_steps;
};

static enum status read_slice_attributes(struct slice *slice,
                                         struct slice_counts *counts,
                                         struct import *import)
{
    enum status status = STATUS_OK;
    STATUS_TRY(read_list(import, "starts", &slice->starts, &slice->n));
    STATUS_TRY(read_list(import, "ends", &slice->ends, &counts->n_ends));
    STATUS_TRY(read_list(import, "axes", &slice->axes, &counts->n_axes));
cleanup:
    return status;
}

static enum status read_slice_inputs(struct slice *slice,
                                     struct slice_counts *counts,
                                     struct import *import)
{
    enum status status = STATUS_OK;
    STATUS_TRY(import_integers(import, 1, &slice->starts, &slice->n));
    STATUS_TRY(import_integers(import, 2, &slice->ends, &counts->n_ends));
    STATUS_TRY(import_integers(import, 3, &slice->axes, &counts->n_axes));
    STATUS_TRY(import_integers(import, 4, &slice->steps, &counts->n_steps));
cleanup:
    return status;
}

/* Bounds from attributes before opset 10, from inputs since. */
static enum status read_slice(struct slice *slice, struct import *import)
{
    struct slice_counts counts = {0};
    const enum status status =
        import->opset < 10 ? read_slice_attributes(slice, &counts, import)
                           : read_slice_inputs(slice, &counts, import);
    if (status != STATUS_OK) {
        return status;
    }
    if (slice->starts == NULL || slice->ends == NULL ||
        counts.n_ends != slice->n ||
        (slice->axes != NULL && counts.n_axes != slice->n) ||
        (slice->steps != NULL && counts.n_steps != slice->n)) {
        return import_refuse(import, STATUS_BAD_INPUT,
                             "starts, ends, axes and steps do not match");
    }
    return STATUS_OK;
}

static int64_t clamp_index(int64_t value, int64_t lowest, int64_t highest)
{
    if (value < lowest) {
        return lowest;
    }
    return value > highest ? highest : value;
}

/* First element and number of elements along one axis of `dim` elements. */
static void slice_axis(size_t *first, size_t *count, int64_t start, int64_t end,
                       int64_t step, int64_t dim)
{
    start += start < 0 ? dim : 0;
    end += end < 0 ? dim : 0;
    int64_t n = 0;
    if (step > 0) {
        start = clamp_index(start, 0, dim);
        end = clamp_index(end, 0, dim);
        n = end > start ? (end - start - 1) / step + 1 : 0;
    } else {
        start = clamp_index(start, 0, dim - 1);
        end = clamp_index(end, -1, dim - 1);
        n = start > end ? (start - end - 1) / -step + 1 : 0;
    }
    n = dim == 0 ? 0 : n;
    *first = n > 0 ? (size_t)start : 0;
    *count = (size_t)n;
}

enum status op_import_slice(struct import *import)
{
    enum status status = STATUS_OK;
    struct slice slice = {0};
    const struct tensor *input = NULL;
    struct shape shape = {0};
    int64_t strides[SHAPE_RANK] = {0};
    bool is_used[SHAPE_RANK] = {false};
    size_t offset = 0;
    STATUS_TRY(import_arity(import, import->opset < 10 ? 1 : 3,
                            import->opset < 10 ? 1 : 5, 1));
    STATUS_TRY(read_slice(&slice, import));
    input = import_input(import, 0);
    shape = input->shape;
    shape_strides(strides, &shape);
    for (size_t i = 0; i < slice.n; i++) {
        size_t axis = 0;
        size_t first = 0;
        const int64_t wanted = slice.axes == NULL ? (int64_t)i : slice.axes[i];
        const int64_t step = slice.steps == NULL ? 1 : slice.steps[i];
        if (!shape_axis(&axis, wanted, shape.n_dims) || is_used[axis] ||
            step == 0 || step == INT64_MIN) {
            status = import_refuse(import, STATUS_BAD_INPUT,
                                   "axis %lld or step %lld", (long long)wanted,
                                   (long long)step);
            goto cleanup;
        }
        is_used[axis] = true;
        slice_axis(&first, &shape.dims[axis], slice.starts[i], slice.ends[i],
                   step, (int64_t)shape.dims[axis]);
        offset += first * (size_t)strides[axis];
        strides[axis] = shape.dims[axis] > 1 ? strides[axis] * step : 0;
    }
    STATUS_TRY(import_map_one(import, 0, &shape, input,
                              shape_strided_map(&shape, strides, offset)));
cleanup:
    slice_clear(&slice);
    return status;
}

/* Output shape of a Gather: the axis is replaced by the indices' shape. */
static enum status gather_shape(struct shape *shape, struct import *import,
                                const struct shape *data,
                                const struct shape *indices, size_t axis)
{
    const size_t n_dims = data->n_dims - 1 + indices->n_dims;
    if (n_dims > SHAPE_RANK) {
        return import_refuse(import, STATUS_UNSUPPORTED, "output of rank %zu",
                             n_dims);
    }
    for (size_t d = 0; d < axis; d++) {
        shape->dims[shape->n_dims++] = data->dims[d];
    }
    for (size_t d = 0; d < indices->n_dims; d++) {
        shape->dims[shape->n_dims++] = indices->dims[d];
    }
    for (size_t d = axis + 1; d < data->n_dims; d++) {
        shape->dims[shape->n_dims++] = data->dims[d];
    }
    return shape_count(shape) <= SHAPE_ELEMENTS
               ? STATUS_OK
               : import_refuse(import, STATUS_UNSUPPORTED, "output too large");
}

enum status op_import_gather(struct import *import)
{
    enum status status = STATUS_OK;
    const struct tensor *data = NULL;
    const struct tensor *indices = NULL;
    struct shape shape = {0};
    int64_t wanted = 0;
    size_t axis = 0;
    size_t inner = 0;
    uint32_t *map = NULL;
    STATUS_TRY(import_arity(import, 2, 2, 1));
    STATUS_TRY(import_int(import, "axis", &wanted));
    data = import_input(import, 0);
    indices = import_input(import, 1);
    if (!indices->is_constant || !constant_is_integer_type(indices->type)) {
        return import_refuse(import, STATUS_UNSUPPORTED,
                             "indices are not constant integers");
    }
    if (!shape_axis(&axis, wanted, data->shape.n_dims)) {
        return import_refuse(import, STATUS_BAD_INPUT,
                             "axis %lld outside rank %zu", (long long)wanted,
                             data->shape.n_dims);
    }
    STATUS_TRY(
        gather_shape(&shape, import, &data->shape, &indices->shape, axis));
    inner = shape_product(&data->shape, axis + 1, data->shape.n_dims);
    NEW_ARRAY(map, shape_count(&shape));
    for (size_t i = 0; i < shape_count(&shape); i++) {
        int64_t index = 0;
        size_t place = 0;
        const size_t outer = i / inner / indices->n;
        constant_read_integers(&index, &indices->constant,
                               i / inner % indices->n, 1);
        if (!shape_axis(&place, index, data->shape.dims[axis])) {
            alloc_free(map);
            return import_refuse(import, STATUS_BAD_INPUT,
                                 "index %lld outside %zu elements",
                                 (long long)index, data->shape.dims[axis]);
        }
        map[i] = (uint32_t)((outer * data->shape.dims[axis] + place) * inner +
                            i % inner);
    }
    STATUS_TRY(import_map_one(import, 0, &shape, data, map));
cleanup:
    return status;
}
