/* Bounds of hidden neurons, each with slopes of its own. */
#include "solver/prover_hidden.h"

#include "solver/dual_literal.h"
#include "solver/prover_effect.h"
#include "solver/prover_slopes.h"
#include "src/base/alloc.h"
#include "src/num/interval.h"

#include <math.h>
#include <stdlib.h>

/* Least gain of an end, as a share of the interval, unless the neuron becomes
 * stable: small gains of many neurons add up from layer to layer. */
static const double LEAST_GAIN = 0x1p-8;

/* Slopes of a recorded search are as told within this: the grid of slopes. With
 * sixteen times as much a search on a dense network of four layers took more than
 * ten times as long. */
static const double SLACK = 0x1p-8;

/* An unstable neuron, and what its upper line costs. */
struct pick {
    uint32_t id;
    double cost;
};

static int compare_costs(const void *a, const void *b)
{
    const struct pick *left = a;
    const struct pick *right = b;
    return (left->cost < right->cost) - (left->cost > right->cost);
}

static int compare_ids(const void *a, const void *b)
{
    const struct pick *left = a;
    const struct pick *right = b;
    return (left->id > right->id) - (left->id < right->id);
}

/* The costliest neurons that the effort allows, in order of layers; those with
 * no unstable neuron below have exact bounds. Returns their number. */
static size_t pick_neurons(struct pick *picks, struct prover *p,
                           const struct hidden_effort *effort)
{
    const struct dual *d = p->dual;
    size_t n = 0;
    double total = 0.0;
    if (effort->by_effect) {
        prover_effect(p->effect, p);
    } else {
        prover_effect_alone(p->effect, p);
    }
    for (size_t i = 0; i < d->n_unstable; i++) {
        const struct dual_neuron *neuron = &d->neuron[i];
        const double cost = p->effect[i];
        if (neuron->relu != d->neuron[0].relu && cost > 0.0 &&
            p->layers->layer[neuron->source].kind == LAYER_AFFINE) {
            picks[n++] = (struct pick){(uint32_t)i, cost};
            total += cost;
        }
    }
    qsort(picks, n, sizeof *picks, compare_costs);
    double left = total;
    double madds = 0.0;
    size_t n_kept = 0;
    for (; n_kept < n && madds < effort->most_madds &&
           left > effort->least_cost * total;
         n_kept++) {
        left -= picks[n_kept].cost;
        const struct dual_neuron *neuron = &d->neuron[picks[n_kept].id];
        madds += 4.0 * (double)effort->end.n_steps * p->cone[neuron->source];
    }
    qsort(picks, n_kept, sizeof *picks, compare_ids);
    return n_kept;
}

/* Notes the multipliers of the literals of row `row`; returns their number. */
static size_t note_literals(struct prover *p, const struct node *node,
                            size_t row)
{
    const struct dual *d = p->dual;
    const double *multiplier = prover_slopes_literals(p, row);
    size_t n = 0;
    for (size_t s = 0; multiplier != NULL && s < node->depth; s++) {
        const uint32_t id = dual_literal(d, &node->path[s]);
        if (id != DUAL_STABLE && multiplier[id] > 0.0) {
            const struct record_literal term = {(uint32_t)s, multiplier[id]};
            VEC_PUSH(&p->record.lemma_terms, term);
            n++;
        }
    }
    return n;
}

/* Notes the lemma of an end that row `row` of the dual bound has proved. */
static void note_end(struct prover *p, const struct node *node,
                     const struct dual_neuron *neuron, size_t row)
{
    struct record *record = &p->record;
    if (!record->is_on) {
        return;
    }
    const size_t n_slopes = prover_slopes_tell(p, row);
    const struct record_lemma lemma = {.relu = neuron->number,
                                       .element = neuron->index,
                                       .is_upper =
                                           p->dual->disjunct[row] % 2 == 1,
                                       .n_terms = note_literals(p, node, row)};
    VEC_PUSH(&record->lemmas, lemma);
    /* The first step refreshes, after lemmas of earlier layers. */
    if (record->steps.n == 0) {
        const struct record_step first = {0};
        VEC_PUSH(&record->steps, first);
    }
    struct record_step *last = &record->steps.data[record->steps.n - 1];
    if (n_slopes == 0 && record->steps.n > 1 && last->n_closed == 0 &&
        last->refresh == 0) {
        last->n_lemmas++;
        return;
    }
    const struct record_step step = {.n_slopes = n_slopes, .n_lemmas = 1};
    VEC_PUSH(&record->steps, step);
}

