/* Back-substitution: lines without bounds, and what is charged for words. */
#include "domains/backward.h"
#include "src/base/alloc.h"
#include "tests/ref/ref_build.h"
#include "tests/suite.h"

#include <math.h>
#include <string.h>

START_TEST(unbounded_lines_give_no_bound_and_no_damage)
{
    struct layers *layers = ref_build_begin(1);
    const double one = 1.0;
    const size_t z = ref_build_affine(layers, 0, 1, &one, NULL);
    (void)ref_build_affine(layers, ref_build_relu(layers, z), 1, &one, NULL);
    struct weights *weights = weights_create(layers);
    struct backward *b = backward_create(weights);
    struct bounds bounds;
    bounds_init(&bounds, layers);
    const double lower = -1.0;
    const double upper = 1.0;
    for (size_t i = 0; i < bounds.n_total; i++) {
        bounds.block[i] = lower;
        bounds.block[bounds.n_total + i] = upper;
    }
    backward_set_scale(b, &bounds);
    const uint32_t neuron = 0;
    for (size_t round = 0; round < 2; round++) {
        const double l = round == 0 ? -HUGE_VAL : lower;
        const double u = round == 0 ? HUGE_VAL : upper;
        backward_set_lines(b, 2, &l, &u);
        backward_begin(b, 2);
        backward_seed_neurons(b, 3, &neuron, 1);
        backward_run(b);
        const double minimum = backward_minimum(b, 1, &lower, &upper);
        if (round == 0) {
            ck_assert(minimum < -1e300);
        } else {
            ck_assert(minimum <= -1.0 && minimum > -1.0 - 1e-9);
        }
        ck_assert(backward_minimum(b, 0, &lower, &upper) <= 0.0);
    }
    bounds_clear(&bounds);
    backward_destroy(b);
    weights_destroy(weights);
    layers_destroy(layers);
}
END_TEST

/* The lower bound of n/2 * x for 1 <= x <= 2, computed through n ReLUs. */
static double bound_sum(size_t n, bool has_words)
{
    struct layers *layers = ref_build_begin(1);
    double *entry;
    NEW_ARRAY(entry, n * n);
    for (size_t i = 0; i < n * n; i++) {
        entry[i] = i < n ? 1.0 : 0.5;
    }
    const size_t z = ref_build_affine(layers, 0, n, entry, NULL);
    memset(entry, 0, n * sizeof *entry);
    for (size_t i = 0; i < n; i++) {
        entry[i] = 0.5;
    }
    (void)ref_build_affine(layers, ref_build_relu(layers, z), n, entry, NULL);
    struct weights *weights = weights_create(layers);
    struct backward *b = backward_create(weights);
    struct bounds bounds;
    bounds_init(&bounds, layers);
    for (size_t i = 0; i < bounds.n_total; i++) {
        bounds.block[i] = 1.0;
        bounds.block[bounds.n_total + i] = 2.0;
    }
    if (has_words) {
        backward_charge_words(b);
    }
    backward_set_scale(b, &bounds);
    backward_set_lines(b, 2, bounds.lower[z], bounds.upper[z]);
    const uint32_t neuron = 0;
    backward_begin(b, 2);
    backward_seed_neurons(b, 3, &neuron, 1);
    backward_run(b);
    const double minimum =
        backward_minimum(b, 0, bounds.lower[0], bounds.upper[0]);
    alloc_free(entry);
    bounds_clear(&bounds);
    backward_destroy(b);
    weights_destroy(weights);
    layers_destroy(layers);
    return minimum;
}

START_TEST(large_networks_are_charged_what_short_weights_lose)
{
    const double plain = bound_sum(512, false);
    const double lost = plain - bound_sum(512, true);
    ck_assert(plain <= 256.0 && plain > 256.0 - 1e-9);
    /* 2^-31 * (256 * 2 + 0.5 * 1024) */
    ck_assert(lost > 0.999 * 0x1p-21 && lost < 1.001 * 0x1p-21);
    const double small = bound_sum(64, false);
    ck_assert_mem_eq(&(double){bound_sum(64, true)}, &small, sizeof small);
}
END_TEST

TCase *test_cases(void)
{
    TCase *cases = tcase_create("backward");
    tcase_add_test(cases, unbounded_lines_give_no_bound_and_no_damage);
    tcase_add_test(cases, large_networks_are_charged_what_short_weights_lose);
    return cases;
}
