/* Small linear programs over a box: data, warm starts, answers. */
#include "solver/lp.h"

#include "solver/lp_dual.h"
#include "solver/lp_pool.h"
#include "solver/lp_primal.h"
#include "solver/lp_vertex.h"
#include "src/base/alloc.h"
#include "src/base/require.h"

#include <assert.h>
#include <math.h>
#include <string.h>

enum { FIRST_CAPACITY = 64, MAX_VARIABLES = 1024 };

/* Edges are recomputed from the data after 32 + 4 n pivots. */
enum { UPDATES = 32, UPDATES_PER_VARIABLE = 4 };

/* Violation allowed, relative to the largest box end. */
static const double relative_tolerance = 1e-10;
/* Rows with coefficients beyond this are not used. */
static const double largest = 1e100;
static const double smallest = 1e-100;

/* Space for one more row; the columns move to the new stride. */
static void grow(struct lp *lp)
{
    const size_t n = lp->n;
    const size_t before = lp->capacity;
    const size_t after = before == 0 ? FIRST_CAPACITY : 2 * before;
    RESIZE_ARRAY(lp->rows, after * n);
    RESIZE_ARRAY(lp->rhs, after);
    RESIZE_ARRAY(lp->scale, after);
    RESIZE_ARRAY(lp->level_row, after);
    RESIZE_ARRAY(lp->slack, after);
    RESIZE_ARRAY(lp->change, after);
    RESIZE_ARRAY(lp->near, after);
    RESIZE_ARRAY(lp->place, n + after);
    double *columns = NULL;
    NEW_ALIGNED(columns, n * after);
    for (size_t j = 0; j < n && before > 0; ++j) {
        memcpy(columns + j * after, lp->columns + j * before,
               before * sizeof *columns);
    }
    alloc_free(lp->columns);
    lp->columns = columns;
    for (size_t i = before; i < after; ++i) {
        lp->level_row[i] = 1.0;
        lp->slack[i] = 1.0;
        lp->place[n + i] = LP_NOWHERE;
    }
    lp->capacity = after;
}

struct lp *lp_create(size_t n)
{
    REQUIRE(n >= 1 && n <= MAX_VARIABLES);
    struct lp *lp = NULL;
    NEW(lp);
    lp->n = n;
    NEW_ARRAY(lp->lower, n);
    NEW_ARRAY(lp->upper, n);
    NEW_ARRAY(lp->x, n);
    NEW_ALIGNED(lp->edges, n * n);
    NEW_ARRAY(lp->lengths, n);
    NEW_ARRAY(lp->room, n);
    NEW_ARRAY(lp->active, n);
    NEW_ARRAY(lp->is_upper, n);
    NEW_ARRAY(lp->level, n);
    NEW_ARRAY(lp->reduced, n);
    NEW_ARRAY(lp->turn, n);
    NEW_ARRAY(lp->direction, n);
    NEW_ARRAY(lp->scratch, 2 * n * n);
    lp->pool = lp_pool_create(n);
    grow(lp);
    lp_reset(lp, lp->lower, lp->upper);
    return lp;
}

void lp_destroy(struct lp *lp)
{
    if (lp == NULL) {
        return;
    }
    alloc_free(lp->lower);
    alloc_free(lp->upper);
    alloc_free(lp->rows);
    alloc_free(lp->rhs);
    alloc_free(lp->scale);
    alloc_free(lp->columns);
    alloc_free(lp->level_row);
    alloc_free(lp->x);
    alloc_free(lp->slack);
    alloc_free(lp->change);
    alloc_free(lp->edges);
    alloc_free(lp->lengths);
    alloc_free(lp->room);
    alloc_free(lp->near);
    alloc_free(lp->active);
    alloc_free(lp->is_upper);
    alloc_free(lp->level);
    alloc_free(lp->place);
    alloc_free(lp->reduced);
    alloc_free(lp->turn);
    alloc_free(lp->direction);
    alloc_free(lp->scratch);
    lp_pool_destroy(lp->pool);
    alloc_free(lp);
}

void lp_reset(struct lp *lp, const double *lower, const double *upper)
{
    lp_truncate(lp, 0);
    lp_set_box(lp, lower, upper);
    lp->is_cold = true;
}

