/* The binary form of certificates, as FORMAT.md defines it. */
#ifndef ASTROLABE_PROOFS_CERT_BIN_H
#define ASTROLABE_PROOFS_CERT_BIN_H

#include "proofs/cert.h"
#include "src/base/error.h"
#include "src/base/reader.h"
#include "src/base/status.h"

#include <stdbool.h>
#include <stddef.h>

/* All bytes of the file; owned by the caller (bytes_clear). */
void cert_bin_encode(struct bytes *bytes, const struct cert *cert);

/* Puts the file at path in one step and says how long it is.
 *   returns  STATUS_OK; STATUS_IO */
enum status cert_bin_write(size_t *n_bytes, const char *path,
                           const struct cert *cert, struct error *error);

/* True if the bytes are not a certificate, or are one that carries this
 * digest of the query. */
bool cert_bin_names_query(const struct bytes *bytes,
                          const unsigned char digest[SHA256_BYTES]);

/*
 * Reads a whole file. The shape is that of the query: the form does not
 * repeat it.
 *   returns  STATUS_OK; STATUS_BAD_INPUT with the byte; STATUS_UNSUPPORTED
 *            for another version or semantics; STATUS_LIMIT for numbers
 *            beyond struct cert. *cert is owned by the caller if STATUS_OK,
 *            else cleared.
 */
enum status cert_bin_decode(struct cert *cert, const struct bytes *bytes,
                            const struct cert_shape *shape,
                            struct error *error);

#endif
