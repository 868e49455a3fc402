/* Affine forms of the neurons of each layer over shared symbols. */
#include "domains/forms.h"

#include "domains/box.h"
#include "domains/forms_rows.h"
#include "src/base/alloc.h"
#include "src/base/require.h"
#include "src/num/interval.h"

#include <assert.h>
#include <math.h>
#include <string.h>

void forms_space_init(struct forms_space *space, const struct layers *layers,
                      size_t n_magnitudes)
{
    *space =
        (struct forms_space){.layers = layers, .n_magnitudes = n_magnitudes};
    NEW_ARRAY(space->forms, layers->n_layers);
    NEW_ARRAY(space->magnitude, n_magnitudes);
    NEW_ARRAY(space->column, n_magnitudes);
    size_t widest = 0;
    for (size_t k = 0; k < layers->n_layers; k++) {
        struct forms *forms = &space->forms[k];
        forms->width = layers->layer[k].width;
        widest = forms->width > widest ? forms->width : widest;
        NEW_ARRAY(forms->error, forms->width);
        NEW_ARRAY(forms->radius, forms->width);
        if (layers->layer[k].kind != LAYER_AFFINE) {
            NEW_ARRAY(forms->fresh, forms->width);
        }
    }
    NEW_ARRAY(space->sizes, widest);
    NEW_ARRAY(space->fresh_at, widest);
}

void forms_space_clear(struct forms_space *space)
{
    for (size_t k = 0; space->forms != NULL && k < space->layers->n_layers;
         k++) {
        struct forms *forms = &space->forms[k];
        alloc_free(forms->symbol);
        alloc_free(forms->rows);
        alloc_free(forms->error);
        alloc_free(forms->radius);
        alloc_free(forms->fresh);
    }
    alloc_free(space->forms);
    alloc_free(space->magnitude);
    alloc_free(space->sizes);
    alloc_free(space->fresh_at);
    alloc_free(space->column);
    tiling_work_clear(&space->work);
    *space = (struct forms_space){0};
}

void forms_space_use(struct forms_space *space, const struct weights *weights)
{
    REQUIRE(weights->layers == space->layers);
    space->weights = weights;
    weights_fit_work(weights, &space->work);
}

static bool is_zero(double x)
{
    return !(x < 0.0 || x > 0.0);
}

/* Room for n_symbols dense columns; contents are lost. */
static void reserve(struct forms *forms, size_t n_symbols)
{
    const size_t n_entries = (1 + n_symbols) * forms->width;
    if (n_symbols > forms->symbol_capacity) {
        alloc_free(forms->symbol);
        NEW_ARRAY(forms->symbol, n_symbols);
        forms->symbol_capacity = n_symbols;
    }
    if (n_entries > forms->rows_capacity) {
        alloc_free(forms->rows);
        NEW_ALIGNED(forms->rows, n_entries);
        forms->rows_capacity = n_entries;
    }
    forms->n_symbols = n_symbols;
}

/* Forgets what is known about neuron i. */
static void set_unknown(struct forms *forms, size_t i)
{
    for (size_t row = 0; row <= forms->n_symbols; row++) {
        forms->rows[row * forms->width + i] = 0.0;
    }
    forms->radius[i] = 0.0;
    forms->error[i] = HUGE_VAL;
}

/* One neuron of a source: centre, radius, error and the reach of its layer. */
struct neuron_form {
    double centre;
    double radius;
    double error;
    double reach;
};

/*
 * Error and radius of y_i = slope v_i + shift + fresh s + d. For a slope
 * other than 0 and 1, with a = |slope|, S = |c_i| + radius_i and h = 2^-1074,
 * rounding moves slope c_i + shift by at most 2^-52 (a S + |shift|) + h and all
 * slope A_ki together, and so the radius, by 2^-53 a radius_i + h reach.
 * The terms below are non-negative and pass at most 8 roundings, which
 * `grow` more than repays; their own underflows are within 8 h.
 */
