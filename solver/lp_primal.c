/* Primal simplex on a vertex: exact steepest edges, two-pass ratio test. */
#include "solver/lp_primal.h"

#include <math.h>
#include <string.h>

/* Cosine between the objective and an edge below which it is level. */
static const double level_cosine = 1e-12;
/* Change of a unit constraint along a unit edge too small for a pivot. */
static const double small_rate = 1e-9;
/* Relative disagreement between two computations of one pivot. */
static const double drift = 1e-7;

/* The edge to follow: its position, +1 or -1, its length. */
struct edge {
    size_t p;
    double sign;
    double length;
};

/* The end of a step: constraint, end, step length. */
struct stop {
    size_t k;
    bool is_upper;
    double step;
};

/* True if the active box face at p has an opposite face elsewhere. */
static bool can_leave(const struct lp *lp, size_t p)
{
    const size_t k = lp->active[p];
    return k >= lp->n || lp->lower[k] < lp->upper[k];
}

/* reduced_p = c.edge_p for all p. */
static void price(struct lp *lp, const double *c)
{
    for (size_t p = 0; p < lp->n; ++p) {
        lp->reduced[p] = lp_dot(c, lp->edges + p * lp->n, lp->n);
    }
}

/*
 * The edge with the steepest descent (by_index: the one whose constraint
 * has the least number); false if none descends. Ghosts come first.
 *   cc   c.c
 */
static bool choose_edge(const struct lp *lp, double cc, bool by_index,
                        struct edge *chosen)
{
    double best = level_cosine * level_cosine * cc;
    size_t best_k = LP_NOWHERE;
    chosen->p = LP_NOWHERE;
    for (size_t p = 0; p < lp->n; ++p) {
        const size_t k = lp->active[p];
        const double d = lp->reduced[p];
        const double ee = lp->lengths[p];
        if (k == LP_GHOST) {
            *chosen = (struct edge){p, d > 0.0 ? -1.0 : 1.0, sqrt(ee)};
            return true;
        }
        const double sign = lp->is_upper[p] ? -1.0 : 1.0;
        const double steep = sign * d < 0.0 ? d * d : 0.0;
        if (steep > best * ee && can_leave(lp, p) &&
            !(by_index && k > best_k)) {
            best_k = k;
            best = by_index ? best : steep / ee;
            *chosen = (struct edge){p, sign, sqrt(ee)};
        }
    }
    return chosen->p != LP_NOWHERE;
}

/* direction, and the room of each x[j] along it. */
static void set_direction(struct lp *lp, const struct edge *edge)
{
    const double *column = lp->edges + edge->p * lp->n;
    for (size_t j = 0; j < lp->n; ++j) {
        const double d = edge->sign * column[j];
        const double above = lp->upper[j] - lp->x[j];
        const double below = lp->x[j] - lp->lower[j];
        const double room = d > 0.0 ? above : below;
        lp->direction[j] = d;
        lp->room[j] = lp->place[j] == LP_NOWHERE ? room : HUGE_VAL;
    }
}

/*
 * The longest step that violates nothing by more than the tolerance, and a
 * list of the rows that may end it: all that can be reached within it. The
 * test is a product, so that the loop over the rows seldom divides.
 */
static double longest_step(struct lp *lp, size_t *n_near)
{
    const double slop = 2.0 * lp->tolerance;
    double limit = HUGE_VAL;
    for (size_t j = 0; j < lp->n; ++j) {
        const double rate = fabs(lp->direction[j]);
        const double room = lp->room[j] + slop;
        if (room < limit * rate) {
            limit = room / rate;
        }
    }
    const double *rate = lp->change;
    const double *slack = lp->slack;
    size_t *near = lp->near;
    const size_t m = lp->m;
    size_t n = 0;
    for (size_t i = 0; i < m; ++i) {
        if (slack[i] < limit * rate[i]) {
            near[n] = i;
            ++n;
            if (slack[i] + slop < limit * rate[i]) {
                limit = (slack[i] + slop) / rate[i];
            }
        }
    }
    *n_near = n;
    return limit > 0.0 ? limit : 0.0;
}

/* Among the constraints reached within `limit`, the one met most
 * squarely; false if none is met squarely enough. */
