/* The checker's queries: examples of each rule, and what it refuses. */
#include "proofs/check/check_network.h"
#include "proofs/check/check_query.h"
#include "proofs/check/check_sha.h"
#include "proofs/check/check_vnnlib.h"
#include "tests/checker.h"
#include "tests/suite.h"

#include <check.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MODEL "benchmarks/models/tiny.onnx"
/* Two inputs and two outputs, as MODEL has them. */
#define OLD                                               \
    "(declare-const X_0 Real)(declare-fun X_1 () Real)\n" \
    "(declare-const Y_0 Real)(declare-const Y_1 Real)\n"
#define SHAPED(shape)                                                         \
    "(vnnlib-version <2.0>)\n(declare-network f (declare-input X real " shape \
    ")(declare-output Y real [2]))\n"
#define NEW(type)                                         \
    "(vnnlib-version <2.0>)\n"                            \
    "(declare-network f (declare-input X " type " [1,2])" \
    "(declare-output Y " type " [2]))\n"
#define HEAD(cases) "query 2 inputs 2 outputs " cases " cases\n"

struct example {
    const char *text;
    const char *output;
};

static const struct example examples[] = {
    /* ends: both sides, the tightest, the strict one of equals */
    {OLD "(assert (<= X_0 1))(assert (>= X_0 -0.5))(assert (<= X_0 2))"
         "(assert (and (< X_1 1)(<= X_1 1)))",
     HEAD("1") "case 0\n  x0 >= -1/2\n  x0 <= 1\n  x1 < 1\n  disjunct 0\n"},
    {OLD "(assert (and (<= X_1 1)(< X_1 1.0)(> X_0 0)(>= X_0 0)))",
     HEAD("1") "case 0\n  x0 > 0\n  x1 < 1\n  disjunct 0\n"},
    /* bounds in other words */
    {OLD "(assert (and (<= 1 (* 2 X_0))(>= 3 (+ X_1 X_1))(<= -X_1 0)"
         "(> (- X_0) -4)))",
     HEAD("1") "case 0\n  x0 >= 1/2\n  x0 < 4\n  x1 >= 0\n  x1 <= 3/2\n"
               "  disjunct 0\n"},
    /* atoms: order, scale, sign, strictness, fractions on the right */
    {OLD "(assert (<= (- (* 1.5 X_1) X_0) -5.0))"
         "(assert (> (* Y_1 0.5) (+ Y_0 X_1 0.25)))"
         "(assert (>= Y_0 0.3))(assert (<= (* 2 Y_0) (* 4 Y_1)))",
     HEAD("1") "case 0\n  disjunct 0\n    -2*x0 3*x1 <= -10\n"
               "    2*x1 2*y0 -1*y1 < -1/2\n    -1*y0 <= -3/10\n"
               "    2*y0 -4*y1 <= 0\n"},
    /* equations and disequalities */
    {OLD "(assert (= X_0 0.5))(assert (= Y_0 Y_1))",
     HEAD("1") "case 0\n  x0 >= 1/2\n  x0 <= 1/2\n  disjunct 0\n"
               "    1*y0 -1*y1 <= 0\n    -1*y0 1*y1 <= 0\n"},
    {OLD "(assert (distinct X_0 0.5))(assert (distinct Y_0 1))",
     HEAD("2") "case 0\n  x0 < 1/2\n"
               "  disjunct 0\n    1*y0 < 1\n  disjunct 1\n    -1*y0 < -1\n"
               "case 1\n  x0 > 1/2\n"
               "  disjunct 0\n    1*y0 < 1\n  disjunct 1\n    -1*y0 < -1\n"},
    /* comparisons first, then the parts; the first part varies slowest */
    {OLD "(assert (or (<= Y_0 1)(and (or (<= Y_0 2)(<= Y_0 3))(<= Y_1 4)"
         "(or (<= Y_0 5)(<= Y_0 6)))))(assert (or (<= Y_1 7)))"
         "(assert (<= Y_1 8))",
     HEAD("1") "case 0\n"
               "  disjunct 0\n    1*y1 <= 8\n    1*y0 <= 1\n    1*y1 <= 7\n"
               "  disjunct 1\n    1*y1 <= 8\n    1*y1 <= 4\n    1*y0 <= 2\n"
               "    1*y0 <= 5\n    1*y1 <= 7\n"
               "  disjunct 2\n    1*y1 <= 8\n    1*y1 <= 4\n    1*y0 <= 2\n"
               "    1*y0 <= 6\n    1*y1 <= 7\n"
               "  disjunct 3\n    1*y1 <= 8\n    1*y1 <= 4\n    1*y0 <= 3\n"
               "    1*y0 <= 5\n    1*y1 <= 7\n"
               "  disjunct 4\n    1*y1 <= 8\n    1*y1 <= 4\n    1*y0 <= 3\n"
               "    1*y0 <= 6\n    1*y1 <= 7\n"},
    /* boxes: equal ones share a case, strictness tells them apart, the order
     * is that of first appearance, empty ones go */
    {OLD "(assert (>= X_0 0))(assert (or (and (<= X_0 2)(<= Y_0 1))"
         "(and (< X_0 2)(<= Y_0 2))(and (<= X_0 -1)(<= Y_0 3))"
         "(and (< X_0 0)(<= Y_0 4))(and (<= X_0 2.0)(<= X_0 3)(<= Y_0 5))"
         "(and (<= X_0 0)(<= Y_0 6))))",
     HEAD("3") "case 0\n  x0 >= 0\n  x0 <= 2\n  disjunct 0\n    1*y0 <= 1\n"
               "  disjunct 1\n    1*y0 <= 5\n"
               "case 1\n  x0 >= 0\n  x0 < 2\n  disjunct 0\n    1*y0 <= 2\n"
               "case 2\n  x0 >= 0\n  x0 <= 0\n  disjunct 0\n    1*y0 <= 6\n"},
    {OLD "(assert (and (> X_0 1)(<= X_0 1)))", HEAD("0")},
    /* constants: true ones go, false ones take their conjunction along */
    {OLD "(assert (<= (- X_0 X_0) 0))(assert (or (< Y_0 Y_0)(<= 1 (* 2 0.5))))",
     HEAD("1") "case 0\n  disjunct 0\n"},
    {OLD "(assert (or (and (<= Y_0 1)(< 1 1))(and)))(assert (>= 0 1e-9))",
     HEAD("0")},
    {OLD "(assert (or))", HEAD("0")},
    /* commands that may end a file */
    {OLD "(assert (<= X_0 1))\n(check-sat)(get-model)\n(exit)\n",
     HEAD("1") "case 0\n  x0 <= 1\n  disjunct 0\n"},
    /* numbers are exact */
    {OLD "(assert (<= X_0 1e-3))(assert (>= X_0 -12.5E+2))"
         "(assert (<= X_1 +.25))(assert (>= X_1 -5.))"
         "(assert (<= Y_0 0.3000000000000000000000000000000000001))",
     HEAD("1") "case 0\n  x0 >= -1250\n  x0 <= 1/1000\n  x1 >= -5\n"
               "  x1 <= 1/4\n  disjunct 0\n    1*y0 <= "
               "3000000000000000000000000000000000001/"
               "10000000000000000000000000000000000000\n"},
    /* comments, blanks, line ends */
    {"; first\r\n" OLD "\t( assert\r\n(<= X_0 ; here\r\n 1))",
     HEAD("1") "case 0\n  x0 <= 1\n  disjunct 0\n"},
    /* version 2 */
    {NEW("real") "(assert (and (<= X[0,1] 0.5)(> X [ 0 , 0 ] -1)))"
                 "(assert (or (== Y[0] 0)(!= Y[1] X[0,0])))",
     HEAD("1") "case 0\n  x0 > -1\n  x1 <= 1/2\n"
               "  disjunct 0\n    1*y0 <= 0\n    -1*y0 <= 0\n"
               "  disjunct 1\n    -1*x0 1*y1 < 0\n"
               "  disjunct 2\n    1*x0 -1*y1 < 0\n"},
    {"(vnnlib-version <2.1>)(declare-network n (declare-input A Real [])"
     "(declare-input B Real [2])(declare-output C Real []))\n"
     "(assert (<= (+ A (* 0.5 B[1])) (- C)))(assert (<= (- 1 B[0]) A))",
     "query 3 inputs 1 outputs 1 cases\ncase 0\n  disjunct 0\n"
     "    2*x0 1*x2 2*y0 <= 0\n    -1*x0 -1*x1 <= -1\n"},
    {NEW("float32") "(assert (<= X[0,1] 0.5))(assert (<= Y[0] -0.5))",
     HEAD("1") "case 0\n  x1 <= 1/2\n  disjunct 0\n    1*y0 <= -1/2\n"},
};

