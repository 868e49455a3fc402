/* The network of a property about several networks, or with products.
 * SPDX-License-Identifier: MIT */
#ifndef ASTROLABE_PROOFS_CHECK_CHECK_JOIN_H
#define ASTROLABE_PROOFS_CHECK_CHECK_JOIN_H

#include "proofs/check/check_network.h"
#include "proofs/check/check_vnnlib.h"

#include <stddef.h>

/*
 * Loads the networks of the property and makes them one (FORMAT.md, "Several
 * networks", "Products"). A property with one network, no hidden tensor and
 * no product gets that network as it is.
 *   files  [n] FILE, if the property has one network, else NAME=FILE for each
 *          of them; one that is equal to another may be missing
 * Ends in check_unreadable unless the declared elements, tensors and types are
 * those of the networks.
 */
struct check_network *check_networks_load(const struct check_property *property,
                                          const char *const *files, size_t n);

/* The network of a property with one network, no hidden tensor and no product,
 * at cell 0; ends in check_unsupported for others. */
struct check_network *
check_networks_load_cells(const struct check_property *property,
                          const char *const *files, size_t n);

#endif
