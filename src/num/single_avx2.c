/* AVX2 kernels in floats: tiles of up to four rows by two vectors of eight. */
#include "src/num/single_plain.h"

#if defined(__x86_64__)

#include <immintrin.h>

enum { TILE_ROWS = 4, VECTOR = 8 };

/* One tile: N_ROWS rows by 16 columns (two vectors). */
#define DEFINE_TILE(n_rows)                                                   \
    static void tile_##n_rows(const struct single_product *p, size_t row,     \
                              size_t column)                                  \
    {                                                                         \
        __m256 low[n_rows];                                                   \
        __m256 high[n_rows];                                                  \
        float *c = p->c + row * p->c_stride + column;                         \
        const float *a = p->a + row * p->a_stride;                            \
        for (size_t r = 0; r < (n_rows); r++) {                               \
            low[r] = p->is_new ? _mm256_setzero_ps()                          \
                               : _mm256_load_ps(c + r * p->c_stride);         \
            high[r] = p->is_new                                               \
                          ? _mm256_setzero_ps()                               \
                          : _mm256_load_ps(c + r * p->c_stride + VECTOR);     \
        }                                                                     \
        for (size_t t = 0; t < p->n_live; t++) {                              \
            const size_t i = p->live[t];                                      \
            const float *w =                                                  \
                p->w + (p->is_packed ? t : i) * p->w_stride + column;         \
            const __m256 w_low = _mm256_load_ps(w);                           \
            const __m256 w_high = _mm256_load_ps(w + VECTOR);                 \
            for (size_t r = 0; r < (n_rows); r++) {                           \
                const __m256 factor = _mm256_set1_ps(a[r * p->a_stride + i]); \
                low[r] = _mm256_fmadd_ps(factor, w_low, low[r]);              \
                high[r] = _mm256_fmadd_ps(factor, w_high, high[r]);           \
            }                                                                 \
        }                                                                     \
        for (size_t r = 0; r < (n_rows); r++) {                               \
            _mm256_store_ps(c + r * p->c_stride, low[r]);                     \
            _mm256_store_ps(c + r * p->c_stride + VECTOR, high[r]);           \
        }                                                                     \
    }

DEFINE_TILE(1)
DEFINE_TILE(2)
DEFINE_TILE(3)
DEFINE_TILE(4)

typedef void tile_function(const struct single_product *p, size_t row,
                           size_t column);

static tile_function *const TILES[TILE_ROWS] = {tile_1, tile_2, tile_3, tile_4};

static void add_product(const struct single_product *product)
{
    for (size_t column = 0; column < product->n_cols; column += SINGLE_LANES) {
        for (size_t r = 0; r < product->n_rows; r += TILE_ROWS) {
            const size_t rows_left = product->n_rows - r;
            const size_t height = rows_left < TILE_ROWS ? rows_left : TILE_ROWS;
            TILES[height - 1](product, r, column);
        }
    }
}

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
    for (size_t i = 0; i < n; i += VECTOR) {
        low = add_dot(low, _mm_load_ps(a + i), _mm_load_ps(b + i));
        high = add_dot(high, _mm_load_ps(a + i + VECTOR / 2),
                       _mm_load_ps(b + i + VECTOR / 2));
    }
    return sum_of(_mm256_add_pd(low, high));
}

static double minimise(float *x, const float *a, const float *lower,
                       const float *upper, size_t n)
{
    __m256d low = _mm256_setzero_pd();
    __m256d high = _mm256_setzero_pd();
    for (size_t i = 0; i < n; i += VECTOR) {
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
