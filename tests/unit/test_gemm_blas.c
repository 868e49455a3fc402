/* The BLAS products against dot products written out, at odd shapes. */
#include "src/base/alloc.h"
#include "src/base/rng.h"
#include "src/num/gemm_blas.h"
#include "tests/suite.h"

#include <stdbool.h>

/* Small integers: every order of summation gives the same exact sum. */
static double *random_integers(struct rng *rng, size_t n)
{
    double *values = NULL;
    NEW_ARRAY(values, n);
    for (size_t i = 0; i < n; i++) {
        values[i] = (double)rng_below(rng, 17) - 8.0;
    }
    return values;
}

struct order {
    bool is_a_transposed;
    bool is_b_transposed;
};

static double written_out(const double *a, const double *b,
                          struct gemm_shape shape, struct order order,
                          size_t position)
{
    const size_t row = position / shape.n_cols;
    const size_t col = position % shape.n_cols;
    double sum = 0.0;
    for (size_t k = 0; k < shape.n_inner; k++) {
        const double left = order.is_a_transposed ? a[k * shape.n_rows + row]
                                                  : a[row * shape.n_inner + k];
        const double right = order.is_b_transposed ? b[col * shape.n_inner + k]
                                                   : b[k * shape.n_cols + col];
        sum += left * right;
    }
    return sum;
}

typedef void (*product)(double *, const double *, const double *,
                        struct gemm_shape);

static void check_product(product multiply, struct order order)
{
    struct rng rng;
    rng_init(&rng, test_seed());
    for (size_t round = 0; round < test_count(60); round++) {
        const struct gemm_shape shape = {1 + rng_below(&rng, 20),
                                         1 + rng_below(&rng, 70),
                                         rng_below(&rng, 40)};
        const size_t n = shape.n_rows * shape.n_cols;
        double *a = random_integers(&rng, shape.n_rows * shape.n_inner);
        double *b = random_integers(&rng, shape.n_inner * shape.n_cols);
        double *before = random_integers(&rng, n);
        double *c = NULL;
        NEW_ARRAY(c, n);
        for (size_t i = 0; i < n; i++) {
            c[i] = before[i];
        }
        multiply(c, a, b, shape);
        for (size_t i = 0; i < n; i++) {
            const double expected =
                before[i] + written_out(a, b, shape, order, i);
            ck_assert_msg(!(c[i] < expected) && !(c[i] > expected),
                          "%zu x %zu x %zu, element %zu: %a is not %a",
                          shape.n_rows, shape.n_cols, shape.n_inner, i, c[i],
                          expected);
        }
        alloc_free(a);
        alloc_free(b);
        alloc_free(before);
        alloc_free(c);
    }
}

START_TEST(plain_product_equals_dot_products)
{
    check_product(gemm_blas_add, (struct order){false, false});
}
END_TEST

START_TEST(left_transposed_product_equals_dot_products)
{
    check_product(gemm_blas_add_left_transposed, (struct order){true, false});
}
END_TEST

START_TEST(right_transposed_product_equals_dot_products)
{
    check_product(gemm_blas_add_right_transposed, (struct order){false, true});
}
END_TEST

TCase *test_cases(void)
{
    TCase *tests = tcase_create("gemm_blas");
    tcase_add_test(tests, plain_product_equals_dot_products);
    tcase_add_test(tests, left_transposed_product_equals_dot_products);
    tcase_add_test(tests, right_transposed_product_equals_dot_products);
    return tests;
}
