/* A benchmark folder: instances, known verdicts, results kept and dropped. */
#include "src/app/bench_check.h"
#include "src/app/bench_list.h"
#include "src/app/bench_rows.h"
#include "src/app/bench_table.h"
#include "src/base/reader.h"
#include "tests/suite.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char scratch_folder[] = "/out";

/* A scratch folder `toy` in a folder of its own. */
struct scratch {
    char top[64];
    char folder[80];
    char instances[96];
    char expected[96];
    char results[96];
};

static void put(const char *path, const char *mode, const char *text)
{
    FILE *file = fopen(path, mode);
    ck_assert_ptr_nonnull(file);
    (void)fputs(text, file);
    ck_assert_int_eq(fclose(file), 0);
}

static void scratch_init(struct scratch *scratch)
{
    (void)snprintf(scratch->top, sizeof scratch->top,
                   "/tmp/astrolabe-test-bench-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(scratch->top));
    (void)snprintf(scratch->folder, sizeof scratch->folder, "%s/toy",
                   scratch->top);
    ck_assert_int_eq(mkdir(scratch->folder, 0700), 0);
    (void)snprintf(scratch->instances, sizeof scratch->instances,
                   "%s/instances.csv", scratch->folder);
    (void)snprintf(scratch->expected, sizeof scratch->expected,
                   "%s/expected.csv", scratch->top);
    (void)snprintf(scratch->results, sizeof scratch->results, "%s/results.csv",
                   scratch->top);
    put(scratch->instances, "w",
        "a.onnx,p1,10\na.onnx,p2,20.5\nb.onnx,p1,30\n");
    put(scratch->expected, "w",
        "year,benchmark,onnx,vnnlib,expected\n2024,toy,a.onnx,p1,sat\n"
        "2024,other,a.onnx,p2,unsat\n2024,toy,b.onnx,p1,unknown\n");
}

static void scratch_clear(const struct scratch *scratch)
{
    (void)unlink(scratch->results);
    (void)unlink(scratch->expected);
    (void)unlink(scratch->instances);
    (void)rmdir(scratch->folder);
    (void)rmdir(scratch->top);
}

static void load(struct bench_list *list, const struct scratch *scratch,
                 const char *match, double cap_s)
{
    const struct bench_filter filter = {.match = match, .cap_s = cap_s};
    struct error error = {0};
    ck_assert_msg(bench_list_load(list, scratch->folder, NULL, &filter,
                                  &error) == STATUS_OK,
                  "%s", error.message);
}

START_TEST(instances_meet_their_known_verdicts)
{
    struct scratch scratch;
    struct bench_list list;
    scratch_init(&scratch);
    load(&list, &scratch, NULL, HUGE_VAL);
    ck_assert_str_eq(list.benchmark, "toy");
    ck_assert_uint_eq(list.instances.n, 3);
    ck_assert_str_eq(list.instances.data[0].expected, "sat");
    ck_assert_str_eq(list.instances.data[1].expected, "");
    ck_assert_str_eq(list.instances.data[2].expected, "unknown");
    ck_assert_double_eq_tol(list.instances.data[1].timeout_s, 20.5, 1e-9);
    bench_list_clear(&list);
    scratch_clear(&scratch);
}
END_TEST

START_TEST(instances_are_chosen_and_capped)
{
    struct scratch scratch;
    struct bench_list list;
    scratch_init(&scratch);
    load(&list, &scratch, "p1", 15.0);
    ck_assert_uint_eq(list.instances.n, 2);
    ck_assert_double_eq_tol(list.instances.data[0].timeout_s, 10.0, 1e-12);
    ck_assert_double_eq_tol(list.instances.data[1].timeout_s, 15.0, 1e-12);
    bench_list_clear(&list);
    scratch_clear(&scratch);
}
END_TEST

START_TEST(a_row_without_seconds_is_refused)
{
    struct scratch scratch;
    struct bench_list list;
    struct error error = {0};
    const struct bench_filter filter = {.cap_s = HUGE_VAL};
    scratch_init(&scratch);
    put(scratch.instances, "w", "onnx,vnnlib,timeout\na,b,1\na,b\n");
    ck_assert_int_eq(
        bench_list_load(&list, scratch.folder, NULL, &filter, &error),
        STATUS_BAD_INPUT);
    ck_assert_uint_eq(error.line, 3);
    bench_list_clear(&list);
    scratch_clear(&scratch);
}
END_TEST

static void set(struct bench_instance *instance, const char *verdict,
                double wall_s)
{
    instance->outcome = (struct bench_outcome){
        .verdict = bench_word(verdict), .wall_s = wall_s, .max_rss_kb = 7};
    instance->outcome.check = BENCH_CERTIFIED;
    instance->outcome.proof_bytes = 900;
    instance->outcome.proof_leaves = 8;
    instance->outcome.check_s = 0.25;
    instance->outcome.raw_bytes = 1000;
    instance->outcome.minimize_s = 0.125;
    (void)snprintf(instance->outcome.reason, BENCH_REASON_BYTES,
                   "a \"reason\", quoted");
}

static void open_rows(struct bench_rows *rows, struct bench_list *list,
                      const struct scratch *scratch, bool is_fresh)
{
    struct error error = {0};
    ck_assert_msg(bench_rows_open(rows, scratch->results, list, is_fresh,
                                  &error) == STATUS_OK,
                  "%s", error.message);
}

START_TEST(a_broken_run_continues_where_it_ended)
{
    struct scratch scratch;
    struct bench_list list;
    struct bench_rows rows;
    struct error error = {0};
    scratch_init(&scratch);
    load(&list, &scratch, NULL, HUGE_VAL);
    open_rows(&rows, &list, &scratch, false);
    set(&list.instances.data[1], "unknown", 1.5);
    ck_assert_int_eq(
        bench_rows_add(&rows, list.benchmark, &list.instances.data[1], &error),
        STATUS_OK);
    bench_rows_close(&rows);
    bench_list_clear(&list);
    put(scratch.results, "a", "toy,b.onnx,p1,uns");

    load(&list, &scratch, NULL, HUGE_VAL);
    open_rows(&rows, &list, &scratch, false);
    ck_assert_ptr_null(list.instances.data[0].outcome.verdict);
    ck_assert_str_eq(list.instances.data[1].outcome.verdict, "unknown");
    ck_assert_double_eq_tol(list.instances.data[1].outcome.wall_s, 1.5, 1e-9);
    ck_assert_str_eq(list.instances.data[1].outcome.reason,
                     "a \"reason\", quoted");
    ck_assert_int_eq(list.instances.data[1].outcome.check, BENCH_CERTIFIED);
    ck_assert_uint_eq(list.instances.data[1].outcome.proof_bytes, 900);
    ck_assert_uint_eq(list.instances.data[1].outcome.proof_leaves, 8);
    ck_assert_double_eq_tol(list.instances.data[1].outcome.check_s, 0.25, 1e-9);
    ck_assert_uint_eq(list.instances.data[1].outcome.raw_bytes, 1000);
    ck_assert_double_eq_tol(list.instances.data[1].outcome.minimize_s, 0.125,
                            1e-9);
    ck_assert_ptr_null(list.instances.data[2].outcome.verdict);
    set(&list.instances.data[2], "unsat", 1.0);
    ck_assert_int_eq(
        bench_rows_add(&rows, list.benchmark, &list.instances.data[2], &error),
        STATUS_OK);
    bench_rows_close(&rows);
    bench_list_clear(&list);

    struct bytes bytes = {0};
    ck_assert_int_eq(reader_load(&bytes, scratch.results, 1U << 20, &error),
                     STATUS_OK);
    ck_assert_ptr_null(strstr(bytes.data, "uns\n"));
    ck_assert_ptr_null(strstr(bytes.data, "unstoy"));
    ck_assert_ptr_nonnull(
        strstr(bytes.data, ",1,0,900,8,112.500,0.250,1000,0.125,"));
    bytes_clear(&bytes);
    scratch_clear(&scratch);
}
END_TEST

START_TEST(a_fresh_run_keeps_the_rows_of_other_benchmarks)
{
    struct scratch scratch;
    struct bench_list list;
    struct bench_rows rows;
    struct error error = {0};
    scratch_init(&scratch);
    load(&list, &scratch, NULL, HUGE_VAL);
    open_rows(&rows, &list, &scratch, false);
    set(&list.instances.data[0], "sat", 1.0);
    (void)bench_rows_add(&rows, "toy", &list.instances.data[0], &error);
    (void)bench_rows_add(&rows, "other", &list.instances.data[0], &error);
    bench_rows_close(&rows);
    bench_list_clear(&list);

    load(&list, &scratch, NULL, HUGE_VAL);
    open_rows(&rows, &list, &scratch, true);
    ck_assert_ptr_null(list.instances.data[0].outcome.verdict);
    bench_rows_close(&rows);
    struct bytes bytes = {0};
    ck_assert_int_eq(reader_load(&bytes, scratch.results, 1U << 20, &error),
                     STATUS_OK);
    ck_assert_ptr_nonnull(strstr(bytes.data, "\nother,a.onnx,p1,sat,sat,"));
    ck_assert_ptr_null(strstr(bytes.data, "\ntoy,"));
    bytes_clear(&bytes);
    bench_list_clear(&list);
    scratch_clear(&scratch);
}
END_TEST

START_TEST(another_kind_of_file_is_left_alone)
{
    struct scratch scratch;
    struct bench_list list;
    struct bench_rows rows;
    struct error error = {0};
    scratch_init(&scratch);
    put(scratch.results, "w", "my notes\n");
    load(&list, &scratch, NULL, HUGE_VAL);
    ck_assert_int_eq(
        bench_rows_open(&rows, scratch.results, &list, true, &error),
        STATUS_BAD_INPUT);
    bench_rows_close(&rows);
    struct bytes bytes = {0};
    ck_assert_int_eq(reader_load(&bytes, scratch.results, 1U << 20, &error),
                     STATUS_OK);
    ck_assert_str_eq(bytes.data, "my notes\n");
    bytes_clear(&bytes);
    bench_list_clear(&list);
    scratch_clear(&scratch);
}
END_TEST

START_TEST(certificates_are_named_after_the_files)
{
    static const char *const rows[][3] = {
        {"onnx/a.onnx", "vnnlib/p1.vnnlib", "a__p1.dbc"},
        {"onnx/a.onnx.gz", "p.2", "a__p.dbc"},
        {"a", "other/p1.vnnlib.gz", "a__p1__3.dbc"},
        {"./b.v2.onnx", ".hidden", "b.v2__.hidden.dbc"}};
    struct bench_check check = {.folder = scratch_folder};
    struct bench_list list = {0};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct bench_instance instance = {.onnx = rows[i][0],
                                                .vnnlib = rows[i][1]};
        char expected[64];
        VEC_PUSH(&list.instances, instance);
        (void)snprintf(expected, sizeof expected, "/out/%s", rows[i][2]);
        char *path = bench_check_path(&check, &list, i);
        ck_assert_str_eq(path, expected);
        alloc_free(path);
    }
    check.folder = NULL;
    ck_assert_ptr_null(bench_check_path(&check, &list, 0));
    VEC_CLEAR(&list.instances);
}
END_TEST

