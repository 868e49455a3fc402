/* Tests on doubles that decide whether arithmetic was exact. */
#ifndef ASTROLABE_NET_EXACT_H
#define ASTROLABE_NET_EXACT_H

#include <math.h>
#include <stdbool.h>

static inline bool is_zero(double x)
{
    return fpclassify(x) == FP_ZERO;
}

static inline bool is_equal(double a, double b)
{
    return a <= b && a >= b;
}

/* True if the rounded sum a + b is the real one (Knuth's two-sum). */
static inline bool is_exact_sum(double a, double b)
{
    const double sum = a + b;
    const double part = sum - a;
    const double lost = (a - (sum - part)) + (b - part);
    return isfinite(sum) && is_zero(lost);
}

/* True if the rounded product a * b is surely the real one: far enough from
 * underflow that the residual is itself a double. */
static inline bool is_exact_product(double a, double b)
{
    const double product = a * b;
    if (is_zero(a) || is_zero(b)) {
        return true;
    }
    return isfinite(product) && fabs(product) > 0x1p-900 &&
           is_zero(fma(a, b, -product));
}

/* True if x is a power of two whose inverse is a double too. */
static inline bool is_power_of_two(double x)
{
    int exponent = 0;
    const double mantissa = frexp(fabs(x), &exponent);
    return isfinite(x) && is_equal(mantissa, 0.5) && exponent > -1000 &&
           exponent < 1000;
}

#endif
