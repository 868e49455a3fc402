/* AVX-512 kernels: tiles of up to four rows by seven vectors. */
#include "src/num/dense.h"

#if defined(__x86_64__)

#include <immintrin.h>

#define REAL           double
#define PRODUCT        dense_product
#define PRODUCT_ROW    dense_product_row
#define UNIT           DENSE_LANES
#define VECTOR         __m512d
#define NOTHING        _mm512_setzero_pd
#define LOAD           _mm512_load_pd
#define STORE          _mm512_store_pd
#define SPREAD         _mm512_set1_pd
#define MULTIPLY_ADD   _mm512_fmadd_pd
#define TILE_WIDTHS(F) F(1) F(2) F(3) F(4) F(5) F(6) F(7)
#include "src/num/product_tiles.def"

static double relax_row(double *z, const double *q,
                        const struct dense_lines *lines)
{
    const __m512d zero = _mm512_setzero_pd();
    __m512d sum = zero;
    for (size_t i = 0; i < lines->n; i += DENSE_LANES) {
        const __m512d qi = _mm512_load_pd(q + i);
        const __mmask8 negative = _mm512_cmp_pd_mask(qi, zero, _CMP_LT_OQ);
        const __m512d slope = _mm512_mask_blend_pd(
            negative, _mm512_load_pd(lines->lower_slope + i),
            _mm512_load_pd(lines->upper_slope + i));
        _mm512_store_pd(z + i,
                        _mm512_fmadd_pd(qi, slope, _mm512_load_pd(z + i)));
        sum = _mm512_mask3_fmadd_pd(
            qi, _mm512_load_pd(lines->upper_intercept + i), sum, negative);
    }
    return _mm512_reduce_add_pd(sum);
}

static void dot_row(double sums[2], const double *q, const double *b,
                    const double *e, size_t n)
{
    __m512d sum = _mm512_setzero_pd();
    __m512d weight = _mm512_setzero_pd();
    for (size_t i = 0; i < n; i += DENSE_LANES) {
        const __m512d qi = _mm512_load_pd(q + i);
        sum = _mm512_fmadd_pd(qi, _mm512_load_pd(b + i), sum);
        weight =
            _mm512_fmadd_pd(_mm512_abs_pd(qi), _mm512_load_pd(e + i), weight);
    }
    sums[0] = _mm512_reduce_add_pd(sum);
    sums[1] = _mm512_reduce_add_pd(weight);
}

/* The lanes of `of` from number i on. */
static inline __m512d least(const double *a, const double *lower,
                            const double *upper, size_t i, __mmask8 of)
{
    const __m512d ai = _mm512_maskz_loadu_pd(of, a + i);
    return _mm512_min_pd(
        _mm512_mul_pd(ai, _mm512_maskz_loadu_pd(of, lower + i)),
        _mm512_mul_pd(ai, _mm512_maskz_loadu_pd(of, upper + i)));
}

static double minimum(const double *a, const double *lower, const double *upper,
                      size_t n)
{
    __m512d even = _mm512_setzero_pd();
    __m512d odd = _mm512_setzero_pd();
    size_t i = 0;
    for (; i + 2 * DENSE_LANES <= n; i += 2 * DENSE_LANES) {
        even = _mm512_add_pd(even, least(a, lower, upper, i, 0xFF));
        odd = _mm512_add_pd(odd, least(a, lower, upper, i + DENSE_LANES, 0xFF));
    }
    for (; i < n; i += DENSE_LANES) {
        const size_t left = n - i;
        const unsigned of = left < DENSE_LANES ? (1U << left) - 1U : 0xFFU;
        even = _mm512_add_pd(even, least(a, lower, upper, i, (__mmask8)of));
    }
    return _mm512_reduce_add_pd(_mm512_add_pd(even, odd));
}

const struct dense_kernels dense_kernels_avx512 = {"avx512", add_product,
                                                   relax_row, dot_row, minimum};

#else

const struct dense_kernels dense_kernels_avx512 = {"none", NULL, NULL, NULL,
                                                   NULL};

#endif