START_TEST(only_opposite_decisions_are_wrong)
{
    struct scratch scratch;
    struct bench_list list;
    struct bench_summary summary;
    scratch_init(&scratch);
    load(&list, &scratch, NULL, HUGE_VAL);
    set(&list.instances.data[0], "unsat", 1.0);
    set(&list.instances.data[1], "timed-out", 5.0);
    set(&list.instances.data[2], "sat", 2.0);
    bench_summarise(&summary, &list);
    ck_assert_uint_eq(summary.n_wrong, 1);
    ck_assert_uint_eq(summary.n_solved, 1);
    ck_assert_uint_eq(summary.n_sat, 1);
    ck_assert_uint_eq(summary.n_unsat, 1);
    ck_assert_uint_eq(summary.n_timed_out, 1);
    ck_assert_uint_eq(summary.n_certified, 3);
    ck_assert_uint_eq(summary.n_rejected, 0);
    ck_assert_uint_eq(summary.proof_bytes, 2700);
    ck_assert_double_eq_tol(summary.check_s, 0.75, 1e-12);
    ck_assert_double_eq_tol(summary.total_s, 8.0, 1e-12);
    ck_assert_double_eq_tol(summary.median_s, 2.0, 1e-12);
    ck_assert_double_eq_tol(summary.slowest_s, 5.0, 1e-12);
    bench_list_clear(&list);
    scratch_clear(&scratch);
}
END_TEST

TCase *test_cases(void)
{
    TCase *cases = tcase_create("bench_list");
    tcase_add_test(cases, instances_meet_their_known_verdicts);
    tcase_add_test(cases, instances_are_chosen_and_capped);
    tcase_add_test(cases, a_row_without_seconds_is_refused);
    tcase_add_test(cases, a_broken_run_continues_where_it_ended);
    tcase_add_test(cases, a_fresh_run_keeps_the_rows_of_other_benchmarks);
    tcase_add_test(cases, another_kind_of_file_is_left_alone);
    tcase_add_test(cases, certificates_are_named_after_the_files);
    tcase_add_test(cases, only_opposite_decisions_are_wrong);
    return cases;
}
