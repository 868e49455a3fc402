/* The facade of the solver. */
#include "solver/solver.h"

#include "domains/box.h"
#include "domains/weights.h"
#include "solver/bab.h"
#include "solver/cnf_decide.h"
#include "src/base/alloc.h"
#include "src/base/require.h"

/* weights and box are made for the first case that needs them. */
struct solver {
    const struct query *query;
    struct solver_options options;
    struct weights *weights;
    struct domain *box;
    struct prover **provers;
    struct stats stats;
};

struct solver *solver_create(const struct query *query,
                             const struct solver_options *options)
{
    REQUIRE(options->threads >= 1);
    REQUIRE(net_n_indices(query->net) == 0);
    struct solver *solver;
    NEW(solver);
    solver->query = query;
    solver->options = *options;
    NEW_ARRAY(solver->provers, options->threads);
    return solver;
}

static void destroy_prover(struct prover *prover, struct stats *stats)
{
    if (prover == NULL) {
        return;
    }
    prover->stats.backward_madds = backward_madds(prover->backward);
    prover->stats.lp_pivots = prover->lp == NULL ? 0 : lp_pivots(prover->lp);
    stats_add(stats, &prover->stats);
    prover_destroy(prover);
}

void solver_destroy(struct solver *solver, struct stats *stats)
{
    if (solver == NULL) {
        return;
    }
    stats_add(stats, &solver->stats);
    for (size_t w = 0; w < solver->options.threads; w++) {
        destroy_prover(solver->provers[w], stats);
    }
    alloc_free(solver->provers);
    box_domain_ops.destroy(solver->box);
    weights_destroy(solver->weights);
    alloc_free(solver);
}

enum solver_answer solver_run(struct solver *solver, size_t case_index,
                              const struct solver_oracle *oracle,
                              const struct budget *budget, struct sink *sink,
                              const char **reason)
{
    REQUIRE(case_index < solver->query->n_cases);
    if (!solver->query->cases[case_index].is_bounded) {
        *reason = "the input box is not bounded";
        return SOLVER_OPEN;
    }
    if (solver->weights == NULL) {
        solver->weights = weights_create(solver->query->layers);
        solver->box = box_domain_ops.create(solver->query->layers);
    }
    const struct bab_problem problem = {
        .query = solver->query,
        .case_index = case_index,
        .weights = solver->weights,
        .box = solver->box,
        .provers = solver->provers,
        .options = &solver->options,
        .oracle = oracle,
        .budget = budget,
        .sink = sink,
    };
    if (solver->options.engine == SOLVER_AUTO &&
        solver->query->layers->n_curved == 0) {
        const enum solver_answer answer = cnf_decide(&problem, &solver->stats);
        if (answer != SOLVER_OPEN) {
            return answer;
        }
    }
    return bab_run(&problem, &solver->stats, reason);
}
