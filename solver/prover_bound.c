/* l <= z <= u for the ReLU inputs of a region, layer by layer. */
#include "solver/lp_safe.h"
#include "solver/prover.h"
#include "src/base/alloc.h"
#include "src/base/require.h"
#include "src/num/interval.h"

#include <assert.h>
#include <math.h>
#include <string.h>

static struct lp_problem problem_of(const struct prover *p)
{
    return (struct lp_problem){
        .n = p->layers->n_inputs,
        .m = lp_n_rows(p->lp),
        .lower = p->lower,
        .upper = p->upper,
        .rows = lp_rows(p->lp),
        .rhs = lp_rhs(p->lp),
    };
}

/* Lower bound of row `row` of the last block over the box and the literals. */
static double row_minimum(struct prover *p, size_t row)
{
    const double over_box =
        backward_minimum(p->backward, row, p->lower, p->upper);
    if (p->lp == NULL || lp_n_rows(p->lp) == 0 || over_box >= 0.0 ||
        p->record.is_on) {
        return over_box;
    }
    const double *a = backward_coefficients(p->backward, row);
    double *beta = prover_reserve_multipliers(p, lp_n_rows(p->lp));
    double value;
    p->stats.lps++;
    if (lp_minimize(p->lp, a, NULL, beta, &value) != LP_OPTIMAL) {
        return over_box;
    }
    const struct lp_problem problem = problem_of(p);
    const double sum =
        lp_safe_bound(&problem, a, beta) + backward_constant(p->backward, row);
    /* One rounded addition: half a unit in the last place. */
    const double over_rows = nextafter(sum, -HUGE_VAL);
    return over_rows > over_box ? over_rows : over_box;
}

/* True if the bounds of a value contradict each other. Bounds that cross by
 * less than a recorded node needs are made to touch. */
static bool is_contradiction(const struct prover *p, double *lower,
                             const double *upper)
{
    const double gap = p->record.is_on ? RECORD_GAP : 0.0;
    if (*lower > *upper + gap) {
        return true;
    }
    *lower = interval_reduce(*lower, *upper);
    return false;
}

/* |coefficients| of the two rows of a neuron, added up. */
static void set_share(struct prover *p, size_t relu, size_t neuron, size_t t)
{
    if (p->share[relu] == NULL) {
        return;
    }
    const size_t n = p->layers->n_inputs;
    const double *plus = backward_coefficients(p->backward, 2 * t);
    const double *minus = backward_coefficients(p->backward, 2 * t + 1);
    double *share = p->share[relu] + neuron * n;
    for (size_t j = 0; j < n; j++) {
        share[j] = fabs(plus[j]) + fabs(minus[j]);
    }
}

/* Tightens neurons[0 .. n-1] of the layer that feeds `relu`. */
static bool tighten_block(struct prover *p, size_t relu,
                          const uint32_t *neurons, size_t n)
{
    const size_t source = p->layers->layer[relu].source;
    double *lower = p->bounds.lower[source];
    double *upper = p->bounds.upper[source];
    bool is_possible = true;
    backward_begin(p->backward, 2 * n);
    backward_seed_neurons(p->backward, source, neurons, n);
    backward_run(p->backward);
    for (size_t t = 0; t < n; t++) {
        const size_t i = neurons[t];
        lower[i] = interval_raise(lower[i], row_minimum(p, 2 * t));
        upper[i] = interval_reduce(upper[i], -row_minimum(p, 2 * t + 1));
        is_possible = is_possible && !is_contradiction(p, &lower[i], &upper[i]);
        set_share(p, relu, i, t);
    }
    return is_possible;
}

/* Adds the row that a literal implies: with the lower bound a.x + b of z
 * (of -z), z <= 0 (z >= 0) implies a.x <= -b. */
