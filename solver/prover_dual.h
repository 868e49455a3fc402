/* Closing and splitting nodes by the optimised dual bound. */
#ifndef ASTROLABE_SOLVER_PROVER_DUAL_H
#define ASTROLABE_SOLVER_PROVER_DUAL_H

#include "solver/dual_state.h"
#include "solver/node.h"
#include "solver/prover.h"

/* Turns to the bounds of a case's root; before the others. */
void prover_dual_set_root(struct prover *prover, const struct bounds *bounds);

/*
 * Refutes open disjuncts of a loaded node behind neuron splits: chooses
 * slopes and multipliers of literals by ascent in nearest arithmetic (dual.h),
 * then evaluates each row that looks positive by outward rounded
 * back-substitution, which alone decides. The bounds of neurons are those of
 * the parent with the node's literals, until the tree below an ancestor proves
 * so large that bounding them anew costs little. Sets open, worst, point.
 *   returns true if no disjunct is open any more
 */
bool prover_dual_close(struct prover *prover, const struct node *node);

/* True if the best split gains so little that the bounds of the neurons are the
 * trouble, not their lines; after prover_dual_close. */
bool prover_dual_is_far(struct prover *prover);

/*
 * Chooses a neuron by looking ahead: of the neurons whose relaxation costs the
 * lowest row most, the one whose two children have the best bounds with the
 * choices at hand. Far from the goal, the one of the largest effect
 * (prover_effect.h). After prover_dual_close.
 *   returns false if no relaxation costs anything
 */
bool prover_dual_branch(struct split *split, struct prover *prover);

/*
 * Refutes the open disjuncts, at most DUAL_ROWS, of a node whose neurons have
 * just been bounded, with slopes from the ascent of a root; the dual bound then
 * turns from the case's root to the node. Notes what it refutes as steps of the
 * record; open stays as it is.
 *   reached  least bound of those it did not refute, in nearest arithmetic
 *   returns true if it refuted all of them
 */
bool prover_dual_close_box(double *reached, struct prover *prover,
                           const struct node *node);

/* Bounds the neurons anew and goes on where prover_dual_close ended, for much
 * longer. */
bool prover_dual_insist(struct prover *prover, const struct node *node);

/* Chooses a neuron whose relaxation would cost something if the multipliers of
 * all literals were positive, for a region that only they can show empty; after
 * prover_dual_branch found none. Returns false if there is none either. */
bool prover_dual_branch_any(struct split *split, struct prover *prover);

/* What the children of the node should start from: passes to the caller. */
struct dual_state *prover_dual_take(struct prover *prover);

#endif
