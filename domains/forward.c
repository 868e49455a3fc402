/* Forms of one layer after the other, as far as they are asked for. */
#include "domains/forward.h"

#include "domains/band.h"
#include "domains/forms.h"
#include "src/base/alloc.h"
#include "src/base/require.h"
#include "src/num/interval.h"

#include <math.h>

/* Constants are their ranges. Of affine layers of which no more than one value
 * in STILL_SHARE is none, only these values have forms made. */
enum { STILL_SHARE = 2 };

/*
 *   steps    [widest layer] what the current layer does
 *   second   [widest layer] its slopes of second factors, of products
 *   moving   [widest layer] its values that are not constant
 *   least_width  of layers that are settled
 *   n_known  layers whose forms are those of the region
 *   is_used  of the region
 */
struct forward {
    const struct layers *layers;
    struct forms_space space;
    struct forms_step *steps;
    double *second;
    uint32_t *moving;
    size_t least_width;
    size_t n_known;
    bool is_used;
};

struct forward *forward_create(const struct weights *weights,
                               size_t least_neurons, size_t least_width)
{
    const struct layers *layers = weights->layers;
    struct forward *forward;
    size_t n_neurons = 0;
    size_t widest = 1;
    for (size_t k = 0; k < layers->n_layers; k++) {
        const struct layer *layer = &layers->layer[k];
        n_neurons += layer_has_neurons(layer) ? layer->width : 0;
        widest = layer->width > widest ? layer->width : widest;
    }
    if (n_neurons < least_neurons) {
        return NULL;
    }
    NEW(forward);
    forward->layers = layers;
    forward->least_width = least_width;
    NEW_ARRAY(forward->steps, widest);
    NEW_ARRAY(forward->second, widest);
    NEW_ARRAY(forward->moving, widest);
    forms_space_init(&forward->space, layers, FORWARD_INPUTS);
    forms_space_use(&forward->space, weights);
    for (size_t s = 0; s < FORWARD_INPUTS; s++) {
        forward->space.magnitude[s] = 1.0;
    }
    return forward;
}

void forward_destroy(struct forward *forward)
{
    if (forward == NULL) {
        return;
    }
    forms_space_clear(&forward->space);
    alloc_free(forward->steps);
    alloc_free(forward->second);
    alloc_free(forward->moving);
    alloc_free(forward);
}

/* [l, u] = shift + error [-1, 1], both finite, the error rounded up; exact if
 * l == u. */
static void set_interval(struct forms_step *step, double l, double u)
{
    *step = (struct forms_step){.shift = l};
    if (l < u) {
        step->shift = 0.5 * l + 0.5 * u;
        step->error = interval_up(fmax(u - step->shift, step->shift - l));
    }
}

void forward_begin(struct forward *forward, const struct bounds *bounds)
{
    size_t n = 0;
    if (forward == NULL) {
        return;
    }
    forward->n_known = 0;
    forward->is_used = true;
    for (size_t i = 0; i < forward->layers->n_inputs && forward->is_used; i++) {
        const double l = bounds->lower[0][i];
        const double u = bounds->upper[0][i];
        struct forms_step *step = &forward->steps[i];
        const bool is_varying = u - l > FORWARD_LEAST;
        n += is_varying ? 1 : 0;
        forward->is_used =
            -FORWARD_MOST <= l && u <= FORWARD_MOST && n <= FORWARD_INPUTS;
        set_interval(step, l, u);
        if (is_varying) {
            step->fresh = step->error;
            step->error = 0.0;
            step->symbol = n - 1;
        }
    }
    forward->is_used = forward->is_used && n > 0;
    if (forward->is_used) {
        forms_set_inputs(&forward->space, forward->steps);
        forward->n_known = 1;
    }
}

static bool is_still(const struct bounds *bounds, size_t k, size_t i)
{
    return bounds_is_still(bounds->lower[k][i], bounds->upper[k][i]);
}

static void apply_affine(struct forward *forward, const struct bounds *bounds,
                         size_t k)
{
    const size_t width = forward->layers->layer[k].width;
    size_t n = 0;
    for (size_t i = 0; i < width; i++) {
        if (!is_still(bounds, k, i)) {
            forward->moving[n++] = (uint32_t)i;
        }
    }
    if (n > width / STILL_SHARE) {
        forms_apply_affine(&forward->space, k);
        return;
    }
    forms_apply_affine_to(&forward->space, k, forward->moving, n);
    for (size_t i = 0; i < width; i++) {
        if (is_still(bounds, k, i)) {
            struct forms_step step;
            set_interval(&step, bounds->lower[k][i], bounds->upper[k][i]);
            forms_set_interval(&forward->space, k, i, step.shift, step.error);
        }
    }
}

/* The forms of layer k, which is not affine; false if a neuron has no band. */
static bool apply_neurons(struct forward *forward, const struct bounds *bounds,
                          size_t k)
{
    const struct layer *layer = &forward->layers->layer[k];
    for (size_t i = 0; i < layer->width; i++) {
        if (is_still(bounds, k, i)) {
            set_interval(&forward->steps[i], bounds->lower[k][i],
                         bounds->upper[k][i]);
            forward->second[i] = 0.0;
            continue;
        }
        const struct band band = band_between_lines(layer, bounds, i);
        if (!isfinite(band.lower) || !isfinite(band.upper)) {
            return false;
        }
        set_interval(&forward->steps[i], band.lower, band.upper);
        forward->steps[i].slope = band.slope;
        forward->second[i] = band.second;
    }
    if (layer->kind == LAYER_PRODUCT) {
        forms_apply_product(&forward->space, k, forward->steps,
                            forward->second);
    } else {
        forms_apply_relu(&forward->space, k, forward->steps);
    }
    return true;
}

/* Finds the forms of all layers up to layer k, or finds that there are none. */
static void extend(struct forward *forward, const struct bounds *bounds,
                   size_t k)
{
    for (; forward->is_used && forward->n_known <= k; forward->n_known++) {
        if (forward->layers->layer[forward->n_known].kind == LAYER_AFFINE) {
            apply_affine(forward, bounds, forward->n_known);
        } else {
            forward->is_used = apply_neurons(forward, bounds, forward->n_known);
        }
    }
}

/* Takes the range of a form over if it shows with room that an unstable neuron
 * is stable. */
static void settle(double *lower, double *upper, double least, double most)
{
    const double room = FORWARD_ROOM * (most - least);
    const bool is_stable = (least >= room || -most >= room) &&
                           -FORWARD_MOST <= least && most <= FORWARD_MOST;
    if (bounds_phase(*lower, *upper) == PHASE_UNSTABLE && is_stable &&
        *lower <= most && least <= *upper) {
        *lower = interval_raise(*lower, least);
        *upper = interval_reduce(*upper, most);
    }
}

void forward_settle(struct forward *forward, struct bounds *bounds, size_t k)
{
    if (forward == NULL ||
        forward->layers->layer[k].width < forward->least_width) {
        return;
    }
    extend(forward, bounds, k);
    if (!forward->is_used) {
        return;
    }
    const struct forms *forms = &forward->space.forms[k];
    for (size_t i = 0; i < forms->width; i++) {
        double least = 0.0;
        double most = 0.0;
        forms_range(&least, &most, forms, i);
        settle(&bounds->lower[k][i], &bounds->upper[k][i], least, most);
    }
}
