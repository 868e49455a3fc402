/* Four rounds of SHA-256 at a time: FIPS 180-4, section 6.2.2. */
#include "src/base/sha256_x86.h"

#if defined(__SHA__) && defined(__SSE4_1__)

#include "src/base/sha256.h"

#include <cpuid.h>
#include <immintrin.h>

bool sha256_x86_is_usable(void)
{
    unsigned a = 0;
    unsigned b = 0;
    unsigned c = 0;
    unsigned d = 0;
    const unsigned sse41 = 1U << 19U; /* leaf 1, ecx */
    const unsigned sha = 1U << 29U;   /* leaf 7, ebx */
    if (__get_cpuid(1, &a, &b, &c, &d) == 0 || (c & sse41) == 0) {
        return false;
    }
    return __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 && (b & sha) != 0;
}

/* Working variables as the instructions have them. */
struct halves {
    __m128i abef;
    __m128i cdgh;
};

static struct halves halves_load(const uint32_t state[8])
{
    const __m128i dcba = _mm_loadu_si128((const __m128i *)(const void *)state);
    const __m128i hgfe =
        _mm_loadu_si128((const __m128i *)(const void *)(state + 4));
    const __m128i cdab = _mm_shuffle_epi32(dcba, 0xB1);
    const __m128i efgh = _mm_shuffle_epi32(hgfe, 0x1B);
    return (struct halves){_mm_alignr_epi8(cdab, efgh, 8),
                           _mm_blend_epi16(efgh, cdab, 0xF0)};
}

static void halves_store(uint32_t state[8], const struct halves *halves)
{
    const __m128i feba = _mm_shuffle_epi32(halves->abef, 0x1B);
    const __m128i dchg = _mm_shuffle_epi32(halves->cdgh, 0xB1);
    _mm_storeu_si128((__m128i *)(void *)state,
                     _mm_blend_epi16(feba, dchg, 0xF0));
    _mm_storeu_si128((__m128i *)(void *)(state + 4),
                     _mm_alignr_epi8(dchg, feba, 8));
}

/* The 16 words of a block, four at a time. */
static void load_words(__m128i words[4], const unsigned char *block)
{
    const __m128i big_endian =
        _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
    for (size_t g = 0; g < 4; g++) {
        const __m128i bytes =
            _mm_loadu_si128((const __m128i *)(const void *)(block + 16 * g));
        words[g] = _mm_shuffle_epi8(bytes, big_endian);
    }
}

/* Words t .. t+3 of the schedule in place of t-16 .. t-13, with the words
 * since then in w[0], w[1], w[2]. */
static __m128i next_words(__m128i oldest, const __m128i w[3])
{
    const __m128i sum = _mm_add_epi32(_mm_sha256msg1_epu32(oldest, w[0]),
                                      _mm_alignr_epi8(w[2], w[1], 4));
    return _mm_sha256msg2_epu32(sum, w[2]);
}

static void add_block(struct halves *halves, const unsigned char *block,
                      const uint32_t *constants)
{
    const struct halves before = *halves;
    __m128i words[4];
    load_words(words, block);
    for (size_t g = 0; g < 16; g++) {
        const __m128i k =
            _mm_loadu_si128((const __m128i *)(const void *)(constants + 4 * g));
        const __m128i sum = _mm_add_epi32(words[0], k);
        halves->cdgh = _mm_sha256rnds2_epu32(halves->cdgh, halves->abef, sum);
        halves->abef = _mm_sha256rnds2_epu32(halves->abef, halves->cdgh,
                                             _mm_shuffle_epi32(sum, 0x0E));
        const __m128i next = next_words(words[0], words + 1);
        words[0] = words[1];
        words[1] = words[2];
        words[2] = words[3];
        words[3] = next;
    }
    halves->abef = _mm_add_epi32(halves->abef, before.abef);
    halves->cdgh = _mm_add_epi32(halves->cdgh, before.cdgh);
}

void sha256_x86_add_blocks(uint32_t state[8], const unsigned char *blocks,
                           size_t n_blocks, const uint32_t *constants)
{
    struct halves halves = halves_load(state);
    for (size_t i = 0; i < n_blocks; i++) {
        add_block(&halves, blocks + SHA256_BLOCK_BYTES * i, constants);
    }
    halves_store(state, &halves);
}

#else

bool sha256_x86_is_usable(void)
{
    return false;
}

void sha256_x86_add_blocks(uint32_t state[8], const unsigned char *blocks,
                           size_t n_blocks, const uint32_t *constants)
{
    (void)state;
    (void)blocks;
    (void)n_blocks;
    (void)constants;
}

#endif
