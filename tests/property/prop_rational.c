/* Exact numbers on random operands over the whole exponent range. */
#include "src/base/rng.h"
#include "src/num/rational.h"
#include "tests/suite.h"

#include <check.h>

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Tells -0.0 from 0.0, unlike ==. */
static bool is_same_bits(double a, double b)
{
    uint64_t bits_a = 0;
    uint64_t bits_b = 0;
    memcpy(&bits_a, &a, sizeof a);
    memcpy(&bits_b, &b, sizeof b);
    return bits_a == bits_b;
}

/* A finite double with random bits; one in eight is subnormal. */
static double random_double(struct rng *rng)
{
    const uint64_t exponent_bits = UINT64_C(0x7ff) << 52U;
    const uint64_t mask = rng_below(rng, 8) == 0 ? ~exponent_bits : UINT64_MAX;
    double x = HUGE_VAL;
    while (!isfinite(x)) {
        const uint64_t bits = rng_next(rng) & mask;
        memcpy(&x, &bits, sizeof x);
    }
    return x;
}

/* A rational at, or just beside, a random double, or far off the grid. */
static void random_value(mpq_t value, struct rng *rng)
{
    mpq_set_d(value, random_double(rng));
    const size_t kind = rng_below(rng, 4);
    if (kind == 0) {
        return;
    }
    mpq_t shift;
    mpq_init(shift);
    mpq_set_d(shift, random_double(rng));
    if (kind == 1) { /* relative distance below every grid */
        mpq_mul(shift, value, shift);
        mpq_div_2exp(shift, shift, 1100 + rng_below(rng, 200));
    } else if (kind == 2) { /* far below the least subnormal */
        mpq_div_2exp(shift, shift, 1500);
    }
    mpq_add(value, value, shift);
    mpq_clear(shift);
}

/* Sign of value - x, where x may be infinite. */
static int sign_of_difference(const mpq_t value, double x)
{
    if (!isfinite(x)) {
        return x < 0.0 ? 1 : -1;
    }
    mpq_t difference;
    mpq_init(difference);
    mpq_set_d(difference, x);
    mpq_sub(difference, value, difference);
    const int sign = mpq_sgn(difference);
    mpq_clear(difference);
    return sign;
}

START_TEST(directed_doubles_are_the_tightest)
{
    struct rng rng;
    rng_init(&rng, test_seed());
    mpq_t value;
    mpq_init(value);
    const size_t n = test_count(5000);
    for (size_t i = 0; i < n; ++i) {
        random_value(value, &rng);
        const double down = rational_down(value);
        const double up = rational_up(value);
        ck_assert_msg(sign_of_difference(value, down) >= 0 &&
                          sign_of_difference(value, up) <= 0,
                      "seed %llu: [%a, %a] misses the value",
                      (unsigned long long)test_seed(), down, up);
        ck_assert_msg(
            sign_of_difference(value, nextafter(down, HUGE_VAL)) < 0 &&
                sign_of_difference(value, nextafter(up, -HUGE_VAL)) > 0,
            "seed %llu: [%a, %a] is not the tightest",
            (unsigned long long)test_seed(), down, up);
        const double near = rational_near(value);
        ck_assert(near >= down && near <= up);
    }
    mpq_clear(value);
}
END_TEST

START_TEST(directed_floats_are_the_tightest)
{
    struct rng rng;
    rng_init(&rng, test_seed());
    mpq_t value;
    mpq_init(value);
    const size_t n = test_count(5000);
    for (size_t i = 0; i < n; ++i) {
        random_value(value, &rng);
        if (i % 2 == 0) { /* else most values are out of the float range */
            const float x = (float)ldexp(rng_range(&rng, -1.0, 1.0),
                                         (int)rng_below(&rng, 280) - 152);
            mpq_set_d(value, (double)x);
            mpq_t shift;
            mpq_init(shift);
            mpq_set_d(shift, ldexp(rng_unit(&rng), -160));
            mpq_add(value, value, shift);
            mpq_clear(shift);
        }
        const float down = rational_down_f32(value);
        const float up = rational_up_f32(value);
        ck_assert_msg(sign_of_difference(value, (double)down) >= 0 &&
                          sign_of_difference(value, (double)up) <= 0 &&
                          sign_of_difference(
                              value, (double)nextafterf(down, HUGE_VALF)) < 0 &&
                          sign_of_difference(
                              value, (double)nextafterf(up, -HUGE_VALF)) > 0,
                      "seed %llu: [%a, %a]", (unsigned long long)test_seed(),
                      (double)down, (double)up);
    }
    mpq_clear(value);
}
END_TEST

