/* The text about leaves, read again: its sums come out, its facts hold. */
#include "src/astrolabe.h"
#include "src/base/alloc.h"
#include "tests/ref/ref_onnx_writer.h"
#include "tests/suite.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *network_path = "benchmarks/models/residual.onnx";
static char folder[] = "/tmp/astrolabe-explain-XXXXXX";
static char path[64];
static char property[64];
static astrolabe_query *query;
static astrolabe_certificate *certificate;

/* A query that holds, in two cases; the output is far from 1000. */
static const char two_cases[] =
    "(declare-const X_0 Real)\n(declare-const X_1 Real)\n"
    "(declare-const X_2 Real)\n(declare-const X_3 Real)\n"
    "(declare-const Y_0 Real)\n(declare-const Y_1 Real)\n"
    "(declare-const Y_2 Real)\n"
    "(assert (or\n"
    "  (and (>= X_0 0.0) (<= X_0 0.5) (>= X_1 0.0) (<= X_1 1.0)\n"
    "    (>= X_2 0.0) (<= X_2 1.0) (>= X_3 0.0) (<= X_3 1.0)\n"
    "    (<= Y_0 -1000.0))\n"
    "  (and (>= X_0 -3.0) (<= X_0 -2.5) (>= X_1 0.0) (<= X_1 1.0)\n"
    "    (>= X_2 0.0) (<= X_2 1.0) (>= X_3 0.0) (<= X_3 1.0)\n"
    "    (< Y_1 -2000.0))))\n";

static void load(const char *property_path, enum astrolabe_engine engine)
{
    const struct astrolabe_network network = {.path = network_path};
    struct astrolabe_options options;
    astrolabe_proof *proof = NULL;
    char message[1024] = "";
    astrolabe_options_init(&options);
    options.threads = 1;
    options.attack = false;
    options.engine = engine;
    ck_assert_msg(astrolabe_load(&query, property_path, 1, &network, false,
                                 message, sizeof message) == ASTROLABE_OK,
                  "%s", message);
    ck_assert_int_eq(
        astrolabe_proof_open(&proof, query, path, message, sizeof message),
        ASTROLABE_OK);
    options.proof = proof;
    astrolabe_result *result = astrolabe_verify(query, &options);
    ck_assert_int_eq(astrolabe_result_verdict(result), ASTROLABE_UNSAT);
    ck_assert_int_eq(
        astrolabe_proof_write(proof, result, message, sizeof message),
        ASTROLABE_OK);
    astrolabe_proof_free(proof);
    astrolabe_result_free(result);
    ck_assert_int_eq(
        astrolabe_certificate_load(&certificate, path, message, sizeof message),
        ASTROLABE_OK);
}

/* Once for all tests, so that one that fails leaves nothing behind. */
static void make_folder(void)
{
    ck_assert_ptr_nonnull(mkdtemp(folder));
    (void)snprintf(path, sizeof path, "%s/a.dbc", folder);
    (void)snprintf(property, sizeof property, "%s/a.vnnlib", folder);
    ref_file_save(property, two_cases, strlen(two_cases));
}

static void remove_folder(void)
{
    (void)unlink(path);
    (void)unlink(property);
    ck_assert_int_eq(rmdir(folder), 0);
}

static void tear_down(void)
{
    astrolabe_certificate_free(certificate);
    astrolabe_query_free(query);
    (void)unlink(path);
    ck_assert_uint_eq(alloc_live_bytes(), 0);
}

/* The text about a leaf, to be freed; NULL if it is refused. */
static char *explain(size_t case_index, size_t leaf)
{
    const struct astrolabe_view view = {
        .query = query, .checked = "", .case_index = case_index, .leaf = leaf};
    char message[1024] = "";
    char *text = NULL;
    size_t n = 0;
    FILE *stream = open_memstream(&text, &n);
    ck_assert_ptr_nonnull(stream);
    const enum astrolabe_status status = astrolabe_certificate_explain(
        stream, certificate, &view, message, sizeof message);
    ck_assert_int_eq(fclose(stream), 0);
    if (status != ASTROLABE_OK) {
        free(text);
        return NULL;
    }
    return text;
}

/* The number behind the first `words` at or after text. */
static double number_after(const char *text, const char *words)
{
    const char *at = strstr(text, words);
    ck_assert_msg(at != NULL, "%s is not in\n%s", words, text);
    return strtod(at + strlen(words), NULL);
}

