/* Minimization of a certificate against its query. */
#ifndef ASTROLABE_VERIFY_PROOF_MINIMIZE_H
#define ASTROLABE_VERIFY_PROOF_MINIMIZE_H

#include "proofs/cert.h"
#include "proofs/minimize.h"
#include "src/base/error.h"
#include "src/base/status.h"
#include "src/query/query.h"

/*
 * Sees to it that a certificate is one of unsat for the query, so that it can
 * be replayed: its hash of the query, and all numbers of neurons.
 *   returns  STATUS_OK; STATUS_BAD_INPUT; STATUS_IO
 */
enum status proof_fits(const struct cert *cert, const struct query *query,
                       struct error *error);

/*
 * Runs passes on a certificate of unsat; only the checker knows whether what
 * they leave is still a proof. One that is not shallow stays as it is.
 *   returns  STATUS_OK; STATUS_BAD_INPUT if it is about another query, or
 *            proves no unsat; STATUS_IO
 */
enum status proof_minimize(struct minimize_report *report, struct cert *cert,
                           const struct query *query,
                           const struct minimize_options *options,
                           struct error *error);

#endif
