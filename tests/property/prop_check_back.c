/* Bounds in words hold, and are close to those in integers of any size. */
#include "proofs/check/check_old_back.h"
#include "proofs/check/check_context.h"
#include "src/base/rng.h"
#include "tests/ref/ref_subject.h"
#include "tests/suite.h"

#include <math.h>
#include <stdio.h>

enum { MOST_WIDTH = 12, MOST_LAYERS = 5, MOST_GOALS = 9 };

/* A random network in the checker's form, and a region of it. */
struct sample {
    struct rng rng;
    struct check_network *network;
    struct check_base *base;
    struct check_context context;
};

static double draw_weight(struct rng *rng, unsigned spread)
{
    const double x = rng_range(rng, -1.0, 1.0);
    return rng_below(rng, 8) == 0
               ? 0.0
               : (double)(float)ldexp(x, -(int)rng_below(rng, spread + 1));
}

static void load_network(struct sample *sample, struct ref_bytes *model)
{
    char path[64];
    ref_file_write(path, model->data, model->n);
    sample->network = check_network_load(path);
    sample->base = check_base_create(sample->network);
    ref_file_remove(path);
    ref_bytes_clear(model);
}

/* spread: how far exponents of weights lie apart. */
static void open_network(struct sample *sample, unsigned spread)
{
    size_t widths[MOST_LAYERS + 1];
    static double weights[MOST_LAYERS][MOST_WIDTH * MOST_WIDTH];
    static double biases[MOST_LAYERS][MOST_WIDTH];
    const double *weight[MOST_LAYERS];
    const double *bias[MOST_LAYERS];
    const size_t n_layers = 1 + rng_below(&sample->rng, MOST_LAYERS);
    for (size_t l = 0; l <= n_layers; l++) {
        widths[l] = 1 + rng_below(&sample->rng, MOST_WIDTH);
    }
    for (size_t l = 0; l < n_layers; l++) {
        for (size_t i = 0; i < (size_t)MOST_WIDTH * MOST_WIDTH; i++) {
            weights[l][i] = draw_weight(&sample->rng, spread);
        }
        for (size_t i = 0; i < MOST_WIDTH; i++) {
            biases[l][i] = draw_weight(&sample->rng, spread);
        }
        weight[l] = weights[l];
        bias[l] = biases[l];
    }
    struct ref_bytes model = ref_subject_chain(n_layers, widths, weight, bias);
    load_network(sample, &model);
}

static double as_double(const struct check_bound *bound)
{
    return ldexp(mpz_get_d(bound->value), (int)bound->exponent);
}

/* True if a <= b. */
static bool is_below(const struct check_bound *a, const struct check_bound *b)
{
    const long exponent = a->exponent < b->exponent ? a->exponent : b->exponent;
    mpz_t x;
    mpz_t y;
    mpz_inits(x, y, NULL);
    mpz_mul_2exp(x, a->value, (mp_bitcnt_t)(a->exponent - exponent));
    mpz_mul_2exp(y, b->value, (mp_bitcnt_t)(b->exponent - exponent));
    const bool is_not_above = mpz_cmp(x, y) <= 0;
    mpz_clears(x, y, NULL);
    return is_not_above;
}

/* Adds the facts that refreshing would find; true if all neurons are stable. */
static bool add_facts(struct sample *sample, struct check_exact *exact)
{
    const struct check_base *base = sample->base;
    const size_t outputs = base->blocks[base->n_relus].first;
    struct check_goal goal = {0};
    struct check_bound bound;
    bool are_stable = true;
    mpz_t sign;
    mpz_inits(sign, bound.value, NULL);
    for (size_t i = base->n_inputs; i < outputs; i++) {
        double ends[2];
        for (int side = 0; side < 2; side++) {
            goal.n = 0;
            mpz_set_si(sign, side == 0 ? 1 : -1);
            check_goal_add(&goal, i, true, sign, 0);
            check_exact_bound(&bound, exact, &sample->context.region, &goal);
            ends[side] = bound.is_finite ? as_double(&bound) : -1e6;
        }
        const size_t neuron = i - base->n_inputs;
        (void)check_context_narrow_neuron(
            &sample->context, neuron, (int64_t)floor(ldexp(ends[0], 36)) - 9,
            (int64_t)ceil(ldexp(-ends[1], 36)) + 9);
        are_stable = are_stable && sample->context.region.line[neuron].phase !=
                                       CHECK_UNSTABLE;
    }
    mpz_clears(sign, bound.value, NULL);
    check_goal_clear(&goal);
    return are_stable;
}

