/* Several networks as one; products of its values; inner tensors as outputs. */
#ifndef ASTROLABE_NET_NET_JOIN_H
#define ASTROLABE_NET_NET_JOIN_H

#include "src/base/error.h"
#include "src/base/status.h"
#include "src/net/net.h"

#include <stddef.h>

/*
 * Inputs that are others plus a constant: input element i of all networks is
 * element source[i] <= i plus offset[i]. The elements with source[i] == i
 * (and offset 0) remain inputs, the others do not.
 *   n     elements of all inputs, or 0: every element remains
 *   kept  number of element source[i] among the n_kept that remain
 */
struct net_ties {
    size_t n;
    size_t n_kept;
    size_t *source;
    size_t *kept;
    double *offset;
};

/* The product of two values: of elements of the inputs (as declared, before
 * ties), then of the outputs, then of products of lower rank. Products of one
 * rank make one layer. */
struct net_product {
    size_t left;
    size_t right;
    size_t rank;
};

/* What the joined network has beside its parts. */
struct net_extras {
    struct net_ties ties;
    size_t n_products;
    struct net_product *products; /* ascending by rank */
};

/* Makes the tensor of this name one more output, the last one; n bytes of the
 * name. STATUS_BAD_INPUT if the network computes no such tensor,
 * STATUS_UNSUPPORTED if it has indices. */
enum status net_add_output(struct net *net, const char *name, size_t n,
                           struct error *error);

/*
 * One network with the inputs of all n parts, their outputs, and the products
 * as further outputs; nodes of parts[0] come first. The digest is that of
 * the digests one after the other. The parts are taken over in every case. A
 * single part without extras comes back as it is; no other one has indices.
 */
struct net *net_join(struct net **parts, size_t n,
                     const struct net_extras *extras);

#endif
