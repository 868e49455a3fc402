/* Bounds hold at sampled executions; those in words are close to exact ones
 * and never above them where exact ones are attained. */
#include "proofs/check/check_back.h"
#include "proofs/check/check_fail.h"
#include "src/base/rng.h"
#include "tests/suite.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_LAYERS = 7, MOST_WIDTH = 20, MOST_INPUTS = 12, N_GOALS = 11 };

/* How weights are drawn. */
enum kind { PLAIN, FINE, GRID, SELECTORS, EXTREME, N_KINDS };

struct sample {
    struct rng rng;
    enum kind kind;
    bool is_affine; /* no ReLU unstable: all bounds are attained */
    struct check_network network;
    struct check_region region;
    struct check_goal goals[N_GOALS];
    struct check_bound fast[N_GOALS];
    struct check_bound exact[N_GOALS];
};

static double draw_weight(struct sample *sample)
{
    struct rng *rng = &sample->rng;
    const double x = rng_range(rng, -1.0, 1.0);
    switch (sample->kind) {
    case PLAIN:
        return (double)(float)x;
    case FINE:
        return x;
    case GRID:
        return trunc(ldexp(x, 31)) * 0x1p-31;
    case SELECTORS:
        return copysign(rng_below(rng, 4) == 0 ? 0x1p-60 : 1.0, x);
    case EXTREME:
    case N_KINDS:
        break;
    }
    return ldexp(x, (int)rng_below(rng, 200) - 100);
}

static void draw_affine(struct sample *sample, struct check_layer *layer)
{
    struct rng *rng = &sample->rng;
    const size_t n = layer->first;
    const size_t sparsity = rng_below(rng, 3) == 0 ? 4 : 1;
    /* Sources: everything, or only the last coordinates. */
    const size_t from =
        rng_below(rng, 2) == 0 || n < MOST_WIDTH ? 0 : n - MOST_WIDTH / 2;
    layer->kind = CHECK_AFFINE;
    layer->start = check_alloc(layer->width + 1, sizeof *layer->start);
    layer->column = check_alloc(layer->width * n, sizeof *layer->column);
    layer->weight = check_alloc(layer->width * n, sizeof *layer->weight);
    layer->bias = check_alloc(layer->width, sizeof *layer->bias);
    for (size_t i = 0; i < layer->width; i++) {
        size_t k = layer->start[i];
        for (size_t c = n; c-- > from;) {
            if (rng_below(rng, sparsity) == 0) {
                layer->column[k] = (uint32_t)c;
                layer->weight[k++] = draw_weight(sample);
            }
        }
        layer->start[i + 1] = k;
        layer->bias[i] = rng_below(rng, 3) == 0 ? 0.0 : draw_weight(sample);
    }
}

static void draw_relu(struct sample *sample, struct check_layer *layer)
{
    struct rng *rng = &sample->rng;
    const struct check_layer *below = layer - 1;
    layer->kind = CHECK_RELU;
    layer->source = check_alloc(layer->width, sizeof *layer->source);
    const bool is_mixed = rng_below(rng, 4) == 0;
    for (size_t i = 0; i < layer->width; i++) {
        layer->source[i] = (uint32_t)(is_mixed ? rng_below(rng, layer->first)
                                               : below->first + i);
    }
}

static void draw_network(struct sample *sample)
{
    struct check_network *network = &sample->network;
    struct rng *rng = &sample->rng;
    *network = (struct check_network){0};
    network->n_inputs = 1 + rng_below(rng, MOST_INPUTS);
    network->n_layers = 1 + rng_below(rng, MOST_LAYERS);
    network->layers = check_alloc(MOST_LAYERS, sizeof *network->layers);
    size_t first = network->n_inputs;
    for (size_t l = 0; l < network->n_layers; l++) {
        struct check_layer *layer = &network->layers[l];
        layer->first = first;
        layer->width = 1 + rng_below(rng, MOST_WIDTH);
        if (l > 0 && !sample->is_affine && rng_below(rng, 2) == 0) {
            layer->width = layer[-1].width;
            draw_relu(sample, layer);
        } else {
            draw_affine(sample, layer);
        }
        first += layer->width;
    }
    network->n_coordinates = first;
}

