/* A region around an unsafe point is never closed, and keeps the point. */
#include "solver/dual.h"
#include "solver/dual_literal.h"
#include "solver/prover.h"
#include "solver/prover_dual.h"
#include "solver/prover_effect.h"
#include "solver/prover_hidden.h"
#include "src/base/alloc.h"
#include "src/base/rng.h"
#include "src/num/rational.h"
#include "tests/ref/ref_bounds.h"
#include "tests/ref/ref_network.h"
#include "tests/ref/ref_query.h"
#include "tests/ref/ref_sample.h"
#include "tests/ref/ref_solve.h"
#include "tests/suite.h"

#include <math.h>
#include <string.h>

enum { INPUTS_MAX = 70, TRIES = 24, POINTS = 4, REGIONS = 6, LITERALS = 3 };

/* A query, what its cases need, and an unsafe point with exact values. */
struct sample {
    struct rng rng;
    uint64_t seed;
    struct query *query;
    struct weights *weights;
    struct prover *prover;
    struct node_bounds *root;
    struct ref_values values;
    double x[INPUTS_MAX];
};

static void sample_init(struct sample *sample, size_t round)
{
    *sample = (struct sample){.seed = test_seed() + round};
    rng_init(&sample->rng, sample->seed);
    struct query *query = ref_sample_query(
        &sample->rng, round % 4 == 0 ? REF_SAMPLE_EASY : REF_SAMPLE_TIGHT);
    if (round % 5 == 0) {
        struct query *wide = ref_sample_widen(query, INPUTS_MAX);
        query_destroy(query);
        query = wide;
    }
    const struct query_case *c = query->cases;
    struct bounds bounds;
    ck_assert_int_eq(ref_bounds_of_query(&bounds, query), DOMAIN_DONE);
    sample->query = query;
    sample->weights = weights_create(query->layers);
    sample->prover = prover_create(sample->weights);
    sample->root = node_bounds_create(query->layers, &bounds);
    prover_set_case(sample->prover, c);
    backward_set_scale(sample->prover->backward, &bounds);
    bounds_clear(&bounds);
    ref_values_init(&sample->values, query->layers);
}

static void sample_clear(struct sample *sample)
{
    ref_values_clear(&sample->values);
    prover_destroy(sample->prover);
    node_bounds_release(sample->root);
    weights_destroy(sample->weights);
    query_destroy(sample->query);
}

/* A point of the box by eighths, often a corner. */
static bool draw_point(struct sample *sample)
{
    const struct query_case *c = sample->query->cases;
    const size_t corner = rng_below(&sample->rng, 2);
    for (size_t j = 0; j < sample->query->layers->n_inputs; j++) {
        const double eighths = corner == 0
                                   ? (double)rng_below(&sample->rng, 9)
                                   : 8.0 * (double)rng_below(&sample->rng, 2);
        const double l = c->lower_down[j];
        const double u = c->upper_up[j];
        sample->x[j] = fmin(l + (u - l) * eighths / 8.0, u);
    }
    return ref_query_holds_at(sample->query, sample->x);
}

/* Sides shrink to a random share of the box, down to nothing, around x. */
static void draw_region(double *lower, double *upper, struct sample *sample)
{
    const struct query_case *c = sample->query->cases;
    const double share = ldexp(1.0, -(int)rng_below(&sample->rng, 12));
    for (size_t j = 0; j < sample->query->layers->n_inputs; j++) {
        const double x = sample->x[j];
        const double low = rng_range(&sample->rng, 0.0, share);
        const double high = rng_range(&sample->rng, 0.0, share);
        lower[j] = x - low * (x - c->lower_down[j]);
        upper[j] = x + high * (c->upper_up[j] - x);
        lower[j] = rng_below(&sample->rng, 4) == 0 ? x : lower[j];
    }
}

/* A literal that holds at x; false if the layer drawn feeds no ReLU. */
static bool draw_literal(struct split *split, struct sample *sample)
{
    const struct layers *layers = sample->query->layers;
    const size_t k = rng_below(&sample->rng, layers->n_layers);
    if (layers->layer[k].kind != LAYER_RELU) {
        return false;
    }
    const size_t source = layers->layer[k].source;
    const size_t i = rng_below(&sample->rng, layers->layer[k].width);
    const int sign = mpq_sgn(sample->values.layer[source].value[i]);
    *split = (struct split){
        .kind = SPLIT_NEURON,
        .is_upper = sign > 0 || (sign == 0 && rng_below(&sample->rng, 2) == 0),
        .layer = (uint32_t)source,
        .index = (uint32_t)i,
    };
    return true;
}

