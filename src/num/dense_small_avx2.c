/* AVX2 kernels: tiles of up to four rows by two vectors of four. */
#include "src/num/dense.h"

#if defined(__x86_64__)

#include <immintrin.h>

enum { TILE_ROWS = 4, VECTOR = 4 };

/* One tile: N_ROWS rows by 8 columns (two vectors). */
#define DEFINE_TILE(n_rows)                                                    \
    static void tile_##n_rows(const struct dense_product *p, size_t row,       \
                              size_t column)                                   \
    {                                                                          \
        __m256d low[n_rows];                                                   \
        __m256d high[n_rows];                                                  \
        double *c = p->c + row * p->c_stride + column;                         \
        const double *a = p->a + row * p->a_stride;                            \
        for (size_t r = 0; r < (n_rows); r++) {                                \
            low[r] = p->is_new ? _mm256_setzero_pd()                           \
                               : _mm256_load_pd(c + r * p->c_stride);          \
            high[r] = p->is_new                                                \
                          ? _mm256_setzero_pd()                                \
                          : _mm256_load_pd(c + r * p->c_stride + VECTOR);      \
        }                                                                      \
        for (size_t t = 0; t < p->n_live; t++) {                               \
            const size_t i = p->live[t];                                       \
            const double *w = p->w + i * p->w_stride + column;                 \
            const __m256d w_low = _mm256_load_pd(w);                           \
            const __m256d w_high = _mm256_load_pd(w + VECTOR);                 \
            for (size_t r = 0; r < (n_rows); r++) {                            \
                const __m256d factor = _mm256_set1_pd(a[r * p->a_stride + i]); \
                low[r] = _mm256_fmadd_pd(factor, w_low, low[r]);               \
                high[r] = _mm256_fmadd_pd(factor, w_high, high[r]);            \
            }                                                                  \
        }                                                                      \
        for (size_t r = 0; r < (n_rows); r++) {                                \
            _mm256_store_pd(c + r * p->c_stride, low[r]);                      \
            _mm256_store_pd(c + r * p->c_stride + VECTOR, high[r]);            \
        }                                                                      \
    }

DEFINE_TILE(1)
DEFINE_TILE(2)
DEFINE_TILE(3)
DEFINE_TILE(4)

typedef void tile_function(const struct dense_product *p, size_t row,
                           size_t column);

static tile_function *const TILES[TILE_ROWS] = {tile_1, tile_2, tile_3, tile_4};

static void add_product(const struct dense_product *product)
{
    for (size_t column = 0; column < product->n_cols; column += DENSE_LANES) {
        for (size_t r = 0; r < product->n_rows; r += TILE_ROWS) {
            const size_t rows_left = product->n_rows - r;
            const size_t height = rows_left < TILE_ROWS ? rows_left : TILE_ROWS;
            TILES[height - 1](product, r, column);
        }
    }
}

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
    for (size_t i = 0; i < lines->n; i += VECTOR) {
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
    for (size_t i = 0; i < n; i += VECTOR) {
        const __m256d qi = _mm256_load_pd(q + i);
        sum = _mm256_fmadd_pd(qi, _mm256_load_pd(b + i), sum);
        weight = _mm256_fmadd_pd(_mm256_andnot_pd(sign, qi),
                                 _mm256_load_pd(e + i), weight);
    }
    sums[0] = reduce(sum);
    sums[1] = reduce(weight);
}

const struct dense_kernels dense_kernels_avx2 = {"avx2", add_product, relax_row,
                                                 dot_row};

#else

const struct dense_kernels dense_kernels_avx2 = {"none", NULL, NULL, NULL};

#endif
