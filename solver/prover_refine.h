/* Bounds of hidden neurons by branch and bound. */
#ifndef ASTROLABE_SOLVER_PROVER_REFINE_H
#define ASTROLABE_SOLVER_PROVER_REFINE_H

#include "solver/prover.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * Narrows the bounds of the unstable neurons of the root, layer by layer from
 * the second on: each end by a tree of its own, of at most most_leaves regions
 * behind splits of earlier neurons, whose least bound holds for the root. The
 * splits and slopes are found in nearest arithmetic (dual.h); the bound of each
 * leaf comes from outward rounded back-substitution. Behind each layer all later
 * ones are bounded anew. A recorded search notes each gain as a split of the
 * neuron at its new end, one side of which the tree shows empty (record.h).
 * After prover_dual_close of the root; changes the rows of the dual bound. Stops
 * early when the budget is spent.
 *   n_moved  ends that moved
 *   returns  false if the region is proved empty
 * Source: the refinement of Singh et al., "Boosting Robustness Certification",
 * ICLR 2019, with the dual bound in place of their MILP.
 */
bool prover_refine(size_t *n_moved, struct prover *prover,
                   const struct node *node, size_t most_leaves);

#endif
