/* The star domain: rows, triangles, large programs, contradictions. */
#include "domains/star.h"
#include "src/base/alloc.h"
#include "tests/ref/ref_bounds.h"
#include "tests/ref/ref_build.h"
#include "tests/suite.h"

#include <math.h>

enum { MANY = 70, TOO_MANY = 1030 };

static void check_close(double x, double y)
{
    ck_assert_msg(fabs(x - y) <= 1e-6, "%a is far from %a", x, y);
}

START_TEST(rows_of_the_region_count)
{
    struct layers *layers = ref_build_begin(2);
    (void)ref_build_affine(layers, 0, 1, (double[]){1.0, 1.0}, NULL);
    const struct region region = {.lower = (double[]){-1.0, -1.0},
                                  .upper = (double[]){1.0, 1.0},
                                  .n_rows = 1,
                                  .row = (double[]){1.0, 1.0},
                                  .rhs = (double[]){0.25}};
    struct bounds bounds;
    ck_assert_int_eq(ref_bounds(&bounds, &star_domain_ops, layers, &region),
                     DOMAIN_DONE);
    ck_assert(bounds.upper[1][0] >= 0.25 && bounds.lower[1][0] <= -2.0);
    check_close(bounds.upper[1][0], 0.25);
    check_close(bounds.lower[1][0], -2.0);
    bounds_clear(&bounds);
    layers_destroy(layers);
}
END_TEST

START_TEST(contradictory_rows_are_proved_empty)
{
    struct layers *layers = ref_build_begin(2);
    (void)ref_build_affine(layers, 0, 1, (double[]){1.0, 1.0}, NULL);
    const struct region region = {.lower = (double[]){-1.0, -1.0},
                                  .upper = (double[]){1.0, 1.0},
                                  .n_rows = 2,
                                  .row = (double[]){1.0, 1.0, -1.0, -1.0},
                                  .rhs = (double[]){-0.5, 0.25}};
    struct bounds bounds;
    ck_assert_int_eq(ref_bounds(&bounds, &star_domain_ops, layers, &region),
                     DOMAIN_EMPTY);
    bounds_clear(&bounds);
    layers_destroy(layers);
}
END_TEST

START_TEST(triangles_bound_the_absolute_value)
{
    /* relu(x) + relu(-x) on [-1, 1]: triangles give [0, 1]. */
    struct layers *layers = ref_build_begin(1);
    (void)ref_build_affine(layers, 0, 2, (double[]){1.0, -1.0}, NULL);
    (void)ref_build_relu(layers, 1);
    (void)ref_build_affine(layers, 2, 1, (double[]){1.0, 1.0}, NULL);
    const struct region region = {.lower = (double[]){-1.0},
                                  .upper = (double[]){1.0}};
    struct bounds bounds;
    ck_assert_int_eq(ref_bounds(&bounds, &star_domain_ops, layers, &region),
                     DOMAIN_DONE);
    check_close(bounds.lower[3][0], 0.0);
    check_close(bounds.upper[3][0], 1.0);
    ck_assert(bounds.upper[3][0] >= 1.0);
    bounds_clear(&bounds);
    layers_destroy(layers);
}
END_TEST

/*
 * n inputs in [-1, 1], one row sum of all <= rhs, output sum of all. Inputs
 * beyond the variables still count in the row with their least value.
 */
static void check_sum(size_t n, double rhs, double expected)
{
    double *ones = NULL;
    double *minus = NULL;
    NEW_ARRAY(ones, n);
    NEW_ARRAY(minus, n);
    for (size_t i = 0; i < n; i++) {
        ones[i] = 1.0;
        minus[i] = -1.0;
    }
    struct layers *layers = ref_build_begin(n);
    (void)ref_build_affine(layers, 0, 1, ones, NULL);
    const struct region region = {
        .lower = minus, .upper = ones, .n_rows = 1, .row = ones, .rhs = &rhs};
    struct bounds bounds;
    ck_assert_int_eq(ref_bounds(&bounds, &star_domain_ops, layers, &region),
                     DOMAIN_DONE);
    ck_assert(bounds.upper[1][0] >= expected);
    check_close(bounds.upper[1][0], expected);
    check_close(bounds.lower[1][0], -(double)n);
    bounds_clear(&bounds);
    layers_destroy(layers);
    alloc_free(ones);
    alloc_free(minus);
}

START_TEST(many_variables_go_to_the_large_program)
{
    check_sum(MANY, 3.0, 3.0);
}
END_TEST

START_TEST(inputs_beyond_the_variables_stay_sound)
{
    /* 1024 variables sum to at most 4 + 6, the other 6 inputs to 6. */
    check_sum(TOO_MANY, 4.0, 16.0);
}
END_TEST

