/* Certificates of networks with curves, products and scales: each rule proves
 * what holds, and nothing that does not. */
#include "src/base/alloc.h"
#include "tests/ref/ref_subject.h"
#include "tests/suite.h"

#include <stdio.h>
#include <string.h>

static const int64_t pair[] = {1, 2};
static const int64_t single[] = {1, 1};
static const double numbers[] = {3.0, 1.0, 1.0};

/* One input X or two, X and W, of one number each; Y is an operator of them. */
static void open_operator(struct ref_subject *subject, const char *op,
                          const char *inputs, const char *property)
{
    char text[1024];
    const bool has_two = strchr(inputs, 'W') != NULL;
    struct ref_model model = {.opset = 13};
    ref_model_input(&model, "X", 1, single, 2);
    if (has_two) {
        ref_model_input(&model, "W", 1, single, 2);
    }
    ref_model_floats(&model, "three", single, 0, numbers);
    ref_model_node(&model, op, inputs, "Y");
    ref_model_output(&model, "Y", 1, single, 2);
    (void)snprintf(text, sizeof text,
                   "(declare-const X_0 Real)%s(declare-const Y_0 Real)%s\n",
                   has_two ? "(declare-const X_1 Real)" : "", property);
    struct ref_bytes bytes = ref_model_finish(&model);
    ref_subject_open(subject, &bytes, text);
}

/* The checker's answer to the certificate, which is cleared; closes. */
static int judge(struct ref_subject *subject, struct ref_cert *cert)
{
    struct ref_bytes bytes = ref_cert_finish(cert);
    const int status = ref_subject_check(subject, &bytes, CHECK_FAST);
    ck_assert_int_eq(ref_subject_check(subject, &bytes, CHECK_EXACT), status);
    ref_bytes_clear(&bytes);
    ref_subject_close(subject);
    return status;
}

/* Whether one leaf proves it. */
static bool holds_by_leaf(const char *op, const char *inputs,
                          const char *property)
{
    struct ref_subject subject;
    open_operator(&subject, op, inputs, property);
    struct ref_cert cert = ref_subject_cert(&subject);
    ref_cert_leaf(&cert, 1);
    return judge(&subject, &cert) == 0;
}

/* X in [lower, upper]; unsafe if `atom` holds. */
static bool holds(const char *op, double lower, double upper, const char *atom)
{
    char text[512];
    (void)snprintf(text, sizeof text,
                   "(assert (>= X_0 %.10f))(assert (<= X_0 %.10f))(assert %s)",
                   lower, upper, atom);
    return holds_by_leaf(op, strcmp(op, "Div") == 0 ? "X,three" : "X", text);
}

START_TEST(curves_bound_their_values)
{
    /* True bounds over a box; unsafe is what lies just beyond, or just within
     * by less than what one line loses. */
    static const struct {
        const char *op;
        double lower;
        double upper;
        double least; /* of f */
        double greatest;
        double loss;
    } rows[] = {{"Sigmoid", 0.5, 1.5, 0.622459, 0.817575, 0.02},
                {"Tanh", -1.5, -0.5, -0.905149, -0.462117, 0.1},
                {"Tanh", -1.0, 1.0, -0.761595, 0.761595, 0.5},
                {"Softplus", -1.0, 1.0, 0.313261, 1.313262, 0.2},
                {"Erf", 0.25, 0.75, 0.276326, 0.711156, 0.1},
                {"Exp", 0.0, 0.5, 1.0, 1.648722, 0.05},
                {"Log", 1.0, 2.0, 0.0, 0.693148, 0.1},
                {"Sqrt", 0.0, 1.0, 0.0, 1.0, 0.1},
                {"Reciprocal", 0.5, 1.0, 1.0, 2.0, 0.2},
                {"Reciprocal", -1.0, -0.5, -2.0, -1.0, 0.2},
                {"Sin", 0.0, 1.0, 0.0, 0.841471, 0.1},
                {"Sin", 2.0, 4.0, -0.756803, 0.909298, 0.6},
                {"Cos", -0.5, 0.5, 0.877582, 1.0, 0.1},
                {"Sign", -1.0, 1.0, -1.0, 1.0, 2.01},
                {"Sign", -1.0, 0.0, -1.0, 0.0, 1.01},
                {"Floor", 0.5, 1.5, 0.0, 1.0, 1.01}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char atom[64];
        for (int inside = 0; inside < 2; inside++) {
            const double by = inside == 1 ? -1e-5 : rows[i].loss;
            (void)snprintf(atom, sizeof atom, "(<= Y_0 %.10f)",
                           rows[i].least - by);
            ck_assert_msg(holds(rows[i].op, rows[i].lower, rows[i].upper,
                                atom) == (inside == 0),
                          "%zu: %s %s", i, rows[i].op, atom);
            (void)snprintf(atom, sizeof atom, "(>= Y_0 %.10f)",
                           rows[i].greatest + by);
            ck_assert_msg(holds(rows[i].op, rows[i].lower, rows[i].upper,
                                atom) == (inside == 0),
                          "%zu: %s %s", i, rows[i].op, atom);
        }
    }
}
END_TEST

