/* A printed witness reads back; any other text is refused. */
#include "src/base/alloc.h"
#include "src/query/query.h"
#include "src/verify/witness_text.h"
#include "tests/suite.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A box of two inputs that no float32 ends at, and a part of it. */
static const char PROPERTY[] =
    "(declare-const X_0 Real) (declare-const X_1 Real)"
    "(declare-const Y_0 Real) (declare-const Y_1 Real)"
    "(assert (and (>= X_0 -0.39) (<= X_0 0.39)))"
    "(assert (and (>= X_1 -0.39) (<= X_1 0.39)))"
    "(assert (<= X_0 X_1)) (assert (<= Y_0 100000.0))";

/* The query and a point of it. */
struct fixture {
    struct query *query;
    double x[2];
    double y[2];
    struct witness witness;
};

static void setup(struct fixture *fixture)
{
    const struct query_network network = {.path =
                                              "benchmarks/models/tiny.onnx"};
    struct error error = {0};
    char path[] = "/tmp/astrolabe-test-witness-XXXXXX";
    const int descriptor = mkstemp(path);
    ck_assert_int_ge(descriptor, 0);
    ck_assert_int_eq(write(descriptor, PROPERTY, sizeof PROPERTY - 1),
                     (ssize_t)sizeof PROPERTY - 1);
    (void)close(descriptor);
    ck_assert_msg(query_load(&fixture->query, path, 1, &network, false,
                             &error) == STATUS_OK,
                  "%s", error.message);
    (void)unlink(path);
    fixture->x[0] = (double)-0.38F;
    fixture->x[1] = (double)-0.38F;
    fixture->witness = (struct witness){.x = fixture->x, .y = fixture->y};
    ck_assert_int_eq(
        net_eval_f32(fixture->y, fixture->query->net, fixture->x, &error),
        STATUS_OK);
}

static char *print(const struct fixture *fixture)
{
    char *text = NULL;
    struct error error = {0};
    ck_assert_int_eq(
        witness_text_print(&text, fixture->query, &fixture->witness, &error),
        STATUS_OK);
    return text;
}

static enum status check(const struct fixture *fixture, const char *text,
                         struct error *error)
{
    *error = (struct error){0};
    return witness_text_check(text, fixture->query, 0, &fixture->witness,
                              error);
}

START_TEST(the_printed_text_has_the_form_and_reads_back)
{
    struct fixture fixture;
    struct error error;
    setup(&fixture);
    char *text = print(&fixture);
    ck_assert_msg(check(&fixture, text, &error) == STATUS_OK, "%s",
                  error.message);
    ck_assert_ptr_eq(
        strstr(text, "((X_0 -0.3799999952316284)\n(X_1 -0.3799999952316284)\n"
                     "(Y_0 "),
        text);
    ck_assert_str_eq(text + strlen(text) - 3, "))\n");
    alloc_free(text);
    query_destroy(fixture.query);
}
END_TEST

/* Replaces the first `from` in text, which must be there. */
static void replace(char *out, size_t size, const char *text, const char *from,
                    const char *to)
{
    const char *at = strstr(text, from);
    ck_assert_ptr_nonnull(at);
    (void)snprintf(out, size, "%.*s%s%s", (int)(at - text), text, to,
                   at + strlen(from));
}

struct edit {
    const char *from;
    const char *to;
};

START_TEST(a_changed_text_is_refused)
{
    static const struct edit edits[] = {
        {"X_0 -0.3799999952316284", "X_0 -0.3799999952316285"},
        {"X_0 -0.3799999952316284", "X_0 -0.38"},
        {"X_0 -0.3799999952316284", "X_0 0x1p-2"},
        {"X_0 -0.3799999952316284", "X_0 nan"},
        {"X_0 -0.3799999952316284", "X_0 "},
        {"X_0", "X_1"},
        {"(X_1", "(Y_1"},
        {"(Y_0 ", "(Y_0 1"},
        {"((", "("},
        {"))\n", ")\n"},
        {"))\n", "))\n\n"},
        {"))\n", "))\nsat\n"}};
    struct fixture fixture;
    setup(&fixture);
    char *text = print(&fixture);
    for (size_t i = 0; i < sizeof edits / sizeof *edits; i++) {
        char changed[512];
        struct error error;
        replace(changed, sizeof changed, text, edits[i].from, edits[i].to);
        ck_assert_msg(check(&fixture, changed, &error) == STATUS_BAD_INPUT,
                      "accepted: %s", changed);
        ck_assert_int_ne(error.message[0], '\0');
    }
    alloc_free(text);
    query_destroy(fixture.query);
}
END_TEST

