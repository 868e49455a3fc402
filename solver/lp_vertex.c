/* A vertex of a small linear program: edges, steps and pivots. */
#include "solver/lp_vertex.h"

#include "src/base/require.h"

#include <assert.h>
#include <float.h>
#include <math.h>
#include <string.h>

/* A pivot below this, relative to its column, counts as dependent. */
static const double singular = 1e-11;

/* Number of rows rounded up to whole blocks. */
static size_t padded(const struct lp *lp)
{
    return (lp->m + LP_BLOCK - 1) / LP_BLOCK * LP_BLOCK;
}

/* out_i = sum_j columns[j][i] * v_j, block by block in registers. */
static void rows_times(const struct lp *lp, const double *restrict v,
                       double *restrict out)
{
    const size_t n = lp->n;
    const size_t stride = lp->capacity;
    const size_t end = padded(lp);
    for (size_t i = 0; i < end; i += LP_BLOCK) {
        double s0 = 0.0, s1 = 0.0, s2 = 0.0, s3 = 0.0;
        double s4 = 0.0, s5 = 0.0, s6 = 0.0, s7 = 0.0;
        const double *restrict g = lp->columns + i;
        for (size_t j = 0; j < n; ++j, g += stride) {
            const double f = v[j];
            s0 += g[0] * f;
            s1 += g[1] * f;
            s2 += g[2] * f;
            s3 += g[3] * f;
            s4 += g[4] * f;
            s5 += g[5] * f;
            s6 += g[6] * f;
            s7 += g[7] * f;
        }
        out[i] = s0;
        out[i + 1] = s1;
        out[i + 2] = s2;
        out[i + 3] = s3;
        out[i + 4] = s4;
        out[i + 5] = s5;
        out[i + 6] = s6;
        out[i + 7] = s7;
    }
}

/* y_i -= f * v_i over whole blocks. */
static void subtract(double *restrict y, const double *restrict v, double f,
                     size_t end)
{
    for (size_t i = 0; i < end; i += 4) {
        y[i] -= f * v[i];
        y[i + 1] -= f * v[i + 1];
        y[i + 2] -= f * v[i + 2];
        y[i + 3] -= f * v[i + 3];
    }
}

void lp_vertex_corner(struct lp *lp, const double *c)
{
    const size_t n = lp->n;
    memset(lp->edges, 0, n * n * sizeof *lp->edges);
    for (size_t k = 0; k < n + lp->m; ++k) {
        lp->place[k] = LP_NOWHERE;
    }
    for (size_t j = 0; j < n; ++j) {
        lp->edges[j * n + j] = 1.0;
        lp->lengths[j] = 1.0;
        lp->active[j] = j;
        lp->place[j] = j;
        lp->is_upper[j] = c[j] < 0.0;
        lp->level[j] = lp->is_upper[j] ? lp->upper[j] : lp->lower[j];
    }
    lp->n_updates = 0;
    lp_vertex_refresh(lp);
}

void lp_vertex_refresh(struct lp *lp)
{
    const size_t n = lp->n;
    for (size_t p = 0; p < n; ++p) {
        const size_t k = lp->active[p];
        if (k == LP_GHOST) {
            continue;
        }
        if (k >= n) {
            lp->level[p] = lp->level_row[k - n];
        } else {
            lp->level[p] = lp->is_upper[p] ? lp->upper[k] : lp->lower[k];
        }
    }
    memset(lp->x, 0, n * sizeof *lp->x);
    for (size_t p = 0; p < n; ++p) {
        const double *edge = lp->edges + p * n;
        for (size_t j = 0; j < n; ++j) {
            lp->x[j] += lp->level[p] * edge[j];
        }
    }
    for (size_t p = 0; p < n; ++p) {
        if (lp->active[p] < n) {
            lp->x[lp->active[p]] = lp->level[p];
        }
    }
    rows_times(lp, lp->x, lp->change);
    for (size_t i = 0; i < padded(lp); ++i) {
        lp->slack[i] = lp->level_row[i] - lp->change[i];
    }
    lp->is_stale = false;
    lp->is_feasible = false;
}

/* Row p of the 2n-wide tableau (normals transposed | identity) gets its
 * pivot in column p, and the column is cleared elsewhere. */
