/* Random and damaged properties: both readers give the same query. */
#include "src/base/log.h"
#include "src/base/rng.h"
#include "src/query/query.h"
#include "tests/checker.h"
#include "tests/suite.h"

#include <check.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MODEL "benchmarks/models/tiny.onnx"
enum { TEXT_BYTES = 4096 };

struct text {
    size_t n;
    char data[TEXT_BYTES];
};

static void append(struct text *text, const char *part)
{
    const size_t n = strlen(part);
    ck_assert_uint_lt(text->n + n, TEXT_BYTES);
    memcpy(text->data + text->n, part, n + 1);
    text->n += n;
}

static const char *one_of(struct rng *rng, const char *const *words, size_t n)
{
    return words[rng_below(rng, n)];
}

static void append_number(struct text *text, struct rng *rng, bool is_old)
{
    static const char *const numbers[] = {"0",    "1",    "-1", "2.5", "-0.75",
                                          "0.1",  "-3.0", "10", "1.0", "+2",
                                          "1e-2", ".5E1", "-4."};
    append(text, one_of(rng, numbers, is_old ? 13 : 9));
}

static void append_variable(struct text *text, struct rng *rng, bool is_old)
{
    static const char *const names[2][6] = {
        {"X[0,0]", "X[0,1]", "Y[0,0]", "Y[0,1]", "X[0, 0]", "Y [0,1]"},
        {"X_0", "X_1", "Y_0", "Y_1", "-X_1", "-Y_0"}};
    append(text, one_of(rng, names[is_old ? 1 : 0], 6));
}

/* A random expression; the recursion ends at depth 0. */
/* NOLINTNEXTLINE(misc-no-recursion): at most three deep. */
static void append_sum(struct text *text, struct rng *rng, bool is_old,
                       size_t depth)
{
    static const char *const operators[] = {"(+", "(-", "(*"};
    const size_t kind = rng_below(rng, depth > 0 ? 5 : 3);
    if (kind == 0) {
        append_number(text, rng, is_old);
        return;
    }
    if (kind < 3) {
        append_variable(text, rng, is_old);
        return;
    }
    const size_t operator= rng_below(rng, 3);
    append(text, operators[operator]);
    for (size_t i = rng_below(rng, 3) + 1; i > 0; i--) {
        append(text, " ");
        if (operator== 2 && i> 1) {
            append_number(text, rng, is_old);
        } else {
            append_sum(text, rng, is_old, depth - 1);
        }
    }
    append(text, ")");
}

/* A random Boolean expression; the recursion ends at depth 0. */
/* NOLINTNEXTLINE(misc-no-recursion): at most three deep. */
static void append_formula(struct text *text, struct rng *rng, bool is_old,
                           size_t depth)
{
    static const char *const relations[2][6] = {
        {"(<= ", "(>= ", "(< ", "(> ", "(== ", "(!= "},
        {"(<= ", "(>= ", "(< ", "(> ", "(= ", "(distinct "}};
    if (depth > 0 && rng_below(rng, 2) == 0) {
        append(text, rng_below(rng, 2) == 0 ? "(and" : "(or");
        for (size_t i = rng_below(rng, 3) + 1; i > 0; i--) {
            append(text, " ");
            append_formula(text, rng, is_old, depth - 1);
        }
    } else {
        append(text, one_of(rng, relations[is_old ? 1 : 0], 6));
        append_sum(text, rng, is_old, rng_below(rng, 3));
        append(text, "\n ");
        append_sum(text, rng, is_old, rng_below(rng, 2));
    }
    append(text, ")");
}

/* A property of MODEL with one to three assertions. */
static void write_property(struct text *text, struct rng *rng)
{
    const bool is_old = rng_below(rng, 2) == 0;
    text->n = 0;
    append(text, is_old ? "(declare-const X_0 Real)(declare-const X_1 Real)\n"
                          "(declare-const Y_0 Real)(declare-const Y_1 Real)\n"
                        : "(vnnlib-version <2.0>)\n(declare-network f\n"
                          "  (declare-input X real [1,2])\n"
                          "  (declare-output Y real [1,2]))\n");
    for (size_t i = rng_below(rng, 3) + 1; i > 0; i--) {
        append(text, "(assert ");
        append_formula(text, rng, is_old, 2);
        append(text, ")\n");
    }
}

