/* Bounds hold at sampled executions; those in words are close to exact ones
 * and never above them where exact ones are attained. */
#include "proofs/check/check_back.h"
#include "proofs/check/check_fail.h"
#include "src/base/rng.h"
#include "tests/ref/ref_goals.h"
#include "tests/suite.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Values of all coordinates at a random point of the box, often a corner:
 * between lower[n_coordinates] and upper[n_coordinates]; false if some curve
 * has none. */
static bool draw_execution(mpq_t *lower, mpq_t *upper, struct ref_goals *sample)
{
    const struct check_network *network = &sample->network;
    for (size_t i = 0; i < network->n_inputs; i++) {
        const int64_t *ends = sample->region.ends + 2 * i;
        const size_t steps = (size_t)(ends[1] - ends[0]) / (1 << 19) + 1;
        const int64_t step = (int64_t)rng_below(&sample->rng, steps);
        const int64_t inner = ends[0] + step * (1 << 19);
        const size_t where = rng_below(&sample->rng, 3);
        mpq_set_d(lower[i],
                  ldexp((double)(where == 2 ? inner : ends[where]), -40));
        mpq_set(upper[i], lower[i]);
    }
    return check_network_enclose(lower, upper, network, 256);
}

/* The bound is not above the goal's value at an execution. */
static bool is_valid(const struct check_bound *bound,
                     const struct check_goal *goal, mpq_t *lower, mpq_t *upper)
{
    mpq_t sum;
    mpq_t term;
    mpq_inits(sum, term, NULL);
    for (size_t t = 0; t < goal->n; t++) {
        ref_goals_rational(term, &goal->terms[t].factor);
        mpq_mul(term, term,
                (mpq_sgn(term) > 0 ? upper : lower)[goal->terms[t].coordinate]);
        mpq_add(sum, sum, term);
    }
    const bool is_below =
        !bound->is_finite || check_dyadic_compare(&bound->value, sum) <= 0;
    mpq_clears(sum, term, NULL);
    return is_below;
}

static void bound_both(struct ref_goals *sample)
{
    struct check_back *back = check_back_create(&sample->network, NULL);
    check_back_bounds(sample->exact, back, &sample->region, sample->goals,
                      REF_N_GOALS, CHECK_EXACT);
    check_back_bounds(sample->fast, back, &sample->region, sample->goals,
                      REF_N_GOALS, CHECK_FAST);
    check_back_free(back);
}

static void assert_valid(struct ref_goals *sample)
{
    const size_t n = sample->network.n_coordinates;
    mpq_t *lower = check_alloc(n, sizeof *lower);
    mpq_t *upper = check_alloc(n, sizeof *upper);
    for (size_t c = 0; c < n; c++) {
        mpq_inits(lower[c], upper[c], NULL);
    }
    for (size_t e = 0; e < 10; e++) {
        const bool has_values = draw_execution(lower, upper, sample);
        for (size_t g = 0; g < REF_N_GOALS && has_values; g++) {
            ck_assert(
                is_valid(&sample->exact[g], &sample->goals[g], lower, upper));
            ck_assert(
                is_valid(&sample->fast[g], &sample->goals[g], lower, upper));
        }
    }
    for (size_t c = 0; c < n; c++) {
        mpq_clears(lower[c], upper[c], NULL);
    }
    check_free(lower);
    check_free(upper);
}

START_TEST(bounds_hold_at_executions)
{
    struct ref_goals sample = {.kind = REF_PLAIN};
    rng_init(&sample.rng, test_seed());
    for (size_t i = 0; i < test_count(300); i++) {
        sample.kind = (enum ref_weights)(i % REF_N_KINDS);
        sample.is_curved = i / REF_N_KINDS % 2 == 1;
        ref_goals_open(&sample);
        bound_both(&sample);
        assert_valid(&sample);
        ref_goals_close(&sample);
    }
}
END_TEST

/* A form bounds its goals in each box in which the lines are the same; in the
 * box that it was found in, as it did. */
START_TEST(forms_give_the_bounds_of_their_goals)
{
    enum { N = 7 };
    struct ref_goals sample = {.kind = REF_PLAIN};
    rng_init(&sample.rng, test_seed());
    mpq_t bound;
    mpq_init(bound);
    for (size_t i = 0; i < test_count(200); i++) {
        sample.kind = (enum ref_weights)(i % REF_N_KINDS);
        sample.is_curved = i / REF_N_KINDS % 2 == 1;
        ref_goals_open(&sample);
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
                ref_goals_rational(bound, &sample.fast[g].value);
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
        check_free(form.used);
        check_back_free(back);
        ref_goals_close(&sample);
    }
    mpq_clear(bound);
}
END_TEST

