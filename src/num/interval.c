#include "src/num/interval.h"

#include "src/base/require.h"

#include <math.h>

double interval_up(double x)
{
    return nextafter(x, HUGE_VAL);
}

double interval_down(double x)
{
    return nextafter(x, -HUGE_VAL);
}

double interval_gamma(size_t n)
{
    REQUIRE(n < ((size_t)1 << 40));
    const double nu = (double)n * INTERVAL_UNIT; /* exact: a power of two */
    return interval_up(nu / interval_down(1.0 - nu));
}
