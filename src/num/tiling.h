/* Sparse matrices that are copies of a few small dense ones, as convolutions
 * are. */
#ifndef ASTROLABE_NUM_TILING_H
#define ASTROLABE_NUM_TILING_H

#include "src/num/dense.h"
#include "src/num/single.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A matrix of finite doubles in CSR form: row i holds entries start[i] ..
 * start[i+1]-1 of (column, value), columns ascending, no zeros. */
struct tiling_source {
    size_t n_rows;
    size_t n_cols;
    const size_t *start;
    const uint32_t *column;
    const double *value;
};

/* Columns `column` .. `column + n - 1`, relative to a copy, are the columns
 * `from` .. of the tile. */
struct tiling_run {
    uint32_t column;
    uint32_t from;
    uint32_t n;
};

/*
 * A dense matrix of n_rows x n_cols without zeros.
 *   row         [n_rows] ascending, relative to the first row of a copy
 *   run         [n_runs] where its columns are
 *   run_length  of all runs, 0 if they differ
 *   data        [n_rows x col_stride], padded and aligned
 *   transposed  [n_cols x row_stride], the same
 *   single, single_transposed  the same, rounded to floats
 */
struct tile {
    size_t n_rows;
    size_t n_cols;
    size_t row_stride;
    size_t col_stride;
    size_t n_runs;
    uint32_t *row;
    struct tiling_run *run;
    size_t run_length;
    size_t single_row_stride;
    size_t single_col_stride;
    double *data;
    double *transposed;
    float *single;
    float *single_transposed;
};

/* A tile with its first row and its first column at these places. */
struct tiling_copy {
    uint32_t tile;
    uint32_t row;
    uint32_t column;
};

#define TILING_NONE UINT32_MAX

/*
 * The sum of all copies is the matrix; each row is in at most one copy. The
 * outputs of a convolution at one place, all channels of a group, are a copy;
 * places far from the padding share a tile. Strides, pads, dilations and the
 * order of axes need not be known: equal columns, shifted, with equal values
 * are enough.
 *   copy     [n_copies] by increasing tile
 *   copy_of  [n_rows] TILING_NONE for rows without entries
 */
struct tiling {
    size_t n_tiles;
    struct tile *tile;
    size_t n_copies;
    struct tiling_copy *copy;
    size_t n_rows;
    uint32_t *copy_of;
};

/* The tiling of a matrix; NULL if tiles have few rows, so that CSR is
 * better. */
struct tiling *tiling_find(const struct tiling_source *source);
void tiling_destroy(struct tiling *tiling);

/* Copies and operands at hand while a product runs; of one thread. */
struct tiling_work {
    size_t most;
    size_t most_copies;
    double *packed;
    double *result;
    float *single_packed;
    float *single_result;
    uint32_t *every;
    uint32_t *copies;
    bool *is_met;
};

/* Makes a workspace, zeroed at first, large enough for one more tiling. */
void tiling_work_fit(struct tiling_work *work, const struct tiling *tiling);
void tiling_work_clear(struct tiling_work *work);

/*
 * Operands of a product: rows r < n_rows of `to` and `from`. copies: the
 * ascending copies that are treated, others are left out; NULL for all.
 */
struct tiling_pass {
    const struct tiling *tiling;
    const struct dense_kernels *kernels;
    struct tiling_work *work;
    double *to;
    const double *from;
    size_t to_stride;
    size_t from_stride;
    size_t n_rows;
    size_t n_copies;
    const uint32_t *copies;
};

/*
 * to[r] += from[r] M and to[r] += M from[r] for the copies treated. Rounding:
 * nearest; first the products of each copy are added up, then the sums of the
 * copies: a term of an element passes at most n additions that may round, n
 * the number of rows (columns) of M, and one more.
 *   returns the number of multiply-adds
 */
uint64_t tiling_add_backward(const struct tiling_pass *pass);
uint64_t tiling_add_forward(const struct tiling_pass *pass);

/* The same of floats; n_madds counts multiply-adds of floats. */
struct tiling_single_pass {
    const struct tiling *tiling;
    const struct single_kernels *kernels;
    struct tiling_work *work;
    float *to;
    const float *from;
    size_t to_stride;
    size_t from_stride;
    size_t n_rows;
    size_t n_copies;
    const uint32_t *copies;
};
uint64_t tiling_single_add_backward(const struct tiling_single_pass *pass);
uint64_t tiling_single_add_forward(const struct tiling_single_pass *pass);

/* The copies that have one of the rows of a list, ascending, into
 * work->copies; returns their number. */
size_t tiling_find_copies(const struct tiling *tiling, struct tiling_work *work,
                          const uint32_t *rows, size_t n_rows);

#endif
