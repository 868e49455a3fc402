/* Multipliers that refute a disjunct at a node: for minimize*.c only. */
#ifndef ASTROLABE_PROOFS_MINIMIZE_SEARCH_H
#define ASTROLABE_PROOFS_MINIMIZE_SEARCH_H

#include "proofs/minimize_walk.h"

/*
 * Looks for a combination that refutes an open disjunct at the node in work,
 * inner and prepared: starting with what closes it at its children, if these
 * are leaves, and with the oracle's choice, it doubles and halves multipliers
 * as long as the margin grows.
 *   returns  true and *by, with multipliers at the end of the tree's
 */
bool minimize_search(struct cert_combination *by, struct minimize_walk *walk,
                     uint32_t disjunct);

/*
 * New closings of the leaf in work, prepared, for the open disjuncts that it
 * does not close by default.
 *   returns  true if all are found; else the leaf is as it was
 */
bool minimize_search_closings(struct minimize_walk *walk);

#endif
