/* Closing and splitting nodes by the optimised dual bound. */
#ifndef ASTROLABE_SOLVER_PROVER_DUAL_H
#define ASTROLABE_SOLVER_PROVER_DUAL_H

#include "solver/node.h"
#include "solver/prover.h"

/*
 * Where a node stopped in raising its dual bound, for its children to start
 * from: per open disjunct, slopes or multipliers of the neurons that are
 * unstable at the root, and weights of the atoms.
 *   disjunct  [n_rows]
 *   choice    [n_rows x n_unstable]
 *   eta       [n_rows x most_atoms]
 *   told      [n_unstable] slopes that the record has set at the node or above
 */
struct dual_state {
    size_t n_rows;
    uint32_t *disjunct;
    float *choice;
    float *eta;
    float *told;
};

void dual_state_destroy(struct dual_state *state);

/* Turns to the bounds of a case's root; before the others. */
void prover_dual_set_root(struct prover *prover, const struct bounds *bounds);

/*
 * Refutes open disjuncts of a loaded node behind neuron splits: chooses
 * slopes and multipliers of literals by ascent in nearest arithmetic (dual.h),
 * then evaluates each row that looks positive by outward rounded
 * back-substitution, which alone decides. The bounds of neurons are those of
 * the parent with the node's literals. Sets open, worst, point.
 *   returns true if no disjunct is open any more
 */
bool prover_dual_close(struct prover *prover, const struct node *node);

/*
 * Chooses a neuron by looking ahead: of the neurons whose relaxation costs the
 * lowest row most, the one whose two children have the best bounds with the
 * choices at hand. After prover_dual_close.
 *   returns false if no relaxation costs anything
 */
bool prover_dual_branch(struct split *split, struct prover *prover);

/* What the children of the node should start from: passes to the caller. */
struct dual_state *prover_dual_take(struct prover *prover);

#endif
