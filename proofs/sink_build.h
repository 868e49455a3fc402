/* A recorded tree as the tree of a certificate. */
#ifndef ASTROLABE_PROOFS_SINK_BUILD_H
#define ASTROLABE_PROOFS_SINK_BUILD_H

#include "proofs/cert.h"
#include "proofs/sink.h"
#include "src/base/error.h"
#include "src/base/status.h"

#include <stddef.h>

/*
 * Fills the missing tree of a case with the sink's first complete one. The
 * sink's storage becomes the tree's; what is left may only be destroyed.
 *   returns  STATUS_OK; STATUS_LIMIT if there is no complete tree, or what
 *            was recorded breaks a rule of struct cert_tree; the tree is then
 *            still missing
 */
enum status sink_build_tree(struct cert *cert, size_t case_index,
                            struct sink *sink, struct error *error);

#endif