START_TEST(fixed_inputs_move_to_the_right_hand_side)
{
    /* x0 + x1 <= 1 with x1 = 2 leaves x0 <= -1. */
    struct layers *layers = ref_build_begin(2);
    (void)ref_build_affine(layers, 0, 1, (double[]){1.0, 1.0}, NULL);
    const struct region region = {.lower = (double[]){-3.0, 2.0},
                                  .upper = (double[]){3.0, 2.0},
                                  .n_rows = 1,
                                  .row = (double[]){1.0, 1.0},
                                  .rhs = (double[]){1.0}};
    struct bounds bounds;
    ck_assert_int_eq(ref_bounds(&bounds, &star_domain_ops, layers, &region),
                     DOMAIN_DONE);
    ck_assert(bounds.upper[1][0] >= 1.0);
    check_close(bounds.upper[1][0], 1.0);
    check_close(bounds.lower[1][0], -1.0);
    bounds_clear(&bounds);
    layers_destroy(layers);
}
END_TEST

START_TEST(errors_of_forms_widen_both_sides_of_the_triangle)
{
    /* z = 1e17 (0.1 x) - 1e16 x + 0.5 = d x + 0.5 with d = 0.555..., since
     * the double 0.1 is above 1/10; in nearest arithmetic d vanishes. */
    struct layers *layers = ref_build_begin(1);
    (void)ref_build_affine(layers, 0, 1, (double[]){0.1}, NULL);
    const size_t z =
        ref_build_affine(layers, 1, 1, (double[]){1e17}, (double[]){0.5});
    ref_build_term(layers, 0, (double[]){-1e16});
    (void)ref_build_relu(layers, z);
    (void)ref_build_affine(layers, 3, 1, (double[]){1.0}, NULL);
    const struct region region = {.lower = (double[]){-1.0},
                                  .upper = (double[]){1.0}};
    struct domain *star = star_domain_ops.create(layers);
    struct bounds bounds;
    bounds_init(&bounds, layers);
    bounds.lower[z][0] = -0.06;
    bounds.upper[z][0] = 1.06;
    ck_assert_int_eq(star_domain_ops.propagate(star, &bounds, &region, NULL),
                     DOMAIN_DONE);
    ck_assert(bounds.lower[4][0] <= 0.0);
    ck_assert(bounds.upper[4][0] >= 1.055);
    bounds_clear(&bounds);
    star_domain_ops.destroy(star);
    layers_destroy(layers);
}
END_TEST

START_TEST(differences_are_intervals)
{
    /* relu(b) - relu(a), a = x, b = 1.25 x + 0.125, in all domains. */
    struct layers *layers = ref_build_begin(1);
    const size_t a = ref_build_affine(layers, 0, 1, (double[]){1.0}, NULL);
    const size_t b =
        ref_build_affine(layers, 0, 1, (double[]){1.25}, (double[]){0.125});
    const size_t d =
        ref_build_affine(layers, 0, 1, (double[]){0.25}, (double[]){0.125});
    const size_t w = ref_build_product(layers, d, b);
    layers->layer[w].kind = LAYER_DIFFERENCE;
    layers->layer[w].base = a;
    (void)ref_build_affine(layers, w, 1, (double[]){1.0}, NULL);
    const struct region region = {.lower = (double[]){-1.0},
                                  .upper = (double[]){1.0}};
    for (size_t k = 0; k < domain_count(); k++) {
        struct domain *domain = domain_at(k)->create(layers);
        struct bounds bounds;
        bounds_init(&bounds, layers);
        ck_assert_int_eq(
            domain_at(k)->propagate(domain, &bounds, &region, NULL),
            DOMAIN_DONE);
        ck_assert(bounds.lower[w + 1][0] <= 0.0);
        ck_assert(bounds.upper[w + 1][0] >= 0.375);
        ck_assert(bounds.upper[w + 1][0] <= 1.5);
        domain_at(k)->destroy(domain);
        bounds_clear(&bounds);
    }
    layers_destroy(layers);
}
END_TEST

TCase *test_cases(void)
{
    TCase *cases = tcase_create("star");
    tcase_add_test(cases, rows_of_the_region_count);
    tcase_add_test(cases, contradictory_rows_are_proved_empty);
    tcase_add_test(cases, triangles_bound_the_absolute_value);
    tcase_add_test(cases, many_variables_go_to_the_large_program);
    tcase_add_test(cases, inputs_beyond_the_variables_stay_sound);
    tcase_add_test(cases, fixed_inputs_move_to_the_right_hand_side);
    tcase_add_test(cases, errors_of_forms_widen_both_sides_of_the_triangle);
    tcase_add_test(cases, differences_are_intervals);
    return cases;
}
