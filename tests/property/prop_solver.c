/* The soundness net: every engine against exact decisions of tiny queries. */
#include "solver/solver.h"
#include "src/base/alloc.h"
#include "src/base/rng.h"
#include "src/num/rational.h"
#include "tests/ref/ref_build.h"
#include "tests/ref/ref_decide.h"
#include "tests/ref/ref_query.h"
#include "tests/suite.h"

#include <math.h>
#include <string.h>

enum { WIDTH_MAX = 4, OUTPUTS_MAX = 2, VALUES_MAX = 64 };
enum { ENGINES = 3 };

/*
 * `is_easy`: right sides keep away from exact minima, so that the query
 * should be decided; otherwise they may be tight to the last bit.
 */
struct sample {
    struct rng rng;
    uint64_t seed;
    struct query *query;
    bool is_easy;
};

static double whole(struct rng *rng, size_t reach)
{
    return (double)rng_below(rng, 2 * reach + 1) - (double)reach;
}

static size_t add_affine(struct layers *layers, struct rng *rng, size_t source,
                         size_t width)
{
    double weights[VALUES_MAX];
    double bias[WIDTH_MAX];
    for (size_t i = 0; i < VALUES_MAX; i++) {
        weights[i] =
            rng_below(rng, 4) == 0 ? 0.25 * whole(rng, 6) : whole(rng, 2);
    }
    for (size_t i = 0; i < WIDTH_MAX; i++) {
        bias[i] = 0.5 * whole(rng, 3);
    }
    return ref_build_affine(layers, source, width, weights, bias);
}

static void add_skip(struct layers *layers, struct rng *rng, size_t source)
{
    double weights[VALUES_MAX];
    for (size_t i = 0; i < VALUES_MAX; i++) {
        weights[i] = whole(rng, 1);
    }
    ref_build_term(layers, source, weights);
}

/* Two ReLU layers; some networks begin or end with a ReLU, some have skips
 * from a pre-activation or the input. */
static struct layers *random_layers(struct rng *rng)
{
    const size_t n_inputs = rng_below(rng, 4) == 0 ? 3 : 2;
    const size_t width = n_inputs == 3 ? 3 : WIDTH_MAX;
    struct layers *layers = ref_build_begin(n_inputs);
    size_t source = 0;
    if (rng_below(rng, 4) == 0) {
        source = ref_build_relu(layers, source);
    }
    const size_t z = add_affine(layers, rng, source, 2 + rng_below(rng, 2));
    source = ref_build_relu(layers, z);
    source = add_affine(layers, rng, source, 2 + rng_below(rng, width - 1));
    if (rng_below(rng, 3) == 0) {
        add_skip(layers, rng, z);
    }
    source = ref_build_relu(layers, source);
    source = add_affine(layers, rng, source, 1 + rng_below(rng, OUTPUTS_MAX));
    if (rng_below(rng, 3) == 0) {
        add_skip(layers, rng, 0);
    }
    if (rng_below(rng, 6) == 0) {
        (void)ref_build_relu(layers, source);
    }
    return layers;
}

static void random_box(struct sample *sample)
{
    struct rng *rng = &sample->rng;
    struct query_case *c = sample->query->cases;
    mpq_t ends[2];
    mpq_inits(ends[0], ends[1], (mpq_ptr)NULL);
    for (size_t i = 0; i < sample->query->layers->n_inputs; i++) {
        /* Thirds are no doubles: a point there cannot be a witness. */
        static const unsigned long divisors[] = {1, 2, 4, 3};
        const unsigned long divisor =
            divisors[rng_below(rng, sample->is_easy ? 3 : 4)];
        const long low = (long)rng_below(rng, 7) - 4;
        const long width = (long)rng_below(rng, 5);
        mpq_set_si(ends[0], low, divisor);
        mpq_set_si(ends[1], low + width, divisor);
        mpq_canonicalize(ends[0]);
        mpq_canonicalize(ends[1]);
        ref_query_set_box(sample->query, i, ends[0], ends[1]);
        c->is_lower_strict[i] = width > 0 && rng_below(rng, 6) == 0;
        c->is_upper_strict[i] = width > 0 && rng_below(rng, 6) == 0;
    }
    mpq_clears(ends[0], ends[1], (mpq_ptr)NULL);
}

/* rhs = minimum + (a sixteenth to a half of the range), or near either end
 * by 2^-10, or beyond; tight ones: the minimum, or off by 2^-40. */
