/* With forms in networks and layers of any size, as if these were large: all
 * that is proved of small networks with skips is accepted. */
#include "src/base/alloc.h"
#include "src/base/log.h"
#include "tests/ref/ref_prove.h"
#include "tests/suite.h"

#include <stdio.h>

enum { N_INPUTS = 3, WIDTH = 6, N_STAGES = 2 };

/* For a search. */
static const double SECONDS = 0.2;

/* y [1 x widths[1]] = an affine function of x [1 x widths[0]], of weights about
 * `diagonal` on the diagonal and 0 elsewhere, up to `noise`, and biases between
 * 0 and `most`. */
struct affine {
    const char *x;
    const char *y;
    size_t widths[2];
    double diagonal;
    double noise;
    double most;
};

static void add_affine(struct ref_model *model, struct rng *rng,
                       struct affine affine)
{
    const size_t *widths = affine.widths;
    double weights[WIDTH * WIDTH];
    double biases[WIDTH];
    for (size_t i = 0; i < widths[0] * widths[1]; i++) {
        weights[i] = rng_range(rng, -affine.noise, affine.noise) +
                     (i / widths[1] == i % widths[1] ? affine.diagonal : 0.0);
    }
    for (size_t i = 0; i < widths[1]; i++) {
        biases[i] = affine.most * rng_unit(rng);
    }
    const int64_t shape[] = {(int64_t)widths[0], (int64_t)widths[1]};
    ref_model_gemm(model, (const char *const[2]){affine.x, affine.y}, shape,
                   false, weights, biases);
}

/* z = relu(u) - u / 2 + a little, of an affine u of x: not negative, as forms
 * know, but not back-substitution with the lower lines 0 and u. */
static void add_stage(struct ref_model *model, struct rng *rng, size_t stage)
{
    char names[7][32];
    char inputs[96];
    for (size_t t = 0; t < 7; t++) {
        (void)snprintf(names[t], sizeof names[t], "%c%zu", "xuvpqzx"[t],
                       t < 6 ? stage : stage + 1);
    }
    add_affine(model, rng,
               (struct affine){names[0],
                               names[1],
                               {stage == 0 ? N_INPUTS : WIDTH, WIDTH},
                               .noise = 1.0,
                               .most = stage == 0 ? 0.0 : -1.0});
    ref_model_node(model, "Relu", names[1], names[2]);
    add_affine(
        model, rng,
        (struct affine){names[2], names[3], {WIDTH, WIDTH}, 1.0, 0.02, 0.2});
    add_affine(
        model, rng,
        (struct affine){names[1], names[4], {WIDTH, WIDTH}, -0.5, 0.02, 0.2});
    (void)snprintf(inputs, sizeof inputs, "%s,%s", names[3], names[4]);
    ref_model_node(model, "Add", inputs, names[5]);
    ref_model_node(model, "Relu", names[5], names[6]);
}

/* Stages one after the other; Y is of the last z and relu(z), in every other
 * network with weights of sum 0 for each. */
static struct ref_bytes make_network(struct rng *rng)
{
    static const int64_t first[] = {1, N_INPUTS};
    static const int64_t last[] = {1, 1};
    const bool is_difference = rng_below(rng, 2) == 0;
    struct ref_model model = {.opset = 13};
    char names[2][32];
    char inputs[96];
    ref_model_input(&model, "X", 1, first, 2);
    ref_model_node(&model, "Identity", "X", "x0");
    const size_t n = 1 + rng_below(rng, N_STAGES);
    for (size_t k = 0; k < n; k++) {
        add_stage(&model, rng, k);
    }
    (void)snprintf(names[0], sizeof names[0], "x%zu", n);
    (void)snprintf(names[1], sizeof names[1], "z%zu", n - 1);
    add_affine(&model, rng,
               (struct affine){names[0], "r", {WIDTH, 1}, 1.0, 0.5, 0.0});
    add_affine(
        &model, rng,
        (struct affine){
            names[1], "s", {WIDTH, 1}, is_difference ? -1.0 : 0.0, 0.01, 0.0});
    (void)snprintf(inputs, sizeof inputs, "r,s");
    ref_model_node(&model, "Add", inputs, "Y");
    ref_model_output(&model, "Y", 1, last, 2);
    return ref_model_finish(&model);
}

/* One network whose least output is a little above what is unsafe. */
static void try_network(struct ref_prove_tally *tally, uint64_t seed)
{
    struct ref_prove_aim aim = {
        .n_varying = N_INPUTS, .n_inputs = N_INPUTS, .gaps = {{0.02, 0.6}}};
    struct rng rng;
    struct ref_subject subject;
    rng_init(&rng, seed);
    aim.radius = rng_range(&rng, 0.05, 1.0);
    struct ref_bytes model = make_network(&rng);
    ck_assert(ref_prove_open(&subject, &model, &aim, &rng));
    (void)ref_prove_run(tally, &subject, SOLVER_AUTO, seed, SECONDS);
    (void)ref_prove_run(tally, &subject, SOLVER_INPUT, seed, SECONDS);
    (void)ref_prove_run(tally, &subject, SOLVER_NEURON, seed, SECONDS);
    ref_subject_close(&subject);
}

START_TEST(what_forms_settle_is_accepted)
{
    struct ref_prove_tally tally = {.is_exact = true};
    const size_t n_rounds = test_count(80);
    log_set_level(LOG_ERROR);
    for (size_t round = 0; round < n_rounds; round++) {
        try_network(&tally, test_seed() + round);
    }
    ck_assert_msg(4 * tally.n_unsat >= tally.n_runs, "only %zu of %zu proved",
                  tally.n_unsat, tally.n_runs);
    ck_assert_uint_eq(alloc_live_bytes(), 0);
}
END_TEST

TCase *test_cases(void)
{
    TCase *cases = tcase_create("gates");
    tcase_set_timeout(cases, 240.0);
    tcase_add_test(cases, what_forms_settle_is_accepted);
    return cases;
}