static bool eliminate(double *t, size_t n, size_t p)
{
    const size_t width = 2 * n;
    size_t best = p;
    for (size_t i = p + 1; i < n; ++i) {
        if (fabs(t[i * width + p]) > fabs(t[best * width + p])) {
            best = i;
        }
    }
    const double pivot = t[best * width + p];
    if (!(fabs(pivot) > singular)) {
        return false;
    }
    for (size_t j = 0; j < width; ++j) {
        const double hold = t[best * width + j];
        t[best * width + j] = t[p * width + j];
        t[p * width + j] = hold / pivot;
    }
    for (size_t i = 0; i < n; ++i) {
        const double f = t[i * width + p];
        if (i == p || !(fabs(f) > 0.0)) {
            continue;
        }
        for (size_t j = 0; j < width; ++j) {
            t[i * width + j] -= f * t[p * width + j];
        }
    }
    return true;
}

bool lp_vertex_refactor(struct lp *lp)
{
    const size_t n = lp->n;
    double *t = lp->scratch;
    memset(t, 0, 2 * n * n * sizeof *t);
    for (size_t p = 0; p < n; ++p) {
        const size_t k = lp->active[p];
        if (k == LP_GHOST) {
            return false;
        }
        t[p * 2 * n + n + p] = 1.0;
        if (k < n) {
            t[k * 2 * n + p] = 1.0;
            continue;
        }
        for (size_t j = 0; j < n; ++j) {
            t[j * 2 * n + p] = lp->columns[j * lp->capacity + (k - n)];
        }
    }
    for (size_t p = 0; p < n; ++p) {
        if (!eliminate(t, n, p)) {
            return false;
        }
    }
    for (size_t p = 0; p < n; ++p) {
        double *edge = lp->edges + p * n;
        memcpy(edge, t + p * 2 * n + n, n * sizeof *t);
        lp->lengths[p] = lp_dot(edge, edge, n);
    }
    lp->n_updates = 0;
    lp_vertex_refresh(lp);
    return true;
}

void lp_vertex_rates(struct lp *lp, size_t keep)
{
    rows_times(lp, lp->direction, lp->change);
    for (size_t p = 0; p < lp->n; ++p) {
        const size_t k = lp->active[p];
        if (k != LP_GHOST && k >= lp->n && p != keep) {
            lp->change[k - lp->n] = 0.0;
        }
    }
}

void lp_vertex_turn(struct lp *lp, size_t k)
{
    const size_t n = lp->n;
    if (k < n) {
        for (size_t p = 0; p < n; ++p) {
            lp->turn[p] = lp->edges[p * n + k];
        }
        return;
    }
    double *restrict a = lp->scratch;
    const double *g = lp->columns + (k - n);
    for (size_t j = 0; j < n; ++j) {
        a[j] = g[j * lp->capacity];
    }
    for (size_t p = 0; p < n; ++p) {
        lp->turn[p] = lp_dot(a, lp->edges + p * n, n);
    }
}

void lp_vertex_move(struct lp *lp, double step)
{
    for (size_t j = 0; j < lp->n; ++j) {
        lp->x[j] += step * lp->direction[j];
    }
    subtract(lp->slack, lp->change, step, padded(lp));
}

/* y -= f*v over n entries; returns y.y. */
static double subtract_edge(double *restrict y, const double *restrict v,
                            double f, size_t n)
{
    double s0 = 0.0;
    double s1 = 0.0;
    for (size_t j = 1; j < n; j += 2) {
        const double y0 = y[j - 1] - f * v[j - 1];
        const double y1 = y[j] - f * v[j];
        y[j - 1] = y0;
        y[j] = y1;
        s0 += y0 * y0;
        s1 += y1 * y1;
    }
    if (n % 2 != 0) {
        y[n - 1] -= f * v[n - 1];
        s0 += y[n - 1] * y[n - 1];
    }
    return s0 + s1;
}

