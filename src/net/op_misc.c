/* Cumulative sums, thresholds, and orders of elements by blocks. */
#include "src/base/alloc.h"
#include "src/net/build.h"
#include "src/net/build_rows.h"
#include "src/net/operators.h"

#include <string.h>

enum status op_import_cum_sum(struct import *import)
{
    int64_t wanted = 0;
    int64_t is_exclusive = 0;
    int64_t is_reverse = 0;
    size_t axis = 0;
    bool is_moved[SHAPE_RANK] = {false};
    IMPORT_TRY(import_arity(import, 2, 2, 1));
    IMPORT_TRY(import_whole_input(import, 1, &wanted));
    IMPORT_TRY(import_int(import, "exclusive", &is_exclusive));
    IMPORT_TRY(import_int(import, "reverse", &is_reverse));
    const struct tensor *x = import_input(import, 0);
    if (!shape_axis(&axis, wanted, x->shape.n_dims) || x->n == 0 ||
        x->shape.dims[axis] > 4096) {
        return import_refuse(import, STATUS_BAD_INPUT,
                             "axis out of range, or too many elements");
    }
    is_moved[axis] = true;
    struct rows rows = build_rows(import, x, is_moved);
    const size_t n = rows.n_inner;
    struct matrix matrix = {.n_rows = n, .n_cols = n};
    NEW_ALIGNED(matrix.dense, n * n);
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < n; j++) {
            const bool is_before = is_reverse != 0 ? j > i : j < i;
            const bool is_in = is_before || (j == i && is_exclusive == 0);
            matrix.dense[i * n + j] = is_in ? 1.0 : 0.0;
        }
    }
    const struct tensor *y =
        build_matrix(import, &rows.x->shape, rows.x, &matrix);
    y = build_unmoved(import, &rows, &x->shape, y);
    rows_clear(&rows);
    return build_arithmetic(import, x->type, y);
}

/* x where x > alpha, 0 elsewhere. */
enum status op_import_thresholded_relu(struct import *import)
{
    double alpha = 1.0;
    IMPORT_TRY(import_arity(import, 1, 1, 1));
    IMPORT_TRY(import_check_real(import));
    IMPORT_TRY(import_float(import, "alpha", &alpha));
    const struct tensor *x = import_input(import, 0);
    const struct tensor *is_above =
        build_is_positive(import, build_affine(import, x, 1.0, -alpha));
    return build_output(
        import, 0, x->type,
        build_choice(import, is_above, x, build_number(import, 0.0)));
}

/* x * sigmoid(alpha x) */
enum status op_import_swish(struct import *import)
{
    double alpha = 1.0;
    IMPORT_TRY(import_arity(import, 1, 1, 1));
    IMPORT_TRY(import_check_real(import));
    IMPORT_TRY(import_float(import, "alpha", &alpha));
    const struct tensor *x = import_input(import, 0);
    const struct tensor *gate = build_function(
        import, ACTIVATION_SIGMOID, build_affine(import, x, alpha, 0.0));
    return build_output(import, 0, x->type, build_product(import, x, gate));
}

/* Splits, permutes and joins axes of x[batch, channels, height, width]:
 * split[] are the six sizes, order[] the axes in their new order. */
static enum status move_blocks(struct import *import, const size_t split[6],
                               const size_t order[6], const struct shape *shape)
{
    const struct tensor *x = import_input(import, 0);
    const struct shape whole = {
        6, {split[0], split[1], split[2], split[3], split[4], split[5]}};
    struct shape moved = {.n_dims = 6};
    int64_t strides[SHAPE_RANK] = {0};
    int64_t steps[SHAPE_RANK] = {0};
    shape_strides(strides, &whole);
    for (size_t d = 0; d < 6; d++) {
        moved.dims[d] = whole.dims[order[d]];
        steps[d] = strides[order[d]];
    }
    return import_map_one(import, 0, shape, x,
                          shape_strided_map(&moved, steps, 0));
}

