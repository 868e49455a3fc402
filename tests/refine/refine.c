/* With bounds of hidden neurons by branch and bound at every root, as if all were
 * far from their goal: what rests on them is accepted. */
#include "src/base/alloc.h"
#include "src/base/log.h"
#include "tests/ref/ref_prove.h"
#include "tests/suite.h"

#include <stdio.h>

/* Of networks with too many inputs for the small simplex. */
enum { N_INPUTS = 20, N_VARYING = 6, WIDTH = 10, N_STAGES = 3 };

/* For a search. */
static const double SECONDS = 1.0;

static void add_affine(struct ref_model *model, struct rng *rng,
                       const char *const names[2], size_t n, size_t m)
{
    double weights[WIDTH * N_INPUTS];
    double biases[WIDTH];
    char inputs[96];
    char parts[2][32];
    for (size_t i = 0; i < n * m; i++) {
        weights[i] = rng_range(rng, -1.0, 1.0);
    }
    for (size_t i = 0; i < m; i++) {
        biases[i] = rng_range(rng, -0.5, 0.5);
    }
    (void)snprintf(parts[0], sizeof parts[0], "w_%s", names[1]);
    (void)snprintf(parts[1], sizeof parts[1], "b_%s", names[1]);
    const int64_t shape[] = {(int64_t)n, (int64_t)m};
    ref_model_floats(model, parts[0], shape, 2, weights);
    ref_model_floats(model, parts[1], shape + 1, 1, biases);
    (void)snprintf(inputs, sizeof inputs, "%s,%s,%s", names[0], parts[0],
                   parts[1]);
    ref_model_node(model, "Gemm", inputs, names[1]);
}

static struct ref_bytes make_network(struct rng *rng)
{
    static const int64_t first[] = {1, N_INPUTS};
    static const int64_t last[] = {1, 1};
    struct ref_model model = {.opset = 13};
    char names[3][32] = {"X", "", ""};
    ref_model_input(&model, "X", 1, first, 2);
    for (size_t k = 0; k < N_STAGES; k++) {
        (void)snprintf(names[1], sizeof names[1], "z%zu", k);
        (void)snprintf(names[2], sizeof names[2], "y%zu", k);
        add_affine(&model, rng, (const char *const[2]){names[0], names[1]},
                   k == 0 ? N_INPUTS : WIDTH, WIDTH);
        ref_model_node(&model, "Relu", names[1], names[2]);
        (void)snprintf(names[0], sizeof names[0], "%s", names[2]);
    }
    add_affine(&model, rng, (const char *const[2]){names[0], "Y"}, WIDTH, 1);
    ref_model_output(&model, "Y", 1, last, 2);
    return ref_model_finish(&model);
}

/* One network whose least output is a little above what is unsafe. */
static void try_network(struct ref_prove_tally *tally, uint64_t seed)
{
    static const size_t n[2] = {N_VARYING, N_INPUTS};
    static const double gaps[2] = {0.02, 0.2};
    struct rng rng;
    struct ref_subject subject;
    rng_init(&rng, seed);
    const double radius = rng_range(&rng, 0.5, 1.0);
    struct ref_bytes model = make_network(&rng);
    ck_assert(ref_prove_open(&subject, &model, n, radius, gaps, &rng));
    (void)ref_prove_run(tally, &subject, SOLVER_NEURON, seed, SECONDS);
    ref_subject_close(&subject);
}

START_TEST(what_rests_on_them_is_accepted)
{
    struct ref_prove_tally tally = {.is_exact = true};
    log_set_level(LOG_ERROR);
    for (size_t round = 0; round < test_count(40); round++) {
        try_network(&tally, test_seed() + round);
    }
    ck_assert_msg(2 * tally.n_unsat >= tally.n_runs, "only %zu of %zu proved",
                  tally.n_unsat, tally.n_runs);
    ck_assert_uint_gt(tally.n_refined, tally.n_unsat);
    ck_assert_uint_eq(alloc_live_bytes(), 0);
}
END_TEST

TCase *test_cases(void)
{
    TCase *cases = tcase_create("refine");
    tcase_add_test(cases, what_rests_on_them_is_accepted);
    return cases;
}
