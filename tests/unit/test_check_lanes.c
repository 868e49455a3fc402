/* Sets of coordinates, and what words cost where few are used. */
#include "proofs/check/check_back.h"
#include "proofs/check/check_fail.h"
#include "proofs/check/check_lanes.h"
#include "src/base/rng.h"
#include "tests/suite.h"

#include <stdbool.h>
#include <string.h>

enum { N = 300, N_WORDS = N / CHECK_WORD + 1, N_INPUTS = 40 };

/* A random set as bits and as flags. */
static void draw_set(uint64_t *set, bool *flags, struct rng *rng)
{
    memset(set, 0, N_WORDS * sizeof *set);
    for (size_t i = 0; i < N; i++) {
        flags[i] = rng_below(rng, 3) == 0;
        if (flags[i]) {
            check_set_add(set, i);
        }
    }
}

static void assert_same(const uint64_t *set, const bool *flags)
{
    for (size_t i = 0; i < N; i++) {
        const bool is_in = (set[i / CHECK_WORD] >> i % CHECK_WORD & 1) != 0;
        ck_assert(is_in == flags[i]);
    }
}

START_TEST(sets_are_those_of_flags)
{
    struct rng rng;
    rng_init(&rng, test_seed());
    for (size_t t = 0; t < test_count(500); t++) {
        uint64_t set[N_WORDS];
        uint64_t other[N_WORDS];
        bool flags[N];
        bool other_flags[N];
        uint32_t list[N];
        const size_t low = rng_below(&rng, N + 1);
        const size_t end = low + rng_below(&rng, N + 1 - low);
        draw_set(set, flags, &rng);
        draw_set(other, other_flags, &rng);
        const size_t n = check_set_list(list, set, low, end);
        size_t n_found = 0;
        for (size_t i = low; i < end; i++) {
            if (flags[i]) {
                ck_assert_uint_lt(n_found, n);
                ck_assert_uint_eq(list[n_found], i);
                n_found++;
            }
        }
        ck_assert_uint_eq(n_found, n);
        check_set_move(set, other, low, end);
        for (size_t i = low; i < end; i++) {
            flags[i] = flags[i] || other_flags[i];
            other_flags[i] = false;
        }
        assert_same(set, flags);
        assert_same(other, other_flags);
        check_set_remove(set, low, end);
        memset(flags + low, 0, end - low);
        assert_same(set, flags);
    }
}
END_TEST

/* A row that reads the first and the last input: what lies between does not
 * change its bound, however large it is. */
START_TEST(values_that_no_row_reads_cost_nothing)
{
    static size_t start[] = {0, 2, 4};
    static uint32_t column[] = {0, N_INPUTS - 1, 1, N_INPUTS - 2};
    static double weight[] = {1.0 / 3.0, -1.0 / 3.0, 0x1p-40, 1.0};
    static double bias[2];
    struct check_layer layer = {.kind = CHECK_AFFINE,
                                .first = N_INPUTS,
                                .width = 2,
                                .start = start,
                                .column = column,
                                .weight = weight,
                                .bias = bias};
    const struct check_network network = {.n_inputs = N_INPUTS,
                                          .n_coordinates = N_INPUTS + 2,
                                          .n_layers = 1,
                                          .layers = &layer};
    int64_t ends[2 * (N_INPUTS + 2)];
    int64_t bounds[2][2];
    const uint32_t z = N_INPUTS;
    const struct check_region region = {.box_bits = 40,
                                        .fact_bits = 36,
                                        .slope_bits = 16,
                                        .lower_bits = 8,
                                        .n_inputs = N_INPUTS,
                                        .n_coordinates = N_INPUTS + 2,
                                        .ends = ends};
    for (size_t i = 0; i < N_INPUTS + 2; i++) {
        const int64_t end = i == 0 || i == N_INPUTS - 1 ? 1 : (int64_t)1 << 16;
        ends[2 * i] = -end * ((int64_t)1 << 40);
        ends[2 * i + 1] = end * ((int64_t)1 << 40);
    }
    struct check_back *back = check_back_create(&network, NULL);
    check_back_neurons(bounds[0], back, &region, &z, 1, CHECK_FAST);
    check_back_neurons(bounds[1], back, &region, &z, 1, CHECK_EXACT);
    ck_assert_int_le(bounds[0][0], bounds[1][0]);
    ck_assert_int_ge(bounds[0][1], bounds[1][1]);
    ck_assert_int_le(bounds[1][0] - bounds[0][0], 1 << 10);
    ck_assert_int_le(bounds[0][1] - bounds[1][1], 1 << 10);
    check_back_free(back);
}
END_TEST

TCase *test_cases(void)
{
    TCase *cases = tcase_create("check_lanes");
    tcase_add_test(cases, sets_are_those_of_flags);
    tcase_add_test(cases, values_that_no_row_reads_cost_nothing);
    return cases;
}
