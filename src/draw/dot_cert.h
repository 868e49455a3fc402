/* The trees of a certificate as a graph in DOT. */
#ifndef ASTROLABE_DRAW_DOT_CERT_H
#define ASTROLABE_DRAW_DOT_CERT_H

#include "proofs/cert.h"
#include "proofs/cert_notes.h"
#include "proofs/cert_text.h"

#include <stddef.h>
#include <stdio.h>

/*
 *   cert     of unsat
 *   before   an earlier form of the same proof: its trees are drawn, and what
 *            the certificate does not have is grey; NULL: none. The same
 *            number of cases.
 *   names    of inputs and ReLU layers; NULL: unknown
 *   notes    about the nodes of cert; NULL: no margins
 *   most_nodes  of the drawing, >= 3; further subtrees become one node each
 *   stop     the record that the checker refuses, drawn in red; NULL: none
 *   remark   what the checker says, at the top
 */
struct dot_cert {
    const struct cert *cert;
    const struct cert *before;
    const struct cert_names *names;
    const struct cert_notes *notes;
    size_t most_nodes;
    const struct cert_stop *stop;
    const char *remark;
};

/* Prints the graph: splits, leaves with their closings, edges as wide as
 * there are leaves below, a frame for each case. */
void dot_cert_print(FILE *file, const struct dot_cert *drawing);

/* Which node of `now` stands for a node of `before`, CERT_NONE for those that
 * are gone: [nodes of before], owned by the caller. Where the splits of two
 * nodes differ, the split of `before` is gone if that of a child is the one
 * looked for, and all of it otherwise. */
uint32_t *dot_cert_match(const struct cert_tree *before,
                         const struct cert_tree *now);

#endif
