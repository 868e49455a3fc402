/* sum_i q[i]*b[i] alone, in as many partial sums as lanes. */
#include "benchmarks/kernel/uncharged.h"

/* Written so that the compiler can keep the partial sums in vectors. */
static void dot_row(double sums[2], const double *q, const double *b,
                    const double *e, size_t n)
{
    double part[DENSE_LANES] = {0.0};
    (void)e;
    for (size_t i = 0; i < n; i += DENSE_LANES) {
        for (size_t lane = 0; lane < DENSE_LANES; lane++) {
            part[lane] += q[i + lane] * b[i + lane];
        }
    }
    sums[0] = ((part[0] + part[1]) + (part[2] + part[3])) +
              ((part[4] + part[5]) + (part[6] + part[7]));
    sums[1] = 0.0;
}

const struct dense_kernels *uncharged_kernels(void)
{
    static struct dense_kernels kernels;
    kernels = *dense_kernels_best();
    kernels.dot_row = dot_row;
    return &kernels;
}