static void step_neuron(struct forms *out, const struct neuron_form *in,
                        size_t i, const struct forms_step *step,
                        double magnitude)
{
    const double grow = 1.0 + 0x1p-48;
    const double slope = fabs(step->slope);
    const bool is_copy = is_zero(step->slope - 1.0) && is_zero(step->shift);
    out->error[i] = step->error;
    out->radius[i] = 0.0;
    if (is_copy) {
        out->error[i] = (in->error + step->error) * grow;
        out->radius[i] = in->radius;
    } else if (slope > 0.0) {
        const double size =
            slope * (fabs(in->centre) + in->radius) + fabs(step->shift);
        const double least = (8.0 + 2.0 * in->reach) * INTERVAL_LEAST;
        const double rounding = 0x1p-51 * size + least;
        out->error[i] = (slope * in->error + (rounding + step->error)) * grow;
        out->radius[i] = slope * in->radius * grow + least;
    }
    if (!is_zero(step->fresh)) {
        out->radius[i] =
            (out->radius[i] + fabs(step->fresh) * magnitude) * grow +
            4.0 * INTERVAL_LEAST;
    }
    if (!isfinite(out->rows[i]) || !isfinite(out->radius[i]) ||
        !isfinite(out->error[i])) {
        set_unknown(out, i);
    }
}

/* Dense columns of a step: those of the source (fresh ones become dense),
 * times the slopes. */
static void scale_columns(struct forms *out, const struct forms *in,
                          const struct forms_step *steps)
{
    const size_t width = out->width;
    reserve(out, in->n_symbols + in->n_fresh);
    for (size_t column = 0; column < in->n_symbols; column++) {
        out->symbol[column] = in->symbol[column];
    }
    for (size_t row = 0; row <= in->n_symbols; row++) {
        const double *from = in->rows + row * width;
        double *to = out->rows + row * width;
        for (size_t i = 0; i < width; i++) {
            to[i] = steps[i].slope * from[i];
        }
    }
    for (size_t f = 0; f < in->n_fresh; f++) {
        const struct forms_fresh *fresh = &in->fresh[f];
        const size_t column = in->n_symbols + f;
        double *to = out->rows + (1 + column) * width;
        memset(to, 0, width * sizeof *to);
        to[fresh->neuron] = steps[fresh->neuron].slope * fresh->coefficient;
        out->symbol[column] = fresh->symbol;
    }
}

/* Neuron i of a step, with its fresh column. */
static void apply_step(struct forms_space *space, struct forms *out,
                       const struct neuron_form *in, size_t i,
                       const struct forms_step *step)
{
    const bool has_fresh = !is_zero(step->fresh);
    double magnitude = 0.0;
    if (has_fresh) {
        REQUIRE(step->symbol < space->n_magnitudes);
        magnitude = space->magnitude[step->symbol];
        out->reach += magnitude;
    }
    out->rows[i] += step->shift;
    step_neuron(out, in, i, step, magnitude);
    if (has_fresh && isfinite(out->error[i])) {
        out->fresh[out->n_fresh++] =
            (struct forms_fresh){step->symbol, i, step->fresh};
    }
}

void forms_set_inputs(struct forms_space *space, const struct forms_step *steps)
{
    struct forms *out = &space->forms[0];
    const struct neuron_form none = {0.0, 0.0, 0.0, 0.0};
    reserve(out, 0);
    memset(out->rows, 0, out->width * sizeof *out->rows);
    out->reach = 0.0;
    out->n_fresh = 0;
    for (size_t i = 0; i < out->width; i++) {
        apply_step(space, out, &none, i, &steps[i]);
    }
}

void forms_apply_relu(struct forms_space *space, size_t k,
                      const struct forms_step *steps)
{
    const struct layer *layer = &space->layers->layer[k];
    REQUIRE((layer->kind == LAYER_RELU || layer_is_curved(layer)) &&
            layer->source < k);
    const struct forms *in = &space->forms[layer->source];
    struct forms *out = &space->forms[k];
    scale_columns(out, in, steps);
    out->reach = in->reach;
    out->n_fresh = 0;
    for (size_t i = 0; i < out->width; i++) {
        const struct neuron_form source = {in->rows[i], in->radius[i],
                                           in->error[i], in->reach};
        apply_step(space, out, &source, i, &steps[i]);
    }
}

/* Marks the columns of a source. */
static void mark_columns(size_t *column, const struct forms *in)
{
    for (size_t j = 0; j < in->n_symbols; j++) {
        column[in->symbol[j]] = 1;
    }
    for (size_t f = 0; f < in->n_fresh; f++) {
        column[in->fresh[f].symbol] = 1;
    }
}

/* The marked columns, ascending, become those of `out`; column[symbol] becomes
 * the row number there. */
