/* Lines of curves, products and scales, kept as long as facts stay.
 * SPDX-License-Identifier: MIT */
#ifndef ASTROLABE_PROOFS_CHECK_CHECK_KEPT_H
#define ASTROLABE_PROOFS_CHECK_CHECK_KEPT_H

#include "proofs/check/check_curve.h"
#include "proofs/check/check_region.h"

/* Of slopes in words; and the least length that is given to them. */
enum { CHECK_SLOPE_BITS = 30, CHECK_LEAST_LENGTH = -64 };

/*
 * The same lines for words, a little wider apart: v is at least, [0], or at
 * most, [1],
 *   (slope[e] * x + rest[e][0] * y + rest[e][1] * z) * 2^-shift
 *       + offset[e] * 2^-G.
 *   n_sources     1, 2 with y, 3 with z
 *   length        the slopes are below 2^length; shift = CHECK_SLOPE_BITS -
 *                 length
 *   slope, rest   at most 2^CHECK_SLOPE_BITS in size
 *   offset        at most 2^60 in size
 *   least         v is at least that many units of 2^-G; or CHECK_NO_LOWER
 */
struct check_word_lines {
    size_t n_sources;
    bool has[2];
    long length;
    long shift;
    int64_t slope[2];
    int64_t rest[2][2];
    int64_t offset[2];
    int64_t least;
};

/* The lines of a coordinate v and what they were made from: the ends of its
 * sources and of v itself; gap, nearly, is how far they are apart in the middle
 * of the first source. Zeroed: none. */
struct check_kept {
    bool is_known;
    int64_t ends[8];
    struct check_curve_lines lines;
    struct check_word_lines words;
    double gap;
};

/* The lines of element i of a layer that is neither affine nor of ReLUs in the
 * region, FORMAT.md, "Lines of a neuron"; kept[] has one for each
 * coordinate. */
const struct check_kept *check_kept_get(struct check_kept *kept,
                                        const struct check_region *region,
                                        const struct check_layer *layer,
                                        size_t i);

/* Whether refreshing bounds pre-activation i of a layer of neurons: FORMAT.md,
 * "Refresh". */
bool check_can_gain(const struct check_region *region,
                    const struct check_layer *layer, size_t i);

/* The ends of coordinate z as rationals, those that are finite. */
void check_get_ends(mpq_t x[2], bool is_known[2],
                    const struct check_region *region, size_t z);

/* Ends of v_(first + i) from those of its sources, rounded outward: FORMAT.md,
 * "Root". */
void check_curved_ends(int64_t ends[2], const struct check_region *region,
                       const struct check_layer *layer, size_t i);

#endif
