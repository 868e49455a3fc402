/* VNN-LIB 1: accepted forms in canonical print, refusals with their place. */
#include "src/base/log.h"
#include "tests/ref/ref_property.h"
#include "tests/suite.h"

#include <check.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DECLARED "(declare-const X_0 Real)(declare-const Y_0 Real)"

static void check_print(const char *text, const char *expected)
{
    struct error error;
    struct vnnlib *lib = ref_property_parse(text, false, &error);
    ck_assert_msg(lib != NULL, "%s: %s", text, error.message);
    ck_assert_int_eq(lib->major, 1);
    char *print = ref_property_print(lib);
    ck_assert_str_eq(print, expected);
    free(print);
    vnnlib_destroy(lib);
}

/* The assertion alone, behind two declarations. */
static void check_assertion(const char *assertion, const char *expected)
{
    char text[512];
    char print[512];
    (void)snprintf(text, sizeof text, "%s(assert %s)", DECLARED, assertion);
    (void)snprintf(print, sizeof print,
                   "(declare-const X_0 Real)\n(declare-const Y_0 Real)\n"
                   "(assert %s)\n",
                   expected);
    check_print(text, print);
}

static void check_refusal(const char *text, size_t line, size_t column,
                          const char *part)
{
    struct error error;
    struct vnnlib *lib = ref_property_parse(text, false, &error);
    ck_assert_msg(lib == NULL, "accepted: %s", text);
    ck_assert_msg(strstr(error.message, part) != NULL, "%s", error.message);
    ck_assert_str_eq(error.path, "test");
    ck_assert_uint_eq(error.line, line);
    ck_assert_uint_eq(error.column, column);
}

START_TEST(every_form_of_the_grammar_is_read)
{
    check_assertion("(<= X_0 0.1)", "(<= X_0 0.1)");
    check_assertion("(and)", "(and)");
    check_assertion("(or (and (>= X_0 1e-3)) (< Y_0 X_0))",
                    "(or (and (>= X_0 1e-3)) (< Y_0 X_0))");
    check_assertion("(=> (not (= X_0 #xF)) (distinct Y_0 .5))",
                    "(=> (not (= X_0 #xF)) (distinct Y_0 .5))");
    check_assertion("(> (+ X_0 1 2) (* 2 (- Y_0 1. X_0)))",
                    "(> (+ X_0 1 2) (* 2 (- Y_0 1. X_0)))");
    check_assertion("(<= -X_0 (- +1))", "(<= (- X_0) (- +1))");
    check_assertion("(and true false)", "(and true false)");
}
END_TEST

START_TEST(declarations_come_in_two_spellings)
{
    check_print("(declare-fun X_0 () Real)\r\n(declare-const |a b| Real)"
                "(assert (< X_0 |a b|))",
                "(declare-const X_0 Real)\n(declare-const |a b| Real)\n"
                "(assert (< X_0 |a b|))\n");
    check_print("(declare-const -t- Real)(assert (<= -t- 1))",
                "(declare-const -t- Real)\n(assert (<= -t- 1))\n");
}
END_TEST

START_TEST(commands_without_effect_are_skipped)
{
    struct error error;
    const char *text = "(set-logic QF_LRA)(set-info :a (b \"c)\"))" DECLARED
                       "(assert (<= X_0 1))(check-sat)(exit)";
    struct vnnlib *lib = ref_property_parse(text, false, &error);
    ck_assert_msg(lib != NULL, "%s", error.message);
    ck_assert_uint_eq(lib->assertions.n, 1);
    vnnlib_destroy(lib);
    ck_assert_ptr_null(ref_property_parse(text, true, &error));
    ck_assert_msg(strstr(error.message, "strict") != NULL, "%s", error.message);
    ck_assert_uint_eq(error.column, 2);
}
END_TEST

START_TEST(a_file_without_assertions_is_lenient)
{
    struct error error;
    struct vnnlib *lib = ref_property_parse(DECLARED, false, &error);
    ck_assert_ptr_nonnull(lib);
    vnnlib_destroy(lib);
    ck_assert_ptr_null(ref_property_parse(DECLARED, true, &error));
    check_refusal("", 1, 1, "expected a command");
    check_refusal(" ; nothing\n", 2, 1, "expected a command");
}
END_TEST

