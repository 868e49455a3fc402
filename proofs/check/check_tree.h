/* The walk over a certificate's trees: the trusted core.
 * SPDX-License-Identifier: MIT */
#ifndef ASTROLABE_PROOFS_CHECK_CHECK_TREE_H
#define ASTROLABE_PROOFS_CHECK_CHECK_TREE_H

#include "proofs/check/check_network.h"
#include "proofs/check/check_query.h"
#include "proofs/check/check_vnnlib.h"

/* How bounds are computed: FORMAT.md, "Fixed-point evaluation". CHECK_FAST
 * repeats in integers what it cannot decide in words. */
enum check_arithmetic { CHECK_FAST, CHECK_EXACT };

/*
 * Returns only if the certificate at `path` proves that no input of the
 * network is unsafe by the query, which is that of the property. Otherwise
 * ends in check_reject, check_unreadable or check_unsupported.
 */
void check_certificate(const char *path, const struct check_network *network,
                       const struct check_property *property,
                       const struct check_query *query,
                       enum check_arithmetic arithmetic);

#endif
