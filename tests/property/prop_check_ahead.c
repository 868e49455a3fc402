/* The checker's forms of values hold at executions, and know more than
 * intervals. */
#include "proofs/check/check_ahead.h"
#include "proofs/check/check_back.h"
#include "proofs/check/check_fail.h"
#include "src/base/rng.h"
#include "tests/ref/ref_goals.h"
#include "tests/suite.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Prepared weights and lines of a network. */
struct tools {
    struct check_matrix *matrices;
    struct check_kept *kept;
    struct check_ahead *ahead;
};

static void tools_open(struct tools *tools, const struct check_network *network)
{
    tools->matrices = check_alloc(network->n_layers, sizeof *tools->matrices);
    tools->kept = check_alloc(network->n_coordinates, sizeof *tools->kept);
    for (size_t l = 0; l < network->n_layers; l++) {
        if (network->layers[l].kind == CHECK_AFFINE) {
            check_matrix_init(&tools->matrices[l], &network->layers[l]);
        }
    }
    tools->ahead = check_ahead_create(network, tools->matrices, tools->kept);
    check_ahead_reset(tools->ahead);
}

static void tools_close(struct tools *tools,
                        const struct check_network *network)
{
    for (size_t l = 0; l < network->n_layers; l++) {
        check_matrix_clear(&tools->matrices[l]);
    }
    check_ahead_free(tools->ahead);
    check_free(tools->matrices);
    check_free(tools->kept);
}

/* Values of all coordinates at a random point of the box, often a corner. */
static bool draw_execution(mpq_t *lower, mpq_t *upper, struct ref_goals *sample)
{
    for (size_t i = 0; i < sample->network.n_inputs; i++) {
        const int64_t *ends = sample->region.ends + 2 * i;
        const double share = rng_below(&sample->rng, 3) == 0
                                 ? rng_unit(&sample->rng)
                                 : (double)rng_below(&sample->rng, 2);
        const int64_t at =
            ends[0] + (int64_t)floor(share * (double)(ends[1] - ends[0]));
        mpq_set_si(lower[i], at < ends[1] ? at : ends[1], 1);
        mpq_div_2exp(lower[i], lower[i], sample->region.box_bits);
        mpq_set(upper[i], lower[i]);
    }
    return check_network_enclose(lower, upper, &sample->network, 256);
}

/* Whether range[0] <= v <= range[1], in units of 2^-bits. */
static bool is_in(const int64_t range[2], const mpq_t lower, const mpq_t upper,
                  unsigned bits)
{
    mpq_t end;
    mpq_init(end);
    mpq_set_si(end, range[0], 1);
    mpq_div_2exp(end, end, bits);
    const bool is_above = mpq_cmp(upper, end) >= 0;
    mpq_set_si(end, range[1], 1);
    mpq_div_2exp(end, end, bits);
    const bool is_below = mpq_cmp(lower, end) <= 0;
    mpq_clear(end);
    return is_above && is_below;
}

/* Checks all ranges at some executions; counts those that are narrower than
 * intervals. */
static size_t check_ranges(struct ref_goals *sample, struct tools *tools)
{
    const struct check_network *network = &sample->network;
    const size_t n = network->n_coordinates;
    mpq_t *lower = check_alloc(n, sizeof *lower);
    mpq_t *upper = check_alloc(n, sizeof *upper);
    size_t n_narrow = 0;
    for (size_t c = 0; c < n; c++) {
        mpq_inits(lower[c], upper[c], NULL);
    }
    for (size_t e = 0; e < 10; e++) {
        const bool has_values = draw_execution(lower, upper, sample);
        for (size_t c = network->n_inputs; c < n && has_values; c++) {
            int64_t range[2];
            const int64_t *ends = sample->region.ends + 2 * c;
            if (check_ahead_range(range, tools->ahead, &sample->region,
                                  (uint32_t)c)) {
                ck_assert(
                    is_in(range, lower[c], upper[c], sample->region.fact_bits));
                n_narrow += range[0] > ends[0] + 1 || range[1] < ends[1] - 1;
            }
        }
    }
    for (size_t c = 0; c < n; c++) {
        mpq_clears(lower[c], upper[c], NULL);
    }
    check_free(lower);
    check_free(upper);
    return n_narrow;
}

