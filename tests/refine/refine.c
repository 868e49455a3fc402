/* With bounds of hidden neurons by branch and bound at every root, as if all
 * were far from their goal: what rests on them is accepted. */
#include "src/base/alloc.h"
#include "src/base/log.h"
#include "tests/ref/ref_deep.h"
#include "tests/ref/ref_prove.h"
#include "tests/suite.h"

/* For a search. */
static const double SECONDS = 1.0;

/* What the patched source counts: ends that moved where one disjunct was open,
 * and where several were; leaves that cite atoms. */
extern size_t refine_n_moved[2];
extern size_t refine_n_joined;
size_t refine_n_moved[2];
size_t refine_n_joined;

/* One network whose least output is a little above what is unsafe, and greatest
 * one a little below if that is a disjunct. */
static void try_network(struct ref_prove_tally *tally, uint64_t seed,
                        enum ref_prove_kind kind)
{
    struct ref_prove_aim aim = {.kind = kind,
                                .n_varying = REF_DEEP_VARYING,
                                .n_inputs = REF_DEEP_INPUTS,
                                .gaps = {{0.02, 0.2}}};
    struct rng rng;
    struct ref_subject subject;
    if (kind == REF_PROVE_BESIDE) {
        aim.gaps[0][0] = aim.gaps[1][0] = 0.1;
        aim.gaps[0][1] = aim.gaps[1][1] = 0.4;
    }
    rng_init(&rng, seed);
    aim.radius = rng_range(&rng, 0.5, 1.0);
    struct ref_bytes model = ref_deep_model(&rng);
    ck_assert(ref_prove_open(&subject, &model, &aim, &rng));
    (void)ref_prove_run(tally, &subject, SOLVER_NEURON, seed, SECONDS);
    ref_subject_close(&subject);
}

/* Networks of one kind of property. */
static void try_networks(enum ref_prove_kind kind, size_t n_rounds)
{
    struct ref_prove_tally tally = {.is_exact = true};
    log_set_level(LOG_ERROR);
    refine_n_moved[0] = 0;
    refine_n_moved[1] = 0;
    refine_n_joined = 0;
    for (size_t round = 0; round < n_rounds; round++) {
        try_network(&tally, test_seed() + round, kind);
    }
    ck_assert_msg(3 * tally.n_unsat >= tally.n_runs, "only %zu of %zu proved",
                  tally.n_unsat, tally.n_runs);
    ck_assert_uint_gt(tally.n_refined, 10 * tally.n_unsat);
    ck_assert_uint_eq(alloc_live_bytes(), 0);
}

START_TEST(what_rests_on_them_is_accepted)
{
    try_networks(REF_PROVE_BELOW, test_count(8));
    ck_assert_uint_gt(refine_n_joined, 0);
}
END_TEST

START_TEST(so_it_is_with_several_disjuncts)
{
    try_networks(REF_PROVE_BESIDE, test_count(8));
    ck_assert_uint_gt(refine_n_moved[1], 0);
}
END_TEST

START_TEST(so_it_is_with_several_atoms)
{
    try_networks(REF_PROVE_CUT, test_count(8));
    ck_assert_uint_gt(refine_n_joined, 0);
}
END_TEST

TCase *test_cases(void)
{
    TCase *cases = tcase_create("refine");
    tcase_add_test(cases, what_rests_on_them_is_accepted);
    tcase_add_test(cases, so_it_is_with_several_disjuncts);
    tcase_add_test(cases, so_it_is_with_several_atoms);
    return cases;
}
