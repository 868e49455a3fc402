/* Decides cases that are propositional formulas, and proves it. */
#ifndef ASTROLABE_SOLVER_CNF_DECIDE_H
#define ASTROLABE_SOLVER_CNF_DECIDE_H

#include "solver/bab.h"

/*
 * Reads the case as a formula (cnf.h) and decides that. The verdict
 * SOLVER_CLOSED rests on the argument of cnf.h and on a refutation whose
 * leaves are all looked at again.
 *
 * The refutation becomes a proof of proofs/FORMAT.md: deciding x_i is a split
 * of the neuron s_i = 2*x_i - 1. A leaf where clause c is false is closed by
 * the sum of all atoms, (1) of cnf.h. There x_i - max(s_i, 0) is bounded from
 * below by
 *   0          if i is not decided, by the chord max(s_i, 0) <= x_i
 *   x_i        if x_i is false, max(s_i, 0) = 0
 *   1 - x_i    if x_i is true, max(s_i, 0) = s_i
 * where the box makes all of them >= 0; max(z_c, 0) by z_c, the line of slope
 * 1; and max(z_d, 0) for every other d by 0 or, where it is that already, z_d
 * >= 0. Each i in P_c is true and each i in N_c false, so their terms cancel
 * against those of z_c in (2), and what remains is 1 > h. Lower lines have
 * slope 0 by default from three literals on and are given it for two; with
 * fewer the neuron is on.
 *
 *   returns  SOLVER_CLOSED, or SOLVER_WITNESS if the oracle confirmed the
 *            assignment; otherwise SOLVER_OPEN: the search must decide
 */
enum solver_answer cnf_decide(const struct bab_problem *problem,
                              struct stats *stats);

#endif
