/* The box domain: every neuron its own interval, rounded outward. */
#include "domains/box.h"

#include "domains/act_curve.h"
#include "domains/act_pair.h"
#include "domains/act_product.h"
#include "src/base/alloc.h"
#include "src/base/require.h"
#include "src/num/interval.h"

#include <assert.h>
#include <math.h>

struct domain {
    const struct layers *layers;
};

struct box_rounding box_rounding(size_t n)
{
    REQUIRE(n <= (size_t)1 << 25);
    return (struct box_rounding){
        .relative = interval_gamma(n + 4),
        .absolute = (double)(2 * n + 8) * INTERVAL_LEAST,
    };
}

size_t box_row_terms(const struct layer *layer)
{
    size_t n = 0;
    for (size_t t = 0; t < layer->n_terms; t++) {
        const struct matrix *matrix = &layer->terms[t].matrix;
        size_t longest = matrix->dense != NULL ? matrix->n_cols : 0;
        for (size_t i = 0; matrix->dense == NULL && i < matrix->n_rows; i++) {
            const size_t n_entries = matrix->start[i + 1] - matrix->start[i];
            longest = n_entries > longest ? n_entries : longest;
        }
        n += longest;
    }
    return n;
}

/* Computed sums of one row: lower and upper end, and of absolute terms. */
struct row_sum {
    double lower;
    double upper;
    double size;
};

/*
 * Adds w * [l, u]. A zero weight times an infinite end is NaN; then the
 * comparisons choose the other product or keep NaN, never a finite lie.
 */
static inline void row_add(struct row_sum *sum, double w, double l, double u)
{
    const double p = w * l;
    const double q = w * u;
    const double p_size = fabs(p);
    const double q_size = fabs(q);
    sum->lower += p < q ? p : q;
    sum->upper += p > q ? p : q;
    sum->size += p_size > q_size ? p_size : q_size;
}

static void row_add_matrix(struct row_sum *sum, const struct matrix *matrix,
                           size_t row, const double *l, const double *u)
{
    if (matrix->dense != NULL) {
        const double *w = matrix->dense + row * matrix->n_cols;
        struct row_sum odd = {0.0, 0.0, 0.0};
        size_t j = 0;
        for (; j + 2 <= matrix->n_cols; j += 2) {
            row_add(sum, w[j], l[j], u[j]);
            row_add(&odd, w[j + 1], l[j + 1], u[j + 1]);
        }
        if (j < matrix->n_cols) {
            row_add(sum, w[j], l[j], u[j]);
        }
        sum->lower += odd.lower;
        sum->upper += odd.upper;
        sum->size += odd.size;
        return;
    }
    for (size_t e = matrix->start[row]; e < matrix->start[row + 1]; e++) {
        const size_t j = matrix->column[e];
        row_add(sum, matrix->value[e], l[j], u[j]);
    }
}

/* A sum from below: all of its terms at least 0, no rounding so far. */
struct exact_sum {
    double sum;
    bool is_positive;
    bool is_exact;
};

/* Adds w * x. Products are exact if the fused residual is 0, where it does not
 * underflow; sums if the terms come back. */
static void exact_add(struct exact_sum *sum, double w, double x)
{
    const double p = w * x;
    const double next = sum->sum + p;
    const double residual = fma(w, x, -p);
    const bool is_safe =
        fabs(p) >= 0x1p-960 || !(w < 0.0 || w > 0.0) || !(x < 0.0 || x > 0.0);
    const bool is_back = next - sum->sum >= p && next - sum->sum <= p &&
                         next - p >= sum->sum && next - p <= sum->sum;
    sum->is_positive =
        sum->is_positive && ((w >= 0.0 && x >= 0.0) || (w <= 0.0 && x <= 0.0));
    sum->is_exact = sum->is_exact && is_safe && is_back &&
                    !(residual < 0.0 || residual > 0.0);
    sum->sum = next;
}

/*
 * A better lower end (upper: -1 for sign, lower end of the negated row) than
 * that of the rounding bound, `end`, where that alone makes it negative: steps
 * and roots care. It is 0 if no term is negative, the sum itself if it is
 * exact.
 */
static double row_end(const struct bounds *bounds, const struct layer *layer,
                      size_t row, double sign, double end)
{
    struct exact_sum sum = {sign * layer->bias[row],
                            sign * layer->bias[row] >= 0.0, true};
    for (size_t t = 0; t < layer->n_terms; t++) {
        const struct matrix *matrix = &layer->terms[t].matrix;
        const double *l = bounds->lower[layer->terms[t].source];
        const double *u = bounds->upper[layer->terms[t].source];
        const bool is_dense = matrix->dense != NULL;
        const size_t first = is_dense ? 0 : matrix->start[row];
        const size_t last = is_dense ? matrix->n_cols : matrix->start[row + 1];
        const double *w =
            is_dense ? matrix->dense + row * matrix->n_cols : matrix->value;
        for (size_t e = first; e < last; e++) {
            const size_t j = is_dense ? e : matrix->column[e];
            exact_add(&sum, sign * w[e], sign * w[e] < 0.0 ? u[j] : l[j]);
        }
    }
    if (sum.is_exact && sum.sum > end) {
        return sum.sum;
    }
    return sum.is_positive && end < 0.0 ? 0.0 : end;
}

/* NaN and infinite ends never pass the comparisons of an intersection:
 * |lower^| and |upper^| are at most size^, so they overflow with e only. */
static bool intersect(double *lower, double *upper, double new_lower,
                      double new_upper)
{
    if (new_lower > *lower) {
        *lower = new_lower;
    }
    if (new_upper < *upper) {
        *upper = new_upper;
    }
    return *lower <= *upper;
}

