/* Bounds of neurons: top, copies, phases, emptiness. */
#include "domains/bounds.h"
#include "src/base/alloc.h"
#include "src/base/rng.h"
#include "tests/ref/ref_network.h"
#include "tests/suite.h"

#include <math.h>

/* Equal as real numbers. */
static void check_equal(double x, double y)
{
    ck_assert_msg(x >= y && x <= y, "%a is not %a", x, y);
}

static struct layers *small_network(void)
{
    struct rng rng;
    rng_init(&rng, test_seed());
    const struct ref_network_shape shape = {
        .n_inputs = 3, .n_outputs = 2, .n_stages = 2, .width = 4, .scale = 1.0};
    return ref_network_random(&rng, &shape);
}

START_TEST(new_bounds_are_top_and_adjacent)
{
    struct layers *layers = small_network();
    struct bounds bounds;
    bounds_init(&bounds, layers);
    size_t n_total = 0;
    for (size_t k = 0; k < layers->n_layers; k++) {
        ck_assert_ptr_eq(bounds.lower[k], bounds.block + n_total);
        ck_assert_ptr_eq(bounds.upper[k],
                         bounds.block + bounds.n_total + n_total);
        for (size_t i = 0; i < layers->layer[k].width; i++) {
            ck_assert(isinf(bounds.lower[k][i]) && bounds.lower[k][i] < 0.0);
            ck_assert(isinf(bounds.upper[k][i]) && bounds.upper[k][i] > 0.0);
        }
        n_total += layers->layer[k].width;
    }
    ck_assert_uint_eq(bounds.n_total, n_total);
    ck_assert(!bounds_is_empty(&bounds));
    bounds_clear(&bounds);
    bounds_clear(&bounds);
    layers_destroy(layers);
}
END_TEST

START_TEST(copies_are_independent_and_aliasing_is_harmless)
{
    struct layers *layers = small_network();
    struct bounds from;
    struct bounds to;
    bounds_init(&from, layers);
    bounds_init(&to, layers);
    const size_t last = layers->n_layers - 1;
    from.lower[last][1] = -3.0;
    from.upper[0][2] = 5.0;
    bounds_copy(&to, &from);
    bounds_copy(&to, &to);
    from.lower[last][1] = 7.0;
    check_equal(to.lower[last][1], -3.0);
    check_equal(to.upper[0][2], 5.0);
    ck_assert(isinf(to.upper[last][1]));
    bounds_clear(&from);
    bounds_clear(&to);
    layers_destroy(layers);
}
END_TEST

START_TEST(phases_follow_the_signs_of_both_ends)
{
    ck_assert_int_eq(bounds_phase(0.0, 0.0), PHASE_ACTIVE);
    ck_assert_int_eq(bounds_phase(-0.0, -0.0), PHASE_ACTIVE);
    ck_assert_int_eq(bounds_phase(-0.0, 1.0), PHASE_ACTIVE);
    ck_assert_int_eq(bounds_phase(-1.0, 0.0), PHASE_INACTIVE);
    ck_assert_int_eq(bounds_phase(-1.0, -0.0), PHASE_INACTIVE);
    ck_assert_int_eq(bounds_phase(-0x1p-1074, 0x1p-1074), PHASE_UNSTABLE);
    ck_assert_int_eq(bounds_phase(-HUGE_VAL, HUGE_VAL), PHASE_UNSTABLE);
}
END_TEST

START_TEST(one_crossing_pair_makes_bounds_empty)
{
    struct layers *layers = small_network();
    struct bounds bounds;
    bounds_init(&bounds, layers);
    const size_t last = layers->n_layers - 1;
    bounds.lower[last][1] = 1.0;
    bounds.upper[last][1] = 1.0;
    ck_assert(!bounds_is_empty(&bounds));
    bounds.lower[last][1] = nextafter(1.0, 2.0);
    ck_assert(bounds_is_empty(&bounds));
    bounds_clear(&bounds);
    layers_destroy(layers);
}
END_TEST

TCase *test_cases(void)
{
    TCase *cases = tcase_create("bounds");
    tcase_add_test(cases, new_bounds_are_top_and_adjacent);
    tcase_add_test(cases, copies_are_independent_and_aliasing_is_harmless);
    tcase_add_test(cases, phases_follow_the_signs_of_both_ends);
    tcase_add_test(cases, one_crossing_pair_makes_bounds_empty);
    return cases;
}
