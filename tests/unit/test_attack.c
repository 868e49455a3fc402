/* Searches whose answer is known, from corners to crowds of disjuncts. */
#include "src/attack/attack.h"
#include "src/base/log.h"
#include "tests/ref/ref_chain.h"
#include "tests/suite.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const struct attack_effort EFFORT = {64, 40};

#define MODELS "benchmarks/models"

#define SQUARE                                 \
    "(assert (>= X_0 -1)) (assert (<= X_0 1))" \
    "(assert (>= X_1 -1)) (assert (<= X_1 1))"

/* y_0 = x_0 + x_1, y_1 = x_0 - x_1. */
static struct query *sum_query(const char *property)
{
    const size_t widths[2] = {2, 2};
    const double weight[4] = {1.0, 1.0, 1.0, -1.0};
    const double bias[2] = {0.0, 0.0};
    const struct ref_chain chain = {.n_layers = 1,
                                    .widths = widths,
                                    .weight = (const double *[]){weight},
                                    .bias = (const double *[]){bias},
                                    .is_float64 = false};
    log_set_level(LOG_ERROR);
    return ref_chain_query(&chain, property);
}

/* y = 1 - 20 |x_0 - 0.3| + x_1 / 16: a narrow ridge. */
static struct query *ridge_query(const char *property)
{
    const size_t widths[3] = {2, 3, 1};
    const double first[6] = {1.0, 0.0, -1.0, 0.0, 0.0, 1.0};
    const double second[3] = {-20.0, -20.0, 0.0625};
    const double biases[3] = {-0.3, 0.3, 1.0};
    const double last[1] = {0.9375};
    const struct ref_chain chain = {.n_layers = 2,
                                    .widths = widths,
                                    .weight = (const double *[]){first, second},
                                    .bias = (const double *[]){biases, last},
                                    .is_float64 = false};
    log_set_level(LOG_ERROR);
    return ref_chain_query(&chain, property);
}

/* Runs on the whole box of case 0. */
static bool run(struct attack *attack, struct witness *witness,
                const struct query *query)
{
    return attack_run(attack, witness, 0, query->cases[0].lower_down,
                      query->cases[0].upper_up, EFFORT, NULL);
}

static bool finds(struct query *query)
{
    struct attack *attack = attack_create(query, test_seed());
    struct witness witness = {0};
    const bool is_found = run(attack, &witness, query);
    ck_assert((witness.x != NULL) == is_found);
    ck_assert_uint_gt(attack_points(attack), 0);
    witness_clear(&witness);
    attack_destroy(attack);
    query_destroy(query);
    return is_found;
}

START_TEST(a_single_corner_is_found)
{
    ck_assert(finds(sum_query(SQUARE "(assert (>= Y_0 2))")));
    ck_assert(finds(sum_query(SQUARE "(assert (<= Y_1 -2))")));
}
END_TEST

START_TEST(nothing_is_found_beyond_the_corner)
{
    ck_assert(!finds(sum_query(SQUARE "(assert (> Y_0 2))")));
    ck_assert(!finds(sum_query(SQUARE "(assert (>= Y_0 1))"
                                      "(assert (>= Y_1 1.5))")));
}
END_TEST

START_TEST(a_narrow_ridge_is_found)
{
    ck_assert(finds(ridge_query(SQUARE "(assert (>= Y_0 1.05))")));
    ck_assert(!finds(ridge_query(SQUARE "(assert (>= Y_0 1.07))")));
}
END_TEST

START_TEST(all_atoms_of_a_conjunction_must_hold)
{
    ck_assert(finds(sum_query(SQUARE "(assert (>= Y_0 0.9))"
                                     "(assert (>= Y_1 0.9))")));
}
END_TEST

START_TEST(atoms_over_inputs_pull_too)
{
    ck_assert(finds(sum_query(SQUARE "(assert (<= Y_0 X_0))"
                                     "(assert (>= Y_1 1.9))")));
    ck_assert(!finds(sum_query(SQUARE "(assert (<= Y_0 X_0))"
                                      "(assert (>= X_1 0.5))")));
}
END_TEST

START_TEST(a_case_without_atoms_is_met_at_once)
{
    ck_assert(finds(sum_query(SQUARE "(assert (<= X_0 0.5))")));
}
END_TEST

