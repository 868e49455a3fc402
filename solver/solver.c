/* The facade of the solver. */
#include "solver/solver.h"

#include "domains/box.h"
#include "domains/weights.h"
#include "solver/bab.h"
#include "solver/cnf_decide.h"
#include "src/base/alloc.h"
#include "src/base/require.h"

#include <math.h>
#include <stdatomic.h>

/* Cases per thread from which on each thread has its own. */
enum { OWN_CASES = 8 };

static const double REPORT_PERIOD_S = 0.5;

/* weights and box are made for the first case that needs them; provers and
 * stats are [threads]. */
struct solver {
    const struct query *query;
    struct solver_options options;
    struct weights *weights;
    struct domain *box;
    struct prover **provers;
    struct stats *stats;
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
    NEW_ARRAY(solver->stats, options->threads);
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
    for (size_t w = 0; w < solver->options.threads; w++) {
        stats_add(stats, &solver->stats[w]);
        destroy_prover(solver->provers[w], stats);
    }
    alloc_free(solver->provers);
    alloc_free(solver->stats);
    box_domain_ops.destroy(solver->box);
    weights_destroy(solver->weights);
    alloc_free(solver);
}

/* Makes what all cases share. */
static void prepare(struct solver *solver)
{
    if (solver->weights == NULL) {
        solver->weights = weights_create(solver->query->layers);
        solver->box = box_domain_ops.create(solver->query->layers);
    }
}

/* Decides a case of a solver that is prepared. */
static enum solver_answer
decide(struct solver *solver, struct bab_problem problem, const char **reason)
{
    struct stats *stats = &solver->stats[problem.worker];
    if (!solver->query->cases[problem.case_index].is_bounded) {
        *reason = "the input box is unbounded";
        return SOLVER_OPEN;
    }
    problem.query = solver->query;
    problem.weights = solver->weights;
    problem.box = solver->box;
    problem.provers = solver->provers;
    if (solver->options.engine == SOLVER_AUTO &&
        solver->query->layers->n_curved == 0) {
        const enum solver_answer answer = cnf_decide(&problem, stats);
        if (answer != SOLVER_OPEN) {
            *reason = "";
            return answer;
        }
    }
    return bab_run(&problem, stats, reason);
}

enum solver_answer solver_run(struct solver *solver, size_t case_index,
                              const struct solver_oracle *oracle,
                              const struct budget *budget, struct sink *sink,
                              const char **reason)
{
    REQUIRE(case_index < solver->query->n_cases);
    prepare(solver);
    const struct bab_problem problem = {
        .case_index = case_index,
        .options = &solver->options,
        .oracle = oracle,
        .budget = budget,
        .sink = sink,
    };
    return decide(solver, problem, reason);
}

/*
 * Cases on the threads of a crew. What is not the crew's alone is behind its
 * lock: next_case, last_report_s and what the owner does.
 *   is_over  the owner wants no more
 *   budget   its own, which ends with is_over
 *   options  of the cases: those of the solver, but for reports
 */
struct sharing {
    struct solver *solver;
    struct crew *crew;
    const struct solver_oracle *oracle;
    const struct solver_cases *cases;
    struct budget budget;
    struct solver_options options;
    size_t next_case;
    double last_report_s;
    atomic_bool is_over;
};

/* All cases that are being searched report as one. */
static void report_shared(void *context, const struct solver_progress *progress)
{
    struct sharing *sharing = context;
    const struct solver_options *options = &sharing->solver->options;
    crew_lock(sharing->crew);
    const double now_s = budget_now_s();
    if (now_s - sharing->last_report_s >= REPORT_PERIOD_S) {
        sharing->last_report_s = now_s;
        options->on_progress(options->progress_context, progress);
    }
    crew_unlock(sharing->crew);
}

static bool run_next(void *context, struct crew *crew, size_t worker)
{
    struct sharing *sharing = context;
    const struct solver_cases *cases = sharing->cases;
    const char *reason = "";
    crew_lock(crew);
    if (sharing->crew == NULL) {
        sharing->crew = crew;
    }
    if (sharing->next_case == sharing->solver->query->n_cases ||
        atomic_load(&sharing->is_over)) {
        crew_unlock(crew);
        return false;
    }
    struct bab_problem problem = {
        .case_index = sharing->next_case++,
        .options = &sharing->options,
        .oracle = sharing->oracle,
        .budget = &sharing->budget,
        .crew = crew,
        .worker = worker,
    };
    problem.sink = cases->begin(cases->context, problem.case_index, worker);
    crew_unlock(crew);
    const enum solver_answer answer = decide(sharing->solver, problem, &reason);
    crew_lock(crew);
    if (cases->end(cases->context, problem.case_index, problem.sink, answer,
                   reason)) {
        atomic_store(&sharing->is_over, true);
    }
    crew_unlock(crew);
    return true;
}

static void run_shared(struct solver *solver,
                       const struct solver_oracle *oracle,
                       const struct budget *budget,
                       const struct solver_cases *cases)
{
    const struct budget no_limit = {.deadline_s = HUGE_VAL};
    struct sharing sharing = {.solver = solver,
                              .oracle = oracle,
                              .cases = cases,
                              .budget = budget == NULL ? no_limit : *budget,
                              .options = solver->options};
    const struct crew_tasks tasks = {&sharing, run_next};
    REQUIRE(sharing.budget.is_over == NULL);
    atomic_init(&sharing.is_over, false);
    sharing.budget.is_over = &sharing.is_over;
    if (solver->options.on_progress != NULL) {
        sharing.options.on_progress = report_shared;
        sharing.options.progress_context = &sharing;
    }
    prepare(solver);
    crew_run(&tasks, solver->options.threads);
}

void solver_run_all(struct solver *solver, const struct solver_oracle *oracle,
                    const struct budget *budget,
                    const struct solver_cases *cases)
{
    const size_t n_cases = solver->query->n_cases;
    const size_t n_threads = solver->options.threads;
    bool is_over = false;
    if (n_threads > 1 && n_cases / OWN_CASES >= n_threads) {
        run_shared(solver, oracle, budget, cases);
        return;
    }
    for (size_t i = 0; i < n_cases && !is_over; i++) {
        const char *reason = "";
        struct sink *sink = cases->begin(cases->context, i, 0);
        const enum solver_answer answer =
            solver_run(solver, i, oracle, budget, sink, &reason);
        is_over = cases->end(cases->context, i, sink, answer, reason);
    }
}
