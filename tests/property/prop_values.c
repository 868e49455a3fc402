/* The search over networks of all kinds never loses a point. */
#include "domains/box.h"
#include "solver/prover.h"
#include "src/base/alloc.h"
#include "tests/ref/ref_bounds.h"
#include "tests/ref/ref_curved.h"
#include "tests/ref/ref_query.h"
#include "tests/ref/ref_solve.h"
#include "tests/suite.h"

#include <math.h>

/* The point of this file is to compare doubles with long doubles. */
#pragma GCC diagnostic ignored "-Wdouble-promotion"

enum { WIDTH = REF_CURVED_WIDTH, N_POINTS = 400 };

/* A random network with a box, and the least and greatest of its first output
 * at sampled points. */
struct sample {
    struct layers *layers;
    double lower[WIDTH];
    double upper[WIDTH];
    double x_least[WIDTH];
    long double least;
    long double greatest;
    bool is_usable;
};

static void draw_point(double *x, const struct sample *sample, struct rng *rng)
{
    for (size_t j = 0; j < WIDTH; j++) {
        x[j] = rng_range(rng, sample->lower[j], sample->upper[j]);
    }
}

static void sample_init(struct sample *sample, struct rng *rng)
{
    long double values[REF_CURVED_LAYERS][REF_CURVED_WIDTH] = {{0.0L}};
    double x[WIDTH];
    *sample = (struct sample){.layers = ref_curved_network(rng),
                              .least = HUGE_VALL,
                              .greatest = -HUGE_VALL,
                              .is_usable = true};
    for (size_t j = 0; j < WIDTH; j++) {
        sample->lower[j] = rng_range(rng, -1.0, 1.0);
        sample->upper[j] = sample->lower[j] + rng_range(rng, 0.0, 0.3);
    }
    for (size_t point = 0; point < N_POINTS; point++) {
        draw_point(x, sample, rng);
        ref_curved_eval(values, sample->layers, x, 0.0);
        sample->is_usable =
            sample->is_usable && ref_curved_has_values(values, sample->layers);
        const long double y = values[sample->layers->n_layers - 1][0];
        if (y < sample->least) {
            sample->least = y;
            for (size_t j = 0; j < WIDTH; j++) {
                sample->x_least[j] = x[j];
            }
        }
        sample->greatest = fmaxl(sample->greatest, y);
    }
}

/* y_0 <= rhs on the box. */
static struct query *build(const struct sample *sample, double rhs)
{
    const double atom[WIDTH + 2] = {[WIDTH] = 1.0};
    struct query *query =
        ref_query_create(sample->layers, sample->lower, sample->upper);
    ref_query_add_disjunct(query);
    ref_query_add_le(query, atom, isfinite(rhs) ? rhs : 0.0);
    return query;
}

static bool try_nothing(void *context, size_t worker, size_t case_index,
                        const double *x)
{
    (void)context;
    (void)worker;
    (void)case_index;
    (void)x;
    return false;
}

static enum solver_answer run(const struct query *query,
                              enum solver_engine engine, double seconds)
{
    const struct budget budget = {.deadline_s = budget_now_s() + seconds};
    struct ref_solve run = {.options = {.threads = 1, .engine = engine},
                            .oracle = {.try_point = try_nothing},
                            .budget = &budget};
    return ref_solve(&run, query);
}

static const enum solver_engine ENGINES[] = {SOLVER_INPUT, SOLVER_NEURON};

START_TEST(what_has_a_point_is_never_closed)
{
    struct rng rng;
    rng_init(&rng, test_seed());
    for (size_t round = 0; round < test_count(60); round++) {
        struct sample sample;
        sample_init(&sample, &rng);
        struct query *query = build(
            &sample, (double)sample.least + 1e-9 * fabs((double)sample.least));
        for (size_t e = 0; e < 2 && sample.is_usable; e++) {
            ck_assert_msg(run(query, ENGINES[e], 0.05) != SOLVER_CLOSED,
                          "round %zu, engine %zu", round, e);
        }
        query_destroy(query);
    }
}
END_TEST

