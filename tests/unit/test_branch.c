/* Splits: midpoints, scores, and no split at the resolution of doubles. */
#include "solver/branch.h"
#include "solver/prover_plan.h"
#include "tests/ref/ref_build.h"
#include "tests/ref/ref_query.h"
#include "tests/suite.h"

#include <math.h>

/* Two inputs, two ReLU layers of two neurons, one output, one atom. */
struct fixture {
    struct query *query;
    struct weights *weights;
    struct prover *prover;
};

enum { FIRST_SOURCE = 1, FIRST_RELU = 2, SECOND_RELU = 4 };

static void fixture_init(struct fixture *f)
{
    static const double identity[] = {1.0, 0.0, 0.0, 1.0};
    static const double ones[] = {1.0, 1.0};
    struct layers *layers = ref_build_begin(2);
    size_t last = ref_build_affine(layers, 0, 2, identity, NULL);
    last = ref_build_relu(layers, last);
    last = ref_build_affine(layers, last, 2, identity, NULL);
    last = ref_build_relu(layers, last);
    (void)ref_build_affine(layers, last, 1, ones, NULL);
    f->query =
        ref_query_create(layers, (double[]){0.0, 0.0}, (double[]){1.0, 1.0});
    ref_query_add_disjunct(f->query);
    ref_query_add_le(f->query, (double[]){0.0, 0.0, 1.0}, 0.0);
    f->weights = weights_create(layers);
    f->prover = prover_create(f->weights);
    prover_set_case(f->prover, f->query->cases);
    struct prover *p = f->prover;
    p->n_open = 1;
    for (size_t j = 0; j < 2; j++) {
        p->lower[j] = 0.0;
        p->upper[j] = 1.0;
        p->row[j] = 0.0;
    }
}

static void fixture_clear(struct fixture *f)
{
    prover_destroy(f->prover);
    weights_destroy(f->weights);
    query_destroy(f->query);
}

static bool is_same(double x, double y)
{
    return x >= y && x <= y;
}

START_TEST(the_input_of_the_largest_row_share_is_halved)
{
    struct fixture f;
    struct split split;
    fixture_init(&f);
    struct prover *p = f.prover;
    p->row[0] = 1.0;
    p->row[1] = -2.0;
    ck_assert(branch_by_input(&split, p));
    ck_assert_int_eq(split.kind, SPLIT_INPUT);
    ck_assert_uint_eq(split.index, 1);
    ck_assert(is_same(split.threshold, 0.5));
    p->lower[0] = -5.0;
    ck_assert(branch_by_input(&split, p));
    ck_assert_uint_eq(split.index, 0);
    ck_assert(is_same(split.threshold, -2.0));
    p->n_open = 0;
    p->row[1] = 100.0;
    p->share[FIRST_SOURCE][2 + 1] = 4.0;
    p->loss[FIRST_RELU][1] = 0.5;
    ck_assert(branch_by_input(&split, p));
    ck_assert_uint_eq(split.index, 1);
    fixture_clear(&f);
}
END_TEST

START_TEST(an_input_between_two_doubles_does_not_vary)
{
    struct fixture f;
    mpq_t third;
    fixture_init(&f);
    ck_assert_uint_eq(f.prover->n_varying, 2);
    mpq_init(third);
    mpq_set_ui(third, 1, 3);
    ref_query_set_box(f.query, 0, third, third);
    ck_assert(f.query->cases->lower_down[0] < f.query->cases->upper_up[0]);
    prover_set_case(f.prover, f.query->cases);
    ck_assert_uint_eq(f.prover->n_varying, 1);
    ck_assert_uint_eq(f.prover->varying[0], 1);
    mpq_clear(third);
    fixture_clear(&f);
}
END_TEST

START_TEST(a_loss_is_shared_out_among_the_inputs)
{
    /* Neuron 0 leans on input 0 by 3 of 4 parts, neuron 1 on input 1. */
    struct fixture f;
    struct split split;
    fixture_init(&f);
    struct prover *p = f.prover;
    p->share[FIRST_SOURCE][0] = 3.0;
    p->share[FIRST_SOURCE][1] = 1.0;
    p->share[FIRST_SOURCE][3] = 2.0;
    p->loss[FIRST_RELU][0] = 1.0;
    p->loss[FIRST_RELU][1] = 0.25;
    ck_assert(branch_by_input(&split, p));
    ck_assert_uint_eq(split.index, 0);
    p->loss[FIRST_RELU][1] = 0.75;
    ck_assert(branch_by_input(&split, p));
    ck_assert_uint_eq(split.index, 1);
    fixture_clear(&f);
}
END_TEST

