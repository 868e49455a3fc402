/* Forms of values over the inputs, from the first layer on: what they show to
 * be stable needs no back-substitution.
 * SPDX-License-Identifier: MIT */
#ifndef ASTROLABE_PROOFS_CHECK_CHECK_AHEAD_H
#define ASTROLABE_PROOFS_CHECK_CHECK_AHEAD_H

#include "proofs/check/check_kept.h"
#include "proofs/check/check_lanes.h"
#include "proofs/check/check_matrix.h"
#include "proofs/check/check_network.h"
#include "proofs/check/check_region.h"

/* FORMAT.md, "Forms": least neurons of the network and of a layer, most inputs
 * that may vary, and how many times the distance of a range from 0 its length
 * may be. */
enum {
    CHECK_AHEAD_NEURONS = 8192,
    CHECK_AHEAD_WIDTH = 64,
    CHECK_AHEAD_INPUTS = 16,
    CHECK_AHEAD_ROOM = 8
};

/* Forms of one region after the other; of one thread. */
struct check_ahead;

/* The network must live on, and so must matrices[n_layers], those of affine
 * layers, and kept[n_coordinates], NULL without curves. */
struct check_ahead *check_ahead_create(const struct check_network *network,
                                       const struct check_matrix *matrices,
                                       struct check_kept *kept);
void check_ahead_free(struct check_ahead *ahead);

/* Turns to another region: no form is known. */
void check_ahead_reset(struct check_ahead *ahead);

/*
 * range[0] and range[1] receive ends of v of
 * coordinate z in units of 2^-G, rounded outward. Forms of the layers up to
 * that of z are found first, from the facts and lines of this moment, where
 * they are not known; the region may be narrowed between calls, not widened.
 *   returns false if there is no form: too many inputs vary, or something is
 *   infinite or too large
 */
bool check_ahead_range(int64_t range[2], struct check_ahead *ahead,
                       const struct check_region *region, uint32_t z);

/* FORMAT.md, "Forms": the same if these forms settle z, an unstable source of a
 * layer of ReLUs. */
bool check_ahead_settles(int64_t range[2], struct check_ahead *ahead,
                         const struct check_region *region, uint32_t z);

#endif
