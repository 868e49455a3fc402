/* VNN-LIB 2: accepted forms, leniency, and every scope and typing error. */
#include "src/base/alloc.h"
#include "src/base/log.h"
#include "tests/ref/ref_property.h"
#include "tests/suite.h"
#include "vnnlib/diagnostics.h"

#include <check.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VERSION "(vnnlib-version <2.0>)"
#define NETWORK                                                         \
    "(declare-network f (declare-input X real [2,3])(declare-output Y " \
    "real []))"
#define HEAD VERSION "\n" NETWORK "\n"

/* Accepted in this mode, and equal to its own canonical print. */
static void check_accepts(const char *text, bool is_strict)
{
    struct error error;
    struct vnnlib *lib = ref_property_parse(text, is_strict, &error);
    ck_assert_msg(lib != NULL, "%s: %zu:%zu %s", text, error.line, error.column,
                  error.message);
    ck_assert_int_eq(lib->major, 2);
    char *print = ref_property_print(lib);
    struct vnnlib *again = ref_property_parse(print, is_strict, &error);
    ck_assert_msg(again != NULL, "%s: %s", print, error.message);
    char *second = ref_property_print(again);
    ck_assert_str_eq(print, second);
    free(second);
    free(print);
    vnnlib_destroy(again);
    vnnlib_destroy(lib);
}

static void check_refusal(const char *text, bool is_strict, size_t line,
                          const char *part)
{
    struct error error;
    ck_assert_msg(ref_property_parse(text, is_strict, &error) == NULL,
                  "accepted: %s", text);
    ck_assert_msg(strstr(error.message, part) != NULL, "%s: %s", text,
                  error.message);
    ck_assert_uint_eq(error.line, line);
}

/* Accepted with a warning, refused by --strict. */
static void check_lenient(const char *text, const char *part)
{
    struct error error;
    struct vnnlib *lib = ref_property_parse(text, false, &error);
    ck_assert_msg(lib != NULL, "%s: %s", text, error.message);
    vnnlib_destroy(lib);
    ck_assert_msg(ref_property_parse(text, true, &error) == NULL,
                  "strict accepted: %s", text);
    ck_assert_msg(strstr(error.message, part) != NULL, "%s", error.message);
}

/* The diagnostics as `Code symbol` separated by commas. */
static void check_diagnostics(const char *text, const char *expected)
{
    struct vnnlib *lib = NULL;
    struct diagnostics diagnostics = {0};
    struct error error = {0};
    char found[1024] = "";
    const struct bytes bytes = {alloc_string(text, strlen(text)), strlen(text)};
    ck_assert_int_eq(
        vnnlib_parse(&lib, &diagnostics, "test", bytes, false, &error),
        STATUS_BAD_INPUT);
    ck_assert_ptr_null(lib);
    size_t n = 0;
    for (size_t i = 0; i < diagnostics.list.n; i++) {
        const struct diagnostic *entry = &diagnostics.list.data[i];
        n += (size_t)snprintf(found + n, sizeof found - n, "%s%s %s",
                              i == 0 ? "" : ", ", diagnostic_name(entry->code),
                              entry->symbol);
    }
    ck_assert_msg(strcmp(found, expected) == 0, "%s: found '%s' (%s)", text,
                  found, error.message);
    diagnostics_clear(&diagnostics);
}

START_TEST(every_form_of_the_grammar_is_read)
{
    check_accepts(HEAD "(assert (<= X[0,2] -1.5))", true);
    check_accepts(HEAD "(assert(and(>= X [ 0 , 2 ] 1)(or(< Y 1.0)(> Y 2))))",
                  true);
    check_accepts(HEAD "(assert (== (+ X[0,0] 1.0) (- Y)))"
                       "(assert (!= (* 2.0 X[0,0] Y) (- Y 1.0 X[1,1])))",
                  true);
    check_accepts(VERSION "(declare-network f (declare-input X float32 [1])"
                          "(declare-hidden H float32 [] \"a\\\"b\")"
                          "(declare-output Y float32 [1])"
                          "(declare-output Z float32 [1]))"
                          "(declare-network g (equal-to f)"
                          "(declare-input P float32 [1])"
                          "(declare-output Q float32 [1])"
                          "(declare-output R float32 [1]))"
                          "(assert (< H Q[0]))",
                  true);
    check_accepts("(vnnlib-version <2.1>)(declare-network f"
                  "(declare-input X real [1] initialized)"
                  "(declare-output Y real [1]))(assert (< X[0] 0.0))",
                  true);
    check_accepts(HEAD "(assert (<= (+ 1.0 2.0) 10.0))", true);
}
END_TEST

