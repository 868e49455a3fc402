/* Batched kernels of back-substitution: plain C twin and vector versions. */
#ifndef ASTROLABE_NUM_DENSE_H
#define ASTROLABE_NUM_DENSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Row lengths (strides) are multiples of this many doubles, rows 64-byte
 * aligned; the padding of every operand is zero and stays zero. */
#define DENSE_LANES ((size_t)8)

/* Smallest multiple of DENSE_LANES not below n. */
size_t dense_stride(size_t n);

/*
 * c[r][j] += sum over t < n_live of a[r][live[t]] * w[live[t]][j]         (1)
 *
 *   c      [n_rows x c_stride] in and out, must not overlap a or w
 *   a      [n_rows x a_stride]
 *   w      [(max live + 1) x w_stride]
 *   live   [n_live] ascending column numbers of a
 *   n_cols padded number of columns of w to treat: multiple of DENSE_LANES
 *   is_new c counts as zero, whatever it holds: = instead of +=
 */
struct dense_product {
    double *c;
    const double *a;
    const double *w;
    const uint32_t *live;
    size_t c_stride;
    size_t a_stride;
    size_t w_stride;
    size_t n_live;
    size_t n_rows;
    size_t n_cols;
    bool is_new;
};

/* The row of w for live column number t. */
static inline size_t dense_product_row(const struct dense_product *product,
                                       size_t t)
{
    return product->live[t];
}

/*
 * Lines of a layer of ReLUs: lower y >= lower_slope*z, upper
 * y <= upper_slope*z + upper_intercept; [n] each, n padded.
 */
struct dense_lines {
    const double *lower_slope;
    const double *upper_slope;
    const double *upper_intercept;
    size_t n;
};

/*
 * One set of kernels. Rounding: nearest, any order of summation, with or
 * without fused multiply-adds; callers charge the error (interval_gamma).
 *   add_product  (1)
 *   relax_row    z[i] += q[i]*lower_slope[i] if q[i] >= 0, else
 *                q[i]*upper_slope[i]; returns the sum of
 *                q[i]*upper_intercept[i] over the negative q[i]           (2)
 *   dot_row      *sum = sum_i q[i]*b[i], *weight = sum_i |q[i]|*e[i]
 *   minimum      sum_i of the lesser of a[i]*lower[i] and a[i]*upper[i], of the
 *                latter if they cannot be compared; any n, ends not aligned
 */
struct dense_kernels {
    const char *name;
    void (*add_product)(const struct dense_product *product);
    double (*relax_row)(double *z, const double *q,
                        const struct dense_lines *lines);
    void (*dot_row)(double sums[2], const double *q, const double *b,
                    const double *e, size_t n);
    double (*minimum)(const double *a, const double *lower, const double *upper,
                      size_t n);
};

extern const struct dense_kernels dense_kernels_plain;
extern const struct dense_kernels dense_kernels_avx2;
extern const struct dense_kernels dense_kernels_avx512;

/* The fastest set that this CPU can run. */
const struct dense_kernels *dense_kernels_best(void);

#endif