START_TEST(jumps_have_both_sides_and_a_value)
{
    ck_assert(holds("Sign", 0.0, 1.0, "(< Y_0 0)"));
    ck_assert(!holds("Sign", 0.0, 1.0, "(<= Y_0 0)")); /* at 0 */
    ck_assert(holds("Sign", -1.0, 0.0, "(> Y_0 0)"));
    ck_assert(!holds("Sign", -1.0, 0.0, "(>= Y_0 0)"));
    ck_assert(holds("Sign", 0.0625, 1.0, "(< Y_0 1)"));
    ck_assert(!holds("Floor", 0.5, 1.0, "(>= Y_0 1)"));
    ck_assert(holds("Floor", 0.5, 0.75, "(> Y_0 0)"));
}
END_TEST

START_TEST(nothing_is_known_where_a_curve_has_no_value)
{
    ck_assert(!holds("Reciprocal", 0.0, 1.0, "(<= Y_0 0)"));
    ck_assert(!holds("Reciprocal", -1.0, 1.0, "(<= Y_0 -1000)"));
    ck_assert(!holds("Log", 0.0, 1.0, "(>= Y_0 1)"));
    ck_assert(!holds("Sqrt", -1.0, 1.0, "(>= Y_0 2)"));
}
END_TEST

START_TEST(points_have_values)
{
    ck_assert(holds("Exp", 0.0, 0.0, "(< Y_0 1)"));
    ck_assert(!holds("Exp", 0.0, 0.0, "(<= Y_0 1)"));
    ck_assert(holds("Reciprocal", 0.5, 0.5, "(<= Y_0 1.9999999)"));
    ck_assert(!holds("Reciprocal", 0.5, 0.5, "(<= Y_0 2.0000001)"));
}
END_TEST

START_TEST(quotients_are_as_near_as_doubles)
{
    ck_assert(holds("Div", -3.0, 3.0, "(>= Y_0 1.0000000001)"));
    ck_assert(!holds("Div", -3.0, 3.0, "(>= Y_0 1)"));
    ck_assert(holds("Div", -3.0, 3.0, "(<= Y_0 -1.0000000001)"));
    ck_assert(!holds("Div", -3.0, 3.0, "(<= Y_0 -1)"));
}
END_TEST

START_TEST(products_have_four_corners)
{
    static const struct {
        const char *relation;
        const char *value;
        bool is_proved;
    } rows[] = {{">=", "2.001", true},
                {">=", "2", false},
                {"<=", "-2.001", true},
                {"<=", "-2", false},
                {">", "2", true}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[512];
        (void)snprintf(text, sizeof text,
                       "(assert (>= X_0 -1))(assert (<= X_0 1))"
                       "(assert (>= X_1 -2))(assert (<= X_1 2))"
                       "(assert (%s Y_0 %s))",
                       rows[i].relation, rows[i].value);
        ck_assert(holds_by_leaf("Mul", "X,W", text) == rows[i].is_proved);
    }
    ck_assert(!holds_by_leaf("Mul", "X,X",
                             "(assert (>= X_0 -1))(assert (<= X_0 1))"
                             "(assert (<= Y_0 0))"));
    ck_assert(holds_by_leaf("Mul", "X,X", /* a square, no product */
                            "(assert (>= X_0 -1))(assert (<= X_0 1))"
                            "(assert (<= Y_0 -0.000001))"));
}
END_TEST

