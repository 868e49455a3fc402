/* Candidates at the edges of boxes, atoms and number formats. */
#include "src/attack/confirm.h"
#include "src/base/log.h"
#include "tests/ref/ref_chain.h"
#include "tests/suite.h"

#include <math.h>

/* y = x + bias, with the property on both. */
static struct query *shift_query(double bias, bool is_float64,
                                 const char *property)
{
    const size_t widths[2] = {1, 1};
    const double weight[1] = {1.0};
    const double biases[1] = {bias};
    const struct ref_chain chain = {.n_layers = 1,
                                    .widths = widths,
                                    .weight = (const double *[]){weight},
                                    .bias = (const double *[]){biases},
                                    .is_float64 = is_float64};
    log_set_level(LOG_ERROR);
    return ref_chain_query(&chain, property);
}

static bool is_same(double a, double b)
{
    return a <= b && a >= b;
}

/* Confirms one candidate of a shift query and releases all. */
static enum confirm_answer answer(double bias, const char *property,
                                  double candidate)
{
    struct query *query = shift_query(bias, false, property);
    struct confirm confirm;
    confirm_init(&confirm, query);
    struct witness witness = {0};
    const enum confirm_answer result =
        confirm_point(&confirm, &witness, &candidate);
    ck_assert((witness.x != NULL) == (result == CONFIRM_WITNESS));
    ck_assert_uint_eq(confirm.n_near, result == CONFIRM_NEAR ? 1 : 0);
    witness_clear(&witness);
    confirm_clear(&confirm);
    query_destroy(query);
    return result;
}

/* Confirms 0.1 for y = x, in float32, within bounds and an assertion. */
static enum confirm_answer answer_pinned(const char *bounds,
                                         const char *assertion)
{
    char property[256];
    (void)snprintf(property, sizeof property, "%s%s", bounds, assertion);
    return answer(0.0, property, 0.1);
}

START_TEST(bounds_round_into_the_box)
{
    struct query *query =
        shift_query(0.0, false,
                    "(assert (>= X_0 0.45)) (assert (<= X_0 0.7))"
                    "(assert (>= Y_0 0))");
    struct confirm confirm;
    confirm_init(&confirm, query);
    /* float32(0.45) is below 0.45 and float32(0.7) is below 0.7 */
    ck_assert(is_same(confirm.lower[0], (double)nextafterf((float)0.45, 1.0F)));
    ck_assert(is_same(confirm.upper[0], (double)(float)0.7));
    ck_assert(confirm.lower[0] > 0.45 && confirm.upper[0] < 0.7);
    ck_assert(!confirm.has_gap);
    confirm_clear(&confirm);
    query_destroy(query);
}
END_TEST

START_TEST(float64_networks_keep_doubles)
{
    struct query *query =
        shift_query(0.0, true,
                    "(assert (>= X_0 0.45)) (assert (<= X_0 0.1e1))"
                    "(assert (>= Y_0 0))");
    struct confirm confirm;
    confirm_init(&confirm, query);
    /* double(0.45) lies above 0.45 */
    ck_assert(is_same(confirm.lower[0], 0.45));
    ck_assert(is_same(confirm.upper[0], 1.0));
    confirm_clear(&confirm);
    query_destroy(query);
}
END_TEST

START_TEST(strict_bounds_step_one_value_further)
{
    struct query *query =
        shift_query(0.0, false,
                    "(assert (> X_0 0.5)) (assert (< X_0 0.75))"
                    "(assert (>= Y_0 0))");
    struct confirm confirm;
    confirm_init(&confirm, query);
    ck_assert(is_same(confirm.lower[0], (double)nextafterf((float)0.5, 1.0F)));
    ck_assert(is_same(confirm.upper[0], (double)nextafterf((float)0.75, 0.0F)));
    confirm_clear(&confirm);
    query_destroy(query);
}
END_TEST

START_TEST(strict_bounds_between_values_do_not_step_twice)
{
    struct query *query =
        shift_query(0.0, false,
                    "(assert (> X_0 0.45)) (assert (< X_0 0.7))"
                    "(assert (>= Y_0 0))");
    struct confirm confirm;
    confirm_init(&confirm, query);
    ck_assert(is_same(confirm.lower[0], (double)nextafterf((float)0.45, 1.0F)));
    ck_assert(is_same(confirm.upper[0], (double)(float)0.7));
    confirm_clear(&confirm);
    query_destroy(query);
}
END_TEST

START_TEST(a_pinned_value_without_a_float_is_taken_exactly)
{
    const char *pin = "(assert (>= X_0 0.1)) (assert (<= X_0 0.1))";
    /* float32(0.1) is above 0.1 by 1.5e-9, float32(0.3) above 0.3 */
    ck_assert_int_eq(answer_pinned(pin, "(assert (>= Y_0 0))"),
                     CONFIRM_WITNESS);
    ck_assert_int_eq(answer_pinned(pin, "(assert (>= Y_0 1))"),
                     CONFIRM_REFUSED);
    ck_assert_int_eq(answer_pinned(pin, "(assert (> Y_0 0.1))"), CONFIRM_NEAR);
    ck_assert_int_eq(answer_pinned(pin, "(assert (<= Y_0 0.1))"), CONFIRM_NEAR);
    ck_assert_int_eq(
        answer_pinned("(assert (>= X_0 0.5)) (assert (<= X_0 0.5))",
                      "(assert (>= Y_0 0.5))"),
        CONFIRM_WITNESS);
}
END_TEST

