/* Certificates judged in rationals, rule by rule as FORMAT.md states them. */
#ifndef ASTROLABE_TESTS_REF_REF_CERTIFICATE_H
#define ASTROLABE_TESTS_REF_REF_CERTIFICATE_H

#include "proofs/check/check_network.h"
#include "proofs/check/check_query.h"

#include <stddef.h>

/* REF_GAVE_UP: a proof for a network with other neurons than ReLUs, whose claim
 * no point refutes (ref_claim.h; REF_REJECTED if one does); or more than
 * REF_NODES nodes or REF_DEPTH splits on a path. */
enum ref_verdict { REF_ACCEPTED, REF_REJECTED, REF_MALFORMED, REF_GAVE_UP };
enum { REF_NODES = 1 << 16, REF_DEPTH = 1 << 10 };

/*
 * Judges a certificate of n bytes, a proof or a witness, hashes of files and
 * query apart. Contexts are copied for every node, the network is evaluated
 * coordinate by coordinate, every number is an mpq. Numbers over the checker's
 * limits count as malformed.
 */
enum ref_verdict ref_certificate_judge(const unsigned char *bytes, size_t n,
                                       const struct check_network *network,
                                       const struct check_query *query);

#endif
