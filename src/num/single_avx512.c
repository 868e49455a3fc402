/* AVX-512 kernels in floats: tiles of up to four rows by seven vectors. */
#include "src/num/single.h"

#if defined(__x86_64__)

#include <float.h>
#include <immintrin.h>

#define REAL           float
#define PRODUCT        single_product
#define PRODUCT_ROW    single_product_row
#define UNIT           SINGLE_LANES
#define VECTOR         __m512
#define NOTHING        _mm512_setzero_ps
#define LOAD           _mm512_load_ps
#define STORE          _mm512_store_ps
#define SPREAD         _mm512_set1_ps
#define MULTIPLY_ADD   _mm512_fmadd_ps
#define TILE_WIDTHS(F) F(1) F(2) F(3) F(4) F(5) F(6) F(7)
#include "src/num/product_tiles.def"

/* The choices and phases of neurons that have lines of their own, at their
 * places among 16; lanes of other phases are free. */
struct lines {
    __mmask16 own;
    __mmask16 passed; /* by its phase */
    __mmask16 cut;
    __mmask16 rising; /* free, q >= 0 */
    __mmask16 falling;
    __m512 choice;
};

static inline struct lines find_lines(__mmask16 own, const float *choice,
                                      const uint8_t *phase, __m512 q)
{
    const __m512i all =
        _mm512_and_si512(_mm512_cvtepu8_epi32(_mm_loadu_si128(
                             (const __m128i *)(const void *)phase)),
                         _mm512_set1_epi32(SINGLE_PHASE));
    const __m512i placed = _mm512_maskz_expand_epi32(own, all);
    const __mmask16 is_free = _mm512_mask_cmpeq_epi32_mask(
        own, placed, _mm512_set1_epi32(SINGLE_FREE));
    const __mmask16 rising =
        _mm512_mask_cmp_ps_mask(is_free, q, _mm512_setzero_ps(), _CMP_GE_OQ);
    return (struct lines){
        .own = own,
        .passed = _mm512_mask_cmpeq_epi32_mask(
            own, placed, _mm512_set1_epi32(SINGLE_PASSED)),
        .cut = _mm512_mask_cmpeq_epi32_mask(own, placed,
                                            _mm512_set1_epi32(SINGLE_CUT)),
        .rising = rising,
        .falling = (__mmask16)(is_free & ~(unsigned)rising),
        .choice = _mm512_maskz_expand_ps(own, _mm512_loadu_ps(choice)),
    };
}

static double sum_of(__m512 x)
{
    const __m512d low = _mm512_cvtps_pd(_mm512_castps512_ps256(x));
    const __m512d high = _mm512_cvtps_pd(_mm512_extractf32x8_ps(x, 1));
    return _mm512_reduce_add_pd(_mm512_add_pd(low, high));
}

static double relax(float *z, const float *q, const struct single_relu *relu,
                    const struct single_row *row)
{
    const float *choice = row->choice;
    const uint8_t *phase = row->phase;
    __m512 sum = _mm512_setzero_ps();
    for (size_t i = 0; i < relu->n; i += LANES) {
        const __mmask16 all_passed = relu->passed[i / LANES];
        const __mmask16 own = relu->own[i / LANES];
        if ((all_passed | own) == 0) {
            continue;
        }
        const __m512 qi = _mm512_load_ps(q + i);
        __m512 add = _mm512_maskz_mov_ps(all_passed, qi);
        if (own != 0) {
            const struct lines l = find_lines(own, choice, phase, qi);
            add = _mm512_mask_sub_ps(add, l.passed, qi, l.choice);
            add = _mm512_mask_mov_ps(add, l.cut, l.choice);
            add = _mm512_mask_mul_ps(add, l.rising, qi, l.choice);
            add = _mm512_mask_mul_ps(add, l.falling, qi,
                                     _mm512_load_ps(relu->slope + i));
            sum = _mm512_mask3_fmadd_ps(qi, _mm512_load_ps(relu->intercept + i),
                                        sum, l.falling);
            choice += __builtin_popcount(own);
            phase += __builtin_popcount(own);
        }
        _mm512_store_ps(z + i, _mm512_add_ps(_mm512_load_ps(z + i), add));
    }
    return sum_of(sum);
}

static void follow(float *y, const float *z, const float *q,
                   const struct single_relu *relu, const struct single_row *row)
{
    const float *choice = row->choice;
    const uint8_t *phase = row->phase;
    float *gradient = row->gradient;
    for (size_t i = 0; i < relu->n; i += LANES) {
        const __mmask16 own = relu->own[i / LANES];
        const __m512 zi = _mm512_load_ps(z + i);
        __m512 yi = _mm512_maskz_mov_ps(relu->passed[i / LANES], zi);
        if (own != 0) {
            const __m512 qi = _mm512_load_ps(q + i);
            const struct lines l = find_lines(own, choice, phase, qi);
            yi = _mm512_mask_mov_ps(yi, l.passed, zi);
            yi = _mm512_mask_mul_ps(yi, l.rising, l.choice, zi);
            yi = _mm512_mask_mov_ps(
                yi, l.falling,
                _mm512_fmadd_ps(zi, _mm512_load_ps(relu->slope + i),
                                _mm512_load_ps(relu->intercept + i)));
            __m512 slope = _mm512_maskz_mov_ps(l.cut, zi);
            slope =
                _mm512_mask_sub_ps(slope, l.passed, _mm512_setzero_ps(), zi);
            slope = _mm512_mask_mul_ps(slope, l.rising, qi, zi);
            const int n = __builtin_popcount(own);
            _mm512_mask_storeu_ps(gradient,
                                  (__mmask16)((1U << (unsigned)n) - 1U),
                                  _mm512_maskz_compress_ps(own, slope));
            choice += n;
            phase += n;
            gradient += n;
        }
        _mm512_store_ps(y + i, yi);
    }
}

