/* Bounds of hidden neurons, each with slopes of its own. */
#ifndef ASTROLABE_SOLVER_PROVER_HIDDEN_H
#define ASTROLABE_SOLVER_PROVER_HIDDEN_H

#include "solver/dual.h"
#include "solver/prover.h"

#include <stddef.h>

/*
 * most_madds  multiply-adds of all ascents together if none stops early
 * least_cost  the share of what all neurons cost that those left out may
 * end         of the ascent of an end
 * by_effect   the cost is the effect (prover_effect.h), else that to row 0
 * alone
 */
struct hidden_effort {
    double most_madds;
    double least_cost;
    struct dual_effort end;
    bool by_effect;
};

/*
 * Narrows the bounds of the unstable neurons whose upper lines cost the rows
 * of the dual bound most: slopes are chosen for either end by ascent in nearest
 * arithmetic (dual.h), the bound comes from outward rounded back-substitution
 * with them and with multipliers of the literals below the neuron. A recorded
 * search notes each gain as a step with a lemma. Where one disjunct alone is
 * open, its atoms have multipliers as well: the bounds hold for what satisfies
 * them, for nothing else is left to be refuted. Asks row 0 of the dual bound
 * what lines cost, after dual_bound of a row of the node; changes the rows.
 * Stops early when the budget of the run is spent. Returns the number of ends
 * that moved.
 * Source: Xu et al., "Fast and Complete", ICLR 2021; with atoms Kotha et al.,
 * "Provably Bounding Neural Network Preimages", NeurIPS 2023.
 */
size_t prover_hidden_tighten(struct prover *prover, const struct node *node,
                             const struct hidden_effort *effort);

/* The least bound of z of a neuron, or of -z if is_upper, that is worth having;
 * infinity if none is. */
double prover_hidden_least(const struct prover *prover,
                           const struct dual_neuron *neuron, bool is_upper);

/* True if a bound is, and does not cross the other end. */
bool prover_hidden_gains(const struct prover *prover,
                         const struct dual_neuron *neuron, bool is_upper,
                         double bound);

/* Takes over that z >= bound or, if is_upper, -z >= bound. */
void prover_hidden_move(struct prover *prover, const struct dual_neuron *neuron,
                        bool is_upper, double bound);

/* Bounds the neurons behind those that literals or such bounds have changed
 * anew, as a step of the record, which moves n_ends ends by trees; false if the
 * region is empty. */
bool prover_hidden_spread(struct prover *prover, const struct node *node,
                          size_t n_ends);

#endif
