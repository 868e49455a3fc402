/* SHA-256; equation numbers refer to FIPS 180-4, sections 4.1.2 and 6.2.2. */
#include "src/base/sha256.h"

#include "src/base/sha256_x86.h"

#include <string.h>

enum { N_ROUNDS = 64, LENGTH_AT = 56 };

/* First 32 bits of the fractions of the cube roots of the first primes. */
static const uint32_t ROUND_CONSTANTS[N_ROUNDS] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1,
    0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3,
    0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786,
    0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147,
    0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
    0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
    0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
    0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
    0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

void sha256_init(struct sha256 *self)
{
    static const uint32_t INITIAL[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372,
                                        0xa54ff53a, 0x510e527f, 0x9b05688c,
                                        0x1f83d9ab, 0x5be0cd19};
    memcpy(self->state, INITIAL, sizeof INITIAL);
    self->n_bytes = 0;
}

static uint32_t rotate(uint32_t x, unsigned n)
{
    return (x >> n) | (x << (32U - n));
}

/* Equations (4.6) and (4.7) fill the schedule behind the 16 words read. */
static void expand(uint32_t schedule[N_ROUNDS], const unsigned char *block)
{
    for (size_t t = 0; t < 16; t++) {
        schedule[t] = (uint32_t)block[4 * t] << 24U |
                      (uint32_t)block[4 * t + 1] << 16U |
                      (uint32_t)block[4 * t + 2] << 8U | block[4 * t + 3];
    }
    for (size_t t = 16; t < N_ROUNDS; t++) {
        const uint32_t x = schedule[t - 15];
        const uint32_t y = schedule[t - 2];
        schedule[t] = schedule[t - 16] + schedule[t - 7] +
                      (rotate(x, 7) ^ rotate(x, 18) ^ (x >> 3U)) +
                      (rotate(y, 17) ^ rotate(y, 19) ^ (y >> 10U));
    }
}

/* h[0..7] are the working variables a to h. */
static void add_block(uint32_t state[8], const unsigned char *block)
{
    uint32_t schedule[N_ROUNDS];
    uint32_t h[8];
    expand(schedule, block);
    memcpy(h, state, sizeof h);
    for (size_t t = 0; t < N_ROUNDS; t++) {
        const uint32_t sum_e =
            rotate(h[4], 6) ^ rotate(h[4], 11) ^ rotate(h[4], 25);
        const uint32_t sum_a =
            rotate(h[0], 2) ^ rotate(h[0], 13) ^ rotate(h[0], 22);
        const uint32_t chosen = (h[4] & h[5]) ^ (~h[4] & h[6]);
        const uint32_t majority = (h[0] & h[1]) ^ (h[0] & h[2]) ^ (h[1] & h[2]);
        const uint32_t first =
            h[7] + sum_e + chosen + ROUND_CONSTANTS[t] + schedule[t];
        h[7] = h[6];
        h[6] = h[5];
        h[5] = h[4];
        h[4] = h[3] + first;
        h[3] = h[2];
        h[2] = h[1];
        h[1] = h[0];
        h[0] = first + sum_a + majority;
    }
    for (size_t i = 0; i < 8; i++) {
        state[i] += h[i];
    }
}

static void add_blocks(uint32_t state[8], const unsigned char *blocks,
                       size_t n_blocks)
{
    if (sha256_x86_is_usable()) {
        sha256_x86_add_blocks(state, blocks, n_blocks, ROUND_CONSTANTS);
        return;
    }
    for (size_t i = 0; i < n_blocks; i++) {
        add_block(state, blocks + SHA256_BLOCK_BYTES * i);
    }
}

void sha256_add(struct sha256 *self, const void *data, size_t n)
{
    const unsigned char *at = data;
    while (n > 0) {
        const size_t n_held = self->n_bytes % SHA256_BLOCK_BYTES;
        const size_t n_free = SHA256_BLOCK_BYTES - n_held;
        size_t n_taken = n < n_free ? n : n_free;
        if (n_held == 0 && n >= SHA256_BLOCK_BYTES) {
            n_taken = n / SHA256_BLOCK_BYTES * SHA256_BLOCK_BYTES;
            add_blocks(self->state, at, n / SHA256_BLOCK_BYTES);
        } else {
            memcpy(self->block + n_held, at, n_taken);
            if (n_taken == n_free) {
                add_blocks(self->state, self->block, 1);
            }
        }
        self->n_bytes += n_taken;
        at += n_taken;
        n -= n_taken;
    }
}

void sha256_finish(unsigned char digest[SHA256_BYTES], struct sha256 *self)
{
    static const unsigned char PADDING[SHA256_BLOCK_BYTES] = {0x80};
    const uint64_t n_bits = 8 * self->n_bytes;
    const size_t n_held = self->n_bytes % SHA256_BLOCK_BYTES;
    unsigned char length[8];
    for (size_t i = 0; i < 8; i++) {
        length[i] = (unsigned char)(n_bits >> (56U - 8U * i));
    }
    sha256_add(self, PADDING,
               n_held < LENGTH_AT ? LENGTH_AT - n_held
                                  : SHA256_BLOCK_BYTES + LENGTH_AT - n_held);
    sha256_add(self, length, sizeof length);
    for (size_t i = 0; i < SHA256_BYTES; i++) {
        digest[i] = (unsigned char)(self->state[i / 4] >> (24U - 8U * (i % 4)));
    }
}

void sha256_digest(unsigned char digest[SHA256_BYTES], const void *data,
                   size_t n)
{
    struct sha256 hash;
    sha256_init(&hash);
    sha256_add(&hash, data, n);
    sha256_finish(digest, &hash);
}
