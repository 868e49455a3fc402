/* What a certificate shows about a network and a property.
 * SPDX-License-Identifier: MIT */
#ifndef ASTROLABE_PROOFS_CHECK_CHECK_CERTIFICATE_H
#define ASTROLABE_PROOFS_CHECK_CHECK_CERTIFICATE_H

#include "proofs/check/check_back.h"
#include "proofs/check/check_query.h"
#include "proofs/check/check_vnnlib.h"

/* Whether the certificate needs the network at cell 0:
 * check_networks_load_cells instead of check_networks_load. */
bool check_certificate_has_cells(const char *path);

/*
 * Returns what the certificate at `path` proves about the network and the
 * query, which is that of the property: a constant line of text. If it proves
 * nothing, ends in check_reject, check_unreadable or check_unsupported.
 */
const char *check_certificate(const char *path,
                              const struct check_network *network,
                              const struct check_property *property,
                              const struct check_query *query,
                              enum check_arithmetic arithmetic,
                              size_t n_threads);

#endif
