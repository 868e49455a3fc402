/* A vertex of a small linear program: n active constraints, their inverse. */
#ifndef ASTROLABE_SOLVER_LP_VERTEX_H
#define ASTROLABE_SOLVER_LP_VERTEX_H

#include "solver/lp.h"

/* Vector loops run over rows in blocks of this many; see lp.slack. */
enum { LP_BLOCK = 8 };

/* In lp.place: not active. In lp.active: the constraint was dropped, its
 * edge is free in both directions until the next pivot removes it. */
#define LP_NOWHERE SIZE_MAX
#define LP_GHOST   SIZE_MAX

struct lp_pool;

/*
 * Constraints are numbered: k < n is lower[k] <= x[k] <= upper[k], normal
 * e_k; k = n + i is row i scaled to unit length, g_i.x <= h_i.
 *
 * A vertex holds n constraints A with independent normals a_p at levels b_p:
 *
 *   a_p.x = b_p  for p = 0 .. n-1                                        (1)
 *   x = sum_p b_p edge_p,   a_p.edge_q = (p == q)                        (2)
 *
 * so edge_p is the direction in which constraint p moves by +1 while the
 * others stay. With d_p = c.edge_p the objective is c = sum_p d_p a_p; the
 * vertex is optimal if it is feasible, d_p >= 0 where A_p is at its lower
 * end and d_p <= 0 where it is at its upper end (rows are always there).
 *
 * n, m, capacity  variables, rows, rows there is space for
 * lower, upper    [n]
 * rows, rhs       [m x n] row-major, [m]: as given
 * scale           [m] g_i = scale_i * rows_i
 * columns         [n x capacity] g by columns; zero beyond row m
 * level_row       [capacity] h; 1 beyond row m
 * x               [n] the vertex
 * slack           [capacity] h_i - g_i.x; 1 beyond row m
 * change          [capacity] g_i.direction of the last lp_vertex_rates
 * edges           [n x n] edge_p contiguous
 * lengths         [n] edge_p.edge_p
 * active, is_upper, level   [n] A_p, its end, b_p
 * place           [n + capacity] inverse of active, or LP_NOWHERE
 * reduced         [n] d_p, kept by the dual simplex only
 * turn            [n] a_k.edge_p of the constraint k about to enter
 * direction       [n] the current step
 * room            [n] distance of x[j] to the face ahead, HUGE_VAL if x[j]
 *                 is active itself
 * near            [capacity] rows that may end the current step
 * scratch         [2 n n] for the refactorisation
 * tolerance       distance by which a constraint may be violated
 * first_bad_row   first row that cannot be used, or SIZE_MAX
 * n_updates       pivots since the edges were computed from the data
 * pool            optimal vertices of earlier calls (lp_pool.h), owned
 * is_cold         the next call starts from a corner of the box
 * is_stale        the box moved: x and the slacks must be recomputed
 * is_feasible     x is known to violate nothing by more than the tolerance
 * box_is_usable   all box ends are in range
 */
struct lp {
    size_t n;
    size_t m;
    size_t capacity;
    double *lower;
    double *upper;
    double *rows;
    double *rhs;
    double *scale;
    double *columns;
    double *level_row;
    double *x;
    double *slack;
    double *change;
    double *edges;
    double *lengths;
    size_t *active;
    bool *is_upper;
    double *level;
    size_t *place;
    double *reduced;
    double *turn;
    double *direction;
    double *room;
    size_t *near;
    double *scratch;
    double tolerance;
    size_t first_bad_row;
    size_t n_updates;
    uint64_t n_pivots;
    struct lp_pool *pool;
    bool is_cold;
    bool is_stale;
    bool is_feasible;
    bool box_is_usable;
};

/* a.b over n entries; two chains hide the latency. */
static inline double lp_dot(const double *a, const double *b, size_t n)
{
    double s0 = 0.0;
    double s1 = 0.0;
    for (size_t j = 1; j < n; j += 2) {
        s0 += a[j - 1] * b[j - 1];
        s1 += a[j] * b[j];
    }
    return n % 2 == 0 ? s0 + s1 : s0 + s1 + a[n - 1] * b[n - 1];
}

/* The corner of the box that minimises c.x, all n faces active. */
void lp_vertex_corner(struct lp *lp, const double *c);

/* Recomputes x by (2) and the slacks. */
void lp_vertex_refresh(struct lp *lp);

/* Recomputes the edges from the normals, then x and the slacks. False if
 * the normals look dependent (the vertex is then useless: take a corner)
 * or a constraint is a ghost. */
bool lp_vertex_refactor(struct lp *lp);

/* change_i = g_i.direction for all rows; 0 for active ones except keep. */
void lp_vertex_rates(struct lp *lp, size_t keep);

/* turn_p = a_k.edge_p for all p. */
void lp_vertex_turn(struct lp *lp, size_t k);

/* x += step*direction, slack -= step*change. */
void lp_vertex_move(struct lp *lp, double step);

/* Constraint k takes position p, with turn from lp_vertex_turn; x must
 * already be there. REQUIREs turn[p] not zero. */
void lp_vertex_pivot(struct lp *lp, size_t p, size_t k, bool is_upper);

/* The other end of the box face at position p; x is not moved. */
void lp_vertex_flip(struct lp *lp, size_t p);

/* Replaces ghosts by box faces, feasible or not. */
bool lp_vertex_expel_ghosts(struct lp *lp);

/* Most violated constraint (k, amount over the tolerance > 0), or 0 and
 * *k = LP_NOWHERE if x is feasible. */
double lp_vertex_worst(const struct lp *lp, size_t *k);

#endif
