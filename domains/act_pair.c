/* Corners of a polygon, cut where one of the ReLUs bends. */
#include "domains/act_pair.h"

#include "domains/act_curve.h"
#include "src/num/interval.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>

/* Values at which corners may lie: both ends, and 0 between them. */
struct places {
    size_t n;
    double at[3];
};

/* The most corners: two of a, b and d are given each time. */
enum { MOST_CORNERS = 9 + 6 + 6 };

/* A corner, and max(b, 0) - max(a, 0) there. */
struct corner {
    double first;
    double second;
    double difference;
    double value;
    double size; /* |a| + |b| + |d| */
};

struct polygon {
    size_t n;
    struct corner corner[MOST_CORNERS];
};

static struct places places_of(const double ends[2], bool has_bend)
{
    struct places places = {2, {ends[0], ends[1], 0.0}};
    if (has_bend && ends[0] < 0.0 && ends[1] > 0.0) {
        places.n = 3;
    }
    return places;
}

/* Adds a corner, the last of whose three values was computed from the others
 * and may be off by a rounding. */
static void add_corner(struct polygon *polygon, double a, double b, double d,
                       double computed, const double ends[2])
{
    const double size = fabs(a) + fabs(b) + fabs(d);
    const double slack = 0x1p-50 * size;
    if (computed >= ends[0] - slack && computed <= ends[1] + slack) {
        polygon->corner[polygon->n++] =
            (struct corner){a, b, d, fmax(b, 0.0) - fmax(a, 0.0), size};
    }
}

static void find_corners(struct polygon *polygon, const struct act_triple *z)
{
    const struct places a = places_of(z->first, true);
    const struct places b = places_of(z->second, true);
    const struct places d = places_of(z->difference, false);
    polygon->n = 0;
    for (size_t i = 0; i < a.n; i++) {
        for (size_t j = 0; j < b.n; j++) {
            const double computed = b.at[j] - a.at[i];
            add_corner(polygon, a.at[i], b.at[j], computed, computed,
                       z->difference);
        }
    }
    for (size_t j = 0; j < d.n; j++) {
        for (size_t i = 0; i < a.n; i++) {
            const double computed = a.at[i] + d.at[j];
            add_corner(polygon, a.at[i], computed, d.at[j], computed,
                       z->second);
        }
        for (size_t i = 0; i < b.n; i++) {
            const double computed = b.at[i] - d.at[j];
            add_corner(polygon, computed, b.at[i], d.at[j], computed, z->first);
        }
    }
}

/* Sets the intercept; returns how far the plane is away at most. */
static double set_intercept(struct act_pair_plane *plane,
                            const struct polygon *polygon, bool is_upper)
{
    double low = HUGE_VAL;
    double high = -HUGE_VAL;
    double pad = 0.0;
    for (size_t i = 0; i < polygon->n; i++) {
        const struct corner *corner = &polygon->corner[i];
        const double value = corner->value - plane->first * corner->first -
                             plane->second * corner->second -
                             plane->difference * corner->difference;
        low = value < low ? value : low;
        high = value > high ? value : high;
        pad = corner->size > pad ? corner->size : pad;
    }
    pad = 0x1p-47 * pad + 0x1p-1060;
    if (polygon->n == 0) {
        plane->intercept = 0.0; /* no value is left */
        return 0.0;
    }
    plane->intercept = is_upper ? high + pad : low - pad;
    return high - low;
}

static double rounded(double slope)
{
    return ldexp(floor(ldexp(slope, ACT_SLOPE_BITS) + 0.5), -ACT_SLOPE_BITS);
}

/* Slopes below and above max(z, 0). */
static void relu_slopes(double slope[2], const double z[2])
{
    if (z[0] >= 0.0 || z[1] <= 0.0) {
        slope[0] = slope[1] = z[0] >= 0.0 ? 1.0 : 0.0;
        return;
    }
    slope[0] = z[1] > -z[0] ? 1.0 : 0.0;
    slope[1] = rounded(z[1] / (z[1] - z[0]));
}

/* Slopes below and above the difference, in d. */
static void band_slopes(double slope[2], const double d[2])
{
    if (d[0] >= 0.0 || d[1] <= 0.0) {
        slope[0] = d[0] >= 0.0 ? 0.0 : 1.0;
        slope[1] = d[0] >= 0.0 ? 1.0 : 0.0;
        return;
    }
    slope[0] = rounded(-d[0] / (d[1] - d[0]));
    slope[1] = rounded(d[1] / (d[1] - d[0]));
}