/* A rigorous lower bound of the end of row `row`, with its slopes. */
static double evaluate(struct prover *p, const struct dual_neuron *neuron,
                       size_t row)
{
    prover_slopes_choose(p, row, SLACK);
    prover_slopes_set_row(p, row);
    backward_begin(p->backward, 1);
    backward_seed(p->backward, neuron->source, 0)[neuron->index] =
        p->dual->disjunct[row] % 2 == 0 ? 1.0 : -1.0;
    prover_slopes_seed_literals(p, row);
    backward_run(p->backward);
    return backward_minimum(p->backward, 0, p->lower, p->upper);
}

/* Moves the end of row `row` if that is worth it. */
static bool move_end(struct prover *p, const struct node *node,
                     const struct dual_neuron *neuron, size_t row)
{
    const bool is_upper = p->dual->disjunct[row] % 2 == 1;
    double *lower = &p->bounds.lower[neuron->source][neuron->index];
    double *upper = &p->bounds.upper[neuron->source][neuron->index];
    const double known = is_upper ? -*upper : *lower;
    const double least = fmin(known + LEAST_GAIN * (*upper - *lower), 0.0);
    if (bounds_phase(*lower, *upper) != PHASE_UNSTABLE ||
        !(p->dual->bound[row] >= least)) {
        return false;
    }
    const double bound = evaluate(p, neuron, row);
    if (!(bound >= least) || bound > (is_upper ? -*lower : *upper)) {
        return false;
    }
    note_end(p, node, neuron, row);
    if (is_upper) {
        *upper = interval_reduce(*upper, -bound);
    } else {
        *lower = interval_raise(*lower, bound);
    }
    double *low = &p->bounds.lower[neuron->relu][neuron->index];
    double *high = &p->bounds.upper[neuron->relu][neuron->index];
    *low = interval_raise(*low, interval_raise(0.0, *lower));
    *high = interval_reduce(*high, interval_raise(0.0, *upper));
    return true;
}

/* Both ends of n neurons of one layer; returns the number that moved. */
static size_t tighten(struct prover *p, const struct node *node,
                      const struct pick *picks, size_t n,
                      const struct dual_effort *end)
{
    struct dual *d = p->dual;
    size_t n_moved = 0;
    d->target = d->neuron[picks[0].id].source;
    d->n_rows = 2 * n;
    for (size_t t = 0; t < 2 * n; t++) {
        const uint32_t index = d->neuron[picks[t / 2].id].index;
        dual_set_row(d, t, 2 * index + (uint32_t)(t % 2));
    }
    dual_set_literals(d, node, 0);
    prover_slopes_set_implied(p);
    dual_set_chords(d, &p->bounds);
    dual_ascend(d, end, 0.0);
    prover_slopes_set_lines(p);
    for (size_t t = 0; t < n; t++) {
        const struct dual_neuron *neuron = &d->neuron[picks[t].id];
        for (size_t r = 0; r < d->n_rows; r++) {
            if (d->disjunct[r] / 2 == neuron->index) {
                n_moved += move_end(p, node, neuron, r) ? 1 : 0;
            }
        }
    }
    d->target = 0;
    return n_moved;
}

size_t prover_hidden_tighten(struct prover *p, const struct node *node,
                             const struct hidden_effort *effort)
{
    const struct dual *d = p->dual;
    struct pick *picks;
    size_t n_moved = 0;
    if (p->record.is_on && !p->record.apart.is_known) {
        return 0;
    }
    NEW_ARRAY(picks, d->n_unstable);
    const size_t n = pick_neurons(picks, p, effort);
    for (size_t first = 0, end = 0; first < n; first = end) {
        const uint32_t relu = d->neuron[picks[first].id].relu;
        while (end < n && end - first < DUAL_ROWS / 2 &&
               d->neuron[picks[end].id].relu == relu) {
            end++;
        }
        n_moved += tighten(p, node, picks + first, end - first, &effort->end);
    }
    alloc_free(picks);
    return n_moved;
}
