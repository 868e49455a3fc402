/* The small simplex on programs whose answer is known. */
#include "solver/lp.h"
#include "solver/lp_safe.h"
#include "tests/suite.h"

#include <math.h>
#include <string.h>

enum { MAX_N = 64, MAX_M = 400 };

static bool is_same(double a, double b)
{
    return a <= b && b <= a;
}

static struct lp *over_box(size_t n, double lower, double upper)
{
    double l[MAX_N];
    double u[MAX_N];
    for (size_t j = 0; j < n; ++j) {
        l[j] = lower;
        u[j] = upper;
    }
    struct lp *lp = lp_create(n);
    lp_reset(lp, l, u);
    return lp;
}

static struct lp_problem problem_of(const struct lp *lp, size_t n)
{
    return (struct lp_problem){
        n, lp_n_rows(lp), lp_lower(lp), lp_upper(lp), lp_rows(lp), lp_rhs(lp)};
}

/* The optimum, its point and its multipliers all say `expected`. */
static void expect_optimum(struct lp *lp, size_t n, const double *c,
                           double expected)
{
    double x[MAX_N];
    double beta[MAX_M];
    double value = 0.0;
    ck_assert_int_eq(lp_minimize(lp, c, x, beta, &value), LP_OPTIMAL);
    ck_assert_double_eq_tol(value, expected, 1e-9);
    double at_x = 0.0;
    double size = 1.0;
    for (size_t j = 0; j < n; ++j) {
        size += fabs(c[j]);
        at_x += c[j] * x[j];
    }
    ck_assert_double_eq_tol(at_x, expected, 1e-9);
    const struct lp_problem problem = problem_of(lp, n);
    const double bound = lp_safe_bound(&problem, c, beta);
    ck_assert_double_le(bound, expected + 1e-15 * size);
    ck_assert_double_ge(bound, expected - 1e-11 * size);
}

static void expect_ray(struct lp *lp, size_t n, const double *c)
{
    double beta[MAX_M];
    double value = 0.0;
    ck_assert_int_eq(lp_minimize(lp, c, NULL, beta, &value), LP_INFEASIBLE);
    const struct lp_problem problem = problem_of(lp, n);
    ck_assert(lp_safe_is_empty(&problem, beta));
}

static enum lp_answer answer_of(struct lp *lp, const double *c)
{
    double value = 0.0;
    return lp_minimize(lp, c, NULL, NULL, &value);
}

START_TEST(without_rows_the_optimum_is_a_corner)
{
    struct lp *lp = over_box(3, -1.0, 2.0);
    const double c[] = {1.0, -1.0, 0.5};
    expect_optimum(lp, 3, c, -1.0 - 2.0 - 0.5);
    const double back[] = {-1.0, 1.0, 0.0};
    expect_optimum(lp, 3, back, -2.0 - 1.0);
    lp_destroy(lp);
}
END_TEST

START_TEST(a_row_cuts_the_corner_and_gets_its_multiplier)
{
    struct lp *lp = over_box(2, 0.0, 1.0);
    const double g[] = {2.0, 2.0};
    lp_add_row(lp, g, 3.0);
    const double c[] = {-1.0, -1.0};
    double beta = 0.0;
    double value = 0.0;
    ck_assert_int_eq(lp_minimize(lp, c, NULL, &beta, &value), LP_OPTIMAL);
    ck_assert_double_eq_tol(value, -1.5, 1e-12);
    ck_assert_double_eq_tol(beta, 0.5, 1e-12);
    expect_optimum(lp, 2, c, -1.5);
    lp_destroy(lp);
}
END_TEST

START_TEST(a_contradiction_gives_a_ray_and_leaves_with_its_row)
{
    struct lp *lp = over_box(2, -1.0, 1.0);
    const double g[] = {1.0, 1.0};
    const double back[] = {-1.0, -1.0};
    const double c[] = {1.0, 0.25};
    lp_add_row(lp, g, 0.5);
    expect_optimum(lp, 2, c, -1.25);
    lp_add_row(lp, back, -0.75);
    expect_ray(lp, 2, c);
    lp_truncate(lp, 1);
    ck_assert_uint_eq(lp_n_rows(lp), 1);
    expect_optimum(lp, 2, c, -1.25);
    lp_add_row(lp, back, -0.5);
    expect_optimum(lp, 2, c, -0.25);
    lp_truncate(lp, 0);
    expect_optimum(lp, 2, c, -1.25);
    lp_destroy(lp);
}
END_TEST