/* A box of widths up to 2^-narrow; true if all neurons are stable there. */
static bool open_region(struct sample *sample, int narrow)
{
    struct check_context *context = &sample->context;
    const struct check_base *base = sample->base;
    *context = (struct check_context){0};
    context->region.box_bits = 40;
    context->region.fact_bits = 36;
    context->region.slope_bits = 1 + (unsigned)rng_below(&sample->rng, 16);
    check_context_init(context, base->n_inputs,
                       base->blocks[base->n_relus].first - base->n_inputs);
    for (size_t i = 0; i < base->n_inputs; i++) {
        const double lower = rng_range(&sample->rng, -1.0, 1.0);
        const double width = rng_range(&sample->rng, 0.0, 1.0);
        context->region.box[2 * i] = (int64_t)ldexp(lower, 40);
        context->region.box[2 * i + 1] =
            (int64_t)(ldexp(lower, 40) + ldexp(width, 40 - narrow));
    }
    struct check_exact *exact = check_exact_create(base);
    const bool are_stable = add_facts(sample, exact);
    check_exact_free(exact);
    return are_stable;
}

static void close_sample(struct sample *sample)
{
    check_context_clear(&sample->context);
    check_base_free(sample->base);
    check_network_free(sample->network);
}

static void draw_goal(struct sample *sample, struct check_goal *goal)
{
    const struct check_base *base = sample->base;
    const size_t outputs = base->blocks[base->n_relus].first;
    mpz_t coefficient;
    mpz_init(coefficient);
    for (size_t t = 1 + rng_below(&sample->rng, 4); t > 0; t--) {
        const size_t kind = rng_below(&sample->rng, 4);
        const bool is_before = kind == 0 && base->n_relus > 0;
        size_t coordinate = outputs;
        size_t n = base->n_coordinates - outputs;
        if (is_before) {
            coordinate = base->n_inputs;
            n = outputs - base->n_inputs;
        } else if (kind == 1) {
            coordinate = 0;
            n = base->n_inputs;
        }
        mpz_set_si(coefficient, (long)rng_below(&sample->rng, 4001) - 2000);
        check_goal_add(goal, coordinate + rng_below(&sample->rng, n), is_before,
                       coefficient, (long)rng_below(&sample->rng, 14) - 9);
    }
    mpz_clear(coefficient);
}

/*
 * Compares all goals of a sample: how many words were long enough for. is_minimum:
 * no bound that holds is above the exact one.
 */
static size_t compare(struct sample *sample, double tolerance, bool is_minimum)
{
    struct check_exact *exact = check_exact_create(sample->base);
    struct check_fixed *fixed = check_fixed_create(sample->base);
    struct check_goal goals[MOST_GOALS] = {{0}};
    struct check_bound bounds[MOST_GOALS];
    struct check_bound bound;
    bool is_done[MOST_GOALS];
    size_t n_done = 0;
    const size_t n = 1 + rng_below(&sample->rng, MOST_GOALS);
    mpz_init(bound.value);
    for (size_t i = 0; i < n; i++) {
        mpz_init(bounds[i].value);
        draw_goal(sample, &goals[i]);
    }
    check_fixed_bounds(bounds, is_done, fixed, &sample->context.region, goals,
                       n);
    for (size_t i = 0; i < n; i++) {
        check_exact_bound(&bound, exact, &sample->context.region, &goals[i]);
        if (is_done[i] && bound.is_finite) {
            const double gap = as_double(&bound) - as_double(&bounds[i]);
            ck_assert(bounds[i].is_finite);
            ck_assert_msg(!is_minimum || is_below(&bounds[i], &bound),
                          "%a above %a", as_double(&bounds[i]),
                          as_double(&bound));
            ck_assert_msg(
                fabs(gap) <= tolerance * (1e4 + fabs(as_double(&bound))),
                "%a far from %a", as_double(&bounds[i]), as_double(&bound));
            n_done++;
        }
        ck_assert(!is_done[i] || bound.is_finite);
    }
    for (size_t i = 0; i < n; i++) {
        mpz_clear(bounds[i].value);
        check_goal_clear(&goals[i]);
    }
    mpz_clear(bound.value);
    check_exact_free(exact);
    check_fixed_free(fixed);
    return n_done;
}

static void run(unsigned spread, int narrow, double tolerance, uint64_t seed)
{
    struct sample sample;
    size_t n_done = 0;
    size_t n_stable = 0;
    const size_t n = test_count(80);
    rng_init(&sample.rng, seed);
    for (size_t i = 0; i < n; i++) {
        open_network(&sample, spread);
        const bool are_stable = open_region(&sample, narrow);
        n_stable += are_stable ? 1 : 0;
        n_done += compare(&sample, tolerance, are_stable);
        close_sample(&sample);
    }
    ck_assert_uint_gt(n_done, n);
    ck_assert(narrow == 0 || n_stable > n / 8);
}