void lp_vertex_pivot(struct lp *lp, size_t p, size_t k, bool is_upper)
{
    const size_t n = lp->n;
    REQUIRE(fabs(lp->turn[p]) > 0.0);
    assert(lp->place[k] == LP_NOWHERE);
    double *pivot = lp->edges + p * n;
    const double inverse = 1.0 / lp->turn[p];
    for (size_t j = 0; j < n; ++j) {
        pivot[j] *= inverse;
    }
    lp->lengths[p] *= inverse * inverse;
    for (size_t q = 0; q < n; ++q) {
        if (q != p && fabs(lp->turn[q]) > 0.0) {
            lp->lengths[q] =
                subtract_edge(lp->edges + q * n, pivot, lp->turn[q], n);
        }
    }
    if (lp->active[p] != LP_GHOST) {
        lp->place[lp->active[p]] = LP_NOWHERE;
    }
    lp->active[p] = k;
    lp->place[k] = p;
    lp->is_upper[p] = is_upper;
    if (k < n) {
        lp->level[p] = is_upper ? lp->upper[k] : lp->lower[k];
        lp->x[k] = lp->level[p];
    } else {
        lp->level[p] = lp->level_row[k - n];
        lp->slack[k - n] = 0.0;
    }
    ++lp->n_updates;
    ++lp->n_pivots;
}

void lp_vertex_flip(struct lp *lp, size_t p)
{
    const size_t k = lp->active[p];
    assert(k < lp->n);
    lp->is_upper[p] = !lp->is_upper[p];
    lp->level[p] = lp->is_upper[p] ? lp->upper[k] : lp->lower[k];
    lp->x[k] = lp->level[p];
    ++lp->n_pivots;
}

/* The box face outside the active set that edge p meets most squarely. */
static size_t face_for_ghost(const struct lp *lp, size_t p)
{
    const double *edge = lp->edges + p * lp->n;
    size_t best = LP_NOWHERE;
    double size = 0.0;
    for (size_t j = 0; j < lp->n; ++j) {
        if (lp->place[j] == LP_NOWHERE && fabs(edge[j]) > size) {
            size = fabs(edge[j]);
            best = j;
        }
    }
    return best;
}

bool lp_vertex_expel_ghosts(struct lp *lp)
{
    for (size_t p = 0; p < lp->n; ++p) {
        if (lp->active[p] != LP_GHOST) {
            continue;
        }
        const size_t j = face_for_ghost(lp, p);
        if (j == LP_NOWHERE) {
            return false;
        }
        const bool is_upper = lp->upper[j] - lp->x[j] < lp->x[j] - lp->lower[j];
        const double target = is_upper ? lp->upper[j] : lp->lower[j];
        memcpy(lp->direction, lp->edges + p * lp->n,
               lp->n * sizeof *lp->direction);
        lp_vertex_rates(lp, p);
        lp_vertex_move(lp, (target - lp->x[j]) / lp->direction[j]);
        lp_vertex_turn(lp, j);
        lp_vertex_pivot(lp, p, j, is_upper);
        lp->is_feasible = false;
    }
    return true;
}

/* The least slack over whole blocks; four chains hide the latency. */
static double least_slack(const double *s, size_t end)
{
    double s0 = HUGE_VAL, s1 = HUGE_VAL, s2 = HUGE_VAL, s3 = HUGE_VAL;
    for (size_t i = 0; i < end; i += 4) {
        s0 = s[i] < s0 ? s[i] : s0;
        s1 = s[i + 1] < s1 ? s[i + 1] : s1;
        s2 = s[i + 2] < s2 ? s[i + 2] : s2;
        s3 = s[i + 3] < s3 ? s[i + 3] : s3;
    }
    s0 = s1 < s0 ? s1 : s0;
    s2 = s3 < s2 ? s3 : s2;
    return s2 < s0 ? s2 : s0;
}

double lp_vertex_worst(const struct lp *lp, size_t *k)
{
    double worst = lp->tolerance;
    *k = LP_NOWHERE;
    const double least = least_slack(lp->slack, padded(lp));
    if (least < -worst) {
        worst = -least;
        size_t i = 0;
        while (i + 1 < lp->m && lp->slack[i] > least) {
            ++i;
        }
        *k = lp->n + i;
    }
    for (size_t j = 0; j < lp->n; ++j) {
        const double below = lp->lower[j] - lp->x[j];
        const double above = lp->x[j] - lp->upper[j];
        const double out = below > above ? below : above;
        if (out > worst) {
            worst = out;
            *k = j;
        }
    }
    return *k == LP_NOWHERE ? 0.0 : worst;
}
