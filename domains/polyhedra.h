/* The polyhedra domain: back-substituted linear bounds of unstable neurons. */
#ifndef ASTROLABE_DOMAINS_POLYHEDRA_H
#define ASTROLABE_DOMAINS_POLYHEDRA_H

#include "domains/domain.h"

/*
 * Layer by layer, first the box domain, then rows +v and -v of the unstable
 * ReLU inputs, of all inputs of other neurons and of all outputs by
 * back-substitution (backward.h), each bounded over the box of the region; its
 * rows are not used. Rounding: (2) of backward.h.
 */
extern const struct domain_ops polyhedra_domain_ops;

#endif
