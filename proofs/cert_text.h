/* The text form of certificates: one record a line, nothing lost. */
#ifndef ASTROLABE_PROOFS_CERT_TEXT_H
#define ASTROLABE_PROOFS_CERT_TEXT_H

#include "proofs/cert.h"
#include "src/base/error.h"
#include "src/base/status.h"

#include <stddef.h>
#include <stdio.h>

/*
 * Words of a record are separated by blanks; a `#` and what follows in its
 * line is skipped, and so are blank lines. Numbers are decimal, a multiplier
 * is `M*2^E` with an odd M. It begins with
 *
 *   astc 2 unsat [pairs] box B facts G slopes S A
 *   network HASH                            64 hexadecimal digits
 *   property HASH
 *   query HASH
 *   shape N inputs R relus C cases
 *
 * then for every case in order `case I disjuncts D` and the nodes in pre-order:
 *
 *   split xJ [WHERE] [refresh LAYERS]       an input; WHERE is K/32 or `at K`,
 *                                           K in units of 2^-B; without it the
 *                                           midpoint
 *   split nR.E [at K] [refresh LAYERS]      pre-activation E of layer R, at 0
 *                                           or K * 2^-min(S, G)
 *   leaf [refresh LAYERS]
 *
 * where LAYERS are like `0-2,5`. A node's own records follow it:
 *
 *   slope nR.E K/2^A                        2^A as one number
 *   lemma nR.E lower|upper TERMS
 *   close D default                         only at splits
 *   close D TERMS                           disjunct D
 *
 * TERMS are any number of `atom I M*2^E`, then of `literal I M*2^E`. The
 * writer indents nodes by their depth, up to a limit. A certificate of a
 * verdict of sat is
 *
 *   astc 2 sat
 *   network HASH, property HASH, query HASH in a line each
 *   xJ VALUE                                for every input in order, as a
 *                                           hexadecimal number of C
 *
 * Witnesses in a cell begin with `astc 2 sat cells`. Proofs by cells are `astc
 * 2 unsat cells` and the hashes.
 */

/*
 * What `proof show` adds to the records as remarks.
 *   input, neuron  what an input or the neurons of a ReLU layer are called in
 *                  the network's file, owned by the context; NULL: unknown
 */
struct cert_names {
    const char *(*input)(void *context, size_t input);
    const char *(*relu)(void *context, size_t relu);
    void *context;
};

void cert_text_print(FILE *file, const struct cert *cert);

/* The record that a checker refuses: node number `node` in pre-order of a
 * case, and why. */
struct cert_stop {
    size_t case_index;
    size_t node;
    const char *reason;
};

/* The same with remarks: names (NULL: none), and the leaves below each split.
 * It can be read back, unless it ends with the record `stop` (NULL: none). */
void cert_text_show(FILE *file, const struct cert *cert,
                    const struct cert_names *names,
                    const struct cert_stop *stop);

/*
 * Reads the n bytes of a text, which a zero byte follows.
 *   returns  STATUS_OK; STATUS_BAD_INPUT with line and column; STATUS_LIMIT
 *            for what cert_check refuses. *cert is owned by the caller if
 *            STATUS_OK, else cleared.
 */
enum status cert_text_read(struct cert *cert, const char *text, size_t n,
                           struct error *error);

#endif
