/* The soundness net: every engine against exact decisions of tiny queries. */
#include "proofs/sink.h"
#include "src/base/rng.h"
#include "tests/ref/ref_decide.h"
#include "tests/ref/ref_query.h"
#include "tests/ref/ref_sample.h"
#include "tests/ref/ref_solve.h"
#include "tests/suite.h"

enum { ENGINES = 3, WIDE_INPUTS = 70 };

/*
 * `is_easy`: right sides keep away from exact minima, so that the query
 * should be decided; otherwise they may be tight to the last bit.
 */
struct sample {
    uint64_t seed;
    struct query *query;
    bool is_easy;
};

static void sample_init(struct sample *sample, size_t round)
{
    *sample =
        (struct sample){.seed = test_seed() + round, .is_easy = round % 3 != 0};
    struct rng rng;
    rng_init(&rng, sample->seed);
    sample->query = ref_sample_query(&rng, sample->is_easy ? REF_SAMPLE_EASY
                                                           : REF_SAMPLE_TIGHT);
}

static bool try_point(void *context, size_t worker, size_t case_index,
                      const double *x)
{
    const struct query *query = context;
    ck_assert_uint_lt(worker, 2);
    ck_assert_uint_eq(case_index, 0);
    return ref_query_holds_at(query, x);
}

/* sink NULL: no recording. */
static enum solver_answer run_recorded(const struct sample *sample,
                                       enum solver_engine engine,
                                       size_t threads, struct sink *sink)
{
    const struct budget budget = {
        .deadline_s = budget_now_s() + (sample->is_easy ? 0.5 : 0.004)};
    struct ref_solve run = {
        .options = {.threads = threads, .engine = engine},
        .oracle = {.context = sample->query, .try_point = try_point},
        .budget = &budget,
        .sink = sink};
    const enum solver_answer answer = ref_solve(&run, sample->query);
    ck_assert_ptr_nonnull(run.reason);
    return answer;
}

static enum solver_answer run(const struct sample *sample,
                              enum solver_engine engine, size_t threads)
{
    return run_recorded(sample, engine, threads, NULL);
}

/* What a set of runs came to. */
struct tally {
    size_t n_runs;
    size_t n_closed;
    size_t n_witness;
};

static void count(struct tally *tally, const struct sample *sample,
                  enum solver_answer answer, bool is_sat, size_t engine)
{
    ck_assert_msg(answer != SOLVER_CLOSED || !is_sat,
                  "seed %llu, engine %zu: closed, but satisfiable",
                  (unsigned long long)sample->seed, engine);
    ck_assert_msg(answer != SOLVER_WITNESS || is_sat,
                  "seed %llu, engine %zu: witness, but unsatisfiable",
                  (unsigned long long)sample->seed, engine);
    tally->n_runs++;
    tally->n_closed += answer == SOLVER_CLOSED ? 1 : 0;
    tally->n_witness += answer == SOLVER_WITNESS ? 1 : 0;
}

START_TEST(no_engine_contradicts_the_exact_decision)
{
    static const enum solver_engine engines[ENGINES] = {
        SOLVER_AUTO, SOLVER_INPUT, SOLVER_NEURON};
    struct tally easy[ENGINES] = {0};
    struct tally tight[ENGINES] = {0};
    const size_t n_rounds = test_count(30);
    for (size_t round = 0; round < n_rounds; round++) {
        struct sample sample;
        sample_init(&sample, round);
        const bool is_sat = ref_decide_is_sat(sample.query);
        for (size_t e = 0; e < ENGINES; e++) {
            struct tally *tally = sample.is_easy ? &easy[e] : &tight[e];
            count(tally, &sample, run(&sample, engines[e], 1), is_sat, e);
            if (round / 3 % ENGINES == e) {
                count(tally, &sample, run(&sample, engines[e], 2), is_sat, e);
            }
        }
        query_destroy(sample.query);
    }
    for (size_t e = 0; e < ENGINES; e++) {
        const struct tally *t = &easy[e];
        ck_assert_uint_gt(10 * t->n_closed, 2 * t->n_runs);
        ck_assert_uint_gt(10 * t->n_witness, 2 * t->n_runs);
        ck_assert_uint_gt(10 * (t->n_closed + t->n_witness), 9 * t->n_runs);
        ck_assert_uint_gt(tight[e].n_closed + tight[e].n_witness, 0);
    }
}
END_TEST

START_TEST(inputs_beyond_the_small_simplex_change_nothing)
{
    struct tally tally = {0};
    const size_t n_rounds = test_count(12);
    for (size_t round = 0; round < n_rounds; round++) {
        struct sample sample;
        sample_init(&sample, round);
        const bool is_sat = ref_decide_is_sat(sample.query);
        struct query *wide = ref_sample_widen(sample.query, WIDE_INPUTS);
        query_destroy(sample.query);
        sample.query = wide;
        const enum solver_engine engine =
            round / 3 % 2 == 0 ? SOLVER_NEURON : SOLVER_AUTO;
        struct sink *sink = round % 2 == 0 ? NULL : sink_create();
        const enum solver_answer answer =
            run_recorded(&sample, engine, 1, sink);
        count(&tally, &sample, answer, is_sat, engine);
        ck_assert(answer != SOLVER_CLOSED || sink == NULL ||
                  sink_is_complete(sink));
        sink_destroy(sink);
        query_destroy(wide);
    }
    ck_assert_uint_gt(10 * tally.n_closed, tally.n_runs);
    ck_assert_uint_gt(10 * tally.n_witness, tally.n_runs);
}
END_TEST

START_TEST(a_recorded_search_is_as_sound_and_leaves_a_whole_tree)
{
    struct tally tally = {0};
    const size_t n_rounds = test_count(20);
    for (size_t round = 0; round < n_rounds; round++) {
        struct sample sample;
        sample_init(&sample, round);
        const bool is_sat = ref_decide_is_sat(sample.query);
        const enum solver_engine engine =
            round / 3 % 2 == 0 ? SOLVER_NEURON : SOLVER_AUTO;
        struct sink *sink = sink_create();
        const enum solver_answer answer =
            run_recorded(&sample, engine, 1 + round % 2, sink);
        count(&tally, &sample, answer, is_sat, engine);
        ck_assert(answer != SOLVER_CLOSED || sink_is_complete(sink));
        sink_destroy(sink);
        query_destroy(sample.query);
    }
    ck_assert_uint_gt(10 * tally.n_closed, tally.n_runs);
    ck_assert_uint_gt(10 * tally.n_witness, tally.n_runs);
}
END_TEST

TCase *test_cases(void)
{
    TCase *cases = tcase_create("solver");
    tcase_set_timeout(cases, 60.0);
    tcase_add_test(cases, no_engine_contradicts_the_exact_decision);
    tcase_add_test(cases, inputs_beyond_the_small_simplex_change_nothing);
    tcase_add_test(cases,
                   a_recorded_search_is_as_sound_and_leaves_a_whole_tree);
    return cases;
}
