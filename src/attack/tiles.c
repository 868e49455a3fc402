/* Several copies of a tile side by side make one dense product. */
#include "src/attack/tiles.h"

#include "src/base/alloc.h"

#include <assert.h>
#include <string.h>

/* Columns of a dense product of tiles, unless the batch alone has more. */
enum { COLUMNS = 32 };

/* Entries of a dense matrix above which it is not held transposed as well. */
enum { MOST_ENTRIES = 1 << 22 };

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

/* The most rows or columns of a tile. */
static size_t find_tilings(struct tiles *tiles)
{
    size_t most = 0;
    for (size_t k = 0; k < tiles->layers->n_layers; k++) {
        const struct layer *layer = &tiles->layers->layer[k];
        NEW_ARRAY(tiles->tiling[k], layer->n_terms);
        for (size_t t = 0; t < layer->n_terms; t++) {
            const struct matrix *matrix = &layer->terms[t].matrix;
            if (matrix->dense != NULL) {
                continue;
            }
            const struct tiling_source source = {matrix->n_rows, matrix->n_cols,
                                                 matrix->start, matrix->column,
                                                 matrix->value};
            struct tiling *tiling = tiling_find(&source);
            tiles->tiling[k][t] = tiling;
            for (size_t i = 0; tiling != NULL && i < tiling->n_tiles; i++) {
                most = larger(most, larger(tiling->tile[i].n_rows,
                                           tiling->tile[i].n_cols));
            }
        }
    }
    return most;
}

/* M^T [n_cols x n_rows]; NULL unless M is dense and not large. */
static double *transpose(const struct matrix *matrix)
{
    const size_t n_rows = matrix->n_rows;
    const size_t n_cols = matrix->n_cols;
    double *to;
    if (matrix->dense == NULL || n_cols == 0 ||
        n_rows > MOST_ENTRIES / n_cols) {
        return NULL;
    }
    NEW_ARRAY(to, n_rows * n_cols);
    for (size_t i = 0; i < n_rows; i++) {
        for (size_t j = 0; j < n_cols; j++) {
            to[j * n_rows + i] = matrix->dense[i * n_cols + j];
        }
    }
    return to;
}

/* The most rows or columns of a matrix that is transposed. */
static size_t find_dense(struct tiles *tiles)
{
    size_t most = 0;
    for (size_t k = 0; k < tiles->layers->n_layers; k++) {
        const struct layer *layer = &tiles->layers->layer[k];
        NEW_ARRAY(tiles->transposed[k], layer->n_terms);
        for (size_t t = 0; t < layer->n_terms; t++) {
            const struct matrix *matrix = &layer->terms[t].matrix;
            tiles->transposed[k][t] = transpose(matrix);
            if (tiles->transposed[k][t] != NULL) {
                most = larger(most, larger(matrix->n_rows, matrix->n_cols));
            }
        }
    }
    return most;
}

void tiles_init(struct tiles *tiles, const struct layers *layers,
                size_t capacity)
{
    assert(capacity % DENSE_LANES == 0);
    *tiles = (struct tiles){.layers = layers, .kernels = dense_kernels_best()};
    NEW_ARRAY(tiles->tiling, layers->n_layers);
    NEW_ARRAY(tiles->transposed, layers->n_layers);
    const size_t most = find_tilings(tiles);
    if (most > 0) {
        NEW_ALIGNED(tiles->packed, most * larger(capacity, COLUMNS));
        NEW_ALIGNED(tiles->result, most * larger(capacity, COLUMNS));
    }
    NEW_ARRAY(tiles->met, find_dense(tiles));
    NEW_ARRAY(tiles->every, most);
    for (size_t i = 0; i < most; i++) {
        tiles->every[i] = (uint32_t)i;
    }
}

void tiles_clear(struct tiles *tiles)
{
    if (tiles->tiling != NULL) {
        for (size_t k = 0; k < tiles->layers->n_layers; k++) {
            for (size_t t = 0; t < tiles->layers->layer[k].n_terms; t++) {
                tiling_destroy(tiles->tiling[k][t]);
                alloc_free(tiles->transposed[k][t]);
            }
            alloc_free(tiles->tiling[k]);
            alloc_free(tiles->transposed[k]);
        }
    }
    alloc_free(tiles->tiling);
    alloc_free(tiles->transposed);
    alloc_free(tiles->packed);
    alloc_free(tiles->result);
    alloc_free(tiles->every);
    alloc_free(tiles->met);
    *tiles = (struct tiles){.layers = NULL};
}

/* Copies of one tile that are treated together. */
struct side {
    const struct tile *tile;
    const struct tiling_copy *copy;
    size_t n_copies;
    size_t batch;
};

static void pack(double *to, const double *from, size_t n)
{
    memcpy(to, from, n * sizeof *to);
}

static void add(double *restrict to, const double *restrict from, size_t n)
{
    for (size_t first = 0; first < n; first += DENSE_LANES) {
        for (size_t j = 0; j < DENSE_LANES; j++) {
            to[first + j] += from[first + j];
        }
    }
}

static void pack_columns(double *packed, const struct side *side,
                         const double *x)
{
    const size_t batch = side->batch;
    const size_t stride = side->n_copies * batch;
    for (size_t c = 0; c < side->n_copies; c++) {
        for (size_t s = 0; s < side->tile->n_runs; s++) {
            const struct tiling_run run = side->tile->run[s];
            const double *from =
                x + (side->copy[c].column + run.column) * batch;
            double *to = packed + run.from * stride + c * batch;
            for (size_t i = 0; i < run.n; i++) {
                pack(to + i * stride, from + i * batch, batch);
            }
        }
    }
}

