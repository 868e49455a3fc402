/* SHA-256: blocks of 64 bytes through 64 rounds; FIPS 180-4, 6.2.
 * SPDX-License-Identifier: MIT */
#include "proofs/check/check_sha.h"

#include <stdint.h>
#include <string.h>

/* 4.2.2: fractional parts of the cube roots of the first 64 primes. */
static const uint32_t round_constant[64] = {
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

static uint32_t turn(uint32_t x, unsigned n)
{
    return x >> n | x << (32 - n);
}

/* 5.1.1: byte i of the message, followed by a bit 1, bits 0, and the number of
 * its bits in the last 8 of `end` bytes. */
static uint32_t padded(const unsigned char *data, size_t n, size_t end,
                       size_t i)
{
    return i < n          ? data[i]
           : i == n       ? 0x80
           : i + 8 >= end ? (uint64_t)n * 8 >> (8 * (end - 1 - i)) & 0xFF
                          : 0;
}

static void add_block(uint32_t hash[8], uint32_t w[64])
{
    uint32_t s[8];
    memcpy(s, hash, sizeof s);
    for (size_t t = 0; t < 64; t++) {
        if (t >= 16) {
            const uint32_t a = w[t - 15];
            const uint32_t b = w[t - 2];
            w[t] = w[t - 16] + (turn(a, 7) ^ turn(a, 18) ^ a >> 3) + w[t - 7] +
                   (turn(b, 17) ^ turn(b, 19) ^ b >> 10);
        }
        const uint32_t first =
            s[7] + (turn(s[4], 6) ^ turn(s[4], 11) ^ turn(s[4], 25)) +
            ((s[4] & s[5]) ^ (~s[4] & s[6])) + round_constant[t] + w[t];
        const uint32_t second =
            (turn(s[0], 2) ^ turn(s[0], 13) ^ turn(s[0], 22)) +
            ((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]));
        memmove(s + 1, s, 7 * sizeof s[0]);
        s[4] += first;
        s[0] = first + second;
    }
    for (size_t i = 0; i < 8; i++) {
        hash[i] += s[i];
    }
}

void check_sha256(unsigned char digest[32], const unsigned char *data, size_t n)
{
    const size_t end = (n + 8) / 64 * 64 + 64;
    uint32_t hash[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                        0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    uint32_t w[64] = {0};
    for (size_t i = 0; i < end; i++) {
        w[i / 4 % 16] = w[i / 4 % 16] << 8 | padded(data, n, end, i);
        if (i % 64 == 63) {
            add_block(hash, w);
        }
    }
    for (size_t i = 0; i < 32; i++) {
        digest[i] = (unsigned char)(hash[i / 4] >> (24 - 8 * (i % 4)));
    }
}
