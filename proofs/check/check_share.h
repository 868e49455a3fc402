/* Values that add up to 1: FORMAT.md, "Back-substitution".
 * SPDX-License-Identifier: MIT */
#ifndef ASTROLABE_PROOFS_CHECK_CHECK_SHARE_H
#define ASTROLABE_PROOFS_CHECK_CHECK_SHARE_H

#include "proofs/check/check_network.h"

#include <stddef.h>

/* A coefficient, nearly, and how far the lines of its value are apart. */
struct check_weighted {
    double q;
    double gap;
    size_t place;
};

/* The place of the coefficient at which half of the gaps are behind: sorts the
 * n >= 1 of them. */
size_t check_share_median(struct check_weighted *of, size_t n);

/* The most values of one sum in the network. */
size_t check_share_most(const struct check_network *network);

/* Coordinate number k of sum `number` of a layer with shares. */
static inline size_t check_share_at(const struct check_layer *layer,
                                    size_t number, size_t k)
{
    const size_t step = layer->share_step;
    return layer->first + (number / step * layer->n_shares + k) * step +
           number % step;
}

#endif
