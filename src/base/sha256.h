/* SHA-256 of bytes that come in pieces (FIPS 180-4). */
#ifndef ASTROLABE_BASE_SHA256_H
#define ASTROLABE_BASE_SHA256_H

#include <stddef.h>
#include <stdint.h>

enum { SHA256_BYTES = 32, SHA256_BLOCK_BYTES = 64 };

/*
 * state    hash value after the whole blocks
 * block    [n_bytes % 64] bytes that do not fill a block yet
 * n_bytes  message length so far; at most 2^61 - 1
 */
struct sha256 {
    uint32_t state[8];
    unsigned char block[SHA256_BLOCK_BYTES];
    uint64_t n_bytes;
};

void sha256_init(struct sha256 *self);
/* Appends n bytes. */
void sha256_add(struct sha256 *self, const void *data, size_t n);
/* The digest of all bytes; self must be initialised again afterwards. */
void sha256_finish(unsigned char digest[SHA256_BYTES], struct sha256 *self);

/* The digest of n bytes. */
void sha256_digest(unsigned char digest[SHA256_BYTES], const void *data,
                   size_t n);

#endif
