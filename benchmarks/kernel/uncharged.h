/* Kernels that leave the charge for rounding errors out: to measure it. */
#ifndef ASTROLABE_BENCHMARKS_KERNEL_UNCHARGED_H
#define ASTROLABE_BENCHMARKS_KERNEL_UNCHARGED_H

#include "src/num/dense.h"

/* The best set, but the second sum of dot_row is 0 and costs nothing. Its
 * bounds are not sound. */
const struct dense_kernels *uncharged_kernels(void);

#endif
