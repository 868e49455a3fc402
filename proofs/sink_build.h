/* A recorded tree as the tree of a certificate. */
#ifndef ASTROLABE_PROOFS_SINK_BUILD_H
#define ASTROLABE_PROOFS_SINK_BUILD_H

#include "proofs/cert.h"
#include "proofs/sink.h"
#include "src/base/error.h"
#include "src/base/status.h"

#include <stddef.h>

/*
 * Fills the missing tree of a case from the sink's first complete one.
 *   returns  STATUS_OK; STATUS_LIMIT if there is no complete tree, or a
 *            threshold is off the box grid, an index outside the inputs, a
 *            disjunct missing, or a multiplier on what is no neuron split;
 *            the tree is then still missing
 */
enum status sink_build_tree(struct cert *cert, size_t case_index,
                            const struct sink *sink, struct error *error);

#endif
