/* SHA-256 (FIPS 180-4).
 * SPDX-License-Identifier: MIT */
#ifndef ASTROLABE_PROOFS_CHECK_CHECK_SHA_H
#define ASTROLABE_PROOFS_CHECK_CHECK_SHA_H

#include <stddef.h>

/* The digest of data[n]. */
void check_sha256(unsigned char digest[32], const unsigned char *data,
                  size_t n);
/* The same without instructions that not all processors have: for tests. */
void check_sha256_plain(unsigned char digest[32], const unsigned char *data,
                        size_t n);

#endif
