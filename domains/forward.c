/* L.x + l0 <= v <= U.x + u0 for every neuron v, layer by layer. */
#include "domains/forward.h"

#include "domains/act_relu.h"
#include "src/base/alloc.h"
#include "src/base/require.h"
#include "src/num/dense.h"
#include "src/num/interval.h"

#include <math.h>
#include <string.h>

/*
 * One neuron's forms lie in a row of `stride` doubles:
 *   [0, n)           coefficients of L, [n] its constant, [n+1] its M
 *   [n+2, 2n+2)      coefficients of U, [2n+2] its constant, [2n+3] its M
 * n = n_varying. The swapped copy of a layer has U before L; negative
 * weights combine with it.
 */
struct forward {
    const struct weights *weights;
    const struct layers *layers;
    const struct dense_kernels *kernels;
    double **forms;    /* per layer [width x stride] */
    double *swapped;   /* [widest x stride] */
    double **positive; /* per layer and dense term: max(W, 0), padded */
    double **negative;
    size_t *first_term; /* index of a layer's first term in the above */
    uint32_t *every;
    size_t n_varying;
    size_t stride;
    uint32_t varying[FORWARD_INPUTS];
    double magnitude[FORWARD_INPUTS];
    double lower[FORWARD_INPUTS];
    double upper[FORWARD_INPUTS];
    double least; /* above the error of products that underflow */
    uint64_t madds;
};

enum { FORM_EXTRA = 2, FORMS_MAX = 2 * (FORWARD_INPUTS + FORM_EXTRA) };

/* Padded copies of the positive and negative part of a dense matrix. */
static void split_signs(struct forward *f, size_t slot,
                        const struct matrix *matrix)
{
    if (matrix->dense == NULL) {
        return;
    }
    const size_t stride = dense_stride(matrix->n_cols);
    NEW_ALIGNED(f->positive[slot], matrix->n_rows * stride);
    NEW_ALIGNED(f->negative[slot], matrix->n_rows * stride);
    for (size_t i = 0; i < matrix->n_rows; i++) {
        for (size_t j = 0; j < matrix->n_cols; j++) {
            const double w = matrix->dense[i * matrix->n_cols + j];
            f->positive[slot][i * stride + j] = fmax(w, 0.0);
            f->negative[slot][i * stride + j] = fmin(w, 0.0);
        }
    }
}

struct forward *forward_create(const struct weights *weights)
{
    struct forward *f;
    NEW(f);
    const struct layers *layers = weights->layers;
    f->weights = weights;
    f->layers = layers;
    f->kernels = dense_kernels_best();
    NEW_ARRAY(f->forms, layers->n_layers);
    NEW_ARRAY(f->first_term, layers->n_layers);
    size_t widest = 0;
    size_t n_terms = 0;
    for (size_t k = 0; k < layers->n_layers; k++) {
        const struct layer *layer = &layers->layer[k];
        widest = layer->width > widest ? layer->width : widest;
        f->first_term[k] = n_terms;
        n_terms += layer->n_terms;
    }
    NEW_ARRAY(f->positive, n_terms);
    NEW_ARRAY(f->negative, n_terms);
    for (size_t k = 0; k < layers->n_layers; k++) {
        const struct layer *layer = &layers->layer[k];
        for (size_t t = 0; t < layer->n_terms; t++) {
            split_signs(f, f->first_term[k] + t, &layer->terms[t].matrix);
        }
    }
    NEW_ARRAY(f->every, widest);
    for (size_t i = 0; i < widest; i++) {
        f->every[i] = (uint32_t)i;
    }
    return f;
}

static void free_forms(struct forward *f)
{
    for (size_t k = 0; k < f->layers->n_layers; k++) {
        alloc_free(f->forms[k]);
        f->forms[k] = NULL;
    }
    alloc_free(f->swapped);
    f->swapped = NULL;
}

void forward_destroy(struct forward *f)
{
    if (f == NULL) {
        return;
    }
    free_forms(f);
    for (size_t k = 0; k < f->layers->n_layers; k++) {
        for (size_t t = 0; t < f->layers->layer[k].n_terms; t++) {
            alloc_free(f->positive[f->first_term[k] + t]);
            alloc_free(f->negative[f->first_term[k] + t]);
        }
    }
    alloc_free(f->positive);
    alloc_free(f->negative);
    alloc_free(f->first_term);
    alloc_free(f->forms);
    alloc_free(f->every);
    alloc_free(f);
}

bool forward_is_applicable(const struct forward *f, const double *lower,
                           const double *upper)
{
    size_t n = 0;
    for (size_t j = 0; j < f->layers->n_inputs; j++) {
        n += lower[j] < upper[j] ? 1 : 0;
    }
    return n <= FORWARD_INPUTS;
}

