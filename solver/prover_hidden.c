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

/* The costliest neurons that the effort allows, in order of layers; without
 * atoms, those with no unstable neuron below have exact bounds. Returns their
 * number. */
static size_t pick_neurons(struct pick *picks, struct prover *p,
                           const struct hidden_effort *effort)
{
    const struct dual *d = p->dual;
    const bool is_joined = p->n_open == 1;
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
        if ((neuron->relu != d->neuron[0].relu || is_joined) && cost > 0.0 &&
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
        const size_t top = is_joined ? p->layers->n_layers - 1 : neuron->source;
        madds += 4.0 * (double)effort->end.n_steps * p->cone[top];
    }
    qsort(picks, n_kept, sizeof *picks, compare_ids);
    return n_kept;
}

/* Notes the multipliers of the atoms and literals of row `row`; returns their
 * number. */
static size_t note_terms(struct prover *p, const struct node *node, size_t row)
{
    const struct dual *d = p->dual;
    size_t n = prover_slopes_note_atoms(&p->record.lemma_terms, p, row);
    const double *multiplier = prover_slopes_literals(p, row);
    for (size_t s = 0; multiplier != NULL && s < node->depth; s++) {
        const uint32_t id = dual_literal(d, &node->path[s]);
        if (id != DUAL_STABLE && multiplier[id] > 0.0) {
            const struct record_term term = {dual_atoms(d, row), (uint32_t)s,
                                             true, multiplier[id]};
            VEC_PUSH(&p->record.lemma_terms, term);
            n++;
        }
    }
    return n;
}

/* An end that row `row` of the dual bound stands for, evaluated by row `place`
 * of the last back-substitution: at least `bound`. */
struct end {
    size_t row;
    size_t place;
    double bound;
};

/* The neuron of an end. */
static const struct dual_neuron *neuron_of(const struct dual *d, size_t row)
{
    return &d->neuron[dual_find(d, d->target, d->disjunct[row] / 2)];
}

/* Notes the lemma of an end. */
static void note_end(struct prover *p, const struct node *node,
                     const struct dual_neuron *neuron, const struct end *end)
{
    struct record *record = &p->record;
    if (!record->is_on) {
        return;
    }
    const size_t n_slopes = prover_slopes_tell(p, end->row, end->place);
    const struct record_lemma lemma = {
        .relu = neuron->number,
        .element = neuron->index,
        .is_upper = p->dual->disjunct[end->row] % 2 == 1,
        .n_terms = note_terms(p, node, end->row)};
    VEC_PUSH(&record->lemmas, lemma);
    struct record_step *last =
        record->steps.n == 0 ? NULL : &record->steps.data[record->steps.n - 1];
    if (n_slopes == 0 && record->steps.n > 1 && last->n_closed == 0 &&
        last->refresh == 0) {
        last->n_lemmas++;
        return;
    }
    const struct record_step step = {.n_slopes = n_slopes, .n_lemmas = 1};
    record_add_step(record, &step);
}

double prover_hidden_least(const struct prover *p,
                           const struct dual_neuron *neuron, bool is_upper)
{
    const double lower = p->bounds.lower[neuron->source][neuron->index];
    const double upper = p->bounds.upper[neuron->source][neuron->index];
    const double known = is_upper ? -upper : lower;
    return bounds_phase(lower, upper) == PHASE_UNSTABLE
               ? fmin(known + LEAST_GAIN * (upper - lower), 0.0)
               : HUGE_VAL;
}

bool prover_hidden_gains(const struct prover *p,
                         const struct dual_neuron *neuron, bool is_upper,
                         double bound)
{
    const double other = is_upper
                             ? -p->bounds.lower[neuron->source][neuron->index]
                             : p->bounds.upper[neuron->source][neuron->index];
    return bound >= prover_hidden_least(p, neuron, is_upper) && bound <= other;
}

