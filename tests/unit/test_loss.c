/* Losses and their slopes for one disjunct worked out by hand. */
#include "src/attack/loss.h"
#include "tests/suite.h"

#include <math.h>

/*
 * One input, outputs equal to it; the disjunct says
 *   atom 0:  2*y0 - 1*y1 <= 4
 *   atom 1:  x0 < 1
 */
struct example {
    struct layer layer[2];
    struct layers layers;
    struct matrix matrix;
    double weight[2];
    double bias[2];
    struct layer_term term;
    struct query_term first[2];
    struct query_term second[1];
    struct query_atom atoms[2];
    struct query_disjunct disjunct;
    struct query_case query_case;
    struct gradient gradient;
    struct loss loss;
};

static void start(struct example *example)
{
    *example = (struct example){.weight = {1.0, 1.0},
                                .first = {{1, 2.0}, {2, -1.0}},
                                .second = {{0, 1.0}}};
    example->term.matrix =
        (struct matrix){.n_rows = 2, .n_cols = 1, .dense = example->weight};
    example->layer[0] = (struct layer){.kind = LAYER_INPUT, .width = 1};
    example->layer[1] = (struct layer){.kind = LAYER_AFFINE,
                                       .width = 2,
                                       .n_terms = 1,
                                       .terms = &example->term,
                                       .bias = example->bias};
    example->layers = (struct layers){
        .n_layers = 2, .layer = example->layer, .n_inputs = 1, .n_outputs = 2};
    example->atoms[0] = (struct query_atom){
        .n_terms = 2, .terms = example->first, .rhs_up = 4.0};
    example->atoms[1] = (struct query_atom){.n_terms = 1,
                                            .terms = example->second,
                                            .rhs_up = 1.0,
                                            .is_strict = true};
    example->disjunct =
        (struct query_disjunct){.n_atoms = 2, .atoms = example->atoms};
    example->query_case =
        (struct query_case){.n_disjuncts = 1, .disjuncts = &example->disjunct};
    gradient_init(&example->gradient, &example->layers, GRADIENT_LANES);
    loss_init(&example->loss, &example->query_case, 1);
}

static void stop(struct example *example)
{
    loss_clear(&example->loss);
    gradient_clear(&example->gradient);
}

static void evaluate(struct example *example, size_t column, double x)
{
    example->gradient.value[0][column] = x;
    gradient_forward(&example->gradient);
}

static bool is_near(double a, double b)
{
    return fabs(a - b) < 1e-12;
}

/* At x the atoms exceed by (x - 4) / 3 and x - 1. */
START_TEST(values_add_up_and_clip_at_the_margin)
{
    struct example example;
    start(&example);
    const struct loss_aim aim = {.disjunct = 0, .margin = 0.5};
    evaluate(&example, 2, 7.0);
    struct loss_value value =
        loss_measure(&example.loss, &example.gradient, 2, aim);
    ck_assert(is_near(value.sum, 7.0) && is_near(value.worst, 6.0));
    ck_assert(!value.is_met);
    evaluate(&example, 2, 1.0);
    value = loss_measure(&example.loss, &example.gradient, 2, aim);
    ck_assert(is_near(value.sum, -0.5) && is_near(value.worst, 0.0));
    ck_assert(!value.is_met); /* atom 1 is strict */
    evaluate(&example, 2, -8.0);
    value = loss_measure(&example.loss, &example.gradient, 2, aim);
    ck_assert(is_near(value.sum, -1.0) && is_near(value.worst, -4.0));
    ck_assert(value.is_met);
    stop(&example);
}
END_TEST

START_TEST(every_atom_must_be_met)
{
    struct example example;
    start(&example);
    const struct loss_aim aim = {.disjunct = 0};
    example.atoms[0].rhs_up = -4.0;
    evaluate(&example, 0, -1.0);
    ck_assert(!loss_measure(&example.loss, &example.gradient, 0, aim).is_met);
    evaluate(&example, 0, -4.0);
    ck_assert(loss_measure(&example.loss, &example.gradient, 0, aim).is_met);
    stop(&example);
}
END_TEST

START_TEST(slopes_follow_the_kind)
{
    struct example example;
    start(&example);
    evaluate(&example, 1, 2.0); /* excess -2/3 and 1 */
    const struct loss_aim aims[3] = {
        {0, LOSS_SUM, 0.5}, {0, LOSS_SUM, 1.0}, {0, LOSS_WORST, 0.0}};
    const double input_slopes[3] = {1.0, 1.0, 1.0};
    const double output_slopes[3] = {0.0, 2.0 / 3.0, 0.0};
    for (size_t k = 0; k < 3; k++) {
        gradient_zero_slopes(&example.gradient);
        loss_seed(&example.loss, &example.gradient, 1, aims[k]);
        ck_assert(is_near(example.gradient.slope[0][1], input_slopes[k]));
        ck_assert(is_near(example.gradient.slope[1][1], output_slopes[k]));
    }
    stop(&example);
}
END_TEST

START_TEST(scales_become_the_spread_of_the_batch)
{
    struct example example;
    start(&example);
    for (size_t j = 0; j < GRADIENT_LANES; j++) {
        example.gradient.value[0][j] = (double)j; /* spread 7 */
    }
    gradient_forward(&example.gradient);
    loss_calibrate(&example.loss, &example.gradient);
    ck_assert(is_near(example.loss.scale[0], 1.0 / 7.0));
    ck_assert(is_near(example.loss.scale[1], 1.0 / 7.0));
    for (size_t j = 0; j < GRADIENT_LANES; j++) {
        example.gradient.value[0][j] = 3.0;
    }
    gradient_forward(&example.gradient);
    loss_calibrate(&example.loss, &example.gradient);
    ck_assert(is_near(example.loss.scale[0], 1.0 / 7.0));
    stop(&example);
}
END_TEST

TCase *test_cases(void)
{
    TCase *tests = tcase_create("loss");
    tcase_add_test(tests, values_add_up_and_clip_at_the_margin);
    tcase_add_test(tests, every_atom_must_be_met);
    tcase_add_test(tests, slopes_follow_the_kind);
    tcase_add_test(tests, scales_become_the_spread_of_the_batch);
    return tests;
}
