/* Exact numbers: strict text, directed doubles at the edges, printing. */
#include "src/base/alloc.h"
#include "src/num/rational.h"
#include "tests/suite.h"

#include <check.h>

#include <float.h>
#include <locale.h>
#include <math.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
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

/* fraction: what the text means, as GMP reads it */
static void check_parses(const char *text, const char *fraction)
{
    struct error error = {0};
    mpq_t value;
    mpq_t expected;
    mpq_init(value);
    mpq_init(expected);
    ck_assert_int_eq(mpq_set_str(expected, fraction, 10), 0);
    mpq_canonicalize(expected);
    const enum status status =
        rational_parse(value, text, strlen(text), &error);
    ck_assert_msg(status == STATUS_OK, "%s: %s", text, error.message);
    ck_assert_msg(mpq_equal(value, expected) != 0, "%s", text);
    mpq_clear(expected);
    mpq_clear(value);
}

static void check_refuses(const char *text, size_t n, const char *part)
{
    struct error error = {0};
    mpq_t value;
    mpq_init(value);
    ck_assert_int_eq(rational_parse(value, text, n, &error), STATUS_BAD_INPUT);
    ck_assert_msg(strstr(error.message, part) != NULL, "%s", error.message);
    mpq_clear(value);
}

START_TEST(decimals_are_read_exactly)
{
    check_parses("0", "0");
    check_parses("-0", "0");
    check_parses("+7", "7");
    check_parses("0.1", "1/10");
    check_parses("-.5", "-1/2");
    check_parses("5.", "5");
    check_parses("007.250", "29/4");
    check_parses("1e3", "1000");
    check_parses("1.5E-2", "3/200");
    check_parses("+.25e+1", "5/2");
    check_parses("-12.5e-0001", "-5/4");
    check_parses("0.1000000000000000055511151231257827",
                 "1000000000000000055511151231257827/"
                 "10000000000000000000000000000000000");
    check_parses("0e999999999999999999999", "0");
    check_parses("0.00e-999999999999999999999", "0");
}
END_TEST

START_TEST(other_text_is_refused)
{
    static const char *const TEXTS[] = {
        "",    "+",     "-",     ".",    "e5",    "1e",  "1e+",   "1e-", "--1",
        "+-1", "1.2.3", "1 ",    " 1",   "1 2",   "1/2", "0x10",  "1f",  "inf",
        "nan", "1,5",   "1e5.0", "1e 5", "1_000", ".e1", "1e5e5",
    };
    for (size_t i = 0; i < sizeof TEXTS / sizeof *TEXTS; ++i) {
        check_refuses(TEXTS[i], strlen(TEXTS[i]), "expected a decimal number");
    }
    check_refuses("1\0", 2, "`1?`");
    check_refuses("\xff\n", 2, "`\?\?`");
}
END_TEST

START_TEST(long_expansions_are_refused_at_once)
{
    check_refuses("1e999999999", 11, "more than 4096 decimal digits");
    check_refuses("1e-999999999", 12, "more than 4096 decimal digits");
    check_refuses("1e99999999999999999999999", 25, "more than 4096");
    check_refuses("1e4096", 6, "more than 4096");
    check_refuses("1e-4097", 7, "more than 4096");
    char digits[6000];
    memset(digits, '7', sizeof digits);
    check_refuses(digits, sizeof digits, "...` needs more than 4096");
    struct error error = {0};
    mpq_t value;
    mpq_init(value);
    ck_assert_int_eq(rational_parse(value, digits, 4096, &error), STATUS_OK);
    ck_assert_uint_le(mpz_sizeinbase(mpq_numref(value), 10) - 4096, 1);
    ck_assert_int_eq(rational_parse(value, digits, 4097, &error),
                     STATUS_BAD_INPUT);
    ck_assert_int_eq(rational_parse(value, "1e4095", 6, &error), STATUS_OK);
    ck_assert_int_eq(rational_parse(value, "1e-4096", 7, &error), STATUS_OK);
    memset(digits, '0', sizeof digits);
    ck_assert_int_eq(rational_parse(value, digits, 5999, &error), STATUS_OK);
    ck_assert_int_eq(mpq_sgn(value), 0);
    mpq_clear(value);
}
END_TEST