/* Finds the varying inputs and sizes the forms for them. */
static void set_box(struct forward *f, const double *lower, const double *upper)
{
    size_t n = 0;
    double total = 1.0;
    for (size_t j = 0; j < f->layers->n_inputs; j++) {
        if (lower[j] < upper[j]) {
            REQUIRE(n < FORWARD_INPUTS);
            f->varying[n] = (uint32_t)j;
            f->lower[n] = lower[j];
            f->upper[n] = upper[j];
            f->magnitude[n] = fmax(fabs(lower[j]), fabs(upper[j]));
            total += f->magnitude[n];
            n++;
        }
    }
    f->least = total * 0x1p-1000;
    const size_t stride = dense_stride(2 * (n + FORM_EXTRA));
    if (f->swapped == NULL || stride > f->stride) {
        free_forms(f);
        size_t widest = 0;
        for (size_t k = 0; k < f->layers->n_layers; k++) {
            const size_t width = f->layers->layer[k].width;
            widest = width > widest ? width : widest;
            NEW_ALIGNED(f->forms[k], width * stride);
        }
        NEW_ALIGNED(f->swapped, widest * stride);
        f->stride = stride;
    }
    f->n_varying = n;
}

/* M of the form at `form`: sum |a| magnitude + |constant|, rounded up. */
static void set_magnitude(const struct forward *f, double *form)
{
    const size_t n = f->n_varying;
    double sum = fabs(form[n]);
    for (size_t d = 0; d < n; d++) {
        sum += fabs(form[d]) * f->magnitude[d];
    }
    form[n + 1] = sum * (1.0 + 0x1p-40);
}

/* Minimum of the form over the box, rounded down by (2). */
static double form_minimum(const struct forward *f, const double *form)
{
    const size_t n = f->n_varying;
    double sum = form[n];
    for (size_t d = 0; d < n; d++) {
        sum += form[d] * (form[d] > 0.0 ? f->lower[d] : f->upper[d]);
    }
    return sum - (form[n + 1] * 0x1p-46 + 0x1p-1000);
}

static double form_maximum(const struct forward *f, const double *form)
{
    const size_t n = f->n_varying;
    double sum = form[n];
    for (size_t d = 0; d < n; d++) {
        sum += form[d] * (form[d] > 0.0 ? f->upper[d] : f->lower[d]);
    }
    return sum + (form[n + 1] * 0x1p-46 + 0x1p-1000);
}

static void begin_input(struct forward *f, const double *lower)
{
    const size_t n = f->n_varying;
    double *forms = f->forms[0];
    memset(forms, 0, f->layers->n_inputs * f->stride * sizeof *forms);
    size_t d = 0;
    for (size_t j = 0; j < f->layers->n_inputs; j++) {
        double *low = forms + j * f->stride;
        double *high = low + n + FORM_EXTRA;
        if (d < n && f->varying[d] == j) {
            low[d] = 1.0;
            high[d] = 1.0;
            d++;
        } else {
            low[n] = lower[j];
            high[n] = lower[j];
        }
        set_magnitude(f, low);
        set_magnitude(f, high);
    }
}

/* Copies the forms of a layer with L and U exchanged. The M columns change
 * sign: negative weights times -M add up to +|w| M. */
static void swap_forms(struct forward *f, size_t k)
{
    const size_t half = f->n_varying + FORM_EXTRA;
    const double *forms = f->forms[k];
    for (size_t i = 0; i < f->layers->layer[k].width; i++) {
        const double *from = forms + i * f->stride;
        double *to = f->swapped + i * f->stride;
        memcpy(to, from + half, half * sizeof *to);
        memcpy(to + half, from, half * sizeof *to);
        to[half - 1] = -to[half - 1];
        to[2 * half - 1] = -to[2 * half - 1];
    }
}

static void add_dense_term(struct forward *f, size_t k,
                           const struct layer_term *term, size_t slot)
{
    struct dense_product product = {
        .c = f->forms[k],
        .a = f->positive[slot],
        .w = f->forms[term->source],
        .live = f->every,
        .c_stride = f->stride,
        .a_stride = dense_stride(term->matrix.n_cols),
        .w_stride = f->stride,
        .n_live = term->matrix.n_cols,
        .n_rows = term->matrix.n_rows,
        .n_cols = f->stride,
    };
    f->kernels->add_product(&product);
    product.a = f->negative[slot];
    product.w = f->swapped;
    f->kernels->add_product(&product);
    f->madds += 2 * product.n_rows * product.n_live * product.n_cols;
}

static void add_sparse_term(struct forward *f, double *forms,
                            const struct layer_term *term)
{
    const struct matrix *matrix = &term->matrix;
    const size_t n = 2 * (f->n_varying + FORM_EXTRA);
    for (size_t i = 0; i < matrix->n_rows; i++) {
        double *to = forms + i * f->stride;
        for (size_t p = matrix->start[i]; p < matrix->start[i + 1]; p++) {
            const double w = matrix->value[p];
            const double *from =
                (w > 0.0 ? f->forms[term->source] : f->swapped) +
                matrix->column[p] * f->stride;
            for (size_t d = 0; d < n; d++) {
                to[d] += w * from[d];
            }
        }
    }
    f->madds += matrix->start[matrix->n_rows] * n;
}

