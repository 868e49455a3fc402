/*
 * Passes of the dual search through a network at the root of the first case
 * of a query: dual_bound (down) of one row and of many, an ascent step of one
 * row (down and up), and bounding all neurons once.
 *
 *   bench_image [NETWORK PROPERTY]
 *
 * Prints lines `name,network,rows,us,gflops,share_of_blas`. Operations are
 * those of all entries of the matrices that are not 0, whatever form they are
 * stored in.
 */
#include "benchmarks/kernel/clock.h"
#include "benchmarks/kernel/subject.h"
#include "domains/box.h"
#include "solver/dual.h"
#include "solver/prover.h"

#include <stdio.h>
#include <stdlib.h>

enum { MANY_ROWS = 25 };

struct bench {
    const struct query *query;
    struct prover *prover;
    struct node_bounds *root;
    struct node *node;
    struct spec spec;
    struct dual *dual;
    double n_entries;
};

/* Entries of all matrices that are not 0. */
static double count_entries(const struct layers *layers)
{
    double sum = 0.0;
    for (size_t k = 0; k < layers->n_layers; k++) {
        for (size_t t = 0; t < layers->layer[k].n_terms; t++) {
            const struct matrix *m = &layers->layer[k].terms[t].matrix;
            sum += m->dense != NULL ? (double)m->n_rows * (double)m->n_cols
                                    : (double)m->start[m->n_rows];
        }
    }
    return sum;
}

static void bound_neurons(void *context)
{
    struct bench *const bench = context;
    prover_load(bench->prover, bench->node);
    (void)prover_refresh(bench->prover, bench->node, 0);
}

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
        .dual = dual_create(weights),
        .n_entries = count_entries(query->layers),
    };
    bench->node =
        node_create_root(c->lower_down, c->upper_up, query->layers->n_inputs,
                         c->n_disjuncts, bench->root);
    prover_set_case(bench->prover, c);
    backward_set_scale(bench->prover->backward, &bounds);
    bounds_clear(&bounds);
    bound_neurons(bench);
    spec_init(&bench->spec, query->layers, c);
    dual_set_root(bench->dual, &bench->spec, &bench->prover->bounds,
                  c->lower_down, c->upper_up);
    for (uint32_t r = 0; r < MANY_ROWS; r++) {
        dual_set_row(bench->dual, r, r % (uint32_t)bench->spec.n_disjuncts);
    }
}

static void bench_clear(struct bench *bench)
{
    dual_destroy(bench->dual);
    spec_clear(&bench->spec);
    node_destroy(bench->node);
    node_bounds_release(bench->root);
    prover_destroy(bench->prover);
}

static void pass_down(void *context)
{
    struct bench *const bench = context;
    dual_bound(bench->dual);
}

static void step(void *context)
{
    struct bench *const bench = context;
    dual_bound(bench->dual);
    dual_differentiate(bench->dual);
}

static void print(const char *name, const char *network, size_t rows,
                  double call_s, double gflops, double blas_gflops)
{
    (void)printf("%s,%s,%zu,%.1f,%.3f,%.3f\n", name, network, rows,
                 1e6 * call_s, gflops, gflops / blas_gflops);
    (void)fflush(stdout);
}

static void bench_dual(struct bench *bench, const char *network,
                       double blas_gflops)
{
    const double flops = 2.0 * bench->n_entries;
    static const size_t rows[] = {1, 9, MANY_ROWS};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        bench->dual->n_rows = rows[i];
        const double down_s = clock_median_s(pass_down, bench);
        print("down", network, rows[i], down_s,
              (double)rows[i] * flops / down_s / 1e9, blas_gflops);
    }
    bench->dual->n_rows = 1;
    const double step_s = clock_median_s(step, bench);
    print("step", network, 1, step_s, 2.0 * flops / step_s / 1e9, blas_gflops);
}

int main(int argc, char **argv)
{
    struct subject subject;
    if (!subject_load(&subject, argc, argv, "digits")) {
        return EXIT_FAILURE;
    }
    struct query *const query = subject.query;
    struct weights *weights = weights_create(query->layers);
    struct bench bench;
    bench_init(&bench, weights, query);
    const double blas_gflops = clock_blas_gflops();
    (void)printf("name,network,rows,us,gflops,share_of_blas\n");
    bench_dual(&bench, subject.network, blas_gflops);
    const uint64_t before = backward_madds(bench.prover->backward);
    bound_neurons(&bench);
    const double n = (double)(backward_madds(bench.prover->backward) - before);
    const double bound_s = clock_median_s(bound_neurons, &bench);
    print("neurons", subject.network, 0, bound_s, 2.0 * n / bound_s / 1e9,
          blas_gflops);
    bench_clear(&bench);
    weights_destroy(weights);
    query_destroy(query);
    return EXIT_SUCCESS;
}
