/* The pipeline on small queries: verdicts, reasons, limits, progress. */
#include "src/base/alloc.h"
#include "src/base/log.h"
#include "src/verify/verify.h"
#include "tests/suite.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char NETWORK[] = "benchmarks/models/tiny.onnx";

static struct query *load_for(const char *network_path, const char *path)
{
    const struct query_network network = {.path = network_path};
    struct query *query = NULL;
    struct error error = {0};
    log_set_level(LOG_ERROR);
    ck_assert_msg(query_load(&query, path, 1, &network, false, &error) ==
                      STATUS_OK,
                  "%s: %s", path, error.message);
    return query;
}

static struct query *load(const char *path)
{
    return load_for(NETWORK, path);
}

/* A query over tiny.onnx with these assertions. */
static struct query *load_text(const char *assertions)
{
    char path[] = "/tmp/astrolabe-test-verify-XXXXXX";
    const int descriptor = mkstemp(path);
    ck_assert_int_ge(descriptor, 0);
    FILE *file = fdopen(descriptor, "w");
    ck_assert_ptr_nonnull(file);
    (void)fprintf(file,
                  "(declare-const X_0 Real)(declare-const X_1 Real)"
                  "(declare-const Y_0 Real)(declare-const Y_1 Real)%s\n",
                  assertions);
    ck_assert_int_eq(fclose(file), 0);
    struct query *query = load(path);
    (void)unlink(path);
    return query;
}

static struct verify_options defaults(void)
{
    return (struct verify_options){.budget = {.deadline_s = HUGE_VAL},
                                   .threads = 2,
                                   .seed = 1,
                                   .attack = true,
                                   .engine = SOLVER_AUTO};
}

/* Verifies and destroys the query. */
static struct verify_result decide(struct query *query,
                                   const struct verify_options *options)
{
    struct verify_result result;
    verify_query(&result, query, options);
    query_destroy(query);
    return result;
}

START_TEST(known_properties_get_their_verdicts)
{
    const struct verify_options options = defaults();
    for (int i = 1; i <= 4; i++) {
        char path[64];
        (void)snprintf(path, sizeof path,
                       "benchmarks/models/tiny_holds_%d.vnnlib", i);
        struct verify_result result = decide(load(path), &options);
        ck_assert_int_eq(result.verdict, VERDICT_UNSAT);
        ck_assert_ptr_null(result.witness_text);
        ck_assert_str_eq(result.reason, "");
        verify_result_clear(&result);
    }
    for (int i = 1; i <= 2; i++) {
        char path[64];
        (void)snprintf(path, sizeof path,
                       "benchmarks/models/tiny_fails_%d.vnnlib", i);
        struct verify_result result = decide(load(path), &options);
        ck_assert_int_eq(result.verdict, VERDICT_SAT);
        ck_assert_ptr_nonnull(result.witness_text);
        verify_result_clear(&result);
    }
}
END_TEST

START_TEST(without_attacks_the_search_finds_a_point)
{
    struct verify_options options = defaults();
    options.attack = false;
    struct verify_result result =
        decide(load("benchmarks/models/tiny_fails_1.vnnlib"), &options);
    ck_assert_int_eq(result.verdict, VERDICT_SAT);
    verify_result_clear(&result);
}
END_TEST

START_TEST(one_sat_case_is_enough_and_all_must_be_closed)
{
    const struct verify_options options = defaults();
    struct verify_result result = decide(
        load_text("(assert (or"
                  " (and (>= X_0 0.0) (<= X_0 0.1) (>= X_1 0.0) (<= X_1 0.1)"
                  " (>= Y_0 1000.0))"
                  " (and (>= X_0 0.5) (<= X_0 0.6) (>= X_1 0.0) (<= X_1 0.1)"
                  " (<= Y_0 1000.0))))"),
        &options);
    ck_assert_int_eq(result.verdict, VERDICT_SAT);
    ck_assert_ptr_nonnull(result.witness_text);
    verify_result_clear(&result);
    result = decide(
        load_text("(assert (or"
                  " (and (>= X_0 0.0) (<= X_0 0.1) (>= X_1 0.0) (<= X_1 0.1)"
                  " (>= Y_0 1000.0))"
                  " (and (>= X_0 0.5) (<= X_0 0.6) (>= X_1 0.0) (<= X_1 0.1)"
                  " (>= Y_1 1000.0))))"),
        &options);
    ck_assert_int_eq(result.verdict, VERDICT_UNSAT);
    ck_assert_uint_ge(result.stats.boxes, 2);
    verify_result_clear(&result);
}
END_TEST

