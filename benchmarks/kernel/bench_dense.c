/* Products of back-substitution by every kernel set, and BLAS beside them. */
#include "benchmarks/kernel/clock.h"
#include "src/base/alloc.h"
#include "src/num/dense.h"
#include "src/num/gemm_blas.h"

#include <stdio.h>
#include <stdlib.h>

enum { TEXT_BYTES = 64 };

/* A block of n_rows rows passes a layer of n_inner neurons with n_cols
 * inputs, all of them live. */
struct setting {
    size_t n_rows;
    size_t n_inner;
    size_t n_cols;
};

struct operands {
    const struct dense_kernels *kernels; /* NULL: BLAS */
    struct dense_product product;
    struct gemm_shape shape;
};

static void operands_run(void *context)
{
    const struct operands *const operands = context;
    const struct dense_product *const product = &operands->product;
    if (operands->kernels == NULL) {
        gemm_blas_add(product->c, product->a, product->w, operands->shape);
    } else {
        operands->kernels->add_product(product);
    }
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

/* Counts the multiply-adds of the unpadded shape. */
static void bench(const struct dense_kernels *kernels,
                  const struct setting *setting, double blas_gflops)
{
    char name[TEXT_BYTES];
    char shape[TEXT_BYTES];
    const size_t c_stride =
        kernels == NULL ? setting->n_cols : dense_stride(setting->n_cols);
    const size_t a_stride =
        kernels == NULL ? setting->n_inner : dense_stride(setting->n_inner);
    uint32_t *live;
    NEW_ARRAY(live, setting->n_inner);
    for (size_t i = 0; i < setting->n_inner; i++) {
        live[i] = (uint32_t)i;
    }
    double *c = filled(setting->n_rows * c_stride, 3);
    double *a = filled(setting->n_rows * a_stride, 7);
    double *w = filled(setting->n_inner * c_stride, 5);
    struct operands operands = {
        .kernels = kernels,
        .product = {.c = c,
                    .a = a,
                    .w = w,
                    .live = live,
                    .c_stride = c_stride,
                    .a_stride = a_stride,
                    .w_stride = c_stride,
                    .n_live = setting->n_inner,
                    .n_rows = setting->n_rows,
                    .n_cols = c_stride},
        .shape = {setting->n_rows, setting->n_cols, setting->n_inner},
    };
    const double flops = 2.0 * (double)setting->n_rows *
                         (double)setting->n_inner * (double)setting->n_cols;
    (void)snprintf(name, sizeof name, "add_product_%s",
                   kernels == NULL ? "blas" : kernels->name);
    (void)snprintf(shape, sizeof shape, "%zux%zux%zu", setting->n_rows,
                   setting->n_inner, setting->n_cols);
    clock_print(name, shape, flops, clock_median_s(operands_run, &operands),
                blas_gflops);
    alloc_free(w);
    alloc_free(a);
    alloc_free(c);
    alloc_free(live);
}

int main(void)
{
    static const struct setting layers[] = {
        {0, 50, 50}, {0, 256, 256}, {0, 32, 128}};
    static const size_t rows[] = {16, 32, 64};
    const struct dense_kernels *best = dense_kernels_best();
    const double blas_gflops = clock_blas_gflops();
    clock_print_head();
    for (size_t i = 0; i < sizeof layers / sizeof *layers; i++) {
        for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
            struct setting setting = layers[i];
            setting.n_rows = rows[r];
            bench(&dense_kernels_plain, &setting, blas_gflops);
            if (best != &dense_kernels_plain) {
                bench(&dense_kernels_avx2, &setting, blas_gflops);
            }
            if (best == &dense_kernels_avx512) {
                bench(&dense_kernels_avx512, &setting, blas_gflops);
            }
            bench(NULL, &setting, blas_gflops);
        }
    }
    return EXIT_SUCCESS;
}
