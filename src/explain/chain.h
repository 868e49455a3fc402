/* One back-substitution, kept whole: coefficients, lines, constants. */
#ifndef ASTROLABE_EXPLAIN_CHAIN_H
#define ASTROLABE_EXPLAIN_CHAIN_H

#include "proofs/cert.h"
#include "proofs/minimize_walk.h"
#include "solver/replay.h"
#include "src/query/query.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * A row q.v + constant over the layers and what eliminating it from the last
 * layer to the first meets, in nearest arithmetic: for reading, not a bound.
 *   q         [n_layers][width] coefficients with which a layer was met
 *   constant  [n_layers] the row's constant before layer k was eliminated;
 *             of layer 0 that over the inputs
 *   bound     of the row over the box, from both
 *   level_bits  neurons are split at multiples of 2^-level_bits
 */
struct chain {
    struct replay *replay;
    const struct layers *layers;
    int level_bits;
    double **q;
    double *constant;
    double start;
    double bound;
};

/* The line that stands for a ReLU y = max(z, 0), or for a neuron or scale of
 * another kind; `second` is the slope in the second factor of a product. */
enum chain_side { CHAIN_ZERO, CHAIN_EQUAL, CHAIN_LOWER, CHAIN_UPPER };
struct chain_line {
    enum chain_side side;
    double slope;
    double second;
    double intercept;
};

/* The zero row at the node where the replay of the certificate is, of layers
 * without differences; chain_clear is due. */
void chain_init(struct chain *chain, struct replay *replay,
                const struct layers *layers, const struct cert *cert);
void chain_clear(struct chain *chain);

/* Adds the closing of a disjunct at the node of the walk; by NULL or empty:
 * by default, with the atom that does best, whose number is returned (else
 * SIZE_MAX). The chain is run. */
size_t chain_close(struct chain *chain, const struct minimize_walk *walk,
                   const struct query_case *query_case, uint32_t disjunct,
                   const struct cert_combination *by);

/* The line of element i of layer k, which is not affine, for its
 * coefficient. */
struct chain_line chain_line(const struct chain *chain, size_t k, size_t i);

/* Number of layer k among those of neurons. */
size_t chain_relu_of(const struct layers *layers, size_t k);

/* The value that is pre-activation `element` of layer k of neurons. */
struct chain_place {
    size_t layer;
    size_t element;
};
struct chain_place chain_place(const struct layers *layers, size_t k,
                               size_t element);

/* Where the neuron of a node is split. */
double chain_threshold(const struct chain *chain, const struct cert_node *node);

/* Neurons whose line needs bounds: ReLUs met with a negative coefficient, as
 * lower lines of slopes between 0 and 1 hold everywhere, and all others met. */
size_t chain_n_facts(const struct chain *chain);

#endif
