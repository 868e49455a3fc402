/* Outward steps and the rounding-error factor for sums of doubles. */
#ifndef ASTROLABE_NUM_INTERVAL_H
#define ASTROLABE_NUM_INTERVAL_H

#include <stddef.h>

/* u = 2^-53, the unit roundoff of double; h = 2^-1074, its least subnormal. */
#define INTERVAL_UNIT  0x1p-53
#define INTERVAL_LEAST 0x1p-1074

/* Next double above (below); finite overflow gives the infinity. */
double interval_up(double x);
double interval_down(double x);

/* The tighter of a lower (upper) bound and a newly proved one; a NaN proves
 * nothing. */
static inline double interval_raise(double lower, double proved)
{
    return proved > lower ? proved : lower;
}
static inline double interval_reduce(double upper, double proved)
{
    return proved < upper ? proved : upper;
}

/*
 * Upper bound of gamma_n = n*u / (1 - n*u), u = 2^-53; REQUIREs n < 2^40.
 * A sum or dot product of n terms in nearest rounding, in any order, with
 * or without fused multiply-adds, is off by at most gamma_n times the sum of
 * the absolute terms, plus n*h if products underflow. Source: Higham,
 * "Accuracy and Stability of Numerical Algorithms", 2nd ed., section 3.1.
 */
double interval_gamma(size_t n);

#endif