START_TEST(refusals_say_what_was_expected)
{
    check_refusal(DECLARED "\n(assert (<= X_1 0))", 2, 13,
                  "undeclared name 'X_1'");
    check_refusal(DECLARED "\n(declare-const X_0 Real)", 2, 16,
                  "'X_0' is declared twice");
    check_refusal(DECLARED "\n(declare-const |X_0| Real)", 2, 17,
                  "'X_0' is declared twice");
    check_refusal("(declare-const X Int)", 1, 18, "the sort Real");
    check_refusal("(declare-fun X (Real) Real)", 1, 17, "no arguments");
    check_refusal(DECLARED "\n(assert (<= X_0))", 2, 10,
                  "expected 2 operands of '<=', found 1");
    check_refusal(DECLARED "\n(assert (<= X_0 1 2))", 2, 10, "found 3");
    check_refusal(DECLARED "\n(assert (+ X_0 1))", 2, 10,
                  "expected a Boolean expression, found '+'");
    check_refusal(DECLARED "\n(assert (<= (and) 1))", 2, 14,
                  "expected an arithmetic expression, found 'and'");
    check_refusal(DECLARED "\n(assert X_0)", 2, 9, "a Boolean expression");
    check_refusal(DECLARED "\n(assert (<= X_0 true))", 2, 17,
                  "undeclared name 'true'");
    check_refusal(DECLARED "\n(assert (== X_0 1))", 2, 10, "did you mean '='");
    check_refusal(DECLARED "\n(assert (ite X_0 1))", 2, 10,
                  "a Boolean operator, found 'ite'");
    check_refusal(DECLARED "\n(assert (<= X_0 1)))", 2, 20, "'(' of a command");
    check_refusal(DECLARED "\n(assert (<= X_0 1)", 2, 19,
                  "found the end of the file");
    check_refusal(DECLARED "\n(assert (and (<= X_0", 2, 21,
                  "expected ')' for '(<='");
    check_refusal(DECLARED "\n(maximise X_0)", 2, 2, "expected a command");
    check_refusal(DECLARED "\n(assert (<= X_0 1e9999999))", 2, 17, "");
}
END_TEST

START_TEST(nesting_is_limited)
{
    enum { DEEP = VNNLIB_MAX_DEPTH + 5 };
    static char text[16 * DEEP];
    struct error error;
    for (int depth = VNNLIB_MAX_DEPTH; depth <= VNNLIB_MAX_DEPTH + 1; depth++) {
        size_t n = (size_t)snprintf(text, sizeof text, "%s(assert ", DECLARED);
        for (int i = 0; i < depth - 1; i++) {
            n += (size_t)snprintf(text + n, sizeof text - n, "(and ");
        }
        n += (size_t)snprintf(text + n, sizeof text - n, "(<= X_0 1)");
        for (int i = 0; i < depth; i++) {
            n += (size_t)snprintf(text + n, sizeof text - n, ")");
        }
        struct vnnlib *lib = ref_property_parse(text, false, &error);
        ck_assert_int_eq(lib != NULL, depth == VNNLIB_MAX_DEPTH);
        vnnlib_destroy(lib);
    }
    ck_assert_msg(strstr(error.message, "nested deeper than 1000") != NULL,
                  "%s", error.message);
}
END_TEST

TCase *test_cases(void)
{
    log_set_level(LOG_ERROR);
    TCase *cases = tcase_create("parse_v1");
    tcase_add_test(cases, every_form_of_the_grammar_is_read);
    tcase_add_test(cases, declarations_come_in_two_spellings);
    tcase_add_test(cases, commands_without_effect_are_skipped);
    tcase_add_test(cases, a_file_without_assertions_is_lenient);
    tcase_add_test(cases, refusals_say_what_was_expected);
    tcase_add_test(cases, nesting_is_limited);
    return cases;
}
