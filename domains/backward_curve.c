/* Passing rows through neurons that are neither affine nor ReLUs. */
#include "domains/act_curve.h"
#include "domains/act_pair.h"
#include "domains/act_product.h"
#include "domains/backward.h"
#include "domains/backward_state.h"
#include "src/base/alloc.h"

#include <math.h>

void backward_create_curve(struct curve_lines *lines, const struct layer *layer)
{
    const size_t n = layer->width;
    NEW_ARRAY(lines->lower_slope, n);
    NEW_ARRAY(lines->lower_intercept, n);
    NEW_ARRAY(lines->upper_slope, n);
    NEW_ARRAY(lines->upper_intercept, n);
    NEW_ARRAY(lines->charge, n);
    if (layer->shares.n > 0) {
        NEW_ARRAY(lines->gap, n);
    }
    if (layer_n_read(layer) > 1) {
        NEW_ARRAY(lines->lower_other, n);
        NEW_ARRAY(lines->upper_other, n);
    }
    if (layer_n_read(layer) > 2) {
        NEW_ARRAY(lines->lower_base, n);
        NEW_ARRAY(lines->upper_base, n);
    }
}

void backward_clear_curve(struct curve_lines *lines)
{
    alloc_free(lines->lower_slope);
    alloc_free(lines->lower_other);
    alloc_free(lines->lower_base);
    alloc_free(lines->lower_intercept);
    alloc_free(lines->upper_slope);
    alloc_free(lines->upper_other);
    alloc_free(lines->upper_base);
    alloc_free(lines->upper_intercept);
    alloc_free(lines->charge);
    alloc_free(lines->gap);
}

static void set_planes(struct curve_lines *lines, size_t i, const double z[2],
                       const double w[2])
{
    const struct act_planes planes = act_product_planes(z, w);
    lines->lower_slope[i] = planes.first;
    lines->upper_slope[i] = planes.first;
    lines->lower_other[i] = planes.second;
    lines->upper_other[i] = planes.second;
    lines->lower_intercept[i] = planes.lower;
    lines->upper_intercept[i] = planes.upper;
}

static void set_difference(struct curve_lines *lines, size_t i,
                           const struct layer *layer,
                           const struct bounds *bounds)
{
    const struct act_triple z = act_pair_ends(layer, bounds, i);
    const struct act_pair_planes planes = act_pair_planes(&z);
    lines->lower_slope[i] = planes.lower.difference;
    lines->upper_slope[i] = planes.upper.difference;
    lines->lower_other[i] = planes.lower.second;
    lines->upper_other[i] = planes.upper.second;
    lines->lower_base[i] = planes.lower.first;
    lines->upper_base[i] = planes.upper.first;
    lines->lower_intercept[i] = planes.lower.intercept;
    lines->upper_intercept[i] = planes.upper.intercept;
}

static void set_lines(struct curve_lines *lines, size_t i,
                      struct act_lines both)
{
    lines->lower_slope[i] = both.lower.slope;
    lines->upper_slope[i] = both.upper.slope;
    lines->lower_intercept[i] = both.lower.intercept;
    lines->upper_intercept[i] = both.upper.intercept;
}

static double larger(double a, double b)
{
    return fmax(fabs(a), fabs(b));
}

/* (3) of backward.h; an infinite intercept only counts where it is used. */
static void set_charge(struct backward *b, size_t k, size_t i)
{
    const struct layer *layer = &b->layers->layer[k];
    struct curve_lines *lines = &b->curves[k];
    const double slope = larger(lines->lower_slope[i], lines->upper_slope[i]);
    double sum = 0.0;
    if (slope > 0.0) {
        sum += slope * b->magnitude[layer->source][i];
    }
    if (lines->lower_other != NULL) {
        const double other =
            larger(lines->lower_other[i], lines->upper_other[i]);
        sum += other > 0.0 ? other * b->magnitude[layer->other][i] : 0.0;
    }
    if (lines->lower_base != NULL) {
        const double base = larger(lines->lower_base[i], lines->upper_base[i]);
        sum += base > 0.0 ? base * b->magnitude[layer->base][i] : 0.0;
    }
    if (isfinite(lines->lower_intercept[i])) {
        sum += fabs(lines->lower_intercept[i]);
    }
    if (isfinite(lines->upper_intercept[i])) {
        sum += fabs(lines->upper_intercept[i]);
    }
    lines->charge[i] = 2.0 * b->gamma * sum + 0x1p-1070;
}

void backward_set_curve(struct backward *b, size_t k,
                        const struct bounds *bounds)
{
    const struct layer *layer = &b->layers->layer[k];
    const struct still *still = &b->still[k];
    struct curve_lines *lines = &b->curves[k];
    const size_t n = still->is_on ? still->n_moving : layer->width;
    for (size_t t = 0; t < n; t++) {
        const size_t i = still->is_on ? still->moving[t] : t;
        const double z[2] = {bounds->lower[layer->source][i],
                             bounds->upper[layer->source][i]};
        if (layer->kind == LAYER_ACTIVATION) {
            set_lines(lines, i, act_curve_lines(layer->activation, z[0], z[1]));
        } else if (layer->kind == LAYER_DIFFERENCE) {
            set_difference(lines, i, layer, bounds);
        } else if (layer->kind == LAYER_PRODUCT) {
            const double w[2] = {bounds->lower[layer->other][i],
                                 bounds->upper[layer->other][i]};
            set_planes(lines, i, z, w);
        } else {
            const double factor[2] = {layer->factor_lower[i],
                                      layer->factor_upper[i]};
            set_lines(lines, i, act_scale_lines(factor, z[0], z[1]));
        }
        set_charge(b, k, i);
        if (lines->gap != NULL) {
            lines->gap[i] = backward_gap(b, k, i, bounds);
        }
    }
}

