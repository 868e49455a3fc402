/* Back-substitution: a lower bound of a linear form over a region.
 * SPDX-License-Identifier: MIT */
#ifndef ASTROLABE_PROOFS_CHECK_CHECK_BACK_H
#define ASTROLABE_PROOFS_CHECK_CHECK_BACK_H

#include "proofs/check/check_activation.h"
#include "proofs/check/check_base.h"

#include <gmp.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define check_region     check_old_region
#define check_goal_add   check_old_goal_add
#define check_goal_clear check_old_goal_clear

/*
 * What holds in a region, in units of 2^-box_bits and 2^-fact_bits.
 *   box    [2 * n_inputs] box[2 * i] <= x_i <= box[2 * i + 1]
 *   fact   [2 * n_neurons] fact[2 * i] <= z_i <= fact[2 * i + 1], where z_i
 *          belongs to base coordinate n_inputs + i
 *   line   [n_neurons] of check_line_get for these facts
 */
struct check_region {
    unsigned box_bits;
    unsigned fact_bits;
    unsigned slope_bits;
    int64_t *box;
    int64_t *fact;
    struct check_line *line;
};

/* coefficient * 2^exponent times v of base coordinate `coordinate`, or times
 * its z if is_before (a neuron's then). */
struct check_goal_term {
    size_t coordinate;
    bool is_before;
    mpz_t coefficient;
    long exponent;
};

/* A sum of terms, one for each v or z. Those of n .. size - 1 are spare. */
struct check_goal {
    size_t n;
    size_t size;
    struct check_goal_term *terms;
};

/* Adds coefficient * 2^exponent times v, or z if is_before. */
void check_goal_add(struct check_goal *goal, size_t coordinate, bool is_before,
                    const mpz_t coefficient, long exponent);
void check_goal_clear(struct check_goal *goal);

/* value * 2^exponent; nothing is known unless is_finite. */
struct check_bound {
    bool is_finite;
    long exponent;
    mpz_t value;
};

/* Storage of the two evaluations below, for one base. */
struct check_exact;
struct check_fixed;

struct check_exact *check_exact_create(const struct check_base *base);
void check_exact_free(struct check_exact *exact);
struct check_fixed *check_fixed_create(const struct check_base *base);
void check_fixed_free(struct check_fixed *fixed);

/*
 * FORMAT.md, "Back-substitution": bounds the goal from below for all
 * executions in the region. check_exact_bound gives the value that is defined
 * there. check_fixed_bounds gives each of bounds[n], goals[n] a value by
 * section "Fixed-point evaluation", mostly a little lower, or false in
 * is_done[n] if its words were too short.
 */
void check_exact_bound(struct check_bound *bound, struct check_exact *exact,
                       const struct check_region *region,
                       const struct check_goal *goal);
void check_fixed_bounds(struct check_bound *bounds, bool *is_done,
                        struct check_fixed *fixed,
                        const struct check_region *region,
                        const struct check_goal *goals, size_t n);

#endif
