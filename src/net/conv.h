/* Convolutions over any number of axes as sums of products. */
#ifndef ASTROLABE_NET_CONV_H
#define ASTROLABE_NET_CONV_H

#include "src/net/grid.h"
#include "src/net/import.h"

/*
 * *y = x convolved with w, no bias; attributes are read from the node.
 *   x     [batch, channels, spatial...]
 *   w     [out, channels / group, kernel...]; transposed: [channels,
 *         out / group, kernel...]
 *   kind  GRID_CONV or GRID_TRANSPOSED
 */
enum status conv_build(const struct tensor **y, struct import *import,
                       const struct tensor *x, const struct tensor *w,
                       enum grid_kind kind);

#endif