START_TEST(properties_have_the_stated_queries)
{
    const struct example *example = &examples[_i];
    struct checker_run run;
    checker_run(&run, example->text, strlen(example->text), NULL);
    ck_assert_msg(run.status == 0, "%s\n%s", example->text, run.errors);
    ck_assert_str_eq(run.output, example->output);
}
END_TEST

/* The message starts with `start`, after the path; status 3 or 4. */
struct refusal {
    int status;
    const char *text;
    const char *start;
};

static const struct refusal refusals[] = {
    {3, "", "1:1: expected (, found ''"},
    {3, "; nothing\n", "2:1: expected ("},
    {3, "(", "1:2: expected ')', found ''"},
    {3, OLD, "3:1: expected an assertion"},
    {3, OLD "(assert (<= X_0 1)", "3:19: expected ')'"},
    {3, OLD "(assert (<= X_0 1)))", "3:20: expected (, found ')'"},
    {3, OLD "(assert (<= X_2 1))", "3:13: expected a number"},
    {3, OLD "(assert (<= X_00 1))", "3:13: expected a number"},
    {3, OLD "(assert (<= X_18446744073709551616 1))", "3:13: expected a num"},
    {3, OLD "(assert (<= X_0 1 2))", "3:19: expected ), found '2'"},
    {3, OLD "(assert (<= X_0))", "3:16: expected a number"},
    {3, OLD "(assert (== X_0 1))", "3:10: expected and, or, or a comparison"},
    {3, OLD "(assert (<= X_0 1.2.3))", "3:17: expected a number"},
    {3, OLD "(assert (<= X_0 1e))", "3:17: expected a number"},
    {3, OLD "(assert (<= X_0 1e+))", "3:17: expected a number"},
    {3, OLD "(assert (<= X_0 -))", "3:17: expected a number"},
    {3, OLD "(assert (<= X_0 .))", "3:17: expected a number"},
    {3, OLD "(assert (<= (+) 1))", "3:15: expected a number"},
    {3, OLD "(assert (<= (/ X_0 2) 1))", "3:14: expected one of the operat"},
    {3, OLD "(assert X_0)", "3:9: expected (, found 'X_0'"},
    {3, OLD "(assert (<= X_0 \xc3\xa9))", "3:17: expected a word"},
    {3, OLD "(declare-const Y_1 Real)", "3:16: expected the next of X_0"},
    {3, OLD "(declare-const Y_3 Real)", "3:16: expected the next of X_0"},
    {3, OLD "(declare-const Y_2 Int)", "3:20: expected Real, found 'Int'"},
    {3, OLD "(declare-fun Y_2 (Real) Real)", "3:19: expected ), found 'Real'"},
    {3, OLD "(check-sat)", "3:12: expected an assertion"},
    {4, OLD "(assert (<= X_0 1))(set-logic QF_LRA)", "3:21: not supported: c"},
    {4, OLD "(assert (<= X_0 1))(exit)(assert (<= X_1 1))",
     "3:27: not supported: commands"},
    {4, OLD "(exit)(declare-const Y_2 Real)", "3:8: not supported: commands"},
    {3, OLD "(assert (<= X_0 1))(exit 0)", "3:26: expected )"},
    {3, OLD "(assert (<= |X_0| 1))", "3:13: expected a word"},
    {4, OLD "(assert (<= (* X_0 X_0 X_0 X_0 X_0 X_0 X_0 X_0 Y_0) 1))",
     "3:51: not supported: products"},
    {4, OLD "(assert (<= X_0 1e5000))", "3:17: not supported: numbers"},
    {4, OLD "(assert (<= X_0 1e-5000))", "3:17: not supported: numbers"},
    {4, OLD "(assert (<= X_0 1e-99999999999999999999))", "3:17: not support"},
    {3, NEW("real"), "3:1: expected ("},
    {3, NEW("real") "(assert (and))", "3:13: expected ("},
    {3, NEW("real") "( assert (<= Y[0] 1.0))", "3:3: expected no blank"},
    {3, NEW("real") "(assert (= Y[0] 1.0))", "3:10: expected and, or"},
    {3, NEW("real") "(assert (<= Y[0] 1e3))", "3:18: expected a number"},
    {3, NEW("real") "(assert (<= Y[0] +1.0))", "3:18: expected a number"},
    {3, NEW("real") "(assert (<= Y[0] .5))", "3:18: expected a number"},
    {3, NEW("real") "(assert (<= Y[0] 5.))", "3:18: expected a number"},
    {3, NEW("real") "(assert (<= -Y[0] 5))", "3:13: expected a number"},
    {3, NEW("real") "(assert (<= Y[2] 1.0))", "3:15: expected an index below"},
    {3, NEW("real") "(assert (<= Y 1.0))", "3:15: expected [, found '1.0'"},
    {3, NEW("real") "(assert (<= X[1] 1.0))", "3:15: expected an index"},
    {3, NEW("real") "(assert (<= Y[0,0] 1.0))", "3:16: expected ], found ','"},
    {3, NEW("real") "(assert (<= 1 1.0))", "3:18: expected a comparison of"},
    {3, NEW("float32") "(assert (<= Y[0] 1))", "3:19: expected a comparison"},
    {3, SHAPED("[0]"), "2:43: expected a dimension"},
    {3, SHAPED("[1 2]"), "2:45: expected ,"},
    {4, SHAPED("[65536,65537]"), "2:49: not supported: 2^32"},
    {4,
     "(vnnlib-version <2.0>)(declare-network f\n(declare-input A real "
     "[4294967295])(declare-input B real [])(declare-input C real [1])"
     "(declare-output D real [1]))",
     "2:114: not supported: 2^32"},
    {4, NEW("int8") "(assert (<= Y[0] 1))", "2:37: not supported: types"},
    {4, NEW("real") "(assert (<= Y[0] 1.0))(check-sat)", "3:24: not support"},
    {3, NEW("real") "(declare-network g)", "3:19: expected ("},
    {3, "(vnnlib-version <3.0>)", "1:17: expected version <2.0>"},
    {3, "(vnnlib-version <2.0>)(declare-network f)", "1:41: expected ("},
    {3, "(vnnlib-version <2.0>)(declare-network f (declare-input f real [1])",
     "1:57: expected a new name"},
    {3,
     "(vnnlib-version <2.0>)(declare-network f (declare-input X real [])"
     "(declare-input X real []))",
     "1:82: expected a new name"},
    {3,
     "(vnnlib-version <2.0>)(declare-network f (declare-input X real [])"
     "(declare-hidden H real [] \"h\"))",
     "1:97: expected an output"},
};

