/* Matrix games with known solutions. */
#include "solver/sum_game.h"
#include "tests/suite.h"

#include <math.h>

START_TEST(opposed_points_are_balanced)
{
    const double points[] = {3.0, -1.0, -2.0, 2.0};
    double weight[2];
    double share[2];
    const double value = sum_game_solve(weight, share, points, 2, 2);
    ck_assert_double_eq_tol(value, 0.5, 1e-12);
    ck_assert_double_eq_tol(weight[0], 0.375, 1e-12);
    ck_assert_double_eq_tol(weight[1], 0.625, 1e-12);
    ck_assert_double_eq_tol(share[0], 0.5, 1e-12);
    ck_assert_double_eq_tol(share[1], 0.5, 1e-12);
}
END_TEST

START_TEST(one_form_alone_may_be_best)
{
    const double points[] = {-5.0, -1.0, -4.0, -7.0, -2.0, -9.0};
    double weight[3];
    double share[2];
    const double value = sum_game_solve(weight, share, points, 2, 3);
    ck_assert_double_eq_tol(value, -2.0, 1e-12);
    ck_assert_double_eq_tol(weight[1], 1.0, 1e-12);
    ck_assert_double_eq_tol(share[1], 1.0, 1e-12);
}
END_TEST

START_TEST(infinite_entries_have_no_solution)
{
    const double points[] = {1.0, -HUGE_VAL};
    double weight[2];
    double share[1];
    ck_assert(!isfinite(sum_game_solve(weight, share, points, 1, 2)));
}
END_TEST

TCase *test_cases(void)
{
    TCase *cases = tcase_create("sum_game");
    tcase_add_test(cases, opposed_points_are_balanced);
    tcase_add_test(cases, one_form_alone_may_be_best);
    tcase_add_test(cases, infinite_entries_have_no_solution);
    return cases;
}
