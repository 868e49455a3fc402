/* Back-substitution: a lower bound of a linear form over a region.
 * SPDX-License-Identifier: MIT */
#ifndef ASTROLABE_PROOFS_CHECK_CHECK_BACK_H
#define ASTROLABE_PROOFS_CHECK_CHECK_BACK_H

#include "proofs/check/check_dyadic.h"
#include "proofs/check/check_network.h"
#include "proofs/check/check_region.h"
#include "proofs/check/check_words.h"

#include <gmp.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* factor times v of a coordinate. */
struct check_goal_term {
    size_t coordinate;
    struct check_dyadic factor;
};

/* A sum of terms, one for each coordinate; those of n .. size - 1 are spare.
 * Zeroed it is the empty sum. */
struct check_goal {
    size_t n;
    size_t size;
    struct check_goal_term *terms;
};

/* Makes it the empty sum again, keeping its storage. */
void check_goal_reset(struct check_goal *goal);
/* Adds factor * 2^exponent times v of the coordinate. */
void check_goal_add(struct check_goal *goal, size_t coordinate,
                    const mpz_t factor, long exponent);
void check_goal_clear(struct check_goal *goal);

/* value; nothing is known (minus infinity) unless is_finite. The value must
 * be initialised. */
struct check_bound {
    bool is_finite;
    struct check_dyadic value;
};

enum check_arithmetic { CHECK_FAST, CHECK_EXACT };

/* Storage of one thread. */
struct check_back;

/* The network must live on, and so must `shared`, another storage for the same
 * network whose prepared weights it uses unless that is NULL. */
struct check_back *check_back_create(const struct check_network *network,
                                     const struct check_back *shared);
void check_back_free(struct check_back *back);

/*
 * FORMAT.md, "Back-substitution": bounds goals[n] from below for all
 * executions in the region, with the region's slopes. In integers of any size
 * the bounds are the values defined there; by words, they are those of section
 * "Arithmetic", mostly a little lower. A goal that words are too short for is
 * done in integers.
 */
void check_back_bounds(struct check_bound *bounds, struct check_back *back,
                       const struct check_region *region,
                       const struct check_goal *goals, size_t n,
                       enum check_arithmetic arithmetic);

/* From now on, goals that are bounded by words, at most CHECK_LANES, leave in
 * `form` what they were replaced by before the inputs; NULL ends this. */
void check_back_keep(struct check_back *back, struct check_form *form);

/* Bounds the n first goals that a form stands for, by words, in a region in
 * which the lines hold that the form was found with. */
void check_back_finish(struct check_bound *bounds, struct check_back *back,
                       const struct check_region *region,
                       const struct check_form *form, size_t n);

/* False if forms depend on the ends of inputs. */
bool check_back_has_forms(const struct check_back *back);

/* Forgets forms of values: the region is another one, or wider. */
void check_back_enter(struct check_back *back);

/*
 * FORMAT.md, "Forms": of z[n], unstable sources of a layer of ReLUs, those that
 * forms settle are narrowed to their ranges. The others come first in z then;
 * their number is returned. Nothing is done for other layers.
 */
size_t check_back_settle(uint32_t *z, size_t n, struct check_back *back,
                         struct check_context *context,
                         const struct check_layer *layer);

/*
 * FORMAT.md, "Refresh": ends[2 * i] and ends[2 * i + 1] receive the lower and
 * upper end of v of coordinate z[i], i < n, in units of 2^-G, rounded outward,
 * CHECK_NO_LOWER and CHECK_NO_UPPER if infinite, found by back-substitution
 * with default slopes.
 */
void check_back_neurons(int64_t *ends, struct check_back *back,
                        const struct check_region *region, const uint32_t *z,
                        size_t n, enum check_arithmetic arithmetic);

/*
 * FORMAT.md, "Refresh": moves ends of check_back_neurons outward where the
 * layer that reads the coordinates is one of signs or floors. fact_bits is G.
 */
void check_back_leave_room(int64_t *ends, size_t n,
                           const struct check_layer *layer, unsigned fact_bits);

/*
 * FORMAT.md, "Context of a node": fills the ends of all coordinates but the
 * inputs by interval evaluation from the ends of the inputs, rounded outward,
 * and the lines of all sources of ReLUs.
 */
void check_back_intervals(struct check_region *region,
                          const struct check_network *network);

/*
 * FORMAT.md, "Renewal": narrows the ends of the layers *next .. end - 1 by
 * interval evaluation from what is known by now, if the network has it; *next
 * is end then. false: nothing is left between some ends.
 */
bool check_back_renew(struct check_context *context,
                      const struct check_back *back, size_t *next, size_t end);
/* The same of all coordinates but those kept, unless that is NULL, in a network
 * without pairs. */
bool check_renew_ends(struct check_context *context,
                      const struct check_network *network, const bool *kept,
                      size_t *next, size_t end);

#endif
