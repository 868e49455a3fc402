/* Forward linear bounds contain every execution and lose only rounding. */
#include "domains/domain.h"
#include "domains/forward.h"
#include "src/base/alloc.h"
#include "src/num/interval.h"
#include "src/num/rational.h"
#include "tests/ref/ref_backward.h"
#include "tests/ref/ref_build.h"
#include "tests/ref/ref_network.h"
#include "tests/suite.h"

#include <math.h>
#include <string.h>

enum { INPUTS_MAX = 20, POINTS = 6, WEIGHTS = 4 * INPUTS_MAX };

/* A network, a box with at most FORWARD_INPUTS varying inputs, bounds. */
struct sample {
    struct rng rng;
    uint64_t seed;
    struct layers *layers;
    struct ref_region region;
    struct bounds bounds;
};

static void set_input_bounds(struct sample *sample)
{
    const size_t bytes = sample->region.n_inputs * sizeof(double);
    bounds_init(&sample->bounds, sample->layers);
    memcpy(sample->bounds.lower[0], sample->region.lower, bytes);
    memcpy(sample->bounds.upper[0], sample->region.upper, bytes);
}

static void sample_init(struct sample *sample, size_t round, size_t n_inputs)
{
    static const double scales[] = {1.0, 1e-6, 1e6, 0.25, 1e30, 1e-300};
    sample->seed = test_seed() + round;
    rng_init(&sample->rng, sample->seed);
    struct rng *rng = &sample->rng;
    const struct ref_network_shape shape = {
        .n_inputs = n_inputs,
        .n_outputs = 1 + rng_below(rng, 3),
        .n_stages = 1 + rng_below(rng, 4),
        .width = 1 + rng_below(rng, 9),
        .scale = scales[rng_below(rng, 4)],
        .features = (unsigned)rng_below(rng, 32),
    };
    sample->layers = ref_network_random(rng, &shape);
    const double scale = scales[rng_below(rng, 6)];
    ref_region_random(&sample->region, rng, n_inputs, 0, scale, scale);
    for (size_t j = FORWARD_INPUTS; j < n_inputs; j++) {
        sample->region.upper[j] = sample->region.lower[j];
        sample->region.point[j] = sample->region.lower[j];
    }
    set_input_bounds(sample);
}

static void sample_clear(struct sample *sample)
{
    layers_destroy(sample->layers);
    ref_region_clear(&sample->region);
    bounds_clear(&sample->bounds);
}

static bool run(struct sample *sample)
{
    struct weights *weights = weights_create(sample->layers);
    struct forward *forward = forward_create(weights);
    ck_assert(forward_is_applicable(forward, sample->region.lower,
                                    sample->region.upper));
    const bool is_possible = forward_run(
        forward, &sample->bounds, sample->region.lower, sample->region.upper);
    forward_destroy(forward);
    weights_destroy(weights);
    return is_possible;
}

static bool is_within(const mpq_t value, double lower, double upper)
{
    mpq_t end;
    mpq_init(end);
    rational_set_double(end, lower);
    bool is_inside = mpq_cmp(end, value) <= 0;
    rational_set_double(end, upper);
    is_inside = is_inside && mpq_cmp(value, end) <= 0;
    mpq_clear(end);
    return is_inside;
}

static void check_contains(struct sample *sample)
{
    double x[INPUTS_MAX];
    struct ref_values values;
    ref_values_init(&values, sample->layers);
    for (size_t point = 0; point < POINTS; point++) {
        ref_region_sample(x, &sample->region, &sample->rng);
        ref_network_eval(&values, sample->layers, x);
        for (size_t k = 0; k < sample->layers->n_layers; k++) {
            for (size_t i = 0; i < values.layer[k].width; i++) {
                const double l = sample->bounds.lower[k][i];
                const double u = sample->bounds.upper[k][i];
                ck_assert_msg(isfinite(l) && isfinite(u),
                              "seed %llu: neuron %zu of layer %zu is unbounded",
                              (unsigned long long)sample->seed, i, k);
                ck_assert_msg(is_within(values.layer[k].value[i], l, u),
                              "seed %llu: value near %a of neuron %zu of "
                              "layer %zu is outside [%a, %a]",
                              (unsigned long long)sample->seed,
                              mpq_get_d(values.layer[k].value[i]), i, k, l, u);
            }
        }
    }
    ref_values_clear(&values);
}

