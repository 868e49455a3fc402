/* The passes of minimization on hand-made trees and a made-up arithmetic:
 * refreshes, splits and multipliers. */
#include "proofs/minimize.h"
#include "tests/ref/ref_oracle.h"
#include "tests/suite.h"

#include <math.h>

START_TEST(a_leaf_keeps_only_the_layers_it_needs)
{
    struct ref_oracle fake = {.limit = 1.6};
    struct cert cert;
    ref_oracle_begin(&cert);
    (void)ref_oracle_split(&cert, 0, CERT_INPUT);
    const struct minimize_size size =
        ref_oracle_run(&fake, &cert, MINIMIZE_REFRESH, MINIMIZE_GREEDY);
    ck_assert_uint_eq(cert.trees[0].nodes.data[0].refresh, 3);
    ck_assert_uint_eq(cert.trees[0].nodes.data[1].refresh, 1);
    ck_assert_uint_eq(cert.trees[0].nodes.data[2].refresh, 1);
    ck_assert_uint_eq(size.n_refreshes, 4);
    cert_clear(&cert);
}
END_TEST

START_TEST(a_refresh_that_a_closing_needs_stays)
{
    struct ref_oracle fake = {.limit = 1.1};
    struct cert cert;
    ref_oracle_begin(&cert);
    (void)ref_oracle_split(&cert, 0, CERT_INPUT);
    const struct minimize_size size =
        ref_oracle_run(&fake, &cert, MINIMIZE_REFRESH, MINIMIZE_GREEDY);
    ck_assert_uint_eq(size.n_refreshes, 6);
    cert_clear(&cert);
}
END_TEST

START_TEST(what_the_oracle_cannot_follow_stays_as_recorded)
{
    struct ref_oracle fake = {.limit = 0.1};
    struct cert cert;
    ref_oracle_begin(&cert);
    const uint32_t child = ref_oracle_split(&cert, 0, CERT_INPUT);
    (void)ref_oracle_split(&cert, child, CERT_INPUT);
    for (unsigned pass = 0; pass < MINIMIZE_PASSES; pass++) {
        const struct minimize_size size = ref_oracle_run(
            &fake, &cert, (enum minimize_pass)pass, MINIMIZE_BETTER);
        ck_assert_uint_eq(size.n_refreshes, 10);
        ck_assert_uint_eq(size.n_leaves, 3);
    }
    cert_clear(&cert);
}
END_TEST

START_TEST(a_node_that_closes_without_its_children_becomes_a_leaf)
{
    struct ref_oracle fake = {.limit = 1.1};
    struct cert cert;
    ref_oracle_begin(&cert);
    const uint32_t child = ref_oracle_split(&cert, 0, CERT_INPUT);
    (void)ref_oracle_split(&cert, child, CERT_INPUT);
    const struct minimize_size size =
        ref_oracle_run(&fake, &cert, MINIMIZE_MERGE, MINIMIZE_GREEDY);
    ck_assert_uint_eq(cert.trees[0].nodes.data[child].kind, CERT_LEAF);
    ck_assert_uint_eq(cert.trees[0].nodes.data[0].kind, CERT_INPUT);
    ck_assert_uint_eq(size.n_leaves, 2);
    cert_clear(&cert);
}
END_TEST

START_TEST(a_merged_node_takes_the_multipliers_of_its_leaf)
{
    const struct cert_multiplier both[] = {{1, 0, 0}, {1, -2, 1}};
    struct ref_oracle fake = {.limit = 0.1, .least = 2.0, .atom = {1.0, 1.0}};
    struct cert cert;
    ref_oracle_begin(&cert);
    const uint32_t child = ref_oracle_split(&cert, 0, CERT_INPUT);
    ref_oracle_close(&cert, child, both, 2, 0);
    ref_oracle_close(&cert, child + 1, both, 2, 0);
    const struct minimize_size size =
        ref_oracle_run(&fake, &cert, MINIMIZE_MERGE, MINIMIZE_GREEDY);
    ck_assert_uint_eq(size.n_leaves, 1);
    ck_assert_uint_eq(size.n_multipliers, 2);
    cert_clear(&cert);
}
END_TEST

