/* The facade of the solver. */
#include "solver/solver.h"

#include "domains/weights.h"
#include "solver/bab.h"
#include "src/base/require.h"

enum solver_answer solver_run(const struct query *query, size_t case_index,
                              const struct solver_options *options,
                              const struct solver_oracle *oracle,
                              const struct budget *budget, struct stats *stats,
                              const char **reason)
{
    REQUIRE(case_index < query->n_cases);
    REQUIRE(options->threads >= 1);
    if (!query->cases[case_index].is_bounded) {
        *reason = "the input box is not bounded";
        return SOLVER_OPEN;
    }
    struct weights *weights = weights_create(query->layers);
    const struct bab_problem problem = {
        .query = query,
        .case_index = case_index,
        .weights = weights,
        .options = options,
        .oracle = oracle,
        .budget = budget,
    };
    const enum solver_answer answer = bab_run(&problem, stats, reason);
    weights_destroy(weights);
    return answer;
}
