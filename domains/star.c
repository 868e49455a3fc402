/* The star domain: affine forms under linear constraints, bounded by LPs. */
#include "domains/star.h"

#include "domains/act_curve.h"
#include "domains/act_product.h"
#include "domains/act_relu.h"
#include "domains/box.h"
#include "domains/forms.h"
#include "domains/zonotope.h"
#include "solver/lp.h"
#include "solver/lp_glpk.h"
#include "solver/lp_safe.h"
#include "src/base/alloc.h"
#include "src/num/interval.h"

#include <assert.h>
#include <math.h>
#include <string.h>

/* More variables than the first are left to GLPK; no more than the second. */
enum { STAR_SMALL = 64, STAR_VARIABLES = 1024 };

#define STAR_NONE SIZE_MAX

/*
 *   space      forms over the variables p; symbol numbers count variables
 *   is_bounded [n_layers] true where (2), (3) of star.h will be needed or
 *              the layer is the last: LPs bound its neurons
 *   is_whole   [n_layers] those of all its neurons, for (4) or the end: of
 *              others only the unstable ones
 *   variable   [n_inputs] number of the input's variable or STAR_NONE
 *   lower, upper  [capacity] box of the variables
 *   rows, rhs  (1) to (3) of star.h: [n_rows x capacity], [n_rows]
 *   packed     the same rows, [n_rows x n_variables], for one layer's LPs
 *   objective, multipliers  [capacity], [n_rows]
 */
struct domain {
    const struct layers *layers;
    struct domain *zonotope;
    struct forms_space space;
    struct forms_step *steps;
    bool *is_bounded;
    bool *is_whole;
    size_t *variable;
    size_t capacity;
    size_t n_variables;
    double *lower;
    double *upper;
    size_t n_rows;
    size_t rows_capacity;
    double *rows;
    double *rhs;
    double *packed;
    double *objective;
    double *multipliers;
};

/* One layer's linear programs: `small` or `large`. */
struct programs {
    struct lp_problem problem;
    struct lp *small;
    struct lp_glpk *large;
};

static struct domain *star_create(const struct layers *layers)
{
    struct domain *star = NULL;
    NEW(star);
    star->layers = layers;
    star->zonotope = zonotope_domain_ops.create(layers);
    const size_t n_most = layers->n_inputs + layers->n_relus + layers->n_curved;
    star->capacity = n_most < STAR_VARIABLES ? n_most : STAR_VARIABLES;
    forms_space_init(&star->space, layers, star->capacity);
    NEW_ARRAY(star->is_bounded, layers->n_layers);
    NEW_ARRAY(star->is_whole, layers->n_layers);
    size_t widest = 1;
    for (size_t k = 0; k < layers->n_layers; k++) {
        const struct layer *layer = &layers->layer[k];
        widest = layer->width > widest ? layer->width : widest;
        if (layer->kind == LAYER_RELU || layer_is_curved(layer)) {
            star->is_bounded[layer->source] = true;
        }
        if (layer_is_curved(layer)) {
            star->is_whole[layer->source] = true;
        }
        if (layer->kind == LAYER_PRODUCT) {
            star->is_bounded[layer->other] = true;
            star->is_whole[layer->other] = true;
        }
    }
    star->is_bounded[layers->n_layers - 1] = true;
    star->is_whole[layers->n_layers - 1] = true;
    NEW_ARRAY(star->steps, widest);
    NEW_ARRAY(star->variable, layers->n_inputs);
    NEW_ARRAY(star->lower, star->capacity);
    NEW_ARRAY(star->upper, star->capacity);
    NEW_ARRAY(star->objective, star->capacity);
    return star;
}

static void star_destroy(struct domain *star)
{
    if (star == NULL) {
        return;
    }
    zonotope_domain_ops.destroy(star->zonotope);
    forms_space_clear(&star->space);
    alloc_free(star->is_bounded);
    alloc_free(star->is_whole);
    alloc_free(star->steps);
    alloc_free(star->variable);
    alloc_free(star->lower);
    alloc_free(star->upper);
    alloc_free(star->rows);
    alloc_free(star->rhs);
    alloc_free(star->packed);
    alloc_free(star->objective);
    alloc_free(star->multipliers);
    alloc_free(star);
}

