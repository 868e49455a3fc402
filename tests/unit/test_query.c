/* Queries on the committed small network: networks, errors, exact tests. */
#include "src/base/alloc.h"
#include "src/base/log.h"
#include "src/query/query.h"
#include "tests/suite.h"

#include <check.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MODEL "benchmarks/models/tiny.onnx"

/* path: a template for mkstemp, which it completes. */
static void write_file(char *path, const char *text)
{
    const int descriptor = mkstemp(path);
    ck_assert_int_ge(descriptor, 0);
    FILE *file = fdopen(descriptor, "w");
    ck_assert_ptr_nonnull(file);
    (void)fputs(text, file);
    ck_assert_int_eq(fclose(file), 0);
}

/* query_load of a text with up to two networks `name` (or NULL) = file. */
static enum status load(struct query **query, const char *text,
                        size_t n_networks, const struct query_network *networks,
                        bool is_strict, struct error *error)
{
    char path[] = "/tmp/astrolabe_query_XXXXXX";
    write_file(path, text);
    *error = (struct error){0};
    const enum status status =
        query_load(query, path, n_networks, networks, is_strict, error);
    (void)unlink(path);
    return status;
}

static const char version_1[] =
    "(declare-const X_0 Real)(declare-const X_1 Real)"
    "(declare-const Y_0 Real)(declare-const Y_1 Real)"
    "(assert (and (>= X_0 -0.1)(<= X_0 0.3)(> X_1 0)(<= X_1 1)))"
    "(assert (or (< Y_0 Y_1)(<= (+ Y_0 (* 0.5 X_0)) 0.25)))";

static const char version_2[] =
    "(vnnlib-version <2.0>)(declare-network f"
    "(declare-input X real [1,2])(declare-output Y real [1,2]))"
    "(assert (and (>= X[0,0] 0.0)(<= X[0,0] 1.0)))"
    "(assert (and (>= X[0,1] 0.0)(<= X[0,1] 1.0)))"
    "(assert (<= Y[0,0] Y[0,1]))";

START_TEST(version_1_loads_with_a_bare_path)
{
    const struct query_network network = {NULL, MODEL};
    struct query *query = NULL;
    struct error error;
    const size_t n_live = alloc_live_bytes();
    ck_assert_msg(load(&query, version_1, 1, &network, true, &error) ==
                      STATUS_OK,
                  "%s", error.message);
    ck_assert_int_eq(query->vnnlib_major, 1);
    ck_assert_uint_eq(query->n_cases, 1);
    ck_assert_uint_eq(query->n_variables, 2);
    ck_assert(query->cases[0].is_bounded);
    char *text = NULL;
    size_t n = 0;
    FILE *file = open_memstream(&text, &n);
    query_dump(file, query);
    ck_assert_int_eq(fclose(file), 0);
    ck_assert_str_eq(text, "query 2 inputs 2 outputs 1 cases\n"
                           "case 0\n"
                           "  x0 >= -1/10\n  x0 <= 3/10\n"
                           "  x1 > 0\n  x1 <= 1\n"
                           "  disjunct 0\n    1*y0 -1*y1 < 0\n"
                           "  disjunct 1\n    1*x0 2*y0 <= 1/2\n");
    free(text);
    query_destroy(query);
    ck_assert_uint_eq(alloc_live_bytes(), n_live);
}
END_TEST

START_TEST(version_2_wants_its_network_by_name)
{
    const struct query_network named = {"f", MODEL};
    const struct query_network bare = {NULL, MODEL};
    const struct query_network other = {"g", MODEL};
    struct query *query = NULL;
    struct error error;
    ck_assert_msg(load(&query, version_2, 1, &named, false, &error) ==
                      STATUS_OK,
                  "%s", error.message);
    ck_assert_str_eq(query->variables[0].name, "X");
    ck_assert_str_eq(query->variables[0].type, "float32");
    query_destroy(query);
    ck_assert_int_eq(load(&query, version_2, 1, &bare, false, &error),
                     STATUS_OK);
    query_destroy(query);
    ck_assert_int_eq(load(&query, version_2, 1, &bare, true, &error),
                     STATUS_USAGE);
    ck_assert_ptr_null(query);
    ck_assert_int_eq(load(&query, version_2, 1, &other, false, &error),
                     STATUS_USAGE);
    ck_assert_msg(strstr(error.message, "'g' of --network") != NULL, "%s",
                  error.message);
}
END_TEST

START_TEST(each_network_is_given_exactly_once)
{
    const struct query_network twice[] = {{"f", MODEL}, {"f", MODEL}};
    const struct query_network both[] = {{"f", MODEL}, {"g", MODEL}};
    static const char pair[] =
        "(vnnlib-version <2.0>)(declare-network f"
        "(declare-input X real [2])(declare-output Y real [2]))"
        "(declare-network g (equal-to f)"
        "(declare-input P real [2])(declare-output Q real [2]))"
        "(assert (<= Y[0] Q[0]))";
    struct query *query = NULL;
    struct error error;
    ck_assert_int_eq(load(&query, version_2, 0, twice, false, &error),
                     STATUS_USAGE);
    ck_assert_msg(strstr(error.message, "declares 1 network, but 0 are") !=
                      NULL,
                  "%s", error.message);
    ck_assert_int_eq(load(&query, version_1, 2, twice, false, &error),
                     STATUS_USAGE);
    ck_assert_int_eq(load(&query, pair, 0, twice, false, &error), STATUS_USAGE);
    ck_assert_int_eq(load(&query, pair, 1, both + 1, false, &error),
                     STATUS_USAGE);
    ck_assert_msg(strstr(error.message, "no --network for 'f'") != NULL, "%s",
                  error.message);
    ck_assert_int_eq(load(&query, pair, 2, twice, false, &error), STATUS_USAGE);
    ck_assert_msg(strstr(error.message, "'f' twice") != NULL, "%s",
                  error.message);
    ck_assert_int_eq(load(&query, pair, 2, both, false, &error), STATUS_OK);
    query_destroy(query);
    ck_assert_int_eq(load(&query, pair, 1, both, false, &error), STATUS_OK);
    query_destroy(query);
}
END_TEST

