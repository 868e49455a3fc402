/* With bounds of hidden neurons by branch and bound at every root, as if all
 * were far from their goal: what rests on them is accepted. */
#include "src/base/alloc.h"
#include "src/base/log.h"
#include "tests/ref/ref_deep.h"
#include "tests/ref/ref_prove.h"
#include "tests/suite.h"

/* For a search. */
static const double SECONDS = 1.0;

/* One network whose least output is a little above what is unsafe. */
static void try_network(struct ref_prove_tally *tally, uint64_t seed)
{
    static const size_t n[2] = {REF_DEEP_VARYING, REF_DEEP_INPUTS};
    static const double gaps[2] = {0.02, 0.2};
    struct rng rng;
    struct ref_subject subject;
    rng_init(&rng, seed);
    const double radius = rng_range(&rng, 0.5, 1.0);
    struct ref_bytes model = ref_deep_model(&rng);
    ck_assert(ref_prove_open(&subject, &model, n, radius, gaps, &rng));
    (void)ref_prove_run(tally, &subject, SOLVER_NEURON, seed, SECONDS);
    ref_subject_close(&subject);
}

START_TEST(what_rests_on_them_is_accepted)
{
    struct ref_prove_tally tally = {.is_exact = true};
    log_set_level(LOG_ERROR);
    for (size_t round = 0; round < test_count(16); round++) {
        try_network(&tally, test_seed() + round);
    }
    ck_assert_msg(2 * tally.n_unsat >= tally.n_runs, "only %zu of %zu proved",
                  tally.n_unsat, tally.n_runs);
    ck_assert_uint_gt(tally.n_refined, 20 * tally.n_unsat);
    ck_assert_uint_eq(alloc_live_bytes(), 0);
}
END_TEST

TCase *test_cases(void)
{
    TCase *cases = tcase_create("refine");
    tcase_add_test(cases, what_rests_on_them_is_accepted);
    return cases;
}
