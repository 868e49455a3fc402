/* Larger linear programs over a box: GLPK's simplex behind our data. */
#ifndef ASTROLABE_SOLVER_LP_GLPK_H
#define ASTROLABE_SOLVER_LP_GLPK_H

#include "solver/lp.h"
#include "solver/lp_safe.h"

/*
 * The same problem, answers and meaning of x, multipliers and value as
 * lp_minimize; floating point, and only a hint. GLPK keeps its state per
 * thread, so an object stays in the thread that made it.
 */
struct lp_glpk;

/* Copies the problem. Data out of range (not finite, beyond 1e100) are kept
 * from GLPK, and every answer is then LP_GAVE_UP. */
struct lp_glpk *lp_glpk_create(const struct lp_problem *problem);
void lp_glpk_destroy(struct lp_glpk *lp);

/* Appends the row g.x <= h (g copied, [n]); keeps the basis. */
void lp_glpk_add_row(struct lp_glpk *lp, const double *g, double h);

/*
 * Minimises c.x from the last basis.
 *   c            [n]
 *   x            [n] out, may be NULL
 *   multipliers  [m] out, may be NULL; >= 0
 *   value        out, c.x (LP_OPTIMAL)
 */
enum lp_answer lp_glpk_resume(struct lp_glpk *lp, const double *c, double *x,
                              double *multipliers, double *value);

/* Create, minimise, destroy. */
enum lp_answer lp_glpk_minimize(const struct lp_problem *problem,
                                const double *c, double *x, double *multipliers,
                                double *value);

/* Frees what GLPK keeps for this thread; no object of it may be alive. */
void lp_glpk_release_thread(void);

#endif
