/* Networks whose neurons have huge ends, or none: what the search proves, the
 * checker accepts. */
#include "src/base/log.h"
#include "tests/ref/ref_prove.h"
#include "tests/suite.h"

#include <stdio.h>

/*
 * y = op(f(scale x) + shift), f left out if NULL, x in [lower, upper]; unsafe:
 * the atoms, of X_0 and Y_0.
 */
struct row {
    const char *f;
    const char *op;
    double scale;
    double shift;
    double ends[2];
    const char *atoms;
};

static struct ref_bytes make_model(const struct row *row)
{
    static const int64_t single[] = {1, 1};
    struct ref_model model = {.opset = 13};
    ref_model_input(&model, "X", 1, single, 2);
    ref_model_floats(&model, "scale", single, 0, &row->scale);
    ref_model_floats(&model, "shift", single, 0, &row->shift);
    ref_model_node(&model, "Mul", "X,scale", "a");
    if (row->f != NULL) {
        ref_model_node(&model, row->f, "a", "b");
    }
    ref_model_node(&model, "Add", row->f != NULL ? "b,shift" : "a,shift", "c");
    ref_model_node(&model, row->op, "c", "Y");
    ref_model_output(&model, "Y", 1, single, 2);
    return ref_model_finish(&model);
}

/* Verdict of a search of a second, whose proof of unsat must be accepted. */
static enum verdict decide(const struct row *row, enum solver_engine engine,
                           size_t number)
{
    struct ref_prove_tally tally = {0};
    struct ref_subject subject;
    char text[512];
    struct ref_bytes model = make_model(row);
    (void)snprintf(text, sizeof text,
                   "(declare-const X_0 Real)(declare-const Y_0 Real)"
                   "(assert (>= X_0 %.10f))(assert (<= X_0 %.10f))%s\n",
                   row->ends[0], row->ends[1], row->atoms);
    ref_subject_open(&subject, &model, text);
    const enum verdict verdict =
        ref_prove_run(&tally, &subject, engine, number, 1.0);
    ref_subject_close(&subject);
    return verdict;
}

static void check_rows(const struct row *rows, size_t n, bool is_unsat)
{
    static const enum solver_engine engines[] = {SOLVER_AUTO, SOLVER_INPUT,
                                                 SOLVER_NEURON};
    log_set_level(LOG_ERROR);
    for (size_t i = 0; i < n; i++) {
        for (size_t e = 0; e < 3; e++) {
            const enum verdict verdict = decide(&rows[i], engines[e], i);
            ck_assert_msg(is_unsat || verdict != VERDICT_UNSAT,
                          "row %zu, engine %zu: proved, but false", i, e);
        }
    }
}

START_TEST(proofs_about_infinite_ends_are_accepted)
{
    static const struct row rows[] = {
        {"Exp",
         "Sigmoid",
         20.0,
         -5.0,
         {0.0, 1.2},
         "(assert (<= (- Y_0 X_0) -0.3))"},
        {"Exp",
         "Tanh",
         20.0,
         -5.0,
         {0.0, 1.2},
         "(assert (<= (- Y_0 X_0) -2.1))"},
        {"Exp", "Exp", -20.0, 0.0, {-1.2, 0.0}, "(assert (<= Y_0 0.9))"},
        {"Exp", "Relu", 20.0, -5.0, {0.0, 1.2}, "(assert (<= Y_0 -1))"},
        {"Exp", "Softplus", 20.0, -5.0, {0.0, 1.2}, "(assert (<= Y_0 -1))"},
        {"Exp", "Sin", 20.0, 0.0, {0.0, 1.2}, "(assert (>= Y_0 1.1))"},
        {"Exp", "Sign", 20.0, -5.0, {0.5, 1.2}, "(assert (<= Y_0 0.9))"},
        {"Exp", "Floor", 20.0, 0.0, {0.0, 1.2}, "(assert (<= Y_0 0.9))"},
        {"Exp", "Log", 20.0, 0.0, {0.0, 1.2}, "(assert (<= Y_0 -0.1))"},
        {"Exp", "Sqrt", 20.0, 0.0, {0.0, 1.2}, "(assert (<= Y_0 0.9))"},
        {"Exp", "Reciprocal", 20.0, 0.0, {0.0, 1.2}, "(assert (>= Y_0 1.1))"},
        {"Exp", "Erf", 20.0, 0.0, {0.0, 1.2}, "(assert (<= Y_0 0.8))"}};
    check_rows(rows, sizeof rows / sizeof *rows, true);
}
END_TEST

