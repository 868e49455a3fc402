/* Neurons of a layer that are copies of each other, or of inputs. */
#ifndef ASTROLABE_SOLVER_COPIES_H
#define ASTROLABE_SOLVER_COPIES_H

#include "src/net/layers.h"

#include <stdint.h>

/* Set in original[i] if neuron i is the negative of the other one. */
#define COPIES_MIRRORED ((uint32_t)1 << 31)

/*
 * Products of two matrices read each of their elements many times, from an
 * affine layer that repeats it. original[i] is the first neuron of the layer
 * that is the same multiple of the same neuron plus the same bias as neuron i,
 * or i itself. Softmax reads x_j - x_i and x_i - x_j: the second one is the
 * first one, mirrored.
 *   returns [width], owned by the caller; NULL if there are no copies
 */
uint32_t *copies_find(const struct layer *layer);

/* No input. */
#define COPIES_NONE UINT32_MAX

/*
 * For each layer the input that each of its values is a copy of, or
 * COPIES_NONE; of layers without such a value, and of those that only affine
 * layers read, NULL. Certificates know the ends of the input of such a value:
 * they change with each split of the input.
 *   returns [n_layers] of [width], for copies_destroy; NULL if neurons read no
 *           copies of inputs, as in most networks
 */
uint32_t **copies_of_inputs(const struct layers *layers);
/* The input that value i of a layer is a copy of by `inputs`, or
 * COPIES_NONE. */
uint32_t copies_input(uint32_t *const *inputs, size_t layer, size_t i);
void copies_destroy(uint32_t **inputs, const struct layers *layers);

#endif
