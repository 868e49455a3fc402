/* Claims of proofs tried at points, in floating-point numbers. */
#ifndef ASTROLABE_TESTS_REF_REF_CLAIM_H
#define ASTROLABE_TESTS_REF_REF_CLAIM_H

#include "proofs/check/check_network.h"
#include "proofs/check/check_query.h"

#include <stdbool.h>

/* Whether one of REF_CLAIM_POINTS points of a case's box, its corners among
 * them if they are few, satisfies a disjunct of it by more than 1e-6, by libm's
 * functions and without the checker's rounding. */
enum { REF_CLAIM_POINTS = 400 };
bool ref_claim_is_refuted(const struct check_network *network,
                          const struct check_query *query);

#endif