/* Constant over the inputs, and coefficients times ends, add up. */
static void check_end(const char *text)
{
    const char *at = strstr(text, "  inputs, constant ");
    ck_assert_ptr_nonnull(at);
    const double bound = number_after(at, "in all at least ");
    const double margin = number_after(at, "counted against it: ");
    double sum = number_after(at, "  inputs, constant ");
    double size = fabs(sum);
    while ((at = strstr(at, ", coefficient ")) != NULL) {
        const double q = number_after(at, ", coefficient ");
        const double end = number_after(at, " end ");
        ck_assert_ptr_nonnull(
            strstr(at, q > 0.0 ? ": lower end" : ": upper end"));
        sum += q * end;
        size += fabs(q * end);
        at++;
    }
    ck_assert_double_le(fabs(sum - bound), 1e-5 * (1.0 + size));
    ck_assert_double_le(margin, bound + 1e-5 * (1.0 + fabs(bound)));
    ck_assert_double_ge(margin, bound - 1e-3 * (1.0 + size));
    ck_assert_double_gt(margin, 0.0);
}

/* Chords pass above both ends of their neuron, whose facts are given. */
static size_t check_chords(const char *text)
{
    size_t n = 0;
    for (const char *at = strstr(text, "\nchain");
         (at = strstr(at, ": upper, y <= ")) != NULL; at++) {
        char name[16] = "";
        char neuron[32] = "";
        const char *line = at;
        while (line[-1] != '\n') {
            line--;
        }
        ck_assert_int_eq(sscanf(line, " %15[n0-9.],", name), 1);
        (void)snprintf(neuron, sizeof neuron, "%s: z >= ", name);
        const char *fact = strstr(text, neuron);
        ck_assert_ptr_nonnull(fact);
        const double low = number_after(fact, "z >= ");
        const double high = number_after(fact, "z <= ");
        const double slope = number_after(at, "y <= ");
        const double intercept = number_after(at, "*z + ");
        ck_assert_double_lt(number_after(line, "coefficient "), 0.0);
        ck_assert_double_ge(slope * low + intercept, -1e-4 * (1.0 - low));
        ck_assert_double_ge(slope * high + intercept - high,
                            -1e-4 * (1.0 + high));
        n++;
    }
    return n;
}

/* How often the words are in the text. */
static size_t count(const char *text, const char *words)
{
    size_t n = 0;
    for (const char *at = text; (at = strstr(at, words)) != NULL; at++) {
        n++;
    }
    return n;
}

/* Y = tanh(x0 + x1) * exp(x0 - x1) / 3. */
static void write_curved(char file_path[64])
{
    static const int64_t pair[] = {1, 2};
    static const int64_t single[] = {1, 1};
    static const double weights[] = {1.0, 1.0, 1.0, -1.0, 3.0};
    struct ref_model model = {.opset = 13};
    ref_model_input(&model, "X", 1, pair, 2);
    ref_model_floats(&model, "p", pair, 2, weights);
    ref_model_floats(&model, "q", pair, 2, weights + 2);
    ref_model_floats(&model, "three", single, 0, weights + 4);
    ref_model_node(&model, "Gemm", "X,p", "a");
    ref_node_int(&model, "transB", 1);
    ref_model_node(&model, "Gemm", "X,q", "b");
    ref_node_int(&model, "transB", 1);
    ref_model_node(&model, "Tanh", "a", "t");
    ref_model_node(&model, "Exp", "b", "e");
    ref_model_node(&model, "Mul", "t,e", "m");
    ref_model_node(&model, "Div", "m,three", "Y");
    ref_model_output(&model, "Y", 1, single, 2);
    ref_model_write(file_path, &model);
}

/* Every leaf of a certificate; the one shown by default has the least margin.
 * Returns in how many texts a phrase is. */
static size_t check_leaves(const char *phrase)
{
    size_t n_leaves = 0;
    size_t n_chords = 0;
    size_t n_with = 0;
    double least = HUGE_VAL;
    char *text = NULL;
    for (; (text = explain(0, n_leaves)) != NULL; n_leaves++) {
        check_end(text);
        n_chords += check_chords(text);
        n_with += strstr(text, phrase) != NULL ? 1 : 0;
        least = fmin(least, number_after(text, "counted against it: "));
        free(text);
    }
    ck_assert_uint_ge(n_leaves, 10);
    ck_assert_uint_ge(n_chords, n_leaves);
    text = explain(ASTROLABE_ANY, ASTROLABE_ANY);
    ck_assert_double_le(
        fabs(number_after(text, "counted against it: ") - least), 0.0);
    free(text);
    return n_with;
}

