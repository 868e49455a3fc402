/* Which context of its group a bit or number of the stream is coded in. */
#ifndef ASTROLABE_PROOFS_CERT_CONTEXT_H
#define ASTROLABE_PROOFS_CERT_CONTEXT_H

#include "proofs/cert_walk.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* By what is above: nothing or a split of an input in its middle or at a grid
 * point 0, a split of an input at a fraction 1, a split of a neuron 2. */
size_t cert_context_above(const struct cert_walk *walk);

/* LEAF, INPUT and THRESHOLD of the visited node; bit: 0 "not the midpoint", 1
 * "on the grid". */
size_t cert_context_leaf(const struct cert_walk *walk);
size_t cert_context_input(const struct cert_walk *walk);
size_t cert_context_threshold(const struct cert_walk *walk, size_t bit);

/* REFRESH of ReLU layer relu, before being the bit of the layer before it. */
size_t cert_context_refresh(const struct cert_walk *walk, bool is_leaf,
                            size_t relu, bool before);

/* The number before in a list; CERT_NONE for the first one. */
size_t cert_context_list(uint32_t before);

/* An element of a ReLU layer, an exponent beside its mantissa. */
size_t cert_context_element(uint32_t relu);
size_t cert_context_exponent(uint64_t mantissa);

#endif
