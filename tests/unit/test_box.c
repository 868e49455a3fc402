/* The box domain on networks small enough to compute by hand. */
#include "domains/box.h"
#include "src/base/alloc.h"
#include "tests/ref/ref_bounds.h"
#include "tests/ref/ref_build.h"
#include "tests/suite.h"

#include <float.h>
#include <math.h>

static void check_equal(double x, double y)
{
    ck_assert_msg(x >= y && x <= y, "%a is not %a", x, y);
}

/* `x` encloses `y` from the given side within some units of `size`. */
static void check_close(double x, double y, double size)
{
    ck_assert_msg(fabs(x - y) <= 0x1p-48 * size, "%a is far from %a", x, y);
}

static enum domain_answer propagate(struct bounds *bounds,
                                    const struct layers *layers,
                                    const double *lower, const double *upper)
{
    const struct region region = {.lower = lower, .upper = upper};
    return ref_bounds(bounds, &box_domain_ops, layers, &region);
}

START_TEST(an_affine_row_takes_the_worst_corner)
{
    struct layers *layers = ref_build_begin(2);
    (void)ref_build_affine(layers, 0, 2, (double[]){1.0, -2.0, 0.0, 3.0},
                           (double[]){0.5, 0.0});
    (void)ref_build_relu(layers, 1);
    struct bounds bounds;
    ck_assert_int_eq(
        propagate(&bounds, layers, (double[]){-1.0, 2.0}, (double[]){1.0, 3.0}),
        DOMAIN_DONE);
    ck_assert(bounds.lower[1][0] <= -6.5 && bounds.upper[1][0] >= -2.5);
    check_close(bounds.lower[1][0], -6.5, 8.0);
    check_close(bounds.upper[1][0], -2.5, 8.0);
    check_close(bounds.lower[1][1], 6.0, 9.0);
    check_close(bounds.upper[1][1], 9.0, 9.0);
    check_equal(bounds.lower[2][0], 0.0);
    check_equal(bounds.upper[2][0], 0.0);
    check_equal(bounds.upper[2][1], bounds.upper[1][1]);
    bounds_clear(&bounds);
    layers_destroy(layers);
}
END_TEST

START_TEST(a_zero_row_stays_degenerate_and_active)
{
    struct layers *layers = ref_build_begin(1);
    (void)ref_build_affine(layers, 0, 1, (double[]){-0.0}, NULL);
    (void)ref_build_relu(layers, 1);
    struct bounds bounds;
    ck_assert_int_eq(
        propagate(&bounds, layers, (double[]){-5.0}, (double[]){-5.0}),
        DOMAIN_DONE);
    ck_assert(bounds.lower[1][0] <= 0.0 && bounds.upper[1][0] >= 0.0);
    ck_assert(bounds.upper[2][0] <= 0x1p-1060);
    bounds_clear(&bounds);
    layers_destroy(layers);
}
END_TEST

START_TEST(overflow_leaves_a_neuron_without_bounds)
{
    struct layers *layers = ref_build_begin(2);
    (void)ref_build_affine(layers, 0, 2, (double[]){DBL_MAX, DBL_MAX, 1.0, 0.0},
                           NULL);
    /* One zero weight on the unbounded neuron, one that is not. */
    (void)ref_build_affine(layers, 1, 2, (double[]){0.0, 2.0, 1.0, 1.0}, NULL);
    struct bounds bounds;
    ck_assert_int_eq(
        propagate(&bounds, layers, (double[]){1.0, 1.0}, (double[]){4.0, 4.0}),
        DOMAIN_DONE);
    ck_assert(bounds.lower[1][0] < -DBL_MAX && bounds.upper[1][0] > DBL_MAX);
    check_close(bounds.upper[1][1], 4.0, 4.0);
    ck_assert(bounds.lower[2][0] <= 2.0 && bounds.upper[2][0] >= 8.0);
    ck_assert(bounds.lower[2][1] < -DBL_MAX && bounds.upper[2][1] > DBL_MAX);
    bounds_clear(&bounds);
    layers_destroy(layers);
}
END_TEST

