/* The kernel sets on whole numbers, where every set gives the same doubles. */
#include "src/base/alloc.h"
#include "src/num/cpu.h"
#include "src/num/dense.h"
#include "tests/suite.h"

#include <math.h>
#include <stdbool.h>

/* By the vectors they need. */
static const struct dense_kernels *const SETS[] = {
    &dense_kernels_plain, &dense_kernels_avx2, &dense_kernels_avx512};

#define REAL                    double
#define KERNELS                 dense_kernels
#define PRODUCT                 dense_product
#define STRIDE                  dense_stride
#define LANES                   DENSE_LANES
#define N_FORMS                 2
#define SET_FORM(product, form) ((void)(product))
#include "tests/kernels.def"

START_TEST(a_stride_is_the_next_multiple_of_the_lanes)
{
    ck_assert_uint_eq(dense_stride(0), 0);
    ck_assert_uint_eq(dense_stride(1), 8);
    ck_assert_uint_eq(dense_stride(8), 8);
    ck_assert_uint_eq(dense_stride(9), 16);
    ck_assert_uint_eq(dense_stride(50), 56);
}
END_TEST

START_TEST(the_best_set_is_one_of_ours)
{
    const struct dense_kernels *best = dense_kernels_best();
    ck_assert_ptr_eq(SETS[cpu_vectors()], best);
    ck_assert_str_eq(dense_kernels_plain.name, "plain");
    ck_assert(best->add_product != NULL);
}
END_TEST

START_TEST(a_relu_takes_the_lower_line_from_zero_on)
{
    double *block;
    NEW_ALIGNED(block, 40);
    double *q = block;
    double *z = block + 8;
    double *lower = block + 16;
    double *upper = block + 24;
    double *intercept = block + 32;
    for (size_t s = 0; s <= (size_t)cpu_vectors(); s++) {
        static const double values[8] = {2.0, -2.0, 0.0,  -0.0,
                                         3.0, -5.0, -1.0, 0.0};
        static const double expected[8] = {7.0,  9.0, 1.0, 1.0,
                                           10.0, 0.0, 1.0, 0.0};
        for (size_t i = 0; i < 8; i++) {
            q[i] = values[i];
            z[i] = i < 7 ? 1.0 : 0.0;
            lower[i] = 3.0;
            upper[i] = -4.0;
            intercept[i] = 10.0 + (double)i;
        }
        upper[5] = 0.25;
        z[5] = 1.25;
        upper[6] = 0.0;
        intercept[6] = 0.0;
        const struct dense_lines lines = {lower, upper, intercept, 8};
        const double sum = SETS[s]->relax_row(z, q, &lines);
        ck_assert_msg(is_same(sum, -2.0 * 11.0 - 5.0 * 15.0), "%s: %a",
                      SETS[s]->name, sum);
        for (size_t i = 0; i < 8; i++) {
            ck_assert_msg(is_same(z[i], expected[i]), "%s: %a at %zu",
                          SETS[s]->name, z[i], i);
        }
    }
    alloc_free(block);
}
END_TEST

START_TEST(a_dot_product_sums_signed_and_absolute_terms)
{
    double *block;
    NEW_ALIGNED(block, 72);
    for (size_t s = 0; s <= (size_t)cpu_vectors(); s++) {
        double sum = 0.0;
        double weight = 0.0;
        for (size_t i = 0; i < 24; i++) {
            block[i] = small(i, 3);
            block[24 + i] = small(i, 8);
            block[48 + i] = 1.0 + (double)i;
            sum += block[i] * block[24 + i];
            weight += fabs(block[i]) * block[48 + i];
        }
        double sums[2] = {7.0, 7.0};
        SETS[s]->dot_row(sums, block, block + 24, block + 48, 24);
        ck_assert(is_same(sums[0], sum));
        ck_assert(is_same(sums[1], weight));
        SETS[s]->dot_row(sums, block, block + 24, block + 48, 0);
        ck_assert(is_same(sums[0], 0.0) && is_same(sums[1], 0.0));
    }
    alloc_free(block);
}
END_TEST

START_TEST(a_minimum_takes_the_lesser_end_of_every_term)
{
    enum { MOST = 41 };
    double *a;
    double lower[MOST + 2];
    double upper[MOST + 2];
    NEW_ALIGNED(a, MOST + 7);
    for (size_t i = 0; i < MOST + 2; i++) {
        a[i] = small(i, 4);
        lower[i] = small(i, 6);
        upper[i] = lower[i] + (double)(i % 3);
    }
    for (size_t s = 0; s <= (size_t)cpu_vectors(); s++) {
        double sum = 0.0;
        for (size_t n = 0; n <= MOST; n++) {
            /* What lies behind the last term is not read. */
            const double behind = lower[1 + n];
            lower[1 + n] = (double)NAN;
            ck_assert_msg(
                is_same(SETS[s]->minimum(a, lower + 1, upper + 1, n), sum),
                "%s, %zu terms: not %a", SETS[s]->name, n, sum);
            lower[1 + n] = behind;
            sum += fmin(a[n] * lower[1 + n], a[n] * upper[1 + n]);
        }
    }
    alloc_free(a);
}
END_TEST

START_TEST(a_minimum_of_what_cannot_be_compared_is_that_of_the_upper_end)
{
    double *a;
    NEW_ALIGNED(a, 16);
    double lower[16] = {0.0};
    double upper[16] = {0.0};
    for (size_t s = 0; s <= (size_t)cpu_vectors(); s++) {
        for (size_t i = 0; i < 16; i++) {
            a[i] = 0.0;
            lower[i] = -HUGE_VAL;
            upper[i] = 3.0;
            ck_assert(is_same(SETS[s]->minimum(a, lower, upper, 16), 0.0));
            lower[i] = 3.0;
            upper[i] = HUGE_VAL;
            ck_assert(isnan(SETS[s]->minimum(a, lower, upper, 16)));
            a[i] = 1.0;
            ck_assert(is_same(SETS[s]->minimum(a, lower, upper, 16), 3.0));
            lower[i] = 0.0;
            upper[i] = 0.0;
        }
    }
    alloc_free(a);
}
END_TEST

TCase *test_cases(void)
{
    TCase *cases = tcase_create("dense");
    tcase_add_test(cases, a_stride_is_the_next_multiple_of_the_lanes);
    tcase_add_test(cases, the_best_set_is_one_of_ours);
    tcase_add_test(cases, products_of_whole_numbers_are_exact_at_every_shape);
    tcase_add_test(cases, a_relu_takes_the_lower_line_from_zero_on);
    tcase_add_test(cases, a_dot_product_sums_signed_and_absolute_terms);
    tcase_add_test(cases, a_minimum_takes_the_lesser_end_of_every_term);
    tcase_add_test(
        cases, a_minimum_of_what_cannot_be_compared_is_that_of_the_upper_end);
    return cases;
}