static void add_literal(struct prover *p, const struct split *split,
                        uint32_t position)
{
    const uint32_t neuron = split->index;
    const size_t row = split->is_upper ? 1 : 0;
    backward_begin(p->backward, 2);
    if (p->layers->layer[split->layer].kind == LAYER_AFFINE) {
        backward_seed_neurons(p->backward, split->layer, &neuron, 1);
    } else {
        backward_seed(p->backward, split->layer, 0)[neuron] = 1.0;
        backward_seed(p->backward, split->layer, 1)[neuron] = -1.0;
    }
    backward_run(p->backward);
    const double b = backward_constant(p->backward, row);
    const double *a = backward_coefficients(p->backward, row);
    if (!isfinite(b)) {
        return;
    }
    VEC_PUSH(&p->record.literal, position);
    if (p->lp != NULL) {
        lp_add_row(p->lp, a, -b);
        return;
    }
    for (size_t j = 0; j < p->layers->n_inputs; j++) {
        VEC_PUSH(&p->wide_rows, a[j]);
    }
    VEC_PUSH(&p->wide_rhs, -b);
}

/* Applies the literals of one layer to its bounds, and to the LP. */
static void apply_literals(struct prover *p, const struct node *node,
                           size_t layer)
{
    for (size_t s = 0; s < node->depth; s++) {
        const struct split *split = &node->path[s];
        if (split->kind != SPLIT_NEURON || split->layer != layer) {
            continue;
        }
        double *lower = &p->bounds.lower[layer][split->index];
        double *upper = &p->bounds.upper[layer][split->index];
        if (split->is_upper) {
            *lower = interval_raise(*lower, 0.0);
        } else {
            *upper = interval_reduce(*upper, 0.0);
        }
        add_literal(p, split, (uint32_t)s);
    }
}

/* The unstable neurons of a layer, into p->neurons. */
static size_t find_unstable(struct prover *p, size_t layer)
{
    size_t n = 0;
    for (size_t i = 0; i < p->layers->layer[layer].width; i++) {
        const double l = p->bounds.lower[layer][i];
        const double u = p->bounds.upper[layer][i];
        if (bounds_phase(l, u) == PHASE_UNSTABLE) {
            p->neurons[n++] = (uint32_t)i;
        }
    }
    return n;
}

/* True if the bounds of a layer hold no contradiction. */
static bool is_possible(const struct prover *p, size_t layer)
{
    for (size_t i = 0; i < p->layers->layer[layer].width; i++) {
        if (is_contradiction(p, &p->bounds.lower[layer][i],
                             &p->bounds.upper[layer][i])) {
            return false;
        }
    }
    return true;
}

/* Bit `number` of the record says whether there was an unstable neuron. */
static bool bound_relu(struct prover *p, const struct node *node, size_t relu,
                       size_t number)
{
    const size_t source = p->layers->layer[relu].source;
    const size_t width = p->layers->layer[relu].width;
    apply_literals(p, node, source);
    if (!is_possible(p, source)) {
        return false;
    }
    if (p->layers->layer[source].kind == LAYER_AFFINE) {
        const size_t n = find_unstable(p, source);
        p->record.refresh |= (uint64_t)(n > 0) << (number % 64);
        const size_t block = backward_block(p->backward, source);
        for (size_t t = 0; t < n; t += block) {
            const size_t left = n - t;
            if (!tighten_block(p, relu, p->neurons + t,
                               left < block ? left : block)) {
                return false;
            }
        }
    }
    for (size_t i = 0; i < width; i++) {
        const double l = interval_raise(0.0, p->bounds.lower[source][i]);
        const double u = interval_raise(0.0, p->bounds.upper[source][i]);
        p->bounds.lower[relu][i] = interval_raise(p->bounds.lower[relu][i], l);
        p->bounds.upper[relu][i] = interval_reduce(p->bounds.upper[relu][i], u);
    }
    backward_set_lines(p->backward, relu, p->bounds.lower[source],
                       p->bounds.upper[source]);
    return true;
}

bool prover_bound_neurons(struct prover *p, const struct node *node)
{
    p->wide_rows.n = 0;
    p->wide_rhs.n = 0;
    if (p->lp != NULL) {
        lp_reset(p->lp, p->lower, p->upper);
    }
    size_t number = 0;
    for (size_t k = 1; k < p->layers->n_layers; k++) {
        if (p->layers->layer[k].kind == LAYER_RELU &&
            !bound_relu(p, node, k, number++)) {
            return false;
        }
    }
    return true;
}
