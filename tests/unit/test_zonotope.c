/* The zonotope domain on networks small enough to compute by hand. */
#include "domains/zonotope.h"
#include "src/base/alloc.h"
#include "tests/ref/ref_bounds.h"
#include "tests/ref/ref_build.h"
#include "tests/suite.h"

#include <float.h>
#include <math.h>

static void check_close(double x, double y)
{
    ck_assert_msg(fabs(x - y) <= 0x1p-44, "%a is far from %a", x, y);
}

static enum domain_answer propagate(struct bounds *bounds,
                                    const struct layers *layers,
                                    const double *lower, const double *upper)
{
    const struct region region = {.lower = lower, .upper = upper};
    return ref_bounds(bounds, &zonotope_domain_ops, layers, &region);
}

START_TEST(branches_of_a_skip_connection_cancel)
{
    struct layers *layers = ref_build_begin(1);
    const size_t left = ref_build_affine(layers, 0, 1, (double[]){3.0}, NULL);
    const size_t right = ref_build_affine(layers, 0, 1, (double[]){1.0}, NULL);
    (void)ref_build_affine(layers, left, 1, (double[]){1.0}, NULL);
    ref_build_term(layers, right, (double[]){-3.0});
    struct bounds bounds;
    ck_assert_int_eq(
        propagate(&bounds, layers, (double[]){-1.0}, (double[]){2.0}),
        DOMAIN_DONE);
    check_close(bounds.lower[3][0], 0.0);
    check_close(bounds.upper[3][0], 0.0);
    ck_assert(bounds.lower[3][0] <= 0.0 && bounds.upper[3][0] >= 0.0);
    bounds_clear(&bounds);
    layers_destroy(layers);
}
END_TEST

START_TEST(one_relu_seen_twice_is_one_symbol)
{
    struct layers *layers = ref_build_begin(1);
    const size_t relu = ref_build_relu(layers, 0);
    const size_t copy =
        ref_build_affine(layers, relu, 1, (double[]){1.0}, NULL);
    (void)ref_build_affine(layers, relu, 1, (double[]){1.0}, NULL);
    ref_build_term(layers, copy, (double[]){-1.0});
    struct bounds bounds;
    (void)propagate(&bounds, layers, (double[]){-1.0}, (double[]){1.0});
    check_close(bounds.lower[3][0], 0.0);
    check_close(bounds.upper[3][0], 0.0);
    bounds_clear(&bounds);
    layers_destroy(layers);
}
END_TEST

START_TEST(two_relus_are_two_symbols)
{
    /* relu(x) - relu(-x) = x, but the bands of the two are independent:
     * x/2 + 1/4 + e1/4 - (-x/2 + 1/4 + e2/4). */
    struct layers *layers = ref_build_begin(1);
    const size_t both =
        ref_build_affine(layers, 0, 2, (double[]){1.0, -1.0}, NULL);
    const size_t relu = ref_build_relu(layers, both);
    const size_t sum =
        ref_build_affine(layers, relu, 1, (double[]){1.0, -1.0}, NULL);
    (void)ref_build_affine(layers, sum, 1, (double[]){1.0}, NULL);
    ref_build_term(layers, 0, (double[]){-1.0});
    struct bounds bounds;
    (void)propagate(&bounds, layers, (double[]){-1.0}, (double[]){1.0});
    check_close(bounds.lower[4][0], -0.5);
    check_close(bounds.upper[4][0], 0.5);
    bounds_clear(&bounds);
    layers_destroy(layers);
}
END_TEST

START_TEST(overflow_keeps_the_other_neurons)
{
    struct layers *layers = ref_build_begin(2);
    (void)ref_build_affine(layers, 0, 2, (double[]){DBL_MAX, DBL_MAX, 1.0, 1.0},
                           NULL);
    (void)ref_build_relu(layers, 1);
    (void)ref_build_affine(layers, 2, 2, (double[]){1.0, 1.0, 0.0, 1.0}, NULL);
    struct bounds bounds;
    ck_assert_int_eq(propagate(&bounds, layers, (double[]){-2.0, -2.0},
                               (double[]){2.0, 2.0}),
                     DOMAIN_DONE);
    ck_assert(bounds.upper[1][0] > DBL_MAX);
    ck_assert(bounds.upper[3][0] > DBL_MAX);
    check_close(bounds.upper[1][1], 4.0);
    ck_assert(bounds.upper[3][1] >= 4.0);
    bounds_clear(&bounds);
    layers_destroy(layers);
}
END_TEST

START_TEST(a_second_call_allocates_nothing)
{
    struct layers *layers = ref_build_begin(2);
    (void)ref_build_affine(layers, 0, 2, (double[]){1.0, 2.0, -1.0, 1.0}, NULL);
    (void)ref_build_relu(layers, 1);
    (void)ref_build_affine(layers, 2, 1, (double[]){1.0, 1.0}, NULL);
    const struct region region = {.lower = (double[]){-1.0, -1.0},
                                  .upper = (double[]){1.0, 1.0}};
    struct domain *zonotope = zonotope_domain_ops.create(layers);
    struct bounds bounds;
    bounds_init(&bounds, layers);
    (void)zonotope_domain_ops.propagate(zonotope, &bounds, &region, NULL);
    alloc_fail_at(1); /* an allocation would end the process */
    ck_assert_int_eq(
        zonotope_domain_ops.propagate(zonotope, &bounds, &region, NULL),
        DOMAIN_DONE);
    alloc_fail_at(0);
    bounds_clear(&bounds);
    zonotope_domain_ops.destroy(zonotope);
    layers_destroy(layers);
}
END_TEST

TCase *test_cases(void)
{
    TCase *cases = tcase_create("zonotope");
    tcase_add_test(cases, branches_of_a_skip_connection_cancel);
    tcase_add_test(cases, one_relu_seen_twice_is_one_symbol);
    tcase_add_test(cases, two_relus_are_two_symbols);
    tcase_add_test(cases, overflow_keeps_the_other_neurons);
    tcase_add_test(cases, a_second_call_allocates_nothing);
    return cases;
}