START_TEST(a_split_that_a_child_does_not_need_goes)
{
    const struct cert_multiplier with_outer[] = {{1, 0, 0}, {1, 0, 1}};
    struct ref_oracle fake = {
        .limit = 0.1, .least = 1.5, .atom = {1.0}, .literal = {1.0, 1.0}};
    struct cert cert;
    ref_oracle_begin(&cert);
    const uint32_t outer = ref_oracle_split(&cert, 0, CERT_NEURON);
    const uint32_t inner = ref_oracle_split(&cert, outer, CERT_NEURON);
    ref_oracle_close(&cert, inner, with_outer, 1, 1);
    (void)ref_oracle_split(&cert, inner + 1, CERT_INPUT);
    const struct minimize_size size =
        ref_oracle_run(&fake, &cert, MINIMIZE_TRIM, MINIMIZE_GREEDY);
    const struct cert_tree *tree = &cert.trees[0];
    ck_assert_uint_eq(tree->nodes.data[outer].kind, CERT_LEAF);
    ck_assert_uint_eq(size.n_leaves, 2);
    ck_assert_uint_eq(tree->multipliers.data[1].index, 0);
    cert_clear(&cert);
}
END_TEST

START_TEST(a_split_whose_literal_is_cited_stays)
{
    const struct cert_multiplier own[] = {{1, 0, 0}, {1, 0, 0}};
    struct ref_oracle fake = {
        .limit = 0.1, .least = 1.5, .atom = {1.0}, .literal = {1.0, 1.0}};
    struct cert cert;
    ref_oracle_begin(&cert);
    const uint32_t child = ref_oracle_split(&cert, 0, CERT_NEURON);
    ref_oracle_close(&cert, child, own, 1, 1);
    ref_oracle_close(&cert, child + 1, own, 1, 1);
    const struct minimize_size size =
        ref_oracle_run(&fake, &cert, MINIMIZE_TRIM, MINIMIZE_GREEDY);
    ck_assert_uint_eq(size.n_leaves, 2);
    ck_assert_uint_eq(size.n_multipliers, 4);
    cert_clear(&cert);
}
END_TEST

START_TEST(deletion_keeps_the_multipliers_that_count)
{
    const struct cert_multiplier three[] = {{1, 0, 0}, {1, 0, 1}, {1, 0, 2}};
    struct ref_oracle fake = {
        .limit = 0.1, .least = 1.0, .atom = {0.1, 1.5, 0.1}};
    struct cert cert;
    ref_oracle_begin(&cert);
    ref_oracle_close(&cert, 0, three, 3, 0);
    const struct minimize_size size =
        ref_oracle_run(&fake, &cert, MINIMIZE_SPARSE, MINIMIZE_GREEDY);
    ck_assert_uint_eq(size.n_multipliers, 1);
    ck_assert_uint_eq(cert.trees[0].multipliers.data[0].index, 1);
    cert_clear(&cert);
}
END_TEST

START_TEST(the_better_of_both_procedures_counts)
{
    const struct cert_multiplier two[] = {{1, 0, 0}, {1, 0, 1}};
    struct ref_oracle fake = {.limit = 0.1,
                              .least = 1.5,
                              .atom = {1.0, 1.0, 0.0, 2.0},
                              .n_chosen = 1,
                              .chosen = {{3, false, 1.0}}};
    struct cert cert;
    ref_oracle_begin(&cert);
    ref_oracle_close(&cert, 0, two, 2, 0);
    struct minimize_size size =
        ref_oracle_run(&fake, &cert, MINIMIZE_SPARSE, MINIMIZE_GREEDY);
    ck_assert_uint_eq(size.n_multipliers, 2);
    size = ref_oracle_run(&fake, &cert, MINIMIZE_SPARSE, MINIMIZE_BETTER);
    ck_assert_uint_eq(size.n_multipliers, 1);
    ck_assert_uint_eq(cert.trees[0].multipliers.data[0].index, 3);
    cert_clear(&cert);
}
END_TEST