START_TEST(every_leaf_adds_up)
{
    load("benchmarks/models/residual_holds_2.vnnlib", ASTROLABE_ENGINE_INPUT);
    ck_assert_uint_ge(check_leaves(" by refresh at "), 10);
}
END_TEST

START_TEST(combinations_and_lemmas_add_up)
{
    load("benchmarks/models/residual_holds_2.vnnlib", ASTROLABE_ENGINE_NEURON);
    ck_assert_uint_ge(check_leaves(" times literal z of n"), 1);
}
END_TEST

START_TEST(cases_have_their_own_boxes)
{
    load(property, ASTROLABE_ENGINE_AUTO);
    char *first = explain(0, 0);
    char *second = explain(1, 0);
    check_end(first);
    check_end(second);
    ck_assert_ptr_nonnull(strstr(first, "x0 in [0, 0.5]"));
    ck_assert_ptr_nonnull(strstr(first, "of 1: y0 <= -1000"));
    ck_assert_ptr_nonnull(strstr(first, "must be > 0 (no atom is strict)"));
    ck_assert_ptr_nonnull(strstr(second, "x0 in [-3, -2.5]"));
    ck_assert_ptr_nonnull(strstr(second, "of 1: y1 < -2000"));
    ck_assert_ptr_nonnull(strstr(second, "must be >= 0 (an atom is strict)"));
    char *tightest = explain(ASTROLABE_ANY, ASTROLABE_ANY);
    ck_assert_str_eq(tightest, first);
    free(tightest);
    tightest = explain(1, ASTROLABE_ANY);
    ck_assert_str_eq(tightest, second);
    free(tightest);
    free(first);
    free(second);
    ck_assert_ptr_null(explain(2, 0));
    ck_assert_ptr_null(explain(1, 1));
}
END_TEST

START_TEST(curves_and_products_add_up)
{
    static const char text[] =
        "(declare-const X_0 Real)(declare-const X_1 Real)"
        "(declare-const Y_0 Real)(assert (>= X_0 -1))(assert (<= X_0 1))"
        "(assert (>= X_1 -1))(assert (<= X_1 1))(assert (<= Y_0 -0.8))\n";
    static const enum astrolabe_engine engines[] = {ASTROLABE_ENGINE_INPUT,
                                                    ASTROLABE_ENGINE_NEURON};
    char model[64];
    char goal[64];
    write_curved(model);
    ref_file_write(goal, text, sizeof text - 1);
    const char *kept = network_path;
    network_path = model;
    for (size_t e = 0; e < 2; e++) {
        size_t n_leaves = 0;
        char *leaf = NULL;
        load(goal, engines[e]);
        for (; (leaf = explain(0, n_leaves)) != NULL; n_leaves++) {
            if (strstr(leaf, "its region is empty") == NULL) {
                check_end(leaf);
                ck_assert_uint_eq(count(leaf, "  product layer 2"), 1);
                ck_assert_uint_eq(count(leaf, "  tanh layer 0"), 1);
                ck_assert_uint_eq(count(leaf, "  exp layer 1"), 1);
                ck_assert_uint_eq(count(leaf, "  scales"), 1);
                ck_assert_uint_ge(
                    count(leaf, ", v >= ") + count(leaf, ", v <= "), 4);
                ck_assert_uint_eq(count(leaf, "*w + "), 1);
            }
            free(leaf);
        }
        ck_assert_uint_ge(n_leaves, 4);
        astrolabe_certificate_free(certificate);
        astrolabe_query_free(query);
        certificate = NULL;
        query = NULL;
    }
    network_path = kept;
    ref_file_remove(model);
    ref_file_remove(goal);
}
END_TEST

TCase *test_cases(void)
{
    TCase *cases = tcase_create("explain");
    tcase_add_unchecked_fixture(cases, make_folder, remove_folder);
    tcase_add_checked_fixture(cases, NULL, tear_down);
    tcase_add_test(cases, every_leaf_adds_up);
    tcase_add_test(cases, combinations_and_lemmas_add_up);
    tcase_add_test(cases, cases_have_their_own_boxes);
    tcase_add_test(cases, curves_and_products_add_up);
    return cases;
}
