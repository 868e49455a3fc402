/* Products with tiles in doubles, and their workspace. */
#include "src/base/alloc.h"
#include "src/num/tiling.h"

#include <math.h>

#define REAL         double
#define ZERO         0.0
#define MAGNITUDE    fabs
#define PASS         tiling_pass
#define ADD_BACKWARD tiling_add_backward
#define ADD_FORWARD  tiling_add_forward
#define PRODUCT      dense_product
#define STRIDE       dense_stride
#define ROW_STRIDE   row_stride
#define COL_STRIDE   col_stride
#define DATA         data
#define TRANSPOSED   transposed
#define PACKED       packed
#define RESULT       result
#include "src/num/tiling_pass.def"

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

void tiling_work_fit(struct tiling_work *work, const struct tiling *tiling)
{
    size_t most = work->most;
    for (size_t t = 0; t < tiling->n_tiles; t++) {
        const struct tile *tile = &tiling->tile[t];
        most = larger(most,
                      larger(tile->single_row_stride, tile->single_col_stride));
    }
    if (most > work->most) {
        alloc_free(work->packed);
        alloc_free(work->result);
        NEW_ALIGNED(work->packed, BLOCK * most);
        NEW_ALIGNED(work->result, BLOCK * most);
        alloc_free(work->single_packed);
        alloc_free(work->single_result);
        NEW_ALIGNED(work->single_packed, BLOCK * most);
        NEW_ALIGNED(work->single_result, BLOCK * most);
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
    alloc_free(work->single_packed);
    alloc_free(work->single_result);
    alloc_free(work->every);
    alloc_free(work->copies);
    alloc_free(work->is_met);
    *work = (struct tiling_work){0};
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
