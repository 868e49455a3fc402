/* The normal form: shape, order, negations, and the size limit. */
#include "tests/ref/ref_property.h"
#include "tests/suite.h"
#include "vnnlib/dnf.h"

#include <check.h>

#include <stdio.h>
#include <string.h>

#define DECLARED                                                      \
    "(declare-const X_0 Real)(declare-const X_1 Real)(declare-const " \
    "Y_0 Real)"

/* Literals as the text of their right sides with the relation in front:
 * common ones, then `|` and the conjunctions, each ended by `;`. */
static void print_literal(char *text, size_t size, size_t *n,
                          const struct vnnlib *lib, struct dnf_literal literal)
{
    static const char *const words[] = {[VNNLIB_LE] = "<=",
                                        [VNNLIB_GE] = ">=",
                                        [VNNLIB_LT] = "<",
                                        [VNNLIB_GT] = ">",
                                        [VNNLIB_EQ] = "="};
    const uint32_t right = vnnlib_next(lib, literal.node + 1);
    const struct vnnlib_node *number = &lib->nodes.data[right];
    ck_assert_int_eq(number->kind, VNNLIB_NUMBER);
    *n += (size_t)snprintf(text + *n, size - *n, "%s%.*s ",
                           words[literal.relation], (int)number->extent,
                           lib->text.data + number->offset);
}

static void check_form(const char *assertions, const char *expected)
{
    char text[1024];
    char found[1024] = "";
    struct error error;
    struct dnf dnf;
    size_t n = 0;
    (void)snprintf(text, sizeof text, "%s%s", DECLARED, assertions);
    struct vnnlib *lib = ref_property_parse(text, false, &error);
    ck_assert_msg(lib != NULL, "%s", error.message);
    ck_assert_int_eq(dnf_build(&dnf, lib, 1000, &error), STATUS_OK);
    for (size_t i = 0; i < dnf.common.n; i++) {
        print_literal(found, sizeof found, &n, lib, dnf.common.data[i]);
    }
    n += (size_t)snprintf(found + n, sizeof found - n, "|");
    size_t i = 0;
    for (size_t k = 0; k < dnf.ends.n; k++) {
        for (; i < dnf.ends.data[k]; i++) {
            print_literal(found, sizeof found, &n, lib, dnf.literals.data[i]);
        }
        n += (size_t)snprintf(found + n, sizeof found - n, ";");
    }
    ck_assert_msg(strcmp(found, expected) == 0, "%s: found '%s'", assertions,
                  found);
    dnf_clear(&dnf);
    vnnlib_destroy(lib);
}

START_TEST(conjunctions_stay_common)
{
    check_form("(assert (<= X_0 1))(assert (and (>= X_0 2)(and (< Y_0 3))))",
               "<=1 >=2 <3 |;");
    check_form("(assert true)", "|;");
    check_form("(assert false)", "|");
    check_form("(assert (or))(assert (<= X_0 1))", "<=1 |");
    check_form("(assert (and))", "|;");
}
END_TEST

START_TEST(disjunctions_multiply_in_file_order)
{
    check_form("(assert (or (<= X_0 1)(and (<= X_0 2)(<= X_0 3))))",
               "|<=1 ;<=2 <=3 ;");
    check_form("(assert (or (<= X_0 1)(<= X_0 2)))(assert (<= X_0 5))"
               "(assert (or (<= X_0 3)(<= X_0 4)))",
               "<=5 |<=1 <=3 ;<=1 <=4 ;<=2 <=3 ;<=2 <=4 ;");
    check_form("(assert (or (and (<= X_0 1)(or (<= X_0 2)(<= X_0 3)))"
               "(or (<= X_0 4))))",
               "|<=1 <=2 ;<=1 <=3 ;<=4 ;");
    check_form("(assert (or true (<= X_0 1)))", "|;<=1 ;");
    check_form("(assert (or (and false (<= X_0 1))(<= X_0 2)))", "|<=2 ;");
}
END_TEST

START_TEST(negations_keep_strictness)
{
    check_form("(assert (not (<= X_0 1)))(assert (not (>= X_0 2)))"
               "(assert (not (< X_0 3)))(assert (not (> X_0 4)))"
               "(assert (not (not (= X_0 5))))(assert (not (distinct X_0 6)))",
               ">1 <2 >=3 <=4 =5 =6 |;");
    check_form("(assert (not (or (<= X_0 1)(not (<= X_0 2)))))", ">1 <=2 |;");
    check_form("(assert (not (and (<= X_0 1)(<= X_0 2))))", "|>1 ;>2 ;");
    check_form("(assert (=> (<= X_0 1)(<= X_0 2)))", "|>1 ;<=2 ;");
    check_form("(assert (not (=> (<= X_0 1)(<= X_0 2))))", "<=1 >2 |;");
    check_form("(assert (distinct X_0 1))", "|<1 ;>1 ;");
    check_form("(assert (not (= X_0 1)))", "|<1 ;>1 ;");
}
END_TEST

/* n assertions with two alternatives each. */
static struct vnnlib *make_product(size_t n)
{
    static char text[8192];
    struct error error;
    size_t used = (size_t)snprintf(text, sizeof text, "%s", DECLARED);
    for (size_t i = 0; i < n; i++) {
        used += (size_t)snprintf(text + used, sizeof text - used,
                                 "(assert (or (<= X_0 1)(<= X_0 2)))");
    }
    struct vnnlib *lib = ref_property_parse(text, false, &error);
    ck_assert_msg(lib != NULL, "%s", error.message);
    return lib;
}

START_TEST(the_limit_counts_literals_and_conjunctions)
{
    struct error error = {0};
    struct dnf dnf;
    struct vnnlib *lib = make_product(3);
    ck_assert_int_eq(dnf_build(&dnf, lib, 8 + 3 * 8, &error), STATUS_OK);
    ck_assert_uint_eq(dnf.ends.n, 8);
    ck_assert_uint_eq(dnf.literals.n, 24);
    dnf_clear(&dnf);
    ck_assert_int_eq(dnf_build(&dnf, lib, 8 + 3 * 8 - 1, &error),
                     STATUS_UNSUPPORTED);
    ck_assert_msg(strstr(error.message, "more than 31 literals") != NULL, "%s",
                  error.message);
    ck_assert_str_eq(error.path, "test");
    dnf_clear(&dnf);
    vnnlib_destroy(lib);
}
END_TEST

START_TEST(an_astronomic_product_is_refused_at_once)
{
    struct error error = {0};
    struct dnf dnf;
    struct vnnlib *lib = make_product(200);
    ck_assert_int_eq(dnf_build(&dnf, lib, DNF_LIMIT, &error),
                     STATUS_UNSUPPORTED);
    ck_assert_uint_eq(dnf.literals.n, 0);
    dnf_clear(&dnf);
    vnnlib_destroy(lib);
}
END_TEST

TCase *test_cases(void)
{
    TCase *cases = tcase_create("dnf");
    tcase_add_test(cases, conjunctions_stay_common);
    tcase_add_test(cases, disjunctions_multiply_in_file_order);
    tcase_add_test(cases, negations_keep_strictness);
    tcase_add_test(cases, the_limit_counts_literals_and_conjunctions);
    tcase_add_test(cases, an_astronomic_product_is_refused_at_once);
    return cases;
}
