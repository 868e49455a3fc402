/* Dual simplex on a vertex: from any vertex to a feasible one. */
#ifndef ASTROLABE_SOLVER_LP_DUAL_H
#define ASTROLABE_SOLVER_LP_DUAL_H

#include "solver/lp_vertex.h"

/*
 * Runs the dual simplex for c; wrong signs of d are shifted to the right
 * side first, so the vertex it ends in is optimal for c only if none was.
 *   c       [n] finite
 *   returns LP_OPTIMAL: the vertex is feasible (within the tolerance);
 *           LP_INFEASIBLE: multipliers [m] hold a Farkas ray, >= 0
 *           LP_GAVE_UP: max_pivots passed, or numerical trouble
 * Requires that no constraint is a ghost.
 */
enum lp_answer lp_dual(struct lp *lp, const double *c, double *multipliers,
                       size_t max_pivots);

#endif