/* Moves the error of (2) into the constants and renews M. */
static void settle_affine(struct forward *f, size_t k, double gamma)
{
    const size_t n = f->n_varying;
    const struct layer *layer = &f->layers->layer[k];
    for (size_t i = 0; i < layer->width; i++) {
        double *low = f->forms[k] + i * f->stride;
        double *high = low + n + FORM_EXTRA;
        const double bias = fabs(layer->bias[i]);
        const double low_error = gamma * (low[n + 1] + bias) + f->least;
        const double high_error = gamma * (high[n + 1] + bias) + f->least;
        low[n] -= low_error;
        high[n] += high_error;
        set_magnitude(f, low);
        set_magnitude(f, high);
    }
}

static void run_affine(struct forward *f, size_t k)
{
    const struct layer *layer = &f->layers->layer[k];
    const size_t n = f->n_varying;
    double *forms = f->forms[k];
    size_t n_summands = 8;
    memset(forms, 0, layer->width * f->stride * sizeof *forms);
    for (size_t i = 0; i < layer->width; i++) {
        forms[i * f->stride + n] = layer->bias[i];
        forms[i * f->stride + 2 * n + FORM_EXTRA] = layer->bias[i];
    }
    for (size_t t = 0; t < layer->n_terms; t++) {
        const struct layer_term *term = &layer->terms[t];
        swap_forms(f, term->source);
        if (term->matrix.dense != NULL) {
            add_dense_term(f, k, term, f->first_term[k] + t);
        } else {
            add_sparse_term(f, forms, term);
        }
        n_summands += 2 * term->matrix.n_cols;
    }
    settle_affine(f, k, 2.0 * interval_gamma(n_summands));
}

/* Intersects the bounds of a layer with its forms; false if empty. */
static bool tighten(struct forward *f, struct bounds *bounds, size_t k)
{
    bool is_sound = true;
    for (size_t i = 0; i < f->layers->layer[k].width; i++) {
        const double *low = f->forms[k] + i * f->stride;
        const double l = form_minimum(f, low);
        const double u = form_maximum(f, low + f->n_varying + FORM_EXTRA);
        if (l > bounds->lower[k][i]) {
            bounds->lower[k][i] = l;
        }
        if (u < bounds->upper[k][i]) {
            bounds->upper[k][i] = u;
        }
        is_sound = is_sound && bounds->lower[k][i] <= bounds->upper[k][i];
    }
    return is_sound;
}

/* Forms of y = max(z, 0) from those of z in [l, u]. */
static void relax_neuron(const struct forward *f, double *y, const double *z,
                         double l, double u)
{
    const size_t n = f->n_varying;
    const size_t half = n + FORM_EXTRA;
    if (l >= 0.0) {
        memcpy(y, z, 2 * half * sizeof *y);
        return;
    }
    memset(y, 0, 2 * half * sizeof *y);
    if (u <= 0.0) {
        return;
    }
    if (u > -l) {
        memcpy(y, z, half * sizeof *y);
    }
    const bool is_finite = isfinite(l) && isfinite(u);
    const struct act_line none = {0.0, HUGE_VAL};
    const struct act_line line = is_finite ? act_relu_upper(l, u) : none;
    const double s = line.slope;
    const double t = line.intercept;
    double *high = y + half;
    for (size_t d = 0; d <= n; d++) {
        high[d] = s * z[half + d];
    }
    /* n + 2 products and one sum, each off by u of its size. */
    const double size = s * z[half + n + 1] + t;
    high[n] = high[n] + t + (size * 0x1p-48 + f->least);
    set_magnitude(f, high);
}

static void run_relu(struct forward *f, struct bounds *bounds, size_t k)
{
    const struct layer *layer = &f->layers->layer[k];
    for (size_t i = 0; i < layer->width; i++) {
        const double l = bounds->lower[layer->source][i];
        const double u = bounds->upper[layer->source][i];
        relax_neuron(f, f->forms[k] + i * f->stride,
                     f->forms[layer->source] + i * f->stride, l, u);
        bounds->lower[k][i] =
            interval_raise(bounds->lower[k][i], interval_raise(0.0, l));
        bounds->upper[k][i] =
            interval_reduce(bounds->upper[k][i], interval_raise(0.0, u));
    }
}

bool forward_run(struct forward *f, struct bounds *bounds, const double *lower,
                 const double *upper)
{
    set_box(f, lower, upper);
    begin_input(f, lower);
    for (size_t k = 1; k < f->layers->n_layers; k++) {
        if (f->layers->layer[k].kind == LAYER_RELU) {
            run_relu(f, bounds, k);
            continue;
        }
        run_affine(f, k);
        if (!tighten(f, bounds, k)) {
            return false;
        }
    }
    return true;
}

uint64_t forward_madds(const struct forward *f)
{
    return f->madds;
}
