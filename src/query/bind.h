/* Variables of a property to flat positions in the network's tensors. */
#ifndef ASTROLABE_QUERY_BIND_H
#define ASTROLABE_QUERY_BIND_H

#include "src/base/error.h"
#include "src/base/status.h"
#include "src/net/net.h"
#include "src/query/query.h"
#include "vnnlib/vnnlib.h"

#include <stdbool.h>
#include <stddef.h>

/* Tensors of one network in graph order, hidden ones that the property
 * declares behind the outputs. Positions count the elements of all inputs of
 * all networks, then those of all outputs, row-major. */
struct bind_tensors {
    size_t n_inputs;
    const struct net_tensor_info *inputs;
    size_t n_outputs;
    const struct net_tensor_info *outputs;
    size_t n_hidden;
};

/*
 * Binds every variable.
 *   base     [lib->variables.n] out: position of the variable's element 0
 *   query    its variables are filled, for witnesses; freed by
 *            query_destroy also after an error
 *   tensors  [lib->networks.n]
 *   returns  STATUS_OK; STATUS_BAD_INPUT with the place for names that are
 *            not X_i or Y_j, missing or surplus variables, and types and
 *            shapes that differ from the model's; STATUS_UNSUPPORTED for
 *            initialised tensors
 *
 * Version 1: X_i and Y_j are positions; every one must be declared. Version
 * 2: by order of declaration; equal element counts with another shape are a
 * lenient acceptance.
 */
enum status bind_variables(size_t *base, struct query *query,
                           const struct vnnlib *lib,
                           const struct bind_tensors *tensors, bool is_strict,
                           struct error *error);

#endif
