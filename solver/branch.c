/* Scores of inputs and neurons. */
#include "solver/branch.h"

#include "domains/bounds.h"
#include "solver/copies.h"
#include "src/base/require.h"

#include <math.h>

/* What the loss of a neuron with one step is multiplied by. */
static const double STEP_WEIGHT = 4.0;

const char *branch_name(enum branch_rule rule)
{
    static const char *const NAMES[] = {
#define BRANCH(id, name, description) name,
#include "solver/branch.def"
#undef BRANCH
    };
    REQUIRE((size_t)rule < sizeof NAMES / sizeof *NAMES);
    return NAMES[rule];
}

bool branch_choose(struct split *split, enum branch_rule rule,
                   const struct prover *prover)
{
    switch (rule) {
    case BRANCH_INPUT:
        return branch_by_input(split, prover);
    case BRANCH_NEURON:
        return branch_by_neuron(split, prover);
    }
    return false;
}

/* loss * s_j w_j / (sum_k s_k w_k) of one value added to the scores, s over
 * the varying inputs. */
static void add_value(double *score, const struct prover *p, double loss,
                      const double *share)
{
    double sum = 0.0;
    for (size_t v = 0; v < p->n_varying; v++) {
        const size_t j = p->varying[v];
        sum += share[v] * (p->upper[j] - p->lower[j]);
    }
    for (size_t v = 0; sum > 0.0 && v < p->n_varying; v++) {
        const size_t j = p->varying[v];
        score[j] += loss * share[v] * (p->upper[j] - p->lower[j]) / sum;
    }
}

/* The same for the neurons of a layer that is not affine; the loss of a product
 * goes to both its factors. */
static void add_layer(double *score, const struct prover *p, size_t k)
{
    const struct layer *layer = &p->layers->layer[k];
    const double *share = p->share[layer->source];
    const double *other =
        layer->kind == LAYER_PRODUCT ? p->share[layer->other] : NULL;
    for (size_t i = 0; i < layer->width; i++) {
        const double loss = p->loss[k][i];
        if (loss <= 0.0) {
            continue;
        }
        add_value(score, p, loss, share + i * p->n_varying);
        if (other != NULL) {
            add_value(score, p, loss, other + i * p->n_varying);
        }
    }
}

/* (1) into score[n_inputs]. */
static void score_inputs(double *score, const struct prover *p)
{
    const size_t n = p->layers->n_inputs;
    for (size_t j = 0; j < n; j++) {
        const double width = p->upper[j] - p->lower[j];
        score[j] = 0x1p-60 * width;
        for (size_t o = 0; o < p->n_open; o++) {
            const size_t d = p->open[o];
            size_t r = spec_has_sum(&p->spec, d) ? spec_sum(&p->spec, d)
                                                 : p->spec.first[d];
            for (; r < p->spec.first[d + 1]; r++) {
                score[j] += fabs(p->row[r * n + j]) * width;
            }
        }
    }
    for (size_t k = 1; k < p->layers->n_layers; k++) {
        if (p->loss[k] != NULL && p->n_varying <= PROVER_SCORE_INPUTS) {
            add_layer(score, p, k);
        }
    }
}

/* The middle of input j, on the grid for a recorded tree; false if it does
 * not lie strictly between both ends. */
static bool midpoint(double *middle, const struct prover *p, size_t j)
{
    *middle = 0.5 * p->lower[j] + 0.5 * p->upper[j];
    if (p->record.is_on) {
        *middle = record_grid_down(*middle);
    }
    return p->lower[j] < *middle && *middle < p->upper[j];
}

bool branch_halve(struct split *split, const struct prover *p, size_t j)
{
    double middle;
    if (!midpoint(&middle, p, j)) {
        return false;
    }
    *split = (struct split){
        .kind = SPLIT_INPUT, .index = (uint32_t)j, .threshold = middle};
    return true;
}

bool branch_by_input(struct split *split, const struct prover *p)
{
    bool is_found = false;
    double best = -1.0;
    score_inputs(p->score, p);
    for (size_t j = 0; j < p->layers->n_inputs; j++) {
        if (p->score[j] > best && branch_halve(split, p, j)) {
            best = p->score[j];
            is_found = true;
        }
    }
    return is_found;
}

/* The neuron of largest loss in the first ReLU layer with one. */
static bool choose_relu(struct split *split, const struct prover *p)
{
    double best = 0.0;
    for (size_t k = 1; k < p->layers->n_layers && best <= 0.0; k++) {
        const struct layer *layer = &p->layers->layer[k];
        if (layer->kind != LAYER_RELU) {
            continue;
        }
        for (size_t i = 0; i < layer->width; i++) {
            if (p->loss[k][i] > best) {
                best = p->loss[k][i];
                *split = (struct split){
                    .kind = SPLIT_NEURON,
                    .layer = (uint32_t)layer->source,
                    .index = (uint32_t)i,
                    .threshold = 0.0,
                };
            }
        }
    }
    return best > 0.0;
}

/* Where a layer bends or steps. */
enum bend { BEND_NOWHERE, BEND_AT_0, BEND_AT_INTEGERS };

