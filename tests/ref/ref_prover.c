/* A prover at the root of a small random network. */
#include "tests/ref/ref_prover.h"

#include "solver/prover_dual.h"
#include "tests/ref/ref_bounds.h"
#include "tests/ref/ref_build.h"
#include "tests/ref/ref_query.h"
#include "tests/suite.h"

static size_t add_affine(struct layers *layers, struct rng *rng, size_t source,
                         size_t width)
{
    double weights[REF_PROVER_WIDEST * REF_PROVER_WIDEST];
    double bias[REF_PROVER_WIDEST];
    for (size_t i = 0; i < (size_t)REF_PROVER_WIDEST * REF_PROVER_WIDEST; i++) {
        weights[i] = rng_range(rng, -1.0, 1.0);
    }
    for (size_t i = 0; i < REF_PROVER_WIDEST; i++) {
        bias[i] = rng_range(rng, -0.5, 0.5);
    }
    return ref_build_affine(layers, source, width, weights, bias);
}

/* Three layers of ReLUs, one output, which is to be far above its bound. */
static struct query *draw_query(struct rng *rng)
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
    ref_query_add_disjunct(query);
    ref_query_add_le(query, output, 1000.0);
    return query;
}

void ref_prover_init(struct ref_prover *sample, struct rng *rng)
{
    struct bounds bounds;
    sample->query = draw_query(rng);
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
