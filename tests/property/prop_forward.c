/* Forms over the inputs settle neurons, and hold for all values. */
#include "domains/box.h"
#include "domains/forward.h"
#include "src/base/rng.h"
#include "tests/ref/ref_bounds.h"
#include "tests/ref/ref_build.h"
#include "tests/ref/ref_curved.h"
#include "tests/suite.h"

#include <math.h>

/* The point of this file is to compare doubles with long doubles. */
#pragma GCC diagnostic ignored "-Wdouble-promotion"

enum { WIDTH = REF_CURVED_WIDTH, N_POINTS = 8 };

/* Intervals of the whole network, then forms of all its affine layers; returns
 * the number of bounds that are narrower than before. */
static size_t bound(struct bounds *bounds, const struct layers *layers,
                    const struct region *region)
{
    struct weights *weights = weights_create(layers);
    struct forward *forward = forward_create(weights, 0, 0);
    size_t n_settled = 0;
    ck_assert_int_eq(ref_bounds(bounds, &box_domain_ops, layers, region),
                     DOMAIN_DONE);
    forward_begin(forward, bounds);
    for (size_t k = 1; k < layers->n_layers; k++) {
        if (layers->layer[k].kind != LAYER_AFFINE) {
            continue;
        }
        for (size_t i = 0; i < layers->layer[k].width; i++) {
            n_settled += bounds_phase(bounds->lower[k][i],
                                      bounds->upper[k][i]) == PHASE_UNSTABLE;
        }
        forward_settle(forward, bounds, k);
        for (size_t i = 0; i < layers->layer[k].width; i++) {
            n_settled -= bounds_phase(bounds->lower[k][i],
                                      bounds->upper[k][i]) == PHASE_UNSTABLE;
        }
    }
    forward_destroy(forward);
    weights_destroy(weights);
    return n_settled;
}

static void check_values(const struct bounds *bounds,
                         const struct layers *layers,
                         long double values[REF_CURVED_LAYERS][WIDTH])
{
    for (size_t k = 0; k < layers->n_layers; k++) {
        for (size_t i = 0; i < layers->layer[k].width; i++) {
            const long double v = values[k][i];
            const long double slack = 1e-12L * (1.0L + fabsl(v));
            ck_assert_msg(bounds->lower[k][i] <= v + slack &&
                              v <= bounds->upper[k][i] + slack,
                          "layer %zu: %a <= %La <= %a", k, bounds->lower[k][i],
                          v, bounds->upper[k][i]);
        }
    }
}

/* One random network and box: returns how many neurons were settled. */
static size_t check_network(struct rng *rng)
{
    static const double SIZES[] = {1e-3, 0.1, 1.0};
    struct layers *layers = ref_curved_network(rng);
    const double size = SIZES[rng_below(rng, 3)];
    double lower[WIDTH];
    double upper[WIDTH];
    struct bounds bounds;
    for (size_t i = 0; i < WIDTH; i++) {
        lower[i] = rng_range(rng, -1.0, 1.0);
        upper[i] = lower[i] + (rng_below(rng, 4) == 0 ? 0.0 : size);
    }
    const size_t n = bound(&bounds, layers,
                           &(struct region){.lower = lower, .upper = upper});
    for (size_t t = 0; t < N_POINTS; t++) {
        long double values[REF_CURVED_LAYERS][WIDTH] = {{0.0L}};
        double x[WIDTH];
        for (size_t i = 0; i < WIDTH; i++) {
            x[i] = rng_below(rng, 2) == 0   ? rng_range(rng, lower[i], upper[i])
                   : rng_below(rng, 2) == 0 ? lower[i]
                                            : upper[i];
        }
        ref_curved_eval(values, layers, x, rng_unit(rng));
        if (ref_curved_has_values(values, layers)) {
            check_values(&bounds, layers, values);
        }
    }
    bounds_clear(&bounds);
    layers_destroy(layers);
    return n;
}

START_TEST(bounds_hold_for_all_kinds_of_neurons)
{
    const size_t n_rounds = test_count(4000);
    struct rng rng;
    size_t n = 0;
    rng_init(&rng, test_seed());
    for (size_t round = 0; round < n_rounds; round++) {
        n += check_network(&rng);
    }
    ck_assert_msg(n >= n_rounds / 16, "only %zu neurons were settled", n);
}
END_TEST

/* relu(x + 3) - relu(x + 2) + relu(z) / 8 with z = x + y in [-2, 2]:
 * 1 plus (z / 2 + [0, 1]) / 8, in [7/8, 5/4], which intervals do not see. */
static struct layers *differences(size_t n_inputs)
{
    enum { MOST = FORWARD_INPUTS + 1 };
    struct layers *layers = ref_build_begin(n_inputs);
    double weights[3 * MOST] = {0.0};
    weights[0] = weights[n_inputs] = weights[2 * n_inputs] = 1.0;
    weights[2 * n_inputs + 1] = 1.0;
    const size_t z =
        ref_build_affine(layers, 0, 3, weights, (double[]){3.0, 2.0, 0.0});
    const size_t y = ref_build_relu(layers, z);
    (void)ref_build_affine(layers, y, 1, (double[]){1.0, -1.0, 0.125}, NULL);
    return layers;
}

