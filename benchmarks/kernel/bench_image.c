/*
 * Passes of the dual search through a network at the root of the first case
 * of a query: dual_bound (down) of one row and of many, an ascent step of one
 * row (down and up), and bounding all neurons once.
 *
 *   bench_image [NETWORK PROPERTY]
 *
 * Prints lines `name,network,rows,us,gflops,share_of_blas`. Seconds are those
 * of the processor, the median of seven rounds, also of the BLAS; operations
 * are those of all entries of the matrices that are not 0, whatever form they
 * are stored in.
 */
#include "domains/box.h"
#include "solver/dual.h"
#include "solver/prover.h"
#include "src/base/alloc.h"
#include "src/num/gemm_blas.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { ROUNDS = 7, MANY_ROWS = 25, PEAK_SIZE = 512 };
static const double LEAST_S = 0.05;

struct bench {
    const struct query *query;
    struct prover *prover;
    struct node_bounds *root;
    struct node *node;
    struct spec spec;
    struct dual *dual;
    double n_entries;
    double *square; /* [3 x PEAK_SIZE x PEAK_SIZE] */
};

static double seconds(void)
{
    return (double)clock() / CLOCKS_PER_SEC;
}

static int compare_doubles(const void *left, const void *right)
{
    const double a = *(const double *)left;
    const double b = *(const double *)right;
    return a < b ? -1 : (a > b ? 1 : 0);
}

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

static void bound_neurons(struct bench *bench)
{
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
    NEW_ALIGNED(bench->square, (size_t)3 * PEAK_SIZE * PEAK_SIZE);
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
    alloc_free(bench->square);
    dual_destroy(bench->dual);
    spec_clear(&bench->spec);
    node_destroy(bench->node);
    node_bounds_release(bench->root);
    prover_destroy(bench->prover);
}

static void multiply_squares(struct bench *bench)
{
    const size_t n = PEAK_SIZE;
    const struct gemm_shape shape = {n, n, n};
    gemm_blas_add(bench->square, bench->square + n * n,
                  bench->square + 2 * n * n, shape);
}

static void pass_down(struct bench *bench)
{
    dual_bound(bench->dual);
}

static void step(struct bench *bench)
{
    dual_bound(bench->dual);
    dual_differentiate(bench->dual);
}

/* Median of the processor's seconds per call. */
static double median_s(void (*call)(struct bench *), struct bench *bench)
{
    double round[ROUNDS];
    for (size_t i = 0; i < ROUNDS; i++) {
        const double start = seconds();
        size_t n = 0;
        do {
            call(bench);
            n++;
        } while (seconds() - start < LEAST_S);
        round[i] = (seconds() - start) / (double)n;
    }
    qsort(round, ROUNDS, sizeof *round, compare_doubles);
    return round[ROUNDS / 2];
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
        const double down_s = median_s(pass_down, bench);
        print("down", network, rows[i], down_s,
              (double)rows[i] * flops / down_s / 1e9, blas_gflops);
    }
    bench->dual->n_rows = 1;
    const double step_s = median_s(step, bench);
    print("step", network, 1, step_s, 2.0 * flops / step_s / 1e9, blas_gflops);
}

int main(int argc, char **argv)
{
    const char *const network =
        argc > 2 ? argv[1] : "benchmarks/models/digits.onnx";
    const char *const property =
        argc > 2 ? argv[2] : "benchmarks/models/digits_holds_1.vnnlib";
    const struct query_network networks = {NULL, network};
    struct query *query = NULL;
    struct error error = {0};
    if (query_load(&query, property, 1, &networks, false, &error) !=
        STATUS_OK) {
        (void)fprintf(stderr, "cannot read %s with %s\n", property, network);
        return EXIT_FAILURE;
    }
    struct weights *weights = weights_create(query->layers);
    struct bench bench;
    bench_init(&bench, weights, query);
    const double n_peak = PEAK_SIZE;
    const double blas_gflops = 2.0 * n_peak * n_peak * n_peak /
                               median_s(multiply_squares, &bench) / 1e9;
    (void)printf("name,network,rows,us,gflops,share_of_blas\n");
    bench_dual(&bench, network, blas_gflops);
    const uint64_t before = backward_madds(bench.prover->backward);
    bound_neurons(&bench);
    const double n = (double)(backward_madds(bench.prover->backward) - before);
    const double bound_s = median_s(bound_neurons, &bench);
    print("neurons", network, 0, bound_s, 2.0 * n / bound_s / 1e9, blas_gflops);
    bench_clear(&bench);
    weights_destroy(weights);
    query_destroy(query);
    return EXIT_SUCCESS;
}