START_TEST(a_choice_that_does_not_refute_is_not_taken)
{
    const struct cert_multiplier two[] = {{1, 0, 0}, {1, 0, 1}};
    struct ref_oracle fake = {.limit = 0.1,
                              .least = 1.5,
                              .atom = {1.0, 1.0, 0.0, 1.0},
                              .n_chosen = 1,
                              .chosen = {{3, false, 1.0}}};
    struct cert cert;
    ref_oracle_begin(&cert);
    ref_oracle_close(&cert, 0, two, 2, 0);
    const struct minimize_size size =
        ref_oracle_run(&fake, &cert, MINIMIZE_SPARSE, MINIMIZE_LP);
    ck_assert_uint_eq(size.n_multipliers, 2);
    cert_clear(&cert);
}
END_TEST

START_TEST(multipliers_lose_the_bits_that_do_not_count)
{
    const struct cert_multiplier long_one[] = {{1025, -10, 0}, {1023, -10, 1}};
    struct ref_oracle fake = {.limit = 0.1, .least = 1.9, .atom = {2.0, 2.0}};
    struct cert cert;
    ref_oracle_begin(&cert);
    ref_oracle_close(&cert, 0, long_one, 2, 0);
    (void)ref_oracle_run(&fake, &cert, MINIMIZE_ROUND, MINIMIZE_GREEDY);
    ck_assert_uint_eq(cert.trees[0].multipliers.data[0].mantissa, 1);
    ck_assert_uint_eq(cert.trees[0].multipliers.data[1].mantissa, 1);
    cert_clear(&cert);
}
END_TEST

START_TEST(multipliers_keep_the_bits_that_count)
{
    const struct cert_multiplier exact[] = {{1, 0, 0}, {9, -3, 1}};
    struct ref_oracle fake = {
        .limit = 0.1, .least = 0.001, .atom = {-1.1, 1.0}};
    struct cert cert;
    ref_oracle_begin(&cert);
    ref_oracle_close(&cert, 0, exact, 2, 0);
    (void)ref_oracle_run(&fake, &cert, MINIMIZE_ROUND, MINIMIZE_GREEDY);
    const struct cert_multiplier *two = cert.trees[0].multipliers.data;
    ck_assert_double_gt(ldexp((double)two[1].mantissa, two[1].exponent) -
                            ldexp((double)two[0].mantissa, two[0].exponent) *
                                1.1,
                        0.001);
    cert_clear(&cert);
}
END_TEST

START_TEST(each_case_is_minimized_in_its_own_box)
{
    static const size_t n_disjuncts[] = {1, 1};
    const struct cert_shape shape = {
        .n_inputs = 1, .n_relus = 2, .n_cases = 2, .n_disjuncts = n_disjuncts};
    struct ref_oracle fake = {.limit = 4.5};
    struct cert cert;
    cert_init(&cert, &shape);
    for (size_t i = 0; i < 2; i++) {
        struct cert_tree *tree = &cert.trees[i];
        const struct cert_node node = {.details = CERT_NONE, .refresh = 3};
        for (int n = 0; n < 3; n++) {
            VEC_PUSH(&tree->nodes, node);
        }
        tree->nodes.data[0].kind = CERT_INPUT;
        tree->nodes.data[0].child = 1;
    }
    (void)ref_oracle_run(&fake, &cert, MINIMIZE_MERGE, MINIMIZE_GREEDY);
    ck_assert_uint_eq(cert.trees[0].nodes.data[0].kind, CERT_LEAF);
    ck_assert_uint_eq(cert.trees[1].nodes.data[0].kind, CERT_INPUT);
    cert_clear(&cert);
}
END_TEST

