/* Networks and tensors that a property of version 2 declares.
 * SPDX-License-Identifier: MIT */
#ifndef ASTROLABE_PROOFS_CHECK_CHECK_DECLARE_H
#define ASTROLABE_PROOFS_CHECK_CHECK_DECLARE_H

#include "proofs/check/check_token.h"

/* Reads from `vnnlib-version` to the end of the last network, and makes room
 * for ties if there are several. */
void check_read_networks(struct check_reader *reader);

/* Makes room for ties of the inputs, unless there is; at most
 * CHECK_MOST_TIED. */
void check_prepare_ties(struct check_reader *reader);

#endif