START_TEST(a_row_against_the_box_is_a_ray_by_itself)
{
    struct lp *lp = over_box(2, 0.0, 1.0);
    const double g[] = {-1.0, -1.0};
    const double c[] = {0.0, 0.0};
    lp_add_row(lp, g, -2.5);
    expect_ray(lp, 2, c);
    lp_destroy(lp);
}
END_TEST

START_TEST(zero_rows_are_harmless_or_contradictory)
{
    struct lp *lp = over_box(2, 0.0, 1.0);
    const double zero[] = {0.0, 0.0};
    const double c[] = {1.0, -1.0};
    lp_add_row(lp, zero, 0.0);
    expect_optimum(lp, 2, c, -1.0);
    lp_add_row(lp, zero, -1.0);
    expect_ray(lp, 2, c);
    lp_destroy(lp);
}
END_TEST

START_TEST(copies_of_a_row_do_not_cycle)
{
    struct lp *lp = over_box(3, -1.0, 1.0);
    const double g[] = {1.0, 2.0, -1.0};
    const double c[] = {-1.0, -2.0, 1.0};
    for (size_t i = 0; i < 30; ++i) {
        lp_add_row(lp, g, 0.0);
    }
    expect_optimum(lp, 3, c, 0.0);
    const double other[] = {-1.0, -1.0, 0.0};
    expect_optimum(lp, 3, other, -1.0);
    lp_destroy(lp);
}
END_TEST

/* x3 scaled into the box; the pivot rule "first row" cycles on this one. */
START_TEST(beale_s_program_ends)
{
    struct lp *lp = over_box(4, 0.0, 100.0);
    const double first[] = {0.25, -60.0, -0.04, 9.0};
    const double second[] = {0.5, -90.0, -0.02, 3.0};
    const double third[] = {0.0, 0.0, 1.0, 0.0};
    const double c[] = {-0.75, 150.0, -0.02, 6.0};
    lp_add_row(lp, first, 0.0);
    lp_add_row(lp, second, 0.0);
    lp_add_row(lp, third, 1.0);
    expect_optimum(lp, 4, c, -0.05);
    lp_destroy(lp);
}
END_TEST

/* 2^n planes through one point: every pivot there has length zero. */
START_TEST(a_vertex_on_many_rows_is_left)
{
    enum { N = 5 };
    struct lp *lp = over_box(N, -1.0, 1.0);
    double c[N];
    for (size_t mask = 0; mask < (size_t)1 << (N - 1); ++mask) {
        double g[N];
        for (size_t j = 0; j + 1 < N; ++j) {
            g[j] = (mask >> j & 1) != 0 ? 1.0 : -1.0;
        }
        g[N - 1] = 1.0;
        lp_add_row(lp, g, 0.5);
    }
    memset(c, 0, sizeof c);
    c[N - 1] = -1.0;
    expect_optimum(lp, N, c, -0.5);
    c[0] = 0.5;
    expect_optimum(lp, N, c, -0.5);
    c[0] = 2.0;
    expect_optimum(lp, N, c, -2.0 + 0.5);
    lp_destroy(lp);
}
END_TEST

START_TEST(a_box_of_width_zero_is_its_point)
{
    const double point[] = {0.25, -0.5};
    struct lp *lp = lp_create(2);
    lp_reset(lp, point, point);
    const double c[] = {4.0, 2.0};
    expect_optimum(lp, 2, c, 0.0);
    const double g[] = {1.0, 1.0};
    lp_add_row(lp, g, -0.25);
    expect_optimum(lp, 2, c, 0.0);
    lp_add_row(lp, g, -0.5);
    expect_ray(lp, 2, c);
    lp_destroy(lp);
}
END_TEST

