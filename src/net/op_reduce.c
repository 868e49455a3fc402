/* Reductions along axes, and positions of extremes. */
#include "src/base/alloc.h"
#include "src/net/build.h"
#include "src/net/build_rows.h"
#include "src/net/operators.h"

#include <string.h>

/* What a reduction works on. */
struct reduction {
    struct rows rows;
    bool is_kept;    /* reduced axes stay with one element */
    bool is_nothing; /* no axes and noop_with_empty_axes */
    int type;
};

/* `opset`: since when the axes are an input. */
static enum status read_reduction(struct reduction *reduction,
                                  struct import *import, int64_t opset)
{
    enum status status = STATUS_OK;
    bool is_marked[SHAPE_RANK] = {false};
    const struct tensor *x = NULL;
    int64_t *axes = NULL;
    int64_t is_kept = 1;
    int64_t is_noop = 0;
    size_t n = 0;
    STATUS_TRY(import_arity(import, 1, import->opset >= opset ? 2 : 1, 1));
    STATUS_TRY(import_axes(import, &axes, &n, opset));
    STATUS_TRY(import_int(import, "keepdims", &is_kept));
    if (import->opset >= opset) {
        STATUS_TRY(import_int(import, "noop_with_empty_axes", &is_noop));
    }
    x = import_input(import, 0);
    for (size_t d = 0; d < x->shape.n_dims && n == 0; d++) {
        is_marked[d] = true;
    }
    STATUS_TRY(import_mark_axes(is_marked, import, axes, n, x->shape.n_dims));
    reduction->is_kept = is_kept != 0;
    reduction->is_nothing = n == 0 && is_noop != 0;
    reduction->type = x->type;
    if (reduction->is_nothing) {
        memset(is_marked, 0, sizeof is_marked);
        reduction->is_kept = false;
    }
    reduction->rows = build_rows(import, x, is_marked);
cleanup:
    alloc_free(axes);
    return status;
}

/* Empty rows have sums and products, but neither means nor extremes. */
static enum status check_rows(struct import *import,
                              struct reduction *reduction)
{
    if (reduction->rows.n_inner > 0) {
        return STATUS_OK;
    }
    rows_clear(&reduction->rows);
    return import_refuse(import, STATUS_UNSUPPORTED,
                         "reduction of no elements");
}

/* What rows of no elements reduce to. */
static struct tensor *constant_rows(struct import *import,
                                    const struct rows *rows, double value)
{
    const struct shape shape = {1, {rows->n_outer}};
    double *values = NULL;
    NEW_ARRAY(values, rows->n_outer);
    for (size_t i = 0; i < rows->n_outer; i++) {
        values[i] = value;
    }
    return build_constant(import, &shape, values);
}

static struct tensor *row_sums(struct import *import, const struct tensor *x,
                               const struct rows *rows, double divisor)
{
    return rows->n_inner == 0
               ? constant_rows(import, rows, 0.0)
               : build_row_sums(import, x, rows->n_inner, divisor);
}

static enum status finish(struct import *import, struct reduction *reduction,
                          const struct tensor *y)
{
    const struct rows *rows = &reduction->rows;
    const struct shape shape = reduction->is_kept ? rows->kept : rows->dropped;
    const enum status status =
        build_output_shape(import, 0, reduction->type, &shape, y);
    rows_clear(&reduction->rows);
    return status;
}

/* Refuses what the standard leaves open: whether functions are applied where
 * nothing is reduced, and how results that are no integers become integers. */
static enum status check_functions(struct import *import,
                                   struct reduction *reduction, bool has_inner,
                                   bool has_outer)
{
    const bool is_open = reduction->is_nothing && (has_inner || has_outer);
    if (!is_open && (!has_outer || constant_is_real_type(reduction->type))) {
        return STATUS_OK;
    }
    rows_clear(&reduction->rows);
    return import_refuse(import, STATUS_UNSUPPORTED,
                         is_open ? "no axes are reduced"
                                 : "integers have no defined result");
}

/* f(divisor^-1 * sum of g(x)); ACTIVATION_COUNT for no function. */
static enum status import_sums(struct import *import, int64_t opset,
                               enum activation inner, enum activation outer,
                               bool is_mean)
{
    struct reduction reduction = {0};
    IMPORT_TRY(read_reduction(&reduction, import, opset));
    IMPORT_TRY(check_functions(import, &reduction, inner != ACTIVATION_COUNT,
                               outer != ACTIVATION_COUNT));
    if (is_mean) {
        IMPORT_TRY(check_rows(import, &reduction));
    }
    const struct rows *rows = &reduction.rows;
    const struct tensor *x = rows->x;
    if (inner != ACTIVATION_COUNT) {
        x = build_function(import, inner, x);
    }
    const double divisor = is_mean ? (double)rows->n_inner : 1.0;
    const struct tensor *y = row_sums(import, x, rows, divisor);
    if (is_mean && !constant_is_real_type(reduction.type)) {
        y = build_truncated(import, y);
    }
    if (outer != ACTIVATION_COUNT) {
        y = build_function(import, outer, y);
    }
    return finish(import, &reduction, y);
}

