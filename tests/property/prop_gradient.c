/* Batched values and slopes against single points and finite differences. */
#include "src/attack/gradient.h"
#include "src/base/alloc.h"
#include "src/base/rng.h"
#include "tests/ref/ref_build.h"
#include "tests/ref/ref_curves.h"
#include "tests/ref/ref_network.h"
#include "tests/suite.h"

#include <math.h>

/* One activation of positive sums, another one multiplied by them, scaled;
 * the steps sign and floor have slopes of their own. */
static struct layers *curved_network(struct rng *rng)
{
    struct ref_curves curves;
    ref_curves_begin(&curves, rng, ACTIVATION_SIGN);
    struct layers *layers = curves.layers;
    const size_t product = ref_build_product(layers, curves.any, curves.other);
    const size_t scaled =
        ref_build_scale(layers, product, curves.bias, curves.bias);
    return ref_curves_end(&curves, rng, scaled, 0.1);
}

/* A convolution of a line with padding, ReLUs, and its mirror image. */
static struct layers *tiled_network(struct rng *rng)
{
    enum { LENGTH = 11, INPUTS = 2, OUTPUTS = 5, MOST = 3 };
    const size_t kernel = 1 + rng_below(rng, MOST);
    double weight[OUTPUTS * INPUTS * MOST];
    double forward[(size_t)OUTPUTS * LENGTH * INPUTS * LENGTH] = {0};
    double mirrored[(size_t)OUTPUTS * LENGTH * INPUTS * LENGTH] = {0};
    ref_curves_fill(weight, (size_t)OUTPUTS * INPUTS * MOST, rng, 0.1, 1.0);
    for (size_t t = 0; t < (size_t)OUTPUTS * INPUTS * LENGTH * kernel; t++) {
        const size_t o = t % OUTPUTS;
        const size_t c = t / OUTPUTS % INPUTS;
        const size_t tap = t / OUTPUTS / INPUTS % kernel;
        const size_t place = t / OUTPUTS / INPUTS / kernel;
        const size_t row = o * LENGTH + place;
        const size_t column = c * LENGTH + place + tap;
        if (place + tap < LENGTH) {
            forward[row * INPUTS * LENGTH + column] =
                weight[(o * INPUTS + c) * MOST + tap];
            mirrored[column * OUTPUTS * LENGTH + row] =
                -weight[(o * INPUTS + c) * MOST + tap];
        }
    }
    struct layers *layers = ref_build_begin((size_t)INPUTS * LENGTH);
    const size_t first =
        ref_build_affine(layers, 0, (size_t)OUTPUTS * LENGTH, forward, NULL);
    const size_t relu = ref_build_relu(layers, first);
    (void)ref_build_affine(layers, relu, (size_t)INPUTS * LENGTH, mirrored,
                           NULL);
    ref_build_sparsify(layers);
    return layers;
}

static struct layers *random_network(struct rng *rng)
{
    const size_t kind = rng_below(rng, 6);
    if (kind < 2) {
        return curved_network(rng);
    }
    if (kind == 2) {
        return tiled_network(rng);
    }
    const struct ref_network_shape shape = {.n_inputs = 1 + rng_below(rng, 6),
                                            .n_outputs = 1 + rng_below(rng, 4),
                                            .n_stages = 1 + rng_below(rng, 4),
                                            .width = 1 + rng_below(rng, 12),
                                            .scale = 1.0,
                                            .features =
                                                (unsigned)rng_below(rng, 16)};
    return ref_network_random(rng, &shape);
}

static void fill_inputs(struct gradient *gradient, struct rng *rng)
{
    const size_t n = gradient->layers->n_inputs * gradient->batch;
    for (size_t i = 0; i < n; i++) {
        gradient->value[0][i] = rng_range(rng, -2.0, 2.0);
    }
}

/* Largest difference allowed between two summation orders. */
static double tolerance(double a, double b)
{
    return 1e-9 * (1.0 + fabs(a) + fabs(b));
}