START_TEST(one_open_disjunct_among_many_is_found)
{
    enum { N_DISJUNCTS = 100, OPEN = 73 };
    static char text[16384];
    size_t n = (size_t)snprintf(text, sizeof text, "%s(assert (or", SQUARE);
    for (int d = 0; d < N_DISJUNCTS; d++) {
        const size_t room = sizeof text - n;
        const int n_printed =
            d == OPEN
                ? snprintf(text + n, room, "(and (>= Y_0 1.99) (<= Y_1 %d))", d)
                : snprintf(text + n, room, "(and (>= Y_0 2.1) (>= Y_1 -%d))",
                           d);
        ck_assert_int_gt(n_printed, 0);
        n += (size_t)n_printed;
    }
    (void)snprintf(text + n, sizeof text - n, "))");
    ck_assert(finds(sum_query(text)));
}
END_TEST

START_TEST(the_same_seed_finds_the_same_witness)
{
    struct query *query = ridge_query(SQUARE "(assert (>= Y_0 1))");
    struct witness witness[2] = {{0}, {0}};
    for (size_t i = 0; i < 2; i++) {
        struct attack *attack = attack_create(query, 5);
        ck_assert(run(attack, &witness[i], query));
        attack_destroy(attack);
    }
    ck_assert_mem_eq(witness[0].x, witness[1].x, 2 * sizeof(double));
    witness_clear(&witness[0]);
    witness_clear(&witness[1]);
    query_destroy(query);
}
END_TEST

START_TEST(only_the_given_part_of_the_box_is_searched)
{
    struct query *query = sum_query(SQUARE "(assert (>= Y_0 1))");
    struct attack *attack = attack_create(query, test_seed());
    struct witness witness = {0};
    const double lower[2] = {-1.0, -1.0};
    const double below[2] = {0.5, 0.25};
    const double above[2] = {0.5, 0.75};
    ck_assert(!attack_run(attack, &witness, 0, lower, below, EFFORT, NULL));
    ck_assert(attack_run(attack, &witness, 0, lower, above, EFFORT, NULL));
    ck_assert(witness.x[0] + witness.x[1] >= 1.0);
    ck_assert(witness.x[0] <= 0.5 && witness.x[1] <= 0.75);
    witness_clear(&witness);
    attack_destroy(attack);
    query_destroy(query);
}
END_TEST

START_TEST(a_part_between_two_floats_gives_a_neighbour)
{
    struct query *query = sum_query(SQUARE "(assert (>= Y_0 0.1))");
    struct attack *attack = attack_create(query, test_seed());
    struct witness witness = {0};
    const double lower[2] = {0.1, 0.1};
    ck_assert(attack_run(attack, &witness, 0, lower, lower, EFFORT, NULL));
    ck_assert(fabs(witness.x[0] - 0.1) < 1e-8);
    witness_clear(&witness);
    attack_destroy(attack);
    query_destroy(query);
}
END_TEST

START_TEST(an_ended_budget_stops_the_search)
{
    struct query *query = sum_query(SQUARE "(assert (> Y_0 2))");
    struct attack *attack = attack_create(query, test_seed());
    struct witness witness = {0};
    const struct budget ended = {.deadline_s = 0.0, .memory_bytes = 0};
    ck_assert(!attack_run(attack, &witness, 0, query->cases[0].lower_down,
                          query->cases[0].upper_up, EFFORT, &ended));
    ck_assert_uint_le(attack_points(attack), 64);
    attack_destroy(attack);
    query_destroy(query);
}
END_TEST

START_TEST(single_points_are_tried)
{
    struct query *query = sum_query(SQUARE "(assert (>= Y_0 1.5))");
    struct attack *attack = attack_create(query, test_seed());
    struct witness witness = {0};
    ck_assert(
        !attack_try_point(attack, &witness, 0, (const double[]){0.5, 0.75}));
    ck_assert(!attack_try_point(attack, &witness, 0,
                                (const double[]){HUGE_VAL, 0.75}));
    ck_assert(
        attack_try_point(attack, &witness, 0, (const double[]){1.5, 0.75}));
    ck_assert(witness.x[0] <= 1.0 && witness.y[0] >= 1.5);
    witness_clear(&witness);
    attack_destroy(attack);
    query_destroy(query);
}
END_TEST

