/* l <= z <= u for the inputs of ReLUs and other neurons of a region, layer by
 * layer. */
#include "domains/act_pair.h"
#include "domains/box.h"
#include "solver/copies.h"
#include "solver/lp_safe.h"
#include "solver/prover.h"
#include "solver/prover_joint.h"
#include "solver/step.h"
#include "src/base/alloc.h"
#include "src/base/require.h"
#include "src/num/interval.h"

#include <assert.h>
#include <math.h>
#include <string.h>

/* Gain of a bound over the literals, as a share of the interval, that is worth
 * a lemma in the certificate. */
static const double LEMMA_GAIN = 0x1p-6;

/* Share of its magnitude, or of 1, below which the interval of a value that
 * neurons other than ReLUs read is taken for that of a constant. */
static const double NARROW = 0x1p-32;

/* Multiply-adds of a row beyond which the root is bounded once only. */
static const double LEAST_ONCE = 0x1p20;

/* A layer of ReLUs or other neurons: one that feeds it, the number of its first
 * value among their pre-activations, their number among such layers; the layer
 * itself if its neurons are differences, else NULL; its step_room; whether
 * literals become rows, and whether its bounds can have changed. */
struct relu {
    size_t source;
    size_t offset;
    size_t number;
    const struct layer *pair;
    double room;
    bool is_curved;
    bool has_rows;
    bool is_stale;
};

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

/* An end of the input of a neuron: pre-activation `element` of the layer of
 * neurons with this number; row `row` of the last block bounds it from below.
 */
struct end {
    size_t number;
    uint32_t element;
    bool is_curved;
    size_t row;
    bool is_upper;
};

/* Notes the multipliers that proved a bound. */
static void note_lemma(struct prover *p, const struct end *end,
                       const double *beta)
{
    struct record *record = &p->record;
    if (!record->is_on) {
        return;
    }
    struct record_lemma lemma = {
        .relu = (uint32_t)end->number,
        .element = end->element,
        .is_upper = end->is_upper,
    };
    for (size_t j = 0; j < record->literal.n; j++) {
        if (beta[j] > 0.0) {
            const struct record_term term = {0, record->literal.data[j], true,
                                             beta[j]};
            VEC_PUSH(&record->lemma_terms, term);
            lemma.n_terms++;
        }
    }
    VEC_PUSH(&record->lemmas, lemma);
}

/*
 * Lower bound of the row over the box and the literals, if that is worth a
 * lemma: it shows the neuron stable or gains LEMMA_GAIN of the interval from
 * -known to other. Else known; of a recorded node always known, as the bound
 * of a lemma is found later (prover_joint.h).
 */
