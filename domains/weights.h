/* The matrices of a network laid out for the dense kernels, shared by
 * threads. */
#ifndef ASTROLABE_DOMAINS_WEIGHTS_H
#define ASTROLABE_DOMAINS_WEIGHTS_H

#include "src/net/layers.h"
#include "src/num/tiling.h"

#include <stdbool.h>
#include <stddef.h>

/* Summand t of an affine layer. data is NULL for a CSR matrix; otherwise
 * [n_rows x stride], rows aligned and padded with zeros. tiling is the CSR
 * matrix as copies of tiles, NULL where CSR is better. */
struct weights_term {
    const double *data;
    double *owned; /* the copy behind data, NULL where the matrix serves */
    size_t stride;
    struct tiling *tiling;
};

/*
 * stride      padded width of the layer
 * bias        [stride] padded, NULL unless affine
 * relu        the only user of the layer if that is a ReLU, else SIZE_MAX:
 *             coefficients of its inactive neurons are then zero
 */
struct weights_layer {
    size_t stride;
    double *bias;
    size_t relu;
    struct weights_term *terms;
};

struct weights {
    const struct layers *layers;
    struct weights_layer *layer; /* [n_layers] */
};

/* Makes a workspace fit for all tilings. */
void weights_fit_work(const struct weights *weights, struct tiling_work *work);

/* layers must outlive the weights. Immutable afterwards. */
struct weights *weights_create(const struct layers *layers);
void weights_destroy(struct weights *weights);

#endif
