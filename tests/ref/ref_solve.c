/* One run of a solver of its own on the first case of a query. */
#include "tests/ref/ref_solve.h"

enum solver_answer ref_solve(struct ref_solve *run, const struct query *query)
{
    struct solver *solver = solver_create(query, &run->options);
    const enum solver_answer answer = solver_run(
        solver, 0, &run->oracle, run->budget, run->sink, &run->reason);
    solver_destroy(solver, &run->stats);
    return answer;
}
