/* Random numbers: published values, ranges, even spread. */
#include "src/base/rng.h"
#include "tests/suite.h"

#include <check.h>

#include <float.h>
#include <math.h>

START_TEST(the_stream_is_xoshiro256_starstar)
{
    struct rng rng = {{1, 2, 3, 4}};
    ck_assert_uint_eq(rng_next(&rng), 11520);
    ck_assert_uint_eq(rng_next(&rng), 0);
    ck_assert_uint_eq(rng_next(&rng), 1509978240);
    ck_assert_uint_eq(rng_next(&rng), UINT64_C(1215971899390074240));
}
END_TEST

START_TEST(the_seed_is_spread_by_splitmix64)
{
    struct rng rng;
    rng_init(&rng, 0);
    ck_assert_uint_eq(rng.state[0], UINT64_C(0xe220a8397b1dcdaf));
    ck_assert_uint_eq(rng.state[1], UINT64_C(0x6e789e6aa1b965f4));
    ck_assert_uint_eq(rng.state[2], UINT64_C(0x06c45d188009454f));
    ck_assert_uint_eq(rng.state[3], UINT64_C(0xf88bb8a8724c81ec));
}
END_TEST

START_TEST(unit_numbers_fill_the_half_open_interval)
{
    struct rng rng;
    rng_init(&rng, test_seed());
    double least = 1.0;
    double greatest = 0.0;
    for (size_t i = 0; i < 10000; ++i) {
        const double x = rng_unit(&rng);
        ck_assert(0.0 <= x && x < 1.0);
        least = fmin(least, x);
        greatest = fmax(greatest, x);
    }
    ck_assert(least < 0.01 && greatest > 0.99);
}
END_TEST

START_TEST(ranges_hold_their_ends)
{
    struct rng rng;
    rng_init(&rng, test_seed());
    size_t n_inside = 0;
    for (size_t i = 0; i < 10000; ++i) {
        const double narrow = rng_range(&rng, 1.0, 1.0 + DBL_EPSILON);
        ck_assert(1.0 <= narrow && narrow <= 1.0 + DBL_EPSILON);
        const double wide = rng_range(&rng, -DBL_MAX, DBL_MAX);
        ck_assert(isfinite(wide));
        n_inside += fabs(wide) < 0.9 * DBL_MAX ? 1 : 0;
        const double point = rng_range(&rng, 0.1, 0.1);
        ck_assert(0.1 <= point && point <= 0.1);
    }
    ck_assert_uint_ge(n_inside, 8500);
}
END_TEST

START_TEST(small_integers_are_evenly_spread)
{
    enum { N_VALUES = 7, N_DRAWS = 70000 };
    size_t counts[N_VALUES] = {0};
    struct rng rng;
    rng_init(&rng, test_seed());
    for (size_t i = 0; i < N_DRAWS; ++i) {
        ++counts[rng_below(&rng, N_VALUES)];
    }
    for (size_t i = 0; i < N_VALUES; ++i) { /* five standard deviations */
        ck_assert_uint_ge(counts[i], 10000 - 465);
        ck_assert_uint_le(counts[i], 10000 + 465);
    }
    ck_assert_uint_eq(rng_below(&rng, 1), 0);
}
END_TEST

START_TEST(large_moduli_are_not_biased)
{
    /* Plain reduction would put two thirds of the draws below the half. */
    const size_t n = (size_t)3 << 62U;
    struct rng rng;
    rng_init(&rng, test_seed());
    size_t n_low = 0;
    for (size_t i = 0; i < 10000; ++i) {
        n_low += rng_below(&rng, n) < n / 2 ? 1 : 0;
    }
    ck_assert_uint_ge(n_low, 4750);
    ck_assert_uint_le(n_low, 5250);
}
END_TEST

TCase *test_cases(void)
{
    TCase *tests = tcase_create("rng");
    tcase_add_test(tests, the_stream_is_xoshiro256_starstar);
    tcase_add_test(tests, the_seed_is_spread_by_splitmix64);
    tcase_add_test(tests, unit_numbers_fill_the_half_open_interval);
    tcase_add_test(tests, ranges_hold_their_ends);
    tcase_add_test(tests, small_integers_are_evenly_spread);
    tcase_add_test(tests, large_moduli_are_not_biased);
    return tests;
}
