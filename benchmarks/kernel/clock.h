/* Seconds per call and lines `name,shape,gflops,share_of_blas`. */
#ifndef ASTROLABE_BENCHMARKS_KERNEL_CLOCK_H
#define ASTROLABE_BENCHMARKS_KERNEL_CLOCK_H

/* A kernel call with its operands. */
typedef void (*clock_call)(void *context);

/* Median of seven rounds of at least 50 ms each, after one round unmeasured;
 * seconds of the processor per call. */
double clock_median_s(clock_call call, void *context);

/* GFLOP/s of a 512 x 512 x 512 double product on one core: what the machine
 * gives a well-tuned kernel, against which the others are measured. */
double clock_blas_gflops(void);

/* The line of names. */
void clock_print_head(void);

/*
 * Prints one line of figures on stdout.
 *   shape   as text without commas, such as 64x512x512
 *   flops   additions and multiplications of one call
 *   call_s  seconds of one call, > 0
 *   blas_gflops  from clock_blas_gflops
 */
void clock_print(const char *name, const char *shape, double flops,
                 double call_s, double blas_gflops);

#endif