START_TEST(malformed_properties_are_refused_with_their_place)
{
    const struct refusal *refusal = &refusals[_i];
    struct checker_run run;
    checker_run(&run, refusal->text, strlen(refusal->text), NULL);
    ck_assert_msg(run.status == refusal->status, "%s\nstatus %d: %s",
                  refusal->text, run.status, run.errors);
    ck_assert_str_eq(run.output, "");
    ck_assert_msg(strncmp(run.errors, refusal->start, strlen(refusal->start)) ==
                      0,
                  "%s\nexpected '%s', found '%s'", refusal->text,
                  refusal->start, run.errors);
}
END_TEST

START_TEST(a_zero_byte_is_refused)
{
    static const char text[] = OLD "(assert (<= X_0 \0))";
    struct checker_run run;
    checker_run(&run, text, sizeof text - 1, NULL);
    ck_assert_int_eq(run.status, 3);
    ck_assert_ptr_nonnull(strstr(run.errors, "3:17: expected a word"));
}
END_TEST

/* OLD, `start`, `before` n times, `middle`, `after` n times, `end`. */
struct nested {
    const char *start;
    const char *before;
    const char *middle;
    const char *after;
    const char *end;
};

static void run_nested(struct checker_run *run, const struct nested *nested,
                       size_t n)
{
    const size_t size = sizeof OLD + strlen(nested->start) +
                        strlen(nested->middle) + strlen(nested->end) +
                        n * (strlen(nested->before) + strlen(nested->after));
    char *text = malloc(size);
    ck_assert_ptr_nonnull(text);
    char *at = text + snprintf(text, size, OLD "%s", nested->start);
    for (size_t i = 0; i < 2 * n + 1; i++) {
        at = stpcpy(at, i < n    ? nested->before
                        : i == n ? nested->middle
                                 : nested->after);
    }
    at = stpcpy(at, nested->end);
    checker_run(run, text, (size_t)(at - text), NULL);
    free(text);
}

