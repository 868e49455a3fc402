/* Shares of a softmax in the checker: which coefficient is taken from all, and
 * that its multiple of their sum is counted, in words and in integers. */
#include "proofs/check/check_back.h"
#include "proofs/check/check_fail.h"
#include "proofs/check/check_share.h"
#include "tests/ref/ref_reading.h"
#include "tests/suite.h"

#include <math.h>
#include <string.h>

enum { N = 4, N_ROWS = 3, N_GOALS = 5, BOX_BITS = 40, FACT_BITS = 36 };

static size_t find_median(const double *q, const double *gap, size_t n)
{
    struct check_weighted of[N];
    for (size_t k = 0; k < n; k++) {
        of[k] = (struct check_weighted){q[k], gap[k], k};
    }
    return check_share_median(of, n);
}

START_TEST(the_median_has_half_of_the_gaps_on_each_side)
{
    const double q[] = {3.0, -1.0, 2.0, 7.0};
    ck_assert_uint_eq(find_median(q, (const double[]){1, 1, 1, 1}, 4), 2);
    ck_assert_uint_eq(find_median(q, (const double[]){1, 1, 1, 4}, 4), 3);
    ck_assert_uint_eq(find_median(q, (const double[]){1, 9, 1, 4}, 4), 1);
    ck_assert_uint_eq(find_median(q, (const double[]){3, 1, 1, 1}, 4), 0);
    ck_assert_uint_eq(find_median(q, (const double[]){0, 0, 0, 0}, 4), 1);
    ck_assert_uint_eq(find_median(q, (const double[]){1}, 1), 0);
}
END_TEST

/* Softmax of each column of x[N_ROWS, N], or of each row, with facts by
 * intervals of the box [-1, 1]. */
struct sample {
    char path[64];
    struct check_network *network;
    struct check_region region;
    const struct check_layer *shares;
};

static void sample_open(struct sample *s, int64_t axis)
{
    static const int64_t dims[] = {N_ROWS, N};
    struct ref_model model = {.opset = 13};
    ref_model_input(&model, "x", 1, dims, 2);
    ref_model_output(&model, "y", 1, dims, 2);
    ref_model_node(&model, "Softmax", "x", "y");
    ref_node_int(&model, "axis", axis);
    *s = (struct sample){.shares = NULL};
    ref_model_write(s->path, &model);
    s->network = check_network_load(s->path);
    const size_t n = s->network->n_coordinates;
    s->region = (struct check_region){.box_bits = BOX_BITS,
                                      .fact_bits = FACT_BITS,
                                      .slope_bits = 16,
                                      .lower_bits = 8,
                                      .n_inputs = s->network->n_inputs,
                                      .n_coordinates = n};
    s->region.ends = check_alloc(2 * n, sizeof *s->region.ends);
    s->region.line = check_alloc(n, sizeof *s->region.line);
    s->region.slope = check_alloc(n, sizeof *s->region.slope);
    for (size_t i = 0; i < s->network->n_inputs; i++) {
        s->region.ends[2 * i] = -((int64_t)1 << BOX_BITS);
        s->region.ends[2 * i + 1] = (int64_t)1 << BOX_BITS;
    }
    check_back_intervals(&s->region, s->network);
    for (size_t l = 0; l < s->network->n_layers; l++) {
        const struct check_layer *layer = &s->network->layers[l];
        s->shares = layer->n_shares > 0 ? layer : s->shares;
    }
    ck_assert_ptr_nonnull(s->shares);
}

static void sample_close(struct sample *s)
{
    check_free(s->region.ends);
    check_free(s->region.line);
    check_free(s->region.slope);
    check_network_free(s->network);
    ref_file_remove(s->path);
}

/* Asserts that a bound of `sum` is nearly that and no more. */
static void assert_tight(double bound, double sum, const char *where)
{
    ck_assert_msg(bound <= sum && bound > sum - 1e-5, "%s: %.9f for %.9f",
                  where, bound, sum);
}

/* c times the sum of number `number`, whose coordinates have the same
 * coefficient, is c: in words, without integers taking over. */
static void bound_in_words(const struct sample *s, size_t number, double c)
{
    struct check_words words = {0};
    const int64_t q = (int64_t)ldexp(c, 20);
    check_words_init(&words, s->network, NULL);
    check_words_reset(&words, 1);
    for (size_t k = 0; k < s->shares->n_shares; k++) {
        check_words_add(&words, 0, check_share_at(s->shares, number, k),
                        (const int64_t[2]){q, 0}, -20);
    }
    check_words_run(&words, &s->region, false, NULL);
    ck_assert(!words.is_dead[0]);
    assert_tight(ldexp((double)words.sums[0], -CHECK_SUM_BITS), c, "words");
    check_words_clear(&words);
}

/* The same in integers. */
static void bound_in_integers(const struct sample *s, size_t number, double c)
{
    struct check_goal goal = {0};
    struct check_bound bound = {0};
    struct check_back *back = check_back_create(s->network, NULL);
    mpz_t q;
    mpz_init_set_si(q, (long)ldexp(c, 20));
    mpz_init(bound.value.value);
    for (size_t k = 0; k < s->shares->n_shares; k++) {
        check_goal_add(&goal, check_share_at(s->shares, number, k), q, -20);
    }
    check_back_bounds(&bound, back, &s->region, &goal, 1, CHECK_EXACT);
    ck_assert(bound.is_finite);
    assert_tight(ldexp(mpz_get_d(bound.value.value), (int)bound.value.exponent),
                 c, "integers");
    mpz_clear(q);
    mpz_clear(bound.value.value);
    check_goal_clear(&goal);
    check_back_free(back);
}

START_TEST(sums_are_what_all_shares_have_in_common)
{
    static const double factors[N_GOALS] = {1.0, -1.0, 0.375, -2.75, 100.0};
    for (int64_t axis = 0; axis < 2; axis++) {
        struct sample s;
        sample_open(&s, axis);
        const size_t n = s.shares->width / s.shares->n_shares;
        ck_assert_uint_eq(n, axis == 0 ? N : N_ROWS);
        for (size_t i = 0; i < n * N_GOALS; i++) {
            bound_in_words(&s, i / N_GOALS, factors[i % N_GOALS]);
            bound_in_integers(&s, i / N_GOALS, factors[i % N_GOALS]);
        }
        sample_close(&s);
    }
}
END_TEST

TCase *test_cases(void)
{
    TCase *cases = tcase_create("check_share");
    tcase_add_test(cases, the_median_has_half_of_the_gaps_on_each_side);
    tcase_add_test(cases, sums_are_what_all_shares_have_in_common);
    return cases;
}