void prover_hidden_move(struct prover *p, const struct dual_neuron *neuron,
                        bool is_upper, double bound)
{
    double *lower = &p->bounds.lower[neuron->source][neuron->index];
    double *upper = &p->bounds.upper[neuron->source][neuron->index];
    if (is_upper) {
        *upper = interval_reduce(*upper, -bound);
    } else {
        *lower = interval_raise(*lower, bound);
    }
    double *low = &p->bounds.lower[neuron->relu][neuron->index];
    double *high = &p->bounds.upper[neuron->relu][neuron->index];
    *low = interval_raise(*low, interval_raise(0.0, *lower));
    *high = interval_reduce(*high, interval_raise(0.0, *upper));
    if (neuron->source < p->changed) {
        p->changed = neuron->source;
    }
}

bool prover_hidden_spread(struct prover *p, const struct node *node,
                          size_t n_ends)
{
    struct record *record = &p->record;
    const uint64_t before = record->refresh;
    record->refresh = 0;
    const bool is_possible = prover_refresh(p, node, p->changed);
    p->changed = p->layers->n_layers;
    const struct record_step step = {.n_ends = n_ends,
                                     .refresh = record->refresh};
    record->refresh = before;
    if (record->is_on) {
        record_add_step(record, &step);
    }
    return is_possible;
}

/* Moves an end if that is worth it. */
static bool move_end(struct prover *p, const struct node *node,
                     const struct end *end)
{
    const struct dual_neuron *neuron = neuron_of(p->dual, end->row);
    const bool is_upper = p->dual->disjunct[end->row] % 2 == 1;
    if (!prover_hidden_gains(p, neuron, is_upper, end->bound)) {
        return false;
    }
    note_end(p, node, neuron, end);
    prover_hidden_move(p, neuron, is_upper, end->bound);
    if (p->dual->joined != DUAL_ALONE) {
        prover_slopes_set_lines(p);
    }
    return true;
}

/* Evaluates the rows that may move an end, of the n in `rows`, as many at a
 * time as the layers make cheap, and moves what can be moved; returns how
 * many. */
static size_t move_ends(struct prover *p, const struct node *node,
                        const size_t *rows, size_t n)
{
    const struct dual *d = p->dual;
    const bool is_alone =
        d->joined != DUAL_ALONE || backward_block(p->backward, d->target) == 1;
    const size_t most = is_alone ? 1 : BACKWARD_ROWS;
    size_t n_moved = 0;
    for (size_t next = 0; next < n;) {
        size_t block[BACKWARD_ROWS];
        double bound[BACKWARD_ROWS];
        size_t n_block = 0;
        for (; next < n && n_block < most; next++) {
            const size_t row = rows[next];
            if (d->bound[row] >=
                prover_hidden_least(p, neuron_of(d, row),
                                    d->disjunct[row] % 2 == 1)) {
                block[n_block++] = row;
            }
        }
        if (n_block > 0) {
            prover_slopes_bound_ends(bound, p, block, n_block);
        }
        for (size_t t = 0; t < n_block; t++) {
            const struct end end = {block[t], t, bound[t]};
            n_moved += move_end(p, node, &end) ? 1 : 0;
        }
    }
    return n_moved;
}

/* Both ends of n neurons of one layer; returns the number that moved. */
static size_t tighten(struct prover *p, const struct node *node,
                      const struct pick *picks, size_t n,
                      const struct dual_effort *end)
{
    struct dual *d = p->dual;
    size_t rows[DUAL_ROWS];
    size_t n_ends = 0;
    prover_slopes_aim(p, d->neuron[picks[0].id].source);
    d->n_rows = 2 * n;
    for (size_t t = 0; t < 2 * n; t++) {
        const uint32_t index = d->neuron[picks[t / 2].id].index;
        prover_slopes_set_end(p, t, 2 * index + (uint32_t)(t % 2));
    }
    dual_set_literals(d, node, 0);
    prover_slopes_set_implied(p);
    dual_set_chords(d, &p->bounds);
    dual_ascend(d, end, 0.0);
    prover_slopes_set_lines(p);
    for (size_t t = 0; t < n; t++) {
        for (size_t r = 0; r < d->n_rows; r++) {
            if (d->disjunct[r] / 2 == d->neuron[picks[t].id].index) {
                rows[n_ends++] = r;
            }
        }
    }
    const size_t n_moved = move_ends(p, node, rows, n_ends);
    prover_slopes_aim(p, 0);
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
    for (size_t first = 0, end = 0;
         first < n && budget_check(p->budget) == STATUS_OK; first = end) {
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
