/* Affine layers at a batch of points through dense products: of matrices that
 * are dense, or of the tiles of others. */
#ifndef ASTROLABE_ATTACK_TILES_H
#define ASTROLABE_ATTACK_TILES_H

#include "src/net/layers.h"
#include "src/num/tiling.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 *   layers  not owned
 *   tiling  [n_layers][n_terms], NULL entries where a matrix is dense or CSR
 *           is better
 *   transposed  [n_layers][n_terms], M^T [n_cols x n_rows] of dense matrices,
 *           NULL entries where a matrix is none or large
 *   packed, result, every, met   scratch of one product
 */
struct tiles {
    const struct layers *layers;
    const struct dense_kernels *kernels;
    struct tiling ***tiling;
    double ***transposed;
    double *packed;
    double *result;
    uint32_t *every;
    uint32_t *met;
};

/* Finds tiles and transposes dense matrices, for batches of at most `capacity`
 * points, a multiple of DENSE_LANES. */
void tiles_init(struct tiles *tiles, const struct layers *layers,
                size_t capacity);
void tiles_clear(struct tiles *tiles);

/*
 * Operands of a product: element i at point j is x[i*batch + j], y likewise.
 *   layer, term  which matrix M
 *   y, x         64-byte aligned, batch a multiple of DENSE_LANES
 */
struct tiles_product {
    size_t layer;
    size_t term;
    size_t batch;
    double *y;
    const double *x;
};

/* y += M x and y += M^T x at each point, nearest rounding, any order of
 * summation; false, with y as it was, if M has neither tiles nor M^T. */
bool tiles_add_product(struct tiles *tiles,
                       const struct tiles_product *product);
bool tiles_add_transposed(struct tiles *tiles,
                          const struct tiles_product *product);

#endif