START_TEST(nesting_is_limited)
{
    static const struct nested formula = {"(assert ", "(and ", "(<= X_0 1)",
                                          ")", ")"};
    static const struct nested sum = {"(assert (<= 1 ", "(+ ", "X_0", ")",
                                      "))"};
    struct checker_run run;
    run_nested(&run, &formula, 998);
    ck_assert_msg(run.status == 0, "%s", run.errors);
    run_nested(&run, &formula, 999);
    ck_assert_int_eq(run.status, 4);
    run_nested(&run, &formula, 100000);
    ck_assert_int_eq(run.status, 4);
    run_nested(&run, &sum, 998);
    ck_assert_msg(run.status == 0, "%s", run.errors);
    run_nested(&run, &sum, 100000);
    ck_assert_int_eq(run.status, 4);
}
END_TEST

START_TEST(normal_forms_are_limited)
{
    /* an empty box for each of 2^n conjunctions */
    static const struct nested product = {
        "(assert (= X_0 0))(assert (= X_0 1))",
        "(assert (or (<= Y_0 1)(<= Y_1 1)))", "", "", ""};
    static const struct nested chain = {"", "(assert (or (<= Y_0 1)))", "", "",
                                        ""};
    struct checker_run run;
    run_nested(&run, &product, 10);
    ck_assert_str_eq(run.output, HEAD("0"));
    run_nested(&run, &product, 30);
    ck_assert_int_eq(run.status, 4);
    ck_assert_ptr_nonnull(strstr(run.errors, "normal form is too large"));
    run_nested(&run, &chain, 1000);
    ck_assert_int_eq(run.status, 0);
    run_nested(&run, &chain, 20000);
    ck_assert_int_eq(run.status, 4);
}
END_TEST

