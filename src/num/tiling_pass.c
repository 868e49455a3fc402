/* Products with the copies of tiles, many copies of a tile at once. */
#include "src/base/alloc.h"
#include "src/num/tiling.h"

#include <math.h>

/* Copies of one tile, for one row each, that one dense product treats. */
enum { BLOCK = 16 };

/* What one dense product treats: copies, and rows of the operands. */
struct block {
    const struct tile *tile;
    size_t n;
    const struct tiling_copy *copy[BLOCK];
    size_t row[BLOCK];
};

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

void tiling_work_fit(struct tiling_work *work, const struct tiling *tiling)
{
    size_t most = work->most;
    for (size_t t = 0; t < tiling->n_tiles; t++) {
        const struct tile *tile = &tiling->tile[t];
        most = larger(most, larger(tile->row_stride, tile->col_stride));
    }
    if (most > work->most) {
        alloc_free(work->packed);
        alloc_free(work->result);
        NEW_ALIGNED(work->packed, BLOCK * most);
        NEW_ALIGNED(work->result, BLOCK * most);
        alloc_free(work->every);
        NEW_ARRAY(work->every, most);
        for (size_t i = 0; i < most; i++) {
            work->every[i] = (uint32_t)i;
        }
        work->most = most;
    }
    if (tiling->n_copies > work->most_copies) {
        alloc_free(work->copies);
        alloc_free(work->is_met);
        NEW_ARRAY(work->copies, tiling->n_copies);
        NEW_ARRAY(work->is_met, tiling->n_copies);
        work->most_copies = tiling->n_copies;
    }
}

void tiling_work_clear(struct tiling_work *work)
{
    alloc_free(work->packed);
    alloc_free(work->result);
    alloc_free(work->every);
    alloc_free(work->copies);
    alloc_free(work->is_met);
    *work = (struct tiling_work){0};
}

/* Packs the rows of a copy; false if all are zero. */
static bool gather_rows(double *packed, const double *from,
                        const struct tile *tile)
{
    bool is_met = false;
    for (size_t i = 0; i < tile->n_rows; i++) {
        packed[i] = from[tile->row[i]];
        is_met = is_met || !(fabs(packed[i]) <= 0.0);
    }
    return is_met;
}

/* Adds runs that all have n columns; 0 if they differ. Made for each n. */
static inline void add_runs(double *restrict to, const double *restrict from,
                            const struct tile *tile, size_t length)
{
    for (size_t s = 0; s < tile->n_runs; s++) {
        const struct tiling_run *run = &tile->run[s];
        double *place = to + run->column;
        const double *sum = from + run->from;
        const size_t n = length == 0 ? run->n : length;
        for (size_t j = 0; j < n; j++) {
            place[j] += sum[j];
        }
    }
}

static void add_columns(double *to, const double *from, const struct tile *tile)
{
    switch (tile->run_length) {
    case 1:
        add_runs(to, from, tile, 1);
        return;
    case 2:
        add_runs(to, from, tile, 2);
        return;
    case 3:
        add_runs(to, from, tile, 3);
        return;
    case 4:
        add_runs(to, from, tile, 4);
        return;
    case 5:
        add_runs(to, from, tile, 5);
        return;
    default:
        add_runs(to, from, tile, 0);
    }
}

static void gather_columns(double *packed, const double *from,
                           const struct tile *tile)
{
    for (size_t s = 0; s < tile->n_runs; s++) {
        const struct tiling_run *run = &tile->run[s];
        double *place = packed + run->from;
        for (size_t j = 0; j < run->n; j++) {
            place[j] = from[run->column + j];
        }
    }
}

static void add_rows(double *to, const double *from, const struct tile *tile)
{
    for (size_t i = 0; i < tile->n_rows; i++) {
        to[tile->row[i]] += from[i];
    }
}

