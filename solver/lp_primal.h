/* Primal simplex on a vertex: from a feasible one to an optimal one. */
#ifndef ASTROLABE_SOLVER_LP_PRIMAL_H
#define ASTROLABE_SOLVER_LP_PRIMAL_H

#include "solver/lp_vertex.h"

/*
 * Moves along improving edges, steepest first, until none is left; ghosts
 * leave first. False after max_pivots or on numerical trouble.
 *   c       [n] finite
 * Requires a feasible vertex (within the tolerance) and keeps it so.
 */
bool lp_primal(struct lp *lp, const double *c, size_t max_pivots);

#endif