/* A box, all ends and lines, and slopes for some neurons. */
static void draw_region(struct sample *sample)
{
    struct check_region *region = &sample->region;
    struct rng *rng = &sample->rng;
    const size_t n = sample->network.n_coordinates;
    *region = (struct check_region){.box_bits = 40,
                                    .fact_bits = 36,
                                    .slope_bits = 16,
                                    .lower_bits = 8,
                                    .n_inputs = sample->network.n_inputs,
                                    .n_coordinates = n};
    if (rng_below(rng, 2) == 0) {
        region->slope_bits = 1 + (unsigned)rng_below(rng, 16);
        region->lower_bits = 1 + (unsigned)rng_below(rng, 8);
    }
    region->ends = check_alloc(2 * n, sizeof *region->ends);
    region->line = check_alloc(n, sizeof *region->line);
    region->slope = check_alloc(n, sizeof *region->slope);
    for (size_t i = 0; i < region->n_inputs; i++) {
        const int64_t middle = (int64_t)rng_below(rng, 1 << 22) - (1 << 21);
        const int64_t radius = (int64_t)rng_below(rng, 1 << 21);
        region->ends[2 * i] = (middle - radius) * (1 << 19);
        region->ends[2 * i + 1] = (middle + radius) * (1 << 19);
    }
    check_back_intervals(region, &sample->network);
    for (size_t i = 0; i < n; i++) {
        const size_t k = rng_below(rng, ((size_t)1 << region->lower_bits) + 1);
        const int slope = rng_below(rng, 2) == 0 ? -1 : (int)k;
        region->slope[i] = (int16_t)slope;
    }
}

static void draw_goals(struct sample *sample)
{
    mpz_t factor;
    mpz_init(factor);
    for (size_t g = 0; g < N_GOALS; g++) {
        const size_t n = 1 + rng_below(&sample->rng, 4);
        for (size_t t = 0; t < n; t++) {
            const unsigned shift = (unsigned)rng_below(&sample->rng, 62);
            mpz_set_si(factor, (int64_t)rng_next(&sample->rng) >> shift);
            check_goal_add(
                &sample->goals[g],
                rng_below(&sample->rng, sample->network.n_coordinates), factor,
                (long)rng_below(&sample->rng, 9) - 4);
        }
        mpz_init(sample->fast[g].value.value);
        mpz_init(sample->exact[g].value.value);
    }
    mpz_clear(factor);
}

static void open_sample(struct sample *sample)
{
    draw_network(sample);
    draw_region(sample);
    draw_goals(sample);
}

static void close_sample(struct sample *sample)
{
    for (size_t l = 0; l < sample->network.n_layers; l++) {
        struct check_layer *layer = &sample->network.layers[l];
        check_free(layer->start);
        check_free(layer->column);
        check_free(layer->weight);
        check_free(layer->bias);
        check_free(layer->source);
    }
    check_free(sample->network.layers);
    check_free(sample->region.ends);
    check_free(sample->region.line);
    check_free(sample->region.slope);
    for (size_t g = 0; g < N_GOALS; g++) {
        check_goal_clear(&sample->goals[g]);
        mpz_clear(sample->fast[g].value.value);
        mpz_clear(sample->exact[g].value.value);
    }
}

static void set_dyadic(mpq_t x, const struct check_dyadic *a)
{
    mpq_set_z(x, a->value);
    if (a->exponent >= 0) {
        mpq_mul_2exp(x, x, (mp_bitcnt_t)a->exponent);
    } else {
        mpq_div_2exp(x, x, (mp_bitcnt_t)-a->exponent);
    }
}

/* Values of all coordinates at a random point of the box, often a corner. */
static void draw_execution(mpq_t *v, struct sample *sample)
{
    const struct check_network *network = &sample->network;
    for (size_t i = 0; i < network->n_inputs; i++) {
        const int64_t *ends = sample->region.ends + 2 * i;
        const size_t steps = (size_t)(ends[1] - ends[0]) / (1 << 19) + 1;
        const int64_t step = (int64_t)rng_below(&sample->rng, steps);
        const int64_t inner = ends[0] + step * (1 << 19);
        const size_t where = rng_below(&sample->rng, 3);
        mpq_set_d(v[i], ldexp((double)(where == 2 ? inner : ends[where]), -40));
    }
    check_network_eval(v, network);
}

