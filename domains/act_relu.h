/* relu(z) = max(z, 0) on [l, u] between two lines. */
#ifndef ASTROLABE_DOMAINS_ACT_RELU_H
#define ASTROLABE_DOMAINS_ACT_RELU_H

/* The line slope * z + intercept. */
struct act_line {
    double slope;
    double intercept;
};

/*
 * A line above: for all real z in [l, u], as the doubles stand,
 *   relu(z) <= slope * z + intercept.                                     (1)
 * Since relu(z) - slope z is convex, (1) holds iff it holds at both ends:
 *   intercept >= relu(l) - slope l,  intercept >= relu(u) - slope u.      (2)
 * Unstable: 0 <= slope <= 1 is the nearest chord u/(u-l), the intercept is
 * (2) rounded up: u(1-slope) and -slope l are off by three roundings at
 * most, hence multiplied by 1 + 2^-50 and raised by 2^-1072.
 * Active and inactive: the exact lines z and 0.
 *   l <= u, finite
 */
struct act_line act_relu_upper(double l, double u);

/*
 * The same with the slope of an unstable neuron rounded to a multiple of
 * 2^-ACT_SLOPE_BITS, as certificates have it; (2) makes it sound again.
 */
enum { ACT_SLOPE_BITS = 16 };
struct act_line act_relu_upper_short(double l, double u);

/*
 * A line below, valid for every z, not only in [l, u]:
 *   relu(z) >= slope * z,  0 <= slope <= 1,  intercept = 0.               (3)
 * Unstable: slope 1 if 64 u > -63 l, else 0: the smaller area, but symmetric
 * ends, which are frequent, are clear of the change, where rounding errors
 * would decide otherwise than the checker. Active 1, inactive 0.
 */
struct act_line act_relu_lower(double l, double u);

#endif
