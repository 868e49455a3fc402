/* AVX2 kernels in floats: tiles of up to four rows by two vectors of eight. */
#include "src/num/single_plain.h"

#if defined(__x86_64__)

#include <immintrin.h>

#define REAL           float
#define PRODUCT        single_product
#define PRODUCT_ROW    single_product_row
#define UNIT           SINGLE_LANES
#define VECTOR         __m256
#define NOTHING        _mm256_setzero_ps
#define LOAD           _mm256_load_ps
#define STORE          _mm256_store_ps
#define SPREAD         _mm256_set1_ps
#define MULTIPLY_ADD   _mm256_fmadd_ps
#define TILE_WIDTHS(F) F(1)
#include "src/num/product_tiles.def"

/* sum += a b in doubles, four at a time. */
static inline __m256d add_dot(__m256d sum, __m128 a, __m128 b)
{
    return _mm256_fmadd_pd(_mm256_cvtps_pd(a), _mm256_cvtps_pd(b), sum);
}

static double sum_of(__m256d x)
{
    double part[4];
    _mm256_storeu_pd(part, x);
    return part[0] + part[1] + (part[2] + part[3]);
}

static double dot(const float *a, const float *b, size_t n)
{
    __m256d low = _mm256_setzero_pd();
    __m256d high = _mm256_setzero_pd();
    for (size_t i = 0; i < n; i += LANES) {
        low = add_dot(low, _mm_load_ps(a + i), _mm_load_ps(b + i));
        high = add_dot(high, _mm_load_ps(a + i + LANES / 2),
                       _mm_load_ps(b + i + LANES / 2));
    }
    return sum_of(_mm256_add_pd(low, high));
}

static double minimise(float *x, const float *a, const float *lower,
                       const float *upper, size_t n)
{
    __m256d low = _mm256_setzero_pd();
    __m256d high = _mm256_setzero_pd();
    for (size_t i = 0; i < n; i += LANES) {
        const __m256 ai = _mm256_load_ps(a + i);
        const __m256 xi = _mm256_blendv_ps(
            _mm256_load_ps(upper + i), _mm256_load_ps(lower + i),
            _mm256_cmp_ps(ai, _mm256_setzero_ps(), _CMP_GT_OQ));
        _mm256_store_ps(x + i, xi);
        low = add_dot(low, _mm256_castps256_ps128(ai),
                      _mm256_castps256_ps128(xi));
        high = add_dot(high, _mm256_extractf128_ps(ai, 1),
                       _mm256_extractf128_ps(xi, 1));
    }
    return sum_of(_mm256_add_pd(low, high));
}

const struct single_kernels single_kernels_avx2 = {"avx2",
                                                   add_product,
                                                   single_plain_relax,
                                                   single_plain_follow,
                                                   single_plain_spread,
                                                   dot,
                                                   minimise,
                                                   single_plain_step};

#else

const struct single_kernels single_kernels_avx2 = {"none"};

#endif
