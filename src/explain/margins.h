/* Margins of all closings of a certificate, by replaying it. */
#ifndef ASTROLABE_EXPLAIN_MARGINS_H
#define ASTROLABE_EXPLAIN_MARGINS_H

#include "proofs/cert.h"
#include "proofs/cert_notes.h"
#include "proofs/minimize_walk.h"
#include "src/query/query.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * Fills notes, just initialised, about all nodes; those below an empty region
 * stay unseen, and so does a case that the replay cannot serve. Margins are
 * rounded down, so they may be a little smaller than the checker's.
 *   cert        fits the query; it is not changed
 *   with_facts  n_facts too, which costs as much again
 */
void margins_find(struct cert_notes *notes, struct cert *cert,
                  const struct query *query, bool with_facts);

/* Margin with which a combination (NULL: the default) closes a disjunct at the
 * node of the walk; an empty combination closes nothing. */
double margins_of(struct minimize_walk *walk, uint32_t disjunct,
                  const struct cert_combination *by);

/* The closing of a disjunct among those of a node; NULL: by default. */
const struct cert_closing *margins_closing(const struct cert_tree *tree,
                                           const struct cert_node *node,
                                           uint32_t disjunct);

#endif
