/* From floating-point multipliers to a bound that holds in real arithmetic. */
#ifndef ASTROLABE_SOLVER_LP_SAFE_H
#define ASTROLABE_SOLVER_LP_SAFE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * A number not above  min { c.x : lower <= x <= upper, g_j.x <= h_j }:
 *
 *   (c + sum_j beta_j g_j).x - sum_j beta_j h_j   minimised over the box   (1)
 *
 * with beta_j = multipliers[j], negative ones counted as 0, evaluated with
 * every rounding error bounded and subtracted. Any multipliers are sound.
 * Returns -infinity if anything is not finite.
 *   c       [n]
 *   rows    [m x n] row-major, rhs [m]
 * Source: Neumaier and Shcherbina, "Safe bounds in linear and mixed-integer
 * linear programming", Math. Programming 99 (2004).
 */
struct lp_problem {
    size_t n;
    size_t m;
    const double *lower;
    const double *upper;
    const double *rows;
    const double *rhs;
};
double lp_safe_bound(const struct lp_problem *problem, const double *c,
                     const double *multipliers);

/* True if the multipliers prove that the rows and the box have no common
 * point: (1) with c = 0 is positive. */
bool lp_safe_is_empty(const struct lp_problem *problem,
                      const double *multipliers);

#endif
