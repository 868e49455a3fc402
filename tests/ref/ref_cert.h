/* Certificates to read and write in tests. */
#ifndef ASTROLABE_TESTS_REF_REF_CERT_H
#define ASTROLABE_TESTS_REF_REF_CERT_H

#include "proofs/cert.h"
#include "src/base/rng.h"

#include <stddef.h>

/* The text form of the certificate that ref_cert_example makes. */
extern const char ref_cert_example_text[];

/* Two ReLU layers, one case of three inputs and three disjuncts, thirteen
 * nodes with every kind of record; released by cert_clear. */
void ref_cert_example(struct cert *cert);

/* Certificates of random shape and content that cert_check accepts, numbers up
 * to the limits of struct cert; at most n_nodes_max nodes a case, if odd. */
void ref_cert_random(struct cert *cert, struct rng *rng, size_t n_nodes_max);

/* True if both hold the same, in whatever order of their arrays. */
bool ref_cert_is_same(const struct cert *a, const struct cert *b);

#endif
