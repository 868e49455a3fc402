/* The walk over a proof's trees: the trusted core.
 * SPDX-License-Identifier: MIT */
#ifndef ASTROLABE_PROOFS_CHECK_CHECK_TREE_H
#define ASTROLABE_PROOFS_CHECK_CHECK_TREE_H

#include "proofs/check/check_back.h"
#include "proofs/check/check_records.h"

/*
 * Returns only if the head's stream proves that no input of the network is
 * unsafe by the query: FORMAT.md, "Theorem". Otherwise ends in check_reject,
 * check_unreadable or check_unsupported; which one does not depend on the
 * number of threads, which is at least 1.
 */
void check_proof(const struct check_head *head,
                 const struct check_network *network,
                 const struct check_query *query,
                 enum check_arithmetic arithmetic, size_t n_threads);

#endif
