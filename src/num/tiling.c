/* Finding the tiles of a sparse matrix. */
#include "src/num/tiling.h"

#include "src/base/alloc.h"

#include <stdlib.h>
#include <string.h>

/* A tiling is worth its packing where entries lie in tiles of this many rows
 * on average. */
enum { LEAST_ROWS = 4 };

/* One row of the matrix. */
struct line {
    uint32_t row;
    size_t n;
    const uint32_t *column;
    const double *value;
};

/* Rows with equal columns: lines first .. first + n - 1. */
struct group {
    const struct line *line;
    size_t n;
};

static int compare_sizes(size_t a, size_t b)
{
    return a < b ? -1 : (a > b ? 1 : 0);
}

static int compare_columns(const struct line *a, const struct line *b)
{
    const int order = compare_sizes(a->n, b->n);
    return order != 0 ? order
                      : memcmp(a->column, b->column, a->n * sizeof *a->column);
}

static int compare_lines(const void *left, const void *right)
{
    const struct line *a = left;
    const struct line *b = right;
    const int order = compare_columns(a, b);
    return order != 0 ? order : compare_sizes(a->row, b->row);
}

/* Order of groups that are not copies of each other; 0 for copies. */
static int compare_tiles(const struct group *a, const struct group *b)
{
    int order = compare_sizes(a->n, b->n);
    if (order == 0) {
        order = compare_sizes(a->line->n, b->line->n);
    }
    for (size_t t = 1; order == 0 && t < a->line->n; t++) {
        order = compare_sizes(a->line->column[t] - a->line->column[0],
                              b->line->column[t] - b->line->column[0]);
    }
    for (size_t t = 0; order == 0 && t < a->n; t++) {
        order = compare_sizes(a->line[t].row - a->line->row,
                              b->line[t].row - b->line->row);
        if (order == 0) {
            order = memcmp(a->line[t].value, b->line[t].value,
                           a->line->n * sizeof *a->line->value);
        }
    }
    return order;
}

static int compare_groups(const void *left, const void *right)
{
    const struct group *a = left;
    const struct group *b = right;
    const int order = compare_tiles(a, b);
    return order != 0 ? order : compare_sizes(a->line->row, b->line->row);
}

/* The rows with entries, those with equal columns beside each other. */
static size_t sort_lines(struct line *lines, const struct tiling_source *source)
{
    size_t n = 0;
    for (size_t i = 0; i < source->n_rows; i++) {
        const size_t first = source->start[i];
        const size_t size = source->start[i + 1] - first;
        if (size > 0) {
            lines[n++] =
                (struct line){(uint32_t)i, size, source->column + first,
                              source->value + first};
        }
    }
    qsort(lines, n, sizeof *lines, compare_lines);
    return n;
}

/* The groups of sorted lines, copies of each other beside each other. */
static size_t sort_groups(struct group *groups, const struct line *lines,
                          size_t n_lines)
{
    size_t n = 0;
    for (size_t i = 0; i < n_lines; i++) {
        if (i > 0 && compare_columns(&lines[i - 1], &lines[i]) == 0) {
            groups[n - 1].n++;
        } else {
            groups[n++] = (struct group){&lines[i], 1};
        }
    }
    qsort(groups, n, sizeof *groups, compare_groups);
    return n;
}

static bool is_worth_it(const struct group *groups, size_t n)
{
    double n_entries = 0.0;
    double n_weighted = 0.0;
    for (size_t g = 0; g < n; g++) {
        const double size = (double)groups[g].n * (double)groups[g].line->n;
        n_entries += size;
        n_weighted += size * (double)groups[g].n;
    }
    return n_weighted >= LEAST_ROWS * n_entries;
}

static void find_runs(struct tile *tile, const uint32_t *column)
{
    NEW_ARRAY(tile->run, tile->n_cols);
    for (size_t t = 0; t < tile->n_cols; t++) {
        if (t > 0 && column[t] == column[t - 1] + 1) {
            tile->run[tile->n_runs - 1].n++;
        } else {
            tile->run[tile->n_runs++] =
                (struct tiling_run){column[t] - column[0], (uint32_t)t, 1};
        }
    }
    tile->run_length = tile->run[0].n;
    for (size_t s = 1; s < tile->n_runs; s++) {
        if (tile->run[s].n != tile->run[0].n) {
            tile->run_length = 0;
        }
    }
}