START_TEST(ranges_hold_at_executions)
{
    struct ref_goals sample = {.kind = REF_PLAIN};
    size_t n_narrow = 0;
    rng_init(&sample.rng, test_seed());
    for (size_t i = 0; i < test_count(600); i++) {
        struct tools tools;
        sample.kind = (enum ref_weights)(i % REF_N_KINDS);
        sample.is_curved = i / REF_N_KINDS % 2 == 1;
        ref_goals_open(&sample);
        tools_open(&tools, &sample.network);
        n_narrow += check_ranges(&sample, &tools);
        tools_close(&tools, &sample.network);
        ref_goals_close(&sample);
    }
    ck_assert_msg(n_narrow > 1000, "only %zu ranges are narrow", n_narrow);
}
END_TEST

/* Another box inside ends[]: some inputs stay as they are, some vary as there,
 * others are one end. */
static void change_box(struct ref_goals *sample, const int64_t *ends)
{
    for (size_t i = 0; i < sample->network.n_inputs; i++) {
        int64_t *own = sample->region.ends + 2 * i;
        const uint64_t what = rng_below(&sample->rng, 6);
        own[0] = what < 2 ? ends[2 * i] : own[0];
        own[1] = what < 1 ? ends[2 * i + 1] : what < 2 ? own[0] : own[1];
    }
    check_back_intervals(&sample->region, &sample->network);
}

/* Compares ranges of forms that were found in other boxes before with those
 * that were not, up to some coordinate. */
static void compare_with_new(struct ref_goals *sample, struct tools *tools)
{
    const struct check_network *network = &sample->network;
    const size_t n = network->n_inputs;
    const size_t end =
        n + rng_below(&sample->rng, network->n_coordinates - n + 1);
    struct tools other;
    tools_open(&other, network);
    check_ahead_reset(tools->ahead);
    for (size_t c = n; c < end; c++) {
        int64_t range[2] = {0};
        int64_t expected[2] = {0};
        const bool has = check_ahead_range(range, tools->ahead, &sample->region,
                                           (uint32_t)c);
        ck_assert(has == check_ahead_range(expected, other.ahead,
                                           &sample->region, (uint32_t)c));
        ck_assert_int_eq(range[0], expected[0]);
        ck_assert_int_eq(range[1], expected[1]);
    }
    tools_close(&other, network);
}

START_TEST(forms_kept_are_those_found_anew)
{
    struct ref_goals sample = {.kind = REF_PLAIN};
    rng_init(&sample.rng, test_seed());
    for (size_t i = 0; i < test_count(100); i++) {
        struct tools tools;
        sample.kind = (enum ref_weights)(i % REF_N_KINDS);
        sample.is_curved = i / REF_N_KINDS % 2 == 1;
        ref_goals_open(&sample);
        tools_open(&tools, &sample.network);
        const size_t n_ends = 2 * sample.network.n_inputs;
        int64_t *ends = check_alloc(n_ends, sizeof *ends);
        memcpy(ends, sample.region.ends, n_ends * sizeof *ends);
        for (size_t k = 0; k < 6; k++) {
            compare_with_new(&sample, &tools);
            change_box(&sample, ends);
        }
        check_free(ends);
        tools_close(&tools, &sample.network);
        ref_goals_close(&sample);
    }
}
END_TEST

enum { SMALL_BOX_BITS = 28, LARGE_FACT_BITS = 60 };

/* The range of w x0 - 3/4 x1 + (2^-10 + 2^-31) x2 at x0 = x1 = 1, x2 from 0 to
 * `high` units of 2^-SMALL_BOX_BITS. */
static void find_range(int64_t range[2], double w, int64_t high)
{
    enum { N = 3 };
    const int64_t one = (int64_t)1 << SMALL_BOX_BITS;
    size_t start[] = {0, N};
    uint32_t column[] = {0, 1, 2};
    double weight[] = {w, -0.75, 0x1p-10 + 0x1p-31};
    double bias[] = {0.0};
    struct check_layer layer = {.kind = CHECK_AFFINE,
                                .first = N,
                                .width = 1,
                                .start = start,
                                .column = column,
                                .weight = weight,
                                .bias = bias};
    const struct check_network network = {
        .n_inputs = N, .n_layers = 1, .n_coordinates = N + 1, .layers = &layer};
    int64_t ends[] = {one, one, one, one, 0, high, 0, 0};
    const struct check_region region = {.box_bits = SMALL_BOX_BITS,
                                        .fact_bits = LARGE_FACT_BITS,
                                        .n_inputs = N,
                                        .n_coordinates = N + 1,
                                        .ends = ends};
    struct tools tools;
    tools_open(&tools, &network);
    ck_assert(check_ahead_range(range, tools.ahead, &region, N));
    tools_close(&tools, &network);
}