static void add_columns(double *y, const struct side *side,
                        const double *result)
{
    const size_t batch = side->batch;
    const size_t stride = side->n_copies * batch;
    for (size_t c = 0; c < side->n_copies; c++) {
        for (size_t s = 0; s < side->tile->n_runs; s++) {
            const struct tiling_run run = side->tile->run[s];
            double *to = y + (side->copy[c].column + run.column) * batch;
            const double *from = result + run.from * stride + c * batch;
            for (size_t i = 0; i < run.n; i++) {
                add(to + i * batch, from + i * stride, batch);
            }
        }
    }
}

static void pack_rows(double *packed, const struct side *side, const double *x)
{
    const size_t batch = side->batch;
    const size_t stride = side->n_copies * batch;
    for (size_t c = 0; c < side->n_copies; c++) {
        for (size_t i = 0; i < side->tile->n_rows; i++) {
            pack(packed + i * stride + c * batch,
                 x + (side->copy[c].row + side->tile->row[i]) * batch, batch);
        }
    }
}

static void add_rows(double *y, const struct side *side, const double *result)
{
    const size_t batch = side->batch;
    const size_t stride = side->n_copies * batch;
    for (size_t c = 0; c < side->n_copies; c++) {
        for (size_t i = 0; i < side->tile->n_rows; i++) {
            add(y + (side->copy[c].row + side->tile->row[i]) * batch,
                result + i * stride + c * batch, batch);
        }
    }
}

/* result = M packed, M of n_rows x n_cols. */
static void multiply(const struct tiles *tiles, const struct side *side,
                     bool is_transposed)
{
    const struct tile *tile = side->tile;
    const size_t stride = side->n_copies * side->batch;
    const struct dense_product product = {
        .c = tiles->result,
        .a = is_transposed ? tile->transposed : tile->data,
        .w = tiles->packed,
        .live = tiles->every,
        .c_stride = stride,
        .a_stride = is_transposed ? tile->row_stride : tile->col_stride,
        .w_stride = stride,
        .n_live = is_transposed ? tile->n_rows : tile->n_cols,
        .n_rows = is_transposed ? tile->n_cols : tile->n_rows,
        .n_cols = stride,
        .is_new = true,
    };
    tiles->kernels->add_product(&product);
}

/* The copies from `first` on that one product treats. */
static struct side take_side(const struct tiling *tiling, size_t first,
                             size_t batch)
{
    const struct tiling_copy *copy = &tiling->copy[first];
    const size_t most = larger(1, COLUMNS / batch);
    size_t n = 1;
    while (n < most && first + n < tiling->n_copies &&
           copy[n].tile == copy->tile) {
        n++;
    }
    return (struct side){&tiling->tile[copy->tile], copy, n, batch};
}

/* The elements of x that are not 0 at all points, into tiles->met; those that
 * are add nothing, as matrices are finite. Returns their number. */
static size_t find_met(struct tiles *tiles, const double *x, size_t n,
                       size_t batch)
{
    size_t n_met = 0;
    for (size_t i = 0; i < n; i++) {
        size_t j = 0;
        while (j < batch && x[i * batch + j] >= 0.0 &&
               x[i * batch + j] <= 0.0) {
            j++;
        }
        tiles->met[n_met] = (uint32_t)i;
        n_met += j < batch ? 1 : 0;
    }
    return n_met;
}

/* y += M x or M^T x of a dense matrix that is held transposed as well; false if
 * it is not. */
static bool add_dense(struct tiles *tiles, const struct tiles_product *product,
                      bool is_transposed)
{
    const struct matrix *matrix =
        &tiles->layers->layer[product->layer].terms[product->term].matrix;
    const double *transposed = tiles->transposed[product->layer][product->term];
    const size_t n_cols = is_transposed ? matrix->n_rows : matrix->n_cols;
    if (transposed == NULL) {
        return false;
    }
    const struct dense_product dense = {
        .c = product->y,
        .a = is_transposed ? transposed : matrix->dense,
        .w = product->x,
        .live = tiles->met,
        .c_stride = product->batch,
        .a_stride = n_cols,
        .w_stride = product->batch,
        .n_live = find_met(tiles, product->x, n_cols, product->batch),
        .n_rows = is_transposed ? matrix->n_cols : matrix->n_rows,
        .n_cols = product->batch,
    };
    tiles->kernels->add_product(&dense);
    return true;
}

bool tiles_add_product(struct tiles *tiles, const struct tiles_product *product)
{
    const struct tiling *tiling = tiles->tiling[product->layer][product->term];
    if (tiling == NULL) {
        return add_dense(tiles, product, false);
    }
    for (size_t first = 0; first < tiling->n_copies;) {
        const struct side side = take_side(tiling, first, product->batch);
        pack_columns(tiles->packed, &side, product->x);
        multiply(tiles, &side, false);
        add_rows(product->y, &side, tiles->result);
        first += side.n_copies;
    }
    return true;
}

bool tiles_add_transposed(struct tiles *tiles,
                          const struct tiles_product *product)
{
    const struct tiling *tiling = tiles->tiling[product->layer][product->term];
    if (tiling == NULL) {
        return add_dense(tiles, product, true);
    }
    for (size_t first = 0; first < tiling->n_copies;) {
        const struct side side = take_side(tiling, first, product->batch);
        pack_rows(tiles->packed, &side, product->x);
        multiply(tiles, &side, true);
        add_columns(product->y, &side, tiles->result);
        first += side.n_copies;
    }
    return true;
}