static double improve(struct prover *p, const struct end *end, double known,
                      double other)
{
    const double *a = backward_coefficients(p->backward, end->row);
    double *beta = prover_reserve_multipliers(p, lp_n_rows(p->lp));
    double value;
    p->stats.lps++;
    if (lp_minimize(p->lp, a, NULL, beta, &value) != LP_OPTIMAL ||
        !record_round(beta, lp_n_rows(p->lp))) {
        return known;
    }
    const struct lp_problem problem = problem_of(p);
    const double sum = lp_safe_bound(&problem, a, beta) +
                       backward_constant(p->backward, end->row);
    /* One rounded addition: half a unit in the last place. */
    const double bound = nextafter(sum, -HUGE_VAL);
    if ((!end->is_curved && bound >= 0.0 && known < 0.0) ||
        bound - known > LEMMA_GAIN * (other - known)) {
        note_lemma(p, end, beta);
        return p->record.is_on ? known : bound;
    }
    return known;
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
static void set_share(struct prover *p, size_t source, size_t neuron, size_t t)
{
    if (p->share[source] == NULL) {
        return;
    }
    const size_t n = p->n_varying;
    const double *plus = backward_coefficients(p->backward, 2 * t);
    const double *minus = backward_coefficients(p->backward, 2 * t + 1);
    double *share = p->share[source] + neuron * n;
    for (size_t v = 0; v < n; v++) {
        const size_t j = p->varying[v];
        share[v] = fabs(plus[j]) + fabs(minus[j]);
    }
}

/* True if the interval is no wider than what roundings leave. */
static bool is_narrow(double lower, double upper)
{
    const double size = fmax(1.0, fmax(-lower, upper));
    return !(upper - lower > NARROW * size) && isfinite(size);
}

/* Whether narrower bounds of a value could help. */
static bool is_open(const struct relu *relu, double lower, double upper)
{
    return relu->is_curved ? !is_narrow(lower, upper)
                           : bounds_phase(lower, upper) == PHASE_UNSTABLE;
}

/* Tightens both ends of neuron neurons[t] by rows 2t and 2t + 1 of the last
 * block: over the box, then over the literals as well. */
static void tighten(struct prover *p, const struct relu *relu, uint32_t neuron,
                    size_t t)
{
    double *lower = &p->bounds.lower[relu->source][neuron];
    double *upper = &p->bounds.upper[relu->source][neuron];
    struct end end = {.number = relu->number,
                      .element = (uint32_t)relu->offset + neuron,
                      .is_curved = relu->is_curved,
                      .row = 2 * t};
    const double plus =
        backward_minimum(p->backward, 2 * t, p->lower, p->upper);
    const double minus =
        backward_minimum(p->backward, 2 * t + 1, p->lower, p->upper);
    *lower = interval_raise(*lower, plus - relu->room);
    *upper = interval_reduce(*upper, relu->room - minus);
    if (p->lp == NULL || lp_n_rows(p->lp) == 0) {
        return;
    }
    if (is_open(relu, *lower, *upper)) {
        *lower = improve(p, &end, *lower, *upper);
    }
    if (is_open(relu, *lower, *upper)) {
        end.row++;
        end.is_upper = true;
        *upper = -improve(p, &end, -*upper, -*lower);
    }
}

/* Tightens neurons[0 .. n-1] of the layer that feeds the ReLU. */
static bool tighten_block(struct prover *p, const struct relu *relu,
                          const uint32_t *neurons, size_t n)
{
    const struct prover_lemmas lemmas = {.layer = relu->source,
                                         .offset = relu->offset,
                                         .is_curved = relu->is_curved,
                                         .first = p->record.lemmas.n,
                                         .first_term = p->record.lemma_terms.n};
    bool is_possible = true;
    backward_begin(p->backward, 2 * n);
    backward_seed_neurons(p->backward, relu->source, neurons, n);
    backward_run(p->backward);
    for (size_t t = 0; t < n; t++) {
        tighten(p, relu, neurons[t], t);
        set_share(p, relu->source, neurons[t], t);
    }
    prover_join_lemmas(p, lemmas, LEMMA_GAIN);
    for (size_t t = 0; t < n; t++) {
        const size_t i = neurons[t];
        is_possible = is_possible &&
                      !is_contradiction(p, &p->bounds.lower[relu->source][i],
                                        &p->bounds.upper[relu->source][i]);
    }
    return is_possible;
}

/* Adds the row that a literal implies: with the lower bound a.x + b of z
 * (of -z), z <= t (z >= t) implies a.x <= t - b (a.x <= -t - b). */
static void add_literal(struct prover *p, const struct split *split,
                        uint32_t position)
{
    const uint32_t neuron = split->index;
    const size_t row = split->is_upper ? 1 : 0;
    backward_begin(p->backward, 2);
    backward_seed_neurons(p->backward, split->layer, &neuron, 1);
    backward_run(p->backward);
    const double b = backward_constant(p->backward, row);
    const double *a = backward_coefficients(p->backward, row);
    if (!isfinite(b)) {
        return;
    }
    const double t = split->is_upper ? -split->threshold : split->threshold;
    const bool is_exact = !(t < 0.0) && !(t > 0.0);
    const double rhs = is_exact ? -b : interval_up(t - b);
    VEC_PUSH(&p->record.literal, position);
    if (p->lp != NULL) {
        lp_add_row(p->lp, a, rhs);
        return;
    }
    for (size_t j = 0; j < p->layers->n_inputs; j++) {
        VEC_PUSH(&p->wide_rows, a[j]);
    }
    VEC_PUSH(&p->wide_rhs, rhs);
}

/* Applies the literals of one layer to its bounds, and to the LP. */
static void apply_literals(struct prover *p, const struct node *node,
                           const struct relu *relu)
{
    const size_t layer = relu->source;
    for (size_t s = 0; s < node->depth; s++) {
        const struct split *split = &node->path[s];
        if (split->kind != SPLIT_NEURON || split->layer != layer) {
            continue;
        }
        double *lower = &p->bounds.lower[layer][split->index];
        double *upper = &p->bounds.upper[layer][split->index];
        if (split->is_upper) {
            *lower = interval_raise(*lower, split->threshold);
        } else {
            *upper = interval_reduce(*upper, split->threshold);
        }
        if (relu->has_rows) {
            add_literal(p, split, (uint32_t)s);
        }
    }
}

/* The neurons of a layer to bound, into p->neurons: open ones that the case
 * depends on. */
static size_t find_open(struct prover *p, const struct relu *relu)
{
    const size_t layer = relu->source;
    size_t n = 0;
    for (size_t i = 0; i < p->layers->layer[layer].width; i++) {
        const double l = p->bounds.lower[layer][i];
        const double u = p->bounds.upper[layer][i];
        if (p->is_needed[layer][i] && is_open(relu, l, u) &&
            (relu->pair == NULL ||
             !act_pair_is_exact_at(relu->pair, &p->bounds, i))) {
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

/* The same after forms of what ReLUs read. */
static size_t settle_open(struct prover *p, const struct relu *relu)
{
    const size_t n = find_open(p, relu);
    if (n == 0 || relu->is_curved) {
        return n;
    }
    forward_settle(p->forward, &p->bounds, relu->source);
    return find_open(p, relu);
}

/* Whether neuron i of a layer is a copy of another one that is bounded, and
 * may have its bounds; those by literals need lemmas of their own. */
static bool is_copy(const struct prover *p, const struct relu *relu, size_t i)
{
    const uint32_t *original = p->original[relu->source];
    if (original == NULL || original[i] == i ||
        (p->lp != NULL && lp_n_rows(p->lp) > 0)) {
        return false;
    }
    const size_t o = original[i] & ~COPIES_MIRRORED;
    return p->is_needed[relu->source][o] &&
           is_open(relu, p->bounds.lower[relu->source][o],
                   p->bounds.upper[relu->source][o]);
}

/* Leaves out copies of the n neurons in p->neurons; they are at the end of it
 * then, in any order. Returns the number of the others. */
static size_t part_copies(struct prover *p, const struct relu *relu, size_t n)
{
    size_t n_kept = 0;
    for (size_t t = 0; t < n; t++) {
        const uint32_t i = p->neurons[t];
        if (!is_copy(p, relu, i)) {
            p->neurons[t] = p->neurons[n_kept];
            p->neurons[n_kept++] = i;
        }
    }
    return n_kept;
}

/* Gives copies what is known of their originals. */
static void bound_copies(struct prover *p, size_t layer,
                         const uint32_t *neurons, size_t n)
{
    double *lower = p->bounds.lower[layer];
    double *upper = p->bounds.upper[layer];
    for (size_t t = 0; t < n; t++) {
        const size_t i = neurons[t];
        const size_t o = p->original[layer][i] & ~COPIES_MIRRORED;
        const bool is_mirrored = (p->original[layer][i] & COPIES_MIRRORED) != 0;
        lower[i] = interval_raise(lower[i], is_mirrored ? -upper[o] : lower[o]);
        upper[i] =
            interval_reduce(upper[i], is_mirrored ? -lower[o] : upper[o]);
        if (p->share[layer] != NULL) {
            memcpy(p->share[layer] + i * p->n_varying,
                   p->share[layer] + o * p->n_varying,
                   p->n_varying * sizeof **p->share);
        }
    }
}

/* What a certificate does not know of a layer is forgotten. */
static void forget_large(struct prover *p, size_t layer)
{
    if (p->record.is_on) {
        record_forget_large(p->bounds.lower[layer], p->bounds.upper[layer],
                            p->layers->layer[layer].width);
    }
}

/* Bounds the layer that feeds others. Bit `number` of the record says whether
 * there was a neuron to bound. */
static bool bound_source(struct prover *p, const struct node *node,
                         const struct relu *relu)
{
    const size_t source = relu->source;
    const enum layer_kind kind = p->layers->layer[source].kind;
    const bool can_gain = kind == LAYER_AFFINE ||
                          (p->layers->n_curved > 0 && kind != LAYER_INPUT);
    p->is_settled[source] = p->is_settled[source] || relu->is_curved;
    apply_literals(p, node, relu);
    forget_large(p, source);
    if (!is_possible(p, source)) {
        return false;
    }
    if (relu->is_stale && can_gain) {
        const bool has_any = find_open(p, relu) > 0;
        const size_t n = settle_open(p, relu);
        p->record.refresh |= (uint64_t)has_any << (relu->number % 64);
        const size_t n_own = part_copies(p, relu, n);
        const size_t block = backward_block(p->backward, source);
        for (size_t t = 0; t < n_own; t += block) {
            const size_t left = n_own - t;
            if (!tighten_block(p, relu, p->neurons + t,
                               left < block ? left : block)) {
                return false;
            }
        }
        bound_copies(p, source, p->neurons + n_own, n - n_own);
        forget_large(p, source);
        return is_possible(p, source);
    }
    return true;
}

static bool bound_relu(struct prover *p, const struct node *node, size_t k,
                       const struct relu *relu)
{
    const size_t source = relu->source;
    double *lower = p->bounds.lower[k];
    double *upper = p->bounds.upper[k];
    if (!bound_source(p, node, relu)) {
        return false;
    }
    for (size_t i = 0; i < p->layers->layer[k].width; i++) {
        const double l = interval_raise(0.0, p->bounds.lower[source][i]);
        const double u = interval_raise(0.0, p->bounds.upper[source][i]);
        lower[i] = interval_raise(lower[i], l);
        upper[i] = interval_reduce(upper[i], u);
    }
    backward_set_lines(p->backward, k, p->bounds.lower[source],
                       p->bounds.upper[source]);
    return true;
}

/* Makes the lines of the ReLUs before layer k that read the same value anew:
 * those of the checker follow its facts. */
static void renew_lines(struct prover *p, size_t k, size_t source)
{
    for (size_t i = source + 1; i < k; i++) {
        const struct layer *layer = &p->layers->layer[i];
        if (layer->kind == LAYER_RELU && layer->source == source) {
            backward_set_lines(p->backward, i, p->bounds.lower[source],
                               p->bounds.upper[source]);
        }
    }
}

/* Intervals of layer k from those of its sources. Below the root, the checker
 * has none; those of affine values in pairs of networks are of little use. */
static bool apply_intervals(struct prover *p, const struct node *node, size_t k)
{
    if ((p->record.is_on && node->depth > 0) || p->layers->n_pairs > 0) {
        return true;
    }
    const bool is_possible_so_far =
        box_apply_layer(&p->bounds, p->layers, k) || is_possible(p, k);
    forget_large(p, k);
    return is_possible_so_far;
}

/* A layer of a network with other kinds of neurons, which is not a ReLU. */
static bool bound_curved(struct prover *p, const struct node *node, size_t k,
                         struct relu relu, size_t changed)
{
    const struct layer *layer = &p->layers->layer[k];
    const bool is_curved = p->loss[k] != NULL;
    const size_t n = layer->kind == LAYER_PRODUCT ? 2 : 1;
    relu.is_curved = true;
    relu.room = step_room(layer);
    relu.pair = layer->kind == LAYER_DIFFERENCE ? layer : NULL;
    for (size_t f = 0; f < n && is_curved && layer->kind != LAYER_SCALE; f++) {
        relu.source = f == 0 ? layer->source : layer->other;
        relu.offset = f * layer->width;
        relu.is_stale = relu.source > changed;
        if (p->is_settled[relu.source]) {
            continue;
        }
        if (!bound_source(p, node, &relu)) {
            return false;
        }
        renew_lines(p, k, relu.source);
    }
    if (!apply_intervals(p, node, k)) {
        return false;
    }
    if (layer->kind == LAYER_SCALE) {
        forget_large(p, layer->source);
    }
    if (is_curved) {
        backward_set_curve(p->backward, k, &p->bounds);
    }
    return true;
}

static bool bound_layers(struct prover *p, const struct node *node,
                         struct relu relu, size_t changed)
{
    const bool has_curved = p->layers->n_curved > 0;
    size_t n_scaled = 0;
    memset(p->is_settled, 0, p->layers->n_layers * sizeof *p->is_settled);
    forward_begin(p->forward, &p->bounds);
    for (size_t k = 1; k < p->layers->n_layers; k++) {
        const enum layer_kind kind = p->layers->layer[k].kind;
        if (has_curved && node->depth == 0 && p->loss[k] != NULL) {
            /* The bounds of the whole case grow finite layer by layer. */
            backward_extend_scale(p->backward, n_scaled, k, &p->bounds);
            n_scaled = k;
        }
        if (kind == LAYER_RELU) {
            relu.source = p->layers->layer[k].source;
            relu.is_stale = relu.source > changed;
            if (!bound_relu(p, node, k, &relu)) {
                return false;
            }
        } else if (has_curved && !bound_curved(p, node, k, relu, changed)) {
            return false;
        }
        relu.number += layer_has_neurons(&p->layers->layer[k]) ? 1 : 0;
    }
    return true;
}

bool prover_refresh(struct prover *p, const struct node *node, size_t changed)
{
    return bound_layers(p, node, (struct relu){0}, changed);
}

bool prover_bound_neurons(struct prover *p, const struct node *node)
{
    p->wide_rows.n = 0;
    p->wide_rhs.n = 0;
    if (p->lp != NULL) {
        lp_reset(p->lp, p->lower, p->upper);
    }
    /* A second time gains a few per cent; where that is slow, it is not worth
     * it. Without an LP a literal tells nothing of its own layer and below. */
    size_t changed = 0;
    const bool is_large =
        p->cone[p->layers->n_layers - 1] > LEAST_ONCE ||
        (p->layers->n_curved > 0 && p->n_varying > PROVER_LP_INPUTS);
    if (p->has_root && node->depth == 0 && is_large) {
        changed = p->layers->n_layers;
    } else if (p->lp == NULL && p->layers->n_curved > 0 && node->depth > 0 &&
               node->path[node->depth - 1].kind == SPLIT_NEURON) {
        changed = node->path[node->depth - 1].layer;
    }
    return bound_layers(p, node, (struct relu){.has_rows = true}, changed);
}
