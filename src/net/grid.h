/* Windows over any number of spatial axes, from the attributes. */
#ifndef ASTROLABE_NET_GRID_H
#define ASTROLABE_NET_GRID_H

#include "src/net/import.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { GRID_AXES = SHAPE_RANK - 2 };

/* Per spatial axis; pads may be negative for transposed convolutions. */
struct grid {
    size_t n_axes;
    size_t in[GRID_AXES];
    size_t out[GRID_AXES];
    size_t kernel[GRID_AXES];
    size_t stride[GRID_AXES];
    size_t dilation[GRID_AXES];
    int64_t pad[GRID_AXES];
    int64_t pad_end[GRID_AXES];
};

enum grid_kind { GRID_CONV, GRID_POOL, GRID_TRANSPOSED };

/*
 * Reads kernel_shape, strides, dilations, pads and auto_pad, for pools
 * ceil_mode, for transposed convolutions output_padding and output_shape.
 *   x       input [batch, channels, spatial...]
 *   kernel  [spatial] sizes of the weights, or NULL: kernel_shape is needed
 */
enum status grid_read(struct grid *grid, struct import *import,
                      const struct shape *x, const size_t *kernel,
                      enum grid_kind kind);

/* Products over all spatial axes. */
size_t grid_n_in(const struct grid *grid);
size_t grid_n_out(const struct grid *grid);
size_t grid_n_kernel(const struct grid *grid);

/* [batch, channels, out...] */
struct shape grid_shape(const struct grid *grid, size_t n_batch,
                        size_t n_channels);

/* Input position that output position o sees through kernel position k (all
 * row-major numbers); false if it lies outside. */
bool grid_look(size_t *in, const struct grid *grid, size_t o, size_t k,
               bool is_transposed);

#endif
