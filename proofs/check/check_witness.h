/* Unsafe inputs: FORMAT.md, "Witnesses".
 * SPDX-License-Identifier: MIT */
#ifndef ASTROLABE_PROOFS_CHECK_CHECK_WITNESS_H
#define ASTROLABE_PROOFS_CHECK_CHECK_WITNESS_H

#include "proofs/check/check_records.h"

/* What evaluations in float32 arithmetic do at a witness, in any order of
 * their sums. */
enum check_float32 {
    CHECK_EVERY_ORDER,  /* all of them are unsafe */
    CHECK_NO_ORDER,     /* none is */
    CHECK_UNDETERMINED, /* not decided here */
    CHECK_NO_FLOAT32    /* some input is no float32 number, or was projected */
};

/* Returns only if the head's witness, or its projection onto the box of a
 * case, is unsafe by the query in real arithmetic; otherwise ends in
 * check_reject, or in check_unreadable if a value is not finite. */
enum check_float32 check_witness(const struct check_head *head,
                                 const struct check_network *given,
                                 const struct check_query *query);

/* Whether at the inputs x [n_inputs] no disjunct of the case holds; the box
 * does not count. */
bool check_is_safe_at(const struct check_network *network,
                      const struct check_case *of, mpq_t *x);

#endif
