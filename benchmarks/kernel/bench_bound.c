/*
 * Boxes per second of bounding a node: prover_load, prover_bound_neurons and
 * prover_close on random sub-boxes of the first case of a query.
 *
 *   bench_bound [NETWORK PROPERTY]
 *
 * Prints lines `name,network,width,us_per_box,madds_per_box,gflops,
 * share_of_blas`; width: side of the sub-boxes, as a share of the box. The
 * program bench_bound_uncharged is the same without the dot products that
 * charge rounding errors: what it saves is what rigour costs.
 */
#include "benchmarks/kernel/clock.h"
#include "benchmarks/kernel/subject.h"
#include "domains/box.h"
#include "solver/prover.h"
#include "src/base/alloc.h"
#include "src/base/rng.h"

#include <stdio.h>
#include <stdlib.h>

#ifndef BENCH_BOUND_NAME
#define BENCH_BOUND_NAME "bound"
#endif

enum { BOXES = 64 };

struct bench {
    const struct query *query;
    struct prover *prover;
    struct node_bounds *root;
    struct node *node[BOXES];
};

static void bench_run(void *context)
{
    const struct bench *const bench = context;
    for (size_t i = 0; i < BOXES; i++) {
        prover_load(bench->prover, bench->node[i]);
        if (prover_bound_neurons(bench->prover, bench->node[i])) {
            (void)prover_close(bench->prover);
        }
    }
}

static uint64_t madds(const struct prover *prover)
{
    return backward_madds(prover->backward);
}

/* Bounds of the whole box, which scale the charges. */
static void bench_init(struct bench *bench, const struct weights *weights,
                       const struct query *query)
{
    const struct query_case *c = query->cases;
    const struct region region = {.lower = c->lower_down, .upper = c->upper_up};
    struct bounds bounds;
    bounds_init(&bounds, query->layers);
    struct domain *box = box_domain_ops.create(query->layers);
    (void)box_domain_ops.propagate(box, &bounds, &region, NULL);
    box_domain_ops.destroy(box);
    *bench = (struct bench){
        .query = query,
        .prover = prover_create(weights),
        .root = node_bounds_create(query->layers, &bounds),
    };
    prover_set_case(bench->prover, c);
    backward_set_scale(bench->prover->backward, &bounds);
    bounds_clear(&bounds);
}

static void bench_clear(struct bench *bench)
{
    prover_destroy(bench->prover);
    node_bounds_release(bench->root);
}

/* Random sub-boxes whose sides are `width` of those of the box. */
static void draw_boxes(struct bench *bench, double width, struct rng *rng)
{
    const struct query_case *c = bench->query->cases;
    const size_t n = bench->query->layers->n_inputs;
    double *lower;
    double *upper;
    NEW_ARRAY(lower, n);
    NEW_ARRAY(upper, n);
    for (size_t i = 0; i < BOXES; i++) {
        for (size_t j = 0; j < n; j++) {
            const double side = c->upper_up[j] - c->lower_down[j];
            lower[j] =
                c->lower_down[j] + rng_range(rng, 0.0, (1.0 - width) * side);
            upper[j] = lower[j] + width * side;
            upper[j] = upper[j] > c->upper_up[j] ? c->upper_up[j] : upper[j];
        }
        bench->node[i] =
            node_create_root(lower, upper, n, c->n_disjuncts, bench->root);
    }
    alloc_free(lower);
    alloc_free(upper);
}

static void bench_width(struct bench *bench, const char *network, double width,
                        double blas_gflops)
{
    struct rng rng;
    rng_init(&rng, 1);
    draw_boxes(bench, width, &rng);
    const uint64_t before = madds(bench->prover);
    bench_run(bench);
    const double per_box = (double)(madds(bench->prover) - before) / BOXES;
    const double box_s = clock_median_s(bench_run, bench) / BOXES;
    const double gflops = 2.0 * per_box / box_s / 1e9;
    (void)printf("%s,%s,%g,%.2f,%.0f,%.3f,%.3f\n", BENCH_BOUND_NAME, network,
                 width, 1e6 * box_s, per_box, gflops, gflops / blas_gflops);
    (void)fflush(stdout);
    for (size_t i = 0; i < BOXES; i++) {
        node_destroy(bench->node[i]);
    }
}

int main(int argc, char **argv)
{
    static const double widths[] = {1.0, 0.3, 0.1, 0.03};
    struct subject subject;
    if (!subject_load(&subject, argc, argv, "controller")) {
        return EXIT_FAILURE;
    }
    struct query *const query = subject.query;
    struct weights *weights = weights_create(query->layers);
    struct bench bench;
    bench_init(&bench, weights, query);
    const double blas_gflops = clock_blas_gflops();
    (void)printf("name,network,width,us_per_box,madds_per_box,gflops,"
                 "share_of_blas\n");
    for (size_t i = 0; i < sizeof widths / sizeof *widths; i++) {
        bench_width(&bench, subject.network, widths[i], blas_gflops);
    }
    bench_clear(&bench);
    weights_destroy(weights);
    query_destroy(query);
    return EXIT_SUCCESS;
}
