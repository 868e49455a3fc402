/* The one generator of random numbers: xoshiro256** seeded by splitmix64. */
#ifndef ASTROLABE_BASE_RNG_H
#define ASTROLABE_BASE_RNG_H

#include <stddef.h>
#include <stdint.h>

/* Source: Blackman and Vigna, "Scrambled Linear Pseudorandom Number
 * Generators", ACM TOMS 2021. */
struct rng {
    uint64_t state[4];
};

void rng_init(struct rng *rng, uint64_t seed);
uint64_t rng_next(struct rng *rng);
/* Uniform in [0, 1), 53 bits. */
double rng_unit(struct rng *rng);
/* Uniform in [lower, upper]; exact at equal ends. */
double rng_range(struct rng *rng, double lower, double upper);
/* Uniform in 0 .. n-1; n >= 1. */
size_t rng_below(struct rng *rng, size_t n);

#endif
