/* Several networks in one query, hidden tensors, products of variables: what
 * they mean, and that no point which satisfies them is ever ruled out. */
#include "proofs/check/check_certificate.h"
#include "proofs/check/check_join.h"
#include "proofs/check/check_network.h"
#include "proofs/check/check_query.h"
#include "src/base/alloc.h"
#include "src/base/log.h"
#include "src/base/rng.h"
#include "src/query/query.h"
#include "src/verify/proof.h"
#include "src/verify/verify.h"
#include "tests/ref/ref_onnx_writer.h"
#include "tests/suite.h"

#include <check.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One file for each network and the property. */
struct files {
    char model[2][64];
    char property[64];
};

/* y = relu(W x + b) summed: z = W x + b is named "z", its ReLU "h". */
static void write_model(char path[64], const double weight[4], double shift)
{
    const int64_t row[] = {1, 2};
    const int64_t square[] = {2, 2};
    const int64_t column[] = {2, 1};
    const int64_t one[] = {1, 1};
    const double bias[] = {0.25, -0.5};
    const double sum[] = {1.0, 1.0};
    struct ref_model model = {.opset = 13};
    ref_model_input(&model, "x", 1, row, 2);
    ref_model_floats(&model, "W", square, 2, weight);
    ref_model_floats(&model, "b", row, 2, bias);
    ref_model_floats(&model, "s", column, 2, sum);
    ref_model_floats(&model, "c", one, 2, &shift);
    ref_model_node(&model, "Gemm", "x,W,b", "z");
    ref_model_node(&model, "Relu", "z", "h");
    ref_model_node(&model, "Gemm", "h,s,c", "y");
    ref_model_output(&model, "y", 1, one, 2);
    ref_model_write(path, &model);
}

static void create(struct files *files, double shift)
{
    static const double weight[] = {1.0, -1.0, 0.5, 2.0};
    write_model(files->model[0], weight, 0.0);
    write_model(files->model[1], weight, shift);
}

static void destroy(const struct files *files)
{
    ref_file_remove(files->model[0]);
    ref_file_remove(files->model[1]);
}

/* Loads a text about networks f and g (n of them are given). */
static enum status load(struct query **query, struct files *files,
                        const char *text, size_t n, struct error *error)
{
    const struct query_network networks[] = {{"f", files->model[0]},
                                             {"g", files->model[1]}};
    ref_file_write(files->property, text, strlen(text));
    *error = (struct error){0};
    const enum status status =
        query_load(query, files->property, n, networks, false, error);
    ref_file_remove(files->property);
    return status;
}

static struct query *load_well(struct files *files, const char *text, size_t n)
{
    struct query *query = NULL;
    struct error error;
    ck_assert_msg(load(&query, files, text, n, &error) == STATUS_OK, "%s",
                  error.message);
    return query;
}

static char *dump(const struct query *query)
{
    char *text = NULL;
    size_t n = 0;
    FILE *file = open_memstream(&text, &n);
    query_dump(file, query);
    ck_assert_int_eq(fclose(file), 0);
    return text;
}

#define PAIR(congruence)                                                    \
    "(vnnlib-version <2.0>)(declare-network f (declare-input X real [1,2])" \
    "(declare-output Y real [1,1]))(declare-network g " congruence          \
    "(declare-input P real [1,2])(declare-output Q real [1,1]))"
#define BOX                                                        \
    "(assert (and (>= X[0,0] -1.0)(<= X[0,0] 1.0)(>= X[0,1] -1.0)" \
    "(<= X[0,1] 1.0)))"
#define TIED "(assert (== P[0,0] X[0,0]))(assert (== X[0,1] P[0,1]))"

START_TEST(tied_inputs_become_one)
{
    struct files files;
    create(&files, 0.5);
    struct query *query = load_well(
        &files,
        PAIR("(isomorphic-to f)") BOX
        "(assert (== P[0,0] X[0,0]))(assert (== X[0,1] (+ P[0,1] 0.25)))"
        "(assert (<= P[0,1] 0.5))(assert (<= Q[0,0] (- Y[0,0] P[0,1])))",
        2);
    char *text = dump(query);
    ck_assert_str_eq(text, "query 2 inputs 2 outputs 1 cases\ncase 0\n"
                           "  x0 >= -1\n  x0 <= 1\n  x1 >= -1\n"
                           "  x1 <= 3/4\n  disjunct 0\n"
                           "    1*x1 -1*y0 1*y1 <= 1/4\n");
    free(text);
    query_destroy(query);
    destroy(&files);
}
END_TEST

