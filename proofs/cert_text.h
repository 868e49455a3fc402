/* The text form of certificates: one record a line, nothing lost. */
#ifndef ASTROLABE_PROOFS_CERT_TEXT_H
#define ASTROLABE_PROOFS_CERT_TEXT_H

#include "proofs/cert.h"
#include "src/base/error.h"
#include "src/base/status.h"

#include <stddef.h>
#include <stdio.h>

/*
 * Words of a record are separated by blanks; blank lines and lines that start
 * with `#` are skipped. Numbers are decimal, a dyadic is `MpE` for M * 2^E.
 *
 *   astc 1 real box B fact G slope S
 *   network HASH                            64 hexadecimal digits
 *   property HASH
 *   query HASH
 *   shape INPUTS CASES                      numbers of both
 *
 * then for every case in order `case DISJUNCTS` and the nodes in pre-order,
 * each with `refresh` as its last word or not:
 *
 *   input J [at MpE]                        at: explicit threshold
 *   neuron R E                              ReLU number and element
 *   leaf
 *   leaf with                               a line per disjunct follows:
 *     default
 *     atoms J*MpE ... literals K*MpE ...    either list may be empty
 *
 * The writer indents nodes by their depth, up to a limit.
 */
void cert_text_print(FILE *file, const struct cert *cert);

/*
 * Reads the n bytes of a text.
 *   returns  STATUS_OK; STATUS_BAD_INPUT with line and column; STATUS_LIMIT
 *            for numbers beyond struct cert. *cert is owned by the caller if
 *            STATUS_OK, else cleared.
 */
enum status cert_text_read(struct cert *cert, const char *text, size_t n,
                           struct error *error);

#endif
