/* Pools over any number of axes as sets and sums of elements. */
#include "src/base/alloc.h"
#include "src/net/build.h"
#include "src/net/build_rows.h"
#include "src/net/grid.h"
#include "src/net/operators.h"
#include "src/net/pool_any.h"

#include <math.h>

/* The elements in each window, all planes; counts with the padding. */
struct windows {
    struct grid grid;
    struct shape shape;
    struct sets sets;
};

static enum status read_windows(struct windows *windows, struct import *import)
{
    const struct tensor *x = import_input(import, 0);
    struct grid *grid = &windows->grid;
    IMPORT_TRY(grid_read(grid, import, &x->shape, NULL, GRID_POOL));
    windows->shape = grid_shape(grid, x->shape.dims[0], x->shape.dims[1]);
    const size_t n_kernel = grid_n_kernel(grid);
    const size_t n = shape_count(&windows->shape);
    if (n > TERMS || n_kernel > TERMS / (n + 1)) {
        return import_refuse(import, STATUS_UNSUPPORTED, "too many windows");
    }
    const size_t n_out = grid_n_out(grid);
    const size_t n_in = grid_n_in(grid);
    struct sets *sets = &windows->sets;
    NEW_ARRAY(sets->start, n + 1);
    NEW_ARRAY(sets->element, n * n_kernel);
    for (size_t i = 0; i < n; i++) {
        size_t at = sets->start[i];
        for (size_t k = 0; k < n_kernel; k++) {
            size_t in = 0;
            if (grid_look(&in, grid, i % n_out, k, false)) {
                sets->element[at++] = (uint32_t)(i / n_out * n_in + in);
            }
        }
        sets->start[i + 1] = at;
        if (at == sets->start[i]) {
            alloc_free(sets->start);
            alloc_free(sets->element);
            return import_refuse(import, STATUS_BAD_INPUT,
                                 "a window lies in the padding");
        }
    }
    return STATUS_OK;
}

enum status pool_any_max(struct import *import)
{
    struct windows windows = {0};
    IMPORT_TRY(read_windows(&windows, import));
    const struct tensor *x = import_input(import, 0);
    return build_output(import, 0, x->type,
                        build_extreme(import, NODE_EXTREME, &windows.shape, &x,
                                      1, windows.sets));
}

/* Elements of window o inside the input and its padding. */
static double count_padded(const struct grid *grid, size_t o)
{
    double n = 1.0;
    for (size_t axis = grid->n_axes; axis-- > 0;) {
        const int64_t first =
            (int64_t)(o % grid->out[axis] * grid->stride[axis]) -
            grid->pad[axis];
        const int64_t end = (int64_t)grid->in[axis] + grid->pad_end[axis];
        double inside = 0.0;
        for (size_t k = 0; k < grid->kernel[axis]; k++) {
            const int64_t at = first + (int64_t)(k * grid->dilation[axis]);
            inside += at < end ? 1.0 : 0.0;
        }
        n *= inside;
        o /= grid->out[axis];
    }
    return n;
}

/* Sums of x over the windows, which are taken over. */
static struct tensor *sum_windows(struct import *import,
                                  struct windows *windows,
                                  const struct tensor *x)
{
    const size_t n = shape_count(&windows->shape);
    struct matrix matrix = {.n_rows = n,
                            .n_cols = x->n,
                            .start = windows->sets.start,
                            .column = windows->sets.element};
    NEW_ARRAY(matrix.value, matrix.start[n]);
    for (size_t k = 0; k < matrix.start[n]; k++) {
        matrix.value[k] = 1.0;
    }
    return build_matrix(import, &windows->shape, x, &matrix);
}

enum status pool_any_average(struct import *import, bool is_pad_counted)
{
    struct windows windows = {0};
    double *divisor = NULL;
    IMPORT_TRY(read_windows(&windows, import));
    const struct tensor *x = import_input(import, 0);
    const size_t n = shape_count(&windows.shape);
    const size_t n_out = grid_n_out(&windows.grid);
    NEW_ARRAY(divisor, n);
    for (size_t i = 0; i < n; i++) {
        divisor[i] =
            is_pad_counted
                ? count_padded(&windows.grid, i % n_out)
                : (double)(windows.sets.start[i + 1] - windows.sets.start[i]);
    }
    const struct tensor *sums = sum_windows(import, &windows, x);
    return build_output(import, 0, x->type,
                        build_divided(import, sums, divisor));
}

/* (sum of |x|^p)^(1/p) for p = 1, 2, 4, 8: by squares and square roots. */
enum status op_import_lp_pool(struct import *import)
{
    struct windows windows = {0};
    int64_t p = 2;
    IMPORT_TRY(import_arity(import, 1, 1, 1));
    IMPORT_TRY(import_check_real(import));
    IMPORT_TRY(import_int(import, "p", &p));
    if (p != 1 && p != 2 && p != 4 && p != 8) {
        return import_refuse(import, STATUS_UNSUPPORTED, "p = %lld",
                             (long long)p);
    }
    IMPORT_TRY(read_windows(&windows, import));
    const struct tensor *x = import_input(import, 0);
    const struct tensor *y = p == 1 ? build_abs(import, x) : x;
    for (int64_t power = 1; power < p; power *= 2) {
        y = build_function(import, ACTIVATION_SQUARE, y);
    }
    y = sum_windows(import, &windows, y);
    for (int64_t power = 1; power < p; power *= 2) {
        y = build_function(import, ACTIVATION_SQRT, y);
    }
    return build_output(import, 0, x->type, y);
}
