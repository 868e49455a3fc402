/* Atoms of a case as rows: seeds, values, refutation at the boundary. */
#include "domains/weights.h"
#include "solver/spec.h"
#include "tests/ref/ref_build.h"
#include "tests/ref/ref_query.h"
#include "tests/suite.h"

#include <math.h>

/* y0 = x0 + x1, y1 = x0 - x1 on [0, 1] x [0, 2]. */
static struct query *build(void)
{
    struct layers *layers = ref_build_begin(2);
    (void)ref_build_affine(layers, 0, 2, (double[]){1.0, 1.0, 1.0, -1.0}, NULL);
    return ref_query_create(layers, (double[]){0.0, 0.0}, (double[]){1.0, 2.0});
}

static bool is_near(double x, double y)
{
    return fabs(x - y) <= 1e-12;
}

START_TEST(rows_are_numbered_by_disjunct)
{
    struct query *query = build();
    struct spec spec;
    ref_query_add_disjunct(query);
    ref_query_add_le(query, (double[]){0.0, 0.0, 1.0, 0.0}, 1.0);
    ref_query_add_lt(query, (double[]){0.0, 0.0, 0.0, 1.0}, 2.0);
    ref_query_add_disjunct(query);
    ref_query_add_disjunct(query);
    ref_query_add_le(query, (double[]){1.0, 0.0, 0.0, 1.0}, 3.0);
    spec_init(&spec, query->layers, query->cases);
    ck_assert_uint_eq(spec.n_rows, 3);
    ck_assert_uint_eq(spec.n_disjuncts, 3);
    ck_assert_uint_eq(spec.first[0], 0);
    ck_assert_uint_eq(spec.first[1], 2);
    ck_assert_uint_eq(spec.first[2], 2);
    ck_assert_uint_eq(spec.first[3], 3);
    ck_assert_ptr_eq(spec.atom[2], &query->cases->disjuncts[2].atoms[0]);
    spec_clear(&spec);
    query_destroy(query);
}
END_TEST

START_TEST(a_sum_weighs_the_atoms_of_its_disjunct)
{
    /* 0.5 (y0 - 1) + 0.25 (y1 - 2) = 0.75 x0 + 0.25 x1 - 1. */
    struct query *query = build();
    struct spec spec;
    ref_query_add_disjunct(query);
    ref_query_add_le(query, (double[]){0.0, 0.0, 1.0, 0.0}, 1.0);
    ref_query_add_lt(query, (double[]){0.0, 0.0, 0.0, 1.0}, 2.0);
    ref_query_add_disjunct(query);
    ref_query_add_le(query, (double[]){1.0, 0.0, 0.0, 1.0}, 3.0);
    spec_init_summed(&spec, query->layers, query->cases);
    ck_assert_uint_eq(spec.n_rows, 4);
    ck_assert(spec_has_sum(&spec, 0) && !spec_has_sum(&spec, 1));
    ck_assert_uint_eq(spec_sum(&spec, 0), 2);
    ck_assert_uint_eq(spec_owner(&spec, 2), 0);
    ck_assert_uint_eq(spec_owner(&spec, 3), 1);
    ck_assert(!spec_is_refuted(&spec, 2, 0.0));
    spec.weight[0] = 0.5;
    spec.weight[1] = 0.25;
    struct weights *weights = weights_create(query->layers);
    struct backward *backward = backward_create(weights);
    backward_begin(backward, 1);
    spec_seed(&spec, backward, 2, 0);
    backward_run(backward);
    const double *a = backward_coefficients(backward, 0);
    ck_assert(is_near(a[0], 0.75) && is_near(a[1], 0.25));
    ck_assert(is_near(backward_constant(backward, 0), -1.0));
    backward_destroy(backward);
    weights_destroy(weights);
    spec_clear(&spec);
    query_destroy(query);
}
END_TEST

START_TEST(a_seed_puts_inputs_and_outputs_in_their_layers)
{
    /* 3 x1 + 2 y0 - y1 - 5 = x0 + 6 x1 - 5: -5 at the least. */
    struct query *query = build();
    struct spec spec;
    ref_query_add_disjunct(query);
    ref_query_add_le(query, (double[]){0.0, 3.0, 2.0, -1.0}, 5.0);
    spec_init(&spec, query->layers, query->cases);
    struct weights *weights = weights_create(query->layers);
    struct backward *backward = backward_create(weights);
    struct bounds bounds;
    bounds_init(&bounds, query->layers);
    for (size_t i = 0; i < 2 * bounds.n_total; i++) {
        bounds.block[i] = i < bounds.n_total ? -8.0 : 8.0;
    }
    backward_set_scale(backward, &bounds);
    backward_begin(backward, 2);
    spec_seed(&spec, backward, 0, 1);
    backward_run(backward);
    const double *a = backward_coefficients(backward, 1);
    ck_assert(is_near(a[0], 1.0));
    ck_assert(is_near(a[1], 6.0));
    const double minimum = backward_minimum(backward, 1, (double[]){0.0, 0.0},
                                            (double[]){1.0, 2.0});
    ck_assert(minimum <= -5.0 && minimum > -5.0 - 1e-9);
    ck_assert(is_near(backward_coefficients(backward, 0)[1], 0.0));
    bounds_clear(&bounds);
    backward_destroy(backward);
    weights_destroy(weights);
    spec_clear(&spec);
    query_destroy(query);
}
END_TEST

