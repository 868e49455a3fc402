/* Transcendental functions enclosed outward in rationals. */
#ifndef ASTROLABE_NUM_TRANSCEND_H
#define ASTROLABE_NUM_TRANSCEND_H

#include <gmp.h>

#include <stdbool.h>

enum transcend {
    TRANSCEND_EXP,
    TRANSCEND_LOG,
    TRANSCEND_SQRT,
    TRANSCEND_SIGMOID, /* 1 / (1 + exp(-x)) */
    TRANSCEND_TANH,
    TRANSCEND_SOFTPLUS, /* log(1 + exp(x)) */
    TRANSCEND_ERF,
    TRANSCEND_SIN,
    TRANSCEND_COS
};

/*
 * Encloses the values of the function on x_lower <= x <= x_upper:
 *   y_lower <= f(x) <= y_upper  for every such x.                      (1)
 * Monotone functions are evaluated at both ends, sine and cosine at the
 * middle with a radius of half the width (their slopes are at most 1 in
 * size). MPFR rounds downwards for the one end and upwards for the other at
 * every operation that is not exact, with `bits` bits (24 to 65536), so that
 * (1) needs no error analysis. y may be x.
 *   y_lower, y_upper  initialised by the caller; dyadic, of about `bits` bits
 *   returns  false, y undefined, if the function has no value somewhere on
 *            the interval (log of 0, sqrt of a negative number) or one that
 *            passes 2^100000 in size
 */
bool transcend_enclose(mpq_t y_lower, mpq_t y_upper, enum transcend function,
                       const mpq_t x_lower, const mpq_t x_upper, long bits);

#endif
