/* Cases of a property: boxes, atoms, merging, and what is refused. */
#include "src/base/log.h"
#include "src/query/cases.h"
#include "tests/ref/ref_property.h"
#include "tests/suite.h"

#include <check.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { N_INPUTS = 2 };

/* Cases of assertions over X_0, X_1, Y_0, Y_1 (positions 0 to 3). */
static enum status build(struct query *query, const char *assertions,
                         struct error *error)
{
    static const size_t base[] = {0, 1, 2, 3};
    char text[1024];
    (void)snprintf(text, sizeof text,
                   "(declare-const X_0 Real)(declare-const X_1 Real)"
                   "(declare-const Y_0 Real)(declare-const Y_1 Real)\n%s",
                   assertions);
    struct vnnlib *lib = ref_property_parse(text, false, error);
    ck_assert_msg(lib != NULL, "%s", error->message);
    *query = (struct query){0};
    const enum status status = cases_build(
        query, lib, &(struct cases_names){.base = base, .n_inputs = N_INPUTS},
        error);
    vnnlib_destroy(lib);
    return status;
}

/* query_dump behind its first line. */
static char *dump(struct query *query)
{
    struct layers layers = {.n_inputs = N_INPUTS, .n_outputs = 2};
    char *text = NULL;
    size_t n = 0;
    FILE *file = open_memstream(&text, &n);
    query->layers = &layers;
    query_dump(file, query);
    query->layers = NULL;
    ck_assert_int_eq(fclose(file), 0);
    char *line = strchr(text, '\n');
    ck_assert_ptr_nonnull(line);
    memmove(text, line + 1, strlen(line + 1) + 1);
    return text;
}

static void check_cases(const char *assertions, size_t n_empty,
                        const char *expected)
{
    struct query query;
    struct error error = {0};
    ck_assert_msg(build(&query, assertions, &error) == STATUS_OK, "%s: %s",
                  assertions, error.message);
    char *text = dump(&query);
    ck_assert_msg(strcmp(text, expected) == 0, "%s: found\n%s", assertions,
                  text);
    ck_assert_uint_eq(query.n_empty, n_empty);
    free(text);
    cases_destroy(query.cases, query.n_cases, N_INPUTS);
}

static void check_refusal(const char *assertions, const char *part)
{
    struct query query;
    struct error error = {0};
    ck_assert_int_eq(build(&query, assertions, &error), STATUS_UNSUPPORTED);
    ck_assert_msg(strstr(error.message, part) != NULL, "%s", error.message);
    ck_assert_uint_eq(error.line, 2);
    ck_assert_uint_eq(query.n_cases, 0);
}

#define BOX      "(assert (and (>= X_0 0)(<= X_0 1)(>= X_1 -0.5)(<= X_1 0.5)))"
#define BOX_TEXT "  x0 >= 0\n  x0 <= 1\n  x1 >= -1/2\n  x1 <= 1/2\n"

START_TEST(single_inputs_tighten_the_box)
{
    check_cases(BOX "(assert (<= Y_0 Y_1))", 0,
                "case 0\n" BOX_TEXT "  disjunct 0\n    1*y0 -1*y1 <= 0\n");
    check_cases(BOX "(assert (< X_0 1))(assert (>= X_0 -3))"
                    "(assert (<= (* -2.0 X_1) 0.5))",
                0,
                "case 0\n  x0 >= 0\n  x0 < 1\n  x1 >= -1/4\n  x1 <= 1/2\n"
                "  disjunct 0\n");
    check_cases("(assert (= X_0 0.25))(assert (> 1 X_1))", 0,
                "case 0\n  x0 >= 1/4\n  x0 <= 1/4\n  x1 < 1\n  disjunct 0\n");
}
END_TEST

START_TEST(atoms_get_integer_coefficients)
{
    check_cases("(assert (< (* 0.5 Y_0) (+ 0.1 (* -1.5 X_1) X_0)))", 0,
                "case 0\n  disjunct 0\n    -2*x0 3*x1 1*y0 < 1/5\n");
    check_cases("(assert (>= (- Y_0 (* 0.25 Y_1)) 0.1))", 0,
                "case 0\n  disjunct 0\n    -4*y0 1*y1 <= -2/5\n");
    check_cases("(assert (<= (+ X_0 X_1) 1))", 0,
                "case 0\n  disjunct 0\n    1*x0 1*x1 <= 1\n");
    check_cases("(assert (= Y_0 1))", 0,
                "case 0\n  disjunct 0\n    1*y0 <= 1\n    -1*y0 <= -1\n");
    check_cases("(assert (distinct Y_0 1))", 0,
                "case 0\n  disjunct 0\n    1*y0 < 1\n"
                "  disjunct 1\n    -1*y0 < -1\n");
}
END_TEST

START_TEST(equal_boxes_share_a_case)
{
    check_cases(BOX "(assert (or (and (<= X_0 0.5)(<= Y_0 1))"
                    "(and (>= X_0 0.5)(<= Y_0 2))"
                    "(and (<= Y_0 3)(<= (* 2 X_0) 1)(<= X_0 7))))",
                0,
                "case 0\n  x0 >= 0\n  x0 <= 1/2\n  x1 >= -1/2\n  x1 <= 1/2\n"
                "  disjunct 0\n    1*y0 <= 1\n"
                "  disjunct 1\n    1*y0 <= 3\n"
                "case 1\n  x0 >= 1/2\n  x0 <= 1\n  x1 >= -1/2\n  x1 <= 1/2\n"
                "  disjunct 0\n    1*y0 <= 2\n");
    check_cases("(assert (or (<= X_0 1)(<= X_0 18446744073709551617)))", 0,
                "case 0\n  x0 <= 1\n  disjunct 0\n"
                "case 1\n  x0 <= 18446744073709551617\n  disjunct 0\n");
    check_cases("(assert (or (< X_0 1)(<= X_0 1)))", 0,
                "case 0\n  x0 < 1\n  disjunct 0\n"
                "case 1\n  x0 <= 1\n  disjunct 0\n");
}
END_TEST

