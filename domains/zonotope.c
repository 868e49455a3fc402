/* The zonotope domain: affine forms over noise symbols in [-1, 1]. */
#include "domains/zonotope.h"

#include "domains/band.h"
#include "domains/box.h"
#include "domains/forms.h"
#include "src/base/alloc.h"
#include "src/num/interval.h"

#include <assert.h>
#include <math.h>

/* Entries of the dense columns of the widest layer: 2^24 doubles. */
#define ZONOTOPE_ENTRIES   ((size_t)1 << 24)
#define ZONOTOPE_LEAST_CAP ((size_t)64)

/*
 *   steps      [widest layer] what the current layer does
 *   second     [widest layer] slopes of the second factors of a product
 *   n_symbols  in use by the current call, at most space.n_magnitudes
 */
struct domain {
    const struct layers *layers;
    struct forms_space space;
    struct forms_step *steps;
    double *second;
    size_t n_symbols;
};

static struct domain *zonotope_create(const struct layers *layers)
{
    struct domain *zonotope = NULL;
    NEW(zonotope);
    zonotope->layers = layers;
    size_t widest = 1;
    for (size_t k = 0; k < layers->n_layers; k++) {
        const size_t width = layers->layer[k].width;
        widest = width > widest ? width : widest;
    }
    NEW_ARRAY(zonotope->steps, widest);
    NEW_ARRAY(zonotope->second, widest);
    size_t cap = ZONOTOPE_ENTRIES / widest;
    cap = cap < ZONOTOPE_LEAST_CAP ? ZONOTOPE_LEAST_CAP : cap;
    const size_t n_most = layers->n_inputs + layers->n_relus + layers->n_curved;
    forms_space_init(&zonotope->space, layers, n_most < cap ? n_most : cap);
    for (size_t s = 0; s < zonotope->space.n_magnitudes; s++) {
        zonotope->space.magnitude[s] = 1.0;
    }
    return zonotope;
}

static void zonotope_destroy(struct domain *zonotope)
{
    if (zonotope == NULL) {
        return;
    }
    forms_space_clear(&zonotope->space);
    alloc_free(zonotope->steps);
    alloc_free(zonotope->second);
    alloc_free(zonotope);
}

/* Gives the step a new symbol, or more error if there are too many. */
static void add_symbol(struct domain *zonotope, struct forms_step *step,
                       double coefficient)
{
    if (zonotope->n_symbols == zonotope->space.n_magnitudes) {
        step->error += coefficient; /* was 0 */
        return;
    }
    step->fresh = coefficient;
    step->symbol = zonotope->n_symbols++;
}

/* [l, u] = c + r [-1, 1] with r rounded up; exact if l == u. */
static void set_interval(struct domain *zonotope, struct forms_step *step,
                         double l, double u)
{
    *step = (struct forms_step){.shift = l};
    if (l < u) {
        const double c = 0.5 * l + 0.5 * u;
        const double r = u - c > c - l ? u - c : c - l;
        step->shift = c;
        add_symbol(zonotope, step, interval_up(r));
    }
}

static void apply_inputs(struct domain *zonotope, const struct bounds *bounds)
{
    for (size_t i = 0; i < zonotope->layers->n_inputs; i++) {
        set_interval(zonotope, &zonotope->steps[i], bounds->lower[0][i],
                     bounds->upper[0][i]);
    }
    forms_set_inputs(&zonotope->space, zonotope->steps);
}

/*
 * Neurons: a band of parallel lines or planes; the interval where that is no
 * wider, or there is no form.
 */
static void apply_neurons(struct domain *zonotope, const struct bounds *bounds,
                          size_t k)
{
    const struct layer *layer = &zonotope->layers->layer[k];
    const bool is_product = layer->kind == LAYER_PRODUCT;
    const struct forms *forms = zonotope->space.forms;
    for (size_t i = 0; i < layer->width; i++) {
        const double l = bounds->lower[k][i];
        const double u = bounds->upper[k][i];
        const struct band band = band_find(layer, bounds, i);
        const bool has_form =
            forms[layer->source].error[i] < HUGE_VAL &&
            (!is_product || forms[layer->other].error[i] < HUGE_VAL);
        struct forms_step *step = &zonotope->steps[i];
        zonotope->second[i] = 0.0;
        if (has_form && isfinite(band.lower) && isfinite(band.upper) &&
            band.upper - band.lower < u - l) {
            set_interval(zonotope, step, band.lower, band.upper);
            step->slope = band.slope;
            zonotope->second[i] = band.second;
        } else if (isfinite(l) && isfinite(u)) {
            set_interval(zonotope, step, l, u);
        } else {
            *step = (struct forms_step){.error = HUGE_VAL};
        }
    }
    if (is_product) {
        forms_apply_product(&zonotope->space, k, zonotope->steps,
                            zonotope->second);
    } else {
        forms_apply_relu(&zonotope->space, k, zonotope->steps);
    }
}

/* Intersects the bounds of layer k with the ranges of its forms; false if
 * some become empty. */
static bool tighten(struct bounds *bounds, const struct forms *forms, size_t k)
{
    bool is_possible = true;
    for (size_t i = 0; i < forms->width; i++) {
        double lower = 0.0;
        double upper = 0.0;
        forms_range(&lower, &upper, forms, i);
        bounds->lower[k][i] = fmax(bounds->lower[k][i], lower);
        bounds->upper[k][i] = fmin(bounds->upper[k][i], upper);
        is_possible &= bounds->lower[k][i] <= bounds->upper[k][i];
    }
    return is_possible;
}

/* Layer k >= 1; false if the region is empty. */
static bool apply_layer(struct domain *zonotope, struct bounds *bounds,
                        size_t k)
{
    if (!box_apply_layer(bounds, zonotope->layers, k)) {
        return false;
    }
    if (zonotope->layers->layer[k].kind == LAYER_AFFINE) {
        forms_apply_affine(&zonotope->space, k);
    } else {
        apply_neurons(zonotope, bounds, k);
    }
    return zonotope->layers->layer[k].kind == LAYER_RELU ||
           tighten(bounds, &zonotope->space.forms[k], k);
}

static enum domain_answer zonotope_propagate(struct domain *zonotope,
                                             struct bounds *bounds,
                                             const struct region *region,
                                             const struct budget *budget)
{
    const struct layers *layers = zonotope->layers;
    assert(bounds->n_layers == layers->n_layers);
    if (!box_set_inputs(bounds, region, layers->n_inputs)) {
        return DOMAIN_EMPTY;
    }
    zonotope->n_symbols = 0;
    apply_inputs(zonotope, bounds);
    for (size_t k = 1; k < layers->n_layers; k++) {
        if (budget_check(budget) != STATUS_OK) {
            return DOMAIN_INTERRUPTED;
        }
        if (!apply_layer(zonotope, bounds, k)) {
            return DOMAIN_EMPTY;
        }
    }
    return DOMAIN_DONE;
}

const struct domain_ops zonotope_domain_ops = {
    .name = "zonotope",
    .guarantee = "range of an affine form per neuron with shared noise "
                 "symbols; rows ignored; rounding of every coefficient "
                 "charged to an error term and added outward",
    .create = zonotope_create,
    .destroy = zonotope_destroy,
    .propagate = zonotope_propagate,
};