START_TEST(lenient_acceptances_are_refused_by_strict)
{
    check_lenient("\xef\xbb\xbf" HEAD "(assert (<= Y 0.0))", "byte order");
    check_lenient("( vnnlib-version <2.0>)" NETWORK "(assert (<= Y 0.0))",
                  "white space");
    check_lenient(HEAD "( assert (<= Y 0.0))", "white space");
    check_lenient(HEAD "(assert (<= Y 1e3))", "exponent");
    check_lenient(HEAD "(assert (<= Y +1.0))", "leading '+'");
    check_lenient(HEAD "(assert (<= Y .5))", "start with a point");
    check_lenient(HEAD, "no assertion");
}
END_TEST

START_TEST(syntax_errors_are_refused_in_both_modes)
{
    check_refusal("(vnnlib-version 2.0)", false, 1, "a version such as <2.0>");
    check_refusal("(vnnlib-version <3.0>)", false, 1, "MajorVersionMismatch");
    check_refusal(VERSION, false, 1, "(declare-network");
    check_refusal(VERSION "\n(assert (<= Y 0.0))", false, 2,
                  "'declare-network'");
    check_refusal(HEAD "(assert (= Y 0.0))", false, 3, "did you mean '=='");
    check_refusal(HEAD "(assert (not (<= Y 0.0)))", false, 3, "no 'not'");
    check_refusal(HEAD "(assert (<= (/ Y 2.0) 0.0))", false, 3, "no division");
    check_refusal(HEAD "(assert (and))", false, 3, "at least 1 operand of");
    check_refusal(HEAD "(assert true)", false, 3, "a Boolean expression");
    check_refusal(HEAD "(assert (<= -Y 0.0))", false, 3, "an element");
    check_refusal(HEAD "(assert (<= + 1.0 Y))", false, 3, "found '+'");
    check_refusal(HEAD "(assert (<= Y 5.))", false, 3, "found '5.'");
    check_refusal(HEAD "(assert (<= X[] 0.0))", false, 3, "an index");
    check_refusal(HEAD "(assert (<= X[0 0] 0.0))", false, 3, "',' or ']'");
    check_refusal(HEAD "(assert (<= and 0.0))", false, 3, "an element");
    check_refusal(HEAD "(assert (<= Y 0.0))\n" NETWORK, false, 4, "'assert'");
    check_refusal(HEAD "(declare-fun X_0 () Real)", false, 3,
                  "version 2 does not have");
    check_refusal(VERSION "(declare-network f-1 ", false, 1, "a name");
    check_refusal(VERSION "(declare-network f (declare-input X real))", false,
                  1, "'[' of the shape");
    check_refusal(VERSION "(declare-network f (declare-input X real [2 2]))",
                  false, 1, "',' or ']' in the shape");
    check_refusal(VERSION "(declare-network f (declare-output Y real [2]))",
                  false, 1, "'declare-input'");
    check_refusal(VERSION "(declare-network f (declare-input X real [2]))",
                  false, 1, "'declare-output'");
    check_refusal(VERSION "(declare-network f (declare-input X real [2]"
                          " initialized))",
                  false, 1, "needs version 2.1");
    check_refusal(VERSION "(declare-network f (declare-input X real"
                          " [65536,65536]))",
                  false, 1, "more than");
}
END_TEST

START_TEST(scope_errors_carry_their_code_and_symbol)
{
    check_diagnostics(HEAD "(assert (<= Z 0.0))", "UndeclaredVariable Z");
    check_diagnostics(HEAD "(assert (<= f 0.0))", "UndeclaredVariable f");
    check_diagnostics(HEAD "(assert (<= X[2,0] 0.0))",
                      "IndexOutOfBounds X[2,0]");
    check_diagnostics(HEAD "(assert (<= X[0,3] 0.0))",
                      "IndexOutOfBounds X[0,3]");
    check_diagnostics(HEAD "(assert (<= X[-1, 0] 0.0))",
                      "IndexOutOfBounds X[-1,0]");
    check_diagnostics(HEAD "(assert (<= X[99999999999,0] 0.0))",
                      "IndexOutOfBounds X[99999999999,0]");
    check_diagnostics(HEAD "(assert (<= X[0, 0, 0] 0.0))",
                      "TooManyIndices X[0,0,0]");
    check_diagnostics(HEAD "(assert (<= X[0] 0.0))", "NotEnoughIndices X[0]");
    check_diagnostics(HEAD "(assert (<= X 0.0))", "NotEnoughIndices X");
    check_diagnostics(HEAD "(assert (<= Y[0] 0.0))",
                      "InvalidScalarAccess Y[0]");
    check_diagnostics(VERSION "(declare-network f (declare-input X real [0])"
                              "(declare-output X real [1]))"
                              "(assert (<= X[0] 0.0))",
                      "InvalidDimensions X");
    check_diagnostics(VERSION "(declare-network f (declare-input f real [1])"
                              "(declare-output Y real [1.5]))"
                              "(assert (<= Y[0] 0.0))",
                      "MultipleDeclaration f, InvalidDimensions Y, "
                      "UndeclaredVariable Y");
    check_diagnostics(VERSION "(declare-network f (declare-input X float [1])"
                              "(declare-output Y real [1]))"
                              "(assert (<= Y[0] 0.0))",
                      "UnknownType float");
}
END_TEST