static bool choose_stop(const struct lp *lp, double limit, size_t n_near,
                        double least_rate, struct stop *stop)
{
    double best = least_rate;
    stop->k = LP_NOWHERE;
    for (size_t j = 0; j < lp->n; ++j) {
        const double rate = fabs(lp->direction[j]);
        if (rate > best && lp->room[j] <= limit * rate) {
            best = rate;
            stop->k = j;
            stop->is_upper = lp->direction[j] > 0.0;
            stop->step = lp->room[j] > 0.0 ? lp->room[j] / rate : 0.0;
        }
    }
    for (size_t near = 0; near < n_near; ++near) {
        const size_t i = lp->near[near];
        const double rate = lp->change[i];
        if (rate > best && lp->slack[i] <= limit * rate) {
            best = rate;
            stop->k = lp->n + i;
            stop->is_upper = true;
            stop->step = lp->slack[i] > 0.0 ? lp->slack[i] / rate : 0.0;
        }
    }
    return stop->k != LP_NOWHERE;
}

/* The first stop among the constraints met squarely enough; ties
 * go to the least number. */
static bool choose_nearest(const struct lp *lp, double least_rate,
                           struct stop *stop)
{
    stop->k = LP_NOWHERE;
    stop->step = HUGE_VAL;
    for (size_t j = 0; j < lp->n; ++j) {
        const double rate = fabs(lp->direction[j]);
        const double room = lp->room[j] > 0.0 ? lp->room[j] : 0.0;
        if (rate > least_rate && room < stop->step * rate) {
            *stop = (struct stop){j, lp->direction[j] > 0.0, room / rate};
        }
    }
    for (size_t i = 0; i < lp->m; ++i) {
        const double rate = lp->change[i];
        const double room = lp->slack[i] > 0.0 ? lp->slack[i] : 0.0;
        if (rate > least_rate && room < stop->step * rate) {
            *stop = (struct stop){lp->n + i, true, room / rate};
        }
    }
    return stop->k != LP_NOWHERE;
}

enum outcome { MOVED, STALLED, FAILED };

/* reduced after the constraint at p was replaced, with turn of the pivot. */
static void update_prices(struct lp *lp, size_t p)
{
    const double d = lp->reduced[p] / lp->turn[p];
    for (size_t q = 0; q < lp->n; ++q) {
        lp->reduced[q] -= lp->turn[q] * d;
    }
    lp->reduced[p] = d;
}

/* Follows one edge to the next vertex. */
static enum outcome follow(struct lp *lp, const struct edge *edge,
                           bool by_index)
{
    const size_t p = edge->p;
    set_direction(lp, edge);
    lp_vertex_rates(lp, p);
    size_t n_near = 0;
    const double limit = longest_step(lp, &n_near);
    const size_t k = lp->active[p];
    if (k < lp->n && lp->upper[k] - lp->lower[k] <= limit) {
        lp_vertex_move(lp, lp->upper[k] - lp->lower[k]);
        lp_vertex_flip(lp, p);
        return MOVED;
    }
    struct stop stop;
    const double least_rate = small_rate * edge->length;
    if ((by_index || !choose_stop(lp, limit, n_near, least_rate, &stop)) &&
        !choose_nearest(lp, least_rate, &stop)) {
        return FAILED;
    }
    lp_vertex_turn(lp, stop.k);
    const double rate =
        stop.k < lp->n ? lp->direction[stop.k] : lp->change[stop.k - lp->n];
    if (fabs(edge->sign * lp->turn[p] - rate) > drift * fabs(rate)) {
        return FAILED;
    }
    lp_vertex_move(lp, stop.step);
    update_prices(lp, p);
    lp_vertex_pivot(lp, p, stop.k, stop.is_upper);
    return stop.step * edge->length > lp->tolerance ? MOVED : STALLED;
}

bool lp_primal(struct lp *lp, const double *c, size_t max_pivots)
{
    const double cc = lp_dot(c, c, lp->n);
    struct edge edge = {0};
    size_t n_stalled = 0;
    bool is_fresh = true;
    price(lp, c);
    for (size_t i = 0; i < max_pivots; ++i) {
        const bool by_index = n_stalled > 2 * lp->n + 8;
        if (!choose_edge(lp, cc, by_index, &edge)) {
            if (is_fresh) {
                return true;
            }
            price(lp, c);
            is_fresh = true;
            continue;
        }
        is_fresh = false;
        switch (follow(lp, &edge, by_index)) {
        case MOVED:
            n_stalled = 0;
            break;
        case STALLED:
            ++n_stalled;
            break;
        case FAILED:
            return false;
        }
    }
    return false;
}
