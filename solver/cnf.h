/* Cases that are propositional formulas in disguise, recognised exactly. */
#ifndef ASTROLABE_SOLVER_CNF_H
#define ASTROLABE_SOLVER_CNF_H

#include "solver/dpll.h"
#include "src/query/query.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A case is recognised if its box is [0, 1]^n, it has one disjunct, and the
 * network has one hidden layer such that the sum of all atoms says
 *
 *   sum_c max(z_c, 0) + sum_i (x_i - max(2*x_i - 1, 0)) <= h,  h <= 0,    (1)
 *   z_c = 1 - sum_{i in P_c} (1 - x_i) - sum_{i in N_c} x_i               (2)
 *
 * where x_i may also be written max(x_i, 0). All this is compared exactly;
 * whatever differs by a bit is not recognised.
 *
 * No term of (1) is negative in the box, as x_i - max(2*x_i - 1, 0) is the
 * smaller one of x_i and 1 - x_i. So an unsafe x makes each of them zero:
 * every x_i is 0 or 1, and by (2) no z_c is 1, that is, x as an assignment
 * satisfies every clause
 *
 *   c = or_{i in P_c} not x_i  or  or_{i in N_c} x_i.                     (3)
 *
 * If no assignment satisfies all of (3), the case is closed.
 *
 *   formula  variable i is x_i, clause c is (3)
 *   unit     [n_clauses] element of the ReLU layer that is max(z_c, 0)
 *   step     [n_inputs] the one that is max(2*x_i - 1, 0)
 *   n_atoms  of the disjunct
 */
struct cnf {
    struct formula formula;
    VEC(uint32_t) unit;
    uint32_t *step;
    size_t n_atoms;
};

/* True if the case is recognised; *cnf is {0} before and to be cleared in
 * either case. */
bool cnf_read(struct cnf *cnf, const struct query *query, size_t case_index);
void cnf_clear(struct cnf *cnf);

#endif
