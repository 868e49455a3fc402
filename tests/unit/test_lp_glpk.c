/* GLPK behind our data: answers, rays, warm starts, bad numbers. */
#include "solver/lp_glpk.h"
#include "tests/suite.h"

#include <glpk.h>

#include <math.h>
#include <string.h>

static const double lower[] = {-1.0, 0.0};
static const double upper[] = {1.0, 2.0};
static const double rows[] = {1.0, 1.0, -1.0, -1.0};
static const double rhs[] = {0.5, -0.75};
static const double c[] = {-0.5, -1.0};
static const struct lp_problem one_row = {2, 1, lower, upper, rows, rhs};
static const struct lp_problem two_rows = {2, 2, lower, upper, rows, rhs};

START_TEST(the_optimum_and_its_multipliers_agree)
{
    double x[2];
    double beta[1];
    double value = 0.0;
    ck_assert_int_eq(lp_glpk_minimize(&one_row, c, x, beta, &value),
                     LP_OPTIMAL);
    ck_assert_double_eq_tol(value, -1.0, 1e-9);
    ck_assert_double_eq_tol(-0.5 * x[0] - x[1], -1.0, 1e-9);
    ck_assert_double_ge(beta[0], 0.0);
    ck_assert_double_gt(lp_safe_bound(&one_row, c, beta), -1.0 - 1e-9);
}
END_TEST

START_TEST(a_contradiction_gives_a_ray)
{
    double beta[2];
    double value = 0.0;
    ck_assert_int_eq(lp_glpk_minimize(&two_rows, c, NULL, beta, &value),
                     LP_INFEASIBLE);
    ck_assert(lp_safe_is_empty(&two_rows, beta));
    ck_assert_int_eq(lp_glpk_minimize(&two_rows, c, NULL, NULL, &value),
                     LP_INFEASIBLE);
}
END_TEST

START_TEST(rows_come_one_by_one)
{
    double beta[3];
    double x[2];
    double value = 0.0;
    struct lp_glpk *lp = lp_glpk_create(&one_row);
    ck_assert_int_eq(lp_glpk_resume(lp, c, x, beta, &value), LP_OPTIMAL);
    ck_assert_double_eq_tol(value, -1.0, 1e-9);
    const double g[] = {0.0, 1.0};
    lp_glpk_add_row(lp, g, 1.0);
    ck_assert_int_eq(lp_glpk_resume(lp, c, x, beta, &value), LP_OPTIMAL);
    ck_assert_double_eq_tol(value, 0.25 - 1.0, 1e-9);
    ck_assert_double_eq_tol(beta[1], 0.5, 1e-9);
    const double zero[] = {0.0, 0.0};
    lp_glpk_add_row(lp, zero, -1.0);
    ck_assert_int_eq(lp_glpk_resume(lp, c, x, beta, &value), LP_INFEASIBLE);
    ck_assert_double_gt(beta[2], 0.0);
    lp_glpk_destroy(lp);
    lp_glpk_destroy(NULL);
}
END_TEST

START_TEST(a_crossed_box_is_infeasible)
{
    const double crossed[] = {-2.0, 2.0};
    struct lp_problem p = one_row;
    double beta[] = {7.0};
    double value = 0.0;
    p.upper = crossed;
    ck_assert_int_eq(lp_glpk_minimize(&p, c, NULL, beta, &value),
                     LP_INFEASIBLE);
    ck_assert(!(fabs(beta[0]) > 0.0));
    ck_assert(lp_safe_is_empty(&p, beta));
}
END_TEST

/* GLPK itself would print a message and abort on these. */
START_TEST(numbers_out_of_range_never_reach_glpk)
{
    const double bad[] = {nan(""), HUGE_VAL, -HUGE_VAL, 1e200};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; ++i) {
        const double pair[] = {bad[i], 1.0};
        double value = 0.0;
        struct lp_problem p = one_row;
        ck_assert_int_eq(lp_glpk_minimize(&p, pair, NULL, NULL, &value),
                         LP_GAVE_UP);
        p.rows = pair;
        ck_assert_int_eq(lp_glpk_minimize(&p, c, NULL, NULL, &value),
                         LP_GAVE_UP);
        p = one_row;
        p.rhs = pair;
        ck_assert_int_eq(lp_glpk_minimize(&p, c, NULL, NULL, &value),
                         LP_GAVE_UP);
        p = one_row;
        p.upper = pair;
        ck_assert_int_eq(lp_glpk_minimize(&p, c, NULL, NULL, &value),
                         LP_GAVE_UP);
    }
}
END_TEST

/* lp_glpk promises one GLPK state per thread. */
START_TEST(glpk_keeps_its_state_per_thread)
{
    ck_assert_ptr_nonnull(glp_config("TLS"));
}
END_TEST

START_TEST(a_thread_s_state_can_be_freed_and_made_again)
{
    double value = 0.0;
    lp_glpk_release_thread();
    ck_assert_int_eq(lp_glpk_minimize(&one_row, c, NULL, NULL, &value),
                     LP_OPTIMAL);
    lp_glpk_release_thread();
}
END_TEST

TCase *test_cases(void)
{
    TCase *cases = tcase_create("lp_glpk");
    tcase_add_test(cases, the_optimum_and_its_multipliers_agree);
    tcase_add_test(cases, a_contradiction_gives_a_ray);
    tcase_add_test(cases, rows_come_one_by_one);
    tcase_add_test(cases, a_crossed_box_is_infeasible);
    tcase_add_test(cases, numbers_out_of_range_never_reach_glpk);
    tcase_add_test(cases, glpk_keeps_its_state_per_thread);
    tcase_add_test(cases, a_thread_s_state_can_be_freed_and_made_again);
    return cases;
}
