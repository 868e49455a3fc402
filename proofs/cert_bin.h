/* The binary form of certificates, as FORMAT.md defines it. */
#ifndef ASTROLABE_PROOFS_CERT_BIN_H
#define ASTROLABE_PROOFS_CERT_BIN_H

#include "proofs/cert.h"
#include "proofs/cert_coder.h"
#include "src/base/error.h"
#include "src/base/reader.h"
#include "src/base/status.h"

#include <stddef.h>

/* The byte of HEAD that says what is proved. */
enum {
    CERT_BIN_UNSAT = 0,
    CERT_BIN_SAT = 1,
    CERT_BIN_LEVELS = 2,
    CERT_BIN_PAIRS = 3,
    CERT_BIN_CELLS = 4,
    CERT_BIN_SAT_CELL = 5
};

/* Bytes around the stream or the witness: HEAD with its hashes, and END. The
 * grids and the length count to the stream. */
enum { CERT_BIN_FRAME = 4 + 2 + 4 * SHA256_BYTES };

/*
 * All bytes of the file of a certificate that cert_check accepts.
 *   bytes  owned by the caller (bytes_clear)
 *   cost   [CERT_N_GROUPS] bits of STREAM by group of contexts; may be NULL
 */
void cert_bin_encode(struct bytes *bytes, const struct cert *cert,
                     double cost[CERT_N_GROUPS]);

/* Puts the file at path in one step and says how long it is.
 *   returns  STATUS_OK; STATUS_LIMIT if cert_check refuses; STATUS_IO */
enum status cert_bin_write(size_t *n_bytes, const char *path,
                           const struct cert *cert, struct error *error);

/*
 * Reads a whole file.
 *   returns  STATUS_OK; STATUS_BAD_INPUT; STATUS_UNSUPPORTED for another
 *            version; STATUS_LIMIT for numbers beyond struct cert. *cert is
 *            owned by the caller if STATUS_OK, else cleared.
 */
enum status cert_bin_decode(struct cert *cert, const struct bytes *bytes,
                            struct error *error);

#endif
