/* Neurons that atoms depend on, through layers of every kind. */
#include "solver/needed.h"
#include "tests/ref/ref_build.h"
#include "tests/suite.h"

/* Two separate chains, x0 -> y0 and (x1, x2) -> y1, y2 with a product. */
static struct layers *create_chains(void)
{
    const double first[9] = {1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0};
    const double other[9] = {1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 1.0, 0.0};
    struct layers *layers = ref_build_begin(3);
    const size_t a = ref_build_affine(layers, 0, 3, first, NULL);
    const size_t relu = ref_build_relu(layers, a);
    const size_t b = ref_build_affine(layers, 0, 3, other, NULL);
    const size_t sine = ref_build_activation(layers, b, ACTIVATION_SIN);
    (void)ref_build_product(layers, relu, sine);
    /* As CSR, since a needed row of a dense matrix needs all columns. */
    ref_build_sparsify(layers);
    return layers;
}

static void check(const struct layers *layers, size_t variable,
                  const bool *inputs)
{
    struct query_term term = {variable, 1.0};
    struct query_atom atom = {.n_terms = 1, .terms = &term};
    struct query_disjunct disjunct = {1, &atom};
    const struct query_case one = {.n_disjuncts = 1, .disjuncts = &disjunct};
    bool **is_needed = needed_find(layers, &one);
    for (size_t i = 0; i < 3; i++) {
        ck_assert_msg(is_needed[0][i] == inputs[i], "variable %zu, input %zu",
                      variable, i);
        ck_assert(is_needed[layers->n_layers - 1][i] == (variable == 3 + i));
    }
    needed_destroy(is_needed, layers);
}

START_TEST(what_an_output_reads_is_needed)
{
    const bool first[3] = {true, false, false};
    const bool crossed[3] = {false, true, true};
    const bool none[3] = {false, false, false};
    struct layers *layers = create_chains();
    check(layers, 3, first);
    check(layers, 4, crossed);
    check(layers, 5, crossed);
    check(layers, 1, none);
    layers_destroy(layers);
}
END_TEST

START_TEST(a_dense_row_needs_all_columns)
{
    const double identity[4] = {1.0, 0.0, 0.0, 1.0};
    struct query_term term = {2, 1.0};
    struct query_atom atom = {.n_terms = 1, .terms = &term};
    struct query_disjunct disjunct = {1, &atom};
    const struct query_case one = {.n_disjuncts = 1, .disjuncts = &disjunct};
    struct layers *layers = ref_build_begin(2);
    (void)ref_build_affine(layers, 0, 2, identity, NULL);
    bool **is_needed = needed_find(layers, &one);
    ck_assert(is_needed[1][0] && !is_needed[1][1]);
    ck_assert(is_needed[0][0] && is_needed[0][1]);
    needed_destroy(is_needed, layers);
    layers_destroy(layers);
}
END_TEST

TCase *test_cases(void)
{
    TCase *tests = tcase_create("needed");
    tcase_add_test(tests, what_an_output_reads_is_needed);
    tcase_add_test(tests, a_dense_row_needs_all_columns);
    return tests;
}