/* Replaces, removes or repeats some bytes. */
static void damage(struct text *text, struct rng *rng)
{
    static const char letters[] = "()()[],;<>=+-*.0123456789eXY_ \n\"|f!";
    const size_t at = rng_below(rng, text->n);
    const size_t n = rng_below(rng, 6) + 1;
    switch (rng_below(rng, 6)) {
    case 0:
        text->data[at] = (char)(unsigned char)rng_below(rng, 256);
        break;
    case 1:
        if (at + n < text->n) {
            memmove(text->data + at, text->data + at + n, text->n - at - n);
            text->n -= n;
        }
        break;
    case 2:
        if (text->n + n < TEXT_BYTES && at + n < text->n) {
            memmove(text->data + at + n, text->data + at, text->n - at);
            text->n += n;
        }
        break;
    default:
        text->data[at] = letters[rng_below(rng, sizeof letters - 1)];
        break;
    }
}

/* The canonical query by the verifier's reader; false if it refuses, with
 * *status the reason. */
static bool run_verifier(char output[CHECKER_BYTES], enum status *status,
                         const struct text *text)
{
    char path[] = "/tmp/astrolabe_query_XXXXXX";
    const struct query_network network = {NULL, MODEL};
    const int descriptor = mkstemp(path);
    struct query *query = NULL;
    struct error error = {0};
    ck_assert_int_ge(descriptor, 0);
    ck_assert_int_eq(write(descriptor, text->data, text->n), (ssize_t)text->n);
    ck_assert_int_eq(close(descriptor), 0);
    *status = query_load(&query, path, 1, &network, false, &error);
    (void)unlink(path);
    if (*status != STATUS_OK) {
        return false;
    }
    FILE *file = tmpfile();
    ck_assert_ptr_nonnull(file);
    query_dump(file, query);
    rewind(file);
    output[fread(output, 1, CHECKER_BYTES - 1, file)] = '\0';
    ck_assert_int_eq(fclose(file), 0);
    query_destroy(query);
    return true;
}

/* Both readers on one text. What the checker accepts the verifier accepts,
 * unless it is unsupported there, and the queries are equal. */
static bool compare(const struct text *text)
{
    static struct checker_run run;
    static char output[CHECKER_BYTES];
    enum status status = STATUS_OK;
    checker_run(&run, text->data, text->n, MODEL);
    ck_assert_msg(run.status == 0 || run.status == 3 || run.status == 4,
                  "status %d: %s\n%.*s", run.status, run.errors, (int)text->n,
                  text->data);
    if (run.status != 0) {
        ck_assert_str_eq(run.output, "");
        return false;
    }
    if (!run_verifier(output, &status, text)) {
        ck_assert_msg(status == STATUS_UNSUPPORTED,
                      "only the checker accepts\n%.*s", (int)text->n,
                      text->data);
        return false;
    }
    ck_assert_msg(strcmp(run.output, output) == 0,
                  "%.*s\nverifier:\n%s\nchecker:\n%s", (int)text->n, text->data,
                  output, run.output);
    return true;
}

START_TEST(random_properties_have_one_query)
{
    static struct text text;
    struct rng rng;
    const size_t n = test_count(100);
    size_t n_equal = 0;
    rng_init(&rng, test_seed());
    log_set_level(LOG_ERROR);
    for (size_t i = 0; i < n; i++) {
        write_property(&text, &rng);
        n_equal += compare(&text) ? 1 : 0;
    }
    ck_assert_uint_ge(n_equal, n / 2);
}
END_TEST

START_TEST(damaged_properties_never_mean_two_things)
{
    static struct text text;
    struct rng rng;
    const size_t n = test_count(150);
    size_t n_equal = 0;
    rng_init(&rng, test_seed() + 1);
    log_set_level(LOG_ERROR);
    for (size_t i = 0; i < n; i++) {
        write_property(&text, &rng);
        damage(&text, &rng);
        n_equal += compare(&text) ? 1 : 0;
    }
    ck_assert_uint_ge(n_equal, 1);
    ck_assert_uint_le(n_equal, n / 2);
}
END_TEST

TCase *test_cases(void)
{
    TCase *tcase = tcase_create("check_query");
    tcase_add_test(tcase, random_properties_have_one_query);
    tcase_add_test(tcase, damaged_properties_never_mean_two_things);
    return tcase;
}
