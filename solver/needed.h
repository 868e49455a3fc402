/* Which neurons the outputs that a property reads depend on. */
#ifndef ASTROLABE_SOLVER_NEEDED_H
#define ASTROLABE_SOLVER_NEEDED_H

#include "src/net/layers.h"
#include "src/query/query.h"

#include <stdbool.h>

/*
 * is_needed[k][i] tells whether some output in an atom of the case may depend
 * on neuron i of layer k; neither the atoms nor the bounds of needed neurons
 * change with the bounds of the others. One output of a convolutional network
 * needs no more than a part of the image.
 *   returns [n_layers][width], owned by the caller
 */
bool **needed_find(const struct layers *layers,
                   const struct query_case *query_case);

/* NULL is ignored. */
void needed_destroy(bool **is_needed, const struct layers *layers);

#endif