/* Prints the fixture's point and expects the check to refuse it for `why`. */
static void refuse_point(struct fixture *fixture, double x0, const char *why)
{
    struct error error = {0};
    fixture->x[0] = x0;
    (void)net_eval_f32(fixture->y, fixture->query->net, fixture->x, &error);
    char *text = print(fixture);
    ck_assert_int_eq(check(fixture, text, &error), STATUS_BAD_INPUT);
    ck_assert_msg(strstr(error.message, why) != NULL, "%s", error.message);
    alloc_free(text);
}

START_TEST(a_point_that_is_no_witness_is_refused)
{
    struct fixture fixture;
    setup(&fixture);
    refuse_point(&fixture, 0.5, "leave the box");
    /* 0.39 lies between two values of float32 */
    refuse_point(&fixture, (double)nextafterf(0.39F, 1.0F), "leave the box");
    /* a double between two values of the input type */
    refuse_point(&fixture, -0.38, "not the confirmed value");
    refuse_point(&fixture, 0.25, "the property is false");
    query_destroy(fixture.query);
}
END_TEST

START_TEST(a_point_near_the_box_is_taken_only_as_announced)
{
    struct fixture fixture;
    struct error error = {0};
    setup(&fixture);
    fixture.x[0] = (double)nextafterf(-0.39F, -1.0F);
    (void)net_eval_f32(fixture.y, fixture.query->net, fixture.x, &error);
    char *text = print(&fixture);
    fixture.witness.projection = (struct query_projection){1, 0x1p-24};
    ck_assert_msg(check(&fixture, text, &error) == STATUS_OK, "%s",
                  error.message);
    fixture.witness.projection.farthest = 0x1p-30;
    ck_assert_int_eq(check(&fixture, text, &error), STATUS_BAD_INPUT);
    fixture.witness.projection = (struct query_projection){2, 0x1p-24};
    ck_assert_int_eq(check(&fixture, text, &error), STATUS_BAD_INPUT);
    alloc_free(text);
    query_destroy(fixture.query);
}
END_TEST

START_TEST(outputs_must_be_those_of_the_network)
{
    struct fixture fixture;
    struct error error;
    setup(&fixture);
    fixture.y[0] = nextafter(fixture.y[0], -HUGE_VAL);
    char *text = print(&fixture);
    ck_assert_int_eq(check(&fixture, text, &error), STATUS_BAD_INPUT);
    alloc_free(text);
    query_destroy(fixture.query);
}
END_TEST

START_TEST(what_is_not_finite_is_not_printed)
{
    struct fixture fixture;
    struct error error = {0};
    char *text = NULL;
    setup(&fixture);
    fixture.y[1] = (double)NAN;
    ck_assert_int_eq(
        witness_text_print(&text, fixture.query, &fixture.witness, &error),
        STATUS_BAD_INPUT);
    ck_assert_ptr_null(text);
    fixture.y[1] = HUGE_VAL;
    ck_assert_int_eq(
        witness_text_print(&text, fixture.query, &fixture.witness, &error),
        STATUS_BAD_INPUT);
    query_destroy(fixture.query);
}
END_TEST

TCase *test_cases(void)
{
    TCase *cases = tcase_create("witness_text");
    tcase_add_test(cases, the_printed_text_has_the_form_and_reads_back);
    tcase_add_test(cases, a_changed_text_is_refused);
    tcase_add_test(cases, a_point_that_is_no_witness_is_refused);
    tcase_add_test(cases, a_point_near_the_box_is_taken_only_as_announced);
    tcase_add_test(cases, outputs_must_be_those_of_the_network);
    tcase_add_test(cases, what_is_not_finite_is_not_printed);
    return cases;
}