START_TEST(untied_inputs_stay)
{
    struct files files;
    create(&files, 0.5);
    struct query *query =
        load_well(&files,
                  PAIR("") BOX "(assert (or (== P[0,0] X[0,0])"
                               "(== P[0,0] 1.0)))(assert (<= X[0,1] P[0,1]))"
                               "(assert (>= Y[0,0] Q[0,0]))",
                  2);
    ck_assert_uint_eq(query->layers->n_inputs, 4);
    ck_assert_uint_eq(query->extras.ties.n, 0);
    query_destroy(query);
    destroy(&files);
}
END_TEST

static struct verify_options limits(void)
{
    return (struct verify_options){
        .budget = {.deadline_s = budget_now_s() + 20.0},
        .threads = 1,
        .seed = 1,
        .attack = true,
        .engine = SOLVER_AUTO};
}

/* The verdict within some seconds; that of a witness, which was checked, with
 * its text in *text unless that is NULL. */
static enum verdict decide(const struct query *query, char **text)
{
    const struct verify_options options = limits();
    struct verify_result result = {0};
    verify_query(&result, query, &options);
    const enum verdict verdict = result.verdict;
    if (text != NULL) {
        *text = result.witness_text;
        result.witness_text = NULL;
    }
    verify_result_clear(&result);
    return verdict;
}

/* What the checker says of the property that was written last: its dump is that
 * of the query, and it accepts the certificate, unless that is NULL. Exits
 * otherwise. */
static void check(const struct files *files, const struct query *query,
                  size_t n, const char *certificate)
{
    char *texts[2] = {NULL, NULL};
    size_t sizes[2] = {0, 0};
    char names[2][80];
    const char *paths[2] = {names[0], names[1]};
    struct check_property *property = check_property_load(files->property);
    for (size_t k = 0; k < 2; k++) {
        (void)snprintf(names[k], sizeof names[k], "%s%s",
                       property->n_networks == 1 ? ""
                       : k == 0                  ? "f="
                                                 : "g=",
                       files->model[k]);
    }
    struct check_network *network = check_networks_load(property, paths, n);
    struct check_query *own = check_query_create(property);
    FILE *file = open_memstream(&texts[0], &sizes[0]);
    net_dump(file, query->net, query->layers);
    query_dump(file, query);
    ck_assert_int_eq(fclose(file), 0);
    file = open_memstream(&texts[1], &sizes[1]);
    check_network_dump(file, network);
    check_query_dump(file, own);
    ck_assert_int_eq(fclose(file), 0);
    ck_assert_str_eq(texts[0], texts[1]);
    if (certificate != NULL) {
        (void)check_certificate(certificate, network, property, own, CHECK_FAST,
                                1);
    }
    free(texts[0]);
    free(texts[1]);
    check_query_free(own);
    check_network_free(network);
    check_property_free(property);
}

/* The verdict; the checker accepts its certificate, as recorded and smaller. */
static enum verdict decide_text(struct files *files, const char *text, size_t n)
{
    char path[64];
    struct error error = {0};
    struct verify_result result = {0};
    struct query *query = load_well(files, text, n);
    struct verify_options options = limits();
    ref_file_write(files->property, text, strlen(text));
    ref_file_write(path, "", 0);
    ck_assert_msg(proof_open(&options.proof, query, path, &error) == STATUS_OK,
                  "%s", error.message);
    verify_query(&result, query, &options);
    const enum verdict verdict = result.verdict;
    ck_assert(verdict == VERDICT_SAT || verdict == VERDICT_UNSAT);
    ck_assert_msg(proof_write(options.proof, &result.stats, &error) ==
                      STATUS_OK,
                  "%s", error.message);
    check(files, query, n, path);
    if (verdict == VERDICT_UNSAT) {
        ck_assert(proof_shrink(options.proof, query, budget_now_s() + 20.0,
                               &result.stats, &error) == STATUS_OK);
        check(files, query, n, path);
    }
    proof_destroy(options.proof);
    verify_result_clear(&result);
    query_destroy(query);
    ref_file_remove(path);
    ref_file_remove(files->property);
    return verdict;
}

