/* Bands from the lines of neurons. */
#include "domains/band.h"

#include "domains/act_curve.h"
#include "domains/act_product.h"
#include "domains/act_relu.h"
#include "src/num/interval.h"

#include <math.h>

/* An unstable ReLU is between slope z and slope z + intercept of its upper
 * line. */
static struct band find_relu(double l, double u)
{
    if (bounds_phase(l, u) != PHASE_UNSTABLE) {
        const double slope = bounds_phase(l, u) == PHASE_ACTIVE ? 1.0 : 0.0;
        return (struct band){.slope = slope};
    }
    if (!isfinite(l) || !isfinite(u)) {
        return (struct band){.lower = -HUGE_VAL, .upper = HUGE_VAL};
    }
    const struct act_line line = act_relu_upper(l, u);
    return (struct band){.slope = line.slope, .upper = line.intercept};
}

struct band band_find(const struct layer *layer, const struct bounds *bounds,
                      size_t i)
{
    static const double NO_HINT = HUGE_VAL;
    struct band band = {0.0, 0.0, -HUGE_VAL, HUGE_VAL};
    const double z[2] = {bounds->lower[layer->source][i],
                         bounds->upper[layer->source][i]};
    if (layer->kind == LAYER_RELU) {
        return find_relu(z[0], z[1]);
    }
    if (!isfinite(z[0]) || !isfinite(z[1])) {
        return band;
    }
    if (layer->kind == LAYER_PRODUCT) {
        const double w[2] = {bounds->lower[layer->other][i],
                             bounds->upper[layer->other][i]};
        const struct act_planes planes = act_product_planes(z, w);
        band = (struct band){planes.first, planes.second, planes.lower,
                             planes.upper};
    } else if (layer->kind == LAYER_SCALE) {
        const double factor[2] = {layer->factor_lower[i],
                                  layer->factor_upper[i]};
        const struct act_lines lines = act_scale_lines(factor, z[0], z[1]);
        band = (struct band){lines.lower.slope, 0.0, lines.lower.intercept,
                             lines.upper.intercept};
    } else if (layer->kind == LAYER_ACTIVATION) {
        const enum activation f = layer->activation;
        const struct act_lines lines = act_curve_lines(f, z[0], z[1]);
        band.slope = 0.5 * (lines.lower.slope + lines.upper.slope);
        band.lower = act_curve_least(f, band.slope, NO_HINT, z[0], z[1]);
        band.upper = act_curve_greatest(f, band.slope, NO_HINT, z[0], z[1]);
    }
    return band;
}

struct band band_between_lines(const struct layer *layer,
                               const struct bounds *bounds, size_t i)
{
    struct band band = band_find(layer, bounds, i);
    const double z[2] = {bounds->lower[layer->source][i],
                         bounds->upper[layer->source][i]};
    if (layer->kind == LAYER_RELU && isfinite(band.upper)) {
        const struct act_line line = act_relu_upper_short(z[0], z[1]);
        band.slope = line.slope;
        band.upper = line.intercept;
    } else if (layer->kind == LAYER_ACTIVATION && isfinite(band.lower) &&
               isfinite(band.upper)) {
        const struct act_lines lines =
            act_curve_lines(layer->activation, z[0], z[1]);
        const double below = lines.lower.slope - band.slope;
        const double above = lines.upper.slope - band.slope;
        band.lower =
            interval_down(lines.lower.intercept +
                          interval_down(below * z[below < 0.0 ? 1 : 0]));
        band.upper = interval_up(lines.upper.intercept +
                                 interval_up(above * z[above < 0.0 ? 0 : 1]));
    }
    return band;
}
