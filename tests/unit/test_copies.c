/* Rows that repeat others. */
#include "solver/copies.h"
#include "src/base/alloc.h"
#include "tests/ref/ref_build.h"
#include "tests/suite.h"

START_TEST(only_equal_multiples_of_one_neuron_are_copies)
{
    const double weights[14] = {
        2.0, 0.0, /* the first */
        0.0, 2.0, /* of another neuron */
        2.0, 0.0, /* a copy */
        3.0, 0.0, /* another multiple */
        2.0, 0.0, /* another bias */
        2.0, 1.0, /* of two neurons */
        0.0, 2.0, /* a copy of the second */
    };
    const double bias[7] = {1.0, 1.0, 1.0, 1.0, 2.0, 1.0, 1.0};
    const uint32_t expected[7] = {0, 1, 0, 3, 4, 5, 1};
    struct layers *layers = ref_build_begin(2);
    const size_t k = ref_build_affine(layers, 0, 7, weights, bias);
    ck_assert_ptr_null(copies_find(&layers->layer[k]));
    ref_build_sparsify(layers);
    uint32_t *original = copies_find(&layers->layer[k]);
    ck_assert_ptr_nonnull(original);
    for (size_t i = 0; i < 7; i++) {
        ck_assert_uint_eq(original[i], expected[i]);
    }
    alloc_free(original);
    layers_destroy(layers);
}
END_TEST

START_TEST(different_rows_have_no_copies)
{
    const double identity[4] = {1.0, 0.0, 0.0, 1.0};
    struct layers *layers = ref_build_begin(2);
    const size_t k = ref_build_affine(layers, 0, 2, identity, NULL);
    ref_build_sparsify(layers);
    ck_assert_ptr_null(copies_find(&layers->layer[k]));
    ck_assert_ptr_null(copies_find(&layers->layer[0]));
    layers_destroy(layers);
}
END_TEST

TCase *test_cases(void)
{
    TCase *tests = tcase_create("copies");
    tcase_add_test(tests, only_equal_multiples_of_one_neuron_are_copies);
    tcase_add_test(tests, different_rows_have_no_copies);
    return tests;
}
