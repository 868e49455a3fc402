/* The workspace of the dual bound: lines of the root, rows of a batch. */
#include "solver/dual.h"

#include "domains/act_relu.h"
#include "src/base/alloc.h"
#include "src/base/require.h"

#include <string.h>

/* Phases are passed on as they are. */
_Static_assert((int)PHASE_UNSTABLE == (int)SINGLE_FREE &&
                   (int)PHASE_ACTIVE == (int)SINGLE_PASSED &&
                   (int)PHASE_INACTIVE == (int)SINGLE_CUT,
               "phases have the numbers of the kernels");

/* A dense matrix, padded; NULL for a sparse one. */
static float *pad(const struct matrix *matrix)
{
    float *to = NULL;
    if (matrix->dense == NULL) {
        return NULL;
    }
    const size_t stride = single_stride(matrix->n_cols);
    NEW_ALIGNED(to, matrix->n_rows * stride);
    for (size_t i = 0; i < matrix->n_rows; i++) {
        for (size_t j = 0; j < matrix->n_cols; j++) {
            to[i * stride + j] =
                single_round(matrix->dense[i * matrix->n_cols + j]);
        }
    }
    return to;
}

static void create_relu(struct dual_layer *lines, size_t width)
{
    const size_t stride = single_stride(width);
    NEW_ARRAY(lines->id, width);
    NEW_ALIGNED(lines->upper_slope, stride);
    NEW_ALIGNED(lines->upper_intercept, stride);
    NEW_ARRAY(lines->passed, stride / SINGLE_LANES);
    NEW_ARRAY(lines->own, stride / SINGLE_LANES);
    NEW_ARRAY(lines->live, width);
}

