/* Rows that combine atoms, neurons and literals before back-substitution. */
#ifndef ASTROLABE_SOLVER_PROVER_JOINT_H
#define ASTROLABE_SOLVER_PROVER_JOINT_H

#include "solver/prover.h"

/*
 * A certificate names only multipliers: the checker adds up the atoms and
 * literals first and back-substitutes their sum. Behind literals that may give
 * less than the sum of rows that were back-substituted one by one, for outside
 * the literals' region, but inside the box, the two lines of a neuron may
 * cross. What is recorded must close in the checker's way.
 */

/* Lower bound, over the box, of the combination of atoms and literals that the
 * terms `first` .. of the record are; -infinity if it is not finite. */
double prover_joint_bound(struct prover *prover, size_t first);

/* The lemmas of a block: the layer whose values they bound; the number of its
 * first value among the pre-activations of its neurons; whether these are not
 * ReLUs; where the lemmas and their terms begin in the record. */
struct prover_lemmas {
    size_t layer;
    size_t offset;
    bool is_curved;
    size_t first;
    size_t first_term;
};

/*
 * Back-substitutes the lemmas of a block in one go, tightens the bounds by
 * what they give, and drops those that show no ReLU stable and gain less
 * than `gain` of the interval.
 */
void prover_join_lemmas(struct prover *prover, struct prover_lemmas lemmas,
                        double gain);

#endif
