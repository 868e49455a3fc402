/* Certificates judged in rationals, rule by rule as FORMAT.md states them. */
#ifndef ASTROLABE_TESTS_REF_REF_CERTIFICATE_H
#define ASTROLABE_TESTS_REF_REF_CERTIFICATE_H

#include "proofs/check/check_network.h"
#include "proofs/check/check_query.h"

#include <stddef.h>

enum ref_verdict { REF_ACCEPTED, REF_REJECTED, REF_MALFORMED };

/*
 * Judges a certificate of n bytes, hashes of files and query apart. Contexts
 * are copied for every node, the network is evaluated coordinate by
 * coordinate, every number is an mpq. Numbers over the checker's limits count
 * as malformed. Exponential depth or memory is the caller's to avoid.
 */
enum ref_verdict ref_certificate_judge(const unsigned char *bytes, size_t n,
                                       const struct check_network *network,
                                       const struct check_query *query);

#endif