void lp_set_box(struct lp *lp, const double *lower, const double *upper)
{
    double size = 0.0;
    lp->box_is_usable = true;
    for (size_t j = 0; j < lp->n; ++j) {
        lp->lower[j] = lower[j];
        lp->upper[j] = upper[j];
        if (!(fabs(lower[j]) < largest && fabs(upper[j]) < largest)) {
            lp->box_is_usable = false;
        }
        size = fmax(size, fmax(fabs(lower[j]), fabs(upper[j])));
    }
    lp->tolerance = fmax(relative_tolerance * size, smallest);
    lp->is_stale = true;
    lp_pool_clear(lp->pool);
}

/* 1 over the length of g, or 1 for a zero row; 0 if g is out of range. */
static double row_scale(const double *g, size_t n)
{
    double size = 0.0;
    double gg = 0.0;
    for (size_t j = 0; j < n; ++j) {
        if (!(fabs(g[j]) < largest)) {
            return 0.0;
        }
        size = fmax(size, fabs(g[j]));
        gg += g[j] * g[j];
    }
    return size > smallest ? 1.0 / sqrt(gg) : 1.0;
}

void lp_add_row(struct lp *lp, const double *g, double h)
{
    const size_t n = lp->n;
    const size_t i = lp->m;
    if (i == lp->capacity) {
        grow(lp);
    }
    memcpy(lp->rows + i * n, g, n * sizeof *g);
    lp->rhs[i] = h;
    lp->m = i + 1;
    const double scale = row_scale(g, n);
    if (!(scale > 0.0) || !(h > -HUGE_VAL)) {
        lp->first_bad_row = i < lp->first_bad_row ? i : lp->first_bad_row;
        return;
    }
    lp->scale[i] = scale;
    lp->level_row[i] = scale * h;
    double value = 0.0;
    for (size_t j = 0; j < n; ++j) {
        const double a = scale * g[j];
        lp->columns[j * lp->capacity + i] = a;
        value += a * lp->x[j];
    }
    lp->slack[i] = lp->level_row[i] - value;
    if (!(lp->slack[i] >= -lp->tolerance)) {
        lp->is_feasible = false;
    }
    lp_pool_add_row(lp->pool, lp);
}

void lp_truncate(struct lp *lp, size_t n_rows)
{
    const size_t n = lp->n;
    for (size_t i = n_rows; i < lp->m; ++i) {
        const size_t p = lp->place[n + i];
        if (p != LP_NOWHERE) {
            lp->active[p] = LP_GHOST;
            lp->place[n + i] = LP_NOWHERE;
        }
        for (size_t j = 0; j < n; ++j) {
            lp->columns[j * lp->capacity + i] = 0.0;
        }
        lp->level_row[i] = 1.0;
        lp->slack[i] = 1.0;
    }
    if (n_rows < lp->m) {
        lp->m = n_rows;
    }
    lp_pool_truncate(lp->pool, n_rows);
    if (lp->first_bad_row >= lp->m) {
        lp->first_bad_row = SIZE_MAX;
    }
}

size_t lp_n_rows(const struct lp *lp)
{
    return lp->m;
}

const double *lp_rows(const struct lp *lp)
{
    return lp->rows;
}

const double *lp_rhs(const struct lp *lp)
{
    return lp->rhs;
}

const double *lp_lower(const struct lp *lp)
{
    return lp->lower;
}

const double *lp_upper(const struct lp *lp)
{
    return lp->upper;
}

uint64_t lp_pivots(const struct lp *lp)
{
    return lp->n_pivots;
}

/* True if the edges have seen too many pivots to be trusted. */
static bool is_worn(const struct lp *lp)
{
    return lp->n_updates > UPDATES + UPDATES_PER_VARIABLE * lp->n;
}

/* Brings x and the slacks up to date; a corner of the box if all fails. */
static void prepare(struct lp *lp, const double *c)
{
    if (lp->is_cold) {
        lp_vertex_corner(lp, c);
        lp->is_cold = false;
    } else if (is_worn(lp)) {
        if (!lp_vertex_expel_ghosts(lp) || !lp_vertex_refactor(lp)) {
            lp_vertex_corner(lp, c);
        }
    } else if (lp->is_stale) {
        lp_vertex_refresh(lp);
    }
    if (!lp->is_feasible) {
        size_t k = LP_NOWHERE;
        lp->is_feasible = !(lp_vertex_worst(lp, &k) > 0.0);
    }
}

/* Moves to a better vertex known from before, if there is one. */
static void take_from_pool(struct lp *lp, const double *c)
{
    double value = HUGE_VAL;
    if (lp->is_feasible) {
        value = 0.0;
        double size = 0.0;
        for (size_t j = 0; j < lp->n; ++j) {
            value += c[j] * lp->x[j];
            size += fabs(c[j] * lp->x[j]);
        }
        value -= relative_tolerance * size;
    }
    const size_t slot = lp_pool_best(lp->pool, c, &value);
    if (slot != LP_NOWHERE) {
        lp_pool_load(lp->pool, slot, lp);
    }
}

