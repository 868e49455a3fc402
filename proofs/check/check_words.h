/* Back-substitution of several goals in words, rounded to the safe side.
 * SPDX-License-Identifier: MIT */
#ifndef ASTROLABE_PROOFS_CHECK_CHECK_WORDS_H
#define ASTROLABE_PROOFS_CHECK_CHECK_WORDS_H

#include "proofs/check/check_matrix.h"
#include "proofs/check/check_region.h"

/* Sums are in units of 2^-CHECK_SUM_BITS. */
enum { CHECK_SUM_BITS = 64 };

/*
 * Coefficients of the coordinates first .. first + width - 1, in each lane
 *   q * 2^exponent <= coefficient <= (q + units) * 2^exponent             (1)
 * for the coordinates low .. end - 1, 0 for the others. If n is the length of
 * `bits`, -2^n <= q < 2^n for all q; bits are 0 only if all q are.
 */
struct check_part {
    size_t first;
    size_t width;
    size_t low;
    size_t end;
    check_lanes exponent;
    check_lanes bits;
    check_lanes units;
};

/*
 * coefficients . v + sum <= goal in each lane.
 *   is_dead  [CHECK_LANES] a number was too long or an upper line is missing:
 *            the lane means nothing
 *   q        [n_coordinates]
 */
struct check_words {
    const struct check_network *network;
    struct check_matrix *matrices; /* [n_layers], affine ones used */
    bool has_own_matrices;
    struct check_part *parts; /* [n_layers + 1] inputs, layers */
    uint32_t *part;           /* [n_coordinates] */
    void *block;              /* of the vectors below */
    check_lanes *q;
    check_lanes *z;   /* [widest layer] factors of rows */
    check_lanes *sum; /* [widest matrix] */
    uint32_t *row;    /* [widest layer] rows with factors */
    size_t (*window)[2];
    bool is_dead[CHECK_LANES];
    check_wide sums[CHECK_LANES];
};

struct check_words *check_words_create(const struct check_network *network,
                                       const struct check_words *shared);
void check_words_free(struct check_words *words);

/* All lanes empty; add to a lane a coefficient between q and q + units, in
 * units of 2^exponent; replace all coordinates by constants. */
void check_words_reset(struct check_words *words);
void check_words_add(struct check_words *words, size_t lane, size_t coordinate,
                     const int64_t q_units[2], long exponent);
void check_words_run(struct check_words *words,
                     const struct check_region *region, bool use_slopes);

#endif