static void number_columns(struct forms_space *space, struct forms *out)
{
    size_t *column = space->column;
    size_t n = 0;
    for (size_t s = 0; s < space->n_magnitudes; s++) {
        n += column[s];
    }
    reserve(out, n);
    out->reach = 0.0;
    n = 0;
    for (size_t s = 0; s < space->n_magnitudes; s++) {
        if (column[s] != 0) {
            out->symbol[n++] = s;
            column[s] = n;
            out->reach += space->magnitude[s];
        }
    }
}

/* Union of the sources' columns. */
static void merge_columns(struct forms_space *space, struct forms *out,
                          const struct layer *layer)
{
    memset(space->column, 0, space->n_magnitudes * sizeof *space->column);
    for (size_t t = 0; t < layer->n_terms; t++) {
        mark_columns(space->column, &space->forms[layer->terms[t].source]);
    }
    number_columns(space, out);
}

/* Rows of `out` += slope_i times those of `in`. */
static void add_rows(struct forms *out, const struct forms *in,
                     const size_t *column, const double *slope)
{
    const size_t width = out->width;
    for (size_t row = 0; row <= in->n_symbols; row++) {
        const size_t target = row == 0 ? 0 : column[in->symbol[row - 1]];
        const double *from = in->rows + row * width;
        double *to = out->rows + target * width;
        for (size_t i = 0; i < width; i++) {
            to[i] += slope[i] * from[i];
        }
    }
    for (size_t f = 0; f < in->n_fresh; f++) {
        const struct forms_fresh *fresh = &in->fresh[f];
        out->rows[column[fresh->symbol] * width + fresh->neuron] +=
            slope[fresh->neuron] * fresh->coefficient;
    }
}

/* slope times a form of error zero or more, nothing where the slope is 0. */
static struct neuron_form scale_form(const struct forms *in, size_t i,
                                     double slope)
{
    const double a = fabs(slope);
    const struct neuron_form none = {0.0, 0.0, 0.0, in->reach};
    return is_zero(slope)
               ? none
               : (struct neuron_form){a * fabs(in->rows[i]), a * in->radius[i],
                                      a * in->error[i], in->reach};
}

/*
 * Both products, their sum and the shift are off by at most 2^-51 of the
 * absolute terms and the smallest double per column; as in step_neuron.
 */
void forms_apply_product(struct forms_space *space, size_t k,
                         const struct forms_step *steps, const double *second)
{
    const struct layer *layer = &space->layers->layer[k];
    REQUIRE(layer->kind == LAYER_PRODUCT && layer->source < k &&
            layer->other < k);
    const struct forms *in[2] = {&space->forms[layer->source],
                                 &space->forms[layer->other]};
    struct forms *out = &space->forms[k];
    double *slope = space->sizes;
    memset(space->column, 0, space->n_magnitudes * sizeof *space->column);
    mark_columns(space->column, in[0]);
    mark_columns(space->column, in[1]);
    number_columns(space, out);
    memset(out->rows, 0, (1 + out->n_symbols) * out->width * sizeof(double));
    for (size_t i = 0; i < out->width; i++) {
        slope[i] = steps[i].slope;
    }
    add_rows(out, in[0], space->column, slope);
    add_rows(out, in[1], space->column, second);
    out->n_fresh = 0;
    for (size_t i = 0; i < out->width; i++) {
        const struct neuron_form x = scale_form(in[0], i, steps[i].slope);
        const struct neuron_form y = scale_form(in[1], i, second[i]);
        const double size = x.centre + x.radius + y.centre + y.radius;
        const struct neuron_form both = {
            x.centre + y.centre, (x.radius + y.radius) * (1.0 + 0x1p-48),
            x.error + y.error + 0x1p-50 * size +
                (8.0 + 2.0 * (x.reach + y.reach)) * INTERVAL_LEAST,
            out->reach};
        struct forms_step step = steps[i];
        step.slope = 1.0;
        apply_step(space, out, &both, i, &step);
    }
}

/* Adds a summand; tiling: that of its matrix, or NULL. */
static void add_term(struct forms_space *space, struct forms *out,
                     const struct layer_term *term, const struct tiling *tiling,
                     double relative, const struct forms_chosen *chosen)
{
    const struct forms *in = &space->forms[term->source];
    forms_multiply(space, out, term, tiling, chosen);
    for (size_t j = 0; j < in->width; j++) {
        const double size = fabs(in->rows[j]) + in->radius[j];
        space->sizes[j] = in->error[j] + relative * size + INTERVAL_LEAST;
    }
    forms_add_errors(out->error, &term->matrix, space->sizes, chosen);
}