START_TEST(pairs_are_decided)
{
    struct files files;
    create(&files, 0.5);
    /* Q = Y + 1/2 wherever the inputs are the same */
    ck_assert_int_eq(decide_text(&files,
                                 PAIR("(isomorphic-to f)") BOX TIED
                                 "(assert (<= Q[0,0] (+ Y[0,0] 0.25)))",
                                 2),
                     VERDICT_UNSAT);
    ck_assert_int_eq(decide_text(&files,
                                 PAIR("(isomorphic-to f)") BOX TIED
                                 "(assert (<= Q[0,0] (+ Y[0,0] 0.75)))",
                                 2),
                     VERDICT_SAT);
    ck_assert_int_eq(decide_text(&files,
                                 PAIR("(isomorphic-to f)") BOX
                                 "(assert (and (== P[0,0] X[0,0])"
                                 "(== X[0,1] (+ P[0,1] 0.25))))"
                                 "(assert (>= Q[0,0] (+ Y[0,0] 1.5)))"
                                 "(assert (>= (* P[0,0] Y[0,0]) -4.0))",
                                 2),
                     VERDICT_UNSAT);
    /* one file for both */
    ck_assert_int_eq(decide_text(&files,
                                 PAIR("(equal-to f)") BOX TIED
                                 "(assert (>= Q[0,0] (+ Y[0,0] 0.25)))",
                                 1),
                     VERDICT_UNSAT);
    destroy(&files);
}
END_TEST

/* Exits with status 1: the certificate is one for f, g, not for g, f. */
START_TEST(networks_in_another_order_are_rejected)
{
    static const char text[] = PAIR("(isomorphic-to f)") BOX TIED
        "(assert (<= Q[0,0] (+ Y[0,0] 0.25)))";
    char path[64];
    struct files files;
    struct error error = {0};
    struct verify_result result = {0};
    create(&files, 0.5);
    struct query *query = load_well(&files, text, 2);
    struct verify_options options = limits();
    ref_file_write(files.property, text, strlen(text));
    ref_file_write(path, "", 0);
    ck_assert_int_eq(proof_open(&options.proof, query, path, &error),
                     STATUS_OK);
    verify_query(&result, query, &options);
    ck_assert_int_eq(proof_write(options.proof, &result.stats, &error),
                     STATUS_OK);
    proof_destroy(options.proof);
    verify_result_clear(&result);
    query_destroy(query);
    char names[2][80];
    const char *paths[2] = {names[0], names[1]};
    (void)snprintf(names[0], sizeof names[0], "f=%s", files.model[1]);
    (void)snprintf(names[1], sizeof names[1], "g=%s", files.model[0]);
    struct check_property *property = check_property_load(files.property);
    struct check_network *network = check_networks_load(property, paths, 2);
    (void)check_certificate(path, network, property,
                            check_query_create(property), CHECK_FAST, 1);
}
END_TEST

START_TEST(equal_networks_have_one_content)
{
    struct files files;
    struct query *query = NULL;
    struct error error;
    create(&files, 0.5);
    ck_assert_int_eq(
        load(&query, &files,
             PAIR("(equal-to f)") BOX "(assert (<= Y[0,0] Q[0,0]))", 2, &error),
        STATUS_BAD_INPUT);
    ck_assert_msg(strstr(error.message, "other contents") != NULL, "%s",
                  error.message);
    destroy(&files);
}
END_TEST

START_TEST(witnesses_list_all_networks)
{
    struct files files;
    create(&files, 0.5);
    struct query *query =
        load_well(&files,
                  PAIR("(isomorphic-to f)") "(assert (== X[0,0] 1.0))(assert "
                                            "(== X[0,1] 0.0))"
                                            "(assert (== P[0,0] (+ X[0,0] "
                                            "0.5)))(assert (== P[0,1] X[0,1]))"
                                            "(assert (>= Q[0,0] Y[0,0]))",
                  2);
    char *text = NULL;
    ck_assert_int_eq(decide(query, &text), VERDICT_SAT);
    /* W x + b at (1, 0) is (1.25, -1.5), at (1.5, 0) it is (1.75, -2) */
    ck_assert_str_eq(text, "X float32 [1,2]\n1\n0\nY float32 [1,1]\n1.25\n"
                           "P float32 [1,2]\n1.5\n0\nQ float32 [1,1]\n2.25\n");
    alloc_free(text);
    query_destroy(query);
    destroy(&files);
}
END_TEST

