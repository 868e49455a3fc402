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

/* The edge with the steepest descent (by_index: the first descending one);
 * false if there is none. */
static bool choose_edge(const struct lp *lp, const double *c, bool by_index,
                        struct edge *chosen)
{
    const size_t n = lp->n;
    double cc = 0.0;
    for (size_t j = 0; j < n; ++j) {
        cc += c[j] * c[j];
    }
    double best = level_cosine * level_cosine * cc;
    size_t best_k = LP_NOWHERE;
    bool found = false;
    for (size_t p = 0; p < n; ++p) {
        const double *edge = lp->edges + p * n;
        double d = 0.0;
        double ee = 0.0;
        for (size_t j = 0; j < n; ++j) {
            d += c[j] * edge[j];
            ee += edge[j] * edge[j];
        }
        const size_t k = lp->active[p];
        const double sign = k == LP_GHOST ? (d > 0.0 ? -1.0 : 1.0)
                                          : (lp->is_upper[p] ? -1.0 : 1.0);
        if (k == LP_GHOST) {
            *chosen = (struct edge){p, sign, sqrt(ee)};
            return true;
        }
        const double steep = -sign * d;
        if (steep > 0.0 && steep * steep > best * ee && can_leave(lp, p)) {
            if (by_index && k > best_k) {
                continue;
            }
            best_k = k;
            best = by_index ? best : steep * steep / ee;
            *chosen = (struct edge){p, sign, sqrt(ee)};
            found = true;
        }
    }
    return found;
}

/* Distance of x[j] to the face ahead. */
static double room_ahead(const struct lp *lp, size_t j)
{
    const double room = lp->direction[j] > 0.0 ? lp->upper[j] - lp->x[j]
                                               : lp->x[j] - lp->lower[j];
    return room > 0.0 ? room : 0.0;
}

/* The largest of rate / (room + tolerance): 1 over the longest step that
 * violates nothing by more than the tolerance. */
static double fastest(const struct lp *lp)
{
    const double slop = lp->tolerance;
    const double *rate = lp->change;
    const double *slack = lp->slack;
    double f0 = 0.0, f1 = 0.0;
    for (size_t i = 0; i < lp_padded(lp); i += 2) {
        const double r0 = slack[i] > 0.0 ? slack[i] : 0.0;
        const double r1 = slack[i + 1] > 0.0 ? slack[i + 1] : 0.0;
        const double q0 = rate[i] / (r0 + slop);
        const double q1 = rate[i + 1] / (r1 + slop);
        f0 = q0 > f0 ? q0 : f0;
        f1 = q1 > f1 ? q1 : f1;
    }
    f0 = f1 > f0 ? f1 : f0;
    for (size_t j = 0; j < lp->n; ++j) {
        const double q = fabs(lp->direction[j]) / (room_ahead(lp, j) + slop);
        if (lp->place[j] == LP_NOWHERE && q > f0) {
            f0 = q;
        }
    }
    return f0;
}

/* Among the constraints reached within `limit`, the one met most squarely
 * (by_index: the first); false if none is met squarely enough. */
static bool choose_stop(const struct lp *lp, double limit, double least_rate,
                        bool by_index, struct stop *stop)
{
    double best = least_rate;
    stop->k = LP_NOWHERE;
    for (size_t j = 0; j < lp->n; ++j) {
        const double rate = fabs(lp->direction[j]);
        if (lp->place[j] == LP_NOWHERE && rate > best &&
            room_ahead(lp, j) <= limit * rate) {
            best = by_index ? HUGE_VAL : rate;
            stop->k = j;
            stop->is_upper = lp->direction[j] > 0.0;
            stop->step = room_ahead(lp, j) / rate;
        }
    }
    for (size_t i = 0; i < lp->m; ++i) {
        const double rate = lp->change[i];
        if (lp->slack[i] <= limit * rate && rate > best) {
            best = by_index ? HUGE_VAL : rate;
            stop->k = lp->n + i;
            stop->is_upper = true;
            stop->step = lp->slack[i] > 0.0 ? lp->slack[i] / rate : 0.0;
        }
    }
    return stop->k != LP_NOWHERE;
}

/* The first stop among the constraints met squarely enough. */
static bool choose_nearest(const struct lp *lp, double least_rate,
                           struct stop *stop)
{
    double nearest = HUGE_VAL;
    for (size_t j = 0; j < lp->n; ++j) {
        const double rate = fabs(lp->direction[j]);
        if (lp->place[j] == LP_NOWHERE && rate > least_rate) {
            nearest = fmin(nearest, room_ahead(lp, j) / rate);
        }
    }
    for (size_t i = 0; i < lp->m; ++i) {
        if (lp->change[i] > least_rate) {
            nearest = fmin(nearest, fmax(lp->slack[i], 0.0) / lp->change[i]);
        }
    }
    return choose_stop(lp, nearest * (1.0 + 1e-12) + lp->tolerance, least_rate,
                       false, stop);
}

enum outcome { MOVED, STALLED, FAILED };

/* Follows one edge to the next vertex. */
static enum outcome follow(struct lp *lp, const struct edge *edge,
                           bool by_index)
{
    const size_t p = edge->p;
    const double *column = lp->edges + p * lp->n;
    for (size_t j = 0; j < lp->n; ++j) {
        lp->direction[j] = edge->sign * column[j];
    }
    lp_vertex_rates(lp, p);
    const double fast = fastest(lp);
    const double limit = fast > 0.0 ? 1.0 / fast : HUGE_VAL;
    const size_t k = lp->active[p];
    if (k < lp->n && lp->upper[k] - lp->lower[k] <= limit) {
        lp_vertex_move(lp, lp->upper[k] - lp->lower[k]);
        lp_vertex_flip(lp, p);
        return MOVED;
    }
    struct stop stop;
    const double least_rate = small_rate * edge->length;
    if (!choose_stop(lp, limit, least_rate, by_index, &stop) &&
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
    lp_vertex_pivot(lp, p, stop.k, stop.is_upper);
    return stop.step * edge->length > lp->tolerance ? MOVED : STALLED;
}

bool lp_primal(struct lp *lp, const double *c, size_t max_pivots)
{
    struct edge edge = {0};
    size_t n_stalled = 0;
    for (size_t i = 0; i < max_pivots; ++i) {
        const bool by_index = n_stalled > 2 * lp->n + 8;
        if (!choose_edge(lp, c, by_index, &edge)) {
            return true;
        }
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
