/* AVX-512 kernels: tiles of up to four rows by seven vectors. */
#include "src/num/dense.h"

#if defined(__x86_64__)

#include <immintrin.h>

enum { TILE_ROWS = 4, TILE_VECTORS = 7 };

/* One tile: N_ROWS rows by N_VECTORS vectors, accumulators in registers. */
#define DEFINE_TILE(n_rows, n_vectors)                                         \
    static void tile_##n_rows##x##n_vectors(const struct dense_product *p,     \
                                            size_t row, size_t column)         \
    {                                                                          \
        __m512d sum[n_rows][n_vectors];                                        \
        double *c = p->c + row * p->c_stride + column;                         \
        const double *a = p->a + row * p->a_stride;                            \
        for (size_t r = 0; r < (n_rows); r++) {                                \
            for (size_t v = 0; v < (n_vectors); v++) {                         \
                sum[r][v] = p->is_new                                          \
                                ? _mm512_setzero_pd()                          \
                                : _mm512_load_pd(c + r * p->c_stride + 8 * v); \
            }                                                                  \
        }                                                                      \
        for (size_t t = 0; t < p->n_live; t++) {                               \
            const size_t i = p->live[t];                                       \
            const double *w = p->w + i * p->w_stride + column;                 \
            __m512d wv[n_vectors];                                             \
            for (size_t v = 0; v < (n_vectors); v++) {                         \
                wv[v] = _mm512_load_pd(w + 8 * v);                             \
            }                                                                  \
            for (size_t r = 0; r < (n_rows); r++) {                            \
                const __m512d factor = _mm512_set1_pd(a[r * p->a_stride + i]); \
                for (size_t v = 0; v < (n_vectors); v++) {                     \
                    sum[r][v] = _mm512_fmadd_pd(factor, wv[v], sum[r][v]);     \
                }                                                              \
            }                                                                  \
        }                                                                      \
        for (size_t r = 0; r < (n_rows); r++) {                                \
            for (size_t v = 0; v < (n_vectors); v++) {                         \
                _mm512_store_pd(c + r * p->c_stride + 8 * v, sum[r][v]);       \
            }                                                                  \
        }                                                                      \
    }

#define DEFINE_TILES(n_vectors) \
    DEFINE_TILE(1, n_vectors)   \
    DEFINE_TILE(2, n_vectors)   \
    DEFINE_TILE(3, n_vectors)   \
    DEFINE_TILE(4, n_vectors)

DEFINE_TILES(1)
DEFINE_TILES(2)
DEFINE_TILES(3)
DEFINE_TILES(4)
DEFINE_TILES(5)
DEFINE_TILES(6)
DEFINE_TILES(7)

typedef void tile_function(const struct dense_product *p, size_t row,
                           size_t column);

#define TILE_LINE(n_rows)                                            \
    {                                                                \
        tile_##n_rows##x1, tile_##n_rows##x2, tile_##n_rows##x3,     \
            tile_##n_rows##x4, tile_##n_rows##x5, tile_##n_rows##x6, \
            tile_##n_rows##x7                                        \
    }

static tile_function *const TILES[TILE_ROWS][TILE_VECTORS] = {
    TILE_LINE(1), TILE_LINE(2), TILE_LINE(3), TILE_LINE(4)};

static void add_product(const struct dense_product *product)
{
    const size_t n_vectors = product->n_cols / DENSE_LANES;
    for (size_t v = 0; v < n_vectors; v += TILE_VECTORS) {
        const size_t left = n_vectors - v;
        const size_t width = left < TILE_VECTORS ? left : TILE_VECTORS;
        for (size_t r = 0; r < product->n_rows; r += TILE_ROWS) {
            const size_t rows_left = product->n_rows - r;
            const size_t height = rows_left < TILE_ROWS ? rows_left : TILE_ROWS;
            TILES[height - 1][width - 1](product, r, v * DENSE_LANES);
        }
    }
}

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

const struct dense_kernels dense_kernels_avx512 = {"avx512", add_product,
                                                   relax_row, dot_row};

#else

const struct dense_kernels dense_kernels_avx512 = {"none", NULL, NULL, NULL};

#endif
