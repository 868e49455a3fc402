/* Rows that repeat others, or inputs. */
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

START_TEST(differences_with_the_other_sign_are_mirrored)
{
    const double weights[18] = {
        1.0,  -1.0, 0.0,  /* the first */
        -1.0, 1.0,  0.0,  /* mirrored */
        -1.0, 0.0,  1.0,  /* of another pair */
        1.0,  -1.0, 0.0,  /* the first again: not mirrored */
        -1.0, 1.0,  0.0,  /* with a bias */
        1.0,  0.0,  -1.0, /* the third, mirrored */
    };
    const double bias[6] = {0.0, 0.0, 0.0, 0.0, 1.0, 0.0};
    const uint32_t expected[6] = {0, 0 | COPIES_MIRRORED, 2, 3,
                                  4, 2 | COPIES_MIRRORED};
    struct layers *layers = ref_build_begin(3);
    const size_t k = ref_build_affine(layers, 0, 6, weights, bias);
    ref_build_sparsify(layers);
    uint32_t *original = copies_find(&layers->layer[k]);
    ck_assert_ptr_nonnull(original);
    for (size_t i = 0; i < 6; i++) {
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

START_TEST(copies_of_inputs_are_found_where_neurons_read_them)
{
    const double rows[10] = {0.0, 1.0, 1.0, 0.0, 1.0, 1.0, 2.0, 0.0, 0.0, 0.0};
    const double bias[5] = {0.0, 0.5, 0.0, 0.0, 0.0};
    const double again[10] = {1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0};
    struct layers *layers = ref_build_begin(2);
    const size_t k = ref_build_affine(layers, 0, 5, rows, bias);
    const size_t m = ref_build_affine(layers, k, 2, again, NULL);
    ck_assert_ptr_null(copies_of_inputs(layers));
    (void)ref_build_product(layers, k, k);
    (void)ref_build_relu(layers, m);
    for (int form = 0; form < 2; form++) {
        uint32_t **inputs = copies_of_inputs(layers);
        ck_assert_ptr_nonnull(inputs);
        ck_assert_uint_eq(copies_input(inputs, 0, 0), COPIES_NONE);
        ck_assert_uint_eq(copies_input(inputs, k, 0), 1);
        for (size_t i = 1; i < 5; i++) {
            ck_assert_uint_eq(copies_input(inputs, k, i), COPIES_NONE);
        }
        ck_assert_uint_eq(copies_input(inputs, m, 0), 1);
        ck_assert_uint_eq(copies_input(inputs, m, 1), COPIES_NONE);
        copies_destroy(inputs, layers);
        if (form == 0) {
            ref_build_sparsify(layers);
        }
    }
    layers_destroy(layers);
}
END_TEST

TCase *test_cases(void)
{
    TCase *tests = tcase_create("copies");
    tcase_add_test(tests, differences_with_the_other_sign_are_mirrored);
    tcase_add_test(tests, only_equal_multiples_of_one_neuron_are_copies);
    tcase_add_test(tests, different_rows_have_no_copies);
    tcase_add_test(tests, copies_of_inputs_are_found_where_neurons_read_them);
    return tests;
}
