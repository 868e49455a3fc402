/* SHA-256 by the instructions of x86-64 processors for it. */
#ifndef ASTROLABE_BASE_SHA256_X86_H
#define ASTROLABE_BASE_SHA256_X86_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* True if the processor has the instructions. */
bool sha256_x86_is_usable(void);

/* Adds n_blocks blocks to the hash value; the same as the plain function of
 * sha256.c. Only where sha256_x86_is_usable.
 *   constants  [64] K of FIPS 180-4, section 4.2.2 */
void sha256_x86_add_blocks(uint32_t state[8], const unsigned char *blocks,
                           size_t n_blocks, const uint32_t *constants);

#endif