/* The bound is not above the goal's value at v. */
static bool is_valid(const struct check_bound *bound,
                     const struct check_goal *goal, mpq_t *v)
{
    mpq_t sum;
    mpq_t term;
    mpq_inits(sum, term, NULL);
    for (size_t t = 0; t < goal->n; t++) {
        set_dyadic(term, &goal->terms[t].factor);
        mpq_mul(term, term, v[goal->terms[t].coordinate]);
        mpq_add(sum, sum, term);
    }
    const bool is_below =
        !bound->is_finite || check_dyadic_compare(&bound->value, sum) <= 0;
    mpq_clears(sum, term, NULL);
    return is_below;
}

static void bound_both(struct sample *sample)
{
    struct check_back *back = check_back_create(&sample->network, NULL);
    check_back_bounds(sample->exact, back, &sample->region, sample->goals,
                      N_GOALS, CHECK_EXACT);
    check_back_bounds(sample->fast, back, &sample->region, sample->goals,
                      N_GOALS, CHECK_FAST);
    check_back_free(back);
}

START_TEST(bounds_hold_at_executions)
{
    struct sample sample = {.kind = PLAIN};
    rng_init(&sample.rng, test_seed());
    for (size_t i = 0; i < test_count(300); i++) {
        sample.kind = (enum kind)(i % N_KINDS);
        open_sample(&sample);
        bound_both(&sample);
        const size_t n = sample.network.n_coordinates;
        mpq_t *v = check_alloc(n, sizeof *v);
        for (size_t c = 0; c < n; c++) {
            mpq_init(v[c]);
        }
        for (size_t e = 0; e < 10; e++) {
            draw_execution(v, &sample);
            for (size_t g = 0; g < N_GOALS; g++) {
                ck_assert(is_valid(&sample.exact[g], &sample.goals[g], v));
                ck_assert(is_valid(&sample.fast[g], &sample.goals[g], v));
            }
        }
        for (size_t c = 0; c < n; c++) {
            mpq_clear(v[c]);
        }
        check_free(v);
        close_sample(&sample);
    }
}
END_TEST

/* A form bounds its goals in each box in which the lines are the same; in the
 * box that it was found in, as it did. */
START_TEST(forms_give_the_bounds_of_their_goals)
{
    enum { N = 7 };
    struct sample sample = {.kind = PLAIN};
    rng_init(&sample.rng, test_seed());
    mpq_t bound;
    mpq_init(bound);
    for (size_t i = 0; i < test_count(200); i++) {
        sample.kind = (enum kind)(i % N_KINDS);
        open_sample(&sample);
        struct check_back *back = check_back_create(&sample.network, NULL);
        struct check_form form = {0};
        for (size_t step = 0; step < 3 && check_back_has_forms(back); step++) {
            if (step == 0) {
                check_back_keep(back, &form);
                check_back_bounds(sample.exact, back, &sample.region,
                                  sample.goals, N, CHECK_FAST);
                check_back_keep(back, NULL);
                ck_assert(form.is_known);
            }
            check_back_bounds(sample.fast, back, &sample.region, sample.goals,
                              N, CHECK_FAST);
            check_back_finish(sample.exact, back, &sample.region, &form, N);
            for (size_t g = 0; g < N; g++) {
                set_dyadic(bound, &sample.fast[g].value);
                ck_assert(
                    !sample.exact[g].is_finite ||
                    (sample.fast[g].is_finite &&
                     check_dyadic_compare(&sample.exact[g].value, bound) == 0));
            }
            const size_t e = rng_below(&sample.rng, sample.network.n_inputs);
            int64_t *ends = sample.region.ends + 2 * e;
            ends[step % 2] = (ends[0] + ends[1]) / 2;
        }
        check_free(form.q);
        check_back_free(back);
        close_sample(&sample);
    }
    mpq_clear(bound);
}
END_TEST

/* Without ReLUs the exact bound is the least value of the goal. */
START_TEST(rounding_only_lowers_bounds_that_are_attained)
{
    struct sample sample = {.is_affine = true};
    rng_init(&sample.rng, test_seed());
    mpq_t exact;
    mpq_init(exact);
    for (size_t i = 0; i < test_count(300); i++) {
        sample.kind = (enum kind)(i % N_KINDS);
        open_sample(&sample);
        bound_both(&sample);
        for (size_t g = 0; g < N_GOALS; g++) {
            ck_assert(sample.exact[g].is_finite && sample.fast[g].is_finite);
            set_dyadic(exact, &sample.exact[g].value);
            ck_assert_int_le(check_dyadic_compare(&sample.fast[g].value, exact),
                             0);
        }
        close_sample(&sample);
    }
    mpq_clear(exact);
}
END_TEST