START_TEST(what_has_no_point_is_closed)
{
    struct rng rng;
    size_t n_closed[2] = {0, 0};
    size_t n_usable = 0;
    rng_init(&rng, test_seed());
    for (size_t round = 0; round < test_count(60); round++) {
        struct sample sample;
        sample_init(&sample, &rng);
        const double range = (double)(sample.greatest - sample.least);
        struct query *query =
            build(&sample, (double)sample.least - 0.3 * range - 0.01);
        n_usable += sample.is_usable ? 1 : 0;
        for (size_t e = 0; e < 2 && sample.is_usable; e++) {
            n_closed[e] += run(query, ENGINES[e], 1.0) == SOLVER_CLOSED ? 1 : 0;
        }
        query_destroy(query);
    }
    ck_assert_msg(2 * n_closed[0] >= n_usable && 2 * n_closed[1] >= n_usable,
                  "%zu by inputs, %zu by values of %zu", n_closed[0],
                  n_closed[1], n_usable);
}
END_TEST

/* Random literals at values of a point, on the side of the point, keep it. */
static void add_literals(struct node *node, struct sample *sample,
                         long double values[REF_CURVED_LAYERS][WIDTH],
                         struct rng *rng)
{
    node->depth = 0;
    for (size_t k = 1; k < sample->layers->n_layers && node->depth < 8; k++) {
        const struct layer *layer = &sample->layers->layer[k];
        const bool is_split = layer->kind == LAYER_RELU ||
                              layer->kind == LAYER_ACTIVATION ||
                              layer->kind == LAYER_PRODUCT;
        if (!is_split || layer->source == 0) {
            continue;
        }
        const size_t i = rng_below(rng, layer->width);
        const long double z = values[layer->source][i];
        const double room = 1e-9 * (1.0 + fabs((double)z));
        const bool is_upper = rng_below(rng, 2) == 0;
        const bool is_phase = layer->kind == LAYER_RELU;
        node->path[node->depth++] = (struct split){
            .kind = SPLIT_NEURON,
            .is_upper = is_phase ? z >= 0.0L : is_upper,
            .layer = (uint32_t)layer->source,
            .index = (uint32_t)i,
            .threshold = is_phase ? 0.0 : (double)z + (is_upper ? -room : room),
        };
    }
}

/* Intervals of the whole box: the scale of rounding errors. */
static void enclose_box(struct bounds *bounds, const struct sample *sample)
{
    const struct region region = {.lower = sample->lower,
                                  .upper = sample->upper};
    (void)ref_bounds(bounds, &box_domain_ops, sample->layers, &region);
}

START_TEST(bounds_under_literals_contain_the_point)
{
    struct rng rng;
    rng_init(&rng, test_seed());
    for (size_t round = 0; round < test_count(300); round++) {
        long double values[REF_CURVED_LAYERS][WIDTH] = {{0.0L}};
        struct sample sample;
        sample_init(&sample, &rng);
        struct query *query = build(&sample, 0.0);
        struct weights *weights = weights_create(sample.layers);
        struct prover *p = prover_create(weights);
        struct bounds top;
        enclose_box(&top, &sample);
        prover_set_case(p, query->cases);
        struct node_bounds *bounds = node_bounds_create(sample.layers, &top);
        struct node *node =
            node_create_root(sample.lower, sample.upper, WIDTH, 1, bounds);
        RESIZE_ARRAY(node->path, 8);
        ref_curved_eval(values, sample.layers, sample.x_least, 0.0);
        backward_set_scale(p->backward, &top);
        prover_load(p, node);
        bool is_possible = prover_bound_neurons(p, node);
        ck_assert(is_possible || !sample.is_usable);
        add_literals(node, &sample, values, &rng);
        is_possible = prover_bound_neurons(p, node);
        ck_assert_msg(is_possible || !sample.is_usable, "round %zu", round);
        for (size_t k = 0; k < sample.layers->n_layers && sample.is_usable;
             k++) {
            for (size_t i = 0; i < sample.layers->layer[k].width; i++) {
                const long double v = values[k][i];
                const long double room = 1e-9L * fmaxl(1.0L, fabsl(v));
                ck_assert_msg(p->bounds.lower[k][i] <= v + room &&
                                  v - room <= p->bounds.upper[k][i],
                              "round %zu, layer %zu, neuron %zu", round, k, i);
            }
        }
        node_destroy(node);
        node_bounds_release(bounds);
        bounds_clear(&top);
        prover_destroy(p);
        weights_destroy(weights);
        query_destroy(query);
    }
}
END_TEST

TCase *test_cases(void)
{
    TCase *cases = tcase_create("values");
    tcase_add_test(cases, what_has_a_point_is_never_closed);
    tcase_add_test(cases, what_has_no_point_is_closed);
    tcase_add_test(cases, bounds_under_literals_contain_the_point);
    return cases;
}