/* Without ReLUs the exact bound is the least value of the goal. */
START_TEST(rounding_only_lowers_bounds_that_are_attained)
{
    struct ref_goals sample = {.is_affine = true};
    rng_init(&sample.rng, test_seed());
    mpq_t exact;
    mpq_init(exact);
    for (size_t i = 0; i < test_count(300); i++) {
        sample.kind = (enum ref_weights)(i % REF_N_KINDS);
        ref_goals_open(&sample);
        bound_both(&sample);
        for (size_t g = 0; g < REF_N_GOALS; g++) {
            ck_assert(sample.exact[g].is_finite && sample.fast[g].is_finite);
            ref_goals_rational(exact, &sample.exact[g].value);
            ck_assert_int_le(check_dyadic_compare(&sample.fast[g].value, exact),
                             0);
        }
        ref_goals_close(&sample);
    }
    mpq_clear(exact);
}
END_TEST

/* Outputs of one layer of neurons, each with a negative coefficient: rounding
 * never changes which line is used. */
START_TEST(rounding_only_lowers_upper_lines)
{
    struct ref_goals sample = {.kind = REF_FINE};
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
        ref_goals_affine(&sample, &network->layers[0]);
        network->layers[1].kind = CHECK_RELU;
        network->layers[1].source = check_alloc(1 + i % 3, sizeof(uint32_t));
        ref_goals_region(&sample);
        for (size_t k = 0; k <= i % 3; k++) {
            network->layers[1].source[k] = (uint32_t)(2 + k);
        }
        check_back_intervals(&sample.region, network);
        for (size_t g = 0; g < REF_N_GOALS; g++) {
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
        for (size_t g = 0; g < REF_N_GOALS; g++) {
            ref_goals_rational(exact, &sample.exact[g].value);
            ck_assert_int_le(check_dyadic_compare(&sample.fast[g].value, exact),
                             0);
        }
        ref_goals_close(&sample);
    }
    mpz_clear(factor);
    mpq_clear(exact);
}
END_TEST

/* Draws one layer of curves, products or scales of n sums of two inputs; all
 * are scales in wide boxes, the others in boxes that are points if
 * is_attained. */
static void open_curves(struct ref_goals *sample, size_t n, bool is_attained)
{
    struct check_network *network = &sample->network;
    *network =
        (struct check_network){.n_inputs = 2, .n_layers = 2, .is_curved = true};
    network->layers = check_alloc(2, sizeof *network->layers);
    network->layers[0].first = 2;
    network->layers[0].width = network->layers[1].width = n;
    network->layers[1].first = 2 + n;
    network->n_coordinates = 2 + 2 * n;
    ref_goals_affine(sample, &network->layers[0]);
    ref_goals_curved(sample, &network->layers[1]);
    const bool is_point = is_attained && rng_below(&sample->rng, 2) == 0;
    if (is_attained && !is_point) {
        network->layers[1].kind = CHECK_SCALE;
    }
    ref_goals_region(sample);
    for (size_t i = 0; is_point && i < 2; i++) {
        sample->region.ends[2 * i + 1] = sample->region.ends[2 * i];
    }
    check_back_intervals(&sample->region, network);
}

/* Adds n coordinates from `first` on to each goal, with factors of some
 * bits. */
static void draw_factors(struct ref_goals *sample, size_t first, size_t n,
                         unsigned bits)
{
    mpz_t factor;
    mpz_init(factor);
    for (size_t g = 0; g < REF_N_GOALS; g++) {
        for (size_t k = 0; k < n; k++) {
            mpz_set_si(factor, (int64_t)rng_next(&sample->rng) >> (64 - bits));
            check_goal_add(&sample->goals[g], first + k, factor, 0);
        }
        mpz_init(sample->fast[g].value.value);
        mpz_init(sample->exact[g].value.value);
    }
    mpz_clear(factor);
}

static void assert_lower(struct ref_goals *sample)
{
    mpq_t exact;
    mpq_init(exact);
    bound_both(sample);
    for (size_t g = 0; g < REF_N_GOALS; g++) {
        ref_goals_rational(exact, &sample->exact[g].value);
        ck_assert(sample->exact[g].is_finite == sample->fast[g].is_finite);
        ck_assert_int_le(check_dyadic_compare(&sample->fast[g].value, exact),
                         0);
    }
    mpq_clear(exact);
}

/* Coefficients fit in words. At no point are lines of words between the exact
 * ones. */
START_TEST(rounding_only_lowers_lines_of_curves)
{
    struct ref_goals sample = {.kind = REF_FINE};
    rng_init(&sample.rng, test_seed());
    for (size_t i = 0; i < test_count(600); i++) {
        const size_t n = 1 + i % 3;
        sample.kind = i % 5 == 0 ? REF_EXTREME : REF_FINE;
        open_curves(&sample, n, false);
        draw_factors(&sample, 2 + n, n, 31);
        assert_lower(&sample);
        ref_goals_close(&sample);
    }
}
END_TEST

/* Coefficients do not fit in words. Bounds are attained: each charge that is
 * missing shows. */
