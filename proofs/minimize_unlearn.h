/* Nodes without their lemmas: for minimize*.c only. */
#ifndef ASTROLABE_PROOFS_MINIMIZE_UNLEARN_H
#define ASTROLABE_PROOFS_MINIMIZE_UNLEARN_H

#include "proofs/minimize.h"
#include "proofs/minimize_walk.h"

/* Takes the lemmas of as many nodes as it can, all of a node or none; leaves
 * may get other combinations, or become trees. The walk, just started, ends somewhere. */
void minimize_unlearn(struct minimize_walk *walk,
                      const struct minimize_options *options);

#endif