static void create_layer(struct dual *d, size_t k)
{
    const struct layer *layer = &d->layers->layer[k];
    d->stride[k] = single_stride(layer->width);
    NEW_ALIGNED(d->coefficient[k], DUAL_ROWS * d->stride[k]);
    NEW_ALIGNED(d->value[k], DUAL_ROWS * d->stride[k]);
    NEW_ALIGNED(d->point[k], d->weights->layer[k].stride);
    if (layer->kind == LAYER_RELU) {
        create_relu(&d->layer[k], layer->width);
    }
    if (layer->kind == LAYER_AFFINE) {
        NEW_ALIGNED(d->bias[k], d->stride[k]);
        for (size_t i = 0; i < layer->width; i++) {
            d->bias[k][i] = single_round(layer->bias[i]);
        }
        NEW_ARRAY(d->weight[k], layer->n_terms);
        for (size_t t = 0; t < layer->n_terms; t++) {
            d->weight[k][t] = pad(&layer->terms[t].matrix);
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
    d->kernels = single_kernels_best();
    d->doubles = dense_kernels_best();
    NEW_ARRAY(d->layer, layers->n_layers);
    NEW_ARRAY(d->stride, layers->n_layers);
    NEW_ARRAY(d->weight, layers->n_layers);
    NEW_ARRAY(d->bias, layers->n_layers);
    NEW_ARRAY(d->point, layers->n_layers);
    NEW_ARRAY(d->coefficient, layers->n_layers);
    NEW_ARRAY(d->value, layers->n_layers);
    for (size_t k = 0; k < layers->n_layers; k++) {
        const size_t width = layers->layer[k].width;
        create_layer(d, k);
        widest = width > widest ? width : widest;
    }
    NEW_ALIGNED(d->low, d->stride[0]);
    NEW_ALIGNED(d->high, d->stride[0]);
    weights_fit_work(weights, &d->work);
    NEW_ALIGNED(d->packed, DUAL_ROWS * single_stride(widest) + SINGLE_LANES);
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
    dual_pack_clear(d);
    alloc_free(d->is_dropped);
    alloc_free(d->is_dead);
    alloc_free(d->neuron);
    alloc_free(d->phase);
    alloc_free(d->choice);
    alloc_free(d->gradient);
    alloc_free(d->eta);
    alloc_free(d->eta_gradient);
    alloc_free(d->eta_first);
    alloc_free(d->eta_second);
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
            alloc_free(d->weight[k][t]);
        }
        alloc_free(d->weight[k]);
        alloc_free(d->bias[k]);
    }
    alloc_free(d->layer[k].id);
    alloc_free(d->layer[k].upper_slope);
    alloc_free(d->layer[k].upper_intercept);
    alloc_free(d->layer[k].passed);
    alloc_free(d->layer[k].own);
    alloc_free(d->layer[k].live);
    alloc_free(d->point[k]);
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
    alloc_free(d->stride);
    alloc_free(d->weight);
    alloc_free(d->packed);
    alloc_free(d->bias);
    alloc_free(d->low);
    alloc_free(d->high);
    alloc_free(d->point);
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

static void set_chord(struct dual_layer *lines, size_t i, double lower,
                      double upper)
{
    const struct act_line line = act_relu_upper_short(lower, upper);
    lines->upper_slope[i] = single_round(line.slope);
    lines->upper_intercept[i] = single_round(line.intercept);
}

/* Lines and numbers of the neurons of ReLU layer k. */
static void set_lines(struct dual *d, size_t k, const struct bounds *bounds)
{
    const struct layer *layer = &d->layers->layer[k];
    const double *lower = bounds->lower[layer->source];
    const double *upper = bounds->upper[layer->source];
    struct dual_layer *lines = &d->layer[k];
    const size_t n_words = d->stride[k] / SINGLE_LANES;
    memset(lines->passed, 0, n_words * sizeof *lines->passed);
    memset(lines->own, 0, n_words * sizeof *lines->own);
    lines->n_live = 0;
    lines->first = d->n_unstable;
    for (size_t i = 0; i < layer->width; i++) {
        const bool is_own = bounds_phase(lower[i], upper[i]) == PHASE_UNSTABLE;
        uint16_t *words = is_own ? lines->own : lines->passed;
        lines->id[i] = DUAL_STABLE;
        lines->upper_slope[i] = upper[i] > 0.0 ? 1.0F : 0.0F;
        lines->upper_intercept[i] = 0.0F;
        if (is_own) {
            lines->id[i] = (uint32_t)d->n_unstable++;
            set_chord(lines, i, lower[i], upper[i]);
        }
        if (upper[i] > 0.0) {
            lines->live[lines->n_live++] = (uint32_t)i;
            words[i / SINGLE_LANES] =
                (uint16_t)(words[i / SINGLE_LANES] | 1U << i % SINGLE_LANES);
        }
    }
    lines->n_own = d->n_unstable - lines->first;
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
                    (float)act_relu_lower(bounds->lower[layer->source][i],
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
    d->joined = DUAL_ALONE;
    d->n_unstable = 0;
    d->most_atoms = 0;
    for (size_t k = 1; k < d->layers->n_layers; k++) {
        if (d->layers->layer[k].kind == LAYER_RELU) {
            set_lines(d, k, bounds);
        }
    }
    for (size_t i = 0; i < spec->n_disjuncts; i++) {
        const size_t n = spec->first[i + 1] - spec->first[i];
        d->most_atoms = n > d->most_atoms ? n : d->most_atoms;
    }
    for (size_t j = 0; j < d->layers->n_inputs; j++) {
        d->low[j] = single_round(lower[j]);
        d->high[j] = single_round(upper[j]);
    }
    NEW_ARRAY(d->neuron, d->n_unstable);
    /* Kernels read whole vectors. */
    NEW_ARRAY(d->phase, DUAL_ROWS * d->n_unstable + SINGLE_LANES);
    /* One row more: the default slopes. */
    NEW_ARRAY(d->choice, (DUAL_ROWS + 1) * d->n_unstable + SINGLE_LANES);
    NEW_ARRAY(d->gradient, DUAL_ROWS * d->n_unstable);
    NEW_ARRAY(d->eta, DUAL_ROWS * d->most_atoms);
    NEW_ARRAY(d->eta_gradient, DUAL_ROWS * d->most_atoms);
    NEW_ARRAY(d->eta_first, DUAL_ROWS * d->most_atoms);
    NEW_ARRAY(d->eta_second, DUAL_ROWS * d->most_atoms);
    NEW_ARRAY(d->best, DUAL_ROWS * d->n_unstable);
    NEW_ARRAY(d->best_eta, DUAL_ROWS * d->most_atoms);
    NEW_ARRAY(d->first, DUAL_ROWS * d->n_unstable);
    NEW_ARRAY(d->second, DUAL_ROWS * d->n_unstable);
    NEW_ARRAY(d->is_dropped, d->n_unstable);
    NEW_ARRAY(d->is_dead, d->n_unstable);
    list_neurons(d, bounds);
    dual_pack_root(d);
}

void dual_set_chords(struct dual *d, const struct bounds *bounds)
{
    for (size_t i = 0; i < d->n_unstable; i++) {
        const struct dual_neuron *neuron = &d->neuron[i];
        const double lower = bounds->lower[neuron->source][neuron->index];
        const double upper = bounds->upper[neuron->source][neuron->index];
        if (bounds_phase(lower, upper) == PHASE_UNSTABLE) {
            set_chord(&d->layer[neuron->relu], neuron->index, lower, upper);
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

/* True if the rows meet no layer above the one whose neurons they bound. */
static bool is_below(const struct dual *d)
{
    return d->target > 0 && d->joined == DUAL_ALONE;
}

uint32_t dual_atoms(const struct dual *d, size_t row)
{
    return d->target > 0 ? d->joined : d->disjunct[row];
}

size_t dual_n_atoms(const struct dual *d, size_t row)
{
    const uint32_t disjunct = dual_atoms(d, row);
    return disjunct == DUAL_ALONE
               ? 0
               : d->spec->first[disjunct + 1] - d->spec->first[disjunct];
}

size_t dual_top(const struct dual *d)
{
    return is_below(d) ? d->target : d->layers->n_layers - 1;
}

size_t dual_n_below(const struct dual *d)
{
    for (size_t k = d->target; is_below(d) && k < d->layers->n_layers; k++) {
        if (d->layers->layer[k].kind == LAYER_RELU) {
            return d->layer[k].first;
        }
    }
    return d->n_unstable;
}

void dual_set_row(struct dual *d, size_t row, uint32_t disjunct)
{
    const size_t n = d->n_unstable;
    REQUIRE(row < DUAL_ROWS);
    d->pack = &d->packs[0];
    d->disjunct[row] = disjunct;
    const size_t n_atoms = dual_n_atoms(d, row);
    memset(d->phase + row * n, PHASE_UNSTABLE, n);
    memcpy(d->choice + row * n, d->choice + DUAL_ROWS * n,
           n * sizeof *d->choice);
    for (size_t q = 0; q < n_atoms; q++) {
        d->eta[row * d->most_atoms + q] =
            d->target > 0 ? 0.0 : 1.0 / (double)n_atoms;
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
