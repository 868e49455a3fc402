/* Making certificates smaller, and faster to check. */
#ifndef ASTROLABE_PROOFS_MINIMIZE_H
#define ASTROLABE_PROOFS_MINIMIZE_H

#include "proofs/cert.h"
#include "proofs/oracle.h"
#include "src/base/budget.h"

#include <stdbool.h>
#include <stddef.h>

/* The passes, in the order in which they run; each one file. */
enum minimize_pass {
    MINIMIZE_UNLEARN, /* nodes that close without any lemma */
    MINIMIZE_SLICE,   /* lemmas and slopes that no contradiction looks at */
    MINIMIZE_LEMMAS,  /* lemmas and slopes that nothing needs */
    MINIMIZE_MERGE,   /* leaves whose parent closes as well */
    MINIMIZE_TRIM,    /* splits that one child does not need */
    MINIMIZE_REFRESH, /* refreshes that nothing needs */
    MINIMIZE_SPARSE,  /* multipliers that a combination does not need */
    MINIMIZE_ROUND,   /* bits of multipliers and slopes */
    MINIMIZE_PASSES
};

/* Names of the passes, as options have them. */
extern const char *const minimize_pass_names[MINIMIZE_PASSES];

/* How the multipliers of a combination are thinned out. */
enum minimize_procedure {
    MINIMIZE_GREEDY, /* deletion, largest chunks first */
    MINIMIZE_LP,     /* a new choice of least weight */
    MINIMIZE_BETTER  /* both; the better one of each combination */
};

/*
 * passes     bit p: pass p
 * is_brief   no combination is looked for, which may take long for one node
 * is_slow    passes may evaluate a node many times
 * is_thrifty passes that save checking time do so only where that should
 *            take no more bytes
 * procedure  of MINIMIZE_SPARSE
 * rounds     at most so many rounds over all passes; they end when nothing
 *            changes any more
 * budget     what the passes may use; what is done by then stays
 */
struct minimize_options {
    unsigned passes;
    bool is_brief;
    bool is_slow;
    bool is_thrifty;
    enum minimize_procedure procedure;
    unsigned rounds;
    struct budget budget;
};

/* Sizes of a certificate. work: multiply-adds of all refreshes and closings,
 * as far as they were counted. */
struct minimize_size {
    size_t n_leaves;
    size_t n_refreshes; /* of layers */
    size_t n_lemmas;
    size_t n_slopes;
    size_t n_multipliers;
};

/*
 * What a pass did, in all rounds.
 *   seconds  of CPU
 *   work     multiply-adds of the oracle
 */
struct minimize_row {
    bool was_run;
    struct minimize_size before;
    struct minimize_size after;
    double seconds;
    double work;
};

struct minimize_report {
    struct minimize_row pass[MINIMIZE_PASSES];
};

struct minimize_size minimize_measure(const struct cert *cert);

/*
 * Runs the passes on a proof of unsat, which cert_check accepts. A pass that
 * makes its binary form larger is run once more with thrift, and is without
 * effect if that does not help. Whatever they do is left to the checker to
 * judge: the oracle's arithmetic is not the checker's.
 *   report  filled in
 */
void minimize_run(struct minimize_report *report, struct cert *cert,
                  const struct oracle *oracle,
                  const struct minimize_options *options);

#endif
