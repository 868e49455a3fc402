/* Bounds of hidden neurons by branch and bound hold at sampled points. */
#include "solver/prover_refine.h"
#include "src/base/alloc.h"
#include "tests/ref/ref_prover.h"
#include "tests/suite.h"

/* Points of a box: its corners, then random ones. */
enum { N_POINTS = 400 };

/* What evaluations in doubles may be off by. */
static const double NOISE = 1e-9;

static void draw_point(double *x, size_t t, struct rng *rng)
{
    for (size_t j = 0; j < REF_PROVER_VARYING; j++) {
        x[j] = t < 1U << REF_PROVER_VARYING ? ((t >> j & 1) != 0 ? 1.0 : -1.0)
                                            : rng_range(rng, -1.0, 1.0);
    }
}

/* True if no value of the point is beyond the bounds. */
static bool lies_within(const struct prover *p, const double *x)
{
    bool is_within = true;
    for (size_t k = 1; k < p->layers->n_layers; k++) {
        for (size_t i = 0; i < p->layers->layer[k].width; i++) {
            const double value =
                layers_eval_element(p->layers, x, (uint32_t)k, (uint32_t)i);
            is_within = is_within && value >= p->bounds.lower[k][i] - NOISE &&
                        value <= p->bounds.upper[k][i] + NOISE;
        }
    }
    return is_within;
}

/* True if some disjunct holds at the point. */
static bool holds_at(const struct prover *p, const double *x)
{
    const size_t last = p->layers->n_layers - 1;
    const double y = layers_eval_element(p->layers, x, (uint32_t)last, 0);
    for (size_t d = 0; d < p->spec.n_disjuncts; d++) {
        bool holds = true;
        for (size_t f = p->spec.first[d]; f < p->spec.first[d + 1]; f++) {
            holds = holds && spec_value(&p->spec, f, x, &y) <= 0.0;
        }
        if (holds) {
            return true;
        }
    }
    return false;
}

/* Of the terms of the lemmas, the atoms come first and are those of the only open
 * disjunct; returns the number of lemmas with atoms. */
static size_t check_lemmas(const struct prover *p)
{
    const struct record *record = &p->record;
    const struct record_term *term = record->lemma_terms.data;
    size_t n_joined = 0;
    size_t n_terms = 0;
    for (size_t i = 0; i < record->lemmas.n; i++) {
        const size_t n = record->lemmas.data[i].n_terms;
        n_joined += n > 0 && !term[n_terms].is_literal ? 1 : 0;
        for (size_t t = n_terms; t < n_terms + n; t++) {
            ck_assert(term[t].is_literal ||
                      ((t == n_terms || !term[t - 1].is_literal) &&
                       p->n_open == 1 && term[t].disjunct == p->open[0]));
        }
        n_terms += n;
    }
    ck_assert_uint_eq(n_terms, record->lemma_terms.n);
    return n_joined;
}

/*
 * What samples came to.
 *   n_refined  bounds that moved, with those of the first bounding
 *   n_joined   lemmas with atoms
 *   n_holding  points other than the one drawn with the atoms, where all hold
 *   n_beyond   samples with a point beyond the bounds, where some atom fails
 */
struct tally {
    size_t n_refined;
    size_t n_joined;
    size_t n_holding;
    size_t n_beyond;
};

static void check_sample(struct tally *tally, uint64_t seed,
                         enum ref_prover_kind kind)
{
    static const struct refine_effort effort = {16, 1e9};
    struct rng rng;
    struct ref_prover sample;
    double x[REF_PROVER_INPUTS] = {0.0};
    size_t n_moved = 0;
    bool is_beyond = false;
    rng_init(&rng, seed);
    ref_prover_init(&sample, &rng, kind, seed % 2 == 0);
    struct prover *p = sample.prover;
    ck_assert_uint_eq(p->n_open, kind == REF_PROVER_PARTS ? 2 : 1);
    ck_assert(prover_refine(&n_moved, p, sample.node, &effort));
    tally->n_joined += check_lemmas(p);
    tally->n_refined += (size_t)p->stats.ends_refined;
    ck_assert(lies_within(p, sample.x));
    for (size_t t = 0; t < N_POINTS; t++) {
        draw_point(x, t, &rng);
        const bool is_within = lies_within(p, x);
        const bool holds = holds_at(p, x);
        ck_assert_msg(is_within || (kind == REF_PROVER_PART && !holds),
                      "seed %llu: point %zu is beyond",
                      (unsigned long long)seed, t);
        tally->n_holding += holds ? 1 : 0;
        is_beyond = is_beyond || !is_within;
    }
    tally->n_beyond += is_beyond ? 1 : 0;
    ref_prover_clear(&sample);
}

/* Samples of one kind. */
static struct tally check_samples(enum ref_prover_kind kind, size_t n)
{
    struct tally tally = {0};
    for (size_t round = 0; round < n; round++) {
        check_sample(&tally, test_seed() + round, kind);
    }
    ck_assert_uint_eq(alloc_live_bytes(), 0);
    return tally;
}

START_TEST(values_of_points_lie_within)
{
    const size_t n = test_count(40);
    const struct tally all = check_samples(REF_PROVER_ALL, n);
    const struct tally parts = check_samples(REF_PROVER_PARTS, n);
    ck_assert_uint_gt(all.n_refined, 0);
    ck_assert_uint_gt(parts.n_refined, 0);
    ck_assert_uint_eq(all.n_holding, n * N_POINTS);
    ck_assert_uint_lt(2 * parts.n_holding, n * N_POINTS);
}
END_TEST

START_TEST(values_of_points_where_all_atoms_hold_lie_within)
{
    const size_t n = test_count(60);
    const struct tally tally = check_samples(REF_PROVER_PART, n);
    ck_assert_uint_gt(tally.n_refined, n);
    ck_assert_uint_gt(tally.n_joined, n);
    ck_assert_uint_gt(20 * tally.n_holding, n * N_POINTS);
    ck_assert_uint_gt(4 * tally.n_beyond, n);
}
END_TEST

TCase *test_cases(void)
{
    TCase *cases = tcase_create("refine");
    tcase_add_test(cases, values_of_points_lie_within);
    tcase_add_test(cases, values_of_points_where_all_atoms_hold_lie_within);
    return cases;
}
