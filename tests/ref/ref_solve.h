/* One run of a solver of its own on the first case of a query. */
#ifndef ASTROLABE_TESTS_REF_REF_SOLVE_H
#define ASTROLABE_TESTS_REF_REF_SOLVE_H

#include "solver/solver.h"

/*
 *   budget  NULL: signals only
 *   sink    takes the proof; NULL: the run is not recorded
 *   reason  of SOLVER_OPEN; set by the run, like stats
 */
struct ref_solve {
    struct solver_options options;
    struct solver_oracle oracle;
    const struct budget *budget;
    struct sink *sink;
    const char *reason;
    struct stats stats;
};

enum solver_answer ref_solve(struct ref_solve *run, const struct query *query);

#endif