START_TEST(rounding_of_coefficients_of_curves_only_lowers_bounds)
{
    struct ref_goals sample = {.kind = REF_FINE};
    rng_init(&sample.rng, test_seed());
    for (size_t i = 0; i < test_count(400); i++) {
        const size_t n = 1 + i % 3;
        open_curves(&sample, n, true);
        draw_factors(&sample, 2 + n, n, 60);
        assert_lower(&sample);
        ref_goals_close(&sample);
    }
}
END_TEST

/* One layer and a box on one side of 0. Coefficients fit in words, so that only
 * weights and products are rounded: at a corner of the box, which both bounds
 * are the value of, each charge that is missing shows. */
START_TEST(rounding_of_products_only_lowers_bounds)
{
    struct ref_goals sample = {.is_affine = true};
    rng_init(&sample.rng, test_seed());
    mpq_t exact;
    mpz_t factor;
    mpq_init(exact);
    mpz_init(factor);
    for (size_t i = 0; i < test_count(400); i++) {
        struct check_network *network = &sample.network;
        const size_t n = 1 + rng_below(&sample.rng, REF_MOST_INPUTS);
        sample.kind = i % 2 == 0 ? REF_FINE : REF_GRID;
        *network = (struct check_network){.n_inputs = n, .n_layers = 1};
        network->layers = check_alloc(1, sizeof *network->layers);
        network->layers[0].first = n;
        network->layers[0].width = 1 + i % REF_MOST_WIDTH;
        network->n_coordinates = n + network->layers[0].width;
        ref_goals_affine(&sample, &network->layers[0]);
        memset(network->layers[0].bias, 0,
               network->layers[0].width * sizeof(double));
        ref_goals_region(&sample);
        for (size_t e = 0; e < 2 * n; e++) {
            const int64_t one = (int64_t)1 << 40;
            sample.region.ends[e] = (i % 4 < 2 ? one : -one) + (int64_t)(e % 2);
        }
        check_back_intervals(&sample.region, network);
        for (size_t g = 0; g < REF_N_GOALS; g++) {
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
        for (size_t g = 0; g < REF_N_GOALS; g++) {
            ref_goals_rational(exact, &sample.exact[g].value);
            ck_assert_int_le(check_dyadic_compare(&sample.fast[g].value, exact),
                             0);
        }
        ref_goals_close(&sample);
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

/* The bounds of a goal in words and in integers, and what its interval ends
 * give: their difference as a share of that. */
static double get_loss(const struct ref_goals *sample, size_t g)
{
    double size = 0.0;
    for (size_t t = 0; t < sample->goals[g].n; t++) {
        const struct check_goal_term *term = &sample->goals[g].terms[t];
        const int64_t *ends = sample->region.ends + 2 * term->coordinate;
        const struct check_bound factor = {.value = term->factor};
        size +=
            fabs(as_double(&factor)) *
            fmax(0x1p36, fmax(fabs((double)ends[0]), fabs((double)ends[1])));
    }
    const double loss =
        fabs(as_double(&sample->fast[g]) - as_double(&sample->exact[g]));
    return size > 0.0 ? loss / ldexp(size, -36) : 0.0;
}

/* Chains of curves may pass through numbers that are much larger than the ends:
 * few of them do. */
START_TEST(words_lose_little)
{
    struct ref_goals sample = {.kind = REF_PLAIN};
    rng_init(&sample.rng, test_seed());
    double most = 0.0;
    size_t n = 0;
    size_t n_large = 0;
    for (size_t i = 0; i < test_count(300); i++) {
        sample.is_curved = i % 2 == 1;
        ref_goals_open(&sample);
        bound_both(&sample);
        for (size_t g = 0; g < REF_N_GOALS; g++) {
            ck_assert(sample.fast[g].is_finite || !sample.exact[g].is_finite);
            if (sample.exact[g].is_finite) {
                const double loss = get_loss(&sample, g);
                n++;
                n_large += sample.is_curved && loss > 1e-5 ? 1 : 0;
                most = sample.is_curved ? most : fmax(most, loss);
            }
        }
        ref_goals_close(&sample);
    }
    printf("most lost, relative to interval ends: %g; %zu of %zu more\n", most,
           n_large, n);
    ck_assert_double_lt(most, 1e-4);
    ck_assert(n_large < n / 200);
}
END_TEST

START_TEST(neurons_are_bounded_as_goals_are)
{
    struct ref_goals sample = {.kind = REF_PLAIN};
    rng_init(&sample.rng, test_seed());
    for (size_t i = 0; i < test_count(200); i++) {
        ref_goals_open(&sample);
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
        ref_goals_close(&sample);
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
    tcase_add_test(cases, rounding_only_lowers_lines_of_curves);
    tcase_add_test(cases,
                   rounding_of_coefficients_of_curves_only_lowers_bounds);
    tcase_add_test(cases, rounding_of_products_only_lowers_bounds);
    tcase_add_test(cases, words_lose_little);
    tcase_add_test(cases, neurons_are_bounded_as_goals_are);
    return cases;
}
