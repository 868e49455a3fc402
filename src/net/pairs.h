/* Two networks whose ReLUs correspond, with differences instead of the second
 * one's. */
#ifndef ASTROLABE_NET_PAIRS_H
#define ASTROLABE_NET_PAIRS_H

#include "src/net/layers.h"
#include "src/net/net.h"

#include <stdbool.h>

/*
 * Layers with the same outputs as `layers`, which are those of a net that was
 * joined from two. Layer r of neurons of the second network is paired with
 * layer r of the first one; if both are ReLUs, max(b, 0) of the second, where
 * the first has max(a, 0), is there again as
 *
 *   max(a, 0) + w,   w = max(b, 0) - max(a, 0),   d = b - a:
 *
 * an affine layer for d, a LAYER_DIFFERENCE for w and an affine layer for the
 * sum, one after the other, behind all other layers. Affine layers that read
 * such values, directly or by others, are there again too; d and the outputs
 * are made of those. Bounds of w depend on those of d, in which what both
 * networks have in common cancels out; a and b have the bounds that they have
 * anyway. proofs/FORMAT.md, "Differences".
 *   returns NULL unless the net has two networks with the same number of layers
 *           of neurons, of the same kinds and widths, some of them ReLUs; else
 *           new layers, for layers_destroy
 */
struct layers *pairs_create(const struct net *net, const struct layers *layers);

/*
 * Whether the arguments of paired ReLUs differ by less, over points of the box
 * lower .. upper [n_inputs], than those of the first network vary: by at most
 * half as much, all ReLUs taken together. Then differences have the closer
 * bounds. An estimate in nearest arithmetic at points that are always the same.
 */
bool pairs_are_near(const struct layers *paired, const double *lower,
                    const double *upper);

#endif