static void check_bracket(const char *text, double down, double up)
{
    struct error error = {0};
    mpq_t value;
    mpq_init(value);
    ck_assert_int_eq(rational_parse(value, text, strlen(text), &error),
                     STATUS_OK);
    const double found_down = rational_down(value);
    const double found_up = rational_up(value);
    ck_assert_msg(is_same_bits(found_down, down), "%s: down %a", text,
                  found_down);
    ck_assert_msg(is_same_bits(found_up, up), "%s: up %a", text, found_up);
    mpq_clear(value);
}

START_TEST(directed_doubles_hold_at_the_edges)
{
    check_bracket("0", 0.0, 0.0);
    check_bracket("0.5", 0.5, 0.5);
    check_bracket("0.1", 0x1.9999999999999p-4, 0x1.999999999999ap-4);
    check_bracket("-0.1", -0x1.999999999999ap-4, -0x1.9999999999999p-4);
    check_bracket("1e-400", 0.0, 0x1p-1074);
    check_bracket("-1e-400", -0x1p-1074, 0.0);
    check_bracket("2e-324", 0.0, 0x1p-1074);
    check_bracket("-2e-324", -0x1p-1074, 0.0);
    check_bracket("-4e-324", -0x1p-1074, 0.0);
    check_bracket("1e-323", 0x1p-1073, 0x1.8p-1073);
    check_bracket("1e400", DBL_MAX, HUGE_VAL);
    check_bracket("-1e400", -HUGE_VAL, -DBL_MAX);
    check_bracket("2.2250738585072011e-308", 0x0.fffffffffffffp-1022,
                  0x1p-1022);
    check_bracket("1.7976931348623157e308", 0x1.ffffffffffffep1023, DBL_MAX);
    check_bracket("1.7976931348623158e308", DBL_MAX, HUGE_VAL);
}
END_TEST

static void check_bracket_f32(const char *text, float down, float up)
{
    struct error error = {0};
    mpq_t value;
    mpq_init(value);
    ck_assert_int_eq(rational_parse(value, text, strlen(text), &error),
                     STATUS_OK);
    const float found_down = rational_down_f32(value);
    const float found_up = rational_up_f32(value);
    ck_assert_msg(is_same_bits((double)found_down, (double)down), "%s: down %a",
                  text, (double)found_down);
    ck_assert_msg(is_same_bits((double)found_up, (double)up), "%s: up %a", text,
                  (double)found_up);
    mpq_clear(value);
}

START_TEST(directed_floats_hold_at_the_edges)
{
    check_bracket_f32("0", 0.0F, 0.0F);
    check_bracket_f32("0.1", 0x1.999998p-4F, 0x1.99999ap-4F);
    check_bracket_f32("-0.1", -0x1.99999ap-4F, -0x1.999998p-4F);
    check_bracket_f32("1e-400", 0.0F, 0x1p-149F);
    check_bracket_f32("-1e-60", -0x1p-149F, 0.0F);
    check_bracket_f32("3.4028234e38", 0x1.fffffcp127F, FLT_MAX);
    check_bracket_f32("3.4028236e38", FLT_MAX, HUGE_VALF);
    check_bracket_f32("-1e39", -HUGE_VALF, -FLT_MAX);
    check_bracket_f32("1e400", FLT_MAX, HUGE_VALF);
    /* above a float by less than the double can show */
    check_bracket_f32("1.0000000000000000000000000001", 1.0F, 0x1.000002p0F);
}
END_TEST

static void check_prints(double x, const char *expected)
{
    char text[32];
    rational_print_double(text, x);
    ck_assert_str_eq(text, expected);
}

