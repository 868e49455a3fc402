/* Optimal vertices met before: places to start the next objective from. */
#include "solver/lp_pool.h"

#include "src/base/alloc.h"

#include <assert.h>
#include <math.h>
#include <string.h>

struct lp_pool *lp_pool_create(size_t n)
{
    struct lp_pool *pool = NULL;
    NEW(pool);
    pool->n = n;
    if (n <= LP_POOL_MAX_N) {
        NEW_ALIGNED(pool->points, LP_POOL_SIZE * n);
        NEW_ALIGNED(pool->edges, LP_POOL_SIZE * n * n);
        NEW_ARRAY(pool->active, LP_POOL_SIZE * n);
        NEW_ARRAY(pool->is_upper, LP_POOL_SIZE * n);
        NEW_ARRAY(pool->lengths, LP_POOL_SIZE * n);
        NEW_ARRAY(pool->level, LP_POOL_SIZE * n);
    }
    lp_pool_clear(pool);
    return pool;
}

void lp_pool_destroy(struct lp_pool *pool)
{
    if (pool == NULL) {
        return;
    }
    alloc_free(pool->points);
    alloc_free(pool->edges);
    alloc_free(pool->active);
    alloc_free(pool->is_upper);
    alloc_free(pool->lengths);
    alloc_free(pool->level);
    alloc_free(pool);
}

void lp_pool_clear(struct lp_pool *pool)
{
    for (size_t k = 0; k < LP_POOL_SIZE; ++k) {
        pool->n_rows[k] = SIZE_MAX;
        pool->cut_by[k] = SIZE_MAX;
        pool->handicap[k] = HUGE_VAL;
    }
    pool->next = 0;
}

/* values_k = v.x_k plus the handicap, for all slots. */
static void evaluate(const struct lp_pool *pool, const double *v, size_t stride,
                     double *restrict values)
{
    memcpy(values, pool->handicap, LP_POOL_SIZE * sizeof *values);
    for (size_t j = 0; j < pool->n; ++j) {
        const double *restrict x = pool->points + j * LP_POOL_SIZE;
        const double f = v[j * stride];
        for (size_t k = 0; k < LP_POOL_SIZE; ++k) {
            values[k] += f * x[k];
        }
    }
}

void lp_pool_add_row(struct lp_pool *pool, const struct lp *lp)
{
    if (pool->n > LP_POOL_MAX_N) {
        return;
    }
    const size_t row = lp->m - 1;
    double values[LP_POOL_SIZE];
    evaluate(pool, lp->columns + row, lp->capacity, values);
    const double most = lp->level_row[row] + lp->tolerance;
    for (size_t k = 0; k < LP_POOL_SIZE; ++k) {
        if (!(values[k] <= most) && row < pool->cut_by[k]) {
            pool->cut_by[k] = row;
            pool->handicap[k] = HUGE_VAL;
        }
    }
}

void lp_pool_truncate(struct lp_pool *pool, size_t n_rows)
{
    for (size_t k = 0; k < LP_POOL_SIZE; ++k) {
        if (pool->n_rows[k] > n_rows) {
            pool->n_rows[k] = SIZE_MAX;
        }
        if (pool->cut_by[k] >= n_rows) {
            pool->cut_by[k] = SIZE_MAX;
        }
        pool->handicap[k] =
            pool->n_rows[k] == SIZE_MAX || pool->cut_by[k] != SIZE_MAX
                ? HUGE_VAL
                : 0.0;
    }
}

size_t lp_pool_best(const struct lp_pool *pool, const double *c, double *value)
{
    size_t best = LP_NOWHERE;
    if (pool->n > LP_POOL_MAX_N) {
        return best;
    }
    double values[LP_POOL_SIZE];
    evaluate(pool, c, 1, values);
    for (size_t k = 0; k < LP_POOL_SIZE; ++k) {
        if (values[k] < *value) {
            *value = values[k];
            best = k;
        }
    }
    return best;
}

void lp_pool_save(struct lp_pool *pool, const struct lp *lp)
{
    const size_t n = pool->n;
    if (n > LP_POOL_MAX_N) {
        return;
    }
    const size_t slot = pool->next;
    pool->next = (slot + 1) % LP_POOL_SIZE;
    size_t n_rows = 0;
    for (size_t p = 0; p < n; ++p) {
        const size_t k = lp->active[p];
        assert(k != LP_GHOST);
        pool->points[p * LP_POOL_SIZE + slot] = lp->x[p];
        pool->active[slot * n + p] = k;
        pool->is_upper[slot * n + p] = lp->is_upper[p];
        pool->level[slot * n + p] = lp->level[p];
        pool->lengths[slot * n + p] = lp->lengths[p];
        if (k >= n && k - n + 1 > n_rows) {
            n_rows = k - n + 1;
        }
    }
    memcpy(pool->edges + slot * n * n, lp->edges, n * n * sizeof *lp->edges);
    pool->n_rows[slot] = n_rows;
    pool->n_updates[slot] = lp->n_updates;
    pool->cut_by[slot] = SIZE_MAX;
    pool->handicap[slot] = 0.0;
}

void lp_pool_load(const struct lp_pool *pool, size_t slot, struct lp *lp)
{
    const size_t n = pool->n;
    for (size_t p = 0; p < n; ++p) {
        if (lp->active[p] != LP_GHOST) {
            lp->place[lp->active[p]] = LP_NOWHERE;
        }
    }
    for (size_t p = 0; p < n; ++p) {
        lp->active[p] = pool->active[slot * n + p];
        lp->place[lp->active[p]] = p;
        lp->is_upper[p] = pool->is_upper[slot * n + p];
        lp->level[p] = pool->level[slot * n + p];
        lp->lengths[p] = pool->lengths[slot * n + p];
    }
    memcpy(lp->edges, pool->edges + slot * n * n, n * n * sizeof *lp->edges);
    lp->n_updates = pool->n_updates[slot];
    lp_vertex_refresh(lp);
    lp->is_feasible = true;
}