/* Of the weight 3/4 + 2^-31 - 2^-50, 3/4 is left in words, and what it loses is
 * all there is. */
START_TEST(what_weights_lose_counts)
{
    const int64_t least = ((int64_t)1 << 29) - ((int64_t)1 << 10);
    const int64_t most = least + ((int64_t)1 << 30) + 512;
    int64_t range[2];
    find_range(range, 0.75 + 0x1p-31 - 0x1p-50, 256);
    ck_assert_int_le(range[0], least);
    ck_assert_int_ge(range[1], most);
    ck_assert_int_le(range[1] - range[0], 4 * most);
}
END_TEST

/* The middle of an odd number of units is no unit. */
START_TEST(halves_of_units_count)
{
    const int64_t unit = ((int64_t)1 << 22) + 2;
    int64_t range[2];
    find_range(range, 0.75, 3);
    ck_assert_int_le(range[0], 0);
    ck_assert_int_ge(range[1], 3 * unit);
    ck_assert_int_ge(range[0], -2 * unit);
    ck_assert_int_le(range[1], 5 * unit);
}
END_TEST

/* The range of bias + the sum of n inputs in [0, high] units of
 * 2^-SMALL_BOX_BITS; false if there is none. */
static bool find_sum_range(int64_t range[2], size_t n, double bias,
                           int64_t high)
{
    enum { MOST = CHECK_AHEAD_INPUTS + 1 };
    size_t start[] = {0, n};
    uint32_t column[MOST];
    double weight[MOST];
    int64_t ends[2 * MOST + 2] = {0};
    for (size_t i = 0; i < n; i++) {
        column[i] = (uint32_t)i;
        weight[i] = 1.0;
        ends[2 * i + 1] = high;
    }
    struct check_layer layer = {.kind = CHECK_AFFINE,
                                .first = n,
                                .width = 1,
                                .start = start,
                                .column = column,
                                .weight = weight,
                                .bias = &bias};
    const struct check_network network = {
        .n_inputs = n, .n_layers = 1, .n_coordinates = n + 1, .layers = &layer};
    const struct check_region region = {.box_bits = SMALL_BOX_BITS,
                                        .fact_bits = SMALL_BOX_BITS,
                                        .n_inputs = n,
                                        .n_coordinates = n + 1,
                                        .ends = ends};
    struct tools tools;
    tools_open(&tools, &network);
    const bool is_found =
        check_ahead_range(range, tools.ahead, &region, (uint32_t)n);
    tools_close(&tools, &network);
    return is_found;
}

START_TEST(all_inputs_count_and_more_have_no_forms)
{
    for (size_t n = 1; n <= CHECK_AHEAD_INPUTS; n++) {
        int64_t range[2];
        ck_assert(find_sum_range(range, n, 0.0, 1 << 20));
        ck_assert_int_le(range[0], 0);
        ck_assert_int_ge(range[0], -512);
        ck_assert_int_ge(range[1], (int64_t)n << 20);
        ck_assert_int_le(range[1], ((int64_t)n << 20) + 512);
    }
    int64_t range[2];
    ck_assert(!find_sum_range(range, CHECK_AHEAD_INPUTS + 1, 0.0, 1 << 20));
}
END_TEST

/* Inputs of a few units do not fix the units of a sum with a bias. */
START_TEST(biases_of_any_size_fit)
{
    const double biases[] = {1.0, -1.0, 0x1p10, 0x1p30};
    for (size_t i = 0; i < sizeof biases / sizeof *biases; i++) {
        int64_t range[2];
        const int64_t middle = (int64_t)ldexp(biases[i], SMALL_BOX_BITS);
        ck_assert(find_sum_range(range, 2, biases[i], 8));
        ck_assert_int_le(range[0], middle);
        ck_assert_int_ge(range[1], middle + 16);
        ck_assert_int_le(range[1] - range[0], 256 + (llabs(middle) >> 23));
    }
}
END_TEST

TCase *test_cases(void)
{
    TCase *tests = tcase_create("check_ahead");
    tcase_add_test(tests, ranges_hold_at_executions);
    tcase_add_test(tests, forms_kept_are_those_found_anew);
    tcase_add_test(tests, what_weights_lose_counts);
    tcase_add_test(tests, halves_of_units_count);
    tcase_add_test(tests, all_inputs_count_and_more_have_no_forms);
    tcase_add_test(tests, biases_of_any_size_fit);
    return tests;
}