/* One layer of neurons, all met with negative coefficients: rounding has no
 * other way than down. */
static void open_concave(struct sample *sample)
{
    const size_t widths[] = {2, 1 + rng_below(&sample->rng, 3), 1};
    double weights[2][6];
    double biases[2][3] = {{0}};
    for (size_t i = 0; i < 6; i++) {
        weights[0][i] = draw_weight(&sample->rng, 3);
        weights[1][i] = -fabs(draw_weight(&sample->rng, 3));
    }
    const double *weight[] = {weights[0], weights[1]};
    const double *bias[] = {biases[0], biases[1]};
    struct ref_bytes model = ref_subject_chain(2, widths, weight, bias);
    load_network(sample, &model);
}

/* Terms on the inputs decide at which end of the lines the minimum is. */
START_TEST(upper_lines_are_rounded_down)
{
    struct sample sample;
    rng_init(&sample.rng, test_seed() + 4);
    for (size_t i = 0; i < test_count(200); i++) {
        open_concave(&sample);
        (void)open_region(&sample, 0);
        struct check_exact *exact = check_exact_create(sample.base);
        struct check_fixed *fixed = check_fixed_create(sample.base);
        struct check_goal goal = {0};
        struct check_bound bounds[2];
        bool is_done = false;
        mpz_inits(bounds[0].value, bounds[1].value, NULL);
        mpz_t one;
        mpz_init_set_ui(one, 1);
        check_goal_add(&goal, sample.base->n_coordinates - 1, false, one, 0);
        for (size_t j = 0; j < 2; j++) {
            mpz_set_si(one, (long)rng_below(&sample.rng, 5) - 2);
            check_goal_add(&goal, j, false, one, 6);
        }
        check_exact_bound(&bounds[0], exact, &sample.context.region, &goal);
        check_fixed_bounds(&bounds[1], &is_done, fixed, &sample.context.region,
                           &goal, 1);
        ck_assert(is_done && bounds[0].is_finite);
        ck_assert_msg(is_below(&bounds[1], &bounds[0]), "%a above %a",
                      as_double(&bounds[1]), as_double(&bounds[0]));
        mpz_clears(bounds[0].value, bounds[1].value, one, NULL);
        check_goal_clear(&goal);
        check_exact_free(exact);
        check_fixed_free(fixed);
        close_sample(&sample);
    }
}
END_TEST

/* All products of a column as large as they can be, of one sign. */
START_TEST(sums_over_wide_layers_do_not_overflow)
{
    enum { WIDTH = 3000 };
    static double weights[2][WIDTH];
    static double biases[2][WIDTH];
    const size_t widths[] = {1, WIDTH, 1};
    const double *weight[] = {weights[0], weights[1]};
    const double *bias[] = {biases[0], biases[1]};
    struct sample sample;
    rng_init(&sample.rng, test_seed() + 5);
    for (size_t i = 0; i < WIDTH; i++) {
        weights[0][i] = weights[1][i] = 1.0 - 0x1p-24;
        biases[0][i] = 1.0 - 0x1p-24;
    }
    struct ref_bytes model = ref_subject_chain(2, widths, weight, bias);
    load_network(&sample, &model);
    (void)open_region(&sample, 0);
    ck_assert_uint_gt(compare(&sample, 1e-3, false), 0);
    close_sample(&sample);
}
END_TEST

START_TEST(words_are_close_to_integers)
{
    run(3, 0, 1e-7, test_seed());
}
END_TEST

START_TEST(words_round_down)
{
    run(3, 24, 1e-7, test_seed() + 1);
}
END_TEST

/* The weights of a layer do not fit one scale: they are rounded. */
START_TEST(rounded_weights_are_close_to_exact_ones)
{
    run(60, 0, 1e-7, test_seed() + 2);
}
END_TEST

START_TEST(rounded_weights_round_down)
{
    run(60, 24, 1e-7, test_seed() + 3);
}
END_TEST

TCase *test_cases(void)
{
    TCase *cases = tcase_create("check_back");
    tcase_add_test(cases, upper_lines_are_rounded_down);
    tcase_add_test(cases, sums_over_wide_layers_do_not_overflow);
    tcase_add_test(cases, words_are_close_to_integers);
    tcase_add_test(cases, words_round_down);
    tcase_add_test(cases, rounded_weights_are_close_to_exact_ones);
    tcase_add_test(cases, rounded_weights_round_down);
    return cases;
}
