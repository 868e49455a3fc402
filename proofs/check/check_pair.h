/* Two networks with the differences of their ReLUs: FORMAT.md, "Differences".
 * SPDX-License-Identifier: MIT */
#ifndef ASTROLABE_PROOFS_CHECK_CHECK_PAIR_H
#define ASTROLABE_PROOFS_CHECK_CHECK_PAIR_H

#include "proofs/check/check_curve.h"
#include "proofs/check/check_network.h"
#include "proofs/check/check_region.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The network joined from two, which must live on, with the values of the
 * second one's ReLUs there again by way of differences; for check_pairs_free.
 * Ends in check_reject if the networks do not correspond.
 */
struct check_network *check_pairs_create(const struct check_network *joined);
void check_pairs_free(struct check_network *paired);

/* Lines of element i of a layer of differences; no lines unless all ends are
 * finite. */
struct check_curve_lines check_pair_lines(const struct check_region *region,
                                          const struct check_layer *layer,
                                          size_t i);

/* Ends of element i from those of its sources. */
void check_pair_ends(int64_t ends[2], const struct check_region *region,
                     const struct check_layer *layer, size_t i);

/* Whether the lines of element i are equations: both ReLUs are stable. */
bool check_pair_is_exact(const struct check_region *region,
                         const struct check_layer *layer, size_t i);

#endif