/* radius by (3), summed in nearest and raised. */
static void set_radii(struct forms *out, const double *magnitude)
{
    memset(out->radius, 0, out->width * sizeof *out->radius);
    for (size_t column = 0; column < out->n_symbols; column++) {
        const double *row = out->rows + (1 + column) * out->width;
        const double m = magnitude[out->symbol[column]];
        for (size_t i = 0; i < out->width; i++) {
            out->radius[i] += fabs(row[i]) * m;
        }
    }
    const double grow = 1.0 + 2.0 * interval_gamma(out->n_symbols + 4);
    const double absolute = (double)(out->n_symbols + 4) * INTERVAL_LEAST;
    for (size_t i = 0; i < out->width; i++) {
        out->radius[i] = out->radius[i] * grow + absolute;
    }
}

/*
 * With n products in a row and S_j = |c_j| + radius_j of the sources, rounding
 * moves c_i by gamma_{n+2} (sum |w_ij||c_j| + |b_i|) + n h and all A_ki s_k
 * together by gamma_{n+2} sum |w_ij| radius_j + n h reach, in any order and
 * with or without fused multiply-adds, so
 *
 *   error_i  >=  sum_j |w_ij| (error_j + gamma_{n+2} S_j) + gamma_{n+2} |b_i|
 *                + n h (1 + reach).                                       (5)
 *
 * The right-hand side is summed in nearest with gamma_{n+4} (box.h), which
 * loses at most gamma_{n+8} of it; `grow` repays twice that, and `absolute`
 * the underflows, of which those of relative * S_j are inside the sum.
 */
static void apply_affine(struct forms_space *space, size_t k,
                         const struct forms_chosen *chosen)
{
    const struct layer *layer = &space->layers->layer[k];
    REQUIRE(layer->kind == LAYER_AFFINE);
    struct forms *out = &space->forms[k];
    const size_t n = box_row_terms(layer);
    const double relative = box_rounding(n).relative;
    merge_columns(space, out, layer);
    memset(out->rows, 0, (1 + out->n_symbols) * out->width * sizeof *out->rows);
    memcpy(out->rows, layer->bias, out->width * sizeof *out->rows);
    for (size_t i = 0; i < out->width; i++) {
        out->error[i] = HUGE_VAL;
    }
    for (size_t t = 0; t < chosen->n; t++) {
        const size_t i = forms_chosen_at(chosen, t);
        out->error[i] = relative * fabs(layer->bias[i]);
    }
    for (size_t t = 0; t < layer->n_terms; t++) {
        const struct tiling *tiling =
            space->weights == NULL ? NULL
                                   : space->weights->layer[k].terms[t].tiling;
        add_term(space, out, &layer->terms[t], tiling, relative, chosen);
    }
    set_radii(out, space->magnitude);
    const double grow = 1.0 + 2.0 * interval_gamma(n + 8);
    const double absolute =
        (double)(4 * n + 16) * (1.0 + out->reach) * INTERVAL_LEAST;
    for (size_t i = 0; i < out->width; i++) {
        out->error[i] = out->error[i] * grow + absolute;
        if (!isfinite(out->rows[i]) || !isfinite(out->radius[i]) ||
            !isfinite(out->error[i])) {
            set_unknown(out, i);
        }
    }
}

void forms_apply_affine(struct forms_space *space, size_t k)
{
    const struct forms_chosen all = {NULL, space->layers->layer[k].width};
    apply_affine(space, k, &all);
}

void forms_apply_affine_to(struct forms_space *space, size_t k,
                           const uint32_t *list, size_t n)
{
    const struct forms_chosen chosen = {list, n};
    REQUIRE(list != NULL);
    apply_affine(space, k, &chosen);
}

void forms_set_interval(struct forms_space *space, size_t k, size_t i, double c,
                        double error)
{
    struct forms *forms = &space->forms[k];
    REQUIRE(!isfinite(forms->error[i]) && isfinite(c) && isfinite(error));
    forms->rows[i] = c;
    forms->error[i] = error;
}

/* fl(c - e) <= c - t needs e (1 - u) >= t + u (|c| + t), t = radius + error:
 * four units on |c| + t pay for this and for the sums of e itself. */
void forms_range(double *lower, double *upper, const struct forms *forms,
                 size_t i)
{
    const double c = forms->rows[i];
    const double t = forms->radius[i] + forms->error[i];
    const double e = t + 0x1p-51 * (fabs(c) + t) + 4.0 * INTERVAL_LEAST;
    *lower = c - e;
    *upper = c + e;
}
