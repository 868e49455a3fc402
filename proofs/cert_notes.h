/* What a replay of a certificate has shown about its nodes, for printing. */
#ifndef ASTROLABE_PROOFS_CERT_NOTES_H
#define ASTROLABE_PROOFS_CERT_NOTES_H

#include "proofs/cert.h"

#include <stddef.h>
#include <stdint.h>

/* The replay did not come to the node; its region holds no execution; it has
 * closings with a margin, or none. */
enum cert_outcome { CERT_UNSEEN, CERT_EMPTY, CERT_SEEN };

/*
 *   margin    least margin of the node's closings, +infinity without any
 *   disjunct  whose margin that is
 *   n_facts   neurons whose bounds that closing uses
 *   work      multiply-adds of the node's lemmas, refreshes and closings
 */
struct cert_note {
    enum cert_outcome outcome;
    uint32_t disjunct;
    size_t n_facts;
    double margin;
    double work;
};

/* trees[c][n] is about node n of the tree of case c. */
struct cert_notes {
    size_t n_cases;
    struct cert_note **trees;
};

/* CERT_UNSEEN for all nodes of a certificate of unsat; released by
 * cert_notes_clear, which leaves {0} and may be called on that. */
void cert_notes_init(struct cert_notes *notes, const struct cert *cert);
void cert_notes_clear(struct cert_notes *notes);

/* The leaf of a tree that was seen and has the least margin: its number in
 * pre-order, and its node; SIZE_MAX if no leaf has a margin. */
size_t cert_notes_tightest(const struct cert_notes *notes,
                           const struct cert *cert, size_t case_index,
                           uint32_t *node);

#endif
