/* c.v >= A.x + b by eliminating layers backwards, with charged rounding. */
#include "domains/backward.h"

#include "domains/act_curve.h"
#include "domains/act_relu.h"
#include "domains/backward_state.h"
#include "domains/row_sum.h"
#include "src/base/alloc.h"
#include "src/base/require.h"
#include "src/num/dense.h"
#include "src/num/interval.h"

#include <assert.h>
#include <math.h>
#include <string.h>

/* One part in so many of the columns that is treated as all of them: passing
 * over a list costs so many times more per column. */
enum { FULL_SHARE = 6 };

static void create_layer(struct backward *b, size_t k)
{
    const size_t stride = b->weights->layer[k].stride;
    NEW_ALIGNED(b->coefficient[k], BACKWARD_ROWS * stride);
    NEW_ALIGNED(b->error[k], stride);
    NEW_ALIGNED(b->charged[k], stride);
    NEW_ARRAY(b->magnitude[k], stride);
    NEW_ARRAY(b->columns[k].list, stride);
    NEW_ARRAY(b->columns[k].is_listed, stride);
    if (b->layers->layer[k].kind == LAYER_RELU) {
        struct relu_lines *lines = &b->lines[k];
        NEW_ALIGNED(lines->lower_slope, stride);
        NEW_ALIGNED(lines->upper_slope, stride);
        NEW_ALIGNED(lines->upper_intercept, stride);
        NEW_ARRAY(lines->live, stride);
    }
    if (layer_is_curved(&b->layers->layer[k])) {
        backward_create_curve(&b->curves[k], &b->layers->layer[k]);
    }
}

struct backward *backward_create(const struct weights *weights)
{
    struct backward *b;
    NEW(b);
    const struct layers *layers = weights->layers;
    b->weights = weights;
    b->layers = layers;
    b->kernels = dense_kernels_best();
    NEW_ARRAY(b->coefficient, layers->n_layers);
    NEW_ARRAY(b->columns, layers->n_layers);
    NEW_ARRAY(b->error, layers->n_layers);
    NEW_ARRAY(b->charged, layers->n_layers);
    NEW_ARRAY(b->reach, layers->n_layers);
    NEW_ARRAY(b->magnitude, layers->n_layers);
    NEW_ARRAY(b->lines, layers->n_layers);
    NEW_ARRAY(b->curves, layers->n_layers);
    NEW_ARRAY(b->still, layers->n_layers);
    NEW_ARRAY(b->total, layers->n_layers);
    size_t n_total = 64;
    size_t widest = 0;
    for (size_t k = 0; k < layers->n_layers; k++) {
        create_layer(b, k);
        const size_t width = layers->layer[k].width;
        const size_t n_read = layer_n_read(&layers->layer[k]);
        const size_t n_terms = n_read > 1 ? n_read : layers->layer[k].n_terms;
        n_total += n_terms > 1 ? n_terms * width : width;
        widest = width > widest ? width : widest;
    }
    b->gamma = interval_gamma(n_total);
    weights_fit_work(weights, &b->work);
    NEW_ARRAY(b->order, widest);
    NEW_ARRAY(b->every, widest);
    for (size_t i = 0; i < widest; i++) {
        b->every[i] = (uint32_t)i;
    }
    return b;
}

void backward_destroy(struct backward *b)
{
    if (b == NULL) {
        return;
    }
    for (size_t k = 0; k < b->layers->n_layers; k++) {
        alloc_free(b->coefficient[k]);
        alloc_free(b->error[k]);
        alloc_free(b->charged[k]);
        alloc_free(b->magnitude[k]);
        alloc_free(b->columns[k].list);
        alloc_free(b->columns[k].is_listed);
        alloc_free(b->lines[k].lower_slope);
        alloc_free(b->lines[k].row_slope);
        alloc_free(b->lines[k].upper_slope);
        alloc_free(b->lines[k].upper_intercept);
        alloc_free(b->lines[k].live);
        backward_clear_curve(&b->curves[k]);
        backward_clear_still(&b->still[k]);
    }
    backward_clear_words(b);
    alloc_free(b->coefficient);
    alloc_free(b->columns);
    alloc_free(b->error);
    alloc_free(b->charged);
    alloc_free(b->reach);
    alloc_free(b->magnitude);
    alloc_free(b->lines);
    alloc_free(b->curves);
    alloc_free(b->still);
    alloc_free(b->total);
    alloc_free(b->order);
    alloc_free(b->every);
    tiling_work_clear(&b->work);
    alloc_free(b);
}