enum status op_import_reduce_sum(struct import *import)
{
    return import_sums(import, 13, ACTIVATION_COUNT, ACTIVATION_COUNT, false);
}

enum status op_import_reduce_mean(struct import *import)
{
    return import_sums(import, 18, ACTIVATION_COUNT, ACTIVATION_COUNT, true);
}

enum status op_import_reduce_sum_square(struct import *import)
{
    return import_sums(import, 18, ACTIVATION_SQUARE, ACTIVATION_COUNT, false);
}

enum status op_import_reduce_l2(struct import *import)
{
    return import_sums(import, 18, ACTIVATION_SQUARE, ACTIVATION_SQRT, false);
}

enum status op_import_reduce_log_sum(struct import *import)
{
    return import_sums(import, 18, ACTIVATION_COUNT, ACTIVATION_LOG, false);
}

enum status op_import_reduce_log_sum_exp(struct import *import)
{
    return import_sums(import, 18, ACTIVATION_EXP, ACTIVATION_LOG, false);
}

enum status op_import_reduce_l1(struct import *import)
{
    struct reduction reduction = {0};
    IMPORT_TRY(read_reduction(&reduction, import, 18));
    IMPORT_TRY(check_functions(import, &reduction, true, false));
    const struct rows *rows = &reduction.rows;
    return finish(import, &reduction,
                  row_sums(import, build_abs(import, rows->x), rows, 1.0));
}

enum status op_import_reduce_prod(struct import *import)
{
    struct reduction reduction = {0};
    IMPORT_TRY(read_reduction(&reduction, import, 18));
    const struct rows *rows = &reduction.rows;
    return finish(import, &reduction,
                  rows->n_inner == 0
                      ? constant_rows(import, rows, 1.0)
                      : build_row_products(import, rows->x, rows->n_inner));
}

static const struct tensor *row_extremes(struct import *import,
                                         enum node_form form,
                                         const struct rows *rows, bool is_least,
                                         bool is_last)
{
    const struct shape shape = {1, {rows->n_outer}};
    struct sets sets = build_row_sets(rows->n_outer, rows->n_inner);
    sets.is_least = is_least;
    sets.is_last = is_last;
    return build_extreme(import, form, &shape, &rows->x, 1, sets);
}

static enum status import_extreme(struct import *import, bool is_least)
{
    struct reduction reduction = {0};
    IMPORT_TRY(read_reduction(&reduction, import, 18));
    IMPORT_TRY(check_rows(import, &reduction));
    return finish(
        import, &reduction,
        row_extremes(import, NODE_EXTREME, &reduction.rows, is_least, false));
}

enum status op_import_reduce_max(struct import *import)
{
    return import_extreme(import, false);
}

enum status op_import_reduce_min(struct import *import)
{
    return import_extreme(import, true);
}

static enum status import_position(struct import *import, bool is_least)
{
    struct reduction reduction = {.type = MODEL_INT64};
    bool is_marked[SHAPE_RANK] = {false};
    int64_t wanted = 0;
    int64_t is_kept = 1;
    int64_t is_last = 0;
    size_t axis = 0;
    IMPORT_TRY(import_arity(import, 1, 1, 1));
    IMPORT_TRY(import_int(import, "axis", &wanted));
    IMPORT_TRY(import_int(import, "keepdims", &is_kept));
    if (import->opset >= 12) {
        IMPORT_TRY(import_int(import, "select_last_index", &is_last));
    }
    const struct tensor *x = import_input(import, 0);
    if (!shape_axis(&axis, wanted, x->shape.n_dims) || x->n == 0) {
        return import_refuse(import, STATUS_BAD_INPUT,
                             "axis %lld outside rank %zu", (long long)wanted,
                             x->shape.n_dims);
    }
    is_marked[axis] = true;
    reduction.is_kept = is_kept != 0;
    x = is_least ? build_affine(import, x, -1.0, 0.0) : x;
    reduction.rows = build_rows(import, x, is_marked);
    return finish(import, &reduction,
                  row_extremes(import, NODE_ARG_MAX, &reduction.rows, false,
                               is_last != 0));
}

enum status op_import_arg_max(struct import *import)
{
    return import_position(import, false);
}

enum status op_import_arg_min(struct import *import)
{
    return import_position(import, true);
}