/* z = X_0 + X_1, Y_0 = z^2; box [0, 1]^2. */
static void open_square(struct ref_subject *subject, const char *atoms)
{
    char text[512];
    struct ref_model model = {.opset = 13};
    ref_model_input(&model, "X", 1, pair, 2);
    ref_model_floats(&model, "w", pair, 2, numbers + 1);
    ref_model_node(&model, "Gemm", "X,w", "z");
    ref_node_int(&model, "transB", 1);
    ref_model_node(&model, "Mul", "z,z", "Y");
    ref_model_output(&model, "Y", 1, single, 2);
    (void)snprintf(text, sizeof text,
                   "(declare-const X_0 Real)(declare-const X_1 Real)"
                   "(declare-const Y_0 Real)"
                   "(assert (>= X_0 0))(assert (<= X_0 1))"
                   "(assert (>= X_1 0))(assert (<= X_1 1))%s\n",
                   atoms);
    struct ref_bytes bytes = ref_model_finish(&model);
    ref_subject_open(subject, &bytes, text);
}

/* A split of z at level / 2^12; child k is closed by the atoms with the given
 * multipliers, and by its literal with literal[k]. */
static int split_square(const char *atoms, int64_t level,
                        const unsigned multipliers[2][2],
                        const unsigned literals[2])
{
    struct ref_subject subject;
    open_square(&subject, atoms);
    struct ref_cert cert = ref_subject_cert(&subject);
    ref_cert_neuron_at(&cert, 0, 0, 0, level);
    for (size_t child = 0; child < 2; child++) {
        ref_cert_leaf(&cert, 0);
        ref_cert_closing(&cert, 0, false);
        for (uint32_t atom = 0; atom < 2; atom++) {
            if (multipliers[child][atom] != 0) {
                ref_cert_atom(&cert, atom, multipliers[child][atom], 0);
            }
        }
        if (literals[child] != 0) {
            ref_cert_literal(&cert, 0, literals[child], 0);
        }
    }
    return judge(&subject, &cert);
}

START_TEST(neurons_are_split_at_levels)
{
    enum { ONE = 1 << 12 }; /* S is 12 */
    /* -y >= -z on [0, 1]; -y + 3 z >= 2 on [1, 2] */
    static const char above[] =
        "(assert (>= Y_0 1.2))(assert (<= (+ X_0 X_1) 1))";
    static const unsigned by[2][2] = {{1, 0}, {1, 3}};
    static const unsigned first[] = {1, 0};
    static const unsigned none[] = {0, 0};
    ck_assert_int_eq(split_square(above, ONE, by, first), 0);
    ck_assert_int_eq(split_square(above, ONE, by, none), 1);
    ck_assert_int_eq(split_square(above, ONE + ONE / 2, by, first), 1);
    ck_assert_int_eq(split_square(above, 0, by, first), 1);
    /* y - z >= -1/4 on [0, 1]; y - 3 z >= -9/4 on [1, 2] */
    static const char below[] =
        "(assert (<= Y_0 0.7))(assert (>= (+ X_0 X_1) 1))";
    static const unsigned both[2][2] = {{1, 1}, {1, 0}};
    static const unsigned second[] = {0, 3};
    static const unsigned less[] = {0, 1};
    ck_assert_int_eq(split_square(below, ONE, both, second), 0);
    ck_assert_int_eq(split_square(below, ONE, both, less), 1);
    ck_assert_int_eq(split_square(below, ONE, both, none), 1);
}
END_TEST