START_TEST(doubles_are_printed_shortest)
{
    check_prints(0.0, "0");
    check_prints(-0.0, "-0");
    check_prints(0.1, "0.1");
    check_prints(100.0, "100");
    check_prints(-1234567.0, "-1234567");
    check_prints(1e22, "1e+22");
    check_prints(1e23, "1e+23");
    check_prints((double)0.1F, "0.10000000149011612");
    check_prints(2.0 / 3.0, "0.6666666666666666");
    check_prints(0x1p-1074, "5e-324");
    check_prints(DBL_MIN, "2.2250738585072014e-308");
    check_prints(-DBL_MAX, "-1.7976931348623157e+308");
}
END_TEST

START_TEST(numbers_do_not_follow_the_locale)
{
    static const char *const NAMES[] = {"de_DE.UTF-8", "de_DE.utf8", "de_DE",
                                        "fr_FR.UTF-8"};
    const char *found = NULL;
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES && found == NULL; ++i) {
        found = setlocale(LC_ALL, NAMES[i]);
    }
    if (found == NULL) {
        printf("SKIPPED numbers_do_not_follow_the_locale: none with a comma "
               "is installed\n");
        return;
    }
    check_prints(0.5, "0.5");
    check_prints(1.25e-7, "1.25e-07");
    check_parses("0.1", "1/10");
    check_refuses("0,1", 3, "expected a decimal number");
}
END_TEST

START_TEST(fractions_are_printed_canonically)
{
    mpq_t value;
    mpq_init(value);
    rational_set_double(value, -0.375);
    char *text = rational_text(value);
    ck_assert_str_eq(text, "-3/8");
    alloc_free(text);
    mpq_set_si(value, -12, 1);
    text = rational_text(value);
    ck_assert_str_eq(text, "-12");
    alloc_free(text);
    mpq_clear(value);
}
END_TEST

START_TEST(not_a_number_is_required_away)
{
    mpq_t value;
    mpq_init(value);
    rational_set_double(value, (double)NAN);
}
END_TEST

START_TEST(infinity_is_not_printed)
{
    char text[32];
    rational_print_double(text, HUGE_VAL);
}
END_TEST

START_TEST(gmp_memory_is_counted)
{
    rational_use_counted_memory();
    const size_t live = alloc_live_bytes();
    mpz_t large;
    mpz_init(large);
    mpz_ui_pow_ui(large, 7, 10000);
    ck_assert_uint_ge(alloc_live_bytes(), live + 3500);
    mpz_ui_pow_ui(large, 7, 100000);
    mpz_clear(large);
    ck_assert_uint_eq(alloc_live_bytes(), live);
}
END_TEST

START_TEST(arrays_begin_with_zeros)
{
    enum { N = 3 };
    const size_t live = alloc_live_bytes();
    mpq_t *values = rational_create(N);
    for (size_t i = 0; i < N; i++) {
        ck_assert_int_eq(mpq_sgn(values[i]), 0);
        rational_set_double(values[i], 0.5);
    }
    rational_destroy(values, N);
    rational_destroy(NULL, N);
    ck_assert_uint_eq(alloc_live_bytes(), live);
}
END_TEST

TCase *test_cases(void)
{
    TCase *tests = tcase_create("rational");
    tcase_add_test(tests, decimals_are_read_exactly);
    tcase_add_test(tests, other_text_is_refused);
    tcase_add_test(tests, long_expansions_are_refused_at_once);
    tcase_add_test(tests, directed_doubles_hold_at_the_edges);
    tcase_add_test(tests, directed_floats_hold_at_the_edges);
    tcase_add_test(tests, doubles_are_printed_shortest);
    tcase_add_test(tests, numbers_do_not_follow_the_locale);
    tcase_add_test(tests, fractions_are_printed_canonically);
    tcase_add_test(tests, arrays_begin_with_zeros);
    tcase_add_test_raise_signal(tests, not_a_number_is_required_away, SIGABRT);
    tcase_add_test_raise_signal(tests, infinity_is_not_printed, SIGABRT);
    tcase_add_test(tests, gmp_memory_is_counted);
    return tests;
}
