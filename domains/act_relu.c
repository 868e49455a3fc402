/* relu(z) = max(z, 0) on [l, u] between two lines. */
#include "domains/act_relu.h"

#include "domains/bounds.h"

#include <assert.h>
#include <math.h>

/* The line of a slope in [0, 1] above relu on [l, u], l < 0 < u, by (2). */
static struct act_line line_above(double slope, double l, double u)
{
    assert(0.0 <= slope && slope <= 1.0);
    const double at_l = -slope * l;
    const double at_u = u * (1.0 - slope);
    const double end = at_l > at_u ? at_l : at_u;
    const double intercept = end * (1.0 + 0x1p-50) + 0x1p-1072;
    return (struct act_line){slope, intercept};
}

struct act_line act_relu_upper(double l, double u)
{
    assert(isfinite(l) && isfinite(u) && l <= u);
    switch (bounds_phase(l, u)) {
    case PHASE_ACTIVE:
        return (struct act_line){1.0, 0.0};
    case PHASE_INACTIVE:
        return (struct act_line){0.0, 0.0};
    case PHASE_UNSTABLE:
        break;
    }
    /* u - l may overflow: then the slope is 0, and (2) still decides. */
    return line_above(u / (u - l), l, u);
}

struct act_line act_relu_upper_short(double l, double u)
{
    const struct act_line line = act_relu_upper(l, u);
    if (bounds_phase(l, u) != PHASE_UNSTABLE) {
        return line;
    }
    return line_above(
        ldexp(nearbyint(ldexp(line.slope, ACT_SLOPE_BITS)), -ACT_SLOPE_BITS), l,
        u);
}

struct act_line act_relu_lower(double l, double u)
{
    assert(!isnan(l) && !isnan(u));
    const enum phase phase = bounds_phase(l, u);
    const int is_steep = phase == PHASE_ACTIVE ||
                         (phase == PHASE_UNSTABLE && 64.0 * u > -63.0 * l);
    return (struct act_line){is_steep ? 1.0 : 0.0, 0.0};
}
