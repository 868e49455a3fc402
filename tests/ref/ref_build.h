/* Small exact-layer networks built by hand, layer by layer. */
#ifndef ASTROLABE_TESTS_REF_REF_BUILD_H
#define ASTROLABE_TESTS_REF_REF_BUILD_H

#include "src/net/layers.h"

#include <stddef.h>

/* A network with only its input layer; freed with layers_destroy. */
struct layers *ref_build_begin(size_t n_inputs);

/* Appends bias + W v[source]; weights [width x width of source] row-major;
 * bias [width] or NULL for zeros. Returns the layer's number. */
size_t ref_build_affine(struct layers *layers, size_t source, size_t width,
                        const double *weights, const double *bias);

/* Adds another summand W v[source] to the last layer. */
void ref_build_term(struct layers *layers, size_t source,
                    const double *weights);

/* Appends a ReLU of `source`; returns the layer's number. */
size_t ref_build_relu(struct layers *layers, size_t source);

/* Appends activation(v[source]), v[source] * v[other] (of equal width), or
 * v[source] times factors between lower and upper [width]; returns the
 * layer's number. */
size_t ref_build_activation(struct layers *layers, size_t source,
                            enum activation activation);
size_t ref_build_product(struct layers *layers, size_t source, size_t other);
size_t ref_build_scale(struct layers *layers, size_t source,
                       const double *lower, const double *upper);

/* Turns a matrix into CSR, without zeros. */
void ref_build_to_csr(struct matrix *matrix);

/* Turns all matrices into CSR, without zeros, or into dense ones. */
void ref_build_sparsify(struct layers *layers);
void ref_build_densify(struct layers *layers);

#endif