static void random_rhs(mpq_t rhs, struct sample *sample, const double *c)
{
    struct rng *rng = &sample->rng;
    const size_t n = REF_DECIDE_INPUTS + OUTPUTS_MAX;
    double opposite[REF_DECIDE_INPUTS + OUTPUTS_MAX];
    mpq_t range;
    mpq_t step;
    mpq_inits(range, step, (mpq_ptr)NULL);
    for (size_t v = 0; v < n; v++) {
        opposite[v] = -c[v];
    }
    ref_decide_minimum(rhs, sample->query, c);
    ref_decide_minimum(range, sample->query, opposite);
    mpq_add(range, range, rhs);
    mpq_neg(range, range);
    switch (rng_below(rng, 4)) {
    case 0:
        mpq_set_si(step, 1 - 2 * (int)rng_below(rng, 2), 1024);
        break;
    case 1:
        mpq_set_si(step, -1, 4);
        break;
    default:
        mpq_set_si(step, 1 + (int)rng_below(rng, 8), 16);
        mpq_mul(step, step, range);
        break;
    }
    if (mpq_sgn(step) == 0) {
        mpq_set_si(step, -1, 16);
    }
    if (!sample->is_easy && rng_below(rng, 2) == 0) {
        mpq_set_si(step, (int)rng_below(rng, 3) - 1, 1UL << 40);
    }
    mpq_canonicalize(step);
    mpq_add(rhs, rhs, step);
    mpq_clears(range, step, (mpq_ptr)NULL);
}

static void random_atom(struct sample *sample)
{
    struct rng *rng = &sample->rng;
    const struct layers *layers = sample->query->layers;
    double c[REF_DECIDE_INPUTS + OUTPUTS_MAX] = {0.0};
    const bool has_inputs = rng_below(rng, 3) == 0;
    for (size_t v = 0; v < layers->n_inputs + layers->n_outputs; v++) {
        if (v >= layers->n_inputs || has_inputs) {
            c[v] = whole(rng, 2);
        }
    }
    c[layers->n_inputs] += c[layers->n_inputs] >= 0.0 ? 1.0 : -1.0;
    mpq_t rhs;
    mpq_init(rhs);
    random_rhs(rhs, sample, c);
    ref_query_add_atom(sample->query, c, rhs, rng_below(rng, 3) == 0);
    mpq_clear(rhs);
}

static void sample_init(struct sample *sample, size_t round)
{
    static const double zeros[REF_DECIDE_INPUTS] = {0.0};
    *sample = (struct sample){.seed = test_seed() + round};
    sample->is_easy = round % 3 != 0;
    struct rng *rng = &sample->rng;
    rng_init(rng, sample->seed);
    sample->query = ref_query_create(random_layers(rng), zeros, zeros);
    random_box(sample);
    const size_t n_disjuncts = 1 + rng_below(rng, 3);
    for (size_t d = 0; d < n_disjuncts; d++) {
        ref_query_add_disjunct(sample->query);
        const size_t n_atoms = 1 + rng_below(rng, 3);
        for (size_t a = 0; a < n_atoms; a++) {
            random_atom(sample);
        }
    }
}

static bool try_point(void *context, size_t worker, size_t case_index,
                      const double *x)
{
    const struct query *query = context;
    ck_assert_uint_lt(worker, 2);
    ck_assert_uint_eq(case_index, 0);
    return ref_query_holds_at(query, x);
}

static enum solver_answer run(const struct sample *sample,
                              enum solver_engine engine, size_t threads)
{
    const struct solver_options options = {.threads = threads,
                                           .engine = engine};
    const struct solver_oracle oracle = {.context = sample->query,
                                         .try_point = try_point};
    const struct budget budget = {
        .deadline_s = budget_now_s() + (sample->is_easy ? 0.1 : 0.004)};
    struct stats stats = {0};
    const char *reason = NULL;
    struct solver *solver = solver_create(sample->query, &options);
    const enum solver_answer answer =
        solver_run(solver, 0, &oracle, &budget, NULL, &reason);
    solver_destroy(solver, &stats);
    ck_assert_ptr_nonnull(reason);
    return answer;
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
    const size_t n_rounds = test_count(60);
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

TCase *test_cases(void)
{
    TCase *cases = tcase_create("solver");
    tcase_add_test(cases, no_engine_contradicts_the_exact_decision);
    return cases;
}
