/* What a sink holds, for the builder of certificates. */
#ifndef ASTROLABE_PROOFS_SINK_NODES_H
#define ASTROLABE_PROOFS_SINK_NODES_H

#include "proofs/sink.h"
#include "src/base/vec.h"

#include <stddef.h>
#include <stdint.h>

enum sink_state {
    SINK_STATE_OPEN,
    SINK_STATE_INPUT,    /* index: input; default threshold */
    SINK_STATE_INPUT_AT, /* index: input; element: place in thresholds */
    SINK_STATE_NEURON,   /* index: ReLU number; element: its element */
    SINK_STATE_LEAF,     /* closed by the default */
    SINK_STATE_LEAF_WITH /* index: place in closings; element: how many */
};

/* child: number of child 0; 0 for open nodes and leaves. state holds an
 * enum sink_state in fewer bytes. */
struct sink_node {
    uint32_t child;
    uint32_t index;
    uint32_t element;
    uint8_t state;
};

/* mantissa * 2^exponent > 0, mantissa odd. */
struct sink_term {
    uint32_t index;
    uint16_t mantissa;
    int16_t exponent;
};

/* terms[first ..]: the atoms, then the literals; none: the default. */
struct sink_entry {
    size_t first;
    uint32_t n_atoms;
    uint32_t n_literals;
};

struct sink {
    VEC(struct sink_node) nodes;
    VEC(uint32_t) roots;
    VEC(double) thresholds;
    VEC(struct sink_entry) closings;
    VEC(struct sink_term) terms;
};

/* Number of the first root whose tree has no open node; UINT32_MAX if there
 * is none. */
uint32_t sink_find_complete(const struct sink *sink);

#endif