/* The first number in the text behind this heading. */
static double number_after(const char *text, const char *heading)
{
    const char *found = strstr(text, heading);
    ck_assert_ptr_nonnull(found);
    const char *start = found + strlen(heading);
    char *end = NULL;
    const double number = strtod(start, &end);
    ck_assert_ptr_ne(start, end);
    return number;
}

/* 0.1 is no float32, so a witness with P = X + 0.1 cannot be printed. */
START_TEST(ties_hold_on_the_numbers_as_printed)
{
    struct files files;
    create(&files, 0.5);
    struct query *query =
        load_well(&files,
                  PAIR("(isomorphic-to f)") BOX
                  "(assert (== P[0,0] (+ X[0,0] 0.0009765625)))"
                  "(assert (== P[0,1] X[0,1]))(assert (>= X[0,0] 0.3))"
                  "(assert (>= Q[0,0] Y[0,0]))",
                  2);
    char *text = NULL;
    ck_assert_int_eq(decide(query, &text), VERDICT_SAT);
    const double x = number_after(text, "X float32 [1,2]");
    const double p = number_after(text, "P float32 [1,2]");
    ck_assert(p - x >= 0x1p-10 && p - x <= 0x1p-10);
    alloc_free(text);
    query_destroy(query);
    destroy(&files);
}
END_TEST

#define SINGLE(hidden)                                                \
    "(vnnlib-version <2.0>)(declare-network f (declare-input X real " \
    "[1,2])" hidden "(declare-output Y real [1,1]))" BOX
#define HIDDEN "(declare-hidden H real [1,2] \"z\")"

START_TEST(hidden_tensors_are_outputs)
{
    struct files files;
    create(&files, 0.0);
    struct query *query = load_well(
        &files,
        SINGLE(HIDDEN) "(assert (== X[0,0] 1.0))(assert (== X[0,1] 0.0))"
                       "(assert (<= H[0,1] -1.5))",
        1);
    char *text = NULL;
    ck_assert_int_eq(decide(query, &text), VERDICT_SAT);
    ck_assert_str_eq(text, "X float32 [1,2]\n1\n0\nH float32 [1,2]\n1.25\n"
                           "-1.5\nY float32 [1,1]\n1.25\n");
    alloc_free(text);
    query_destroy(query);
    /* y is 0 only where both hidden values are at most 0 */
    ck_assert_int_eq(decide_text(&files,
                                 SINGLE(HIDDEN) "(assert (>= H[0,0] 0.125))"
                                                "(assert (<= Y[0,0] 0.0))",
                                 1),
                     VERDICT_UNSAT);
    destroy(&files);
}
END_TEST

START_TEST(hidden_tensors_must_exist)
{
    struct files files;
    struct query *query = NULL;
    struct error error;
    create(&files, 0.0);
    ck_assert_int_eq(
        load(&query, &files,
             SINGLE("(declare-hidden H real [1,2] \"zz\")") "(assert (<= "
                                                            "Y[0,0] 0.0))",
             1, &error),
        STATUS_BAD_INPUT);
    ck_assert_msg(strstr(error.message, "'zz'") != NULL, "%s", error.message);
    ck_assert_int_eq(
        load(
            &query, &files,
            SINGLE(
                "(declare-hidden H real [3] \"z\")") "(assert (<= Y[0,0] 0.0))",
            1, &error),
        STATUS_BAD_INPUT);
    destroy(&files);
}
END_TEST