/* A new variable in [l, u], finite; STAR_NONE if there are too many. */
static size_t add_variable(struct domain *star, double l, double u)
{
    if (star->n_variables == star->capacity) {
        return STAR_NONE;
    }
    const size_t v = star->n_variables++;
    star->lower[v] = l;
    star->upper[v] = u;
    star->space.magnitude[v] = fmax(fabs(l), fabs(u));
    return v;
}

/* A new row of zeros. */
static double *add_row(struct domain *star, double rhs)
{
    if (star->n_rows == star->rows_capacity) {
        star->rows_capacity = 2 * star->rows_capacity + 16;
        RESIZE_ARRAY(star->rows, star->rows_capacity * star->capacity);
        RESIZE_ARRAY(star->packed, star->rows_capacity * star->capacity);
        RESIZE_ARRAY(star->rhs, star->rows_capacity);
        RESIZE_ARRAY(star->multipliers, star->rows_capacity);
    }
    double *row = star->rows + star->n_rows * star->capacity;
    memset(row, 0, star->capacity * sizeof *row);
    star->rhs[star->n_rows++] = rhs;
    return row;
}

/* y = (l + u)/2 + d with |d| rounded up: no variable. */
static void set_interval(struct forms_step *step, double l, double u)
{
    *step = (struct forms_step){.shift = l};
    if (l < u) {
        step->shift = 0.5 * l + 0.5 * u;
        step->error = interval_up(fmax(u - step->shift, step->shift - l));
    }
}

static void apply_inputs(struct domain *star, const struct region *region)
{
    for (size_t i = 0; i < star->layers->n_inputs; i++) {
        const double l = region->lower[i];
        const double u = region->upper[i];
        star->variable[i] = l < u ? add_variable(star, l, u) : STAR_NONE;
        set_interval(&star->steps[i], l, u);
        if (star->variable[i] != STAR_NONE) {
            star->steps[i] = (struct forms_step){
                .fresh = 1.0,
                .symbol = star->variable[i],
            };
        }
    }
    forms_set_inputs(&star->space, star->steps);
}

/*
 * (1): the region's rows over the variables; an input without one moves to
 * the right-hand side with its smallest product, raised by the rounding
 * bound of box.h.
 */
static void add_region_rows(struct domain *star, const struct region *region)
{
    const size_t n = star->layers->n_inputs;
    const struct box_rounding rounding = box_rounding(n);
    for (size_t j = 0; j < region->n_rows; j++) {
        const double *g = region->row + j * n;
        double *row = add_row(star, 0.0);
        double rhs = region->rhs[j];
        double size = fabs(rhs);
        for (size_t i = 0; i < n; i++) {
            if (star->variable[i] != STAR_NONE) {
                row[star->variable[i]] = g[i];
                continue;
            }
            const double p = g[i] * region->lower[i];
            const double q = g[i] * region->upper[i];
            rhs -= fmin(p, q);
            size += fmax(fabs(p), fabs(q));
        }
        const double e = rounding.relative * size + rounding.absolute;
        star->rhs[star->n_rows - 1] = rhs + e;
    }
}

/* row += factor * A_i, in nearest; each entry of the row was zero. */
static void add_form(double *row, const struct forms *forms, size_t i,
                     double factor)
{
    for (size_t k = 0; k < forms->n_symbols; k++) {
        row[forms->symbol[k]] +=
            factor * forms->rows[(1 + k) * forms->width + i];
    }
    for (size_t f = 0; f < forms->n_fresh; f++) {
        if (forms->fresh[f].neuron == i) {
            row[forms->fresh[f].symbol] += factor * forms->fresh[f].coefficient;
        }
    }
}

/*
 * (2) and (3) for neuron i of `in` and its variable y. Rounding: s A_ki is
 * off by 2^-53 of it or h, times |p| at most 2^-53 s radius + h reach in
 * all; the right-hand sides pass at most four roundings. Both are within
 * 2^-50 of the sum of absolute terms plus (8 + reach) h.
 */
static void add_triangle(struct domain *star, const struct forms *in, size_t i,
                         struct act_line line, size_t y)
{
    const double c = in->rows[i];
    const double e = in->error[i];
    const double s = line.slope;
    const double least = (8.0 + in->reach) * INTERVAL_LEAST;
    double *below = add_row(star, (e - c) + 0x1p-50 * (e + fabs(c)) + least);
    add_form(below, in, i, 1.0);
    below[y] = -1.0;
    const double chord = s * c + (s * e + line.intercept);
    const double size = s * (fabs(c) + e + in->radius[i]) + line.intercept;
    double *above = add_row(star, chord + 0x1p-50 * size + least);
    add_form(above, in, i, -s);
    above[y] = 1.0;
}