START_TEST(common_atoms_come_first_in_every_disjunct)
{
    check_cases("(assert (or (<= Y_0 1)(<= Y_0 2)))(assert (<= Y_1 3))", 0,
                "case 0\n"
                "  disjunct 0\n    1*y1 <= 3\n    1*y0 <= 1\n"
                "  disjunct 1\n    1*y1 <= 3\n    1*y0 <= 2\n");
}
END_TEST

START_TEST(empty_boxes_are_dropped_and_counted)
{
    check_cases(BOX "(assert (< X_0 0))", 1, "");
    check_cases(BOX "(assert (or (> X_0 1)(<= X_0 0)(< X_1 -1)"
                    "(and (> X_1 0)(< X_1 0))))",
                3,
                "case 0\n  x0 >= 0\n  x0 <= 0\n  x1 >= -1/2\n  x1 <= 1/2\n"
                "  disjunct 0\n");
    check_cases("(assert (and (> X_0 0)(<= X_0 0)))", 1, "");
    check_cases("(assert (> X_0 0))(assert (or (<= X_0 0)(<= X_0 1)))", 1,
                "case 0\n  x0 > 0\n  x0 <= 1\n  disjunct 0\n");
}
END_TEST

START_TEST(constant_comparisons_are_folded)
{
    check_cases("(assert (<= 1 2))(assert (= (- X_0 X_0) 0))", 0,
                "case 0\n  disjunct 0\n");
    check_cases("(assert (< 1 1))", 0, "");
    check_cases("(assert (or (<= 2 1)(and (< 0 1)(<= X_0 1))))", 0,
                "case 0\n  x0 <= 1\n  disjunct 0\n");
    check_cases("(assert (distinct 1 1.0))", 0, "");
}
END_TEST

static void check_double(double found, double expected)
{
    ck_assert_msg(!(found < expected) && !(found > expected), "%a, not %a",
                  found, expected);
}

START_TEST(open_boxes_are_flagged)
{
    struct query query;
    struct error error = {0};
    ck_assert_int_eq(build(&query, BOX, &error), STATUS_OK);
    ck_assert(query.cases[0].is_bounded);
    cases_destroy(query.cases, query.n_cases, N_INPUTS);
    ck_assert_int_eq(build(&query, "(assert (<= X_0 0.1))", &error), STATUS_OK);
    const struct query_case *self = &query.cases[0];
    ck_assert(!self->is_bounded);
    ck_assert(isinf(self->lower_down[0]) && self->lower_down[0] < 0.0);
    ck_assert(isinf(self->upper_up[1]) && self->upper_up[1] > 0.0);
    ck_assert_int_eq(mpq_cmp_ui(self->upper[0], 1, 10), 0);
    check_double(self->upper_up[0], 0.1);
    check_double(self->lower_down[1], -HUGE_VAL);
    cases_destroy(query.cases, query.n_cases, N_INPUTS);
}
END_TEST

START_TEST(ends_are_rounded_outward)
{
    struct query query;
    struct error error = {0};
    ck_assert_int_eq(build(&query,
                           "(assert (and (>= X_0 0.1)(<= X_0 0.3)))"
                           "(assert (<= Y_0 0.3))",
                           &error),
                     STATUS_OK);
    const struct query_case *self = &query.cases[0];
    check_double(self->lower_down[0], nextafter(0.1, 0.0));
    check_double(self->upper_up[0], nextafter(0.3, 1.0));
    check_double(self->disjuncts[0].atoms[0].rhs_up, nextafter(0.3, 1.0));
    cases_destroy(query.cases, query.n_cases, N_INPUTS);
}
END_TEST

START_TEST(what_doubles_cannot_hold_is_refused)
{
    check_refusal("(assert (<= (* 9007199254740993 Y_0) Y_1))",
                  "no exact doubles");
    check_refusal("(assert (<= (+ (* 1e-30 Y_0) Y_1) 0))", "no exact doubles");
    check_refusal("(assert (<= Y_0 1e309))", "no exact doubles");
    check_refusal("(assert (<= X_0 1e309))", "beyond the range");
    check_cases("(assert (<= (* 9007199254740992 Y_0) Y_1))", 0,
                "case 0\n  disjunct 0\n    9007199254740992*y0 -1*y1 <= 0\n");
}
END_TEST

TCase *test_cases(void)
{
    log_set_level(LOG_ERROR);
    TCase *cases = tcase_create("cases");
    tcase_add_test(cases, single_inputs_tighten_the_box);
    tcase_add_test(cases, atoms_get_integer_coefficients);
    tcase_add_test(cases, equal_boxes_share_a_case);
    tcase_add_test(cases, common_atoms_come_first_in_every_disjunct);
    tcase_add_test(cases, empty_boxes_are_dropped_and_counted);
    tcase_add_test(cases, constant_comparisons_are_folded);
    tcase_add_test(cases, open_boxes_are_flagged);
    tcase_add_test(cases, ends_are_rounded_outward);
    tcase_add_test(cases, what_doubles_cannot_hold_is_refused);
    return cases;
}
