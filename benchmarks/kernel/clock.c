/* rate = flops / seconds; share = rate / rate of a large BLAS product. */
#include "benchmarks/kernel/clock.h"

#include "src/base/alloc.h"
#include "src/num/gemm_blas.h"

#include <stddef.h>
#include <stdio.h>
#include <time.h>

enum { ROUNDS = 7, PEAK_SIZE = 512 };

struct product {
    double *c;
    double *a;
    double *b;
    struct gemm_shape shape;
};

static double clock_s(void)
{
    return (double)clock() / CLOCKS_PER_SEC;
}

/* Seconds per call over one round. */
static double clock_round_s(clock_call call, void *context)
{
    const double start_s = clock_s();
    double spent_s = 0.0;
    size_t n_calls = 0;
    while (spent_s < 0.05) {
        call(context);
        n_calls++;
        spent_s = clock_s() - start_s;
    }
    return spent_s / (double)n_calls;
}

double clock_median_s(clock_call call, void *context)
{
    double round_s[ROUNDS] = {0.0};
    (void)clock_round_s(call, context);
    for (size_t i = 0; i < ROUNDS; i++) {
        const double s = clock_round_s(call, context);
        size_t at = i;
        while (at > 0 && round_s[at - 1] > s) {
            round_s[at] = round_s[at - 1];
            at--;
        }
        round_s[at] = s;
    }
    return round_s[ROUNDS / 2];
}

static void product_run(void *context)
{
    const struct product *const product = context;
    gemm_blas_add(product->c, product->a, product->b, product->shape);
}

double clock_blas_gflops(void)
{
    const size_t n = PEAK_SIZE;
    struct product product = {.shape = {n, n, n}};
    NEW_ALIGNED(product.c, n * n);
    NEW_ALIGNED(product.a, n * n);
    NEW_ALIGNED(product.b, n * n);
    for (size_t i = 0; i < n * n; i++) {
        product.a[i] = (double)(i % 7) / 8.0;
        product.b[i] = (double)(i % 5) / 8.0;
    }
    const double call_s = clock_median_s(product_run, &product);
    alloc_free(product.b);
    alloc_free(product.a);
    alloc_free(product.c);
    return 2.0 * (double)(n * n * n) / call_s / 1e9;
}

void clock_print_head(void)
{
    (void)printf("name,shape,gflops,share_of_blas\n");
}

void clock_print(const char *name, const char *shape, double flops,
                 double call_s, double blas_gflops)
{
    const double gflops = flops / call_s / 1e9;
    (void)printf("%s,%s,%.3f,%.3f\n", name, shape, gflops,
                 gflops / blas_gflops);
    (void)fflush(stdout);
}