/* Outputs of one layer of neurons, each with a negative coefficient: rounding
 * never changes which line is used. */
START_TEST(rounding_only_lowers_upper_lines)
{
    struct sample sample = {.kind = FINE};
    rng_init(&sample.rng, test_seed());
    mpq_t exact;
    mpz_t factor;
    mpq_init(exact);
    mpz_init(factor);
    for (size_t i = 0; i < test_count(300); i++) {
        struct check_network *network = &sample.network;
        *network = (struct check_network){.n_inputs = 2, .n_layers = 2};
        network->layers = check_alloc(2, sizeof *network->layers);
        network->layers[0].first = 2;
        network->layers[0].width = network->layers[1].width = 1 + i % 3;
        network->layers[1].first = 3 + i % 3;
        network->n_coordinates = network->layers[1].first + 1 + i % 3;
        draw_affine(&sample, &network->layers[0]);
        network->layers[1].kind = CHECK_RELU;
        network->layers[1].source = check_alloc(1 + i % 3, sizeof(uint32_t));
        draw_region(&sample);
        for (size_t k = 0; k <= i % 3; k++) {
            network->layers[1].source[k] = (uint32_t)(2 + k);
        }
        check_back_intervals(&sample.region, network);
        for (size_t g = 0; g < N_GOALS; g++) {
            for (size_t k = 0; k <= i % 3; k++) {
                mpz_set_si(factor, -1 - (int64_t)rng_below(&sample.rng,
                                                           (size_t)1 << 30));
                check_goal_add(&sample.goals[g], network->layers[1].first + k,
                               factor, 0);
            }
            mpz_init(sample.fast[g].value.value);
            mpz_init(sample.exact[g].value.value);
        }
        bound_both(&sample);
        for (size_t g = 0; g < N_GOALS; g++) {
            set_dyadic(exact, &sample.exact[g].value);
            ck_assert_int_le(check_dyadic_compare(&sample.fast[g].value, exact),
                             0);
        }
        close_sample(&sample);
    }
    mpz_clear(factor);
    mpq_clear(exact);
}
END_TEST

/* One layer and a box on one side of 0. Coefficients fit in words, so that only
 * weights and products are rounded: at a corner of the box, which both bounds
 * are the value of, each charge that is missing shows. */
START_TEST(rounding_of_products_only_lowers_bounds)
{
    struct sample sample = {.is_affine = true};
    rng_init(&sample.rng, test_seed());
    mpq_t exact;
    mpz_t factor;
    mpq_init(exact);
    mpz_init(factor);
    for (size_t i = 0; i < test_count(400); i++) {
        struct check_network *network = &sample.network;
        const size_t n = 1 + rng_below(&sample.rng, MOST_INPUTS);
        sample.kind = i % 2 == 0 ? FINE : GRID;
        *network = (struct check_network){.n_inputs = n, .n_layers = 1};
        network->layers = check_alloc(1, sizeof *network->layers);
        network->layers[0].first = n;
        network->layers[0].width = 1 + i % MOST_WIDTH;
        network->n_coordinates = n + network->layers[0].width;
        draw_affine(&sample, &network->layers[0]);
        memset(network->layers[0].bias, 0,
               network->layers[0].width * sizeof(double));
        draw_region(&sample);
        for (size_t e = 0; e < 2 * n; e++) {
            const int64_t one = (int64_t)1 << 40;
            sample.region.ends[e] = (i % 4 < 2 ? one : -one) + (int64_t)(e % 2);
        }
        check_back_intervals(&sample.region, network);
        for (size_t g = 0; g < N_GOALS; g++) {
            for (size_t k = 0; k < network->layers[0].width; k++) {
                const int64_t q =
                    (int64_t)rng_below(&sample.rng, (size_t)1 << 30);
                mpz_set_si(factor, rng_below(&sample.rng, 2) == 0 ? q : -q);
                check_goal_add(&sample.goals[g], n + k, factor, 0);
            }
            mpz_init(sample.fast[g].value.value);
            mpz_init(sample.exact[g].value.value);
        }
        bound_both(&sample);
        for (size_t g = 0; g < N_GOALS; g++) {
            set_dyadic(exact, &sample.exact[g].value);
            ck_assert_int_le(check_dyadic_compare(&sample.fast[g].value, exact),
                             0);
        }
        close_sample(&sample);
    }
    mpz_clear(factor);
    mpq_clear(exact);
}
END_TEST