START_TEST(an_input_may_be_a_neuron)
{
    /* tanh(x) >= 0.1 only for x > 0 */
    static const char atoms[] = "(assert (>= X_0 -4))(assert (<= X_0 4))"
                                "(assert (>= Y_0 0.1))"
                                "(assert (<= (+ X_0 Y_0) 0.1))";
    for (int is_split = 0; is_split < 2; is_split++) {
        struct ref_subject subject;
        open_operator(&subject, "Tanh", "X", atoms);
        struct ref_cert cert = ref_subject_cert(&subject);
        if (is_split == 1) {
            ref_cert_neuron_at(&cert, 0, 0, 0, 1 << 8); /* at 1/16 */
            ref_cert_leaf(&cert, 0);
        }
        ref_cert_leaf(&cert, 0);
        ck_assert_int_eq(judge(&subject, &cert), is_split == 1 ? 0 : 1);
    }
}
END_TEST

START_TEST(curves_have_no_slopes_of_their_own)
{
    struct ref_subject subject;
    open_operator(&subject, "Tanh", "X",
                  "(assert (>= X_0 -1))(assert (<= X_0 1))"
                  "(assert (>= Y_0 5))");
    struct ref_cert cert = ref_subject_cert(&subject);
    ref_cert_leaf(&cert, 0);
    ref_cert_slope(&cert, 0, 0, 1);
    ck_assert_int_eq(judge(&subject, &cert), 1);
}
END_TEST

/* Whether x is accepted as a witness of an atom. */
static bool is_witness(const char *op, double x, const char *atom)
{
    char text[256];
    struct ref_subject subject;
    (void)snprintf(text, sizeof text,
                   "(assert (>= X_0 -4))(assert (<= X_0 4))(assert %s)", atom);
    open_operator(&subject, op, strcmp(op, "Div") == 0 ? "X,three" : "X", text);
    struct ref_cert cert = ref_subject_cert(&subject);
    cert.cert.verdict = CERT_SAT;
    NEW_ARRAY(cert.cert.witness, 1);
    cert.cert.witness[0] = x;
    cert.pending.n = 0;
    return judge(&subject, &cert) == 0;
}

START_TEST(witnesses_are_decided_by_enclosures)
{
    ck_assert(is_witness("Exp", 1.0, "(>= Y_0 2.71828182845904523536)"));
    ck_assert(!is_witness("Exp", 1.0, "(>= Y_0 2.71828182845904523537)"));
    ck_assert(is_witness("Exp", 0.0, "(< Y_0 1.00000000000000000001)"));
    ck_assert(is_witness("Div", 1.0, "(<= (* 3 Y_0) 1)")); /* exactly */
    ck_assert(is_witness("Div", 1.0, "(>= (* 3 Y_0) 1)"));
    ck_assert(!is_witness("Div", 1.0, "(> (* 3 Y_0) 1)"));
    ck_assert(is_witness("Reciprocal", 3.0, "(= (* 3 Y_0) 1)"));
    ck_assert(!is_witness("Reciprocal", 0.0, "(>= Y_0 1)"));
    ck_assert(is_witness("Sign", 0.0, "(= Y_0 0)"));
    ck_assert(!is_witness("Log", -1.0, "(<= Y_0 1)"));
    ck_assert(is_witness("Floor", -0.5, "(= Y_0 -1)"));
}
END_TEST

TCase *test_cases(void)
{
    TCase *cases = tcase_create("check_nonlinear");
    tcase_add_test(cases, curves_bound_their_values);
    tcase_add_test(cases, jumps_have_both_sides_and_a_value);
    tcase_add_test(cases, nothing_is_known_where_a_curve_has_no_value);
    tcase_add_test(cases, points_have_values);
    tcase_add_test(cases, quotients_are_as_near_as_doubles);
    tcase_add_test(cases, products_have_four_corners);
    tcase_add_test(cases, neurons_are_split_at_levels);
    tcase_add_test(cases, an_input_may_be_a_neuron);
    tcase_add_test(cases, curves_have_no_slopes_of_their_own);
    tcase_add_test(cases, witnesses_are_decided_by_enclosures);
    return cases;
}