START_TEST(an_empty_property_is_unsat)
{
    const struct verify_options options = defaults();
    struct verify_result result =
        decide(load_text("(assert (and (>= X_0 1.0) (<= X_0 0.0)"
                         " (>= X_1 0.0) (<= X_1 1.0) (>= Y_0 0.0)))"),
               &options);
    ck_assert_int_eq(result.verdict, VERDICT_UNSAT);
    verify_result_clear(&result);
}
END_TEST

START_TEST(an_unbounded_box_stays_unknown_unless_another_case_is_sat)
{
    const struct verify_options options = defaults();
    struct verify_result result =
        decide(load_text("(assert (and (>= X_0 1.0) (>= X_1 0.0) (<= X_1 1.0)"
                         " (>= Y_0 1000000.0)))"),
               &options);
    ck_assert_int_eq(result.verdict, VERDICT_UNKNOWN);
    ck_assert_str_eq(result.reason, "case 1 of 1: the input box is unbounded");
    verify_result_clear(&result);
    result = decide(
        load_text("(assert (or"
                  " (and (>= X_0 1.0) (>= X_1 0.0) (<= X_1 1.0)"
                  " (>= Y_0 1000000.0))"
                  " (and (>= X_0 0.0) (<= X_0 0.1) (>= X_1 0.0) (<= X_1 0.1)"
                  " (<= Y_0 1000.0))))"),
        &options);
    ck_assert_int_eq(result.verdict, VERDICT_SAT);
    ck_assert_str_eq(result.reason, "");
    verify_result_clear(&result);
}
END_TEST

START_TEST(limits_end_the_run_with_their_reason)
{
    struct verify_options options = defaults();
    options.budget.deadline_s = 0.0;
    struct verify_result result =
        decide(load("benchmarks/models/tiny_holds_1.vnnlib"), &options);
    ck_assert_int_eq(result.verdict, VERDICT_TIMED_OUT);
    ck_assert_str_eq(result.reason, "the time is over");
    verify_result_clear(&result);
    options = defaults();
    options.budget.memory_bytes = 1;
    result = decide(load("benchmarks/models/tiny_holds_1.vnnlib"), &options);
    ck_assert_int_eq(result.verdict, VERDICT_UNKNOWN);
    ck_assert_str_eq(result.reason, "the memory limit is reached");
    verify_result_clear(&result);
}
END_TEST

START_TEST(many_cases_are_decided_and_their_witness_is_found)
{
    enum { N_CASES = 400, BYTES_PER_CASE = 160 };
    char *text = NULL;
    NEW_ARRAY(text, (size_t)N_CASES * BYTES_PER_CASE);
    size_t n = (size_t)snprintf(text, BYTES_PER_CASE, "(assert (or");
    for (int i = 0; i < N_CASES; i++) {
        n += (size_t)snprintf(text + n, BYTES_PER_CASE,
                              "(and (>= X_0 %d.0) (<= X_0 %d.5) (>= X_1 0.0)"
                              " (<= X_1 0.5) (%s Y_0 100000.0))",
                              i, i, i == 317 ? "<=" : ">=");
    }
    (void)snprintf(text + n, BYTES_PER_CASE, "))");
    struct verify_options options = defaults();
    for (size_t i = 0; i < 6; i++) {
        options.threads = 1 + i / 2;
        options.attack = i % 2 == 0;
        struct verify_result result = decide(load_text(text), &options);
        ck_assert_int_eq(result.verdict, VERDICT_SAT);
        ck_assert_ptr_eq(strstr(result.witness_text, "((X_0 317"),
                         result.witness_text);
        verify_result_clear(&result);
    }
    alloc_free(text);
}
END_TEST

/* The advice is `clear` while the intruder is far away, in slices: hundreds of
 * nodes for each. */