/* sum |w_ij| m[j] over all terms of value i of layer k, by the magnitudes m
 * known, in nearest arithmetic. */
static double absolute_terms(const struct backward *b, size_t k, size_t i)
{
    const struct layer *layer = &b->layers->layer[k];
    double sum = 0.0;
    for (size_t t = 0; t < layer->n_terms; t++) {
        sum += row_sum(&layer->terms[t].matrix, i,
                       b->magnitude[layer->terms[t].source], true);
    }
    return sum;
}

/* The size of a value by its bounds, if it is not known to be less. */
static double size_of(const struct backward *b, const struct bounds *bounds,
                      size_t k, size_t i)
{
    return fmin(b->magnitude[k][i],
                fmax(fabs(bounds->lower[k][i]), fabs(bounds->upper[k][i])));
}

/* The largest size of value i of layer k, by those of its sources; terms: its
 * absolute_terms. */
static double magnitude_by_sources(const struct backward *b, size_t k, size_t i,
                                   const struct bounds *bounds, double terms)
{
    const struct layer *layer = &b->layers->layer[k];
    double lower = -HUGE_VAL;
    double upper = HUGE_VAL;
    switch (layer->kind) {
    case LAYER_INPUT:
    case LAYER_DIFFERENCE:
        return HUGE_VAL;
    case LAYER_AFFINE:
        return (terms + fabs(layer->bias[i])) * (1.0 + 4.0 * b->gamma);
    case LAYER_RELU:
        return size_of(b, bounds, layer->source, i);
    case LAYER_ACTIVATION:
        act_curve_range(&lower, &upper, layer->activation,
                        bounds->lower[layer->source][i],
                        bounds->upper[layer->source][i]);
        return fmax(fabs(lower), fabs(upper));
    case LAYER_PRODUCT:
        return size_of(b, bounds, layer->source, i) *
               size_of(b, bounds, layer->other, i) * (1.0 + 0x1p-50);
    case LAYER_SCALE:
        break;
    }
    return size_of(b, bounds, layer->source, i) *
           fmax(fabs(layer->factor_lower[i]), fabs(layer->factor_upper[i])) *
           (1.0 + 0x1p-50);
}

/* (2) of backward.h for a layer whose sources have theirs. */
static void set_layer_scale(struct backward *b, size_t k,
                            const struct bounds *bounds)
{
    const struct layer *layer = &b->layers->layer[k];
    double total = k == 0 ? 1.0 : b->total[k - 1];
    b->reach[k] = 0.0;
    for (size_t i = 0; i < layer->width; i++) {
        const double terms = absolute_terms(b, k, i);
        double m = fmax(fabs(bounds->lower[k][i]), fabs(bounds->upper[k][i]));
        if (b->layers->n_curved > 0) {
            m = fmin(m, magnitude_by_sources(b, k, i, bounds, terms));
        }
        double sum = m + terms;
        if (layer->kind == LAYER_AFFINE) {
            sum += fabs(layer->bias[i]);
        }
        b->magnitude[k][i] = m;
        b->error[k][i] = 2.0 * b->gamma * sum + 0x1p-1070;
        b->reach[k] += isfinite(m) ? m : 0.0;
        total += m;
    }
    b->total[k] = total;
    backward_set_charge(b, k);
}

void backward_extend_scale(struct backward *b, size_t from, size_t end,
                           const struct bounds *bounds)
{
    for (size_t k = from; k < end; k++) {
        set_layer_scale(b, k, bounds);
    }
}

void backward_set_scale(struct backward *b, const struct bounds *bounds)
{
    backward_forget_still(b);
    backward_extend_scale(b, 0, b->layers->n_layers, bounds);
}

