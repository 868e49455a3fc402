/* The zonotope domain: affine forms over noise symbols in [-1, 1]. */
#ifndef ASTROLABE_DOMAINS_ZONOTOPE_H
#define ASTROLABE_DOMAINS_ZONOTOPE_H

#include "domains/domain.h"

/*
 * Every neuron is an affine form (1) of forms.h with |s_k| <= 1: one symbol
 * per input of non-zero width and one per unstable ReLU, shared by all
 * layers. With [l, u] the bounds of z so far, z unstable, the band of least
 * area that contains relu is, by (1), (3) of act_relu.h for the slope
 * s = u/(u-l) and its intercept t,
 *
 *   s z <= relu(z) <= s z + t,   y = s z + m + m s_new,  m >= t/2.        (1)
 *
 * Neurons of other kinds have a band of parallel lines or planes likewise
 * (act_curve.h, act_product.h), or their interval where that is no wider.
 * The bounds of every layer but those of ReLUs are the intersection of what
 * came in, of the interval image of its sources (box.h) and of the range of
 * its form.
 * Symbols beyond a limit set by the memory they would take go to the error
 * term instead: still a bound, but uncorrelated.
 * Source: Ghorbal, Goubault, Putot, "The Zonotope Abstract Domain Taylor1+",
 * CAV 2009; Singh et al., "Fast and Effective Robustness Certification",
 * NeurIPS 2018 (the band of least area).
 */
extern const struct domain_ops zonotope_domain_ops;

#endif
