/* The lines of a neuron are above and below the ReLU, and touch it. */
#include "proofs/check/check_activation.h"
#include "src/base/rng.h"
#include "tests/suite.h"

#include <stdint.h>

START_TEST(phases_follow_from_the_signs_of_the_facts)
{
    const int64_t most = CHECK_MOST_FACT;
    ck_assert_int_eq(check_line_get(0, 5, 12).phase, CHECK_ACTIVE);
    ck_assert_int_eq(check_line_get(0, 0, 12).phase, CHECK_ACTIVE);
    ck_assert_int_eq(check_line_get(0, CHECK_NO_UPPER, 12).phase, CHECK_ACTIVE);
    ck_assert_int_eq(check_line_get(-5, 0, 12).phase, CHECK_INACTIVE);
    ck_assert_int_eq(check_line_get(CHECK_NO_LOWER, 0, 12).phase,
                     CHECK_INACTIVE);
    ck_assert_int_eq(check_line_get(-1, 1, 12).phase, CHECK_UNSTABLE);
    ck_assert_int_eq(check_line_get(-most, most, 16).phase, CHECK_UNSTABLE);
}
END_TEST

START_TEST(lines_without_both_facts_are_the_weakest)
{
    const int64_t facts[][2] = {{CHECK_NO_LOWER, CHECK_NO_UPPER},
                                {CHECK_NO_LOWER, 1000},
                                {-1, CHECK_NO_UPPER}};
    for (size_t i = 0; i < 3; i++) {
        const struct check_line line =
            check_line_get(facts[i][0], facts[i][1], 12);
        ck_assert(!line.has_upper && !line.is_identity_below);
    }
    ck_assert(check_line_get(-2, 3, 12).is_identity_below);
    ck_assert(check_line_get(-3, 3, 12).is_identity_below);
    ck_assert(!check_line_get(-64, 63, 12).is_identity_below);
    ck_assert(check_line_get(-65, 64, 12).is_identity_below);
    ck_assert(!check_line_get(-3, 2, 12).is_identity_below);
}
END_TEST

/* Above max(z, 0) at both ends, equal at one, slope within half a unit. */
START_TEST(upper_lines_are_tight_for_their_slope)
{
    struct rng rng;
    rng_init(&rng, test_seed());
    for (size_t i = 0; i < test_count(5000); i++) {
        const unsigned slope_bits = 1 + (unsigned)rng_below(&rng, 16);
        const int64_t one = (int64_t)1 << slope_bits;
        const int64_t lower =
            -1 - (int64_t)(rng_next(&rng) >> (2 + rng_below(&rng, 62)));
        const int64_t upper =
            1 + (int64_t)(rng_next(&rng) >> (2 + rng_below(&rng, 62)));
        const struct check_line line = check_line_get(lower, upper, slope_bits);
        ck_assert(line.phase == CHECK_UNSTABLE && line.has_upper);
        const check_wide at_lower =
            (check_wide)line.slope * lower + line.intercept;
        const check_wide at_upper = (check_wide)line.slope * upper +
                                    line.intercept - (check_wide)one * upper;
        ck_assert(at_lower >= 0 && at_upper >= 0);
        ck_assert(at_lower == 0 || at_upper == 0);
        ck_assert((check_wide)line.offset * one >= line.intercept);
        ck_assert((check_wide)(line.offset - 1) * one < line.intercept);
        ck_assert(line.error == (upper < -lower ? upper : -lower));
        ck_assert(line.is_rounded_up == (upper < -lower));
        const check_wide width = (check_wide)upper - lower;
        const check_wide error =
            2 * (line.slope * width - (check_wide)one * upper);
        ck_assert(-width <= error && error <= width);
    }
}
END_TEST

TCase *test_cases(void)
{
    TCase *cases = tcase_create("check_activation");
    tcase_add_test(cases, phases_follow_from_the_signs_of_the_facts);
    tcase_add_test(cases, lines_without_both_facts_are_the_weakest);
    tcase_add_test(cases, upper_lines_are_tight_for_their_slope);
    return cases;
}
