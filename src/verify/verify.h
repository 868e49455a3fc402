/* The pipeline from a query to its verdict. */
#ifndef ASTROLABE_VERIFY_VERIFY_H
#define ASTROLABE_VERIFY_VERIFY_H

#include "solver/solver.h"
#include "src/base/budget.h"
#include "src/base/stats.h"
#include "src/query/query.h"
#include "src/verify/proof.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum verdict { VERDICT_UNKNOWN, VERDICT_SAT, VERDICT_UNSAT, VERDICT_TIMED_OUT };

/*
 * threads      >= 1
 * attack       false: no search for witnesses by gradients
 * proof        takes the proof of every case, or the witness; NULL: none is
 *              recorded
 * on_progress  as in solver.h; shares count all cases; may be NULL
 */
struct verify_options {
    struct budget budget;
    size_t threads;
    uint64_t seed;
    bool attack;
    enum solver_engine engine;
    struct proof *proof;
    void (*on_progress)(void *context, const struct solver_progress *);
    void *progress_context;
};

enum { VERIFY_REASON_BYTES = 256 };

/*
 * verdict       SAT only with a witness that passed witness_text_check
 * reason        why UNKNOWN or TIMED_OUT; "" otherwise
 * witness_text  the checked text of SAT, NULL otherwise; owned
 */
struct verify_result {
    enum verdict verdict;
    char reason[VERIFY_REASON_BYTES];
    char *witness_text;
    struct stats stats;
};

/*
 * Decides the query: sat as soon as a case has a witness, unsat when every
 * case is closed, timed out or unknown otherwise. Attacks go over all cases
 * first, then the solver takes them one by one. The result is owned by the
 * caller.
 */
void verify_query(struct verify_result *result, const struct query *query,
                  const struct verify_options *options);

void verify_result_clear(struct verify_result *result);

#endif
