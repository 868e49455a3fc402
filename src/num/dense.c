/* Choice of the kernel set by what the CPU offers. */
#include "src/num/dense.h"

#include "src/num/cpu.h"

size_t dense_stride(size_t n)
{
    return (n + DENSE_LANES - 1) / DENSE_LANES * DENSE_LANES;
}

const struct dense_kernels *dense_kernels_best(void)
{
    static const struct dense_kernels *const sets[] = {
        [CPU_PLAIN] = &dense_kernels_plain,
        [CPU_AVX2] = &dense_kernels_avx2,
        [CPU_AVX512] = &dense_kernels_avx512,
    };
    return sets[cpu_vectors()];
}
