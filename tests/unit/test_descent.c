/* Single steps of every kind in a box with given slopes. */
#include "src/attack/descent.h"
#include "tests/suite.h"

#include <math.h>

/* Two inputs and nothing else: layer 0 is also the output. */
static void start(struct descent *descent, struct layers *layers,
                  struct layer *input)
{
    *input = (struct layer){.kind = LAYER_INPUT, .width = 2};
    *layers = (struct layers){
        .n_layers = 1, .layer = input, .n_inputs = 2, .n_outputs = 2};
    descent_init(descent, layers, test_seed());
    descent_set_bounds(descent, 0, -1.0, 1.0);
    descent_set_bounds(descent, 1, 0.0, 10.0);
    descent_place_diagonal(descent, 3, 0.5);
}

static double *coordinate(struct descent *descent, size_t i)
{
    return &descent->gradient.value[0][i * descent->gradient.batch + 3];
}

static void set_slopes(struct descent *descent, double first, double second)
{
    descent->gradient.slope[0][3] = first;
    descent->gradient.slope[0][descent->gradient.batch + 3] = second;
}

static bool is_near(double a, double b)
{
    return fabs(a - b) < 1e-12;
}

/* One step from the centre (0, 5) with slopes (3, -0.8): in half-widths the
 * slopes are (3, -4) and their norm is 5. */
static void check_step(enum descent_kind kind, double excess, double x,
                       double y)
{
    struct descent descent;
    struct layers layers;
    struct layer input;
    start(&descent, &layers, &input);
    ck_assert_uint_eq(descent.n_varying, 2);
    set_slopes(&descent, 3.0, -0.8);
    struct descent_plan plan = {
        .kind = kind, .rate = 0.1, .decay = 0.5, .excess = excess};
    ck_assert(descent_step(&descent, 3, &plan));
    ck_assert_uint_eq(plan.age, 1);
    ck_assert_msg(is_near(*coordinate(&descent, 0), x) &&
                      is_near(*coordinate(&descent, 1), y),
                  "kind %d: (%a, %a)", (int)kind, *coordinate(&descent, 0),
                  *coordinate(&descent, 1));
    descent_clear(&descent);
}

START_TEST(each_kind_steps_as_it_says)
{
    const double length = 0.1 * sqrt(2.0);
    check_step(DESCENT_SIGN, 0.0, -0.1, 5.5);
    check_step(DESCENT_ADAM, 0.0, -0.1, 5.5);
    check_step(DESCENT_NORMAL, 0.0, -0.6 * length, 5.0 + 4.0 * length);
    check_step(DESCENT_POLYAK, 100.0, -0.6 * length, 5.0 + 4.0 * length);
    check_step(DESCENT_POLYAK, 0.25, -0.03, 5.2);
    check_step(DESCENT_CORNER, 0.0, -1.0, 10.0);
    check_step(DESCENT_FAR_CORNER, 0.0, 1.0, 0.0);
}
END_TEST

START_TEST(steps_end_at_the_box)
{
    struct descent descent;
    struct layers layers;
    struct layer input;
    start(&descent, &layers, &input);
    struct descent_plan plan = {
        .kind = DESCENT_SIGN, .rate = 0.7, .decay = 1.0};
    for (size_t step = 0; step < 5; step++) {
        set_slopes(&descent, 1.0, -1.0);
        ck_assert(descent_step(&descent, 3, &plan));
    }
    ck_assert(is_near(*coordinate(&descent, 0), -1.0));
    ck_assert(is_near(*coordinate(&descent, 1), 10.0));
    descent_clear(&descent);
}
END_TEST

START_TEST(no_slope_means_no_step)
{
    struct descent descent;
    struct layers layers;
    struct layer input;
    start(&descent, &layers, &input);
    struct descent_plan plan = {
        .kind = DESCENT_ADAM, .rate = 0.7, .decay = 1.0};
    set_slopes(&descent, 0.0, 0.0);
    ck_assert(!descent_step(&descent, 3, &plan));
    set_slopes(&descent, HUGE_VAL, 1.0);
    ck_assert(!descent_step(&descent, 3, &plan));
    set_slopes(&descent, HUGE_VAL - HUGE_VAL, 1.0);
    ck_assert(!descent_step(&descent, 3, &plan));
    ck_assert(is_near(*coordinate(&descent, 0), 0.0));
    descent_clear(&descent);
}
END_TEST

START_TEST(pinned_inputs_stay)
{
    struct descent descent;
    struct layers layers;
    struct layer input;
    start(&descent, &layers, &input);
    descent_set_bounds(&descent, 0, 0.25, 0.25);
    ck_assert_uint_eq(descent.n_varying, 1);
    for (size_t round = 0; round < test_count(100); round++) {
        descent_place_random(&descent, 3);
        set_slopes(&descent, 5.0, 0.0);
        struct descent_plan plan = {
            .kind = DESCENT_CORNER, .rate = 0.7, .decay = 1.0};
        ck_assert(!descent_step(&descent, 3, &plan));
        ck_assert(is_near(*coordinate(&descent, 0), 0.25));
        const double place[2] = {0.25, 9.9};
        descent_place_near(&descent, 3, place, 0.1);
        double read[2];
        descent_read(read, &descent, 3);
        ck_assert(is_near(read[0], 0.25));
        ck_assert(read[1] >= 9.4 && read[1] <= 10.0);
    }
    descent_clear(&descent);
}
END_TEST

TCase *test_cases(void)
{
    TCase *tests = tcase_create("descent");
    tcase_add_test(tests, each_kind_steps_as_it_says);
    tcase_add_test(tests, steps_end_at_the_box);
    tcase_add_test(tests, no_slope_means_no_step);
    tcase_add_test(tests, pinned_inputs_stay);
    return tests;
}
