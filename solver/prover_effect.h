/* What lines of neurons cost, also by way of the bounds of later neurons. */
#ifndef ASTROLABE_SOLVER_PROVER_EFFECT_H
#define ASTROLABE_SOLVER_PROVER_EFFECT_H

#include "solver/prover.h"

/*
 * An estimate of what row 0 of the dual bound would gain without the gap
 * between the ReLU and its upper line, for each neuron that is unstable at the
 * root; effect[n_unstable], 0 for neurons that are stable or split at the node:
 *
 *   effect_i = C_i t_i,   t = -l u / (u - l),
 *   C_i      = max(-q_i, 0) + sum over rows r of later neurons k of
 *              C_k w_r max(-q^r_i, 0),
 *
 * with the coefficient q_i that row 0 meets the neuron with, q^r_i that of the
 * row that bounds z_k from above (r = u) or below, and what t_k gains by the
 * bound, w_u = dt/du = l^2 / (u - l)^2 and w_l = -dt/dl = u^2 / (u - l)^2. Rows
 * have the slopes chosen by default; only some of the neurons of each layer
 * count, those of the largest effect. In nearest arithmetic: it only chooses.
 *
 * After dual_bound of a row of the loaded node; changes the rows.
 * Source: own, after the indirect effect of Henriksen and Lomuscio,
 * "DEEPSPLIT", IJCAI 2021.
 */
void prover_effect(double *effect, struct prover *prover);

/* The same without the bounds of later neurons, C_i = max(-q_i, 0); keeps the
 * rows. */
void prover_effect_alone(double *effect, const struct prover *prover);

#endif