void backward_set_constant(struct backward *b, size_t k, size_t i, double lower,
                           double upper)
{
    struct curve_lines *lines = &b->curves[k];
    set_lines(lines, i, (struct act_lines){{0.0, lower}, {0.0, upper}});
    if (lines->lower_other != NULL) {
        lines->lower_other[i] = 0.0;
        lines->upper_other[i] = 0.0;
    }
    if (lines->lower_base != NULL) {
        lines->lower_base[i] = 0.0;
        lines->upper_base[i] = 0.0;
    }
    set_charge(b, k, i);
}

double backward_line_at(const struct backward *b, size_t k, size_t i,
                        bool is_upper, const double source[3])
{
    const struct curve_lines *lines = &b->curves[k];
    const double *other = is_upper ? lines->upper_other : lines->lower_other;
    const double *base = is_upper ? lines->upper_base : lines->lower_base;
    const double slope =
        is_upper ? lines->upper_slope[i] : lines->lower_slope[i];
    const double intercept =
        is_upper ? lines->upper_intercept[i] : lines->lower_intercept[i];
    return slope * source[0] + (other == NULL ? 0.0 : other[i] * source[1]) +
           (base == NULL ? 0.0 : base[i] * source[2]) + intercept;
}

double backward_gap(const struct backward *b, size_t k, size_t i,
                    const struct bounds *bounds)
{
    const struct layer *layer = &b->layers->layer[k];
    const size_t read[3] = {layer->source, layer->other, layer->base};
    double low[3] = {0.0};
    double high[3] = {0.0};
    for (size_t t = 0; t < layer_n_read(layer); t++) {
        low[t] = bounds->lower[read[t]][i];
        high[t] = bounds->upper[read[t]][i];
    }
    const double gap = backward_line_at(b, k, i, true, low) -
                       backward_line_at(b, k, i, false, low) +
                       backward_line_at(b, k, i, true, high) -
                       backward_line_at(b, k, i, false, high);
    return isfinite(gap) ? 0.5 * gap : 0.0;
}

/* Passes coefficient q of neuron i in row r. */
static void pass_one(struct backward *b, size_t k, size_t r, size_t i, double q)
{
    const struct layer *layer = &b->layers->layer[k];
    const struct curve_lines *lines = &b->curves[k];
    const bool is_lower = q > 0.0;
    const size_t stride = b->weights->layer[layer->source].stride;
    const double slope =
        is_lower ? lines->lower_slope[i] : lines->upper_slope[i];
    b->coefficient[layer->source][r * stride + i] += q * slope;
    if (lines->lower_other != NULL) {
        const double other =
            is_lower ? lines->lower_other[i] : lines->upper_other[i];
        b->coefficient[layer->other][r * stride + i] += q * other;
    }
    if (lines->lower_base != NULL) {
        const double base =
            is_lower ? lines->lower_base[i] : lines->upper_base[i];
        b->coefficient[layer->base][r * stride + i] += q * base;
    }
    b->constant[r] +=
        q * (is_lower ? lines->lower_intercept[i] : lines->upper_intercept[i]);
    b->charge[r] += fabs(q) * lines->charge[i];
}

/* Marks what the rows may reach below layer k. */
static void list_sources(struct backward *b, size_t k, size_t source)
{
    const struct columns *columns = &b->columns[k];
    if (columns->is_full) {
        (void)backward_all_columns(b, source);
        return;
    }
    for (size_t t = 0; t < columns->n; t++) {
        backward_list_column(b, source, columns->list[t]);
    }
}

void backward_pass_curve(struct backward *b, size_t k)
{
    const struct layer *layer = &b->layers->layer[k];
    const struct columns *columns = &b->columns[k];
    const size_t stride = b->weights->layer[k].stride;
    if (layer->shares.n > 0) {
        backward_share(b, k);
    }
    const size_t n = columns->is_full ? layer->width : columns->n;
    list_sources(b, k, layer->source);
    if (layer_n_read(layer) > 1) {
        list_sources(b, k, layer->other);
    }
    if (layer_n_read(layer) > 2) {
        list_sources(b, k, layer->base);
    }
    for (size_t r = 0; r < b->n_rows; r++) {
        const double *q = b->coefficient[k] + r * stride;
        for (size_t t = 0; t < n; t++) {
            const size_t i = columns->is_full ? t : columns->list[t];
            if (q[i] > 0.0 || q[i] < 0.0) {
                pass_one(b, k, r, i, q[i]);
            } else if (isnan(q[i])) {
                b->constant[r] = -HUGE_VAL;
            }
        }
    }
}
