/* The lines that bound a ReLU, from the facts about its input.
 * SPDX-License-Identifier: MIT */
#ifndef ASTROLABE_PROOFS_CHECK_CHECK_ACTIVATION_H
#define ASTROLABE_PROOFS_CHECK_CHECK_ACTIVATION_H

#include <stdbool.h>
#include <stdint.h>

/* Sums and products of the fixed-point rules fit in 128 bits. */
__extension__ typedef __int128 check_wide;

/* *value becomes floor(*value * 2^shift); false if that is not from
 * -2^most_bits to 2^most_bits, where most_bits <= 126. */
bool check_wide_scale(check_wide *value, long shift, long most_bits);

/* Facts lower <= z <= upper in units of 2^-G; the ends of int64_t mean that
 * there is no fact. Others are below CHECK_MOST_FACT in size. */
#define CHECK_NO_LOWER  INT64_MIN
#define CHECK_NO_UPPER  INT64_MAX
#define CHECK_MOST_FACT ((int64_t)1 << 62)

enum check_phase { CHECK_ACTIVE, CHECK_INACTIVE, CHECK_UNSTABLE };

/*
 * For y = max(z, 0), FORMAT.md, "Lines of a neuron":
 *   CHECK_ACTIVE     y = z;   CHECK_INACTIVE  y = 0
 *   CHECK_UNSTABLE   y >= z if is_identity_below, else y >= 0;
 *                    y <= slope * 2^-S * z + intercept * 2^-(S+G) if has_upper
 * For words, offset is intercept * 2^-S rounded up, and
 *   error  min(u, -l), the most that c * z with 0 <= c <= 1 loses if c is
 *          rounded to 0 (is_rounded_up: to 1)
 */
struct check_line {
    enum check_phase phase;
    bool is_identity_below;
    bool has_upper;
    bool is_rounded_up;
    int64_t slope; /* 0 .. 2^S */
    check_wide intercept;
    int64_t offset;
    int64_t error;
};

/* lower <= upper. */
struct check_line check_line_get(int64_t lower, int64_t upper,
                                 unsigned slope_bits);

#endif
