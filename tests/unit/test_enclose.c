/* Fixed-point enclosures of layers against rationals, doubles and each
 * other. */
#include "src/base/alloc.h"
#include "src/base/rng.h"
#include "src/net/enclose.h"
#include "src/num/rational.h"
#include "tests/ref/ref_build.h"
#include "tests/ref/ref_curves.h"
#include "tests/ref/ref_layers.h"
#include "tests/ref/ref_network.h"
#include "tests/suite.h"

#include <math.h>

enum { N = REF_CURVES };

struct values {
    mpq_t y[N];
};

static void values_init(struct values *values)
{
    for (size_t i = 0; i < N; i++) {
        mpq_init(values->y[i]);
    }
}

static void values_clear(struct values *values)
{
    for (size_t i = 0; i < N; i++) {
        mpq_clear(values->y[i]);
    }
}

/* An activation of positive sums times one of any sums, scaled by thirds. */
static struct layers *curved_network(struct rng *rng)
{
    static const double below[N] = {0x1.5555555555555p-2, -0.5, 3.0};
    static const double above[N] = {0x1.5555555555556p-2, -0.5, 3.0};
    struct ref_curves curves;
    ref_curves_begin(&curves, rng, ACTIVATION_COUNT);
    struct layers *layers = curves.layers;
    const size_t relu = ref_build_relu(layers, curves.other);
    const size_t product = ref_build_product(
        layers, curves.any, rng_below(rng, 2) == 0 ? curves.other : relu);
    const size_t scaled = ref_build_scale(layers, product, below, above);
    return ref_curves_end(&curves, rng, scaled, 1.0);
}

static bool is_inside(const struct values fine[2],
                      const struct values coarse[2], size_t i)
{
    return mpq_cmp(coarse[0].y[i], fine[0].y[i]) <= 0 &&
           mpq_cmp(fine[0].y[i], fine[1].y[i]) <= 0 &&
           mpq_cmp(fine[1].y[i], coarse[1].y[i]) <= 0;
}

START_TEST(curved_networks_are_enclosed)
{
    struct rng rng;
    struct values x;
    struct values coarse[2];
    struct values fine[2];
    rng_init(&rng, test_seed());
    values_init(&x);
    for (size_t side = 0; side < 2; side++) {
        values_init(&coarse[side]);
        values_init(&fine[side]);
    }
    for (size_t round = 0; round < test_count(300); round++) {
        struct layers *layers = curved_network(&rng);
        double point[N];
        double y[N];
        ref_curves_fill(point, N, &rng, -2.0, 2.0);
        for (size_t i = 0; i < N; i++) {
            rational_set_double(x.y[i], point[i]);
        }
        layers_eval(y, layers, point);
        ck_assert(layers_enclose(coarse[0].y, coarse[1].y, layers,
                                 (const mpq_t *)x.y, 60));
        ck_assert(layers_enclose(fine[0].y, fine[1].y, layers,
                                 (const mpq_t *)x.y, 300));
        for (size_t i = 0; i < N; i++) {
            const double slack = 1e-13 * (1.0 + fabs(y[i]));
            ck_assert(is_inside(fine, coarse, i));
            ck_assert(rational_down(fine[0].y[i]) <= y[i] + slack);
            ck_assert(rational_up(fine[1].y[i]) >= y[i] - slack);
            mpq_sub(fine[0].y[i], fine[1].y[i], fine[0].y[i]);
            ck_assert(rational_up(fine[0].y[i]) <= slack);
        }
        layers_destroy(layers);
    }
    values_clear(&x);
    for (size_t side = 0; side < 2; side++) {
        values_clear(&coarse[side]);
        values_clear(&fine[side]);
    }
}
END_TEST

