/* One case of a query: closed, refuted by a witness, or open. */
#ifndef ASTROLABE_SOLVER_SOLVER_H
#define ASTROLABE_SOLVER_SOLVER_H

#include "proofs/sink.h"
#include "src/base/budget.h"
#include "src/base/stats.h"
#include "src/query/query.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum solver_answer {
    SOLVER_CLOSED,  /* proved: no point of the box is unsafe */
    SOLVER_WITNESS, /* the oracle confirmed a witness */
    SOLVER_OPEN     /* budget over, or a region at the resolution limit */
};

/* Which splits the search may use; SOLVER_AUTO: it chooses, and cases that are
 * formulas (cnf.h) are decided as such. */
enum solver_engine { SOLVER_AUTO, SOLVER_INPUT, SOLVER_NEURON };

/*
 * Asks for a witness: the solver hands over promising regions and points,
 * the owner attacks and confirms exactly. Called from worker threads, each
 * with its own number 0 .. threads-1. Returning true ends the search.
 *   try_region  takes an open region and the multiply-adds that the worker
 *               has spent on the search so far; NULL: no attacks
 */
struct solver_oracle {
    void *context;
    bool (*try_region)(void *context, size_t worker, size_t case_index,
                       const double *lower, const double *upper, double effort);
    bool (*try_point)(void *context, size_t worker, size_t case_index,
                      const double *x);
};

struct solver_progress {
    uint64_t open_nodes;
    uint64_t closed_nodes;
    double proved_share;
    double best_bound;
};

/*
 * threads      >= 1
 * on_progress  called at most twice a second from one thread; may be NULL
 */
struct solver_options {
    size_t threads;
    uint64_t seed;
    enum solver_engine engine;
    void (*on_progress)(void *context, const struct solver_progress *);
    void *progress_context;
};

/* Solver of the cases of one query, for one caller; the query must outlive
 * it. What the cases share is made once. */
struct solver;

struct solver *solver_create(const struct query *query,
                             const struct solver_options *options);

/* Adds the counters of all cases to stats; then releases. */
void solver_destroy(struct solver *solver, struct stats *stats);

/*
 * Decides case `case_index`. The verdict SOLVER_CLOSED rests on outward
 * rounded bounds or on the exact argument of cnf.h only. reason (static
 * storage) says why the answer is SOLVER_OPEN.
 *   sink  takes the proof of SOLVER_CLOSED as proofs/FORMAT.md means it; the
 *         search then uses only what the checker repeats. NULL: no recording
 */
enum solver_answer solver_run(struct solver *solver, size_t case_index,
                              const struct solver_oracle *oracle,
                              const struct budget *budget, struct sink *sink,
                              const char **reason);

/*
 * What the owner of the cases does before and after each of them: one call at a
 * time, but from any worker.
 *   begin  worker takes up the case; the sink for solver_run
 *   end    returns true to end all cases. Then the others end as soon as they
 *          notice, with SOLVER_OPEN unless they were just done
 */
struct solver_cases {
    void *context;
    struct sink *(*begin)(void *context, size_t case_index, size_t worker);
    bool (*end)(void *context, size_t case_index, struct sink *sink,
                enum solver_answer answer, const char *reason);
};

/*
 * Decides all cases of the query, as solver_run does. A few are decided one
 * after the other by all threads together, from worker 0; of many, each thread
 * takes one at a time, and helps others when none is left. So how a case is
 * searched depends on other threads at the end only.
 */
void solver_run_all(struct solver *solver, const struct solver_oracle *oracle,
                    const struct budget *budget,
                    const struct solver_cases *cases);

#endif
