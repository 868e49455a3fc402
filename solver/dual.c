/* The workspace of the dual bound: lines of the root, rows of a batch. */
#include "solver/dual.h"

#include "domains/act_relu.h"
#include "src/base/alloc.h"
#include "src/base/require.h"

#include <string.h>

/* The padded transpose of a dense matrix; NULL for a sparse one. */
static double *transpose(const struct matrix *matrix)
{
    double *to = NULL;
    if (matrix->dense == NULL) {
        return NULL;
    }
    const size_t stride = dense_stride(matrix->n_rows);
    NEW_ALIGNED(to, matrix->n_cols * stride);
    for (size_t i = 0; i < matrix->n_rows; i++) {
        for (size_t j = 0; j < matrix->n_cols; j++) {
            to[j * stride + i] = matrix->dense[i * matrix->n_cols + j];
        }
    }
    return to;
}

static void create_layer(struct dual *d, size_t k)
{
    const struct layer *layer = &d->layers->layer[k];
    const size_t stride = d->weights->layer[k].stride;
    NEW_ALIGNED(d->coefficient[k], DUAL_ROWS * stride);
    NEW_ALIGNED(d->value[k], DUAL_ROWS * stride);
    if (layer->kind == LAYER_RELU) {
        struct dual_layer *lines = &d->layer[k];
        NEW_ARRAY(lines->id, layer->width);
        NEW_ARRAY(lines->upper_slope, layer->width);
        NEW_ARRAY(lines->upper_intercept, layer->width);
        NEW_ARRAY(lines->live, layer->width);
    }
    if (layer->kind == LAYER_AFFINE) {
        NEW_ARRAY(d->transposed[k], layer->n_terms);
        for (size_t t = 0; t < layer->n_terms; t++) {
            d->transposed[k][t] = transpose(&layer->terms[t].matrix);
        }
    }
}

struct dual *dual_create(const struct weights *weights)
{
    struct dual *d;
    NEW(d);
    const struct layers *layers = weights->layers;
    size_t widest = 0;
    d->weights = weights;
    d->layers = layers;
    d->kernels = dense_kernels_best();
    NEW_ARRAY(d->layer, layers->n_layers);
    NEW_ARRAY(d->transposed, layers->n_layers);
    NEW_ARRAY(d->coefficient, layers->n_layers);
    NEW_ARRAY(d->value, layers->n_layers);
    for (size_t k = 0; k < layers->n_layers; k++) {
        const size_t width = layers->layer[k].width;
        create_layer(d, k);
        widest = width > widest ? width : widest;
    }
    weights_fit_work(weights, &d->work);
    NEW_ARRAY(d->every, widest);
    NEW_ARRAY(d->met, widest + 1);
    NEW_ARRAY(d->scale, DUAL_ROWS * layers->n_layers);
    for (size_t i = 0; i < widest; i++) {
        d->every[i] = (uint32_t)i;
    }
    return d;
}

static void clear_root(struct dual *d)
{
    alloc_free(d->neuron);
    alloc_free(d->phase);
    alloc_free(d->choice);
    alloc_free(d->gradient);
    alloc_free(d->eta);
    alloc_free(d->eta_gradient);
    alloc_free(d->best);
    alloc_free(d->best_eta);
    alloc_free(d->first);
    alloc_free(d->second);
}

static void destroy_layer(struct dual *d, size_t k)
{
    const struct layer *layer = &d->layers->layer[k];
    if (layer->kind == LAYER_AFFINE) {
        for (size_t t = 0; t < layer->n_terms; t++) {
            alloc_free(d->transposed[k][t]);
        }
        alloc_free(d->transposed[k]);
    }
    alloc_free(d->layer[k].id);
    alloc_free(d->layer[k].upper_slope);
    alloc_free(d->layer[k].upper_intercept);
    alloc_free(d->layer[k].live);
    alloc_free(d->coefficient[k]);
    alloc_free(d->value[k]);
}

void dual_destroy(struct dual *d)
{
    if (d == NULL) {
        return;
    }
    for (size_t k = 0; k < d->layers->n_layers; k++) {
        destroy_layer(d, k);
    }
    clear_root(d);
    alloc_free(d->layer);
    alloc_free(d->transposed);
    alloc_free(d->coefficient);
    alloc_free(d->value);
    alloc_free(d->every);
    alloc_free(d->met);
    tiling_work_clear(&d->work);
    alloc_free(d->scale);
    alloc_free(d);
}

double dual_madds(const struct dual *d)
{
    return d == NULL ? 0.0 : (double)d->madds;
}

/* Lines and numbers of the neurons of ReLU layer k. */
static void set_lines(struct dual *d, size_t k, const struct bounds *bounds)
{
    const struct layer *layer = &d->layers->layer[k];
    const double *lower = bounds->lower[layer->source];
    const double *upper = bounds->upper[layer->source];
    struct dual_layer *lines = &d->layer[k];
    lines->n_live = 0;
    for (size_t i = 0; i < layer->width; i++) {
        lines->id[i] = DUAL_STABLE;
        lines->upper_slope[i] = upper[i] > 0.0 ? 1.0 : 0.0;
        lines->upper_intercept[i] = 0.0;
        if (bounds_phase(lower[i], upper[i]) == PHASE_UNSTABLE) {
            const struct act_line line =
                act_relu_upper_short(lower[i], upper[i]);
            lines->id[i] = (uint32_t)d->n_unstable++;
            lines->upper_slope[i] = line.slope;
            lines->upper_intercept[i] = line.intercept;
        }
        if (upper[i] > 0.0) {
            lines->live[lines->n_live++] = (uint32_t)i;
        }
    }
}