START_TEST(boxes_far_from_their_goal_are_split_twice)
{
    struct fixture f;
    struct split split;
    fixture_init(&f);
    struct prover *p = f.prover;
    struct node_bounds *bounds =
        node_bounds_create(p->layers, &f.prover->bounds);
    struct node *node = node_create_root(p->lower, p->upper, 2, 1, bounds);
    p->row[0] = 1.0;
    p->row[1] = -1.5;
    p->worst = -1.0;
    p->slope_reach = 0.5;
    p->is_long = true;
    ck_assert(branch_by_input(&split, p));
    ck_assert_uint_eq(split.index, 1);
    bounds->plan = prover_plan_children(p, node, &split);
    ck_assert(bounds->plan.is_far);
    ck_assert(is_same(p->upper[1], 1.0));
    ck_assert(prover_plan_split(&split, p, node));
    ck_assert_uint_eq(split.index, 0);
    ck_assert(is_same(split.threshold, 0.5));
    bounds->plan = prover_plan_children(p, node, &split);
    ck_assert(!bounds->plan.is_far);
    ck_assert(!prover_plan_split(&split, p, node));
    /* Two splits have left 0.64, so each 0.8 rather than 0.75. */
    p->worst = -0.64;
    p->slope_reach = 0.4;
    bounds->plan = prover_plan_children(p, node, &split);
    ck_assert_double_gt(p->split_share, 0.75);
    ck_assert_double_lt(p->split_share, 0.76);
    ck_assert(!bounds->plan.is_far);
    node_destroy(node);
    node_bounds_release(bounds);
    fixture_clear(&f);
}
END_TEST

START_TEST(no_input_is_split_at_the_resolution_of_doubles)
{
    struct fixture f;
    struct split split;
    fixture_init(&f);
    struct prover *p = f.prover;
    p->row[0] = 1.0;
    p->row[1] = 1.0;
    p->lower[0] = 0.0;
    p->upper[0] = 0x1p-1074;
    p->lower[1] = 1.0;
    p->upper[1] = nextafter(1.0, 2.0);
    ck_assert(!branch_by_input(&split, p));
    p->upper[1] = nextafter(p->upper[1], 2.0);
    ck_assert(branch_by_input(&split, p));
    ck_assert_uint_eq(split.index, 1);
    ck_assert(is_same(split.threshold, nextafter(1.0, 2.0)));
    p->upper[1] = 1.0;
    ck_assert(!branch_by_input(&split, p));
    p->lower[1] = -0x1.8p1023;
    p->upper[1] = 0x1.8p1023;
    ck_assert(branch_by_input(&split, p));
    ck_assert(is_same(split.threshold, 0.0));
    p->lower[1] = 0x1p1023;
    ck_assert(branch_by_input(&split, p));
    ck_assert(is_same(split.threshold, 0x1.4p1023));
    fixture_clear(&f);
}
END_TEST

START_TEST(a_neuron_of_the_first_layer_with_losses_is_split)
{
    struct fixture f;
    struct split split;
    fixture_init(&f);
    struct prover *p = f.prover;
    ck_assert(!branch_by_neuron(&split, p));
    p->loss[SECOND_RELU][0] = 5.0;
    ck_assert(branch_choose(&split, BRANCH_NEURON, p));
    ck_assert_int_eq(split.kind, SPLIT_NEURON);
    ck_assert_uint_eq(split.layer, SECOND_RELU - 1);
    ck_assert_uint_eq(split.index, 0);
    ck_assert(is_same(split.threshold, 0.0));
    p->loss[FIRST_RELU][0] = 1.0;
    p->loss[FIRST_RELU][1] = 2.0;
    ck_assert(branch_choose(&split, BRANCH_NEURON, p));
    ck_assert_uint_eq(split.layer, FIRST_RELU - 1);
    ck_assert_uint_eq(split.index, 1);
    ck_assert(branch_choose(&split, BRANCH_INPUT, p));
    ck_assert_int_eq(split.kind, SPLIT_INPUT);
    fixture_clear(&f);
}
END_TEST

START_TEST(rules_have_names)
{
    ck_assert_str_eq(branch_name(BRANCH_INPUT), "input");
    ck_assert_str_eq(branch_name(BRANCH_NEURON), "neuron");
}
END_TEST

TCase *test_cases(void)
{
    TCase *cases = tcase_create("branch");
    tcase_add_test(cases, the_input_of_the_largest_row_share_is_halved);
    tcase_add_test(cases, an_input_between_two_doubles_does_not_vary);
    tcase_add_test(cases, a_loss_is_shared_out_among_the_inputs);
    tcase_add_test(cases, boxes_far_from_their_goal_are_split_twice);
    tcase_add_test(cases, no_input_is_split_at_the_resolution_of_doubles);
    tcase_add_test(cases, a_neuron_of_the_first_layer_with_losses_is_split);
    tcase_add_test(cases, rules_have_names);
    return cases;
}