START_TEST(printed_doubles_read_back_and_nothing_shorter_does)
{
    struct rng rng;
    rng_init(&rng, test_seed());
    const size_t n = test_count(1000);
    for (size_t i = 0; i < n; ++i) {
        const double x =
            i % 2 == 0
                ? random_double(&rng)
                : (double)(int)rng_below(&rng, 2000000) / 1000.0 - 1000.0;
        char text[32];
        rational_print_double(text, x);
        /* the C library's reader as an independent oracle */
        const double read = strtod(text, NULL);
        ck_assert_msg(is_same_bits(read, x), "%a: %s", x, text);
        size_t n_digits = 0;
        for (const char *c = text; *c != '\0' && *c != 'e'; ++c) {
            const bool is_leading_zero = n_digits == 0 && *c == '0';
            n_digits += *c >= '0' && *c <= '9' && !is_leading_zero ? 1 : 0;
        }
        char shorter[400];
        (void)snprintf(shorter, sizeof shorter, "%.*g",
                       n_digits < 2 ? 1 : (int)n_digits - 1, x);
        const double other = strtod(shorter, NULL);
        ck_assert_msg(n_digits < 2 || strchr(text, 'e') == NULL ||
                          !is_same_bits(other, x),
                      "%s is shorter than %s", shorter, text);
    }
}
END_TEST

/* Text of a random decimal, and the same number as digits over a power of
 * ten in the form GMP reads. */
static void random_decimal(char *text, char *fraction, struct rng *rng)
{
    const size_t n_whole = rng_below(rng, 20);
    const size_t n_fraction = rng_below(rng, 20) + (n_whole == 0 ? 1 : 0);
    const int exponent = (int)rng_below(rng, 80) - 40;
    const bool is_negative = rng_below(rng, 2) == 0;
    char digits[64];
    for (size_t i = 0; i < n_whole + n_fraction; ++i) {
        digits[i] = (char)('0' + rng_below(rng, 10));
    }
    digits[n_whole + n_fraction] = '\0';
    (void)snprintf(text, 128, "%s%.*s.%s%c%d", is_negative ? "-" : "",
                   (int)n_whole, digits, digits + n_whole,
                   rng_below(rng, 2) == 0 ? 'e' : 'E', exponent);
    char zeros[80];
    memset(zeros, '0', sizeof zeros);
    const int power = exponent - (int)n_fraction;
    (void)snprintf(fraction, 256, "%s%s%.*s/1%.*s", is_negative ? "-" : "",
                   digits, power > 0 ? power : 0, zeros, power < 0 ? -power : 0,
                   zeros);
}

START_TEST(decimals_agree_with_plain_fractions)
{
    struct rng rng;
    rng_init(&rng, test_seed());
    mpq_t value;
    mpq_t expected;
    mpq_init(value);
    mpq_init(expected);
    const size_t n = test_count(2000);
    for (size_t i = 0; i < n; ++i) {
        char text[128];
        char fraction[256];
        struct error error = {0};
        random_decimal(text, fraction, &rng);
        ck_assert_int_eq(mpq_set_str(expected, fraction, 10), 0);
        mpq_canonicalize(expected);
        ck_assert_int_eq(rational_parse(value, text, strlen(text), &error),
                         STATUS_OK);
        ck_assert_msg(mpq_equal(value, expected) != 0, "%s is not %s", text,
                      fraction);
    }
    mpq_clear(expected);
    mpq_clear(value);
}
END_TEST

TCase *test_cases(void)
{
    TCase *tests = tcase_create("rational");
    tcase_add_test(tests, directed_doubles_are_the_tightest);
    tcase_add_test(tests, directed_floats_are_the_tightest);
    tcase_add_test(tests, printed_doubles_read_back_and_nothing_shorter_does);
    tcase_add_test(tests, decimals_agree_with_plain_fractions);
    return tests;
}
