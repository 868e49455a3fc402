/* Exact values of the nodes that are neither maps nor linear. */
#ifndef ASTROLABE_NET_EVAL_RATIONAL_H
#define ASTROLABE_NET_EVAL_RATIONAL_H

#include "src/net/graph.h"

#include <gmp.h>

#include <stddef.h>

/*
 * y[n], initialised by the caller, from the node's elements z (arguments one
 * after the other, then the pool). Every form but NODE_MAP, NODE_LINEAR and
 * NODE_RELU.
 *   returns  NULL, or why there is no exact rational value: a division by
 *            zero, a root or a function that is not rational there
 */
const char *eval_rational(mpq_t *y, const struct node *node, const mpq_t *z,
                          size_t n);

#endif