/* True if x still satisfies (1) of lp_vertex.h well enough. */
static bool is_accurate(const struct lp *lp)
{
    double off = 0.0;
    for (size_t p = 0; p < lp->n; ++p) {
        const size_t k = lp->active[p];
        if (k < lp->n) {
            off = fmax(off, fabs(lp->x[k] - lp->level[p]));
            continue;
        }
        double value = 0.0;
        for (size_t j = 0; j < lp->n; ++j) {
            value += lp->columns[j * lp->capacity + (k - lp->n)] * lp->x[j];
        }
        off = fmax(off, fabs(value - lp->level[p]));
    }
    return off <= lp->tolerance;
}

/* One attempt from the vertex at hand; multipliers may be NULL. */
static enum lp_answer solve(struct lp *lp, const double *c, double *multipliers)
{
    const size_t max_pivots = 50 + 10 * (lp->n + lp->m);
    prepare(lp, c);
    take_from_pool(lp, c);
    const uint64_t n_before = lp->n_pivots;
    for (size_t round = 0; round < 3; ++round) {
        if (!lp->is_feasible) {
            if (!lp_vertex_expel_ghosts(lp)) {
                return LP_GAVE_UP;
            }
            const enum lp_answer answer =
                lp_dual(lp, c, multipliers, max_pivots);
            if (answer != LP_OPTIMAL) {
                return answer;
            }
        }
        if (!lp_primal(lp, c, max_pivots)) {
            return LP_GAVE_UP;
        }
        if (!is_worn(lp) && is_accurate(lp)) {
            if (lp->n_pivots != n_before) {
                lp_pool_save(lp->pool, lp);
            }
            return LP_OPTIMAL;
        }
        if (!lp_vertex_refactor(lp)) {
            return LP_GAVE_UP;
        }
    }
    return LP_GAVE_UP;
}

/* c.x and, unless NULL, x and the rows' multipliers at the optimum. */
static void write_optimum(const struct lp *lp, const double *c, double *x,
                          double *multipliers, double *value)
{
    const size_t n = lp->n;
    if (x != NULL) {
        memcpy(x, lp->x, n * sizeof *x);
    }
    double sum = 0.0;
    for (size_t j = 0; j < n; ++j) {
        sum += c[j] * lp->x[j];
    }
    *value = sum;
    if (multipliers == NULL) {
        return;
    }
    memset(multipliers, 0, lp->m * sizeof *multipliers);
    for (size_t p = 0; p < n; ++p) {
        const size_t k = lp->active[p];
        if (k < n) {
            continue;
        }
        double d = 0.0;
        for (size_t j = 0; j < n; ++j) {
            d += c[j] * lp->edges[p * n + j];
        }
        if (d < 0.0) {
            multipliers[k - n] = -d * lp->scale[k - n];
        }
    }
}

/* True if some lower end is above its upper end. */
static bool box_is_empty(const struct lp *lp)
{
    bool is_empty = false;
    for (size_t j = 0; j < lp->n; ++j) {
        is_empty = is_empty || lp->lower[j] > lp->upper[j];
    }
    return is_empty;
}

/* True if all numbers are in the range the method can work with. */
static bool is_usable(const struct lp *lp, const double *c)
{
    bool is_good = lp->box_is_usable && lp->first_bad_row == SIZE_MAX;
    for (size_t j = 0; j < lp->n; ++j) {
        is_good = is_good && fabs(c[j]) < largest;
    }
    return is_good;
}

enum lp_answer lp_minimize(struct lp *lp, const double *c, double *x,
                           double *multipliers, double *value)
{
    *value = 0.0;
    if (!is_usable(lp, c)) {
        return LP_GAVE_UP;
    }
    if (box_is_empty(lp)) {
        if (multipliers != NULL) {
            memset(multipliers, 0, lp->m * sizeof *multipliers);
        }
        return LP_INFEASIBLE;
    }
    enum lp_answer answer = solve(lp, c, multipliers);
    if (answer == LP_GAVE_UP) {
        lp_vertex_corner(lp, c);
        answer = solve(lp, c, multipliers);
    }
    if (answer == LP_OPTIMAL) {
        write_optimum(lp, c, x, multipliers, value);
    }
    return answer;
}