START_TEST(zero_refutes_strict_atoms_only)
{
    struct query *query = build();
    struct spec spec;
    ref_query_add_disjunct(query);
    ref_query_add_le(query, (double[]){0.0, 0.0, 1.0, 0.0}, 1.0);
    ref_query_add_lt(query, (double[]){0.0, 0.0, 1.0, 0.0}, 1.0);
    spec_init(&spec, query->layers, query->cases);
    ck_assert(!spec_is_refuted(&spec, 0, 0.0));
    ck_assert(spec_is_refuted(&spec, 0, 0x1p-1074));
    ck_assert(!spec_is_refuted(&spec, 0, -0x1p-1074));
    ck_assert(spec_is_refuted(&spec, 1, 0.0));
    ck_assert(!spec_is_refuted(&spec, 1, -0x1p-1074));
    ck_assert(!spec_is_refuted(&spec, 0, -HUGE_VAL));
    ck_assert(!spec_is_refuted(&spec, 0, (double)NAN));
    ck_assert(!spec_is_refuted(&spec, 1, (double)NAN));
    spec_clear(&spec);
    query_destroy(query);
}
END_TEST

START_TEST(the_right_side_is_taken_rounded_up)
{
    /* y0 <= 1/3 must not be refuted at the double below 1/3. */
    struct query *query = build();
    struct spec spec;
    mpq_t third;
    mpq_init(third);
    mpq_set_ui(third, 1, 3);
    ref_query_add_disjunct(query);
    ref_query_add_atom(query, (double[]){0.0, 0.0, 1.0, 0.0}, third, false);
    spec_init(&spec, query->layers, query->cases);
    const double above = nextafter(1.0 / 3.0, 1.0);
    const double value =
        spec_value(&spec, 0, (double[]){0.0, 0.0}, (double[]){above, 0.0});
    ck_assert(value <= 0.0 && value >= 0.0);
    mpq_clear(third);
    spec_clear(&spec);
    query_destroy(query);
}
END_TEST

START_TEST(a_point_holds_if_all_atoms_of_a_disjunct_do)
{
    struct query *query = build();
    struct spec spec;
    const double x[] = {0.5, 0.5};
    ref_query_add_disjunct(query);
    ref_query_add_le(query, (double[]){1.0, 0.0, 0.0, 0.0}, 1.0);
    ref_query_add_le(query, (double[]){0.0, 0.0, 1.0, 0.0}, 1.0);
    ref_query_add_disjunct(query);
    ref_query_add_le(query, (double[]){0.0, 0.0, 0.0, 1.0}, -1.0);
    spec_init(&spec, query->layers, query->cases);
    ck_assert(spec_holds(&spec, x, (double[]){1.0, 0.0}));
    ck_assert(!spec_holds(&spec, x, (double[]){1.5, 0.0}));
    ck_assert(!spec_holds(&spec, (double[]){1.5, 0.0}, (double[]){1.0, 0.0}));
    ck_assert(spec_holds(&spec, x, (double[]){2.0, -1.0}));
    ck_assert(is_near(spec_value(&spec, 2, x, (double[]){2.0, -1.5}), -0.5));
    spec_clear(&spec);
    ref_query_add_disjunct(query);
    spec_init(&spec, query->layers, query->cases);
    ck_assert(spec_holds(&spec, x, (double[]){9.0, 9.0}));
    spec_clear(&spec);
    query_destroy(query);
}
END_TEST

TCase *test_cases(void)
{
    TCase *cases = tcase_create("spec");
    tcase_add_test(cases, rows_are_numbered_by_disjunct);
    tcase_add_test(cases, a_sum_weighs_the_atoms_of_its_disjunct);
    tcase_add_test(cases, a_seed_puts_inputs_and_outputs_in_their_layers);
    tcase_add_test(cases, zero_refutes_strict_atoms_only);
    tcase_add_test(cases, the_right_side_is_taken_rounded_up);
    tcase_add_test(cases, a_point_holds_if_all_atoms_of_a_disjunct_do);
    return cases;
}
