/* Searches over small networks of all kinds of neurons: what they prove holds
 * at sampled points, and the checker accepts the certificate. */
#include "src/base/alloc.h"
#include "src/base/log.h"
#include "src/base/rng.h"
#include "tests/ref/ref_prove.h"
#include "tests/suite.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Widths; inputs of a network too wide for the small simplex. */
enum { N_INPUTS = 4, WIDTH = 4, MANY_INPUTS = 70 };

/* For a search: the checker needs much longer for what is found. */
static const double SECONDS = 0.1;

/* Operators of one tensor, and of the two tensors `p` and `q`. */
static const char *const ones[] = {
    "Sigmoid", "Tanh",       "Sin",       "Relu", "Elu",      "LeakyRelu",
    "Abs",     "Softplus",   "Cos",       "Erf",  "Exp",      "HardSigmoid",
    "Softmax", "LogSoftmax", "HardSwish", "Mish", "Softsign", "Selu"};
static const char *const twos[] = {"Mul", "Max", "Min", "Square", "Cube"};

/* Lines of exp and log are other ones if facts differ, which need not be better
 * where facts are narrower: intervals of LeakyRelu are to be those of the
 * checker. */
static const char *const leaky[] = {"LeakyRelu", "LeakyRelu", "LogSoftmax"};

enum {
    N_ONES = sizeof ones / sizeof *ones,
    N_TWOS = sizeof twos / sizeof *twos
};

/* y = W x + b with random numbers: y and x name tensors. */
static void add_affine(struct ref_model *model, struct rng *rng, const char *x,
                       const char *y, size_t n, size_t m)
{
    double weights[WIDTH * MANY_INPUTS];
    double biases[WIDTH];
    for (size_t i = 0; i < m * n; i++) {
        const bool is_used = n < MANY_INPUTS || i % n < N_INPUTS;
        weights[i] = is_used ? rng_range(rng, -1.5, 1.5) : 0.0;
    }
    for (size_t i = 0; i < m; i++) {
        biases[i] = rng_range(rng, -0.5, 0.5);
    }
    const int64_t shape[] = {(int64_t)m, (int64_t)n};
    ref_model_gemm(model, (const char *const[2]){x, y}, shape, true, weights,
                   biases);
}

/* y = an operator of affine functions of x, all of stage `stage`: that of one
 * tensor which is named, or any. */
static void add_stage(struct ref_model *model, struct rng *rng, const char *x,
                      size_t n, size_t stage, const char *named)
{
    static const double exponents[] = {2.0, 3.0};
    const size_t which = rng_below(rng, N_ONES + N_TWOS);
    char p[32];
    char q[32];
    char y[32];
    char inputs[128];
    (void)snprintf(p, sizeof p, "p%zu", stage);
    (void)snprintf(q, sizeof q, "q%zu", stage);
    (void)snprintf(y, sizeof y, "v%zu", stage);
    add_affine(model, rng, x, p, n, WIDTH);
    if (named != NULL || which < N_ONES) {
        ref_model_node(model, named != NULL ? named : ones[which], p, y);
        return;
    }
    const char *op = twos[which - N_ONES];
    if (strcmp(op, "Square") == 0 || strcmp(op, "Cube") == 0) {
        const bool is_cube = *op == 'C';
        char e[32];
        (void)snprintf(e, sizeof e, "e%zu", stage);
        ref_model_floats(model, e, NULL, 0, &exponents[is_cube ? 1 : 0]);
        (void)snprintf(inputs, sizeof inputs, "%s,%s", p, e);
        ref_model_node(model, "Pow", inputs, y);
        return;
    }
    add_affine(model, rng, x, q, n, WIDTH);
    (void)snprintf(inputs, sizeof inputs, "%s,%s", p, q);
    ref_model_node(model, op, inputs, y);
}

