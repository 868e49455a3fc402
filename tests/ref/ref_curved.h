/* Small networks with layers of all kinds, and their values in long double. */
#ifndef ASTROLABE_TESTS_REF_REF_CURVED_H
#define ASTROLABE_TESTS_REF_REF_CURVED_H

#include "src/base/rng.h"
#include "src/net/layers.h"

#include <stdbool.h>

enum { REF_CURVED_WIDTH = 4, REF_CURVED_LAYERS = 16 };

/* The function in long double: an error of some 2^-60. */
long double ref_curved_function(enum activation activation, long double z);

/* REF_CURVED_WIDTH inputs, three stages of an affine layer and one or two of
 * other kinds, two outputs. */
struct layers *ref_curved_network(struct rng *rng);

/* All values at x; a scale takes the factor at share t of its interval. */
void ref_curved_eval(long double values[REF_CURVED_LAYERS][REF_CURVED_WIDTH],
                     const struct layers *layers, const double *x, double t);

/* False if some value is not finite or huge, or so near a step that rounding
 * decides on its side. */
bool ref_curved_has_values(
    long double values[REF_CURVED_LAYERS][REF_CURVED_WIDTH],
    const struct layers *layers);

#endif
