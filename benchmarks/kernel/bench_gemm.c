/* The BLAS product, C += op(A) op(B), at the shapes of back-substitution. */
#include "benchmarks/kernel/clock.h"
#include "src/base/alloc.h"
#include "src/num/gemm_blas.h"

#include <stdio.h>
#include <stdlib.h>

enum { SHAPE_BYTES = 64 };

typedef void (*bench_gemm)(double *, const double *, const double *,
                           struct gemm_shape);

/* Operands large enough for every order of the two factors. */
struct operands {
    bench_gemm gemm;
    struct gemm_shape shape;
    double *c;
    double *a;
    double *b;
};

static void operands_run(void *context)
{
    const struct operands *const operands = context;
    operands->gemm(operands->c, operands->a, operands->b, operands->shape);
}

static double *filled(size_t n, size_t period)
{
    double *values;
    NEW_ALIGNED(values, n);
    for (size_t i = 0; i < n; i++) {
        values[i] = (double)(i % period) / (double)period;
    }
    return values;
}

static void bench_shape(const char *name, bench_gemm gemm,
                        struct gemm_shape shape, double blas_gflops)
{
    char text[SHAPE_BYTES];
    struct operands operands = {
        .gemm = gemm,
        .shape = shape,
        .c = filled(shape.n_rows * shape.n_cols, 3),
        .a = filled(shape.n_rows * shape.n_inner, 7),
        .b = filled(shape.n_inner * shape.n_cols, 5),
    };
    const double flops = 2.0 * (double)shape.n_rows * (double)shape.n_cols *
                         (double)shape.n_inner;
    (void)snprintf(text, sizeof text, "%zux%zux%zu", shape.n_rows,
                   shape.n_inner, shape.n_cols);
    clock_print(name, text, flops, clock_median_s(operands_run, &operands),
                blas_gflops);
    alloc_free(operands.a);
    alloc_free(operands.b);
    alloc_free(operands.c);
}

int main(void)
{
    static const struct gemm_shape shapes[] = {
        {1, 64, 64},    {8, 64, 64},     {64, 64, 64},   {8, 256, 256},
        {64, 256, 256}, {256, 256, 256}, {64, 512, 512}, {512, 512, 512},
    };
    const double blas_gflops = clock_blas_gflops();
    clock_print_head();
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        bench_shape("gemm_blas_add", gemm_blas_add, shapes[i], blas_gflops);
        bench_shape("gemm_blas_add_right_transposed",
                    gemm_blas_add_right_transposed, shapes[i], blas_gflops);
    }
    return EXIT_SUCCESS;
}