START_TEST(every_column_equals_the_single_evaluation)
{
    struct rng rng;
    rng_init(&rng, test_seed());
    for (size_t round = 0; round < test_count(150); round++) {
        struct layers *layers = random_network(&rng);
        struct gradient gradient;
        gradient_init(&gradient, layers, 24);
        gradient_resize(&gradient, 1 + rng_below(&rng, 24));
        fill_inputs(&gradient, &rng);
        gradient_forward(&gradient);
        double *x = NULL;
        double *y = NULL;
        NEW_ARRAY(x, layers->n_inputs);
        NEW_ARRAY(y, layers->n_outputs);
        for (size_t j = 0; j < gradient.batch; j++) {
            for (size_t i = 0; i < layers->n_inputs; i++) {
                x[i] = gradient.value[0][i * gradient.batch + j];
            }
            layers_eval(y, layers, x);
            for (size_t o = 0; o < layers->n_outputs; o++) {
                const double got =
                    gradient
                        .value[layers->n_layers - 1][o * gradient.batch + j];
                ck_assert_msg(fabs(got - y[o]) <= tolerance(got, y[o]),
                              "round %zu, point %zu, output %zu: %a, not %a",
                              round, j, o, got, y[o]);
            }
        }
        alloc_free(x);
        alloc_free(y);
        gradient_clear(&gradient);
        layers_destroy(layers);
    }
}
END_TEST

/* Sum of seed * output at x. */
static double seeded_output(const struct layers *layers, const double *x,
                            const double *seed)
{
    double *y = NULL;
    NEW_ARRAY(y, layers->n_outputs);
    layers_eval(y, layers, x);
    double sum = 0.0;
    for (size_t o = 0; o < layers->n_outputs; o++) {
        sum += seed[o] * y[o];
    }
    alloc_free(y);
    return sum;
}

/* True if no ReLU argument of column j is so near zero that the difference
 * quotient may straddle its kink. */
static bool is_smooth(const struct gradient *gradient, size_t j)
{
    const struct layers *layers = gradient->layers;
    for (size_t k = 0; k < layers->n_layers; k++) {
        if (layers->layer[k].kind != LAYER_RELU) {
            continue;
        }
        const double *z = gradient->value[layers->layer[k].source];
        for (size_t i = 0; i < layers->layer[k].width; i++) {
            const double value = fabs(z[i * gradient->batch + j]);
            if (value > 0.0 && value < 1e-3) {
                return false;
            }
        }
    }
    return true;
}

static size_t check_slopes(const struct gradient *gradient, const double *seed,
                           size_t j)
{
    const double step = 0x1p-20;
    const struct layers *layers = gradient->layers;
    double *x = NULL;
    NEW_ARRAY(x, layers->n_inputs);
    for (size_t i = 0; i < layers->n_inputs; i++) {
        x[i] = gradient->value[0][i * gradient->batch + j];
    }
    for (size_t i = 0; i < layers->n_inputs; i++) {
        const double centre = x[i];
        x[i] = centre + step;
        const double above = seeded_output(layers, x, seed);
        x[i] = centre - step;
        const double below = seeded_output(layers, x, seed);
        x[i] = centre;
        const double quotient = (above - below) / (2.0 * step);
        const double slope = gradient->slope[0][i * gradient->batch + j];
        const double size = fabs(above) + fabs(below);
        ck_assert_msg(fabs(slope - quotient) <=
                          1e-6 * (1.0 + fabs(quotient) + size),
                      "input %zu at %a: slope %a, quotient %a", i, centre,
                      slope, quotient);
    }
    alloc_free(x);
    return layers->n_inputs;
}

START_TEST(slopes_equal_difference_quotients_away_from_kinks)
{
    struct rng rng;
    rng_init(&rng, test_seed() + 1);
    size_t n_checked = 0;
    for (size_t round = 0; round < test_count(150); round++) {
        struct layers *layers = random_network(&rng);
        struct gradient gradient;
        gradient_init(&gradient, layers, 16);
        fill_inputs(&gradient, &rng);
        gradient_forward(&gradient);
        gradient_zero_slopes(&gradient);
        double *seed = NULL;
        NEW_ARRAY(seed, layers->n_outputs);
        for (size_t o = 0; o < layers->n_outputs; o++) {
            seed[o] = rng_range(&rng, -1.0, 1.0);
            for (size_t j = 0; j < gradient.batch; j++) {
                gradient.slope[layers->n_layers - 1][o * gradient.batch + j] =
                    seed[o];
            }
        }
        gradient_backward(&gradient);
        for (size_t j = 0; j < gradient.batch; j++) {
            if (is_smooth(&gradient, j)) {
                n_checked += check_slopes(&gradient, seed, j);
            }
        }
        alloc_free(seed);
        gradient_clear(&gradient);
        layers_destroy(layers);
    }
    ck_assert_uint_gt(n_checked, 500);
}
END_TEST

