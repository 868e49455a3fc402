/* Dual simplex on a vertex: most violated constraint, shifted costs. */
#include "solver/lp_dual.h"

#include <assert.h>
#include <math.h>
#include <string.h>

/* A turn below this times the edge's length is no pivot. */
static const double small_turn = 1e-10;
/* Wrong reduced costs become this times the length of c. */
static const double shift = 1e-3;

/* True if constraint A_p has no room: it never leaves. */
static bool is_fixed(const struct lp *lp, size_t p)
{
    const size_t k = lp->active[p];
    return k < lp->n && !(lp->lower[k] < lp->upper[k]);
}

/* +1 where A_p may move up, -1 where it may move down. */
static double side(const struct lp *lp, size_t p)
{
    return lp->is_upper[p] ? -1.0 : 1.0;
}

/* d_p = c.edge_p, moved to the side where the vertex is optimal. */
static void price(struct lp *lp, const double *c)
{
    const size_t n = lp->n;
    double cc = 0.0;
    for (size_t j = 0; j < n; ++j) {
        cc += c[j] * c[j];
    }
    const double amount = cc > 0.0 ? shift * sqrt(cc) : 1.0;
    for (size_t p = 0; p < n; ++p) {
        const double *edge = lp->edges + p * n;
        double d = 0.0;
        for (size_t j = 0; j < n; ++j) {
            d += c[j] * edge[j];
        }
        const double grow = 1.0 + (double)p / (double)n;
        if (!(side(lp, p) * d > 0.0)) {
            d = side(lp, p) * amount * grow;
        }
        lp->reduced[p] = d;
    }
}

/*
 * The position leaving when constraint k moves in the direction of `sign`:
 * least ratio of |d_p| to |turn_p|, nearly equal ones broken by |turn_p|.
 * LP_NOWHERE if no edge moves k that way.
 */
static size_t choose_leaving(const struct lp *lp, double sign)
{
    double limit = HUGE_VAL;
    double slop = 0.0;
    for (size_t p = 0; p < lp->n; ++p) {
        slop = fmax(slop, fabs(lp->reduced[p]));
    }
    slop *= 1e-12;
    for (size_t p = 0; p < lp->n; ++p) {
        const double rate = sign * side(lp, p) * lp->turn[p];
        if (rate > small_turn && !is_fixed(lp, p)) {
            const double q = (fabs(lp->reduced[p]) + slop) / rate;
            limit = q < limit ? q : limit;
        }
    }
    size_t best = LP_NOWHERE;
    double best_rate = small_turn;
    for (size_t p = 0; p < lp->n; ++p) {
        const double rate = sign * side(lp, p) * lp->turn[p];
        if (rate > best_rate && fabs(lp->reduced[p]) <= limit * rate &&
            !is_fixed(lp, p)) {
            best_rate = rate;
            best = p;
        }
    }
    return best;
}

/* Multipliers of the active rows from which a violation of k follows. */
static void write_ray(const struct lp *lp, size_t k, double sign,
                      double *multipliers)
{
    const size_t n = lp->n;
    if (multipliers == NULL) {
        return;
    }
    memset(multipliers, 0, lp->m * sizeof *multipliers);
    if (k >= n) {
        multipliers[k - n] = lp->scale[k - n];
    }
    for (size_t p = 0; p < n; ++p) {
        const size_t row = lp->active[p];
        const double beta = sign * lp->turn[p];
        if (row >= n && beta > 0.0) {
            multipliers[row - n] = beta * lp->scale[row - n];
        }
    }
}

/* d after constraint k has replaced A_p. */
static void update_prices(struct lp *lp, size_t p)
{
    const double d = lp->reduced[p] / lp->turn[p];
    for (size_t q = 0; q < lp->n; ++q) {
        const double next = lp->reduced[q] - lp->turn[q] * d;
        lp->reduced[q] = side(lp, q) * next > 0.0 ? next : 0.0;
    }
    lp->reduced[p] = d;
}

enum lp_answer lp_dual(struct lp *lp, const double *c, double *multipliers,
                       size_t max_pivots)
{
    const size_t n = lp->n;
    price(lp, c);
    for (size_t i = 0; i < max_pivots; ++i) {
        size_t k = LP_NOWHERE;
        const double worst = lp_vertex_worst(lp, &k);
        if (!(worst > 0.0)) {
            lp->is_feasible = true;
            return LP_OPTIMAL;
        }
        const bool is_upper = k >= n || lp->x[k] > lp->upper[k];
        const double sign = is_upper ? -1.0 : 1.0;
        lp_vertex_turn(lp, k);
        const size_t p = choose_leaving(lp, sign);
        if (p == LP_NOWHERE) {
            write_ray(lp, k, sign, multipliers);
            return LP_INFEASIBLE;
        }
        memcpy(lp->direction, lp->edges + p * n, n * sizeof *lp->direction);
        lp_vertex_rates(lp, p);
        lp_vertex_move(lp, sign * worst / lp->turn[p]);
        update_prices(lp, p);
        lp_vertex_pivot(lp, p, k, is_upper);
    }
    return LP_GAVE_UP;
}
