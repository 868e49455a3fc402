/* Proofs that go over all cells: FORMAT.md, "Cells".
 * SPDX-License-Identifier: MIT */
#ifndef ASTROLABE_PROOFS_CHECK_CHECK_CELLS_H
#define ASTROLABE_PROOFS_CHECK_CHECK_CELLS_H

#include "proofs/check/check_records.h"

/* Returns only if no input of a case is unsafe in any cell of its box;
 * `network` is at cell 0. */
void check_cells(const struct check_head *head,
                 const struct check_network *network,
                 const struct check_query *query);

#endif