START_TEST(products_are_variables)
{
    struct files files;
    create(&files, 0.0);
    struct query *query = load_well(
        &files,
        SINGLE("") "(assert (<= (* (- X[0,0] X[0,1]) (- X[0,0] X[0,1])) 0.25))"
                   "(assert (>= (* 2.0 X[0,0] X[0,0] Y[0,0]) 0.5))"
                   "(assert (<= (- (* X[0,0] Y[0,0]) (* Y[0,0] X[0,0]))"
                   " X[0,1]))",
        1);
    char *text = dump(query);
    /* outputs: y, x0*x0, x1*x1, x0*x1, x0*x0*y */
    ck_assert_str_eq(text, "query 2 inputs 5 outputs 1 cases\ncase 0\n"
                           "  x0 >= -1\n  x0 <= 1\n  x1 >= 0\n  x1 <= 1\n"
                           "  disjunct 0\n"
                           "    1*y1 1*y2 -2*y3 <= 1/4\n"
                           "    -2*y4 <= -1/2\n");
    free(text);
    query_destroy(query);
    destroy(&files);
}
END_TEST

START_TEST(polynomials_are_decided)
{
    struct files files;
    create(&files, 0.0);
    /* x0^2 + x1^2 <= 2 on the box */
    ck_assert_int_eq(decide_text(&files,
                                 SINGLE("") "(assert (>= (+ (* X[0,0] X[0,0])"
                                            "(* X[0,1] X[0,1])) 2.125))",
                                 1),
                     VERDICT_UNSAT);
    ck_assert_int_eq(decide_text(&files,
                                 SINGLE("") "(assert (>= (+ (* X[0,0] X[0,0])"
                                            "(* X[0,1] X[0,1])) 1.875))",
                                 1),
                     VERDICT_SAT);
    /* y >= 0, so x0 y > 0 wants x0 > 0 */
    ck_assert_int_eq(decide_text(&files,
                                 SINGLE("") "(assert (>= (* X[0,0] Y[0,0])"
                                            " 0.125))"
                                            "(assert (<= X[0,0] -0.125))",
                                 1),
                     VERDICT_UNSAT);
    destroy(&files);
}
END_TEST

/* Atoms are true at a random point by construction, so `unsat` is wrong. */
START_TEST(what_holds_somewhere_is_never_ruled_out)
{
    struct files files;
    struct rng rng;
    rng_init(&rng, test_seed());
    create(&files, 0.5);
    for (int round = 0; round < 40; round++) {
        const double x0 = (double)rng_below(&rng, 257) / 128.0 - 1.0;
        const double x1 = (double)rng_below(&rng, 257) / 128.0 - 1.0;
        const double z0 = x0 + 0.5 * x1 + 0.25;
        const double z1 = -x0 + 2.0 * x1 - 0.5;
        const double y = (z0 > 0.0 ? z0 : 0.0) + (z1 > 0.0 ? z1 : 0.0);
        const double a = (double)rng_below(&rng, 9) - 4.0;
        const double b = (double)rng_below(&rng, 9) - 4.0;
        char text[2048];
        (void)snprintf(text, sizeof text,
                       PAIR("(isomorphic-to f)") BOX TIED
                       "(assert (<= (+ (* %.1f X[0,0] Y[0,0])"
                       "(* %.1f P[0,1] P[0,1]) Q[0,0]) %.30f))"
                       "(assert (>= (- Q[0,0] Y[0,0]) 0.25))",
                       a, b, a * x0 * y + b * x1 * x1 + y + 0.5 + 1e-9);
        ck_assert_int_ne(decide_text(&files, text, 2), VERDICT_UNSAT);
    }
    destroy(&files);
}
END_TEST

TCase *test_cases(void)
{
    log_set_level(LOG_ERROR);
    TCase *cases = tcase_create("compose");
    tcase_set_timeout(cases, 120.0);
    tcase_add_test(cases, tied_inputs_become_one);
    tcase_add_test(cases, untied_inputs_stay);
    tcase_add_test(cases, pairs_are_decided);
    tcase_add_exit_test(cases, networks_in_another_order_are_rejected, 1);
    tcase_add_test(cases, equal_networks_have_one_content);
    tcase_add_test(cases, witnesses_list_all_networks);
    tcase_add_test(cases, ties_hold_on_the_numbers_as_printed);
    tcase_add_test(cases, hidden_tensors_are_outputs);
    tcase_add_test(cases, hidden_tensors_must_exist);
    tcase_add_test(cases, products_are_variables);
    tcase_add_test(cases, polynomials_are_decided);
    tcase_add_test(cases, what_holds_somewhere_is_never_ruled_out);
    return cases;
}