START_TEST(bounds_contain_every_execution)
{
    for (size_t round = 0; round < test_count(200); round++) {
        struct sample sample;
        sample_init(&sample, round, 1 + round % 5);
        ck_assert(run(&sample));
        check_contains(&sample);
        sample_clear(&sample);
    }
}
END_TEST

START_TEST(sixteen_inputs_may_vary_among_any_number)
{
    for (size_t round = 0; round < test_count(20); round++) {
        struct sample sample;
        sample_init(&sample, round, 15 + round % 6);
        ck_assert(run(&sample));
        check_contains(&sample);
        struct weights *weights = weights_create(sample.layers);
        struct forward *forward = forward_create(weights);
        size_t n_varying = 0;
        for (size_t j = 0; j < sample.region.n_inputs; j++) {
            sample.region.upper[j] =
                fmax(sample.region.upper[j],
                     nextafter(sample.region.lower[j], HUGE_VAL));
            n_varying++;
        }
        ck_assert_int_eq(forward_is_applicable(forward, sample.region.lower,
                                               sample.region.upper),
                         n_varying <= FORWARD_INPUTS);
        forward_destroy(forward);
        weights_destroy(weights);
        sample_clear(&sample);
    }
}
END_TEST

START_TEST(a_single_point_gives_its_values)
{
    for (size_t round = 0; round < test_count(60); round++) {
        struct sample sample;
        sample_init(&sample, round, 1 + round % 20);
        const size_t bytes = sample.region.n_inputs * sizeof(double);
        memcpy(sample.region.upper, sample.region.lower, bytes);
        memcpy(sample.region.point, sample.region.lower, bytes);
        memcpy(sample.bounds.upper[0], sample.region.lower, bytes);
        ck_assert(run(&sample));
        check_contains(&sample);
        for (size_t k = 0; k < sample.layers->n_layers; k++) {
            double largest = 0.0;
            double widest = 0.0;
            for (size_t i = 0; i < sample.layers->layer[k].width; i++) {
                const double l = sample.bounds.lower[k][i];
                const double u = sample.bounds.upper[k][i];
                largest = fmax(largest, fmax(fabs(l), fabs(u)));
                widest = fmax(widest, u - l);
            }
            ck_assert_msg(widest <= 1e-6 * largest + 0x1p-980,
                          "seed %llu: width %g of values up to %g in layer %zu",
                          (unsigned long long)sample.seed, widest, largest, k);
        }
        sample_clear(&sample);
    }
}
END_TEST

static double random_weight(struct rng *rng)
{
    return rng_below(rng, 4) == 0 ? 0.0 : rng_range(rng, -2.0, 2.0);
}

/* x, z = W x + b, y = V z + U x + c, and ReLUs of z that are all active. */
static struct layers *build_linear(struct rng *rng, size_t n_inputs)
{
    double weights[WEIGHTS];
    double bias[4];
    struct layers *layers = ref_build_begin(n_inputs);
    for (size_t i = 0; i < WEIGHTS; i++) {
        weights[i] = random_weight(rng);
    }
    for (size_t i = 0; i < 4; i++) {
        bias[i] = 10.0 * (double)INPUTS_MAX + random_weight(rng);
    }
    const size_t z = ref_build_affine(layers, 0, 4, weights, bias);
    const size_t relu = ref_build_relu(layers, z);
    for (size_t i = 0; i < WEIGHTS; i++) {
        weights[i] = random_weight(rng);
    }
    (void)ref_build_affine(layers, relu, 4, weights, bias);
    ref_build_term(layers, 0, weights);
    ref_build_term(layers, z, weights);
    return layers;
}

/* The bounds of the last layer against exact back-substitution, which is
 * exact where no ReLU is unstable. */
