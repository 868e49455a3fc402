#include "src/base/rng.h"

#include "src/base/require.h"

#include <math.h>

static uint64_t rotate_left(uint64_t x, unsigned k)
{
    return (x << k) | (x >> (64U - k));
}

/* splitmix64: one step of a Weyl sequence, then a mixing of its bits. */
static uint64_t split_mix(uint64_t *weyl)
{
    *weyl += UINT64_C(0x9e3779b97f4a7c15);
    uint64_t z = *weyl;
    z = (z ^ (z >> 30U)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27U)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31U);
}

void rng_init(struct rng *rng, uint64_t seed)
{
    uint64_t weyl = seed;
    for (size_t i = 0; i < 4; ++i) {
        rng->state[i] = split_mix(&weyl);
    }
}

uint64_t rng_next(struct rng *rng)
{
    uint64_t *s = rng->state;
    const uint64_t result = rotate_left(s[1] * 5U, 7U) * 9U;
    const uint64_t shifted = s[1] << 17U;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= shifted;
    s[3] = rotate_left(s[3], 45U);
    return result;
}

double rng_unit(struct rng *rng)
{
    return (double)(rng_next(rng) >> 11U) * 0x1p-53;
}

double rng_range(struct rng *rng, double lower, double upper)
{
    REQUIRE(isfinite(lower) && isfinite(upper) && lower <= upper);
    const double t = rng_unit(rng);
    const double width = upper - lower;
    const double x =
        isfinite(width) ? lower + t * width : (1.0 - t) * lower + t * upper;
    return fmin(fmax(x, lower), upper);
}

size_t rng_below(struct rng *rng, size_t n)
{
    REQUIRE(n >= 1);
    /* Draws at or above the largest multiple of n would favour small ones. */
    const uint64_t limit = UINT64_MAX - UINT64_MAX % n;
    uint64_t draw = rng_next(rng);
    while (draw >= limit) {
        draw = rng_next(rng);
    }
    return (size_t)(draw % n);
}
