/* Choice of the kernel set by what the CPU offers. */
#include "src/num/dense.h"

size_t dense_stride(size_t n)
{
    return (n + DENSE_LANES - 1) / DENSE_LANES * DENSE_LANES;
}

const struct dense_kernels *dense_kernels_best(void)
{
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f") != 0 &&
        __builtin_cpu_supports("avx512dq") != 0) {
        return &dense_kernels_avx512;
    }
    if (__builtin_cpu_supports("avx2") != 0 &&
        __builtin_cpu_supports("fma") != 0) {
        return &dense_kernels_avx2;
    }
#endif
    return &dense_kernels_plain;
}