static struct query *load_slices(size_t n_slices)
{
    char path[] = "/tmp/astrolabe-test-verify-XXXXXX";
    const int descriptor = mkstemp(path);
    ck_assert_int_ge(descriptor, 0);
    FILE *file = fdopen(descriptor, "w");
    ck_assert_ptr_nonnull(file);
    for (int i = 0; i < 5; i++) {
        (void)fprintf(file, "(declare-const X_%d Real)", i);
        (void)fprintf(file, "(declare-const Y_%d Real)", i);
    }
    (void)fprintf(file, "(assert (and (>= X_0 0.4) (<= X_0 1.0)");
    for (int i = 2; i < 5; i++) {
        (void)fprintf(file, "(>= X_%d -1.0) (<= X_%d 1.0)", i, i);
    }
    (void)fprintf(file, "))(assert (or");
    for (size_t i = 0; i < 4 * n_slices; i++) {
        const size_t slice = i / 4;
        const double width = 2.0 / (double)n_slices;
        (void)fprintf(file,
                      "(and (>= X_1 %.17f) (<= X_1 %.17f) (<= Y_%zu Y_0))",
                      -1.0 + width * (double)slice,
                      -1.0 + width * (double)(slice + 1), 1 + i % 4);
    }
    (void)fprintf(file, "))\n");
    ck_assert_int_eq(fclose(file), 0);
    struct query *query = load_for("benchmarks/models/controller.onnx", path);
    ck_assert_uint_eq(query->n_cases, n_slices);
    (void)unlink(path);
    return query;
}

static void check_progress(void *context,
                           const struct solver_progress *progress)
{
    ck_assert_ptr_null(context);
    ck_assert(progress->proved_share >= 0.0 && progress->proved_share <= 1.0);
}

START_TEST(threads_that_share_many_cases_decide_them_all)
{
    const size_t before = alloc_live_bytes();
    uint64_t closed = 0;
    for (size_t threads = 1; threads <= 3; threads++) {
        struct verify_options options = defaults();
        options.threads = threads;
        options.on_progress = check_progress;
        struct verify_result result = decide(load_slices(32), &options);
        ck_assert_int_eq(result.verdict, VERDICT_UNSAT);
        ck_assert_str_eq(result.reason, "");
        closed = threads == 1 ? result.stats.closed : closed;
        ck_assert_uint_ge(result.stats.closed, 32);
        ck_assert_uint_lt(result.stats.closed, 2 * closed);
        verify_result_clear(&result);
    }
    ck_assert_uint_eq(alloc_live_bytes(), before);
}
END_TEST

START_TEST(the_time_may_be_over_in_the_middle_of_cases)
{
    const size_t before = alloc_live_bytes();
    for (size_t threads = 1; threads <= 3; threads++) {
        struct query *query = load_slices(32);
        struct verify_options options = defaults();
        options.threads = threads;
        options.attack = false;
        options.budget.deadline_s = budget_now_s() + 0.01;
        struct verify_result result = decide(query, &options);
        ck_assert_int_eq(result.verdict, VERDICT_TIMED_OUT);
        ck_assert_str_eq(result.reason, "the time is over");
        verify_result_clear(&result);
    }
    ck_assert_uint_eq(alloc_live_bytes(), before);
}
END_TEST

START_TEST(nothing_stays_allocated)
{
    const size_t before = alloc_live_bytes();
    const struct verify_options options = defaults();
    struct verify_result result =
        decide(load("benchmarks/models/tiny_fails_1.vnnlib"), &options);
    verify_result_clear(&result);
    verify_result_clear(NULL);
    ck_assert_uint_eq(alloc_live_bytes(), before);
}
END_TEST

TCase *test_cases(void)
{
    TCase *cases = tcase_create("verify");
    tcase_add_test(cases, known_properties_get_their_verdicts);
    tcase_add_test(cases, without_attacks_the_search_finds_a_point);
    tcase_add_test(cases, one_sat_case_is_enough_and_all_must_be_closed);
    tcase_add_test(cases, an_empty_property_is_unsat);
    tcase_add_test(cases,
                   an_unbounded_box_stays_unknown_unless_another_case_is_sat);
    tcase_add_test(cases, limits_end_the_run_with_their_reason);
    tcase_add_test(cases, many_cases_are_decided_and_their_witness_is_found);
    tcase_add_test(cases, threads_that_share_many_cases_decide_them_all);
    tcase_add_test(cases, the_time_may_be_over_in_the_middle_of_cases);
    tcase_add_test(cases, nothing_stays_allocated);
    return cases;
}
