/* The rigorous bound on examples computed by hand. */
#include "solver/lp_safe.h"
#include "tests/suite.h"

#include <float.h>
#include <math.h>

static const double lower[] = {-1.0, 0.0};
static const double upper[] = {1.0, 2.0};
static const double rows[] = {1.0, 1.0, -1.0, -1.0};
static const double rhs[] = {0.5, -0.75};
static const struct lp_problem one_row = {2, 1, lower, upper, rows, rhs};
static const struct lp_problem two_rows = {2, 2, lower, upper, rows, rhs};

static bool is_no_bound(double bound)
{
    return isinf(bound) && bound < 0.0;
}

START_TEST(no_multipliers_give_the_minimum_over_the_box)
{
    const double beta[] = {0.0, 0.0};
    const double c[] = {1.0, -3.0};
    const double bound = lp_safe_bound(&two_rows, c, beta);
    ck_assert_double_lt(bound, -7.0);
    ck_assert_double_gt(bound, -7.0 - 1e-13);
}
END_TEST

START_TEST(a_multiplier_lifts_the_bound_to_the_optimum)
{
    const double beta[] = {1.0};
    const double c[] = {-0.5, -1.0};
    const double bound = lp_safe_bound(&one_row, c, beta);
    ck_assert_double_lt(bound, -1.0);
    ck_assert_double_gt(bound, -1.0 - 1e-13);
}
END_TEST

START_TEST(negative_multipliers_count_as_zero)
{
    const double beta[] = {-5.0};
    const double c[] = {1.0, 1.0};
    const double bound = lp_safe_bound(&one_row, c, beta);
    ck_assert_double_lt(bound, -1.0);
    ck_assert_double_gt(bound, -1.0 - 1e-13);
}
END_TEST

START_TEST(what_is_not_finite_gives_no_bound)
{
    const double c[] = {1.0, 1.0};
    const double bad[] = {nan(""), HUGE_VAL, -HUGE_VAL};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; ++i) {
        const double good[] = {1.0, 1.0};
        const double pair[] = {bad[i], 1.0};
        struct lp_problem p = one_row;
        ck_assert(is_no_bound(lp_safe_bound(&p, c, pair)));
        ck_assert(is_no_bound(lp_safe_bound(&p, pair, good)));
        p.rows = pair;
        ck_assert(is_no_bound(lp_safe_bound(&p, c, good)));
        p = one_row;
        p.rhs = pair;
        ck_assert(is_no_bound(lp_safe_bound(&p, c, good)));
        ck_assert(!lp_safe_is_empty(&p, good));
        p = one_row;
        p.lower = pair;
        ck_assert(is_no_bound(lp_safe_bound(&p, c, good)));
        p = one_row;
        p.upper = pair;
        ck_assert(is_no_bound(lp_safe_bound(&p, c, good)));
    }
}
END_TEST

START_TEST(overflow_gives_no_bound)
{
    const double c[] = {DBL_MAX, DBL_MAX};
    const double far_lower[] = {-4.0, -4.0};
    const double far_upper[] = {4.0, 4.0};
    const double beta[] = {DBL_MAX};
    struct lp_problem p = one_row;
    p.lower = far_lower;
    p.upper = far_upper;
    ck_assert(is_no_bound(lp_safe_bound(&p, c, beta)));
    const double none[] = {0.0};
    ck_assert(is_no_bound(lp_safe_bound(&p, c, none)));
}
END_TEST

/* 1 - 2^-54 rounds to 1, ten times over: the real sum is ten times 2^-54
 * below the computed one. */
START_TEST(a_bound_spoilt_by_rounding_stays_below)
{
    enum { N = 11 };
    double c[N];
    double point[N];
    for (size_t j = 0; j < N; ++j) {
        c[j] = j == 0 ? 1.0 : -0x1p-54;
        point[j] = 1.0;
    }
    const struct lp_problem p = {N, 0, point, point, NULL, NULL};
    const double bound = lp_safe_bound(&p, c, NULL);
    ck_assert_double_le(bound, 1.0 - 5.0 * 0x1p-53);
    ck_assert_double_gt(bound, 1.0 - 1e-13);
}
END_TEST

/* Each product is just under half the least subnormal and rounds to 0. */
START_TEST(products_that_underflow_stay_below)
{
    enum { N = 12 };
    double c[N];
    double point[N];
    for (size_t j = 0; j < N; ++j) {
        c[j] = -0x1.fp-538;
        point[j] = 0x1p-538;
    }
    const struct lp_problem p = {N, 0, point, point, NULL, NULL};
    ck_assert_double_le(lp_safe_bound(&p, c, NULL), -6.0 * 0x1p-1074);
}
END_TEST

START_TEST(a_ray_proves_emptiness_and_a_wrong_one_does_not)
{
    const double ray[] = {1.0, 1.0};
    const double half[] = {1.0, 0.5};
    const double none[] = {0.0, 0.0};
    ck_assert(lp_safe_is_empty(&two_rows, ray));
    ck_assert(!lp_safe_is_empty(&two_rows, half));
    ck_assert(!lp_safe_is_empty(&two_rows, none));
    ck_assert(!lp_safe_is_empty(&one_row, ray));
}
END_TEST

START_TEST(touching_rows_are_not_empty)
{
    const double touching[] = {0.75, -0.75};
    const double ray[] = {1.0, 1.0};
    struct lp_problem p = two_rows;
    p.rhs = touching;
    ck_assert(!lp_safe_is_empty(&p, ray));
}
END_TEST

START_TEST(a_crossed_box_is_empty)
{
    const double crossed[] = {1.0, -0.5};
    struct lp_problem p = one_row;
    const double none[] = {0.0};
    p.upper = crossed;
    ck_assert(lp_safe_is_empty(&p, none));
}
END_TEST

START_TEST(more_columns_than_a_chunk_are_all_counted)
{
    enum { N = 150 };
    double l[N];
    double u[N];
    double c[N];
    double g[N];
    for (size_t j = 0; j < N; ++j) {
        l[j] = -1.0;
        u[j] = 1.0;
        c[j] = -1.0;
        g[j] = 1.0;
    }
    const double h[] = {10.0};
    const double beta[] = {1.0};
    const struct lp_problem p = {N, 1, l, u, g, h};
    const double bound = lp_safe_bound(&p, c, beta);
    ck_assert_double_lt(bound, -10.0);
    ck_assert_double_gt(bound, -10.0 - 1e-10);
}
END_TEST

TCase *test_cases(void)
{
    TCase *cases = tcase_create("lp_safe");
    tcase_add_test(cases, no_multipliers_give_the_minimum_over_the_box);
    tcase_add_test(cases, a_multiplier_lifts_the_bound_to_the_optimum);
    tcase_add_test(cases, negative_multipliers_count_as_zero);
    tcase_add_test(cases, what_is_not_finite_gives_no_bound);
    tcase_add_test(cases, overflow_gives_no_bound);
    tcase_add_test(cases, a_bound_spoilt_by_rounding_stays_below);
    tcase_add_test(cases, products_that_underflow_stay_below);
    tcase_add_test(cases, a_ray_proves_emptiness_and_a_wrong_one_does_not);
    tcase_add_test(cases, touching_rows_are_not_empty);
    tcase_add_test(cases, a_crossed_box_is_empty);
    tcase_add_test(cases, more_columns_than_a_chunk_are_all_counted);
    return cases;
}