static double as_double(const struct check_bound *bound)
{
    long exponent = 0;
    const double x = mpz_get_d_2exp(&exponent, bound->value.value);
    return ldexp(x, (int)(exponent + bound->value.exponent));
}

START_TEST(words_lose_little)
{
    struct sample sample = {.kind = PLAIN};
    rng_init(&sample.rng, test_seed());
    double most = 0.0;
    for (size_t i = 0; i < test_count(300); i++) {
        open_sample(&sample);
        bound_both(&sample);
        for (size_t g = 0; g < N_GOALS; g++) {
            const double fast = as_double(&sample.fast[g]);
            const double exact = as_double(&sample.exact[g]);
            double size = 0.0;
            for (size_t t = 0; t < sample.goals[g].n; t++) {
                const struct check_goal_term *term = &sample.goals[g].terms[t];
                const int64_t *ends = sample.region.ends + 2 * term->coordinate;
                const struct check_bound factor = {.value = term->factor};
                size += fabs(as_double(&factor)) *
                        fmax(0x1p36, fmax(fabs((double)ends[0]),
                                          fabs((double)ends[1])));
            }
            size = ldexp(size, -36);
            ck_assert(sample.fast[g].is_finite || !sample.exact[g].is_finite);
            if (sample.exact[g].is_finite && size > 0.0) {
                most = fmax(most, fabs(fast - exact) / size);
            }
        }
        close_sample(&sample);
    }
    printf("most lost, relative to interval ends: %g\n", most);
    ck_assert_double_lt(most, 1e-5);
}
END_TEST

START_TEST(neurons_are_bounded_as_goals_are)
{
    struct sample sample = {.kind = PLAIN};
    rng_init(&sample.rng, test_seed());
    for (size_t i = 0; i < test_count(200); i++) {
        open_sample(&sample);
        const size_t n = sample.network.n_coordinates;
        struct check_back *own = check_back_create(&sample.network, NULL);
        struct check_back *back = check_back_create(&sample.network, own);
        uint32_t *z = check_alloc(n, sizeof *z);
        int64_t *fast = check_alloc(2 * n, sizeof *fast);
        int64_t *exact = check_alloc(2 * n, sizeof *exact);
        for (size_t c = 0; c < n; c++) {
            z[c] = (uint32_t)c;
        }
        check_back_neurons(fast, back, &sample.region, z, n, CHECK_FAST);
        check_back_neurons(exact, back, &sample.region, z, n, CHECK_EXACT);
        for (size_t c = 0; c < n; c++) {
            int64_t fact[2];
            check_region_fact(fact, &sample.region, c);
            ck_assert(fast[2 * c] <= fast[2 * c + 1]);
            const double size =
                fmax(fabs((double)fact[0]), fabs((double)fact[1])) * 1e-5 + 1e5;
            ck_assert_double_le(
                fabs((double)fast[2 * c] - (double)exact[2 * c]), size);
            ck_assert_double_le(
                fabs((double)fast[2 * c + 1] - (double)exact[2 * c + 1]), size);
        }
        check_free(z);
        check_free(fast);
        check_free(exact);
        check_back_free(back);
        check_back_free(own);
        close_sample(&sample);
    }
}
END_TEST

TCase *test_cases(void)
{
    TCase *cases = tcase_create("check_words");
    tcase_add_test(cases, bounds_hold_at_executions);
    tcase_add_test(cases, forms_give_the_bounds_of_their_goals);
    tcase_add_test(cases, rounding_only_lowers_bounds_that_are_attained);
    tcase_add_test(cases, rounding_only_lowers_upper_lines);
    tcase_add_test(cases, rounding_of_products_only_lowers_bounds);
    tcase_add_test(cases, words_lose_little);
    tcase_add_test(cases, neurons_are_bounded_as_goals_are);
    return cases;
}