static struct ref_bytes make_network(struct rng *rng, size_t n_inputs,
                                     const char *const *named)
{
    static const char *const any[] = {NULL, NULL, NULL};
    const char *const *ops = named != NULL ? named : any;
    struct ref_model model = {.opset = 18};
    const int64_t first[] = {1, (int64_t)n_inputs};
    const int64_t last[] = {1, 1};
    ref_model_input(&model, "X", 1, first, 2);
    add_stage(&model, rng, "X", n_inputs, 0, ops[0]);
    add_stage(&model, rng, "v0", WIDTH, 1, ops[1]);
    add_stage(&model, rng, "v1", WIDTH, 2, ops[2]);
    add_affine(&model, rng, "v2", "Y", WIDTH, 1);
    ref_model_output(&model, "Y", 1, last, 2);
    return ref_model_finish(&model);
}

/* One network; its least output is below (is_sat) or above what is unsafe. */
static void try_network(struct ref_prove_tally tally[3], uint64_t seed,
                        size_t n_inputs, const char *const *named)
{
    struct ref_prove_aim aim = {
        .n_varying = N_INPUTS, .n_inputs = n_inputs, .gaps = {{0.005, 0.1}}};
    struct rng rng;
    struct ref_subject subject;
    rng_init(&rng, seed);
    const bool is_sat = rng_below(&rng, 4) == 0;
    if (is_sat) {
        aim.gaps[0][0] = aim.gaps[0][1] = -1e-6;
    }
    /* six decimals, as in the property: what is sampled is in the box */
    aim.radius = floor(rng_range(&rng, 16.0, 96.0)) / 64.0;
    struct ref_bytes model = make_network(&rng, n_inputs, named);
    if (!ref_prove_open(&subject, &model, &aim, &rng)) {
        return;
    }
    for (size_t e = 0; e < 3; e++) {
        static const enum solver_engine engines[] = {SOLVER_AUTO, SOLVER_INPUT,
                                                     SOLVER_NEURON};
        const enum verdict verdict =
            ref_prove_run(&tally[e], &subject, engines[e], seed, SECONDS);
        ck_assert_msg(!is_sat || verdict != VERDICT_UNSAT,
                      "seed %llu, engine %zu: proved, but false",
                      (unsigned long long)seed, e);
    }
    ref_subject_close(&subject);
}

static void try_networks(size_t n_rounds, size_t n_inputs,
                         const char *const *named)
{
    struct ref_prove_tally tally[3] = {0};
    log_set_level(LOG_ERROR);
    for (size_t round = 0; round < n_rounds; round++) {
        try_network(tally, test_seed() + round, n_inputs, named);
    }
    ck_assert_uint_gt(tally[0].n_unsat + tally[1].n_unsat, 0);
    ck_assert_uint_gt(tally[2].n_unsat, 0);
    ck_assert(n_inputs > N_INPUTS || tally[0].n_splits + tally[2].n_splits > 0);
    ck_assert_uint_eq(alloc_live_bytes(), 0);
}

START_TEST(what_is_proved_holds_and_is_accepted)
{
    try_networks(test_count(14), N_INPUTS, NULL);
}
END_TEST

START_TEST(many_inputs_change_nothing)
{
    try_networks(test_count(8), MANY_INPUTS, NULL);
}
END_TEST

START_TEST(facts_of_leaky_relus_are_those_of_the_checker)
{
    try_networks(test_count(8), N_INPUTS, leaky);
}
END_TEST

/* Proves, without splits, that the unsafe outputs of the model are not reached
 * where inputs are between -1 and 1. */