/* result = packed W, for a matrix of n_inner x stride. */
static void multiply(const struct tiling_pass *pass, const struct block *block,
                     const double *matrix, size_t n_inner, size_t stride)
{
    const struct dense_product product = {
        .c = pass->work->result,
        .a = pass->work->packed,
        .w = matrix,
        .live = pass->work->every,
        .c_stride = stride,
        .a_stride = dense_stride(n_inner),
        .w_stride = stride,
        .n_live = n_inner,
        .n_rows = block->n,
        .n_cols = stride,
        .is_new = true,
    };
    pass->kernels->add_product(&product);
}

/* Multiplies the packed rows, adds the sums to their columns, and starts
 * over. */
static void finish_backward(const struct tiling_pass *pass, struct block *block)
{
    const struct tile *tile = block->tile;
    if (block->n == 0) {
        return;
    }
    multiply(pass, block, tile->data, tile->n_rows, tile->col_stride);
    for (size_t t = 0; t < block->n; t++) {
        add_columns(pass->to + block->row[t] * pass->to_stride +
                        block->copy[t]->column,
                    pass->work->result + t * tile->col_stride, tile);
    }
    block->n = 0;
}

static void finish_forward(const struct tiling_pass *pass, struct block *block)
{
    const struct tile *tile = block->tile;
    if (block->n == 0) {
        return;
    }
    multiply(pass, block, tile->transposed, tile->n_cols, tile->row_stride);
    for (size_t t = 0; t < block->n; t++) {
        add_rows(pass->to + block->row[t] * pass->to_stride +
                     block->copy[t]->row,
                 pass->work->result + t * tile->row_stride, tile);
    }
    block->n = 0;
}

uint64_t tiling_add_backward(const struct tiling_pass *pass)
{
    struct block block = {.n = 0};
    uint64_t n_madds = 0;
    for (size_t c = 0; c < pass->n_copies; c++) {
        const size_t number = pass->copies == NULL ? c : pass->copies[c];
        const struct tiling_copy *copy = &pass->tiling->copy[number];
        const struct tile *tile = &pass->tiling->tile[copy->tile];
        if (c == 0 || tile != block.tile) {
            finish_backward(pass, &block);
            block.tile = tile;
        }
        for (size_t r = 0; r < pass->n_rows; r++) {
            if (block.n == BLOCK) {
                finish_backward(pass, &block);
            }
            if (gather_rows(pass->work->packed + block.n * tile->row_stride,
                            pass->from + r * pass->from_stride + copy->row,
                            tile)) {
                block.copy[block.n] = copy;
                block.row[block.n++] = r;
                n_madds += tile->n_rows * tile->col_stride;
            }
        }
    }
    finish_backward(pass, &block);
    return n_madds;
}

uint64_t tiling_add_forward(const struct tiling_pass *pass)
{
    struct block block = {.n = 0};
    uint64_t n_madds = 0;
    for (size_t c = 0; c < pass->n_copies; c++) {
        const size_t number = pass->copies == NULL ? c : pass->copies[c];
        const struct tiling_copy *copy = &pass->tiling->copy[number];
        const struct tile *tile = &pass->tiling->tile[copy->tile];
        if (c == 0 || tile != block.tile) {
            finish_forward(pass, &block);
            block.tile = tile;
        }
        for (size_t r = 0; r < pass->n_rows; r++) {
            if (block.n == BLOCK) {
                finish_forward(pass, &block);
            }
            gather_columns(pass->work->packed + block.n * tile->col_stride,
                           pass->from + r * pass->from_stride + copy->column,
                           tile);
            block.copy[block.n] = copy;
            block.row[block.n++] = r;
        }
        n_madds += pass->n_rows * tile->n_cols * tile->row_stride;
    }
    finish_forward(pass, &block);
    return n_madds;
}

size_t tiling_find_copies(const struct tiling *tiling, struct tiling_work *work,
                          const uint32_t *rows, size_t n_rows)
{
    size_t n = 0;
    for (size_t t = 0; t < n_rows; t++) {
        if (tiling->copy_of[rows[t]] != TILING_NONE) {
            work->is_met[tiling->copy_of[rows[t]]] = true;
        }
    }
    for (size_t c = 0; c < tiling->n_copies; c++) {
        if (work->is_met[c]) {
            work->is_met[c] = false;
            work->copies[n++] = (uint32_t)c;
        }
    }
    return n;
}
