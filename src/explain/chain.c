/* q.v + constant, eliminated layer by layer. */
#include "src/explain/chain.h"

#include "domains/act_curve.h"
#include "domains/act_product.h"
#include "src/base/alloc.h"

#include <math.h>
#include <string.h>

static bool is_zero(double x)
{
    return !(x < 0.0) && !(x > 0.0);
}

void chain_init(struct chain *chain, struct replay *replay,
                const struct layers *layers, const struct cert *cert)
{
    const unsigned bits =
        cert->slope_bits < cert->fact_bits ? cert->slope_bits : cert->fact_bits;
    *chain = (struct chain){
        .replay = replay, .layers = layers, .level_bits = (int)bits};
    NEW_ARRAY(chain->q, layers->n_layers);
    NEW_ARRAY(chain->constant, layers->n_layers);
    for (size_t k = 0; k < layers->n_layers; k++) {
        NEW_ARRAY(chain->q[k], layers->layer[k].width);
    }
}

void chain_clear(struct chain *chain)
{
    for (size_t k = 0; chain->q != NULL && k < chain->layers->n_layers; k++) {
        alloc_free(chain->q[k]);
    }
    alloc_free(chain->q);
    alloc_free(chain->constant);
    *chain = (struct chain){0};
}

static void reset(struct chain *chain)
{
    for (size_t k = 0; k < chain->layers->n_layers; k++) {
        memset(chain->q[k], 0,
               chain->layers->layer[k].width * sizeof *chain->q[k]);
    }
    chain->start = 0.0;
}

/* Adds factor times the left side minus the right side of an atom. */
static void add_atom(struct chain *chain, const struct query_atom *atom,
                     double factor)
{
    const size_t n_inputs = chain->layers->n_inputs;
    const size_t last = chain->layers->n_layers - 1;
    for (size_t t = 0; t < atom->n_terms; t++) {
        const size_t v = atom->terms[t].variable;
        const bool is_input = v < n_inputs;
        chain->q[is_input ? 0 : last][is_input ? v : v - n_inputs] +=
            factor * atom->terms[t].coefficient;
    }
    chain->start -= factor * atom->rhs_up;
}

/* The same of the value of an element of a layer. */
static void add_element(struct chain *chain, size_t layer, size_t element,
                        double factor)
{
    chain->q[layer][element] += factor;
}

size_t chain_relu_of(const struct layers *layers, size_t k)
{
    size_t n = 0;
    for (size_t i = 0; i < k; i++) {
        n += layer_has_neurons(&layers->layer[i]) ? 1 : 0;
    }
    return n;
}

struct chain_place chain_place(const struct layers *layers, size_t k,
                               size_t element)
{
    const struct layer *layer = &layers->layer[k];
    return element < layer->width
               ? (struct chain_place){layer->source, element}
               : (struct chain_place){layer->other, element - layer->width};
}

double chain_threshold(const struct chain *chain, const struct cert_node *node)
{
    return ldexp((double)node->threshold, -chain->level_bits);
}

/* The line of a neuron of another kind, or of a scale. */
static struct chain_line curved_line(const struct chain *chain, size_t k,
                                     size_t i)
{
    const struct bounds *bounds = replay_bounds(chain->replay);
    const struct layer *layer = &chain->layers->layer[k];
    const double z[2] = {bounds->lower[layer->source][i],
                         bounds->upper[layer->source][i]};
    const bool is_upper = chain->q[k][i] < 0.0;
    const enum chain_side side = is_upper ? CHAIN_UPPER : CHAIN_LOWER;
    if (layer->kind == LAYER_PRODUCT) {
        const double w[2] = {bounds->lower[layer->other][i],
                             bounds->upper[layer->other][i]};
        const struct act_planes planes = act_product_planes(z, w);
        return (struct chain_line){side, planes.first, planes.second,
                                   is_upper ? planes.upper : planes.lower};
    }
    struct act_lines lines = {{0.0, -HUGE_VAL}, {0.0, HUGE_VAL}};
    if (layer->kind == LAYER_ACTIVATION) {
        lines = act_curve_lines(layer->activation, z[0], z[1]);
    } else if (isfinite(z[0]) && isfinite(z[1])) {
        const double factor[2] = {layer->factor_lower[i],
                                  layer->factor_upper[i]};
        lines = act_scale_lines(factor, z[0], z[1]);
    }
    const struct act_line *line = is_upper ? &lines.upper : &lines.lower;
    return (struct chain_line){side, line->slope, 0.0, line->intercept};
}

struct chain_line chain_line(const struct chain *chain, size_t k, size_t i)
{
    const struct bounds *bounds = replay_bounds(chain->replay);
    const size_t source = chain->layers->layer[k].source;
    const double l = bounds->lower[source][i];
    const double u = bounds->upper[source][i];
    double slope = 0.0;
    if (layer_is_curved(&chain->layers->layer[k])) {
        return curved_line(chain, k, i);
    }
    switch (bounds_phase(l, u)) {
    case PHASE_ACTIVE:
        return (struct chain_line){CHAIN_EQUAL, 1.0, 0.0, 0.0};
    case PHASE_INACTIVE:
        return (struct chain_line){CHAIN_ZERO, 0.0, 0.0, 0.0};
    case PHASE_UNSTABLE:
        break;
    }
    if (chain->q[k][i] < 0.0) {
        slope = isfinite(l) && isfinite(u) ? u / (u - l) : 0.0;
        return (struct chain_line){CHAIN_UPPER, slope, 0.0,
                                   isfinite(l) ? -slope * l : HUGE_VAL};
    }
    if (!replay_slope(chain->replay, chain_relu_of(chain->layers, k), i,
                      &slope)) {
        slope = 64.0 * u > -63.0 * l ? 1.0 : 0.0;
    }
    return (struct chain_line){CHAIN_LOWER, slope, 0.0, 0.0};
}