START_TEST(a_new_box_keeps_the_rows)
{
    struct lp *lp = over_box(2, -1.0, 1.0);
    const double g[] = {1.0, 1.0};
    const double c[] = {-1.0, -2.0};
    lp_add_row(lp, g, 1.0);
    expect_optimum(lp, 2, c, -2.0);
    const double lower[] = {0.5, -1.0};
    const double upper[] = {0.75, 3.0};
    lp_set_box(lp, lower, upper);
    expect_optimum(lp, 2, c, -1.5);
    const double far[] = {2.0, 2.0};
    lp_set_box(lp, far, far);
    expect_ray(lp, 2, c);
    lp_set_box(lp, lower, upper);
    expect_optimum(lp, 2, c, -1.5);
    const double crossed[] = {0.4, -1.0};
    lp_set_box(lp, lower, crossed);
    expect_ray(lp, 2, c);
    lp_destroy(lp);
}
END_TEST

START_TEST(reset_forgets_rows_and_basis)
{
    struct lp *lp = over_box(2, -1.0, 1.0);
    const double g[] = {1.0, 1.0};
    const double c[] = {-1.0, -1.0};
    lp_add_row(lp, g, 0.0);
    expect_optimum(lp, 2, c, 0.0);
    const double lower[] = {0.0, 0.0};
    const double upper[] = {3.0, 4.0};
    lp_reset(lp, lower, upper);
    ck_assert_uint_eq(lp_n_rows(lp), 0);
    expect_optimum(lp, 2, c, -7.0);
    lp_destroy(lp);
}
END_TEST

START_TEST(the_data_are_given_back_as_they_came)
{
    struct lp *lp = over_box(2, -1.0, 1.0);
    for (size_t i = 0; i < 200; ++i) {
        const double g[] = {(double)i, 3.0};
        lp_add_row(lp, g, 1.0 / (double)(i + 1));
    }
    ck_assert_uint_eq(lp_n_rows(lp), 200);
    for (size_t i = 0; i < 200; ++i) {
        ck_assert(is_same(lp_rows(lp)[2 * i], (double)i));
        ck_assert(is_same(lp_rows(lp)[2 * i + 1], 3.0));
        ck_assert(is_same(lp_rhs(lp)[i], 1.0 / (double)(i + 1)));
    }
    ck_assert(is_same(lp_lower(lp)[1], -1.0));
    ck_assert(is_same(lp_upper(lp)[0], 1.0));
    const double c[] = {0.0, -3.0};
    expect_optimum(lp, 2, c, -1.0);
    lp_destroy(lp);
}
END_TEST

START_TEST(numbers_out_of_range_are_given_up)
{
    struct lp *lp = over_box(1, -1.0, 1.0);
    const double c[] = {1.0};
    const double bad[] = {nan(""), HUGE_VAL, -HUGE_VAL, 1e200};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; ++i) {
        ck_assert_int_eq(answer_of(lp, bad + i), LP_GAVE_UP);
        lp_add_row(lp, bad + i, 0.0);
        lp_add_row(lp, c, 0.0);
        ck_assert_int_eq(answer_of(lp, c), LP_GAVE_UP);
        lp_truncate(lp, 1);
        ck_assert_int_eq(answer_of(lp, c), LP_GAVE_UP);
        lp_truncate(lp, 0);
        ck_assert_int_eq(answer_of(lp, c), LP_OPTIMAL);
        const double lower[] = {-1.0};
        lp_set_box(lp, lower, bad + i);
        ck_assert_int_eq(answer_of(lp, c), LP_GAVE_UP);
        const double upper[] = {1.0};
        lp_set_box(lp, lower, upper);
        ck_assert_int_eq(answer_of(lp, c), LP_OPTIMAL);
    }
    lp_add_row(lp, c, nan(""));
    ck_assert_int_eq(answer_of(lp, c), LP_GAVE_UP);
    lp_truncate(lp, 0);
    lp_add_row(lp, c, -HUGE_VAL);
    ck_assert_int_eq(answer_of(lp, c), LP_GAVE_UP);
    lp_truncate(lp, 0);
    lp_add_row(lp, c, HUGE_VAL);
    ck_assert_int_eq(answer_of(lp, c), LP_OPTIMAL);
    lp_destroy(lp);
}
END_TEST

