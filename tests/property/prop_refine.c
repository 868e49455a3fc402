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
    for (size_t j = 0; j < REF_PROVER_INPUTS; j++) {
        x[j] = t < 1U << REF_PROVER_INPUTS ? ((t >> j & 1) != 0 ? 1.0 : -1.0)
                                           : rng_range(rng, -1.0, 1.0);
    }
}

static void check_point(const struct prover *p, const double *x)
{
    for (size_t k = 1; k < p->layers->n_layers; k++) {
        for (size_t i = 0; i < p->layers->layer[k].width; i++) {
            const double value =
                layers_eval_element(p->layers, x, (uint32_t)k, (uint32_t)i);
            ck_assert_double_ge(value, p->bounds.lower[k][i] - NOISE);
            ck_assert_double_le(value, p->bounds.upper[k][i] + NOISE);
        }
    }
}

START_TEST(values_of_points_lie_within)
{
    static const struct refine_effort effort = {16, 1e9};
    size_t n_refined = 0;
    size_t n_moved = 0;
    for (size_t round = 0; round < test_count(60); round++) {
        struct rng rng;
        struct ref_prover sample;
        double x[REF_PROVER_INPUTS];
        rng_init(&rng, test_seed() + round);
        ref_prover_init(&sample, &rng);
        struct prover *p = sample.prover;
        ck_assert(prover_refine(&n_moved, p, sample.node, &effort));
        n_refined += n_moved;
        for (size_t t = 0; t < N_POINTS; t++) {
            draw_point(x, t, &rng);
            check_point(p, x);
        }
        ref_prover_clear(&sample);
    }
    ck_assert_uint_gt(n_refined, 0);
    ck_assert_uint_eq(alloc_live_bytes(), 0);
}
END_TEST

TCase *test_cases(void)
{
    TCase *cases = tcase_create("refine");
    tcase_add_test(cases, values_of_points_lie_within);
    return cases;
}