/* Passes an affine layer's coefficients to its sources. */
static double pass_affine(struct chain *chain, size_t k)
{
    const struct layer *layer = &chain->layers->layer[k];
    double constant = 0.0;
    for (size_t i = 0; i < layer->width; i++) {
        constant += chain->q[k][i] * layer->bias[i];
    }
    for (size_t t = 0; t < layer->n_terms; t++) {
        matrix_add_transposed(chain->q[layer->terms[t].source],
                              &layer->terms[t].matrix, chain->q[k]);
    }
    return constant;
}

static double pass_neurons(struct chain *chain, size_t k)
{
    const struct layer *layer = &chain->layers->layer[k];
    double constant = 0.0;
    for (size_t i = 0; i < layer->width; i++) {
        if (!is_zero(chain->q[k][i])) {
            const struct chain_line line = chain_line(chain, k, i);
            chain->q[layer->source][i] += chain->q[k][i] * line.slope;
            if (layer->kind == LAYER_PRODUCT) {
                chain->q[layer->other][i] += chain->q[k][i] * line.second;
            }
            constant += chain->q[k][i] * line.intercept;
        }
    }
    return constant;
}

/* Eliminates all layers. */
static void run(struct chain *chain)
{
    const struct bounds *bounds = replay_bounds(chain->replay);
    double constant = chain->start;
    for (size_t k = chain->layers->n_layers; k-- > 1;) {
        chain->constant[k] = constant;
        constant += chain->layers->layer[k].kind == LAYER_AFFINE
                        ? pass_affine(chain, k)
                        : pass_neurons(chain, k);
    }
    chain->constant[0] = constant;
    for (size_t i = 0; i < chain->layers->n_inputs; i++) {
        const double q = chain->q[0][i];
        constant += is_zero(q) ? 0.0
                    : q > 0.0  ? q * bounds->lower[0][i]
                               : q * bounds->upper[0][i];
    }
    chain->bound = constant;
}

/* The neuron split `distance` splits of neurons above the walk's node. */
static void add_literal(struct chain *chain, const struct minimize_walk *walk,
                        uint32_t distance, double factor)
{
    size_t n_left = (size_t)distance + 1;
    for (size_t d = walk->path.n - 1; d-- > 0;) {
        const struct cert_node *node =
            &walk->tree->nodes.data[walk->path.data[d].node];
        n_left -= node->kind == CERT_NEURON ? 1 : 0;
        if (n_left == 0) {
            const bool is_upper =
                walk->path.data[d + 1].node == node->child + 1;
            const struct chain_place z = chain_place(
                chain->layers, replay_layer(chain->replay, node->index),
                node->element);
            const double signed_factor = is_upper ? -factor : factor;
            add_element(chain, z.layer, z.element, signed_factor);
            chain->start -= signed_factor * chain_threshold(chain, node);
            return;
        }
    }
}

size_t chain_close(struct chain *chain, const struct minimize_walk *walk,
                   const struct query_case *query_case, uint32_t disjunct,
                   const struct cert_combination *by)
{
    const struct query_disjunct *atoms = &query_case->disjuncts[disjunct];
    const size_t n_terms =
        by == NULL ? 0 : (size_t)by->n_atoms + by->n_literals;
    size_t best = SIZE_MAX;
    double bound = -HUGE_VAL;
    reset(chain);
    for (size_t i = 0; i < n_terms; i++) {
        const struct cert_multiplier *one =
            &walk->tree->multipliers.data[by->first + i];
        const double factor = ldexp((double)one->mantissa, one->exponent);
        if (i >= by->n_atoms) {
            add_literal(chain, walk, one->index, factor);
        } else if (one->index < atoms->n_atoms) {
            add_atom(chain, &atoms->atoms[one->index], factor);
        }
    }
    for (size_t a = 0; n_terms == 0 && a < atoms->n_atoms; a++) {
        reset(chain);
        add_atom(chain, &atoms->atoms[a], 1.0);
        run(chain);
        if (best == SIZE_MAX || chain->bound > bound) {
            best = a;
            bound = chain->bound;
        }
    }
    if (best != SIZE_MAX) {
        reset(chain);
        add_atom(chain, &atoms->atoms[best], 1.0);
    }
    run(chain);
    return best;
}

size_t chain_n_facts(const struct chain *chain)
{
    size_t n = 0;
    for (size_t k = 1; k < chain->layers->n_layers; k++) {
        const struct layer *layer = &chain->layers->layer[k];
        for (size_t i = 0; layer_has_neurons(layer) && i < layer->width; i++) {
            n += chain->q[k][i] < 0.0 ||
                         (layer_is_curved(layer) && chain->q[k][i] > 0.0)
                     ? 1
                     : 0;
        }
    }
    return n;
}