static void spread(float *c, const float *packed, const uint16_t *words,
                   size_t n)
{
    for (size_t i = 0; i < n; i += LANES) {
        const __mmask16 word = words[i / LANES];
        if (word != 0) {
            const __m512 add =
                _mm512_maskz_expand_ps(word, _mm512_loadu_ps(packed));
            _mm512_store_ps(c + i, _mm512_add_ps(_mm512_load_ps(c + i), add));
            packed += __builtin_popcount(word);
        }
    }
}

/* sum += a b in doubles, eight at a time. */
static inline __m512d add_dot(__m512d sum, __m256 a, __m256 b)
{
    return _mm512_fmadd_pd(_mm512_cvtps_pd(a), _mm512_cvtps_pd(b), sum);
}

static double dot(const float *a, const float *b, size_t n)
{
    __m512d low = _mm512_setzero_pd();
    __m512d high = _mm512_setzero_pd();
    for (size_t i = 0; i < n; i += LANES) {
        low = add_dot(low, _mm256_load_ps(a + i), _mm256_load_ps(b + i));
        high = add_dot(high, _mm256_load_ps(a + i + LANES / 2),
                       _mm256_load_ps(b + i + LANES / 2));
    }
    return _mm512_reduce_add_pd(_mm512_add_pd(low, high));
}

static double minimise(float *x, const float *a, const float *lower,
                       const float *upper, size_t n)
{
    __m512d low = _mm512_setzero_pd();
    __m512d high = _mm512_setzero_pd();
    for (size_t i = 0; i < n; i += LANES) {
        const __m512 ai = _mm512_load_ps(a + i);
        const __mmask16 is_up =
            _mm512_cmp_ps_mask(ai, _mm512_setzero_ps(), _CMP_GT_OQ);
        const __m512 xi = _mm512_mask_blend_ps(is_up, _mm512_load_ps(upper + i),
                                               _mm512_load_ps(lower + i));
        _mm512_store_ps(x + i, xi);
        low = add_dot(low, _mm512_castps512_ps256(ai),
                      _mm512_castps512_ps256(xi));
        high = add_dot(high, _mm512_extractf32x8_ps(ai, 1),
                       _mm512_extractf32x8_ps(xi, 1));
    }
    return _mm512_reduce_add_pd(_mm512_add_pd(low, high));
}

/* The lanes of `of` choices from number i on. */
static inline void step_lanes(const struct single_step *p, size_t i,
                              __mmask16 of)
{
    const __m512 zero = _mm512_setzero_ps();
    const __m512 g = _mm512_maskz_loadu_ps(of, p->gradient + i);
    __m512 m = _mm512_maskz_loadu_ps(of, p->moment + i);
    __m512 s = _mm512_maskz_loadu_ps(of, p->square + i);
    m = _mm512_fmadd_ps(_mm512_set1_ps(p->first), _mm512_sub_ps(g, m), m);
    s = _mm512_fmadd_ps(_mm512_set1_ps(p->second), _mm512_fmsub_ps(g, g, s), s);
    _mm512_mask_storeu_ps(p->moment + i, of, m);
    _mm512_mask_storeu_ps(p->square + i, of, s);
    /* Of lanes without a phase: never stepped. */
    const __m512i phase = _mm512_mask_cvtepu8_epi32(
        _mm512_set1_epi32(SINGLE_FIXED), of,
        _mm_loadu_si128((const __m128i *)(const void *)(p->phase + i)));
    const __mmask16 is_free =
        _mm512_cmpeq_epi32_mask(phase, _mm512_set1_epi32(SINGLE_FREE));
    const __mmask16 is_stepped =
        _mm512_cmplt_epi32_mask(phase, _mm512_set1_epi32(SINGLE_FIXED));
    const __m512 rate =
        _mm512_mask_blend_ps(is_free, _mm512_set1_ps(p->literal_rate),
                             _mm512_set1_ps(p->slope_rate));
    const __m512 end = _mm512_mask_blend_ps(is_free, _mm512_set1_ps(FLT_MAX),
                                            _mm512_set1_ps(1.0F));
    const __m512 size = _mm512_add_ps(
        _mm512_sqrt_ps(_mm512_mul_ps(s, _mm512_set1_ps(1.0F / p->s_share))),
        _mm512_set1_ps(1e-12F));
    const __m512 move = _mm512_div_ps(
        _mm512_mul_ps(m, _mm512_set1_ps(1.0F / p->m_share)), size);
    __m512 c = _mm512_maskz_loadu_ps(is_stepped, p->choice + i);
    c = _mm512_fmadd_ps(rate, move, c);
    c = _mm512_min_ps(_mm512_max_ps(c, zero), end);
    _mm512_mask_storeu_ps(p->choice + i, is_stepped, c);
}

static void step(const struct single_step *p)
{
    size_t i = 0;
    for (; i + LANES <= p->n; i += LANES) {
        step_lanes(p, i, 0xFFFF);
    }
    if (i < p->n) {
        step_lanes(p, i, (__mmask16)((1U << (unsigned)(p->n - i)) - 1U));
    }
}

const struct single_kernels single_kernels_avx512 = {
    "avx512", add_product, relax, follow, spread, dot, minimise, step};

#else

const struct single_kernels single_kernels_avx512 = {"none"};

#endif