static void prove_at_once(struct ref_bytes model, const char *unsafe)
{
    struct ref_prove_tally tally = {.is_exact = true};
    char text[1 << 12];
    struct ref_subject subject;
    size_t n = 0;
    for (size_t x = 0; x < WIDTH; x++) {
        n += (size_t)snprintf(text + n, sizeof text - n,
                              "(declare-const X_%zu Real)(assert (<= X_%zu "
                              "1.0))(assert (>= X_%zu -1.0))\n",
                              x, x, x);
    }
    (void)snprintf(text + n, sizeof text - n, "(declare-const Y_0 Real)%s\n",
                   unsafe);
    log_set_level(LOG_ERROR);
    ref_subject_open(&subject, &model, text);
    ck_assert_int_eq(ref_prove_run(&tally, &subject, SOLVER_NEURON, 0, SECONDS),
                     VERDICT_UNSAT);
    ck_assert_uint_eq(tally.n_splits, 0);
    ref_subject_close(&subject);
}

/* Y is the sum of the elements of x. */
static struct ref_bytes sum_up(struct ref_model *model, const char *x)
{
    static const double weights[WIDTH] = {1.0, 1.0, 1.0, 1.0};
    static const int64_t column[] = {WIDTH, 1};
    static const int64_t last[] = {1, 1};
    char inputs[32];
    (void)snprintf(inputs, sizeof inputs, "%s,ones", x);
    ref_model_floats(model, "ones", column, 2, weights);
    ref_model_node(model, "MatMul", inputs, "Y");
    ref_model_output(model, "Y", 1, last, 2);
    return ref_model_finish(model);
}

/* The sum of Softmax(2 X): lines alone show it after splits only. */
static struct ref_bytes make_softmax(void)
{
    static const double scale = 2.0;
    static const int64_t first[] = {1, WIDTH};
    struct ref_model model = {.opset = 13};
    ref_model_input(&model, "X", 1, first, 2);
    ref_model_floats(&model, "s", NULL, 0, &scale);
    ref_model_node(&model, "Mul", "X,s", "z");
    ref_model_node(&model, "Softmax", "z", "p");
    return sum_up(&model, "p");
}

START_TEST(shares_of_a_softmax_add_up_to_one)
{
    prove_at_once(make_softmax(), "(assert (<= Y_0 0.999))");
    prove_at_once(make_softmax(), "(assert (>= Y_0 1.001))");
}
END_TEST

/* The sum of 1/3 of exp(relu(1000 X + 1001) - 1000 X - 1001), which is 4/3, as
 * back-substitution sees and intervals, up to exp(1000), do not. */
static struct ref_bytes make_large(void)
{
    static const double numbers[] = {1000.0, 1001.0, 3.0};
    static const int64_t first[] = {1, WIDTH};
    struct ref_model model = {.opset = 13};
    ref_model_input(&model, "X", 1, first, 2);
    ref_model_floats(&model, "k", NULL, 0, &numbers[0]);
    ref_model_floats(&model, "b", NULL, 0, &numbers[1]);
    ref_model_floats(&model, "d", NULL, 0, &numbers[2]);
    ref_model_node(&model, "Mul", "X,k", "x");
    ref_model_node(&model, "Add", "x,b", "z");
    ref_model_node(&model, "Relu", "z", "r");
    ref_model_node(&model, "Sub", "r,z", "a");
    ref_model_node(&model, "Exp", "a", "e");
    ref_model_node(&model, "Div", "e,d", "v");
    return sum_up(&model, "v");
}

START_TEST(intervals_beyond_all_numbers_do_no_harm)
{
    prove_at_once(make_large(), "(assert (>= Y_0 1.34))");
}
END_TEST

TCase *test_cases(void)
{
    TCase *cases = tcase_create("curve_proofs");
    tcase_set_timeout(cases, 240.0);
    tcase_add_test(cases, what_is_proved_holds_and_is_accepted);
    tcase_add_test(cases, many_inputs_change_nothing);
    tcase_add_test(cases, facts_of_leaky_relus_are_those_of_the_checker);
    tcase_add_test(cases, shares_of_a_softmax_add_up_to_one);
    tcase_add_test(cases, intervals_beyond_all_numbers_do_no_harm);
    return cases;
}
