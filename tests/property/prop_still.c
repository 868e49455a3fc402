/* Rows without constants are as good as with them, and hold. */
#include "domains/backward.h"
#include "domains/box.h"
#include "tests/ref/ref_curved.h"
#include "tests/suite.h"

#include <math.h>

/* The point of this file is to compare doubles with long doubles. */
#pragma GCC diagnostic ignored "-Wdouble-promotion"

enum { WIDTH = REF_CURVED_WIDTH, N_POINTS = 8 };

/* A random network each of whose values but the outputs depends on one
 * input. */
static struct layers *straight_network(struct rng *rng)
{
    struct layers *layers = ref_curved_network(rng);
    for (size_t k = 1; k < layers->n_layers; k++) {
        struct layer *layer = &layers->layer[k];
        for (size_t i = 0; layer->kind == LAYER_AFFINE && i < layer->width;
             i++) {
            for (size_t j = 0; layer->width == WIDTH && j < WIDTH; j++) {
                double *entry =
                    &layer->terms[0].matrix.dense[i * (size_t)WIDTH + j];
                *entry = i == j ? *entry : 0.0;
            }
        }
    }
    return layers;
}

/* The bound of both signs of output i. */
struct range {
    double lower[2];
    double upper[2];
};

/* By back-substitution from these bounds; returns its multiply-adds. */
static uint64_t bound_outputs(struct range *range, const struct layers *layers,
                              const struct bounds *bounds, bool has_still)
{
    struct weights *weights = weights_create(layers);
    struct backward *b = backward_create(weights);
    const uint32_t both[2] = {0, 1};
    backward_set_scale(b, bounds);
    if (has_still) {
        backward_set_still(b, bounds);
    }
    for (size_t k = 1; k < layers->n_layers; k++) {
        const struct layer *layer = &layers->layer[k];
        if (layer->kind == LAYER_RELU) {
            backward_set_lines(b, k, bounds->lower[layer->source],
                               bounds->upper[layer->source]);
        } else if (layer->kind != LAYER_AFFINE) {
            backward_set_curve(b, k, bounds);
        }
    }
    for (size_t round = 0; round < 2; round++) { /* the second one is cleaned */
        backward_begin(b, 4);
        backward_seed_neurons(b, layers->n_layers - 1, both, 2);
        backward_run(b);
        for (size_t i = 0; i < 2; i++) {
            range->lower[i] =
                backward_minimum(b, 2 * i, bounds->lower[0], bounds->upper[0]);
            range->upper[i] = -backward_minimum(b, 2 * i + 1, bounds->lower[0],
                                                bounds->upper[0]);
        }
    }
    const uint64_t madds = backward_madds(b);
    backward_destroy(b);
    weights_destroy(weights);
    return madds;
}

static void check_points(const struct range *range, const struct layers *layers,
                         const struct bounds *bounds, struct rng *rng)
{
    for (size_t t = 0; t < N_POINTS; t++) {
        long double values[REF_CURVED_LAYERS][WIDTH] = {{0.0L}};
        double x[WIDTH];
        for (size_t i = 0; i < WIDTH; i++) {
            x[i] = rng_below(rng, 2) == 0 ? rng_range(rng, bounds->lower[0][i],
                                                      bounds->upper[0][i])
                                          : bounds->lower[0][i];
        }
        ref_curved_eval(values, layers, x, rng_unit(rng));
        for (size_t i = 0; i < 2 && ref_curved_has_values(values, layers);
             i++) {
            const long double v = values[layers->n_layers - 1][i];
            const long double slack = 1e-13L * (1.0L + fabsl(v));
            ck_assert_msg(
                range->lower[i] <= v + slack && v - slack <= range->upper[i],
                "%a <= %La <= %a", range->lower[i], v, range->upper[i]);
        }
    }
}

/* Counts multiply-adds with all values in the rows, and without constants. */
static void check_network(uint64_t madds[2], struct rng *rng)
{
    struct layers *layers = straight_network(rng);
    struct domain *box = box_domain_ops.create(layers);
    struct range plain;
    struct range still;
    struct bounds bounds;
    double lower[WIDTH];
    double upper[WIDTH];
    const double hardly = rng_below(rng, 2) == 0 ? 0.0 : 0x1p-35;
    for (size_t i = 0; i < WIDTH; i++) {
        lower[i] = rng_range(rng, -1.0, 1.0);
        upper[i] = lower[i] + (i == 0 ? 0.5 : hardly);
    }
    bounds_init(&bounds, layers);
    ck_assert_int_eq(box_domain_ops.propagate(
                         box, &bounds,
                         &(struct region){.lower = lower, .upper = upper},
                         NULL),
                     DOMAIN_DONE);
    madds[0] += bound_outputs(&plain, layers, &bounds, false);
    madds[1] += bound_outputs(&still, layers, &bounds, true);
    for (size_t i = 0; i < 2; i++) {
        const double size = 1.0 + fabs(plain.lower[i]) + fabs(plain.upper[i]);
        ck_assert(!isfinite(size) ||
                  (still.lower[i] >= plain.lower[i] - 1e-6 * size &&
                   still.upper[i] <= plain.upper[i] + 1e-6 * size));
    }
    check_points(&still, layers, &bounds, rng);
    bounds_clear(&bounds);
    box_domain_ops.destroy(box);
    layers_destroy(layers);
}

START_TEST(rows_without_constants_hold_and_lose_nothing)
{
    const size_t n_rounds = test_count(4000);
    uint64_t madds[2] = {0, 0};
    struct rng rng;
    rng_init(&rng, test_seed());
    for (size_t round = 0; round < n_rounds; round++) {
        check_network(madds, &rng);
    }
    ck_assert_uint_lt(2 * madds[1], madds[0]);
}
END_TEST

START_TEST(constants_are_what_hardly_varies)
{
    ck_assert(bounds_is_still(0.25, 0.25));
    ck_assert(bounds_is_still(0.0, 0x1p-33));
    ck_assert(!bounds_is_still(0.0, 0x1p-31));
    ck_assert(bounds_is_still(-1024.0, -1024.0 + 0x1p-23));
    ck_assert(!bounds_is_still(-HUGE_VAL, -HUGE_VAL));
    ck_assert(!bounds_is_still(1.0, HUGE_VAL));
    ck_assert(!bounds_is_still(1.0, 0.0));
    ck_assert(!bounds_is_still(NAN, 1.0));
}
END_TEST

TCase *test_cases(void)
{
    TCase *cases = tcase_create("still");
    tcase_add_test(cases, rows_without_constants_hold_and_lose_nothing);
    tcase_add_test(cases, constants_are_what_hardly_varies);
    return cases;
}