START_TEST(proofs_about_large_arguments_are_accepted)
{
    static const struct row rows[] = {
        {NULL, "Exp", 1.0, 0.0, {0.0, 100000.0}, "(assert (<= Y_0 -0.1))"},
        {NULL, "Exp", 1.0, 0.0, {-100000.0, 0.0}, "(assert (>= Y_0 1.1))"},
        {NULL, "Sin", 1e6, 0.0, {50.0, 50.0000001}, "(assert (>= Y_0 1.1))"},
        {NULL, "Sin", 1e9, 0.0, {0.0, 1.0}, "(assert (>= Y_0 1.1))"},
        {NULL, "Cos", 1e12, 0.0, {0.0, 1.0}, "(assert (<= Y_0 -1.1))"},
        {NULL, "Softplus", 1e4, 0.0, {-1.0, 1.0}, "(assert (<= Y_0 -0.1))"},
        {NULL, "Sigmoid", 1e6, 0.0, {-1.0, 1.0}, "(assert (>= Y_0 1.1))"},
        {NULL, "Erf", 1e7, 0.0, {-1.0, 1.0}, "(assert (>= Y_0 1.1))"},
        {NULL, "Tanh", 1e7, 0.0, {0.001, 1.0}, "(assert (<= Y_0 0.5))"},
        {NULL, "Floor", 1e6, 0.0, {0.0, 1.0}, "(assert (<= Y_0 -1.5))"},
        {NULL, "Floor", 1e12, 0.0, {0.0, 1.0}, "(assert (<= Y_0 -1.5))"},
        {NULL, "Sqrt", 1e9, 0.0, {0.0, 1.0}, "(assert (<= Y_0 -0.1))"},
        {NULL, "Reciprocal", 1e9, 1.0, {0.0, 1.0}, "(assert (>= Y_0 1.1))"},
        {NULL, "Relu", 1e9, -5e8, {0.0, 1.0}, "(assert (<= Y_0 -1))"},
        {NULL, "Relu", 1e9, -5e8, {0.0, 1.0}, "(assert (>= Y_0 6e8))"}};
    check_rows(rows, sizeof rows / sizeof *rows, true);
}
END_TEST

START_TEST(what_is_false_is_not_proved)
{
    static const struct row rows[] = {
        {"Exp", "Sigmoid", 20.0, -5.0, {0.0, 1.2}, "(assert (<= Y_0 0.1))"},
        {"Exp", "Sin", 20.0, 0.0, {0.0, 1.2}, "(assert (>= Y_0 0.99))"},
        {NULL, "Exp", 1.0, 0.0, {-100000.0, 0.0}, "(assert (>= Y_0 0.9))"},
        {NULL, "Cos", 1e12, 0.0, {0.0, 1.0}, "(assert (<= Y_0 -0.9))"},
        {NULL, "Floor", 1e12, 0.0, {0.0, 1.0}, "(assert (<= Y_0 0))"}};
    check_rows(rows, sizeof rows / sizeof *rows, false);
}
END_TEST

TCase *test_cases(void)
{
    TCase *cases = tcase_create("curve_ends");
    tcase_set_timeout(cases, 240.0);
    tcase_add_test(cases, proofs_about_infinite_ends_are_accepted);
    tcase_add_test(cases, proofs_about_large_arguments_are_accepted);
    tcase_add_test(cases, what_is_false_is_not_proved);
    return cases;
}
