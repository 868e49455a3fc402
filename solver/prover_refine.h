/* Bounds of hidden neurons by branch and bound. */
#ifndef ASTROLABE_SOLVER_PROVER_REFINE_H
#define ASTROLABE_SOLVER_PROVER_REFINE_H

#include "solver/prover.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * most_leaves  of the tree of an end
 * most_madds   of all ascents together: ends left over then stay as they are
 */
struct refine_effort {
    size_t most_leaves;
    double most_madds;
};

/*
 * Narrows the bounds of the unstable neurons of the root, layer by layer from
 * the second on: each end by a tree of its own, of at most so many regions
 * behind splits of earlier neurons, whose least bound holds for the root. The
 * splits and slopes are found in nearest arithmetic (dual.h); the bound of each
 * leaf comes from outward rounded back-substitution. Behind each layer all
 * later ones are bounded anew. A recorded search notes each gain as a split of
 * the neuron at its new end, one side of which the tree shows empty (record.h).
 * After the root has been bounded by prover_hidden_tighten; changes the rows of
 * the dual bound. Stops early when the budget of the run is spent.
 *   n_moved  ends that moved
 *   returns  false if the region is proved empty
 * Where one disjunct alone is open, its atoms hold in the regions
 * (prover_hidden.h), the neuron is stable beyond its end, and splits are of any
 * neurons; the first layer is narrowed as well.
 * Source: the refinement of Singh et al., "Boosting Robustness Certification",
 * ICLR 2019, with the dual bound in place of their MILP.
 */
bool prover_refine(size_t *n_moved, struct prover *prover,
                   const struct node *node, const struct refine_effort *effort);

#endif