START_TEST(affine_networks_are_exact)
{
    const struct ref_network_shape shape = {.n_inputs = N,
                                            .n_outputs = N,
                                            .n_stages = 3,
                                            .width = 6,
                                            .scale = 2.0,
                                            .features = 15};
    struct rng rng;
    struct values x;
    struct values lower;
    struct values upper;
    struct values y;
    rng_init(&rng, test_seed() + 1);
    values_init(&x);
    values_init(&lower);
    values_init(&upper);
    values_init(&y);
    for (size_t round = 0; round < test_count(100); round++) {
        struct layers *layers = ref_network_random(&rng, &shape);
        for (size_t i = 0; i < N; i++) {
            rational_set_double(x.y[i], rng_range(&rng, -1.0, 1.0));
        }
        ref_layers_eval(y.y, layers, (const mpq_t *)x.y);
        ck_assert(
            layers_enclose(lower.y, upper.y, layers, (const mpq_t *)x.y, 2000));
        for (size_t i = 0; i < N; i++) {
            ck_assert(mpq_equal(lower.y[i], y.y[i]));
            ck_assert(mpq_equal(upper.y[i], y.y[i]));
        }
        ck_assert(
            layers_enclose(lower.y, upper.y, layers, (const mpq_t *)x.y, 30));
        for (size_t i = 0; i < N; i++) {
            ck_assert(mpq_cmp(lower.y[i], y.y[i]) <= 0);
            ck_assert(mpq_cmp(upper.y[i], y.y[i]) >= 0);
        }
        layers_destroy(layers);
    }
    values_clear(&x);
    values_clear(&lower);
    values_clear(&upper);
    values_clear(&y);
}
END_TEST

/* f(x) at 128 bits; false if there is no value. */
static bool at(mpq_t lower, mpq_t upper, enum activation activation, double x)
{
    struct layers *layers = ref_build_begin(1);
    mpq_t point[1];
    mpq_t y[2];
    ref_build_activation(layers, 0, activation);
    mpq_init(point[0]);
    mpq_inits(y[0], y[1], NULL);
    rational_set_double(point[0], x);
    const bool has_value =
        layers_enclose(&y[0], &y[1], layers, (const mpq_t *)point, 128);
    mpq_set(lower, y[0]);
    mpq_set(upper, y[1]);
    mpq_clears(y[0], y[1], point[0], NULL);
    layers_destroy(layers);
    return has_value;
}

START_TEST(steps_are_exact_and_missing_values_refused)
{
    mpq_t lower;
    mpq_t upper;
    mpq_inits(lower, upper, NULL);
    ck_assert(at(lower, upper, ACTIVATION_SIGN, 0.0));
    ck_assert(mpq_sgn(lower) == 0 && mpq_sgn(upper) == 0);
    ck_assert(at(lower, upper, ACTIVATION_SIGN, -0x1p-60));
    ck_assert(mpq_cmp_si(lower, -1, 1) == 0 && mpq_cmp_si(upper, -1, 1) == 0);
    ck_assert(at(lower, upper, ACTIVATION_FLOOR, -0.5));
    ck_assert(mpq_cmp_si(lower, -1, 1) == 0 && mpq_cmp_si(upper, -1, 1) == 0);
    ck_assert(at(lower, upper, ACTIVATION_FLOOR, 2.0));
    ck_assert(mpq_cmp_si(lower, 2, 1) == 0 && mpq_cmp_si(upper, 2, 1) == 0);
    ck_assert(at(lower, upper, ACTIVATION_SQUARE, -3.0));
    ck_assert(mpq_cmp_si(lower, 9, 1) == 0 && mpq_cmp_si(upper, 9, 1) == 0);
    ck_assert(at(lower, upper, ACTIVATION_RECIPROCAL, -4.0));
    ck_assert(mpq_cmp_si(lower, -1, 4) == 0 && mpq_cmp_si(upper, -1, 4) == 0);
    ck_assert(!at(lower, upper, ACTIVATION_RECIPROCAL, 0.0));
    ck_assert(!at(lower, upper, ACTIVATION_LOG, 0.0));
    ck_assert(!at(lower, upper, ACTIVATION_SQRT, -1.0));
    mpq_clears(lower, upper, NULL);
}
END_TEST

TCase *test_cases(void)
{
    TCase *cases = tcase_create("enclose");
    tcase_add_test(cases, curved_networks_are_enclosed);
    tcase_add_test(cases, affine_networks_are_exact);
    tcase_add_test(cases, steps_are_exact_and_missing_values_refused);
    return cases;
}
