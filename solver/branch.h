/* Splitting heuristics: which input or neuron to split next. */
#ifndef ASTROLABE_SOLVER_BRANCH_H
#define ASTROLABE_SOLVER_BRANCH_H

#include "solver/node.h"
#include "solver/prover.h"

#include <stdbool.h>

enum branch_rule {
#define BRANCH(id, name, description) BRANCH_##id,
#include "solver/branch.def"
#undef BRANCH
};

/* The rule's name; static storage. */
const char *branch_name(enum branch_rule rule);

/*
 * Chooses a split of the prover's region by the losses and rows that
 * prover_close left.
 *   returns false if the rule has nothing to split: no input interval holds
 *   a double between its ends, or no neuron is unstable
 */
bool branch_choose(struct split *split, enum branch_rule rule,
                   const struct prover *prover);

/*
 * Score of an input j, with w its width, a the rows of the open disjuncts:
 *
 *   sum_r |a_rj| w_j + sum_i loss_i * (s_ij w_j) / (sum_k s_ik w_k)       (1)
 *
 * where loss_i is what relaxing neuron i costs and s_i the |coefficients| of
 * its own linear bounds: the slack of the bound shared out among the inputs.
 * Where nothing is lost every score is 0, and the widest input is taken.
 * Source: own. The box is halved.
 */
bool branch_by_input(struct split *split, const struct prover *prover);

/* Halves input j; false if that is not possible. */
bool branch_halve(struct split *split, const struct prover *prover, size_t j);

/*
 * The neuron of largest loss in the first layer that has unstable neurons
 * with a loss: its literal is then a row over the inputs with the fewest
 * relaxations in it. In networks with other kinds of neurons the value before
 * the neuron of largest loss anywhere, ReLU or not, split at its middle (at 0
 * for ReLUs and S-shaped functions), or the input of branch_by_input if its
 * score is higher: both measure what the split can gain.
 */
bool branch_by_neuron(struct split *split, const struct prover *prover);

#endif