#define TYPED(type)                                             \
    VERSION "(declare-network f (declare-input X " type " [2])" \
            "(declare-input Z int8 [1])(declare-output Y " type " [1]))"

START_TEST(each_comparison_is_typed_on_its_own)
{
    check_accepts(TYPED("float32") "(assert (and (<= X[0] 3.0)"
                                   "(<= Z[0] -3)))",
                  true);
    check_accepts(TYPED("real") "(assert (<= (+ X[0] 3 2.5) 3.0))", true);
    check_diagnostics(TYPED("float32") "(assert (<= X[0] 5))",
                      "TypeMismatch 5");
    check_diagnostics(TYPED("float64") "(assert (<= 2.0 (+ X[0] Z[0])))",
                      "TypeMismatch Z");
    check_diagnostics(TYPED("int32") "(assert (<= X[0] 3.14))",
                      "TypeMismatch 3.14");
    check_diagnostics(TYPED("uint8") "(assert (<= X[0] -5))",
                      "TypeMismatch -5");
    check_diagnostics(TYPED("bool") "(assert (<= X[0] 1))", "TypeMismatch 1");
    check_diagnostics(TYPED("real") "(assert (or (<= (+ 3 3.0) 1)"
                                    "(<= X[0] Z[0])))",
                      "TypeMismatch 3.0, TypeMismatch Z");
}
END_TEST

#define BASE                                                               \
    VERSION "(declare-network f (declare-input X real [2])(declare-input " \
            "V real [])(declare-output Y real [1]))"

START_TEST(congruent_networks_have_equal_interfaces)
{
    const char *tail = "(assert (<= Y[0] 0.0))";
    char text[1024];
    static const struct {
        const char *network;
        const char *expected;
    } rows[] = {
        {"(declare-network g (equal-to h)(declare-input P real [2])"
         "(declare-output Q real [1]))",
         "MissingNetwork h"},
        {"(declare-network g (equal-to g)(declare-input P real [2])"
         "(declare-output Q real [1]))",
         "MissingNetwork g"},
        {"(declare-network g (equal-to X)(declare-input P real [2])"
         "(declare-output Q real [1]))",
         "MissingNetwork X"},
        {"(declare-network g (isomorphic-to f)(declare-input P real [2])"
         "(declare-output Q real [1]))",
         "CongruenceCountMismatch f"},
        {"(declare-network g (isomorphic-to f)(declare-input P real [2])"
         "(declare-input R real [1])(declare-output Q real [1]))",
         "CongruenceShapeMismatch f"},
        {"(declare-network g (equal-to f)(declare-input P real [2])"
         "(declare-input R real [])(declare-output Q int8 [1]))",
         "TypeMismatch f"},
        {"(declare-network g (isomorphic-to f)(declare-input P int8 [2])"
         "(declare-input R real [])(declare-output Q real [1]))"
         "(declare-network h (isomorphic-to g)(declare-input A int8 [2])"
         "(declare-input B real [])(declare-output C real [1]))",
         "CongruenceChain g"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        (void)snprintf(text, sizeof text, "%s%s%s", BASE, rows[i].network,
                       tail);
        check_diagnostics(text, rows[i].expected);
    }
    (void)snprintf(text, sizeof text,
                   "%s(declare-network g (isomorphic-to f)"
                   "(declare-input P int8 [2])(declare-input R real [])"
                   "(declare-output Q real [1]))%s",
                   BASE, tail);
    check_accepts(text, true);
}
END_TEST

TCase *test_cases(void)
{
    log_set_level(LOG_ERROR);
    TCase *cases = tcase_create("parse_v2");
    tcase_add_test(cases, every_form_of_the_grammar_is_read);
    tcase_add_test(cases, lenient_acceptances_are_refused_by_strict);
    tcase_add_test(cases, syntax_errors_are_refused_in_both_modes);
    tcase_add_test(cases, scope_errors_carry_their_code_and_symbol);
    tcase_add_test(cases, each_comparison_is_typed_on_its_own);
    tcase_add_test(cases, congruent_networks_have_equal_interfaces);
    return cases;
}