/* A node around x, some literals deep. */
static struct node *draw_node(struct sample *sample)
{
    double lower[INPUTS_MAX];
    double upper[INPUTS_MAX];
    draw_region(lower, upper, sample);
    struct node *node =
        node_create_root(lower, upper, sample->query->layers->n_inputs,
                         sample->query->cases->n_disjuncts, sample->root);
    for (size_t t = 0; t < LITERALS; t++) {
        struct split split;
        if (draw_literal(&split, sample)) {
            const struct node_rest rest = {lower, upper, node->open,
                                           node->n_open, sample->root};
            struct node *child = node_create_child(node, &rest, &split);
            node_destroy(node);
            node = child;
        }
    }
    return node;
}

static bool is_within(const mpq_t value, double lower, double upper)
{
    mpq_t end;
    mpq_init(end);
    rational_set_double(end, lower);
    bool is_inside = mpq_cmp(end, value) <= 0;
    rational_set_double(end, upper);
    is_inside = is_inside && mpq_cmp(value, end) <= 0;
    mpq_clear(end);
    return is_inside;
}

static void check_bounds(const struct sample *sample)
{
    const struct bounds *bounds = &sample->prover->bounds;
    for (size_t k = 0; k < bounds->n_layers; k++) {
        for (size_t i = 0; i < sample->values.layer[k].width; i++) {
            ck_assert_msg(is_within(sample->values.layer[k].value[i],
                                    bounds->lower[k][i], bounds->upper[k][i]),
                          "seed %llu: neuron %zu of layer %zu leaves its "
                          "bounds",
                          (unsigned long long)sample->seed, i, k);
        }
    }
}

/* True if the exact atom holds at x. */
static bool atom_holds(const struct sample *sample,
                       const struct query_atom *atom)
{
    const size_t n = sample->query->layers->n_inputs;
    const size_t last = sample->query->layers->n_layers - 1;
    mpq_t sum;
    mpq_t term;
    mpq_inits(sum, term, (mpq_ptr)NULL);
    for (size_t t = 0; t < atom->n_terms; t++) {
        const size_t v = atom->terms[t].variable;
        rational_set_double(term, atom->terms[t].coefficient);
        mpq_mul(term, term,
                v < n ? sample->values.layer[0].value[v]
                      : sample->values.layer[last].value[v - n]);
        mpq_add(sum, sum, term);
    }
    const int order = mpq_cmp(sum, atom->rhs);
    mpq_clears(sum, term, (mpq_ptr)NULL);
    return order < 0 || (order == 0 && !atom->is_strict);
}

/* Disjuncts that hold at x are still open. */
static void check_open(const struct sample *sample)
{
    const struct prover *p = sample->prover;
    for (size_t d = 0; d < p->spec.n_disjuncts; d++) {
        bool holds = true;
        bool is_open = false;
        const size_t first = p->spec.first[d];
        const size_t end = first + spec_n_atoms(&p->spec, d);
        for (size_t r = first; r < end; r++) {
            holds = holds && atom_holds(sample, p->spec.atom[r]);
        }
        for (size_t o = 0; o < p->n_open; o++) {
            is_open = is_open || p->open[o] == d;
        }
        ck_assert_msg(is_open || !holds,
                      "seed %llu: disjunct %zu is closed but holds",
                      (unsigned long long)sample->seed, d);
    }
}

static void check_region(struct sample *sample)
{
    struct node *node = draw_node(sample);
    struct prover *p = sample->prover;
    prover_load(p, node);
    ck_assert_msg(prover_bound_neurons(p, node),
                  "seed %llu: a region with a point is found empty",
                  (unsigned long long)sample->seed);
    check_bounds(sample);
    ck_assert_msg(!prover_close(p), "seed %llu: an unsafe region is closed",
                  (unsigned long long)sample->seed);
    check_open(sample);
    for (size_t j = 0; j < sample->query->layers->n_inputs; j++) {
        ck_assert_msg(p->lower[j] <= sample->x[j] &&
                          sample->x[j] <= p->upper[j],
                      "seed %llu: %a of input %zu is clipped to [%a, %a]",
                      (unsigned long long)sample->seed, sample->x[j], j,
                      p->lower[j], p->upper[j]);
    }
    node_destroy(node);
}

/* What lines cost is not negative, 0 where the node splits a neuron, and no
 * less by way of the bounds of later neurons. */
