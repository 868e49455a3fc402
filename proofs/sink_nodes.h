/* What a sink holds, for the builder of certificates. */
#ifndef ASTROLABE_PROOFS_SINK_NODES_H
#define ASTROLABE_PROOFS_SINK_NODES_H

#include "proofs/cert.h"
#include "proofs/sink.h"
#include "src/base/vec.h"

#include <stddef.h>
#include <stdint.h>

/* The kind of a node that is neither split nor closed. */
enum { SINK_OPEN = UINT8_MAX };

/*
 * tree     nodes of all roots, in the numbering of the sink
 * refusal  why no certificate can express the recording; NULL if one can
 */
struct sink {
    struct cert_tree tree;
    VEC(uint32_t) roots;
    const char *refusal;
};

/* Number of the first root whose tree has no open node; CERT_NONE if there
 * is none. */
uint32_t sink_find_complete(const struct sink *sink);

#endif
