/* SHA-256: blocks of 64 bytes through 64 rounds; FIPS 180-4, 6.2. Much of the
 * time of a large network is that of its hash: the instructions of x86-64 for
 * it are used where the processor has them.
 * SPDX-License-Identifier: MIT */
#include "proofs/check/check_sha.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#ifdef __x86_64__
#include <cpuid.h>
#include <immintrin.h>
#endif

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

static void add_block(uint32_t hash[8], const unsigned char *block)
{
    uint32_t s[8];
    uint32_t w[64];
    memcpy(s, hash, sizeof s);
    for (size_t t = 0; t < 64; t++) {
        if (t < 16) {
            w[t] = (uint32_t)block[4 * t] << 24 |
                   (uint32_t)block[4 * t + 1] << 16 |
                   (uint32_t)block[4 * t + 2] << 8 | block[4 * t + 3];
        } else {
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
        for (size_t i = 7; i > 0; i--) {
            s[i] = s[i - 1];
        }
        s[4] += first;
        s[0] = first + second;
    }
    for (size_t i = 0; i < 8; i++) {
        hash[i] += s[i];
    }
}

#ifdef __x86_64__

static bool has_instructions(void)
{
    unsigned a = 0;
    unsigned b = 0;
    unsigned c = 0;
    unsigned d = 0;
    return __get_cpuid(1, &a, &b, &c, &d) != 0 && (c & bit_SSE4_1) != 0 &&
           __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 && (b & bit_SHA) != 0;
}

/* The same as add_block. The instructions have s[0], s[1], s[4], s[5] in one
 * vector and the others in a second one, do two rounds at a time, and make four
 * words of w from the 16 before them. */
__attribute__((target("sha,sse4.1"))) static void
add_block_fast(uint32_t hash[8], const unsigned char *block)
{
    const __m128i order =
        _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
    const __m128i before[2] = {
        _mm_set_epi32((int)hash[0], (int)hash[1], (int)hash[4], (int)hash[5]),
        _mm_set_epi32((int)hash[2], (int)hash[3], (int)hash[6], (int)hash[7])};
    __m128i x = before[0];
    __m128i y = before[1];
    __m128i w[4];
    uint32_t end[8];
    for (size_t g = 0; g < 4; g++) {
        w[g] = _mm_shuffle_epi8(_mm_loadu_si128((const void *)(block + 16 * g)),
                                order);
    }
    for (size_t t = 0; t < 64; t += 4) {
        const __m128i sum = _mm_add_epi32(
            w[0], _mm_loadu_si128((const void *)(round_constant + t)));
        const __m128i next = _mm_add_epi32(_mm_sha256msg1_epu32(w[0], w[1]),
                                           _mm_alignr_epi8(w[3], w[2], 4));
        y = _mm_sha256rnds2_epu32(y, x, sum);
        x = _mm_sha256rnds2_epu32(x, y, _mm_srli_si128(sum, 8));
        w[0] = w[1];
        w[1] = w[2];
        w[2] = w[3];
        w[3] = _mm_sha256msg2_epu32(next, w[2]);
    }
    _mm_storeu_si128((void *)end, _mm_add_epi32(x, before[0]));
    _mm_storeu_si128((void *)(end + 4), _mm_add_epi32(y, before[1]));
    for (size_t i = 0; i < 2; i++) {
        hash[i] = end[3 - i];
        hash[4 + i] = end[1 - i];
        hash[2 + i] = end[7 - i];
        hash[6 + i] = end[5 - i];
    }
}

#else

static bool has_instructions(void)
{
    return false;
}

static void add_block_fast(uint32_t hash[8], const unsigned char *block)
{
    add_block(hash, block);
}

#endif

/* 5.1.1: the last bytes, fewer than 64, are followed by a bit 1, bits 0, and
 * the number of all bits in 8 bytes. */
static void digest_by(void (*add)(uint32_t *, const unsigned char *),
                      unsigned char digest[32], const unsigned char *data,
                      size_t n)
{
    const size_t n_last = n % 64;
    const size_t end = n_last < 56 ? 64 : 128;
    uint32_t hash[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                        0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    unsigned char last[128] = {0};
    for (size_t i = 0; i < n_last; i++) {
        last[i] = data[n - n_last + i];
    }
    last[n_last] = 0x80;
    for (size_t i = 0; i < 8; i++) {
        last[end - 1 - i] = (unsigned char)((uint64_t)n * 8 >> 8 * i);
    }
    for (size_t i = 0; i < n / 64; i++) {
        add(hash, data + 64 * i);
    }
    for (size_t i = 0; i < end; i += 64) {
        add(hash, last + i);
    }
    for (size_t i = 0; i < 32; i++) {
        digest[i] = (unsigned char)(hash[i / 4] >> (24 - 8 * (i % 4)));
    }
}

void check_sha256(unsigned char digest[32], const unsigned char *data, size_t n)
{
    digest_by(has_instructions() ? add_block_fast : add_block, digest, data, n);
}

void check_sha256_plain(unsigned char digest[32], const unsigned char *data,
                        size_t n)
{
    digest_by(add_block, digest, data, n);
}
