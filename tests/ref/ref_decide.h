/* Tiny queries decided exactly: every ReLU phase, Fourier-Motzkin each. */
#ifndef ASTROLABE_TESTS_REF_REF_DECIDE_H
#define ASTROLABE_TESTS_REF_REF_DECIDE_H

#include "src/query/query.h"

#include <gmp.h>

#include <stdbool.h>

/* Most inputs. */
enum { REF_DECIDE_INPUTS = 3 };

/*
 * True if some real point of the case's box makes one of its disjuncts
 * hold, strict ends and atoms included. Exponential in the ReLUs that can
 * switch; shares no code with the solver.
 *   query  one case, at most REF_DECIDE_INPUTS inputs
 */
bool ref_decide_is_sat(const struct query *query);

/* minimum = min { c.(x, y) : x in the closed box }; c as in
 * ref_query_add_atom. */
void ref_decide_minimum(mpq_t minimum, const struct query *query,
                        const double *c);

#endif