START_TEST(what_is_in_the_input_slopes_stays_a_summand)
{
    struct rng rng;
    rng_init(&rng, test_seed() + 2);
    struct layers *layers = random_network(&rng);
    struct gradient gradient;
    gradient_init(&gradient, layers, GRADIENT_LANES);
    fill_inputs(&gradient, &rng);
    gradient_forward(&gradient);
    gradient_zero_slopes(&gradient);
    gradient.slope[0][3] = 0.75;
    gradient_backward(&gradient);
    ck_assert(!(gradient.slope[0][3] < 0.75) && !(gradient.slope[0][3] > 0.75));
    gradient_clear(&gradient);
    layers_destroy(layers);
}
END_TEST

START_TEST(products_of_convolutions_go_through_tiles)
{
    struct rng rng;
    rng_init(&rng, test_seed() + 3);
    struct layers *layers = tiled_network(&rng);
    struct gradient gradient;
    gradient_init(&gradient, layers, GRADIENT_LANES);
    ck_assert_ptr_nonnull(gradient.tiles.tiling[1][0]);
    ck_assert_uint_gt(gradient.tiles.tiling[1][0]->n_copies,
                      gradient.tiles.tiling[1][0]->n_tiles);
    gradient_clear(&gradient);
    layers_destroy(layers);
}
END_TEST

/* A sign of a sign passes slopes through, the more the nearer to its step. */
START_TEST(signs_of_any_size_have_slopes)
{
    enum { N = 3 };
    const double identity[N * N] = {1.0, 0.0, 0.0, 0.0, 1.0,
                                    0.0, 0.0, 0.0, 1.0};
    const double above[N] = {0.1, 0.1, 0.1};
    const double x[N] = {-300.0, 2.0, 40.0};
    struct layers *layers = ref_build_begin(N);
    const size_t first = ref_build_activation(layers, 0, ACTIVATION_SIGN);
    const size_t sum = ref_build_affine(layers, first, N, identity, above);
    const size_t last = ref_build_activation(layers, sum, ACTIVATION_SIGN);
    struct gradient gradient;
    gradient_init(&gradient, layers, GRADIENT_LANES);
    for (size_t t = 0; t < (size_t)N * GRADIENT_LANES; t++) {
        gradient.value[0][t] = x[t / GRADIENT_LANES];
    }
    gradient_forward(&gradient);
    gradient_zero_slopes(&gradient);
    for (size_t t = 0; t < (size_t)N * GRADIENT_LANES; t++) {
        gradient.slope[last][t] = 1.0;
    }
    gradient_backward(&gradient);
    for (size_t j = 0; j < GRADIENT_LANES; j++) {
        const double *slope = gradient.slope[0] + j;
        ck_assert(slope[0] > 0.0);
        ck_assert(slope[GRADIENT_LANES] > slope[(size_t)2 * GRADIENT_LANES]);
        ck_assert(slope[(size_t)2 * GRADIENT_LANES] > slope[0]);
    }
    gradient_clear(&gradient);
    layers_destroy(layers);
}
END_TEST

TCase *test_cases(void)
{
    TCase *tests = tcase_create("gradient");
    tcase_add_test(tests, every_column_equals_the_single_evaluation);
    tcase_add_test(tests, slopes_equal_difference_quotients_away_from_kinks);
    tcase_add_test(tests, what_is_in_the_input_slopes_stays_a_summand);
    tcase_add_test(tests, products_of_convolutions_go_through_tiles);
    tcase_add_test(tests, signs_of_any_size_have_slopes);
    return tests;
}
