/* Choice of the kernel set in floats by what the CPU offers. */
#include "src/num/single.h"

#include <float.h>

size_t single_stride(size_t n)
{
    return (n + SINGLE_LANES - 1) / SINGLE_LANES * SINGLE_LANES;
}

float single_round(double x)
{
    static const double most = (double)FLT_MAX;
    return x > most ? FLT_MAX : (x < -most ? -FLT_MAX : (float)x);
}

const struct single_kernels *single_kernels_best(void)
{
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f") != 0 &&
        __builtin_cpu_supports("avx512dq") != 0) {
        return &single_kernels_avx512;
    }
    if (__builtin_cpu_supports("avx2") != 0 &&
        __builtin_cpu_supports("fma") != 0) {
        return &single_kernels_avx2;
    }
#endif
    return &single_kernels_plain;
}
