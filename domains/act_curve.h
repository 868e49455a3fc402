/* Lines around the functions of src/net/activation.def, and their ranges. */
#ifndef ASTROLABE_DOMAINS_ACT_CURVE_H
#define ASTROLABE_DOMAINS_ACT_CURVE_H

#include "domains/act_relu.h"
#include "src/net/activation.h"

/*
 * Bounds rest on libm: every function of activation.def and its derivative is
 * computed with a relative error below 2^-40 plus 2^-1000 (the functions of
 * glibc are off by less than 16 units in the last place, 2^-49; the few
 * operations around them and the argument -z*z of the derivative of erf,
 * |z| < 28, cost less than 2^-42). All bounds are padded by that.         (1)
 */

/* lower.slope z + lower.intercept <= f(z) <= upper.slope z + upper.intercept
 * for all real z in [l, u] at which f has a value. */
struct act_lines {
    struct act_line lower;
    struct act_line upper;
};

/*
 * Lines with slopes that are multiples of 2^-ACT_SLOPE_BITS, D = f', chord
 * (f(u) - f(l)) / (u - l), or D(l) if u - l < 2^-20:
 *   convex on [l, u]     upper chord, lower D((l + u) / 2)
 *   concave              mirrored
 *   S-shaped, l < 0 < u  upper chord if D(u) >= chord, else D(d) for the
 *                        greater d of (l + u) / 2 and the one with
 *                        D(d) (d - l) = f(d) - f(l), from which on tangents
 *                        lie above: the least area; lower mirrored
 *   sin, cos otherwise   both the chord; beyond one period, both 0
 *   sign, floor          those of the convex hull, the upper side at
 *                        (31 l + 33 u) / 64, the lower at (33 l + 31 u) / 64:
 *                        the least area, but symmetric ends are clear of the
 *                        change
 * Intercepts are bounds by act_curve_least. Where an end is infinite or f has
 * no value, the lines are the range, with slope 0, at worst infinite.
 *   l <= u
 */
struct act_lines act_curve_lines(enum activation activation, double l,
                                 double u);

/*
 * A number not above f(z) - slope z for any z in [l, u], by pieces on which f
 * bends one way: a convex one lies above each of its tangents, a concave one
 * is least at its ends, a constant one is linear. Convex pieces use the
 * tangent at `hint` if they hold it, else that with the slope wanted.
 * Between multiples of pi, sin bends one way up to 2^-50 max(|l|, |u|, 1) in
 * its second derivative, as multiples of pi are no doubles: that costs less
 * than 8 times as much.
 *   l <= u, finite; slope finite; -infinity if f has no value somewhere
 */
double act_curve_least(enum activation activation, double slope, double hint,
                       double l, double u);

/* The same from above: not below f(z) - slope z. */
double act_curve_greatest(enum activation activation, double slope, double hint,
                          double l, double u);

/* f([l, u]) within [lower, upper], rounded outward; infinite where nothing is
 * known. The ends of the interval may be infinite. */
void act_curve_range(double *lower, double *upper, enum activation activation,
                     double l, double u);

#endif
