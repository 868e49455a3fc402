/* query, certificate -> replay -> passes. */
#include "src/verify/proof_minimize.h"

#include "solver/replay.h"
#include "src/verify/proof.h"

#include <string.h>

/* True if the numbers of the certificate are those of the query. */
static bool is_fitting(const struct cert *cert, const struct query *query,
                       size_t n_relus)
{
    bool is_equal =
        cert->verdict == CERT_UNSAT && cert->n_cases == query->n_cases &&
        cert->n_inputs == query->layers->n_inputs && cert->n_relus == n_relus;
    for (size_t i = 0; is_equal && i < cert->n_cases; i++) {
        is_equal = cert->trees[i].n_disjuncts == query->cases[i].n_disjuncts;
    }
    return is_equal;
}

enum status proof_minimize(struct minimize_report *report, struct cert *cert,
                           const struct query *query,
                           const struct minimize_options *options,
                           struct error *error)
{
    unsigned char digest[SHA256_BYTES];
    enum status status = STATUS_OK;
    struct replay *replay =
        replay_create(query, cert->box_bits, cert->fact_bits);
    const struct oracle oracle = replay_oracle(replay);
    STATUS_TRY(proof_hash_query(digest, query, error));
    if (memcmp(digest, cert->query_hash, sizeof digest) != 0 ||
        !is_fitting(cert, query, oracle.n_relus)) {
        error_set(error, "no certificate of unsat for this query");
        status = STATUS_BAD_INPUT;
        goto cleanup;
    }
    minimize_run(report, cert, &oracle, options);
cleanup:
    replay_destroy(replay);
    return status;
}