START_TEST(a_spent_budget_changes_nothing)
{
    struct ref_oracle fake = {.limit = 10.0};
    const struct oracle oracle = {.context = &fake, .n_relus = 2};
    const struct minimize_options options = {.passes =
                                                 (1u << MINIMIZE_PASSES) - 1,
                                             .rounds = 1,
                                             .budget = {.deadline_s = -1.0}};
    struct minimize_report report;
    struct cert cert;
    ref_oracle_begin(&cert);
    (void)ref_oracle_split(&cert, 0, CERT_INPUT);
    minimize_run(&report, &cert, &oracle, &options);
    ck_assert_uint_eq(minimize_measure(&cert).n_leaves, 2);
    ck_assert_uint_eq(minimize_measure(&cert).n_refreshes, 6);
    cert_clear(&cert);
}
END_TEST

/* Counts its calls, and is not back before the budget is over. */
struct slow_load {
    struct budget budget;
    size_t n_calls;
};

static bool load_slowly(void *context, size_t case_index)
{
    struct slow_load *self = context;
    (void)case_index;
    self->n_calls++;
    while (budget_check(&self->budget) == STATUS_OK) {
    }
    return false;
}

static double no_cost(void *context)
{
    (void)context;
    return 0.0;
}

START_TEST(no_case_is_begun_behind_the_deadline)
{
    enum { CASES = 3 };
    static const size_t n_disjuncts[CASES] = {1, 1, 1};
    const struct cert_shape shape = {.n_inputs = 1,
                                     .n_relus = 2,
                                     .n_cases = CASES,
                                     .n_disjuncts = n_disjuncts};
    struct slow_load slow = {.budget = {.deadline_s = budget_now_s() + 0.05}};
    const struct oracle oracle = {
        .context = &slow, .n_relus = 2, .load = load_slowly, .cost = no_cost};
    const struct minimize_options options = {.passes = 1u << MINIMIZE_MERGE,
                                             .is_thrifty = true,
                                             .rounds = 1,
                                             .budget = slow.budget};
    const struct cert_node leaf = {.details = CERT_NONE};
    struct minimize_report report;
    struct cert cert;
    cert_init(&cert, &shape);
    for (size_t i = 0; i < CASES; i++) {
        VEC_PUSH(&cert.trees[i].nodes, leaf);
    }
    minimize_run(&report, &cert, &oracle, &options);
    ck_assert_uint_le(slow.n_calls, 1);
    cert_clear(&cert);
}
END_TEST

TCase *test_cases(void)
{
    TCase *cases = tcase_create("minimize");
    tcase_add_test(cases, a_leaf_keeps_only_the_layers_it_needs);
    tcase_add_test(cases, a_refresh_that_a_closing_needs_stays);
    tcase_add_test(cases, what_the_oracle_cannot_follow_stays_as_recorded);
    tcase_add_test(cases,
                   a_node_that_closes_without_its_children_becomes_a_leaf);
    tcase_add_test(cases, a_merged_node_takes_the_multipliers_of_its_leaf);
    tcase_add_test(cases, a_split_that_a_child_does_not_need_goes);
    tcase_add_test(cases, a_split_whose_literal_is_cited_stays);
    tcase_add_test(cases, deletion_keeps_the_multipliers_that_count);
    tcase_add_test(cases, the_better_of_both_procedures_counts);
    tcase_add_test(cases, a_choice_that_does_not_refute_is_not_taken);
    tcase_add_test(cases, multipliers_lose_the_bits_that_do_not_count);
    tcase_add_test(cases, multipliers_keep_the_bits_that_count);
    tcase_add_test(cases, each_case_is_minimized_in_its_own_box);
    tcase_add_test(cases, a_spent_budget_changes_nothing);
    tcase_add_test(cases, no_case_is_begun_behind_the_deadline);
    return cases;
}