START_TEST(an_equals_sign_in_a_version_1_path_is_kept)
{
    const struct query_network network = {"benchmarks/none", "1.onnx"};
    struct query *query = NULL;
    struct error error;
    ck_assert_int_eq(load(&query, version_1, 1, &network, false, &error),
                     STATUS_IO);
    ck_assert_msg(strstr(error.path, "benchmarks/none=1.onnx") != NULL, "%s",
                  error.path);
}
END_TEST

START_TEST(floating_point_queries_are_refused_by_strict)
{
    static const char text[] =
        "(vnnlib-version <2.0>)(declare-network f"
        "(declare-input X float32 [1,2])(declare-output Y float32 [1,2]))"
        "(assert (<= Y[0,0] Y[0,1]))";
    const struct query_network network = {"f", MODEL};
    struct query *query = NULL;
    struct error error;
    ck_assert_int_eq(load(&query, text, 1, &network, false, &error), STATUS_OK);
    ck_assert(!query->cases[0].is_bounded);
    query_destroy(query);
    ck_assert_int_eq(load(&query, text, 1, &network, true, &error),
                     STATUS_UNSUPPORTED);
    ck_assert_msg(strstr(error.message, "real arithmetic") != NULL, "%s",
                  error.message);
}
END_TEST

START_TEST(errors_leave_nothing_behind)
{
    const struct query_network network = {NULL, MODEL};
    struct query *query = NULL;
    struct error error;
    const size_t n_live = alloc_live_bytes();
    ck_assert_int_eq(load(&query, "(declare-const X_0 Real)(assert true)", 1,
                          &network, false, &error),
                     STATUS_BAD_INPUT);
    ck_assert_msg(strstr(error.message, "is not declared") != NULL, "%s",
                  error.message);
    static const char product[] =
        "(declare-const X_0 Real)(declare-const X_1 Real)"
        "(declare-const Y_0 Real)(declare-const Y_1 Real)"
        "(assert (or (<= X_0 1)(and (<= X_0 2)(<= (* X_0 X_0 X_0 X_0 X_0 X_0 "
        "X_0 X_0 Y_0) 1))))";
    ck_assert_int_eq(load(&query, product, 1, &network, false, &error),
                     STATUS_UNSUPPORTED);
    ck_assert_ptr_null(query);
    ck_assert_uint_eq(alloc_live_bytes(), n_live);
}
END_TEST

/* Numerators and denominators of x and y. */
static bool holds(const struct query *query, const long numbers[4], long scale)
{
    mpq_t values[4];
    for (size_t i = 0; i < 4; i++) {
        mpq_init(values[i]);
        mpq_set_si(values[i], numbers[i], (unsigned long)scale);
        mpq_canonicalize(values[i]);
    }
    const bool answer = query_holds_exact(query, 0, (const mpq_t *)values,
                                          (const mpq_t *)values + 2);
    if (answer) {
        ck_assert(query_contains_exact(query, 0, (const mpq_t *)values));
    }
    for (size_t i = 0; i < 4; i++) {
        mpq_clear(values[i]);
    }
    return answer;
}

START_TEST(exact_tests_respect_every_boundary)
{
    const struct query_network network = {NULL, MODEL};
    struct query *query = NULL;
    struct error error;
    ck_assert_int_eq(load(&query, version_1, 1, &network, false, &error),
                     STATUS_OK);
    /* box: -0.1 <= x0 <= 0.3, 0 < x1 <= 1 */
    ck_assert(holds(query, (const long[]){-100, 1, 999, 1000}, 1000));
    ck_assert(holds(query, (const long[]){300, 1000, 999, 1000}, 1000));
    ck_assert(!holds(query, (const long[]){-101, 1, 999, 1000}, 1000));
    ck_assert(!holds(query, (const long[]){301, 1, 999, 1000}, 1000));
    ck_assert(!holds(query, (const long[]){0, 0, 999, 1000}, 1000));
    ck_assert(!holds(query, (const long[]){0, 1001, 999, 1000}, 1000));
    /* y0 < y1 is strict, y0 + x0/2 <= 1/4 is not */
    ck_assert(!holds(query, (const long[]){0, 1, 1000, 1000}, 1000));
    ck_assert(holds(query, (const long[]){100, 1, 200, 0}, 1000));
    ck_assert(!holds(query, (const long[]){100, 1, 201, 0}, 1000));
    query_destroy(query);
}
END_TEST

TCase *test_cases(void)
{
    log_set_level(LOG_ERROR);
    TCase *cases = tcase_create("query");
    tcase_add_test(cases, version_1_loads_with_a_bare_path);
    tcase_add_test(cases, version_2_wants_its_network_by_name);
    tcase_add_test(cases, each_network_is_given_exactly_once);
    tcase_add_test(cases, an_equals_sign_in_a_version_1_path_is_kept);
    tcase_add_test(cases, floating_point_queries_are_refused_by_strict);
    tcase_add_test(cases, errors_leave_nothing_behind);
    tcase_add_test(cases, exact_tests_respect_every_boundary);
    return cases;
}