START_TEST(strict_bounds_around_a_gap_leave_their_middle)
{
    const char *gap = "(assert (> X_0 0.1)) (assert (< X_0 0.1000000002))";
    ck_assert_int_eq(answer_pinned(gap, "(assert (>= Y_0 0.1000000001))"),
                     CONFIRM_WITNESS);
    ck_assert_int_eq(answer_pinned(gap, "(assert (> Y_0 0.1000000001))"),
                     CONFIRM_NEAR);
}
END_TEST

START_TEST(a_float_far_from_the_box_is_no_witness)
{
    /* float32 numbers near 100000 are 1/128 apart */
    ck_assert_int_eq(
        answer_pinned(
            "(assert (>= X_0 100000.003)) (assert (<= X_0 100000.003))",
            "(assert (>= Y_0 0))"),
        CONFIRM_NEAR);
}
END_TEST

START_TEST(the_projection_of_a_witness_is_told)
{
    struct query *query =
        shift_query(0.0, false,
                    "(assert (>= X_0 0.1)) (assert (<= X_0 0.1))"
                    "(assert (>= Y_0 0))");
    struct confirm confirm;
    confirm_init(&confirm, query);
    struct witness witness = {0};
    const double candidate = 0.5;
    ck_assert(confirm.has_gap);
    ck_assert_int_eq(confirm_point(&confirm, &witness, &candidate),
                     CONFIRM_WITNESS);
    ck_assert(is_same(witness.x[0], (double)0.1F));
    ck_assert_uint_eq(witness.projection.n_moved, 1);
    ck_assert(witness.projection.farthest > 1.49e-9 &&
              witness.projection.farthest < 1.5e-9);
    ck_assert(mpq_cmp_ui(confirm.x[0], 1, 10) == 0);
    witness_clear(&witness);
    confirm_clear(&confirm);
    query_destroy(query);
}
END_TEST

START_TEST(candidates_are_snapped_into_the_box)
{
    struct query *query =
        shift_query(0.25, false,
                    "(assert (>= X_0 0.45)) (assert (<= X_0 1))"
                    "(assert (>= Y_0 0.5))");
    struct confirm confirm;
    confirm_init(&confirm, query);
    struct witness witness = {0};
    const double candidate = -7.0;
    ck_assert_int_eq(confirm_point(&confirm, &witness, &candidate),
                     CONFIRM_WITNESS);
    ck_assert(is_same(witness.x[0], confirm.lower[0]));
    ck_assert(is_same(witness.y[0], (double)((float)witness.x[0] + 0.25F)));
    witness_clear(&witness);
    confirm_clear(&confirm);
    query_destroy(query);
}
END_TEST

START_TEST(a_boundary_point_counts_unless_the_atom_is_strict)
{
    ck_assert_int_eq(answer(0.0,
                            "(assert (>= X_0 1)) (assert (<= X_0 2))"
                            "(assert (<= Y_0 1))",
                            1.0),
                     CONFIRM_WITNESS);
    ck_assert_int_eq(answer(0.0,
                            "(assert (>= X_0 1)) (assert (<= X_0 2))"
                            "(assert (< Y_0 1))",
                            1.0),
                     CONFIRM_REFUSED);
}
END_TEST

START_TEST(both_arithmetics_must_agree)
{
    /* x + 2^-30 is 1 in float32 at x = 1, but above 1 exactly */
    const double tiny = 0x1p-30;
    const char *above = "(assert (>= X_0 1)) (assert (<= X_0 1))"
                        "(assert (> Y_0 1))";
    const char *not_above = "(assert (>= X_0 1)) (assert (<= X_0 1))"
                            "(assert (<= Y_0 1))";
    ck_assert_int_eq(answer(tiny, above, 1.0), CONFIRM_NEAR);
    ck_assert_int_eq(answer(tiny, not_above, 1.0), CONFIRM_NEAR);
    ck_assert_int_eq(answer(0x1p-20, above, 1.0), CONFIRM_WITNESS);
    ck_assert_int_eq(answer(0x1p-20, not_above, 1.0), CONFIRM_REFUSED);
}
END_TEST

START_TEST(overflow_in_float32_is_refused)
{
    ck_assert_int_ne(answer(3e38,
                            "(assert (>= X_0 3e38)) (assert (<= X_0 3.1e38))"
                            "(assert (>= Y_0 0))",
                            3e38),
                     CONFIRM_WITNESS);
}
END_TEST

TCase *test_cases(void)
{
    TCase *tests = tcase_create("confirm");
    tcase_add_test(tests, bounds_round_into_the_box);
    tcase_add_test(tests, float64_networks_keep_doubles);
    tcase_add_test(tests, strict_bounds_step_one_value_further);
    tcase_add_test(tests, strict_bounds_between_values_do_not_step_twice);
    tcase_add_test(tests, a_pinned_value_without_a_float_is_taken_exactly);
    tcase_add_test(tests, strict_bounds_around_a_gap_leave_their_middle);
    tcase_add_test(tests, a_float_far_from_the_box_is_no_witness);
    tcase_add_test(tests, the_projection_of_a_witness_is_told);
    tcase_add_test(tests, candidates_are_snapped_into_the_box);
    tcase_add_test(tests, a_boundary_point_counts_unless_the_atom_is_strict);
    tcase_add_test(tests, both_arithmetics_must_agree);
    tcase_add_test(tests, overflow_in_float32_is_refused);
    return tests;
}
