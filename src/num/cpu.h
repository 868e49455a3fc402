/* The vectors that this CPU has. */
#ifndef ASTROLABE_NUM_CPU_H
#define ASTROLABE_NUM_CPU_H

/* Each has those before as well. */
enum cpu_vectors { CPU_PLAIN, CPU_AVX2, CPU_AVX512 };

static inline enum cpu_vectors cpu_vectors(void)
{
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f") != 0 &&
        __builtin_cpu_supports("avx512dq") != 0) {
        return CPU_AVX512;
    }
    if (__builtin_cpu_supports("avx2") != 0 &&
        __builtin_cpu_supports("fma") != 0) {
        return CPU_AVX2;
    }
#endif
    return CPU_PLAIN;
}

#endif
