/* Small linear programs over a box, warm-started: our own simplex. */
#ifndef ASTROLABE_SOLVER_LP_H
#define ASTROLABE_SOLVER_LP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 *   minimise c.x  subject to  G x <= h,  lower <= x <= upper             (1)
 *
 * n variables (a handful: 1 to 64), m rows (up to some hundreds), all box
 * ends finite. Everything here is floating point and only a hint: lp_safe
 * turns multipliers into a rigorous bound.
 */
struct lp;

struct lp *lp_create(size_t n);
void lp_destroy(struct lp *lp);

/* Starts anew: box [n], no rows, cold basis. */
void lp_reset(struct lp *lp, const double *lower, const double *upper);

/* Appends the row g.x <= h (g copied, [n]); keeps the basis. */
void lp_add_row(struct lp *lp, const double *g, double h);

/* Drops all rows from number n_rows on; keeps what it can of the basis. */
void lp_truncate(struct lp *lp, size_t n_rows);

/* Replaces the box; keeps the basis. */
void lp_set_box(struct lp *lp, const double *lower, const double *upper);

/* The current data (row-major [n_rows x n]), for lp_safe. */
size_t lp_n_rows(const struct lp *lp);
const double *lp_rows(const struct lp *lp);
const double *lp_rhs(const struct lp *lp);
const double *lp_lower(const struct lp *lp);
const double *lp_upper(const struct lp *lp);

enum lp_answer {
    LP_OPTIMAL,    /* x and multipliers of an optimum */
    LP_INFEASIBLE, /* multipliers: a Farkas ray (c counts as 0); all 0 if
                      a lower end is above its upper end */
    LP_GAVE_UP     /* pivot limit or numerical trouble: nothing usable */
};

/*
 * Minimises c.x over (1) from the last basis or a better one kept from an
 * earlier call (primal simplex from a feasible vertex; dual simplex if rows
 * or a new box cut all known ones off). What is returned among equal optima
 * depends on the calls since lp_reset, and on nothing before it. Numbers
 * beyond 1e100 and rows or boxes that are not finite are given up; h may be
 * +infinity.
 *   x            [n] out, the optimal vertex (may be NULL)
 *   multipliers  [m] out, >= 0: at an optimum
 *                c.x >= c.x* for all feasible x follows from
 *                c + G^T multipliers and the box; for LP_INFEASIBLE
 *                G^T multipliers and the box contradict h (may be NULL)
 *   value        out, c.x* (LP_OPTIMAL)
 */
enum lp_answer lp_minimize(struct lp *lp, const double *c, double *x,
                           double *multipliers, double *value);

/* Pivots of all calls since lp_create. */
uint64_t lp_pivots(const struct lp *lp);

#endif
