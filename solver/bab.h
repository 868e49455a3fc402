/* Branch and bound over inputs and neurons for one case. */
#ifndef ASTROLABE_SOLVER_BAB_H
#define ASTROLABE_SOLVER_BAB_H

#include "domains/domain.h"
#include "domains/weights.h"
#include "proofs/sink.h"
#include "solver/prover.h"
#include "solver/solver.h"
#include "solver/workers.h"

/* Where the search looks for what it needs; see solver_run.
 *   provers  [threads] kept from case to case, NULL until first needed
 *   sink     takes the proof; NULL: nothing is recorded
 *   crew     whose thread `worker` the caller is, and whose others help when
 *            they have no case of their own; NULL: the caller is worker 0, and
 *            the search starts the others */
struct bab_problem {
    const struct query *query;
    size_t case_index;
    const struct weights *weights;
    struct domain *box;
    struct prover **provers;
    const struct solver_options *options;
    const struct solver_oracle *oracle;
    const struct budget *budget;
    struct sink *sink;
    struct crew *crew;
    size_t worker;
};

/* Searches until the case is closed, a witness is confirmed or the budget is
 * over. Complete: every region is either closed or split, down to the
 * resolution of doubles. stats are added to. */
enum solver_answer bab_run(const struct bab_problem *problem,
                           struct stats *stats, const char **reason);

#endif
