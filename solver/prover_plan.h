/* Boxes that are split again at once, as they are too far from closing. */
#ifndef ASTROLABE_SOLVER_PROVER_PLAN_H
#define ASTROLABE_SOLVER_PROVER_PLAN_H

#include "solver/node.h"
#include "solver/prover.h"

/*
 * Where bounding the neurons of a box is nearly all its cost, every second
 * level of the tree does without if what is missing is so much that, at the
 * pace of the splits before, slopes of their own would not close the children
 * of a box: these are halved at once, at the input that is next by the scores
 * of the box (branch.h). Half of the inner nodes cost nothing then, and the
 * splits are hardly worse: scores change little from one level to the next.
 * Source: own.
 */

/* Forgets the pace, for another case. */
void prover_plan_reset(struct prover *prover);

/* The split of a node that its parent's plan says to split at once, after
 * prover_screen; sets worst and point.
 *   returns false if there is none
 */
bool prover_plan_split(struct split *split, struct prover *prover,
                       const struct node *node);

/* The plan for the children that this split of a node makes, after prover_close
 * or prover_plan_split. */
struct node_plan prover_plan_children(struct prover *prover,
                                      const struct node *node,
                                      const struct split *split);

#endif
