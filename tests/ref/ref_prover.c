/* A prover at the root of a small random network. */
#include "tests/ref/ref_prover.h"

#include "solver/prover_dual.h"
#include "tests/ref/ref_bounds.h"
#include "tests/ref/ref_build.h"
#include "tests/ref/ref_query.h"
#include "tests/suite.h"

#include <math.h>
#include <string.h>

/* Random points that one is chosen from. */
enum { N_POINTS = 8 };

static size_t add_affine(struct layers *layers, struct rng *rng, size_t source,
                         size_t width)
{
    double weights[REF_PROVER_WIDEST * REF_PROVER_INPUTS];
    double bias[REF_PROVER_WIDEST];
    for (size_t i = 0; i < (size_t)REF_PROVER_WIDEST * REF_PROVER_INPUTS; i++) {
        weights[i] = rng_range(rng, -1.0, 1.0);
    }
    for (size_t i = 0; i < REF_PROVER_WIDEST; i++) {
        bias[i] = rng_range(rng, -0.5, 0.5);
    }
    return ref_build_affine(layers, source, width, weights, bias);
}

/* The value of a combination of the inputs and the output at a point. */
static double value_at(const struct layers *layers, const double *c,
                       const double *x)
{
    double sum = 0.0;
    layers_eval(&sum, layers, x);
    sum *= c[REF_PROVER_INPUTS];
    for (size_t j = 0; j < REF_PROVER_VARYING; j++) {
        sum += c[j] * x[j];
    }
    return sum;
}

/* Draws a point: of some, the one where a combination is least. */
static void draw_point(double *point, const struct layers *layers,
                       const double *c, struct rng *rng)
{
    double least = HUGE_VAL;
    for (size_t t = 0; t < N_POINTS; t++) {
        double x[REF_PROVER_INPUTS] = {0.0};
        for (size_t j = 0; j < REF_PROVER_VARYING; j++) {
            x[j] = rng_range(rng, -1.0, 1.0);
        }
        const double value = value_at(layers, c, x);
        if (value < least) {
            least = value;
            memcpy(point, x, sizeof x);
        }
    }
}

/* Adds atoms that hold at a point, which is drawn, and a little beyond. Their
 * numbers have few bits: combinations of such atoms are exact. */
static void add_atoms(struct query *query, double *point, struct rng *rng)
{
    const size_t n = 1 + (size_t)rng_below(rng, 3);
    for (size_t q = 0; q < n; q++) {
        double c[REF_PROVER_INPUTS + 1] = {0.0};
        for (size_t j = 0; j < REF_PROVER_VARYING; j++) {
            c[j] = 0.25 * (double)rng_below(rng, 5) - 0.5;
        }
        c[REF_PROVER_INPUTS] = rng_below(rng, 2) == 0 ? 1.0 : -1.0;
        if (q == 0) {
            draw_point(point, query->layers, c, rng);
        }
        const double value = value_at(query->layers, c, point);
        ref_query_add_le(query, c, 0x1p-5 * (ceil(0x1p5 * value) + 1.0));
    }
}

/* Three layers of ReLUs, one output. */
static struct query *draw_query(struct ref_prover *sample, struct rng *rng,
                                enum ref_prover_kind kind)
{
    static const double lower[REF_PROVER_INPUTS] = {-1.0, -1.0, -1.0, -1.0,
                                                    -1.0};
    static const double upper[REF_PROVER_INPUTS] = {1.0, 1.0, 1.0, 1.0, 1.0};
    const double output[REF_PROVER_INPUTS + 1] = {[REF_PROVER_INPUTS] = 1.0};
    struct layers *layers = ref_build_begin(REF_PROVER_INPUTS);
    size_t source = 0;
    for (size_t r = 0; r < 3; r++) {
        source = add_affine(layers, rng, source,
                            2 + (size_t)rng_below(rng, REF_PROVER_WIDEST - 1));
        source = ref_build_relu(layers, source);
    }
    (void)add_affine(layers, rng, source, 1);
    struct query *query = ref_query_create(layers, lower, upper);
    for (size_t d = 0; d < (kind == REF_PROVER_PARTS ? 2 : 1); d++) {
        ref_query_add_disjunct(query);
        if (kind == REF_PROVER_ALL) {
            ref_query_add_le(query, output, 1000.0);
        } else {
            add_atoms(query, sample->x, rng);
        }
    }
    return query;
}

void ref_prover_init(struct ref_prover *sample, struct rng *rng,
                     enum ref_prover_kind kind, bool is_recorded)
{
    struct bounds bounds;
    memset(sample->x, 0, sizeof sample->x);
    sample->query = draw_query(sample, rng, kind);
    const struct layers *layers = sample->query->layers;
    const struct query_case *c = sample->query->cases;
    sample->weights = weights_create(layers);
    sample->prover = prover_create(sample->weights);
    prover_set_case(sample->prover, c);
    ck_assert_int_eq(ref_bounds_of_query(&bounds, sample->query), DOMAIN_DONE);
    sample->root = node_bounds_create(layers, &bounds);
    backward_set_scale(sample->prover->backward, &bounds);
    bounds_clear(&bounds);
    sample->node =
        node_create_root(c->lower_down, c->upper_up, REF_PROVER_INPUTS,
                         c->n_disjuncts, sample->root);
    prover_dual_set_root(sample->prover, &sample->root->bounds);
    if (is_recorded) {
        sample->prover->record.is_on = true;
        sample->prover->record.apart.is_known = true;
    }
    prover_load(sample->prover, sample->node);
    ck_assert(!prover_dual_close(sample->prover, sample->node));
}

void ref_prover_clear(struct ref_prover *sample)
{
    node_destroy(sample->node);
    prover_destroy(sample->prover);
    node_bounds_release(sample->root);
    weights_destroy(sample->weights);
    query_destroy(sample->query);
}