void backward_set_lines(struct backward *b, size_t relu, const double *lower,
                        const double *upper)
{
    struct relu_lines *lines = &b->lines[relu];
    const size_t width = b->layers->layer[relu].width;
    lines->n_live = 0;
    for (size_t i = 0; i < width; i++) {
        const double l = lower[i];
        const double u = upper[i];
        const bool is_finite = isfinite(l) && isfinite(u);
        const struct act_line none = {0.0, HUGE_VAL};
        const struct act_line lower_line = act_relu_lower(l, u);
        const struct act_line upper_line =
            is_finite ? act_relu_upper_short(l, u) : none;
        lines->lower_slope[i] = lower_line.slope;
        lines->upper_slope[i] = upper_line.slope;
        lines->upper_intercept[i] = upper_line.intercept;
        if (l >= 0.0 || u > 0.0) {
            lines->live[lines->n_live++] = (uint32_t)i;
        }
    }
    backward_set_reach(b, relu, upper);
}

void backward_set_slope(struct backward *b, size_t relu, size_t neuron,
                        double slope)
{
    REQUIRE(slope >= 0.0 && slope <= 1.0);
    b->lines[relu].lower_slope[neuron] = slope;
}

void backward_set_row_slope(struct backward *b, size_t row, size_t relu,
                            size_t neuron, double slope)
{
    struct relu_lines *lines = &b->lines[relu];
    const size_t stride = b->weights->layer[relu].stride;
    REQUIRE(row < b->n_rows && slope >= 0.0 && slope <= 1.0);
    if (lines->row_slope == NULL) {
        NEW_ALIGNED(lines->row_slope, BACKWARD_ROWS * stride);
    }
    for (size_t r = 0; r < b->n_rows && !lines->has_rows; r++) {
        memcpy(lines->row_slope + r * stride, lines->lower_slope,
               stride * sizeof *lines->row_slope);
    }
    lines->has_rows = true;
    lines->row_slope[row * stride + neuron] = slope;
}

const double *backward_lower_slopes(const struct backward *b, size_t k,
                                    size_t r)
{
    const struct relu_lines *lines = &b->lines[k];
    return lines->has_rows ? lines->row_slope + r * b->weights->layer[k].stride
                           : lines->lower_slope;
}

/* Makes the layer's coefficients zero again after a block. */
static void clean_layer(struct backward *b, size_t k)
{
    struct columns *columns = &b->columns[k];
    const size_t stride = b->weights->layer[k].stride;
    if (columns->is_full) {
        memset(b->coefficient[k], 0, b->n_rows * stride * sizeof(double));
    }
    for (size_t t = 0; t < columns->n; t++) {
        const size_t j = columns->list[t];
        columns->is_listed[j] = false;
        for (size_t r = 0; r < b->n_rows; r++) {
            b->coefficient[k][r * stride + j] = 0.0;
        }
    }
    columns->is_present = false;
    columns->is_full = false;
    columns->is_seeded = false;
    columns->n = 0;
}

void backward_begin(struct backward *b, size_t n_rows)
{
    REQUIRE(n_rows <= BACKWARD_ROWS);
    for (size_t k = 0; k < b->layers->n_layers; k++) {
        if (b->columns[k].is_present) {
            clean_layer(b, k);
        }
        b->lines[k].has_rows = false;
    }
    b->n_rows = n_rows;
    memset(b->constant, 0, sizeof b->constant);
    memset(b->charge, 0, sizeof b->charge);
}

double *backward_all_columns(struct backward *b, size_t k)
{
    b->columns[k].is_present = true;
    b->columns[k].is_full = true;
    return b->coefficient[k];
}

void backward_list_column(struct backward *b, size_t k, uint32_t j)
{
    struct columns *columns = &b->columns[k];
    columns->is_present = true;
    if (!columns->is_full && !columns->is_listed[j]) {
        columns->is_listed[j] = true;
        columns->list[columns->n++] = j;
        columns->is_full = columns->n * FULL_SHARE > b->layers->layer[k].width;
    }
}

