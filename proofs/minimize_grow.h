/* Further splits in the place of records: for minimize*.c only. */
#ifndef ASTROLABE_PROOFS_MINIMIZE_GROW_H
#define ASTROLABE_PROOFS_MINIMIZE_GROW_H

#include "proofs/minimize_walk.h"

#include <stdbool.h>

/*
 * Splits the leaf in work, just prepared without records of its own, and what
 * comes of it, at midpoints of inputs until all closes by default or by
 * combinations that are looked for. The new leaves refresh what it does.
 *   n_splits  at most so many; then how many were made
 *   returns   true if all closes; else the tree is as it was. The node is in
 *             work in both cases.
 */
bool minimize_grow(struct minimize_walk *walk, size_t *n_splits,
                   const struct budget *budget);

#endif