enum status op_import_depth_to_space(struct import *import)
{
    const char *mode = "DCR";
    int64_t size = 0;
    IMPORT_TRY(import_arity(import, 1, 1, 1));
    IMPORT_TRY(import_int(import, "blocksize", &size));
    IMPORT_TRY(import_string(import, "mode", &mode));
    const struct shape *x = &import_input(import, 0)->shape;
    const bool is_known = strcmp(mode, "DCR") == 0 || strcmp(mode, "CRD") == 0;
    if (x->n_dims != 4 || size < 1 || size > SHAPE_ELEMENTS || !is_known ||
        shape_count(x) == 0 ||
        x->dims[1] % ((size_t)size * (size_t)size) != 0) {
        return import_refuse(import, STATUS_BAD_INPUT,
                             "blocksize or mode do not fit the input");
    }
    const size_t b = (size_t)size;
    const size_t depth = x->dims[1] / (b * b);
    const struct shape shape = {
        4, {x->dims[0], depth, x->dims[2] * b, x->dims[3] * b}};
    const size_t dcr[6] = {x->dims[0], b, b, depth, x->dims[2], x->dims[3]};
    const size_t crd[6] = {x->dims[0], depth, b, b, x->dims[2], x->dims[3]};
    const size_t of_dcr[6] = {0, 3, 4, 1, 5, 2};
    const size_t of_crd[6] = {0, 1, 4, 2, 5, 3};
    return strcmp(mode, "CRD") == 0 ? move_blocks(import, crd, of_crd, &shape)
                                    : move_blocks(import, dcr, of_dcr, &shape);
}

enum status op_import_space_to_depth(struct import *import)
{
    int64_t size = 0;
    IMPORT_TRY(import_arity(import, 1, 1, 1));
    IMPORT_TRY(import_int(import, "blocksize", &size));
    const struct shape *x = &import_input(import, 0)->shape;
    if (x->n_dims != 4 || size < 1 || size > SHAPE_ELEMENTS ||
        shape_count(x) == 0 || x->dims[2] % (size_t)size != 0 ||
        x->dims[3] % (size_t)size != 0) {
        return import_refuse(import, STATUS_BAD_INPUT,
                             "blocksize does not fit the input");
    }
    const size_t b = (size_t)size;
    const struct shape shape = {
        4, {x->dims[0], x->dims[1] * b * b, x->dims[2] / b, x->dims[3] / b}};
    const size_t split[6] = {x->dims[0], x->dims[1],     x->dims[2] / b,
                             b,          x->dims[3] / b, b};
    const size_t order[6] = {0, 3, 5, 1, 2, 4};
    return move_blocks(import, split, order, &shape);
}

enum status op_import_gather_elements(struct import *import)
{
    int64_t wanted = 0;
    size_t axis = 0;
    IMPORT_TRY(import_arity(import, 2, 2, 1));
    IMPORT_TRY(import_int(import, "axis", &wanted));
    const struct tensor *x = import_input(import, 0);
    const struct tensor *indices = import_input(import, 1);
    if (!indices->is_constant || !constant_is_integer_type(indices->type) ||
        indices->shape.n_dims != x->shape.n_dims ||
        !shape_axis(&axis, wanted, x->shape.n_dims)) {
        return import_refuse(import, STATUS_UNSUPPORTED,
                             "indices are computed or do not fit");
    }
    int64_t strides[SHAPE_RANK] = {0};
    uint32_t *map = NULL;
    shape_strides(strides, &x->shape);
    NEW_ARRAY(map, indices->n);
    for (size_t i = 0; i < indices->n; i++) {
        size_t rest = i;
        size_t from = 0;
        for (size_t d = x->shape.n_dims; d-- > 0;) {
            size_t at = rest % indices->shape.dims[d];
            int64_t index = (int64_t)at;
            rest /= indices->shape.dims[d];
            if (d == axis) {
                constant_read_integers(&index, &indices->constant, i, 1);
            }
            if (!shape_axis(&at, index, x->shape.dims[d])) {
                alloc_free(map);
                return import_refuse(import, STATUS_BAD_INPUT,
                                     "an index is out of range");
            }
            from += at * (size_t)strides[d];
        }
        map[i] = (uint32_t)from;
    }
    return import_map_one(import, 0, &indices->shape, x, map);
}
