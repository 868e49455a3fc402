/* Random networks with curves and products that stay in range. */
#ifndef ASTROLABE_TESTS_REF_REF_CURVES_H
#define ASTROLABE_TESTS_REF_REF_CURVES_H

#include "src/base/rng.h"
#include "src/net/layers.h"

#include <stddef.h>

/* The width of all layers. */
enum { REF_CURVES = 3 };

/*
 * A network under construction.
 *   any    layer of one activation of positive sums
 *   other  layer of the tanh or sine of any sums
 *   bias   of the positive sums
 */
struct ref_curves {
    struct layers *layers;
    size_t any;
    size_t other;
    double bias[REF_CURVES];
};

/* Begins a network; layer `any` has one of the first n_activations. */
void ref_curves_begin(struct ref_curves *curves, struct rng *rng,
                      size_t n_activations);

/* Appends sums of layer `source` with weights between -most and most, and the
 * same bias. Returns the layers, owned by the caller. */
struct layers *ref_curves_end(struct ref_curves *curves, struct rng *rng,
                              size_t source, double most);

/* n random numbers. */
void ref_curves_fill(double *values, size_t n, struct rng *rng, double lower,
                     double upper);

#endif
