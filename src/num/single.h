/* Kernels in floats, for what needs no rigour: plain C twin and vectors. */
#ifndef ASTROLABE_NUM_SINGLE_H
#define ASTROLABE_NUM_SINGLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Rows are 64-byte aligned, their lengths (strides) multiples of this many
 * floats; the padding of every operand is zero and stays zero. */
#define SINGLE_LANES ((size_t)16)

/* Smallest multiple of SINGLE_LANES not below n. */
size_t single_stride(size_t n);

/* The nearest float; the largest of its sign where there is none. */
float single_round(double x);

/* c += a w over the live columns of a, as dense_product in doubles (dense.h);
 * n_cols a multiple of SINGLE_LANES. */
struct single_product {
    float *c;
    const float *a;
    const float *w;
    const uint32_t *live;
    size_t c_stride;
    size_t a_stride;
    size_t w_stride;
    size_t n_live;
    size_t n_rows;
    size_t n_cols;
    bool is_new;
    bool is_packed; /* row t of w is that of live[t] */
};

/* The row of w for live column number t. */
static inline size_t single_product_row(const struct single_product *product,
                                        size_t t)
{
    return product->is_packed ? t : product->live[t];
}

/* Phases of a neuron with a line of its own; those with other bits set are
 * never stepped. */
enum {
    SINGLE_FREE = 0,
    SINGLE_PASSED = 1,
    SINGLE_CUT = 2,
    SINGLE_PHASE = 3, /* the bits of the phase */
    SINGLE_FIXED = 4, /* from here on */
};

/*
 * A layer of n ReLUs, n padded. Bits i % 16 of words i / 16: neuron i passes
 * its input, or has a line of its own; neither: it is 0. Chords of the latter:
 * y <= slope*z + intercept; [n] each.
 */
struct single_relu {
    size_t n;
    const uint16_t *passed;
    const uint16_t *own;
    const float *slope;
    const float *intercept;
};

/* Of the neurons with lines of their own, one after another: the slope of the
 * lower line if free, else the multiplier; 16 numbers behind the last may be
 * read. gradient: of the choices, or NULL. */
struct single_row {
    const float *choice;
    const uint8_t *phase;
    float *gradient;
};

/* One step of n choices c with moments m and s of their gradient g:
 *   m = (1 - first) m + first g,   s = (1 - second) s + second g^2,
 *   c += rate * (m / m_share) / (sqrt(s / s_share) + 1e-12),
 * rate and upper end slope_rate and 1 where free, literal_rate and none where
 * passed or cut; lower end 0. */
struct single_step {
    size_t n;
    float *choice;
    float *moment;
    float *square;
    const float *gradient;
    const uint8_t *phase;
    float first;
    float second;
    float m_share;
    float s_share;
    float slope_rate;
    float literal_rate;
};

/*
 * One set of kernels. Rounding: nearest, any order of summation, with or
 * without fused multiply-adds; sums that are returned are in doubles, of
 * products of floats.
 *   add_product  as above
 *   relax        z[i] += what coefficient q[i] of a neuron adds to that of its
 *                input: q if it passes, q - choice if it is passed, choice if
 *                cut, q*choice if q >= 0, q*slope else; returns the sum of
 *                q*intercept over the last
 *   follow       y[i] = z[i] along the same lines, 0 for others, and their
 *                gradients -z, z, q*z, 0
 *   spread       c[i] += packed[t], i the t-th of the bits of n / 16 words,
 *                for all; 16 numbers behind the last packed one may be read
 *   dot          sum_i a[i]*b[i]
 *   minimise     x[i] = lower[i] where a[i] > 0, else upper[i]; returns a.x
 *   step         of choices
 */
struct single_kernels {
    const char *name;
    void (*add_product)(const struct single_product *product);
    double (*relax)(float *z, const float *q, const struct single_relu *relu,
                    const struct single_row *row);
    void (*follow)(float *y, const float *z, const float *q,
                   const struct single_relu *relu,
                   const struct single_row *row);
    void (*spread)(float *c, const float *packed, const uint16_t *words,
                   size_t n);
    double (*dot)(const float *a, const float *b, size_t n);
    double (*minimise)(float *x, const float *a, const float *lower,
                       const float *upper, size_t n);
    void (*step)(const struct single_step *step);
};

extern const struct single_kernels single_kernels_plain;
extern const struct single_kernels single_kernels_avx2;
extern const struct single_kernels single_kernels_avx512;

/* The fastest set that this CPU can run. */
const struct single_kernels *single_kernels_best(void);

#endif