/* One unstable ReLU with bounds [l, u] of its pre-activation. */
static void apply_unstable(struct domain *star, const struct forms *in,
                           size_t i, double l, double u)
{
    struct forms_step *step = &star->steps[i];
    *step = (struct forms_step){0};
    if (!(u < HUGE_VAL)) {
        step->error = HUGE_VAL;
        return;
    }
    const struct act_line line =
        l > -HUGE_VAL ? act_relu_upper(l, u) : (struct act_line){0.0, u};
    if (!(in->error[i] < HUGE_VAL && line.intercept < HUGE_VAL)) {
        set_interval(step, 0.0, u);
        return;
    }
    const size_t y = add_variable(star, 0.0, u);
    if (y == STAR_NONE) {
        const double half = 0.5 * line.intercept + INTERVAL_LEAST;
        *step = (struct forms_step){
            .slope = line.slope, .shift = half, .error = half};
        return;
    }
    *step = (struct forms_step){.fresh = 1.0, .symbol = y};
    add_triangle(star, in, i, line, y);
}

static void apply_relu(struct domain *star, const struct bounds *bounds,
                       size_t k)
{
    const size_t source = star->layers->layer[k].source;
    const struct forms *in = &star->space.forms[source];
    for (size_t i = 0; i < in->width; i++) {
        const double l = bounds->lower[source][i];
        const double u = bounds->upper[source][i];
        switch (bounds_phase(l, u)) {
        case PHASE_ACTIVE:
            star->steps[i] = (struct forms_step){.slope = 1.0};
            break;
        case PHASE_INACTIVE:
            star->steps[i] = (struct forms_step){.slope = 0.0};
            break;
        case PHASE_UNSTABLE:
            apply_unstable(star, in, i, l, u);
            break;
        }
    }
    forms_apply_relu(&star->space, k, star->steps);
}

/* A line or plane: slopes of the neuron's forms in its sources. */
struct plane {
    size_t n_sources;
    const struct forms *forms[2];
    double slopes[2];
    double intercept;
};

/*
 * (4) for sign 1, (5) for -1: sign (sum of slopes times forms - y) <= -sign
 * intercept. Rounding: columns add up to two products, each off by 2^-53 of it
 * or h, the right-hand side passes at most ten roundings. All are within
 * 2^-49 of the sum of absolute terms plus (8 + reach) h of each source.
 */
static void add_line(struct domain *star, const struct plane *plane, size_t i,
                     double sign, size_t y)
{
    double *row = add_row(star, 0.0);
    double rhs = -sign * plane->intercept;
    double size = fabs(plane->intercept);
    double least = 0.0;
    for (size_t t = 0; t < plane->n_sources; t++) {
        const struct forms *in = plane->forms[t];
        const double s = sign * plane->slopes[t];
        const double e = fabs(s) * in->error[i];
        add_form(row, in, i, s);
        rhs += e - s * in->rows[i];
        size += fabs(s) * (fabs(in->rows[i]) + in->radius[i]) + e;
        least += (8.0 + in->reach) * INTERVAL_LEAST;
    }
    row[y] = -sign;
    star->rhs[star->n_rows - 1] = rhs + 0x1p-49 * size + least;
}

