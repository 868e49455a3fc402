/* Corners of a box. */
#include "domains/act_product.h"

#include "src/num/interval.h"

#include <math.h>

static double middle_down(const double x[2])
{
    const double middle = 0.5 * x[0] + 0.5 * x[1];
    return ldexp(floor(ldexp(middle, ACT_SLOPE_BITS)), -ACT_SLOPE_BITS);
}

struct act_planes act_product_planes(const double x[2], const double y[2])
{
    const struct act_planes none = {0.0, 0.0, -HUGE_VAL, HUGE_VAL};
    struct act_planes planes = {middle_down(y), middle_down(x), HUGE_VAL,
                                -HUGE_VAL};
    for (int corner = 0; corner < 4; corner++) {
        const double a = x[corner & 1];
        const double b = y[corner >> 1];
        const double value = a * b - planes.first * a - planes.second * b;
        const double size =
            fabs(a * b) + fabs(planes.first * a) + fabs(planes.second * b);
        const double pad = 0x1p-50 * size + 0x1p-1060;
        if (!isfinite(size)) {
            return none;
        }
        planes.lower = fmin(planes.lower, value - pad);
        planes.upper = fmax(planes.upper, value + pad);
    }
    return planes;
}

void act_product_range(double *lower, double *upper, const double x[2],
                       const double y[2])
{
    double low = HUGE_VAL;
    double high = -HUGE_VAL;
    for (int corner = 0; corner < 4; corner++) {
        const double product = x[corner & 1] * y[corner >> 1];
        if (isnan(product)) {
            low = -HUGE_VAL;
            high = HUGE_VAL;
        }
        low = product < low ? product : low;
        high = product > high ? product : high;
    }
    *lower = interval_down(low);
    *upper = interval_up(high);
}

struct act_lines act_scale_lines(const double factor[2], double l, double u)
{
    const double wide =
        factor[1] > factor[0] ? interval_up(factor[1] - factor[0]) : 0.0;
    const double down = l < 0.0 && wide > 0.0 ? interval_down(wide * l) : 0.0;
    const double up = u > 0.0 && wide > 0.0 ? interval_up(wide * u) : 0.0;
    return (struct act_lines){{factor[0], isnan(down) ? -HUGE_VAL : down},
                              {factor[0], isnan(up) ? HUGE_VAL : up}};
}