START_TEST(the_same_objective_again_takes_no_pivot)
{
    struct lp *lp = over_box(3, -1.0, 1.0);
    const double g[] = {1.0, 1.0, 1.0};
    const double c[] = {-1.0, -2.0, -3.0};
    const double opposite[] = {1.0, 2.0, 3.0};
    lp_add_row(lp, g, 1.5);
    expect_optimum(lp, 3, c, 0.5 - 2.0 - 3.0);
    expect_optimum(lp, 3, opposite, -6.0);
    const uint64_t before = lp_pivots(lp);
    ck_assert_uint_gt(before, 0);
    expect_optimum(lp, 3, opposite, -6.0);
    expect_optimum(lp, 3, c, 0.5 - 2.0 - 3.0);
    ck_assert_uint_eq(lp_pivots(lp), before);
    lp_destroy(lp);
}
END_TEST

START_TEST(rows_of_any_length_and_boxes_of_any_size_are_solved)
{
    const double sizes[] = {1e-12, 1e-6, 1.0, 1e6, 1e12};
    for (size_t i = 0; i < 5; ++i) {
        for (size_t k = 0; k < 5; ++k) {
            const double box = sizes[i];
            const double row = sizes[k];
            struct lp *lp = over_box(2, -box, box);
            const double g[] = {row, 2.0 * row};
            lp_add_row(lp, g, row * box);
            const double c[] = {-1.0, -1.0};
            double value = 0.0;
            double beta = 0.0;
            ck_assert_int_eq(lp_minimize(lp, c, NULL, &beta, &value),
                             LP_OPTIMAL);
            ck_assert_double_eq_tol(value / box, -1.0, 1e-9);
            ck_assert_double_eq_tol(beta * row, 0.5, 1e-9);
            lp_destroy(lp);
        }
    }
}
END_TEST

/* sum of |x_j| <= 1 by a chain of cuts in 64 variables. */
START_TEST(sixty_four_variables_are_solved)
{
    struct lp *lp = over_box(MAX_N, -1.0, 1.0);
    double g[MAX_N];
    double c[MAX_N];
    for (size_t j = 0; j < MAX_N; ++j) {
        g[j] = 1.0;
        c[j] = -(double)(j + 1);
    }
    lp_add_row(lp, g, 0.0);
    expect_optimum(lp, MAX_N, c, -1024.0);
    for (size_t j = 0; j + 1 < MAX_N; ++j) {
        memset(g, 0, sizeof g);
        g[j] = -1.0;
        g[j + 1] = 1.0;
        lp_add_row(lp, g, 0.0);
    }
    expect_optimum(lp, MAX_N, c, 0.0);
    lp_truncate(lp, 1);
    expect_optimum(lp, MAX_N, c, -1024.0);
    lp_destroy(lp);
}
END_TEST

START_TEST(destroying_nothing_is_harmless)
{
    lp_destroy(NULL);
}
END_TEST

TCase *test_cases(void)
{
    TCase *cases = tcase_create("lp");
    tcase_add_test(cases, without_rows_the_optimum_is_a_corner);
    tcase_add_test(cases, a_row_cuts_the_corner_and_gets_its_multiplier);
    tcase_add_test(cases, a_contradiction_gives_a_ray_and_leaves_with_its_row);
    tcase_add_test(cases, a_row_against_the_box_is_a_ray_by_itself);
    tcase_add_test(cases, zero_rows_are_harmless_or_contradictory);
    tcase_add_test(cases, copies_of_a_row_do_not_cycle);
    tcase_add_test(cases, beale_s_program_ends);
    tcase_add_test(cases, a_vertex_on_many_rows_is_left);
    tcase_add_test(cases, a_box_of_width_zero_is_its_point);
    tcase_add_test(cases, a_new_box_keeps_the_rows);
    tcase_add_test(cases, reset_forgets_rows_and_basis);
    tcase_add_test(cases, the_data_are_given_back_as_they_came);
    tcase_add_test(cases, numbers_out_of_range_are_given_up);
    tcase_add_test(cases, the_same_objective_again_takes_no_pivot);
    tcase_add_test(cases, rows_of_any_length_and_boxes_of_any_size_are_solved);
    tcase_add_test(cases, sixty_four_variables_are_solved);
    tcase_add_test(cases, destroying_nothing_is_harmless);
    return cases;
}
