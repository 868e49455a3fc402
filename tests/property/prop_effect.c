/* What neurons cost by way of the bounds of later ones, against a twin that
 * bounds one end at a time. */
#include "solver/dual.h"
#include "solver/prover.h"
#include "solver/prover_effect.h"
#include "solver/prover_slopes.h"
#include "src/base/alloc.h"
#include "src/base/rng.h"
#include "tests/ref/ref_prover.h"
#include "tests/suite.h"

#include <math.h>
#include <string.h>

/* What floats may lose in networks of this size. */
static const double NOISE = 1e-4;

static double intercept_of(const struct dual *d, size_t i)
{
    const struct dual_neuron *neuron = &d->neuron[i];
    return (double)d->layer[neuron->relu].upper_intercept[neuron->index];
}

/* Adds to the costs of the neurons before neuron k what one of its ends meets
 * them with, in a batch of its own. */
static void add_end(double *cost, struct prover *p, size_t k, size_t side)
{
    struct dual *d = p->dual;
    const size_t source = d->neuron[k].source;
    const uint32_t index = d->neuron[k].index;
    const double lower = p->bounds.lower[source][index];
    const double upper = p->bounds.upper[source][index];
    const double share = (side == 0 ? upper : lower) / (upper - lower);
    d->target = source;
    d->n_rows = 1;
    dual_set_row(d, 0, 2 * index + (uint32_t)side);
    prover_slopes_set_implied(p);
    dual_bound(d);
    for (size_t i = 0; i < k && d->neuron[i].relu < d->neuron[k].relu; i++) {
        const struct dual_neuron *neuron = &d->neuron[i];
        const double q = (double)d->coefficient[neuron->relu][neuron->index];
        if (q < 0.0 && d->phase[i] == PHASE_UNSTABLE) {
            cost[i] -= cost[k] * share * share * q;
        }
    }
    d->target = 0;
}

/* The twin: cost[i] is what row 0 meets neuron i with at first. Returns the
 * number of costs that later neurons raise. */
static size_t check_costs(double *cost, struct prover *p)
{
    struct dual *d = p->dual;
    size_t n_raised = 0;
    for (size_t k = d->n_unstable; k-- > 0;) {
        const double t = intercept_of(d, k);
        const double before = p->effect[k] - NOISE;
        n_raised += before > cost[k] * t ? 1 : 0;
    }
    for (size_t k = d->n_unstable; k-- > 0;) {
        for (size_t side = 0; side < 2 && cost[k] * intercept_of(d, k) > 0.0;
             side++) {
            add_end(cost, p, k, side);
        }
    }
    for (size_t i = 0; i < d->n_unstable; i++) {
        const double slow = cost[i] * intercept_of(d, i);
        ck_assert_double_eq_tol(p->effect[i], slow, NOISE * (1.0 + slow));
    }
    return n_raised;
}

START_TEST(costs_are_those_of_one_end_after_the_other)
{
    size_t n_raised = 0;
    for (size_t round = 0; round < test_count(60); round++) {
        struct rng rng;
        struct ref_prover sample;
        rng_init(&rng, test_seed() + round);
        ref_prover_init(&sample, &rng, REF_PROVER_ALL, false);
        struct prover *p = sample.prover;
        double *cost;
        NEW_ARRAY(cost, p->dual->n_unstable);
        prover_effect_alone(cost, p);
        for (size_t i = 0; i < p->dual->n_unstable; i++) {
            const double t = intercept_of(p->dual, i);
            cost[i] = t > 0.0 ? cost[i] / t : 0.0;
        }
        prover_effect(p->effect, p);
        n_raised += check_costs(cost, p);
        alloc_free(cost);
        ref_prover_clear(&sample);
    }
    ck_assert_uint_gt(n_raised, 0);
}
END_TEST

TCase *test_cases(void)
{
    TCase *cases = tcase_create("effect");
    tcase_add_test(cases, costs_are_those_of_one_end_after_the_other);
    return cases;
}
