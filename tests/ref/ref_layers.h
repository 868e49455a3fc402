/* Twin of the evaluation of lowered layers: plain rationals. */
#ifndef ASTROLABE_TESTS_REF_LAYERS_H
#define ASTROLABE_TESTS_REF_LAYERS_H

#include "src/net/layers.h"

#include <gmp.h>

/* y[n_outputs] (initialised) = the last layer's value at x[n_inputs], by the
 * defining equations (1) and (2) of layers.h, one canonical rational at a
 * time. */
void ref_layers_eval(mpq_t *y, const struct layers *layers, const mpq_t *x);

/* Entry (row, col) of a matrix in either form. */
double ref_matrix_entry(const struct matrix *matrix, size_t row, size_t col);

#endif
