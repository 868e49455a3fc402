/* Lower and upper bounds of every neuron of every layer. */
#include "domains/bounds.h"

#include "src/base/alloc.h"
#include "src/base/require.h"

#include <assert.h>
#include <math.h>
#include <string.h>

static const double STILL = 0x1p-32;

void bounds_init(struct bounds *bounds, const struct layers *layers)
{
    *bounds = (struct bounds){.n_layers = layers->n_layers};
    for (size_t k = 0; k < layers->n_layers; k++) {
        bounds->n_total += layers->layer[k].width;
    }
    NEW_ARRAY(bounds->lower, bounds->n_layers);
    NEW_ARRAY(bounds->upper, bounds->n_layers);
    NEW_ALIGNED(bounds->block, 2 * bounds->n_total);
    double *next = bounds->block;
    for (size_t k = 0; k < layers->n_layers; k++) {
        bounds->lower[k] = next;
        bounds->upper[k] = next + bounds->n_total;
        next += layers->layer[k].width;
    }
    for (size_t i = 0; i < bounds->n_total; i++) {
        bounds->block[i] = -HUGE_VAL;
        bounds->block[bounds->n_total + i] = HUGE_VAL;
    }
}

void bounds_clear(struct bounds *bounds)
{
    alloc_free(bounds->lower);
    alloc_free(bounds->upper);
    alloc_free(bounds->block);
    *bounds = (struct bounds){0};
}

void bounds_copy(struct bounds *bounds, const struct bounds *from)
{
    REQUIRE(bounds->n_layers == from->n_layers);
    REQUIRE(bounds->n_total == from->n_total);
    if (bounds != from) {
        memcpy(bounds->block, from->block,
               2 * from->n_total * sizeof *from->block);
    }
}

enum phase bounds_phase(double lower, double upper)
{
    assert(!isnan(lower) && !isnan(upper));
    if (lower >= 0.0) {
        return PHASE_ACTIVE;
    }
    return upper <= 0.0 ? PHASE_INACTIVE : PHASE_UNSTABLE;
}

bool bounds_is_still(double lower, double upper)
{
    const double width = upper - lower;
    return width >= 0.0 &&
           (width <= STILL || width <= -STILL * lower ||
            width <= STILL * upper) &&
           isfinite(width);
}

bool bounds_is_empty(const struct bounds *bounds)
{
    for (size_t i = 0; i < bounds->n_total; i++) {
        if (bounds->block[i] > bounds->block[bounds->n_total + i]) {
            return true;
        }
    }
    return false;
}
