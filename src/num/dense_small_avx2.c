/* AVX2 kernels: tiles of up to four rows by two vectors of four. */
#include "src/num/dense.h"

#if defined(__x86_64__)

#include <immintrin.h>

#define REAL           double
#define PRODUCT        dense_product
#define PRODUCT_ROW    dense_product_row
#define UNIT           DENSE_LANES
#define VECTOR         __m256d
#define NOTHING        _mm256_setzero_pd
#define LOAD           _mm256_load_pd
#define STORE          _mm256_store_pd
#define SPREAD         _mm256_set1_pd
#define MULTIPLY_ADD   _mm256_fmadd_pd
#define TILE_WIDTHS(F) F(1)
#include "src/num/product_tiles.def"

/* Sum of the four lanes. */
static double reduce(__m256d v)
{
    const __m128d pair =
        _mm_add_pd(_mm256_castpd256_pd128(v), _mm256_extractf128_pd(v, 1));
    return _mm_cvtsd_f64(_mm_add_sd(pair, _mm_unpackhi_pd(pair, pair)));
}

static double relax_row(double *z, const double *q,
                        const struct dense_lines *lines)
{
    const __m256d zero = _mm256_setzero_pd();
    __m256d sum = zero;
    for (size_t i = 0; i < lines->n; i += LANES) {
        const __m256d qi = _mm256_load_pd(q + i);
        const __m256d negative = _mm256_cmp_pd(qi, zero, _CMP_LT_OQ);
        const __m256d slope =
            _mm256_blendv_pd(_mm256_load_pd(lines->lower_slope + i),
                             _mm256_load_pd(lines->upper_slope + i), negative);
        _mm256_store_pd(z + i,
                        _mm256_fmadd_pd(qi, slope, _mm256_load_pd(z + i)));
        sum = _mm256_fmadd_pd(_mm256_and_pd(qi, negative),
                              _mm256_load_pd(lines->upper_intercept + i), sum);
    }
    return reduce(sum);
}

static void dot_row(double sums[2], const double *q, const double *b,
                    const double *e, size_t n)
{
    const __m256d sign = _mm256_set1_pd(-0.0);
    __m256d sum = _mm256_setzero_pd();
    __m256d weight = _mm256_setzero_pd();
    for (size_t i = 0; i < n; i += LANES) {
        const __m256d qi = _mm256_load_pd(q + i);
        sum = _mm256_fmadd_pd(qi, _mm256_load_pd(b + i), sum);
        weight = _mm256_fmadd_pd(_mm256_andnot_pd(sign, qi),
                                 _mm256_load_pd(e + i), weight);
    }
    sums[0] = reduce(sum);
    sums[1] = reduce(weight);
}

static double minimum(const double *a, const double *lower, const double *upper,
                      size_t n)
{
    __m256d sum = _mm256_setzero_pd();
    double rest = 0.0;
    size_t i = 0;
    for (; i + LANES <= n; i += LANES) {
        const __m256d ai = _mm256_loadu_pd(a + i);
        sum = _mm256_add_pd(
            sum, _mm256_min_pd(_mm256_mul_pd(ai, _mm256_loadu_pd(lower + i)),
                               _mm256_mul_pd(ai, _mm256_loadu_pd(upper + i))));
    }
    for (; i < n; i++) {
        const double at_lower = a[i] * lower[i];
        const double at_upper = a[i] * upper[i];
        rest += at_lower < at_upper ? at_lower : at_upper;
    }
    return reduce(sum) + rest;
}

const struct dense_kernels dense_kernels_avx2 = {"avx2", add_product, relax_row,
                                                 dot_row, minimum};

#else

const struct dense_kernels dense_kernels_avx2 = {"none", NULL, NULL, NULL,
                                                 NULL};

#endif
