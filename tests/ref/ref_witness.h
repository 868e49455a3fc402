/* Witnesses of certificates judged in rationals. */
#ifndef ASTROLABE_TESTS_REF_REF_WITNESS_H
#define ASTROLABE_TESTS_REF_REF_WITNESS_H

#include "tests/ref/ref_certificate.h"

/* bytes[n]: the number of inputs and a double for each. REF_ACCEPTED if the
 * point, moved to the box of a case by at most 2^-10 in each coordinate and
 * not to a strict end, satisfies one of its disjuncts. */
enum ref_verdict ref_witness_judge(const unsigned char *bytes, size_t n,
                                   const struct check_network *network,
                                   const struct check_query *query);

#endif