static void bound_differences(double ends[2], size_t n_inputs, size_t n_varying)
{
    double lower[FORWARD_INPUTS + 1];
    double upper[FORWARD_INPUTS + 1];
    struct bounds bounds;
    struct layers *layers = differences(n_inputs);
    for (size_t i = 0; i < n_inputs; i++) {
        lower[i] = -1.0;
        upper[i] = i < n_varying ? 1.0 : -1.0;
    }
    (void)bound(&bounds, layers,
                &(struct region){.lower = lower, .upper = upper});
    ends[0] = bounds.lower[3][0];
    ends[1] = bounds.upper[3][0];
    bounds_clear(&bounds);
    layers_destroy(layers);
}

START_TEST(differences_of_stable_neurons_are_known)
{
    double ends[2];
    bound_differences(ends, 2, 2);
    ck_assert(ends[0] <= 0.875 && ends[0] >= 0.875 - 1e-12);
    ck_assert(ends[1] >= 1.25 && ends[1] <= 1.25 + 1e-12);
    bound_differences(ends, FORWARD_INPUTS + 1, 2);
    ck_assert(ends[0] > 0.0);
}
END_TEST

/* The same four times over, each about inputs of its own, of which those of the
 * first one vary: the others are constants, 1 each, and taken off again. */
START_TEST(constants_are_added_to_forms)
{
    enum { COPIES = 4 };
    struct layers *layers = ref_build_begin((size_t)2 * COPIES);
    double weights[3 * COPIES][2 * COPIES] = {{0.0}};
    double bias[3 * COPIES] = {0.0};
    double each[COPIES][3 * COPIES] = {{0.0}};
    const double sum[COPIES] = {1.0, 1.0, 1.0, 1.0};
    double lower[2 * COPIES];
    double upper[2 * COPIES];
    struct bounds bounds;
    for (size_t c = 0; c < COPIES; c++) {
        for (size_t i = 0; i < 3; i++) {
            weights[3 * c + i][2 * c] = 1.0;
        }
        weights[3 * c + 2][2 * c + 1] = 1.0;
        bias[3 * c] = 3.0;
        bias[3 * c + 1] = 2.0;
        each[c][3 * c] = 1.0;
        each[c][3 * c + 1] = -1.0;
        each[c][3 * c + 2] = 0.125;
        lower[2 * c] = lower[2 * c + 1] = -1.0;
        upper[2 * c] = upper[2 * c + 1] = c == 0 ? 1.0 : -1.0;
    }
    const size_t z =
        ref_build_affine(layers, 0, (size_t)3 * COPIES, weights[0], bias);
    const size_t y = ref_build_relu(layers, z);
    const double constant = 1.0 - COPIES;
    const size_t v = ref_build_affine(layers, y, COPIES, each[0], NULL);
    const size_t w = ref_build_affine(layers, v, 1, sum, &constant);
    (void)bound(&bounds, layers,
                &(struct region){.lower = lower, .upper = upper});
    ck_assert(bounds.lower[w][0] <= 0.875 &&
              bounds.lower[w][0] >= 0.875 - 1e-9);
    ck_assert(bounds.upper[w][0] >= 1.25 && bounds.upper[w][0] <= 1.25 + 1e-9);
    bounds_clear(&bounds);
    layers_destroy(layers);
}
END_TEST

START_TEST(many_varying_inputs_settle_nothing)
{
    double ends[2];
    bound_differences(ends, FORWARD_INPUTS + 1, FORWARD_INPUTS);
    ck_assert(ends[0] > 0.0);
    bound_differences(ends, FORWARD_INPUTS + 1, FORWARD_INPUTS + 1);
    ck_assert(ends[0] <= -1.0);
}
END_TEST

START_TEST(small_networks_have_no_forms)
{
    struct layers *layers = differences(2);
    struct weights *weights = weights_create(layers);
    struct bounds bounds;
    bounds_init(&bounds, layers);
    ck_assert_ptr_null(forward_create(weights, 4, 0));
    forward_begin(NULL, &bounds);
    forward_settle(NULL, &bounds, 3);
    ck_assert(isinf(bounds.lower[3][0]));
    bounds_clear(&bounds);
    weights_destroy(weights);
    layers_destroy(layers);
}
END_TEST

TCase *test_cases(void)
{
    TCase *tests = tcase_create("forward");
    tcase_add_test(tests, bounds_hold_for_all_kinds_of_neurons);
    tcase_add_test(tests, differences_of_stable_neurons_are_known);
    tcase_add_test(tests, constants_are_added_to_forms);
    tcase_add_test(tests, many_varying_inputs_settle_nothing);
    tcase_add_test(tests, small_networks_have_no_forms);
    return tests;
}