static void check_exact(const struct sample *sample, size_t i)
{
    const size_t last = sample->layers->n_layers - 1;
    mpq_t minimum;
    mpq_t found;
    mpq_inits(minimum, found, (mpq_ptr)NULL);
    for (size_t side = 0; side < 2; side++) {
        struct ref_backward row;
        ref_backward_init(&row, sample->layers);
        rational_set_double(row.c.layer[last].value[i], side == 0 ? 1.0 : -1.0);
        ref_backward_run(&row, sample->layers, &sample->bounds,
                         &sample->bounds);
        ref_backward_minimum(minimum, &row, sample->region.lower,
                             sample->region.upper);
        rational_set_double(found, side == 0 ? sample->bounds.lower[last][i]
                                             : -sample->bounds.upper[last][i]);
        ck_assert_msg(mpq_cmp(found, minimum) <= 0,
                      "seed %llu: end %zu of neuron %zu is too tight",
                      (unsigned long long)sample->seed, side, i);
        mpq_sub(minimum, minimum, found);
        rational_set_double(found, 0x1p-44);
        mpq_mul(found, found, row.size);
        ck_assert_msg(mpq_cmp(minimum, found) <= 0,
                      "seed %llu: end %zu of neuron %zu is %g too loose, "
                      "allowed are %g",
                      (unsigned long long)sample->seed, side, i,
                      mpq_get_d(minimum), mpq_get_d(found));
        ref_backward_clear(&row);
    }
    mpq_clears(minimum, found, (mpq_ptr)NULL);
}

START_TEST(without_unstable_neurons_bounds_are_exact_up_to_rounding)
{
    for (size_t round = 0; round < test_count(60); round++) {
        struct sample sample = {.seed = test_seed() + round};
        rng_init(&sample.rng, sample.seed);
        const size_t n_inputs = 1 + round % FORWARD_INPUTS;
        sample.layers = build_linear(&sample.rng, n_inputs);
        ref_region_random(&sample.region, &sample.rng, n_inputs, 0, 1.0, 1.0);
        set_input_bounds(&sample);
        ck_assert(run(&sample));
        check_contains(&sample);
        for (size_t i = 0; i < sample.layers->n_outputs; i++) {
            check_exact(&sample, i);
        }
        sample_clear(&sample);
    }
}
END_TEST

/* The bounds of y - slope x where y = relu(x) and x in [lower, upper]. */
static void check_relu(const double box[2], double slope,
                       const double expected[2])
{
    struct sample sample = {.layers = ref_build_begin(1)};
    const double one = 1.0;
    const size_t z = ref_build_affine(sample.layers, 0, 1, &one, NULL);
    const size_t y = ref_build_relu(sample.layers, z);
    const size_t last = ref_build_affine(sample.layers, y, 1, &one, NULL);
    ref_build_term(sample.layers, 0, &slope);
    rng_init(&sample.rng, 1);
    ref_region_random(&sample.region, &sample.rng, 1, 0, 1.0, 1.0);
    sample.region.lower[0] = box[0];
    sample.region.upper[0] = box[1];
    set_input_bounds(&sample);
    ck_assert(run(&sample));
    ck_assert_double_eq_tol(sample.bounds.lower[last][0], expected[0], 1e-12);
    ck_assert_double_eq_tol(sample.bounds.upper[last][0], expected[1], 1e-12);
    ck_assert_double_eq_tol(sample.bounds.upper[y][0], fmax(box[1], 0.0),
                            1e-12);
    ck_assert(sample.bounds.lower[y][0] >= 0.0);
    sample_clear(&sample);
}