static void check_effect(struct sample *sample)
{
    struct prover *p = sample->prover;
    const struct dual *d = p->dual;
    double *alone;
    NEW_ARRAY(alone, d->n_unstable);
    prover_effect_alone(p->effect, p);
    memcpy(alone, p->effect, d->n_unstable * sizeof *alone);
    prover_effect(p->effect, p);
    for (size_t i = 0; i < d->n_unstable; i++) {
        ck_assert_double_ge(alone[i], 0.0);
        ck_assert_double_ge(p->effect[i], alone[i]);
    }
    alloc_free(alone);
    for (size_t s = 0; s < p->node->depth; s++) {
        const uint32_t id = dual_literal(d, &p->node->path[s]);
        ck_assert(id == DUAL_STABLE || p->effect[id] <= 0.0);
    }
}

/* The same by the dual bound. Returns the number of neurons' ends that moved
 * behind literals. */
static size_t check_dual_region(struct sample *sample)
{
    struct node *node = draw_node(sample);
    struct prover *p = sample->prover;
    prover_load(p, node);
    ck_assert_msg(!prover_dual_close(p, node),
                  "seed %llu: an unsafe region is closed",
                  (unsigned long long)sample->seed);
    if (rng_below(&sample->rng, 4) == 0) {
        check_effect(sample);
        node_destroy(node);
        return 0;
    }
    const struct hidden_effort effort = {
        1e9, 0.0, {20, 0.05}, sample->seed % 2 == 0};
    const size_t n_moved = prover_hidden_tighten(p, node, &effort);
    const bool is_behind = node->depth > 0;
    check_bounds(sample);
    check_open(sample);
    size_t n_terms = 0;
    for (size_t i = 0; i < p->record.lemmas.n; i++) {
        n_terms += p->record.lemmas.data[i].n_terms;
    }
    ck_assert_uint_eq(n_terms, p->record.lemma_terms.n);
    node_destroy(node);
    return is_behind ? n_moved : 0;
}

static void check_point(struct sample *sample)
{
    ref_network_eval(&sample->values, sample->query->layers, sample->x);
    for (size_t i = 0; i < REGIONS; i++) {
        check_region(sample);
    }
}

static bool keep_point(void *context, size_t worker, size_t case_index,
                       const double *x)
{
    struct sample *sample = context;
    (void)worker;
    (void)case_index;
    memcpy(sample->x, x, sample->query->layers->n_inputs * sizeof *x);
    return ref_query_holds_at(sample->query, x);
}

/* The witness that the solver itself comes to: often on a facet. */
static bool solve_point(struct sample *sample)
{
    const struct budget budget = {.deadline_s = budget_now_s() + 0.003};
    struct ref_solve run = {
        .options = {.threads = 1},
        .oracle = {.context = sample, .try_point = keep_point},
        .budget = &budget};
    return ref_solve(&run, sample->query) == SOLVER_WITNESS;
}

START_TEST(regions_of_unsafe_points_stay_open_and_keep_them)
{
    size_t n_drawn = 0;
    size_t n_solved = 0;
    const size_t n_rounds = test_count(40);
    for (size_t round = 0; round < n_rounds; round++) {
        struct sample sample;
        sample_init(&sample, round);
        size_t n_points = 0;
        for (size_t i = 0; i < TRIES && n_points < POINTS; i++) {
            if (draw_point(&sample)) {
                check_point(&sample);
                n_points++;
            }
        }
        n_drawn += n_points;
        if (solve_point(&sample)) {
            check_point(&sample);
            n_solved++;
        }
        sample_clear(&sample);
    }
    ck_assert_uint_gt(2 * n_drawn, n_rounds);
    ck_assert_uint_gt(8 * n_solved, n_rounds);
}
END_TEST

START_TEST(neurons_bounded_with_literals_keep_the_points_behind_them)
{
    size_t n_moved = 0;
    const size_t n_rounds = test_count(40);
    for (size_t round = 0; round < n_rounds; round++) {
        struct sample sample;
        sample_init(&sample, 5 * round);
        sample.prover->record.is_on = true;
        prover_dual_set_root(sample.prover, &sample.root->bounds);
        sample.prover->record.apart.is_known = true;
        for (size_t i = 0; i < TRIES; i++) {
            if (draw_point(&sample)) {
                ref_network_eval(&sample.values, sample.query->layers,
                                 sample.x);
                n_moved += check_dual_region(&sample);
            }
        }
        sample_clear(&sample);
    }
    ck_assert_uint_gt(n_moved, 0);
}
END_TEST

TCase *test_cases(void)
{
    TCase *cases = tcase_create("prover");
    tcase_add_test(cases, regions_of_unsafe_points_stay_open_and_keep_them);
    tcase_add_test(cases,
                   neurons_bounded_with_literals_keep_the_points_behind_them);
    return cases;
}