START_TEST(tensors_must_be_those_of_the_network)
{
    static const struct {
        const char *text;
        const char *part; /* of the message; NULL: accepted */
    } bindings[] = {
        {OLD "(assert (<= X_0 1))", NULL},
        {NEW("real") "(assert (<= Y[0] 1.0))", NULL},
        {NEW("float32") "(assert (<= Y[0] 1.0))", NULL},
        {NEW("float64") "(assert (<= Y[0] 1.0))", "another type"},
        {OLD "(declare-const Y_2 Real)(assert (<= X_0 1))",
         "2 input and 3 output elements are declared"},
        {"(declare-const X_0 Real)(declare-const Y_0 Real)"
         "(declare-const Y_1 Real)(assert (<= X_0 1))",
         "1 input and 2 output elements are declared"},
        {"(vnnlib-version <2.0>)(declare-network f (declare-input X real [1])"
         "(declare-input Z real [1])(declare-output Y real [2]))"
         "(assert (<= Y[0] 1.0))",
         "2 input and 1 output tensors are declared"},
        {"(vnnlib-version <2.0>)(declare-network f (declare-input X real [2])"
         "(declare-output Y float32 [2]))(assert (<= Y[0] 1.0))",
         "another type"},
    };
    for (size_t i = 0; i < sizeof bindings / sizeof *bindings; i++) {
        struct checker_run run;
        checker_run(&run, bindings[i].text, strlen(bindings[i].text), MODEL);
        ck_assert_msg(run.status == (bindings[i].part == NULL ? 0 : 3),
                      "%s: %d %s", bindings[i].text, run.status, run.errors);
        ck_assert(bindings[i].part == NULL ||
                  strstr(run.errors, bindings[i].part) != NULL);
    }
}
END_TEST