/* The lines or planes of neuron i of layer k and its variable y. */
static void add_lines(struct domain *star, const struct bounds *bounds,
                      const struct layer *layer, size_t i, size_t y)
{
    const struct forms *forms = star->space.forms;
    const double z[2] = {bounds->lower[layer->source][i],
                         bounds->upper[layer->source][i]};
    const bool is_product = layer->kind == LAYER_PRODUCT;
    struct plane plane = {is_product ? 2 : 1,
                          {&forms[layer->source], &forms[layer->other]},
                          {0.0, 0.0},
                          0.0};
    struct act_lines lines = {{0.0, -HUGE_VAL}, {0.0, HUGE_VAL}};
    if (is_product) {
        const double w[2] = {bounds->lower[layer->other][i],
                             bounds->upper[layer->other][i]};
        const struct act_planes planes = act_product_planes(z, w);
        lines = (struct act_lines){{planes.first, planes.lower},
                                   {planes.first, planes.upper}};
        plane.slopes[1] = planes.second;
    } else if (layer->kind == LAYER_ACTIVATION) {
        lines = act_curve_lines(layer->activation, z[0], z[1]);
    } else if (layer->kind == LAYER_SCALE && isfinite(z[0]) && isfinite(z[1])) {
        const double factor[2] = {layer->factor_lower[i],
                                  layer->factor_upper[i]};
        lines = act_scale_lines(factor, z[0], z[1]);
    }
    if (!(plane.forms[0]->error[i] < HUGE_VAL) ||
        (is_product && !(plane.forms[1]->error[i] < HUGE_VAL))) {
        return;
    }
    for (int side = 0; side < 2; side++) {
        const struct act_line *line = side == 0 ? &lines.lower : &lines.upper;
        plane.slopes[0] = line->slope;
        plane.intercept = line->intercept;
        if (isfinite(line->intercept)) {
            add_line(star, &plane, i, side == 0 ? 1.0 : -1.0, y);
        }
    }
}

/* Neurons of other kinds than ReLUs: a variable each, between its lines; of a
 * difference its interval only. */
static void apply_curved(struct domain *star, const struct bounds *bounds,
                         size_t k)
{
    const struct layer *layer = &star->layers->layer[k];
    for (size_t i = 0; i < layer->width; i++) {
        const double l = bounds->lower[k][i];
        const double u = bounds->upper[k][i];
        struct forms_step *step = &star->steps[i];
        if (!isfinite(l) || !isfinite(u)) {
            *step = (struct forms_step){.error = HUGE_VAL};
            continue;
        }
        const size_t y = l < u ? add_variable(star, l, u) : STAR_NONE;
        set_interval(step, l, u);
        if (y != STAR_NONE) {
            *step = (struct forms_step){.fresh = 1.0, .symbol = y};
            add_lines(star, bounds, layer, i, y);
        }
    }
    forms_apply_relu(&star->space, k, star->steps);
}

static void programs_init(struct programs *programs, struct domain *star)
{
    const size_t n = star->n_variables;
    for (size_t j = 0; j < star->n_rows; j++) {
        memcpy(star->packed + j * n, star->rows + j * star->capacity,
               n * sizeof *star->packed);
    }
    programs->problem = (struct lp_problem){.n = n,
                                            .m = star->n_rows,
                                            .lower = star->lower,
                                            .upper = star->upper,
                                            .rows = star->packed,
                                            .rhs = star->rhs};
    programs->small = NULL;
    programs->large = NULL;
    if (n > STAR_SMALL) {
        programs->large = lp_glpk_create(&programs->problem);
        return;
    }
    programs->small = lp_create(n);
    lp_reset(programs->small, star->lower, star->upper);
    for (size_t j = 0; j < star->n_rows; j++) {
        lp_add_row(programs->small, star->packed + j * n, star->rhs[j]);
    }
}

static void programs_clear(struct programs *programs)
{
    lp_destroy(programs->small);
    lp_glpk_destroy(programs->large);
}

/* Multipliers for the minimum of the objective; all zero if the simplex
 * gives up. */
static enum lp_answer minimize(struct programs *programs, struct domain *star)
{
    double value = 0.0;
    enum lp_answer answer =
        programs->small != NULL
            ? lp_minimize(programs->small, star->objective, NULL,
                          star->multipliers, &value)
            : lp_glpk_resume(programs->large, star->objective, NULL,
                             star->multipliers, &value);
    if (answer == LP_GAVE_UP && programs->small != NULL) {
        answer = lp_glpk_minimize(&programs->problem, star->objective, NULL,
                                  star->multipliers, &value);
    }
    if (answer == LP_GAVE_UP && star->n_rows > 0) {
        memset(star->multipliers, 0, star->n_rows * sizeof *star->multipliers);
    }
    return answer;
}

/*
 * A number not above sign * v_i, for sign 1 or -1: sign (c + A p) - e by a
 * linear program, with the last roundings as in forms_range. HUGE_VAL if the
 * constraints are proved contradictory.
 */