static enum bend find_bend(const struct layer *layer)
{
    if (layer->kind == LAYER_RELU || layer->kind == LAYER_DIFFERENCE) {
        return BEND_AT_0;
    }
    if (layer->kind != LAYER_ACTIVATION) {
        return BEND_NOWHERE;
    }
    switch (layer->activation) {
    case ACTIVATION_SIGMOID:
    case ACTIVATION_TANH:
    case ACTIVATION_ERF:
    case ACTIVATION_SIGN:
        return BEND_AT_0;
    case ACTIVATION_FLOOR:
        return BEND_AT_INTEGERS;
    case ACTIVATION_SOFTPLUS:
    case ACTIVATION_EXP:
    case ACTIVATION_LOG:
    case ACTIVATION_SQRT:
    case ACTIVATION_RECIPROCAL:
    case ACTIVATION_SQUARE:
    case ACTIVATION_SIN:
    case ACTIVATION_COS:
    case ACTIVATION_COUNT:
        break;
    }
    return BEND_NOWHERE;
}

/* The middle of [l, u], or the place nearest to it where the layer bends if
 * that is inside. */
static double find_middle(enum bend bend, double l, double u)
{
    const double middle = 0.5 * l + 0.5 * u;
    const double place = bend == BEND_AT_0 ? 0.0 : floor(middle + 0.5);
    return bend != BEND_NOWHERE && l < place && place < u ? place : middle;
}

/* Whether the layer has a single step inside [l, u]: no split of an input, be
 * it ever so close to the step, tells both sides of it apart. */
static bool has_one_step(const struct layer *layer, double l, double u)
{
    if (layer->kind != LAYER_ACTIVATION) {
        return false;
    }
    return layer->activation == ACTIVATION_SIGN
               ? l < 0.0 && 0.0 < u
               : layer->activation == ACTIVATION_FLOOR &&
                     floor(u) - floor(l) <= 1.0 && floor(u) > l && floor(u) < u;
}

/* Splits the value that neuron i of layer `source` feeds into another; values
 * of inputs are inputs. */
static bool split_value(struct split *split, const struct prover *p,
                        size_t source, size_t i, enum bend bend)
{
    const double l = p->bounds.lower[source][i];
    const double u = p->bounds.upper[source][i];
    double middle = find_middle(bend, l, u);
    if (p->record.is_on) {
        middle =
            source == 0 ? record_grid_down(middle) : record_level_down(middle);
    }
    *split = (struct split){
        .kind = source == 0 ? SPLIT_INPUT : SPLIT_NEURON,
        .layer = (uint32_t)source,
        .index = (uint32_t)i,
        .threshold = middle,
    };
    return isfinite(l) && isfinite(u) && l < middle && middle < u;
}

/* Splits the source of neuron i of layer k. */
static bool split_source(struct split *split, const struct prover *p, size_t k,
                         size_t i)
{
    const struct layer *layer = &p->layers->layer[k];
    size_t source = layer->source;
    const enum bend bend = find_bend(layer);
    if (layer->kind == LAYER_PRODUCT) {
        const double first =
            p->bounds.upper[source][i] - p->bounds.lower[source][i];
        const double second =
            p->bounds.upper[layer->other][i] - p->bounds.lower[layer->other][i];
        source = second > first ? layer->other : source;
    }
    if (layer->kind == LAYER_DIFFERENCE) {
        /* Of two ReLUs the second one, unless it is stable. */
        source =
            bounds_phase(p->bounds.lower[layer->other][i],
                         p->bounds.upper[layer->other][i]) == PHASE_UNSTABLE
                ? layer->other
                : layer->base;
    }
    const uint32_t input = copies_input(p->copied, source, i);
    if (input != COPIES_NONE) {
        return split_value(split, p, 0, input, bend);
    }
    return split_value(split, p, source, i, bend);
}

/* The value of the neuron of largest loss in all layers, unless an input has
 * a higher score; steps count more. */
static bool choose_value(struct split *split, const struct prover *p)
{
    double best = 0.0;
    if (p->n_varying <= PROVER_SCORE_INPUTS && branch_by_input(split, p)) {
        best = p->score[split->index];
    }
    for (size_t k = 1; k < p->layers->n_layers; k++) {
        const struct layer *layer = &p->layers->layer[k];
        for (size_t i = 0; p->loss[k] != NULL && i < layer->width; i++) {
            struct split other;
            const bool is_step =
                has_one_step(layer, p->bounds.lower[layer->source][i],
                             p->bounds.upper[layer->source][i]);
            const double loss = p->loss[k][i] * (is_step ? STEP_WEIGHT : 1.0);
            if (layer->kind != LAYER_SCALE && loss > best &&
                split_source(&other, p, k, i)) {
                best = loss;
                *split = other;
            }
        }
    }
    return best > 0.0;
}

bool branch_by_neuron(struct split *split, const struct prover *p)
{
    return p->layers->n_curved > 0 ? choose_value(split, p)
                                   : choose_relu(split, p);
}