/* The list of unstable neurons, with the default slope in the first row. */
static void list_neurons(struct dual *d, const struct bounds *bounds)
{
    uint32_t number = 0;
    for (size_t k = 1; k < d->layers->n_layers; k++) {
        const struct layer *layer = &d->layers->layer[k];
        if (layer->kind != LAYER_RELU) {
            continue;
        }
        for (size_t i = 0; i < layer->width; i++) {
            const uint32_t id = d->layer[k].id[i];
            if (id != DUAL_STABLE) {
                d->neuron[id] = (struct dual_neuron){
                    (uint32_t)k, (uint32_t)layer->source, (uint32_t)i, number};
                d->choice[DUAL_ROWS * d->n_unstable + id] =
                    act_relu_lower(bounds->lower[layer->source][i],
                                   bounds->upper[layer->source][i])
                        .slope;
            }
        }
        number++;
    }
}

void dual_set_root(struct dual *d, const struct spec *spec,
                   const struct bounds *bounds, const double *lower,
                   const double *upper)
{
    clear_root(d);
    d->spec = spec;
    d->lower = lower;
    d->upper = upper;
    d->target = 0;
    d->n_unstable = 0;
    d->most_atoms = 0;
    for (size_t k = 1; k < d->layers->n_layers; k++) {
        if (d->layers->layer[k].kind == LAYER_RELU) {
            memset(d->value[k], 0,
                   DUAL_ROWS * d->weights->layer[k].stride * sizeof(double));
            set_lines(d, k, bounds);
        }
    }
    for (size_t i = 0; i < spec->n_disjuncts; i++) {
        const size_t n = spec->first[i + 1] - spec->first[i];
        d->most_atoms = n > d->most_atoms ? n : d->most_atoms;
    }
    NEW_ARRAY(d->neuron, d->n_unstable);
    NEW_ARRAY(d->phase, DUAL_ROWS * d->n_unstable);
    /* One row more: the default slopes. */
    NEW_ARRAY(d->choice, (DUAL_ROWS + 1) * d->n_unstable);
    NEW_ARRAY(d->gradient, DUAL_ROWS * d->n_unstable);
    NEW_ARRAY(d->eta, DUAL_ROWS * d->most_atoms);
    NEW_ARRAY(d->eta_gradient, DUAL_ROWS * d->most_atoms);
    NEW_ARRAY(d->best, DUAL_ROWS * d->n_unstable);
    NEW_ARRAY(d->best_eta, DUAL_ROWS * d->most_atoms);
    NEW_ARRAY(d->first, DUAL_ROWS * d->n_unstable);
    NEW_ARRAY(d->second, DUAL_ROWS * d->n_unstable);
    list_neurons(d, bounds);
}

void dual_set_chords(struct dual *d, const struct bounds *bounds)
{
    for (size_t i = 0; i < d->n_unstable; i++) {
        const struct dual_neuron *neuron = &d->neuron[i];
        const double lower = bounds->lower[neuron->source][neuron->index];
        const double upper = bounds->upper[neuron->source][neuron->index];
        if (bounds_phase(lower, upper) == PHASE_UNSTABLE) {
            struct dual_layer *lines = &d->layer[neuron->relu];
            const struct act_line line = act_relu_upper_short(lower, upper);
            lines->upper_slope[neuron->index] = line.slope;
            lines->upper_intercept[neuron->index] = line.intercept;
        }
    }
}

uint32_t dual_find(const struct dual *d, size_t source, uint32_t index)
{
    for (size_t k = source + 1; k < d->layers->n_layers; k++) {
        if (d->layers->layer[k].kind == LAYER_RELU &&
            d->layers->layer[k].source == source) {
            return d->layer[k].id[index];
        }
    }
    return DUAL_STABLE;
}

void dual_set_row(struct dual *d, size_t row, uint32_t disjunct)
{
    const struct spec *spec = d->spec;
    const size_t n = d->n_unstable;
    const size_t n_atoms =
        d->target > 0 ? 0 : spec->first[disjunct + 1] - spec->first[disjunct];
    REQUIRE(row < DUAL_ROWS);
    d->disjunct[row] = disjunct;
    memset(d->phase + row * n, PHASE_UNSTABLE, n);
    memcpy(d->choice + row * n, d->choice + DUAL_ROWS * n,
           n * sizeof *d->choice);
    for (size_t q = 0; q < n_atoms; q++) {
        d->eta[row * d->most_atoms + q] = 1.0 / (double)n_atoms;
    }
}

void dual_copy_row(struct dual *d, size_t to, size_t from)
{
    const size_t n = d->n_unstable;
    const size_t m = d->most_atoms;
    REQUIRE(to < DUAL_ROWS && from < DUAL_ROWS);
    if (to == from) {
        return;
    }
    d->disjunct[to] = d->disjunct[from];
    d->bound[to] = d->bound[from];
    memcpy(d->phase + to * n, d->phase + from * n, n);
    memcpy(d->choice + to * n, d->choice + from * n, n * sizeof *d->choice);
    memcpy(d->eta + to * m, d->eta + from * m, m * sizeof *d->eta);
}