double *backward_seed(struct backward *b, size_t layer, size_t row)
{
    REQUIRE(row < b->n_rows);
    b->columns[layer].is_seeded = true;
    return backward_all_columns(b, layer) +
           row * b->weights->layer[layer].stride;
}

void backward_add_constant(struct backward *b, size_t row, double constant)
{
    b->constant[row] += constant;
    b->charge[row] += 2.0 * b->gamma * fabs(constant);
}

/* plus += M[i], minus -= M[i] for row i of the matrix. */
static void seed_row(struct backward *b, size_t source,
                     const struct matrix *matrix, size_t i, size_t t)
{
    const size_t stride = b->weights->layer[source].stride;
    double *plus = b->coefficient[source] + 2 * t * stride;
    double *minus = plus + stride;
    if (matrix->dense != NULL) {
        const double *row = matrix->dense + i * matrix->n_cols;
        (void)backward_all_columns(b, source);
        for (size_t j = 0; j < matrix->n_cols; j++) {
            plus[j] += row[j];
            minus[j] -= row[j];
        }
        return;
    }
    for (size_t p = matrix->start[i]; p < matrix->start[i + 1]; p++) {
        backward_list_column(b, source, matrix->column[p]);
        plus[matrix->column[p]] += matrix->value[p];
        minus[matrix->column[p]] -= matrix->value[p];
    }
}

/* plus = +v[layer][i], minus = -v[layer][i]. */
static void seed_value(struct backward *b, size_t layer, uint32_t i, size_t t)
{
    const size_t stride = b->weights->layer[layer].stride;
    double *plus = b->coefficient[layer] + 2 * t * stride;
    backward_list_column(b, layer, i);
    b->columns[layer].is_seeded = true;
    plus[i] = 1.0;
    plus[stride + i] = -1.0;
}

void backward_seed_neurons(struct backward *b, size_t layer,
                           const uint32_t *neuron, size_t n)
{
    const struct layer *affine = &b->layers->layer[layer];
    REQUIRE(2 * n <= b->n_rows);
    for (size_t t = 0; t < n; t++) {
        const size_t i = neuron[t];
        if (affine->kind != LAYER_AFFINE) {
            seed_value(b, layer, neuron[t], t);
            continue;
        }
        b->constant[2 * t] += affine->bias[i];
        b->constant[2 * t + 1] -= affine->bias[i];
        b->charge[2 * t] += b->charged[layer][i];
        b->charge[2 * t + 1] += b->charged[layer][i];
        for (size_t s = 0; s < affine->n_terms; s++) {
            seed_row(b, affine->terms[s].source, &affine->terms[s].matrix, i,
                     t);
        }
    }
}

const double *backward_coefficients(const struct backward *b, size_t row)
{
    return b->coefficient[0] + row * b->weights->layer[0].stride;
}

double backward_constant(const struct backward *b, size_t row)
{
    return b->constant[row];
}

double backward_minimum(const struct backward *b, size_t row,
                        const double *lower, const double *upper)
{
    const double *a = backward_coefficients(b, row);
    const struct columns *columns = &b->columns[0];
    double minimum = b->constant[row];
    if (columns->is_full) {
        minimum += b->kernels->minimum(a, lower, upper, b->layers->n_inputs);
    }
    for (size_t t = 0; !columns->is_full && t < columns->n; t++) {
        const size_t j = columns->list[t];
        const double at_lower = a[j] * lower[j];
        const double at_upper = a[j] * upper[j];
        minimum += at_lower < at_upper ? at_lower : at_upper;
    }
    return isfinite(minimum) ? minimum : -HUGE_VAL;
}

const double *backward_met(const struct backward *b, size_t k, size_t row)
{
    if (!b->columns[k].is_present) {
        return NULL;
    }
    return b->coefficient[k] + row * b->weights->layer[k].stride;
}

size_t backward_block(const struct backward *b, size_t layer)
{
    const struct layer *affine = &b->layers->layer[layer];
    for (size_t t = 0; t < affine->n_terms; t++) {
        if (affine->terms[t].matrix.dense == NULL) {
            return 1;
        }
    }
    return BACKWARD_ROWS / 2;
}

uint64_t backward_madds(const struct backward *b)
{
    return b->madds;
}