START_TEST(near_misses_are_counted_and_refused)
{
    const size_t widths[2] = {1, 1};
    const double weight[1] = {1.0};
    const double bias[1] = {0x1p-30};
    const struct ref_chain chain = {.n_layers = 1,
                                    .widths = widths,
                                    .weight = (const double *[]){weight},
                                    .bias = (const double *[]){bias},
                                    .is_float64 = false};
    log_set_level(LOG_ERROR);
    struct query *query =
        ref_chain_query(&chain, "(assert (>= X_0 0.5)) (assert (<= X_0 1))"
                                "(assert (> Y_0 1))");
    struct attack *attack = attack_create(query, test_seed());
    struct witness witness = {0};
    ck_assert(!run(attack, &witness, query));
    ck_assert_uint_gt(attack_near_misses(attack), 0);
    attack_destroy(attack);
    query_destroy(query);
}
END_TEST

START_TEST(a_point_costs_each_weight_twice)
{
    struct query *query = sum_query(SQUARE "(assert (> Y_0 2))");
    /* four values and four weights */
    const double work = attack_point_work(query);
    ck_assert(work >= 12.0 && work <= 12.0);
    query_destroy(query);
}
END_TEST

START_TEST(known_witnesses_of_acasxu_are_found)
{
    static const char *const rows[3][2] = {
        {"1_9", "7"}, {"2_5", "2"}, {"1_7", "4"}};
    for (size_t row = 0; row < 3; row++) {
        char net_path[256];
        char query_path[256];
        (void)snprintf(net_path, sizeof net_path,
                       "vnncomp/acasxu/onnx/ACASXU_run2a_%s_batch_2000.onnx.gz",
                       rows[row][0]);
        (void)snprintf(query_path, sizeof query_path,
                       "vnncomp/acasxu/vnnlib/prop_%s.vnnlib.gz", rows[row][1]);
        const char *shared = test_shared("test_attack", net_path);
        if (shared == NULL) {
            return;
        }
        (void)snprintf(net_path, sizeof net_path, "%s", shared);
        shared = test_shared("test_attack", query_path);
        if (shared == NULL) {
            return;
        }
        const struct query_network network = {NULL, net_path};
        struct query *query = NULL;
        struct error error = {0, 0, "", ""};
        ck_assert_msg(query_load(&query, shared, 1, &network, false, &error) ==
                          STATUS_OK,
                      "%s", error.message);
        struct attack *attack = attack_create(query, test_seed());
        struct witness witness = {0};
        ck_assert(attack_run(attack, &witness, 0, query->cases[0].lower_down,
                             query->cases[0].upper_up,
                             (struct attack_effort){10000, 20}, NULL));
        witness_clear(&witness);
        attack_destroy(attack);
        query_destroy(query);
    }
}
END_TEST

/* Found only by descents that start elsewhere than at the corners. */
START_TEST(few_starts_are_of_every_kind)
{
    const struct query_network network = {NULL, MODELS "/digits.onnx"};
    struct query *query = NULL;
    struct error error = {0, 0, "", ""};
    ck_assert_msg(query_load(&query, MODELS "/digits_fails_2.vnnlib", 1,
                             &network, false, &error) == STATUS_OK,
                  "%s", error.message);
    struct attack *attack = attack_create(query, test_seed());
    struct witness witness = {0};
    ck_assert(attack_run(attack, &witness, 0, query->cases[0].lower_down,
                         query->cases[0].upper_up,
                         (struct attack_effort){16, 20}, NULL));
    witness_clear(&witness);
    attack_destroy(attack);
    query_destroy(query);
}
END_TEST

TCase *test_cases(void)
{
    TCase *tests = tcase_create("attack");
    tcase_add_test(tests, a_single_corner_is_found);
    tcase_add_test(tests, nothing_is_found_beyond_the_corner);
    tcase_add_test(tests, a_narrow_ridge_is_found);
    tcase_add_test(tests, all_atoms_of_a_conjunction_must_hold);
    tcase_add_test(tests, atoms_over_inputs_pull_too);
    tcase_add_test(tests, a_case_without_atoms_is_met_at_once);
    tcase_add_test(tests, one_open_disjunct_among_many_is_found);
    tcase_add_test(tests, the_same_seed_finds_the_same_witness);
    tcase_add_test(tests, only_the_given_part_of_the_box_is_searched);
    tcase_add_test(tests, a_part_between_two_floats_gives_a_neighbour);
    tcase_add_test(tests, an_ended_budget_stops_the_search);
    tcase_add_test(tests, single_points_are_tried);
    tcase_add_test(tests, near_misses_are_counted_and_refused);
    tcase_add_test(tests, a_point_costs_each_weight_twice);
    tcase_add_test(tests, few_starts_are_of_every_kind);
    tcase_add_test(tests, known_witnesses_of_acasxu_are_found);
    return tests;
}