/* Input tensors of one and two elements; the declared ones have n and 3 - n.
 * Ends as check_query_bind does. */
static void bind_two_inputs(size_t n)
{
    struct check_tensor inputs[2] = {
        {.name = "a", .type = CHECK_FLOAT32, .n = 1},
        {.name = "b", .type = CHECK_FLOAT32, .n = 2}};
    struct check_tensor output = {.name = "c", .type = CHECK_FLOAT32, .n = 1};
    struct check_variable variables[3] = {
        {.name = "X", .n_name = 1, .n = n},
        {.name = "Z", .n_name = 1, .n = 3 - n, .first = n},
        {.name = "Y", .n_name = 1, .n = 1, .is_output = true}};
    const struct check_network network = {.n_inputs = 3,
                                          .n_outputs = 1,
                                          .n_input_tensors = 2,
                                          .input_tensors = inputs,
                                          .n_output_tensors = 1,
                                          .output_tensors = &output,
                                          .file = {.path = "network"}};
    const struct check_property property = {.file = {.path = "property"},
                                            .version = 2,
                                            .n_elements = {3, 1},
                                            .n_variables = 3,
                                            .variables = variables};
    check_query_bind(&property, &network, 0);
}

START_TEST(several_inputs_bind_in_order)
{
    bind_two_inputs(1);
}
END_TEST

/* Exits with status 3. */
START_TEST(several_inputs_in_another_order_are_refused)
{
    bind_two_inputs(2);
}
END_TEST

/* What check_query_require does if byte `damaged` of the hashes is wrong. */
static void require_hashes(size_t damaged)
{
    struct check_network *network = check_network_load(MODEL);
    struct check_property *property =
        check_property_load("benchmarks/models/tiny_holds_1.vnnlib");
    struct check_query *query = check_query_create(property);
    unsigned char hashes[96];
    char *text = NULL;
    size_t n = 0;
    FILE *file = open_memstream(&text, &n);
    ck_assert_ptr_nonnull(file);
    check_query_dump(file, query);
    ck_assert_int_eq(fclose(file), 0);
    check_sha256(hashes, network->file.data, network->file.n);
    check_sha256(hashes + 32, property->file.data, property->file.n);
    check_sha256(hashes + 64, (const unsigned char *)text, n);
    if (damaged < sizeof hashes) {
        hashes[damaged] ^= 1;
    }
    check_query_require(query, property, network, "certificate", hashes);
    free(text);
    check_query_free(query);
    check_property_free(property);
    check_network_free(network);
}

START_TEST(hashes_of_what_was_read_are_accepted)
{
    require_hashes(96);
}
END_TEST

/* Exits with status 1. */
START_TEST(other_hashes_are_rejected)
{
    require_hashes(32 * (size_t)_i + 31);
}
END_TEST

TCase *test_cases(void)
{
    TCase *tcase = tcase_create("check_query");
    tcase_add_loop_test(tcase, properties_have_the_stated_queries, 0,
                        (int)(sizeof examples / sizeof *examples));
    tcase_add_loop_test(tcase,
                        malformed_properties_are_refused_with_their_place, 0,
                        (int)(sizeof refusals / sizeof *refusals));
    tcase_add_test(tcase, a_zero_byte_is_refused);
    tcase_add_test(tcase, nesting_is_limited);
    tcase_add_test(tcase, normal_forms_are_limited);
    tcase_add_test(tcase, tensors_must_be_those_of_the_network);
    tcase_add_test(tcase, several_inputs_bind_in_order);
    tcase_add_exit_test(tcase, several_inputs_in_another_order_are_refused, 3);
    tcase_add_test(tcase, hashes_of_what_was_read_are_accepted);
    tcase_add_loop_exit_test(tcase, other_hashes_are_rejected, 1, 0, 3);
    return tcase;
}
