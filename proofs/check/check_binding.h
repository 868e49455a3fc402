/* What a certificate is about: FORMAT.md, "File", the head.
 * SPDX-License-Identifier: MIT */
#ifndef ASTROLABE_PROOFS_CHECK_CHECK_BINDING_H
#define ASTROLABE_PROOFS_CHECK_CHECK_BINDING_H

#include "proofs/check/check_network.h"
#include "proofs/check/check_query.h"
#include "proofs/check/check_records.h"
#include "proofs/check/check_vnnlib.h"

/* Ends in check_reject unless the certificate was made for this network, this
 * property and, as it is understood here, this query with as many cases. */
void check_binding(const struct check_records *records,
                   const struct check_network *network,
                   const struct check_property *property,
                   const struct check_query *query);

#endif
