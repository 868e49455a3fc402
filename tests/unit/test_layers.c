/* Matrices in both forms against entry-by-entry sums. */
#include "src/base/alloc.h"
#include "src/base/rng.h"
#include "src/net/layers.h"
#include "src/net/matrix_builder.h"
#include "tests/ref/ref_layers.h"
#include "tests/suite.h"

#include <stdbool.h>

/* Small integers, so that every sum is exact. */
static double draw(struct rng *rng)
{
    return (double)rng_below(rng, 21) - 10.0;
}

/* A matrix with one non-zero in `rarity` entries, columns written in
 * descending order; entries also in plain[]. */
static struct matrix build(double *plain, struct rng *rng, size_t n_rows,
                           size_t n_cols, size_t rarity)
{
    struct matrix_builder builder = {0};
    for (size_t row = 0; row < n_rows; row++) {
        for (size_t col = n_cols; col-- > 0;) {
            const double value = rng_below(rng, rarity) == 0 ? draw(rng) : 0.0;
            plain[row * n_cols + col] = value;
            matrix_builder_add(&builder, col, value);
        }
        matrix_builder_end_row(&builder);
    }
    return matrix_builder_finish(&builder, n_cols);
}

static bool is_same(double a, double b)
{
    return a <= b && a >= b;
}

static void check(struct rng *rng, size_t n_rows, size_t n_cols, size_t rarity,
                  bool is_sparse)
{
    double *plain = NULL;
    double *x = NULL;
    double *y = NULL;
    NEW_ARRAY(plain, n_rows * n_cols);
    NEW_ARRAY(x, n_rows + n_cols);
    NEW_ARRAY(y, n_rows + n_cols);
    struct matrix matrix = build(plain, rng, n_rows, n_cols, rarity);
    ck_assert_uint_eq(matrix.n_rows, n_rows);
    ck_assert_uint_eq(matrix.n_cols, n_cols);
    ck_assert(is_sparse == (matrix.dense == NULL));
    for (size_t i = 0; i < n_rows * n_cols; i++) {
        ck_assert(is_same(ref_matrix_entry(&matrix, i / n_cols, i % n_cols),
                          plain[i]));
    }
    for (size_t i = 0; i < n_rows + n_cols; i++) {
        x[i] = draw(rng);
        y[i] = 1.0;
    }
    matrix_add_product(y, &matrix, x);
    for (size_t row = 0; row < n_rows; row++) {
        double sum = 1.0;
        for (size_t col = 0; col < n_cols; col++) {
            sum += plain[row * n_cols + col] * x[col];
        }
        ck_assert(is_same(y[row], sum));
        y[row] = 1.0;
    }
    matrix_add_transposed(y, &matrix, x);
    for (size_t col = 0; col < n_cols; col++) {
        double sum = 1.0;
        for (size_t row = 0; row < n_rows; row++) {
            sum += plain[row * n_cols + col] * x[row];
        }
        ck_assert(is_same(y[col], sum));
    }
    matrix_clear(&matrix);
    alloc_free(plain);
    alloc_free(x);
    alloc_free(y);
}

START_TEST(products_are_right_in_both_forms)
{
    struct rng rng;
    rng_init(&rng, test_seed());
    for (size_t i = 0; i < test_count(10); i++) {
        check(&rng, 1 + rng_below(&rng, 9), 1 + rng_below(&rng, 9), 2, false);
        check(&rng, 64, 64, 100, false); /* 4096 entries stay dense */
        check(&rng, 65, 64, 100, true);
        check(&rng, 65, 64, 2, false);
    }
}
END_TEST

/* v1 = (x0 - x1 + 1, 2 x1), v2 = max(v1, 0), v3 = v2[0] + v2[1] - x0. */
START_TEST(a_small_network_is_evaluated)
{
    double first[] = {1.0, -1.0, 0.0, 2.0};
    double second[] = {1.0, 1.0};
    double direct[] = {-1.0, 0.0};
    double bias[] = {1.0, 0.0};
    double none[] = {0.0};
    struct layer_term term = {0, {2, 2, first, NULL, NULL, NULL}};
    struct layer_term terms[] = {{2, {1, 2, second, NULL, NULL, NULL}},
                                 {0, {1, 2, direct, NULL, NULL, NULL}}};
    struct layer layer[] = {{.kind = LAYER_INPUT, .width = 2},
                            {.kind = LAYER_AFFINE,
                             .width = 2,
                             .n_terms = 1,
                             .terms = &term,
                             .bias = bias},
                            {.kind = LAYER_RELU, .width = 2, .source = 1},
                            {.kind = LAYER_AFFINE,
                             .width = 1,
                             .n_terms = 2,
                             .terms = terms,
                             .bias = none}};
    const struct layers layers = {.n_layers = 4,
                                  .layer = layer,
                                  .n_inputs = 2,
                                  .n_outputs = 1,
                                  .n_relus = 2};
    const double x[] = {3.0, -2.0};
    double y = 0.0;
    layers_eval(&y, &layers, x);
    ck_assert(is_same(y, 3.0));
    for (size_t i = 0; i < 2; i++) {
        ck_assert(is_same(layers_eval_element(&layers, x, 0, i), x[i]));
    }
    ck_assert(is_same(layers_eval_element(&layers, x, 3, 0), y));
}
END_TEST

TCase *test_cases(void)
{
    TCase *cases = tcase_create("layers");
    tcase_add_test(cases, products_are_right_in_both_forms);
    tcase_add_test(cases, a_small_network_is_evaluated);
    return cases;
}
