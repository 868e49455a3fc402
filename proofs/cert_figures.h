/* Counts of a certificate: nodes, leaves, depths. */
#ifndef ASTROLABE_PROOFS_CERT_FIGURES_H
#define ASTROLABE_PROOFS_CERT_FIGURES_H

#include "proofs/cert.h"

#include <stddef.h>
#include <stdio.h>

/*
 * Figures of all trees.
 *   leaves_at  [n_depths] leaves by depth, the root's being 0; owned
 */
struct cert_figures {
    size_t n_nodes;
    size_t n_refreshes; /* refreshes of a layer at a node */
    size_t n_leaves;
    size_t n_explicit;  /* leaves with a combination */
    size_t n_midpoints; /* input splits by kind of threshold */
    size_t n_fractions;
    size_t n_grid;
    size_t n_neuron_splits;
    size_t n_slopes;
    size_t n_lemmas;
    size_t n_closed;       /* disjuncts, at splits */
    size_t n_combinations; /* of closings */
    size_t n_multipliers;
    size_t n_depths;
    size_t *leaves_at;
};

void cert_figures_count(struct cert_figures *figures, const struct cert *cert);
void cert_figures_clear(struct cert_figures *figures);

/* One figure a line, with the bytes of the binary form and the bits that its
 * stream spends on each group of contexts; the leaves by depth in at most
 * CERT_FIGURES_RANGES ranges of equal length. */
void cert_figures_print(FILE *file, const struct cert *cert);

enum { CERT_FIGURES_RANGES = 8 };

#endif
