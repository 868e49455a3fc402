/* Windows of convolutions and pools from their attributes. */
#ifndef ASTROLABE_NET_GEOMETRY_H
#define ASTROLABE_NET_GEOMETRY_H

#include "src/net/graph.h"
#include "src/net/import.h"

#include <stddef.h>

/* What the attributes leave open: kernel[] of a convolution comes from its
 * weights (0: kernel_shape must be there); pad_end[] after the last element. */
struct geometry {
    size_t n_axes; /* 1 or 2 */
    size_t kernel[2];
    size_t pad_end[2];
    bool has_ceil_mode; /* the operator knows the attribute ceil_mode */
};

/*
 * Reads kernel_shape, strides, dilations, pads, auto_pad (and ceil_mode) and
 * fills in, out, kernel, stride, dilation and pad of the window; axis 0 of a
 * 1-D operator is a single line.
 *   x        input [batch, channels, spatial...] of rank 3 or 4
 *   returns  STATUS_OK; STATUS_BAD_INPUT; STATUS_UNSUPPORTED
 */
enum status geometry_read(struct window *window, struct geometry *geometry,
                          struct import *import, const struct shape *x);

/* Shape [n_batch, channels, out...] with the rank of x. */
struct shape geometry_shape(const struct window *window,
                            const struct geometry *geometry);

#endif