static double lower_end(struct programs *programs, struct domain *star,
                        const struct forms *forms, size_t i, double sign)
{
    memset(star->objective, 0, star->n_variables * sizeof *star->objective);
    add_form(star->objective, forms, i, sign);
    const enum lp_answer answer = minimize(programs, star);
    if (answer == LP_INFEASIBLE) {
        return lp_safe_is_empty(&programs->problem, star->multipliers)
                   ? HUGE_VAL
                   : -HUGE_VAL;
    }
    const double safe =
        lp_safe_bound(&programs->problem, star->objective, star->multipliers);
    const double c = sign * forms->rows[i];
    const double t = forms->error[i];
    const double e =
        t + 0x1p-51 * (fabs(c) + fabs(safe) + t) + 4.0 * INTERVAL_LEAST;
    const double end = (c + safe) - e;
    return end > -HUGE_VAL && end < HUGE_VAL ? end : -HUGE_VAL;
}

/* Both ends of neuron i of layer k; false if the region is empty. */
static bool bound_neuron(struct programs *programs, struct domain *star,
                         struct bounds *bounds, size_t k, size_t i)
{
    const struct forms *forms = &star->space.forms[k];
    double *lower = &bounds->lower[k][i];
    double *upper = &bounds->upper[k][i];
    *lower = fmax(*lower, lower_end(programs, star, forms, i, 1.0));
    if (*lower <= *upper) {
        *upper = fmin(*upper, -lower_end(programs, star, forms, i, -1.0));
    }
    return *lower <= *upper;
}

/* Linear programs for the neurons of affine layer k that need them. */
static enum domain_answer bound_layer(struct domain *star,
                                      struct bounds *bounds, size_t k,
                                      const struct budget *budget)
{
    if (!star->is_bounded[k] || star->n_variables == 0) {
        return DOMAIN_DONE;
    }
    const struct forms *forms = &star->space.forms[k];
    enum domain_answer answer = DOMAIN_DONE;
    struct programs programs;
    programs_init(&programs, star);
    for (size_t i = 0; i < forms->width && answer == DOMAIN_DONE; i++) {
        const enum phase phase =
            bounds_phase(bounds->lower[k][i], bounds->upper[k][i]);
        if ((phase != PHASE_UNSTABLE && !star->is_whole[k]) ||
            !(forms->error[i] < HUGE_VAL)) {
            continue;
        }
        if (budget_check(budget) != STATUS_OK) {
            answer = DOMAIN_INTERRUPTED;
        } else if (!bound_neuron(&programs, star, bounds, k, i)) {
            answer = DOMAIN_EMPTY;
        }
    }
    programs_clear(&programs);
    return answer;
}

/* Layer k >= 1. */
static enum domain_answer apply_layer(struct domain *star,
                                      struct bounds *bounds, size_t k,
                                      const struct budget *budget)
{
    if (budget_check(budget) != STATUS_OK) {
        return DOMAIN_INTERRUPTED;
    }
    if (!box_apply_layer(bounds, star->layers, k)) {
        return DOMAIN_EMPTY;
    }
    if (star->layers->layer[k].kind == LAYER_RELU) {
        apply_relu(star, bounds, k);
        return DOMAIN_DONE;
    }
    if (layer_is_curved(&star->layers->layer[k])) {
        apply_curved(star, bounds, k);
        return DOMAIN_DONE;
    }
    forms_apply_affine(&star->space, k);
    return bound_layer(star, bounds, k, budget);
}

static enum domain_answer star_propagate(struct domain *star,
                                         struct bounds *bounds,
                                         const struct region *region,
                                         const struct budget *budget)
{
    enum domain_answer answer =
        zonotope_domain_ops.propagate(star->zonotope, bounds, region, budget);
    star->n_variables = 0;
    star->n_rows = 0;
    if (answer == DOMAIN_DONE) {
        apply_inputs(star, region);
        add_region_rows(star, region);
    }
    for (size_t k = 1; k < star->layers->n_layers && answer == DOMAIN_DONE;
         k++) {
        answer = apply_layer(star, bounds, k, budget);
    }
    return answer;
}

const struct domain_ops star_domain_ops = {
    .name = "star",
    .guarantee = "optima over the triangle relaxation and the region's rows, "
                 "each proved from its multipliers with rounding subtracted",
    .create = star_create,
    .destroy = star_destroy,
    .propagate = star_propagate,
};