static void create_tile(struct tile *tile, const struct group *group)
{
    tile->n_rows = group->n;
    tile->n_cols = group->line->n;
    tile->row_stride = dense_stride(tile->n_rows);
    tile->col_stride = dense_stride(tile->n_cols);
    NEW_ARRAY(tile->row, tile->n_rows);
    NEW_ALIGNED(tile->data, tile->n_rows * tile->col_stride);
    NEW_ALIGNED(tile->transposed, tile->n_cols * tile->row_stride);
    tile->single_row_stride = single_stride(tile->n_rows);
    tile->single_col_stride = single_stride(tile->n_cols);
    NEW_ALIGNED(tile->single, tile->n_rows * tile->single_col_stride);
    NEW_ALIGNED(tile->single_transposed,
                tile->n_cols * tile->single_row_stride);
    find_runs(tile, group->line->column);
    for (size_t i = 0; i < tile->n_rows; i++) {
        tile->row[i] = group->line[i].row - group->line->row;
        for (size_t j = 0; j < tile->n_cols; j++) {
            const double value = group->line[i].value[j];
            tile->data[i * tile->col_stride + j] = value;
            tile->transposed[j * tile->row_stride + i] = value;
            tile->single[i * tile->single_col_stride + j] = single_round(value);
            tile->single_transposed[j * tile->single_row_stride + i] =
                single_round(value);
        }
    }
}

static struct tiling *create(const struct tiling_source *source,
                             const struct group *groups, size_t n)
{
    struct tiling *tiling;
    NEW(tiling);
    tiling->n_rows = source->n_rows;
    tiling->n_copies = n;
    NEW_ARRAY(tiling->copy, n);
    NEW_ARRAY(tiling->tile, n);
    NEW_ARRAY(tiling->copy_of, source->n_rows);
    for (size_t i = 0; i < source->n_rows; i++) {
        tiling->copy_of[i] = TILING_NONE;
    }
    for (size_t g = 0; g < n; g++) {
        if (g == 0 || compare_tiles(&groups[g - 1], &groups[g]) != 0) {
            create_tile(&tiling->tile[tiling->n_tiles++], &groups[g]);
        }
        tiling->copy[g] = (struct tiling_copy){
            (uint32_t)(tiling->n_tiles - 1),
            groups[g].line->row,
            groups[g].line->column[0],
        };
        for (size_t t = 0; t < groups[g].n; t++) {
            tiling->copy_of[groups[g].line[t].row] = (uint32_t)g;
        }
    }
    return tiling;
}

struct tiling *tiling_find(const struct tiling_source *source)
{
    struct tiling *tiling = NULL;
    struct line *lines;
    struct group *groups;
    NEW_ARRAY(lines, source->n_rows);
    const size_t n_lines = sort_lines(lines, source);
    NEW_ARRAY(groups, n_lines);
    const size_t n = sort_groups(groups, lines, n_lines);
    if (n > 0 && is_worth_it(groups, n)) {
        tiling = create(source, groups, n);
    }
    alloc_free(groups);
    alloc_free(lines);
    return tiling;
}

void tiling_destroy(struct tiling *tiling)
{
    if (tiling == NULL) {
        return;
    }
    for (size_t t = 0; t < tiling->n_tiles; t++) {
        alloc_free(tiling->tile[t].row);
        alloc_free(tiling->tile[t].run);
        alloc_free(tiling->tile[t].data);
        alloc_free(tiling->tile[t].transposed);
        alloc_free(tiling->tile[t].single);
        alloc_free(tiling->tile[t].single_transposed);
    }
    alloc_free(tiling->tile);
    alloc_free(tiling->copy);
    alloc_free(tiling->copy_of);
    alloc_free(tiling);
}
