/* Choice of the kernel set in floats by what the CPU offers. */
#include "src/num/single.h"

#include "src/num/cpu.h"

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
    static const struct single_kernels *const sets[] = {
        [CPU_PLAIN] = &single_kernels_plain,
        [CPU_AVX2] = &single_kernels_avx2,
        [CPU_AVX512] = &single_kernels_avx512,
    };
    return sets[cpu_vectors()];
}
