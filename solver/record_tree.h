/* Telling the proof's sink about splits and closed leaves. */
#ifndef ASTROLABE_SOLVER_RECORD_TREE_H
#define ASTROLABE_SOLVER_RECORD_TREE_H

#include "proofs/sink.h"
#include "solver/node.h"
#include "solver/prover.h"

/* Records the split of a node and numbers its two children. */
void record_tree_split(struct sink *sink, const struct layers *layers,
                       const struct split *split, const struct node *node,
                       struct node *const child[2]);

/* Records how the prover closed the node it worked on last. */
void record_tree_close(struct sink *sink, const struct prover *prover,
                       const struct node *node);

#endif
