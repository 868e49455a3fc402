/* Back-substitution of several goals in words, rounded to the safe side.
 * SPDX-License-Identifier: MIT */
#ifndef ASTROLABE_PROOFS_CHECK_CHECK_WORDS_H
#define ASTROLABE_PROOFS_CHECK_CHECK_WORDS_H

#include "proofs/check/check_kept.h"
#include "proofs/check/check_lanes.h"
#include "proofs/check/check_network.h"
#include "proofs/check/check_region.h"

/* Sums are in units of 2^-CHECK_SUM_BITS. */
enum { CHECK_SUM_BITS = 64 };

/*
 *   n_lanes  that are used
 *   sums     [CHECK_LANES] what the goals were replaced by
 *   is_dead  [CHECK_LANES] a number was too long or an upper line is missing:
 *            the lane means nothing
 *   kept     [n_coordinates] lines of curves, products and scales; NULL without
 */
struct check_words {
    size_t n_lanes;
    bool is_dead[CHECK_LANES];
    check_wide sums[CHECK_LANES];
    struct check_kept *kept;
    struct check_lanes_state *state;
};

/*
 * Goals after all coordinates but the inputs were replaced: linear forms of the
 * inputs, below the goals wherever the lines of all neurons hold. Zeroed it is
 * not known; only its q and used are to be freed then.
 *   q     [n_inputs] q of inputs outside of the part's window mean nothing
 *   used  set of inputs: the coefficients of others are 0
 */
struct check_form {
    bool is_known;
    size_t n_lanes;
    bool is_dead[CHECK_LANES];
    check_wide sums[CHECK_LANES];
    struct check_part part;
    check_lanes *q;
    uint64_t *used;
};

/* The network must live on, and `shared`, whose weights are used, or NULL. */
void check_words_init(struct check_words *words,
                      const struct check_network *network,
                      const struct check_words *shared);
void check_words_clear(struct check_words *words);

/* Makes all lanes 0, of which the first n_lanes are used. */
void check_words_reset(struct check_words *words, size_t n_lanes);
/* Adds c * v of the coordinate to a lane, where q * 2^exponent <= c <=
 * (q + units) * 2^exponent. */
void check_words_add(struct check_words *words, size_t lane, size_t coordinate,
                     const int64_t q_units[2], long exponent);
/* FORMAT.md, "Arithmetic": replaces all coordinates. `form` receives what was
 * left of the goals before their inputs, unless it is NULL. */
void check_words_run(struct check_words *words,
                     const struct check_region *region, bool use_slopes,
                     struct check_form *form);
/* Replaces the inputs of a known form. */
void check_words_finish(struct check_words *words,
                        const struct check_region *region,
                        const struct check_form *form);
/* False if lines of neurons may depend on the ends of inputs. */
bool check_words_have_forms(const struct check_words *words);

#endif
