/* Back-substitution for every neuron that intervals leave unstable. */
#include "domains/polyhedra.h"

#include "domains/backward.h"
#include "domains/box.h"
#include "domains/weights.h"
#include "src/base/alloc.h"

#include <math.h>

struct domain {
    const struct layers *layers;
    struct weights *weights;
    struct backward *backward;
    struct domain *box;
    uint32_t *neurons; /* [widest] */
};

static struct domain *create(const struct layers *layers)
{
    struct domain *domain;
    NEW(domain);
    domain->layers = layers;
    domain->weights = weights_create(layers);
    domain->backward = backward_create(domain->weights);
    domain->box = box_domain_ops.create(layers);
    size_t widest = 0;
    for (size_t k = 0; k < layers->n_layers; k++) {
        const size_t width = layers->layer[k].width;
        widest = width > widest ? width : widest;
    }
    NEW_ARRAY(domain->neurons, widest);
    return domain;
}

static void destroy(struct domain *domain)
{
    if (domain == NULL) {
        return;
    }
    backward_destroy(domain->backward);
    weights_destroy(domain->weights);
    box_domain_ops.destroy(domain->box);
    alloc_free(domain->neurons);
    alloc_free(domain);
}

/* Tightens neurons[0 .. n-1] of an affine layer. */
static void tighten_block(struct domain *domain, struct bounds *bounds,
                          const struct region *region, size_t layer,
                          const uint32_t *neurons, size_t n)
{
    struct backward *b = domain->backward;
    backward_begin(b, 2 * n);
    backward_seed_neurons(b, layer, neurons, n);
    backward_run(b);
    for (size_t t = 0; t < n; t++) {
        double *lower = &bounds->lower[layer][neurons[t]];
        double *upper = &bounds->upper[layer][neurons[t]];
        const double l =
            backward_minimum(b, 2 * t, region->lower, region->upper);
        const double u =
            -backward_minimum(b, 2 * t + 1, region->lower, region->upper);
        *lower = fmax(*lower, l);
        *upper = fmin(*upper, u);
    }
}

/* Tightens all neurons of a layer, or the unstable ones. */
static void tighten(struct domain *domain, struct bounds *bounds,
                    const struct region *region, size_t layer, bool is_all)
{
    size_t n = 0;
    for (size_t i = 0; i < domain->layers->layer[layer].width; i++) {
        const enum phase phase =
            bounds_phase(bounds->lower[layer][i], bounds->upper[layer][i]);
        if (is_all || phase == PHASE_UNSTABLE) {
            domain->neurons[n++] = (uint32_t)i;
        }
    }
    const size_t block = backward_block(domain->backward, layer);
    for (size_t t = 0; t < n; t += block) {
        const size_t left = n - t;
        tighten_block(domain, bounds, region, layer, domain->neurons + t,
                      left < block ? left : block);
    }
}

static void settle_relu(struct domain *domain, struct bounds *bounds,
                        const struct region *region, size_t relu)
{
    const struct layer *layer = &domain->layers->layer[relu];
    const size_t source = layer->source;
    if (domain->layers->layer[source].kind == LAYER_AFFINE) {
        tighten(domain, bounds, region, source, false);
    }
    for (size_t i = 0; i < layer->width; i++) {
        const double l = fmax(bounds->lower[source][i], 0.0);
        const double u = fmax(bounds->upper[source][i], 0.0);
        bounds->lower[relu][i] = fmax(bounds->lower[relu][i], l);
        bounds->upper[relu][i] = fmin(bounds->upper[relu][i], u);
    }
    if (!bounds_is_empty(bounds)) {
        backward_set_lines(domain->backward, relu, bounds->lower[source],
                           bounds->upper[source]);
    }
}

/* A layer that is neither affine nor ReLU. */
static void settle_curved(struct domain *domain, struct bounds *bounds,
                          const struct region *region, size_t k)
{
    const struct layer *layer = &domain->layers->layer[k];
    if (layer->kind != LAYER_SCALE && layer->source > 0) {
        tighten(domain, bounds, region, layer->source, true);
    }
    if (layer->kind == LAYER_PRODUCT && layer->other > 0) {
        tighten(domain, bounds, region, layer->other, true);
    }
    (void)box_apply_layer(bounds, domain->layers, k);
    if (!bounds_is_empty(bounds)) {
        backward_set_curve(domain->backward, k, bounds);
    }
}

static enum domain_answer propagate(struct domain *domain,
                                    struct bounds *bounds,
                                    const struct region *region,
                                    const struct budget *budget)
{
    const struct layers *layers = domain->layers;
    const enum domain_answer answer =
        box_domain_ops.propagate(domain->box, bounds, region, budget);
    if (answer != DOMAIN_DONE) {
        return answer;
    }
    backward_set_scale(domain->backward, bounds);
    for (size_t k = 1; k < layers->n_layers; k++) {
        if (budget_check(budget) != STATUS_OK) {
            return DOMAIN_INTERRUPTED;
        }
        if (layers->layer[k].kind == LAYER_RELU) {
            settle_relu(domain, bounds, region, k);
        } else if (layer_is_curved(&layers->layer[k])) {
            settle_curved(domain, bounds, region, k);
        } else if (k + 1 == layers->n_layers) {
            tighten(domain, bounds, region, k, true);
        }
        if (bounds_is_empty(bounds)) {
            return DOMAIN_EMPTY;
        }
    }
    return DOMAIN_DONE;
}

const struct domain_ops polyhedra_domain_ops = {
    .name = "polyhedra",
    .guarantee = "linear bounds over the inputs by back-substitution, "
                 "rounding charged to the constants",
    .create = create,
    .destroy = destroy,
    .propagate = propagate,
};
