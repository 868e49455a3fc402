/* C += op(A) op(B) on row-major doubles through the BLAS, one thread. */
#ifndef ASTROLABE_NUM_GEMM_BLAS_H
#define ASTROLABE_NUM_GEMM_BLAS_H

#include <stddef.h>

/* C is n_rows x n_cols; n_inner is the length of each dot product. A size
 * of zero is allowed; each must be below 2^31. */
struct gemm_shape {
    size_t n_rows;
    size_t n_cols;
    size_t n_inner;
};

/*
 * Adds a product to C in nearest rounding. The summation order, the use of
 * fused multiply-adds and so the last bits depend on the processor: the
 * result is never a bound by itself. The BLAS is held to one thread of its
 * own, so that workers may call at the same time. No argument may alias c.
 *
 *   c        [n_rows x n_cols] row-major, updated
 *   add      C += A B      a [n_rows x n_inner], b [n_inner x n_cols]
 *   add_left_transposed    C += A^T B    a [n_inner x n_rows]
 *   add_right_transposed   C += A B^T    b [n_cols x n_inner]
 *
 * Cost: 2*n_rows*n_cols*n_inner flops. Source: Dongarra et al., "A Set of
 * Level 3 Basic Linear Algebra Subprograms", ACM TOMS 1990.
 */
void gemm_blas_add(double *c, const double *a, const double *b,
                   struct gemm_shape shape);
void gemm_blas_add_left_transposed(double *c, const double *a, const double *b,
                                   struct gemm_shape shape);
void gemm_blas_add_right_transposed(double *c, const double *a, const double *b,
                                    struct gemm_shape shape);

#endif
