/* Bands from the lines of curves, products and scales. */
#include "domains/band.h"

#include "domains/act_curve.h"
#include "domains/act_product.h"

#include <math.h>

struct band band_find(const struct layer *layer, const struct bounds *bounds,
                      size_t i)
{
    static const double NO_HINT = HUGE_VAL;
    struct band band = {0.0, 0.0, -HUGE_VAL, HUGE_VAL};
    const double z[2] = {bounds->lower[layer->source][i],
                         bounds->upper[layer->source][i]};
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