static bool apply_affine(struct bounds *bounds, const struct layer *layer,
                         size_t k)
{
    const struct box_rounding rounding = box_rounding(box_row_terms(layer));
    bool is_possible = true;
    for (size_t i = 0; i < layer->width; i++) {
        const double b = layer->bias[i];
        struct row_sum sum = {b, b, fabs(b)};
        for (size_t t = 0; t < layer->n_terms; t++) {
            const struct layer_term *term = &layer->terms[t];
            row_add_matrix(&sum, &term->matrix, i, bounds->lower[term->source],
                           bounds->upper[term->source]);
        }
        const double e = rounding.relative * sum.size + rounding.absolute;
        double lower = sum.lower - e;
        double upper = sum.upper + e;
        if (lower < 0.0 && sum.lower >= 0.0) {
            lower = row_end(bounds, layer, i, 1.0, lower);
        }
        if (upper > 0.0 && sum.upper <= 0.0) {
            upper = -row_end(bounds, layer, i, -1.0, -upper);
        }
        is_possible &=
            intersect(&bounds->lower[k][i], &bounds->upper[k][i], lower, upper);
    }
    return is_possible;
}

static bool apply_relu(struct bounds *bounds, const struct layer *layer,
                       size_t k)
{
    const double *l = bounds->lower[layer->source];
    const double *u = bounds->upper[layer->source];
    bool is_possible = true;
    for (size_t i = 0; i < layer->width; i++) {
        is_possible &= intersect(&bounds->lower[k][i], &bounds->upper[k][i],
                                 fmax(l[i], 0.0), fmax(u[i], 0.0));
    }
    return is_possible;
}

/* The range of neuron i of a layer of another kind. */
static void curved_range(double range[2], const struct bounds *bounds,
                         const struct layer *layer, size_t i)
{
    const double z[2] = {bounds->lower[layer->source][i],
                         bounds->upper[layer->source][i]};
    if (layer->kind == LAYER_ACTIVATION) {
        act_curve_range(&range[0], &range[1], layer->activation, z[0], z[1]);
    } else if (layer->kind == LAYER_SCALE) {
        const double factor[2] = {layer->factor_lower[i],
                                  layer->factor_upper[i]};
        act_product_range(&range[0], &range[1], factor, z);
    } else if (layer->kind == LAYER_DIFFERENCE) {
        const struct act_triple triple = act_pair_ends(layer, bounds, i);
        act_pair_range(&range[0], &range[1], &triple);
    } else if (layer->source == layer->other) {
        act_curve_range(&range[0], &range[1], ACTIVATION_SQUARE, z[0], z[1]);
    } else {
        const double other[2] = {bounds->lower[layer->other][i],
                                 bounds->upper[layer->other][i]};
        act_product_range(&range[0], &range[1], z, other);
    }
}

static bool apply_curved(struct bounds *bounds, const struct layer *layer,
                         size_t k)
{
    bool is_possible = true;
    for (size_t i = 0; i < layer->width; i++) {
        double range[2];
        curved_range(range, bounds, layer, i);
        is_possible &= intersect(&bounds->lower[k][i], &bounds->upper[k][i],
                                 range[0], range[1]);
    }
    return is_possible;
}

bool box_apply_layer(struct bounds *bounds, const struct layers *layers,
                     size_t k)
{
    const struct layer *layer = &layers->layer[k];
    switch (layer->kind) {
    case LAYER_INPUT:
        break;
    case LAYER_AFFINE:
        return apply_affine(bounds, layer, k);
    case LAYER_RELU:
        return apply_relu(bounds, layer, k);
    case LAYER_ACTIVATION:
    case LAYER_PRODUCT:
    case LAYER_SCALE:
    case LAYER_DIFFERENCE:
        return apply_curved(bounds, layer, k);
    }
    return true;
}

bool box_set_inputs(struct bounds *bounds, const struct region *region,
                    size_t n_inputs)
{
    bool is_possible = true;
    for (size_t i = 0; i < n_inputs; i++) {
        REQUIRE(isfinite(region->lower[i]) && isfinite(region->upper[i]));
        bounds->lower[0][i] = region->lower[i];
        bounds->upper[0][i] = region->upper[i];
        is_possible &= region->lower[i] <= region->upper[i];
    }
    return is_possible;
}

static struct domain *box_create(const struct layers *layers)
{
    struct domain *box = NULL;
    NEW(box);
    box->layers = layers;
    return box;
}

static void box_destroy(struct domain *box)
{
    alloc_free(box);
}

static enum domain_answer box_propagate(struct domain *box,
                                        struct bounds *bounds,
                                        const struct region *region,
                                        const struct budget *budget)
{
    assert(bounds->n_layers == box->layers->n_layers);
    if (!box_set_inputs(bounds, region, box->layers->n_inputs)) {
        return DOMAIN_EMPTY;
    }
    for (size_t k = 1; k < box->layers->n_layers; k++) {
        if (budget_check(budget) != STATUS_OK) {
            return DOMAIN_INTERRUPTED;
        }
        if (!box_apply_layer(bounds, box->layers, k)) {
            return DOMAIN_EMPTY;
        }
    }
    return DOMAIN_DONE;
}

const struct domain_ops box_domain_ops = {
    .name = "box",
    .guarantee = "one interval per neuron around all values of the box; rows "
                 "ignored; ends widened by an a-priori rounding bound",
    .create = box_create,
    .destroy = box_destroy,
    .propagate = box_propagate,
};
