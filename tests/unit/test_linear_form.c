/* Comparisons as exact linear forms. */
#include "tests/ref/ref_property.h"
#include "tests/suite.h"
#include "vnnlib/linear_form.h"

#include <check.h>

#include <stdio.h>
#include <string.h>

/* Reads one comparison over X_0, X_1, Y_0 (positions 0, 1, 2). */
static enum status read_form(struct linear_form *form, const char *comparison,
                             struct error *error)
{
    static const size_t base[] = {0, 1, 2};
    char text[512];
    (void)snprintf(text, sizeof text,
                   "(declare-const X_0 Real)(declare-const X_1 Real)"
                   "(declare-const Y_0 Real)\n(assert %s)",
                   comparison);
    struct vnnlib *lib = ref_property_parse(text, false, error);
    ck_assert_msg(lib != NULL, "%s", error->message);
    const enum status status =
        linear_form_read(form, lib, lib->assertions.data[0], base, error);
    vnnlib_destroy(lib);
    return status;
}

/* expected: `variable:coefficient ... constant`, fractions in base 10. */
static void check_form(const char *comparison, const char *expected)
{
    char found[512];
    struct error error = {0};
    struct linear_form form;
    size_t n = 0;
    linear_form_init(&form);
    ck_assert_msg(read_form(&form, comparison, &error) == STATUS_OK, "%s: %s",
                  comparison, error.message);
    for (size_t i = 0; i < form.n_terms; i++) {
        n += (size_t)gmp_snprintf(found + n, sizeof found - n, "%zu:%Qd ",
                                  form.terms[i].variable,
                                  form.terms[i].coefficient);
    }
    (void)gmp_snprintf(found + n, sizeof found - n, "%Qd", form.constant);
    ck_assert_msg(strcmp(found, expected) == 0, "%s: found '%s'", comparison,
                  found);
    linear_form_clear(&form);
}

START_TEST(both_sides_are_collected)
{
    check_form("(<= X_0 0.1)", "0:1 -1/10");
    check_form("(>= 3 Y_0)", "2:-1 3");
    check_form("(<= (- Y_0 (* 2.0 X_1)) 0.5)", "1:-2 2:1 -1/2");
    check_form("(<= (+ X_0 X_0 X_0) (- X_0 1))", "0:2 1");
    check_form("(< -X_1 (- (- X_1) Y_0 1))", "2:1 1");
    check_form("(< 1 2)", "-1");
    check_form("(< #b101 #xff)", "-250");
}
END_TEST

START_TEST(cancelled_terms_disappear)
{
    check_form("(<= X_0 X_0)", "0");
    check_form("(<= (+ X_1 Y_0 X_0) (+ X_0 X_1))", "2:1 0");
    check_form("(<= (+ Y_0 X_1) Y_0)", "1:1 0");
    check_form("(<= (* 0.0 X_0) 1)", "-1");
    check_form("(<= (* X_0 (- 2 2)) 1)", "-1");
}
END_TEST

START_TEST(constant_factors_multiply_exactly)
{
    check_form("(<= (* 0.1 X_0 0.1) 0)", "0:1/100 0");
    check_form("(<= (* (+ 1 2) (- (+ X_0 Y_0) 1)) 0)", "0:3 2:3 -3");
    check_form("(<= (* 2 3) 0)", "6");
    check_form("(<= (* 1e-30 X_0) 1e30)", "0:1/1000000000000000000000000000000 "
                                          "-1000000000000000000000000000000");
}
END_TEST

START_TEST(products_of_variables_are_unsupported)
{
    struct error error = {0};
    struct linear_form form;
    linear_form_init(&form);
    ck_assert_int_eq(read_form(&form, "(<= 1 (* X_0 (+ Y_0 1)))", &error),
                     STATUS_UNSUPPORTED);
    ck_assert_msg(strstr(error.message, "products of variables") != NULL, "%s",
                  error.message);
    ck_assert_uint_eq(error.line, 2);
    ck_assert_uint_eq(error.column, 16);
    ck_assert_int_eq(read_form(&form, "(<= (* X_0 X_0) 1)", &error),
                     STATUS_UNSUPPORTED);
    linear_form_clear(&form);
}
END_TEST

TCase *test_cases(void)
{
    TCase *cases = tcase_create("linear_form");
    tcase_add_test(cases, both_sides_are_collected);
    tcase_add_test(cases, cancelled_terms_disappear);
    tcase_add_test(cases, constant_factors_multiply_exactly);
    tcase_add_test(cases, products_of_variables_are_unsupported);
    return cases;
}
