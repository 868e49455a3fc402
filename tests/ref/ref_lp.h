/* The exact optimum of a tiny linear program, by trying every vertex. */
#ifndef ASTROLABE_TESTS_REF_LP_H
#define ASTROLABE_TESTS_REF_LP_H

#include "solver/lp_safe.h"

#include <gmp.h>

enum { REF_LP_MAX_N = 4 };

/*
 * Solves every choice of n of the m + 2n constraints in rationals.
 *   value    out, min c.x (when true is returned)
 *   problem  n <= REF_LP_MAX_N, all numbers finite
 *   returns  true if some point satisfies rows and box
 */
bool ref_lp_minimize(mpq_t value, const struct lp_problem *problem,
                     const double *c);

#endif
