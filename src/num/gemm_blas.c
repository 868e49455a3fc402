/* C += op(A) op(B) on row-major doubles through the BLAS, one thread. */
#include "src/num/gemm_blas.h"

#include "src/base/require.h"

#include <cblas.h>

#include <limits.h>

static int blas_size(size_t n)
{
    REQUIRE(n < (size_t)INT_MAX);
    return (int)n;
}

/* Row lengths must be positive even where nothing is read. */
static int blas_stride(size_t n)
{
    return n == 0 ? 1 : blas_size(n);
}

static void hold_one_thread(void)
{
    if (openblas_get_num_threads() != 1) {
        openblas_set_num_threads(1);
    }
}

void gemm_blas_add(double *c, const double *a, const double *b,
                   struct gemm_shape shape)
{
    hold_one_thread();
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans,
                blas_size(shape.n_rows), blas_size(shape.n_cols),
                blas_size(shape.n_inner), 1.0, a, blas_stride(shape.n_inner), b,
                blas_stride(shape.n_cols), 1.0, c, blas_stride(shape.n_cols));
}

void gemm_blas_add_left_transposed(double *c, const double *a, const double *b,
                                   struct gemm_shape shape)
{
    hold_one_thread();
    cblas_dgemm(CblasRowMajor, CblasTrans, CblasNoTrans,
                blas_size(shape.n_rows), blas_size(shape.n_cols),
                blas_size(shape.n_inner), 1.0, a, blas_stride(shape.n_rows), b,
                blas_stride(shape.n_cols), 1.0, c, blas_stride(shape.n_cols));
}

void gemm_blas_add_right_transposed(double *c, const double *a, const double *b,
                                    struct gemm_shape shape)
{
    hold_one_thread();
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans,
                blas_size(shape.n_rows), blas_size(shape.n_cols),
                blas_size(shape.n_inner), 1.0, a, blas_stride(shape.n_inner), b,
                blas_stride(shape.n_inner), 1.0, c, blas_stride(shape.n_cols));
}