static bool is_stable(const double z[2])
{
    return z[0] >= 0.0 || z[1] <= 0.0;
}

static bool is_finite(const struct act_triple *z)
{
    return isfinite(z->first[0]) && isfinite(z->first[1]) &&
           isfinite(z->second[0]) && isfinite(z->second[1]) &&
           isfinite(z->difference[0]) && isfinite(z->difference[1]);
}

/* x - y rounded down, exact where that is a double. */
static double minus_down(double x, double y)
{
    const double difference = x - y;
    const bool is_exact = !(difference + y < x) && !(difference + y > x) &&
                          !(x - difference < y) && !(x - difference > y);
    return is_exact ? difference : interval_down(difference);
}

/* What the ends say of each other, each from the two others as given. */
static struct act_triple narrow(const struct act_triple *z)
{
    const double *a = z->first;
    const double *b = z->second;
    const double *d = z->difference;
    return (struct act_triple){{fmax(a[0], minus_down(b[0], d[1])),
                                fmin(a[1], -minus_down(d[0], b[1]))},
                               {fmax(b[0], minus_down(a[0], -d[0])),
                                fmin(b[1], -minus_down(-d[1], a[1]))},
                               {fmax(d[0], minus_down(b[0], a[1])),
                                fmin(d[1], -minus_down(a[0], b[1]))}};
}

/* The slopes of line e of both ReLUs, one minus the other. */
static struct act_pair_plane apart_plane(const struct act_triple *narrowed,
                                         size_t e)
{
    double first[2];
    double second[2];
    relu_slopes(first, narrowed->first);
    relu_slopes(second, narrowed->second);
    const double shared = second[e] < first[1 - e] ? second[e] : first[1 - e];
    return (struct act_pair_plane){shared - first[1 - e], second[e] - shared,
                                   shared, 0.0};
}

struct act_pair_planes act_pair_planes(const struct act_triple *z)
{
    struct act_pair_planes planes = {{0.0, 0.0, 0.0, -HUGE_VAL},
                                     {0.0, 0.0, 0.0, HUGE_VAL}};
    struct polygon polygon;
    double band[2];
    if (!is_finite(z)) {
        return planes;
    }
    const struct act_triple narrowed = narrow(z);
    const bool is_exact =
        is_stable(narrowed.first) && is_stable(narrowed.second);
    planes.lower = apart_plane(&narrowed, 0);
    planes.upper = apart_plane(&narrowed, 1);
    if (is_exact) {
        return planes;
    }
    find_corners(&polygon, z);
    band_slopes(band, narrowed.difference);
    for (size_t e = 0; e < 2; e++) {
        struct act_pair_plane *plane = e == 0 ? &planes.lower : &planes.upper;
        struct act_pair_plane close = {0.0, 0.0, band[e], 0.0};
        const double far_apart = set_intercept(plane, &polygon, e == 1);
        const double far_close = set_intercept(&close, &polygon, e == 1);
        if (far_close < far_apart) {
            *plane = close;
        }
    }
    return planes;
}

void act_pair_range(double *lower, double *upper, const struct act_triple *z)
{
    const double *a = z->first;
    const double *b = z->second;
    const double *d = z->difference;
    const double low = fmax(b[0], 0.0) - fmax(a[1], 0.0);
    const double high = fmax(b[1], 0.0) - fmax(a[0], 0.0);
    *lower = isnan(low) ? -HUGE_VAL : interval_down(low);
    *upper = isnan(high) ? HUGE_VAL : interval_up(high);
    *lower = fmax(*lower, fmin(d[0], 0.0));
    *upper = fmin(*upper, fmax(d[1], 0.0));
}

struct act_triple act_pair_ends(const struct layer *layer,
                                const struct bounds *bounds, size_t i)
{
    return (struct act_triple){
        {bounds->lower[layer->base][i], bounds->upper[layer->base][i]},
        {bounds->lower[layer->other][i], bounds->upper[layer->other][i]},
        {bounds->lower[layer->source][i], bounds->upper[layer->source][i]}};
}

bool act_pair_is_exact_at(const struct layer *layer,
                          const struct bounds *bounds, size_t i)
{
    const struct act_triple ends = act_pair_ends(layer, bounds, i);
    const struct act_triple narrowed = narrow(&ends);
    return is_stable(narrowed.first) && is_stable(narrowed.second);
}