START_TEST(an_unstable_neuron_lies_between_its_two_lines)
{
    /* On [-1, 3]: x <= y <= (3 x + 3) / 4; on [-3, 1]: 0 <= y <= (x + 3)/4. */
    check_relu((double[]){-1.0, 3.0}, -0.75, (double[]){-0.25, 0.75});
    check_relu((double[]){-1.0, 3.0}, 0.0, (double[]){-1.0, 3.0});
    check_relu((double[]){-3.0, 1.0}, 0.0, (double[]){0.0, 1.0});
    check_relu((double[]){-3.0, 1.0}, -0.25, (double[]){-0.25, 0.75});
    check_relu((double[]){-3.0, -1.0}, 1.0, (double[]){-3.0, -1.0});
    check_relu((double[]){1.0, 3.0}, 1.0, (double[]){2.0, 6.0});
}
END_TEST

START_TEST(subnormal_coefficients_of_huge_inputs_are_charged)
{
    for (size_t round = 0; round < test_count(60); round++) {
        struct sample sample = {.seed = test_seed() + round};
        struct rng *rng = &sample.rng;
        double weights[2][9];
        rng_init(rng, sample.seed);
        for (size_t i = 0; i < 9; i++) {
            weights[0][i] = ldexp(random_weight(rng), -1065);
            weights[1][i] = random_weight(rng);
        }
        sample.layers = ref_build_begin(3);
        const size_t z =
            ref_build_affine(sample.layers, 0, 3, weights[0], NULL);
        const size_t y = round % 2 == 0 ? ref_build_relu(sample.layers, z) : z;
        (void)ref_build_affine(sample.layers, y, 3, weights[1], NULL);
        ref_region_random(&sample.region, rng, 3, 0, 0x1p1000, 0x1p990);
        set_input_bounds(&sample);
        ck_assert(run(&sample));
        check_contains(&sample);
        sample_clear(&sample);
    }
}
END_TEST

START_TEST(contradicting_bounds_are_reported)
{
    struct sample sample;
    sample_init(&sample, 3, 2);
    const size_t last = sample.layers->n_layers - 1;
    ck_assert(run(&sample));
    sample.bounds.lower[last][0] = sample.bounds.upper[last][0] + 1e30;
    sample.bounds.upper[last][0] = sample.bounds.lower[last][0];
    ck_assert(!run(&sample));
    sample_clear(&sample);
}
END_TEST

START_TEST(a_workspace_forgets_earlier_boxes)
{
    for (size_t round = 0; round < test_count(40); round++) {
        struct sample sample;
        sample_init(&sample, round, 3);
        struct ref_region other;
        ref_region_random(&other, &sample.rng, 3, 0, 2.0, 2.0);
        struct weights *weights = weights_create(sample.layers);
        struct forward *forward = forward_create(weights);
        struct bounds bounds;
        bounds_init(&bounds, sample.layers);
        memcpy(bounds.lower[0], other.lower, 3 * sizeof(double));
        memcpy(bounds.upper[0], other.upper, 3 * sizeof(double));
        (void)forward_run(forward, &bounds, other.lower, other.upper);
        bounds_copy(&bounds, &sample.bounds);
        (void)forward_run(forward, &bounds, sample.region.lower,
                          sample.region.upper);
        ck_assert_uint_gt(forward_madds(forward), 0);
        (void)run(&sample);
        ck_assert_mem_eq(bounds.block, sample.bounds.block,
                         2 * bounds.n_total * sizeof(double));
        bounds_clear(&bounds);
        forward_destroy(forward);
        weights_destroy(weights);
        ref_region_clear(&other);
        sample_clear(&sample);
    }
}
END_TEST

TCase *test_cases(void)
{
    TCase *cases = tcase_create("forward");
    tcase_add_test(cases, bounds_contain_every_execution);
    tcase_add_test(cases, sixteen_inputs_may_vary_among_any_number);
    tcase_add_test(cases, a_single_point_gives_its_values);
    tcase_add_test(cases,
                   without_unstable_neurons_bounds_are_exact_up_to_rounding);
    tcase_add_test(cases, an_unstable_neuron_lies_between_its_two_lines);
    tcase_add_test(cases, subnormal_coefficients_of_huge_inputs_are_charged);
    tcase_add_test(cases, contradicting_bounds_are_reported);
    tcase_add_test(cases, a_workspace_forgets_earlier_boxes);
    return cases;
}
