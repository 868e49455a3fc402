/* Lines of curves, products and scales: FORMAT.md, "Lines of a neuron".
 * SPDX-License-Identifier: MIT */
#ifndef ASTROLABE_PROOFS_CHECK_CHECK_CURVE_H
#define ASTROLABE_PROOFS_CHECK_CHECK_CURVE_H

#include "proofs/check/check_network.h"

#include <stdbool.h>

/*
 * slope[0] * x + intercept[0] <= v <= slope[1] * x + intercept[1], with
 * rest[e][0] * y added in line e if v depends on y too, rest[e][1] * z if on z
 * as well. A line is missing unless `has` says that it is there.
 */
struct check_curve_lines {
    bool has[2];
    double slope[2];
    double rest[2][2];
    double intercept[2];
};

/* For v = f(z), z[0] <= z <= z[1]. */
struct check_curve_lines check_curve_lines(enum check_curve f, mpq_t z[2]);
/* For v = x * y. */
struct check_curve_lines check_product_lines(mpq_t x[2], mpq_t y[2]);
/* For v = c * z. */
struct check_curve_lines check_scale_lines(const struct check_factor *c,
                                           mpq_t z[2]);

/*
 * Ends of f over z[0] <= z <= z[1], of which is_known[e] says whether end e is
 * finite; y[e] is only changed, and true returned in has[e], where an end of
 * the range is known.
 */
void check_curve_range(mpq_t y[2], bool has[2], enum check_curve f, mpq_t z[2],
                       const bool is_known[2]);

/* x rounded to a double below or above it; false if it is 2^1000 or more in
 * size. */
bool check_round(double *rounded, const mpq_t x, bool is_up);

#endif
