/* The kernel sets on whole numbers, where every set gives the same doubles. */
#include "src/base/alloc.h"
#include "src/num/dense.h"
#include "tests/suite.h"

#include <math.h>
#include <stdbool.h>

enum { ROWS_MAX = 9, WIDTH = 23, COLUMNS_MAX = 264 };

static bool is_same(double x, double y)
{
    return x >= y && x <= y;
}

/* The sets this CPU runs: the best one, and those that it implies. */
static size_t offered(const struct dense_kernels *sets[3])
{
    size_t n = 0;
    sets[n++] = &dense_kernels_plain;
    if (dense_kernels_best() != &dense_kernels_plain) {
        sets[n++] = &dense_kernels_avx2;
    }
    if (dense_kernels_best() == &dense_kernels_avx512) {
        sets[n++] = &dense_kernels_avx512;
    }
    return n;
}

/* A whole number in -3 .. 3. */
static double small(size_t i, size_t j)
{
    return (double)((i * 31 + j * 17) % 7) - 3.0;
}

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
    const struct dense_kernels *sets[3];
    const size_t n = offered(sets);
    ck_assert_ptr_eq(sets[n - 1], best);
    ck_assert_str_eq(dense_kernels_plain.name, "plain");
    ck_assert(best->add_product != NULL);
}
END_TEST

/* One product of `n_rows` rows; columns of a that are not live hold NaN. */
static void check_product(const struct dense_kernels *kernels, size_t n_rows,
                          size_t n_cols, size_t n_live)
{
    const size_t stride = COLUMNS_MAX + 8;
    const size_t a_stride = dense_stride(WIDTH);
    uint32_t live[WIDTH];
    double *a;
    double *c;
    double *w;
    NEW_ALIGNED(a, (ROWS_MAX + 1) * a_stride);
    NEW_ALIGNED(c, (ROWS_MAX + 1) * stride);
    NEW_ALIGNED(w, WIDTH * stride);
    for (size_t i = 0; i < (ROWS_MAX + 1) * a_stride; i++) {
        a[i] = (double)NAN;
    }
    for (size_t t = 0; t < n_live; t++) {
        live[t] = (uint32_t)(t * WIDTH / n_live);
        for (size_t r = 0; r < n_rows; r++) {
            a[r * a_stride + live[t]] = small(r, t);
        }
    }
    for (size_t i = 0; i < WIDTH * stride; i++) {
        w[i] = small(i, 1);
    }
    for (size_t i = 0; i < (ROWS_MAX + 1) * stride; i++) {
        c[i] = small(i, 5);
    }
    const struct dense_product product = {
        .c = c,
        .a = a,
        .w = w,
        .live = live,
        .c_stride = stride,
        .a_stride = a_stride,
        .w_stride = stride,
        .n_live = n_live,
        .n_rows = n_rows,
        .n_cols = n_cols,
    };
    kernels->add_product(&product);
    for (size_t i = 0; i < (ROWS_MAX + 1) * stride; i++) {
        const size_t r = i / stride;
        double sum = small(i, 5);
        for (size_t t = 0; r < n_rows && i % stride < n_cols && t < n_live;
             t++) {
            sum += small(r, t) * w[live[t] * stride + i % stride];
        }
        if (!is_same(c[i], sum)) {
            ck_abort_msg("%s: %zu rows, %zu live, %zu columns: %a, not %a at "
                         "row %zu, column %zu",
                         kernels->name, n_rows, n_live, n_cols, c[i], sum, r,
                         i % stride);
        }
    }
    alloc_free(a);
    alloc_free(c);
    alloc_free(w);
}

START_TEST(products_of_whole_numbers_are_exact_at_every_shape)
{
    static const size_t columns[] = {0, 8, 16, 40, 56, 64, 72, 112, 256, 264};
    static const size_t lives[] = {0, 1, 2, 11, WIDTH};
    const struct dense_kernels *sets[3];
    const size_t n_sets = offered(sets);
    for (size_t s = 0; s < n_sets; s++) {
        for (size_t n_rows = 0; n_rows <= ROWS_MAX; n_rows++) {
            for (size_t j = 0; j < sizeof columns / sizeof *columns; j++) {
                for (size_t t = 0; t < sizeof lives / sizeof *lives; t++) {
                    check_product(sets[s], n_rows, columns[j], lives[t]);
                }
            }
        }
    }
}
END_TEST

START_TEST(a_relu_takes_the_lower_line_from_zero_on)
{
    const struct dense_kernels *sets[3];
    const size_t n_sets = offered(sets);
    double *block;
    NEW_ALIGNED(block, 40);
    double *q = block;
    double *z = block + 8;
    double *lower = block + 16;
    double *upper = block + 24;
    double *intercept = block + 32;
    for (size_t s = 0; s < n_sets; s++) {
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
        const double sum = sets[s]->relax_row(z, q, &lines);
        ck_assert_msg(is_same(sum, -2.0 * 11.0 - 5.0 * 15.0), "%s: %a",
                      sets[s]->name, sum);
        for (size_t i = 0; i < 8; i++) {
            ck_assert_msg(is_same(z[i], expected[i]), "%s: %a at %zu",
                          sets[s]->name, z[i], i);
        }
    }
    alloc_free(block);
}
END_TEST

START_TEST(a_dot_product_sums_signed_and_absolute_terms)
{
    const struct dense_kernels *sets[3];
    const size_t n_sets = offered(sets);
    double *block;
    NEW_ALIGNED(block, 72);
    for (size_t s = 0; s < n_sets; s++) {
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
        sets[s]->dot_row(sums, block, block + 24, block + 48, 24);
        ck_assert(is_same(sums[0], sum));
        ck_assert(is_same(sums[1], weight));
        sets[s]->dot_row(sums, block, block + 24, block + 48, 0);
        ck_assert(is_same(sums[0], 0.0) && is_same(sums[1], 0.0));
    }
    alloc_free(block);
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
    return cases;
}
