/* Optimal vertices met before: places to start the next objective from. */
#ifndef ASTROLABE_SOLVER_LP_POOL_H
#define ASTROLABE_SOLVER_LP_POOL_H

#include "solver/lp_vertex.h"

/* Vertices kept; a multiple of 4. */
enum { LP_POOL_SIZE = 32 };

/* Vertices of programs with more variables are not kept: copying the edges
 * would cost more than the pivots saved. */
enum { LP_POOL_MAX_N = 24 };

/*
 * Slot k holds a vertex of lp as it was saved. It is usable while it is
 * feasible: no row cuts it off, and no row it lies on was dropped.
 *
 * points      [n x LP_POOL_SIZE] x by columns
 * edges       [LP_POOL_SIZE x n x n]
 * lengths, active, is_upper, level   [LP_POOL_SIZE x n]
 * n_rows      [LP_POOL_SIZE] 1 + the last row among the active constraints;
 *             SIZE_MAX if the slot is empty
 * cut_by      [LP_POOL_SIZE] first row violated, or SIZE_MAX
 * n_updates   [LP_POOL_SIZE] pivots since its edges came from the data
 * handicap    [LP_POOL_SIZE] 0 for a usable slot, otherwise HUGE_VAL
 * next        slot to be overwritten next
 */
struct lp_pool {
    size_t n;
    double *points;
    double *edges;
    size_t *active;
    bool *is_upper;
    double *lengths;
    double *level;
    size_t n_rows[LP_POOL_SIZE];
    size_t cut_by[LP_POOL_SIZE];
    size_t n_updates[LP_POOL_SIZE];
    double handicap[LP_POOL_SIZE];
    size_t next;
};

struct lp_pool *lp_pool_create(size_t n);
void lp_pool_destroy(struct lp_pool *pool);

/* Forgets all vertices: the box has changed. */
void lp_pool_clear(struct lp_pool *pool);

/* Row m - 1 of lp is new. */
void lp_pool_add_row(struct lp_pool *pool, const struct lp *lp);

/* Rows n_rows .. m - 1 are gone. */
void lp_pool_truncate(struct lp_pool *pool, size_t n_rows);

/* The usable vertex with the least c.x below *value, which becomes that
 * number; LP_NOWHERE if there is none. */
size_t lp_pool_best(const struct lp_pool *pool, const double *c, double *value);

/* Saves lp's vertex, which must be feasible and without ghosts. */
void lp_pool_save(struct lp_pool *pool, const struct lp *lp);

/* Makes the vertex in the slot the current one. */
void lp_pool_load(const struct lp_pool *pool, size_t slot, struct lp *lp);

#endif
