/* The certificate of one run: from the files' hashes to its own file. */
#ifndef ASTROLABE_VERIFY_PROOF_H
#define ASTROLABE_VERIFY_PROOF_H

#include "proofs/cert.h"
#include "proofs/sink.h"
#include "src/base/error.h"
#include "src/base/stats.h"
#include "src/base/status.h"
#include "src/query/query.h"

#include <stdbool.h>
#include <stddef.h>

/* All functions but proof_open and proof_write take NULL for "no certificate
 * is wanted" and then do nothing. One caller at a time. */
struct proof;

/*
 * Takes the digests of the files of the query, hashes its canonical text, and
 * sees to it that a file can appear at path.
 *   path     what is there stays untouched
 *   returns  STATUS_OK and *proof owned by the caller; STATUS_USAGE if the
 *            property came from standard input; STATUS_IO; STATUS_BAD_INPUT
 */
enum status proof_open(struct proof **proof, const struct query *query,
                       const char *path, struct error *error);
void proof_destroy(struct proof *proof);

/* The proof will be that of a query with differences (src/query/pairing.h),
 * before its first case; false, and it is as before, if a certificate cannot
 * express it. */
bool proof_use_pairs(struct proof *proof, const struct query *paired);

/* An empty sink for a case, for proof_end_case; NULL if the query is about a
 * net with indices, whose cells leave no records. Several cases may be under
 * way. */
struct sink *proof_begin_case(const struct proof *proof);
/* Keeps what the sink holds if the case is closed; releases the sink. */
void proof_end_case(struct proof *proof, size_t case_index, struct sink *sink,
                    bool is_closed);

/* Makes the certificate one of sat by the point x [n_inputs]; copied. */
void proof_keep_witness(struct proof *proof, const double *x);

/*
 * Puts the certificate at its path in one step and counts its bytes and
 * leaves.
 *   returns  STATUS_OK; STATUS_LIMIT if a case has no proof that the format
 *            can express; STATUS_IO. The path is untouched unless STATUS_OK.
 */
enum status proof_write(struct proof *proof, struct stats *stats,
                        struct error *error);

/* Whether the paths of a certificate are so short that a replay has room for
 * them. */
bool proof_is_shallow(const struct cert *cert, const struct query *query);

/*
 * Makes a proof of unsat that was just written smaller, and faster to check,
 * with the passes that pay most for their time, until the deadline; replaces
 * the file if that takes no more bytes. What the passes keep closes by outward
 * rounding in doubles and with ORACLE_MARGIN, and is not given to the checker.
 * One that is not shallow stays as it is.
 *   query       of the proof
 *   deadline_s  on the clock of budget_now_s
 *   returns     STATUS_OK; STATUS_IO, and the file is as it was
 */
enum status proof_shrink(struct proof *proof, const struct query *query,
                         double deadline_s, struct stats *stats,
                         struct error *error);

/* Counts the certificate at path instead of the one written. */
enum status proof_recount(struct stats *stats, const char *path,
                          struct error *error);

/* Digest of the canonical text of the query.
 *   returns  STATUS_OK; STATUS_IO if there is no room for the text */
enum status proof_hash_query(unsigned char digest[SHA256_BYTES],
                             const struct query *query, struct error *error);

#endif