START_TEST(an_inverted_box_is_empty)
{
    struct layers *layers = ref_build_begin(1);
    (void)ref_build_affine(layers, 0, 1, (double[]){1.0}, NULL);
    struct bounds bounds;
    ck_assert_int_eq(
        propagate(&bounds, layers, (double[]){1.0}, (double[]){0.0}),
        DOMAIN_EMPTY);
    bounds_clear(&bounds);
    layers_destroy(layers);
}
END_TEST

START_TEST(the_rounding_bound_grows_with_the_row)
{
    const struct box_rounding few = box_rounding(0);
    const struct box_rounding many = box_rounding((size_t)1 << 25);
    ck_assert(few.relative >= 4.0 * 0x1p-53 && few.absolute >= 8 * 0x1p-1074);
    ck_assert(many.relative >= 0x1p-28 && many.relative <= 0x1p-27);
}
END_TEST

START_TEST(ends_at_0_are_exact_where_no_term_is_negative)
{
    /* No sum of non-negative numbers is negative; 0.25 - 0.25 is 0. */
    struct layers *layers = ref_build_begin(2);
    (void)ref_build_affine(layers, 0, 3,
                           (double[]){0.1, 0.3, -1.0, 0.0, -0.1, 0.0},
                           (double[]){0.0, 0.25, 0.0});
    struct bounds bounds;
    ck_assert_int_eq(
        propagate(&bounds, layers, (double[]){0.25, 0.0}, (double[]){1.0, 1.0}),
        DOMAIN_DONE);
    ck_assert_double_gt(bounds.lower[1][0], 0.02);
    check_equal(bounds.upper[1][1], 0.0);
    bounds_clear(&bounds);
    ck_assert_int_eq(
        propagate(&bounds, layers, (double[]){0.0, 0.0}, (double[]){0.25, 1.0}),
        DOMAIN_DONE);
    check_equal(bounds.lower[1][0], 0.0);
    check_equal(bounds.lower[1][1], 0.0);
    check_equal(bounds.upper[1][2], 0.0);
    bounds_clear(&bounds);
    layers_destroy(layers);
}
END_TEST

START_TEST(ends_near_0_are_not_0)
{
    /* 0.1 x0 - 0.3 x1 at x0 = 3, x1 = 1: what rounding makes of it is no
     * proof; neither is a product that underflows. */
    struct layers *layers = ref_build_begin(2);
    (void)ref_build_affine(layers, 0, 2,
                           (double[]){0.1, -0.3, 0x1p-600, -0x1p-600}, NULL);
    struct bounds bounds;
    ck_assert_int_eq(
        propagate(&bounds, layers, (double[]){3.0, 1.0}, (double[]){3.0, 1.0}),
        DOMAIN_DONE);
    ck_assert(bounds.lower[1][0] < 0.0 && bounds.upper[1][0] > 0.0);
    bounds_clear(&bounds);
    ck_assert_int_eq(propagate(&bounds, layers, (double[]){0.0, 0x1p-600},
                               (double[]){1.0, 0x1p-500}),
                     DOMAIN_DONE);
    ck_assert_double_lt(bounds.lower[1][1], 0.0);
    bounds_clear(&bounds);
    layers_destroy(layers);
}
END_TEST

TCase *test_cases(void)
{
    TCase *cases = tcase_create("box");
    tcase_add_test(cases, an_affine_row_takes_the_worst_corner);
    tcase_add_test(cases, a_zero_row_stays_degenerate_and_active);
    tcase_add_test(cases, overflow_leaves_a_neuron_without_bounds);
    tcase_add_test(cases, an_inverted_box_is_empty);
    tcase_add_test(cases, ends_at_0_are_exact_where_no_term_is_negative);
    tcase_add_test(cases, ends_near_0_are_not_0);
    tcase_add_test(cases, the_rounding_bound_grows_with_the_row);
    return cases;
}
