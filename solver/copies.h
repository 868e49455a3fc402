/* Neurons of a layer that are copies of each other. */
#ifndef ASTROLABE_SOLVER_COPIES_H
#define ASTROLABE_SOLVER_COPIES_H

#include "src/net/layers.h"

#include <stdint.h>

/*
 * Products of two matrices read each of their elements many times, from an
 * affine layer that repeats it. original[i] is the first neuron of the layer
 * that is the same multiple of the same neuron plus the same bias as neuron i,
 * or i itself.
 *   returns [width], owned by the caller; NULL if there are no copies
 */
uint32_t *copies_find(const struct layer *layer);

#endif
