/* Parallel lines and planes around neurons, for forms. */
#ifndef ASTROLABE_DOMAINS_BAND_H
#define ASTROLABE_DOMAINS_BAND_H

#include "domains/bounds.h"

#include <stddef.h>

/* slope z + second w + [lower, upper] contains the value of a neuron, z and w
 * those of its source and of the other factor of a product. */
struct band {
    double slope;
    double second;
    double lower;
    double upper;
};

/*
 * The band of neuron i of a layer of ReLUs, activations, products or scales
 * from the bounds of its sources: of an unstable ReLU the one of least area
 * (zonotope.h), of a curve with the middle slope of act_curve_lines, of others
 * their planes (act_product.h). Infinite ends if nothing is known, as of all
 * other kinds of layers.
 */
struct band band_find(const struct layer *layer, const struct bounds *bounds,
                      size_t i);

/*
 * The same by the lines that a checker of certificates has, up to its rounding:
 * around both lines of a curve in [l, u], which is wider; of a ReLU with a
 * slope that is a multiple of 2^-ACT_SLOPE_BITS. Those of curves are such
 * multiples: their differences are exact.
 */
struct band band_between_lines(const struct layer *layer,
                               const struct bounds *bounds, size_t i);

#endif
