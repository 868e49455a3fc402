/* Lines of curves, products and scales, kept as long as facts stay.
 * SPDX-License-Identifier: MIT */
#ifndef ASTROLABE_PROOFS_CHECK_CHECK_KEPT_H
#define ASTROLABE_PROOFS_CHECK_CHECK_KEPT_H

#include "proofs/check/check_curve.h"
#include "proofs/check/check_region.h"

/* The lines of a coordinate v and what they were made from: the facts of its
 * sources and of v itself. Zeroed: none. */
struct check_kept {
    bool is_known;
    int64_t facts[6];
    struct check_curve_lines lines;
};

/* The lines of element i of a layer of curves, products or scales in the
 * region, FORMAT.md, "Lines of a neuron"; kept[] has one for each coordinate. */
const struct check_curve_lines *
check_kept_get(struct check_kept *kept, const struct check_region *region,
               const struct check_layer *layer, size_t i);

/* The ends of coordinate z as rationals, those that are finite. */
void check_get_ends(mpq_t x[2], bool is_known[2],
                    const struct check_region *region, size_t z);

/* Ends of v_(first + i) from those of its sources, rounded outward: FORMAT.md,
 * "Root". */
void check_curved_ends(int64_t ends[2], const struct check_region *region,
                       const struct check_layer *layer, size_t i);

#endif
