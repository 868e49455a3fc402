/* Telling the proof's sink about splits and closed leaves. */
#ifndef ASTROLABE_SOLVER_RECORD_TREE_H
#define ASTROLABE_SOLVER_RECORD_TREE_H

#include "proofs/sink.h"
#include "solver/node.h"
#include "solver/prover.h"

/* Records what the prover did at the node it worked on last (record.h) and how
 * the node was split, and numbers its two children. */
void record_tree_split(struct sink *sink, const struct prover *prover,
                       const struct node *node, const struct split *split,
                       struct node *const child[2]);

/* Records how the prover closed the node it worked on last. */
void record_tree_close(struct sink *sink, const struct prover *prover,
                       const struct node *node);

#endif
