/* Values and gradients of the layers at a batch of points at once. */
#include "src/attack/gradient.h"

#include "src/base/alloc.h"
#include "src/num/gemm_blas.h"

#include <assert.h>
#include <string.h>

size_t gradient_default_batch(const struct layers *layers)
{
    enum { LARGEST_BATCH = 64, ELEMENTS = 1 << 21 };
    size_t n_elements = 0;
    for (size_t k = 0; k < layers->n_layers; k++) {
        n_elements += layers->layer[k].width;
    }
    size_t batch = LARGEST_BATCH;
    while (batch > GRADIENT_LANES && n_elements > ELEMENTS / batch) {
        batch /= 2;
    }
    return batch;
}

void gradient_init(struct gradient *gradient, const struct layers *layers,
                   size_t capacity)
{
    assert(capacity > 0 && capacity % GRADIENT_LANES == 0);
    gradient->layers = layers;
    gradient->batch = capacity;
    gradient->capacity = capacity;
    NEW_ARRAY(gradient->value, layers->n_layers);
    NEW_ARRAY(gradient->slope, layers->n_layers);
    for (size_t k = 0; k < layers->n_layers; k++) {
        NEW_ALIGNED(gradient->value[k], layers->layer[k].width * capacity);
        NEW_ALIGNED(gradient->slope[k], layers->layer[k].width * capacity);
    }
}

void gradient_clear(struct gradient *gradient)
{
    for (size_t k = 0; gradient->layers && k < gradient->layers->n_layers;
         k++) {
        alloc_free(gradient->value[k]);
        alloc_free(gradient->slope[k]);
    }
    alloc_free(gradient->value);
    alloc_free(gradient->slope);
    *gradient = (struct gradient){NULL, 0, 0, NULL, NULL};
}

void gradient_resize(struct gradient *gradient, size_t n)
{
    const size_t lanes = GRADIENT_LANES;
    const size_t wanted = (n + lanes - 1) / lanes * lanes;
    gradient->batch = wanted < lanes ? lanes : wanted;
    if (gradient->batch > gradient->capacity) {
        gradient->batch = gradient->capacity;
    }
}

/* y[j] += weight * x[j]; the inner loop of constant length becomes vector
 * code. */
static void add_scaled(double *restrict y, double weight,
                       const double *restrict x, size_t batch)
{
    for (size_t first = 0; first < batch; first += GRADIENT_LANES) {
        for (size_t j = 0; j < GRADIENT_LANES; j++) {
            y[first + j] += weight * x[first + j];
        }
    }
}

static void add_product(double *y, const struct matrix *matrix, const double *x,
                        size_t batch)
{
    if (matrix->dense != NULL) {
        gemm_blas_add(
            y, matrix->dense, x,
            (struct gemm_shape){matrix->n_rows, batch, matrix->n_cols});
        return;
    }
    for (size_t row = 0; row < matrix->n_rows; row++) {
        for (size_t e = matrix->start[row]; e < matrix->start[row + 1]; e++) {
            add_scaled(y + row * batch, matrix->value[e],
                       x + matrix->column[e] * batch, batch);
        }
    }
}

static void add_transposed(double *y, const struct matrix *matrix,
                           const double *x, size_t batch)
{
    if (matrix->dense != NULL) {
        gemm_blas_add_left_transposed(
            y, matrix->dense, x,
            (struct gemm_shape){matrix->n_cols, batch, matrix->n_rows});
        return;
    }
    for (size_t row = 0; row < matrix->n_rows; row++) {
        for (size_t e = matrix->start[row]; e < matrix->start[row + 1]; e++) {
            add_scaled(y + matrix->column[e] * batch, matrix->value[e],
                       x + row * batch, batch);
        }
    }
}

static void forward_affine(double *y, const struct layer *layer,
                           double *const *value, size_t batch)
{
    for (size_t i = 0; i < layer->width; i++) {
        for (size_t j = 0; j < batch; j++) {
            y[i * batch + j] = layer->bias[i];
        }
    }
    for (size_t t = 0; t < layer->n_terms; t++) {
        const struct layer_term *term = &layer->terms[t];
        add_product(y, &term->matrix, value[term->source], batch);
    }
}

static void forward_relu(double *restrict y, const double *restrict z, size_t n)
{
    for (size_t first = 0; first < n; first += GRADIENT_LANES) {
        for (size_t j = 0; j < GRADIENT_LANES; j++) {
            y[first + j] = z[first + j] > 0.0 ? z[first + j] : 0.0;
        }
    }
}

static void backward_relu(double *restrict below, const double *restrict slope,
                          const double *restrict z, size_t n)
{
    for (size_t first = 0; first < n; first += GRADIENT_LANES) {
        for (size_t j = 0; j < GRADIENT_LANES; j++) {
            const double passed = slope[first + j]; /* read without a branch */
            below[first + j] += z[first + j] > 0.0 ? passed : 0.0;
        }
    }
}

static void forward_curved(struct gradient *gradient, const struct layer *layer,
                           size_t k)
{
    double *y = gradient->value[k];
    const double *z = gradient->value[layer->source];
    const double *other = gradient->value[layer->other];
    const size_t batch = gradient->batch;
    for (size_t i = 0; i < layer->width * batch; i++) {
        y[i] = layer->kind == LAYER_ACTIVATION
                   ? activation_value(layer->activation, z[i])
               : layer->kind == LAYER_PRODUCT
                   ? z[i] * other[i]
                   : layer->factor_lower[i / batch] * z[i];
    }
}

void gradient_forward(struct gradient *gradient)
{
    const struct layers *layers = gradient->layers;
    const size_t batch = gradient->batch;
    for (size_t k = 1; k < layers->n_layers; k++) {
        const struct layer *layer = &layers->layer[k];
        switch (layer->kind) {
        case LAYER_INPUT:
            break;
        case LAYER_AFFINE:
            forward_affine(gradient->value[k], layer, gradient->value, batch);
            break;
        case LAYER_RELU:
            forward_relu(gradient->value[k], gradient->value[layer->source],
                         layer->width * batch);
            break;
        case LAYER_ACTIVATION:
        case LAYER_PRODUCT:
        case LAYER_SCALE:
            forward_curved(gradient, layer, k);
            break;
        }
    }
}

void gradient_zero_slopes(struct gradient *gradient)
{
    const struct layers *layers = gradient->layers;
    for (size_t k = 0; k < layers->n_layers; k++) {
        const size_t n = layers->layer[k].width * gradient->batch;
        memset(gradient->slope[k], 0, n * sizeof *gradient->slope[k]);
    }
}

static void backward_affine(const struct gradient *gradient,
                            const struct layer *layer, const double *slope)
{
    for (size_t t = 0; t < layer->n_terms; t++) {
        const struct layer_term *term = &layer->terms[t];
        add_transposed(gradient->slope[term->source], &term->matrix, slope,
                       gradient->batch);
    }
}

static void backward_curved(const struct gradient *gradient,
                            const struct layer *layer, size_t k)
{
    const double *slope = gradient->slope[k];
    const double *z = gradient->value[layer->source];
    const double *other = gradient->value[layer->other];
    const size_t batch = gradient->batch;
    for (size_t i = 0; i < layer->width * batch; i++) {
        double factor = 0.0;
        if (layer->kind == LAYER_ACTIVATION) {
            factor = activation_slope(layer->activation, z[i]);
        } else if (layer->kind == LAYER_PRODUCT) {
            factor = other[i];
            gradient->slope[layer->other][i] += slope[i] * z[i];
        } else {
            factor = layer->factor_lower[i / batch];
        }
        gradient->slope[layer->source][i] += slope[i] * factor;
    }
}

void gradient_backward(struct gradient *gradient)
{
    const struct layers *layers = gradient->layers;
    for (size_t k = layers->n_layers; k-- > 1;) {
        const struct layer *layer = &layers->layer[k];
        switch (layer->kind) {
        case LAYER_INPUT:
            break;
        case LAYER_AFFINE:
            backward_affine(gradient, layer, gradient->slope[k]);
            break;
        case LAYER_RELU:
            backward_relu(gradient->slope[layer->source], gradient->slope[k],
                          gradient->value[layer->source],
                          layer->width * gradient->batch);
            break;
        case LAYER_ACTIVATION:
        case LAYER_PRODUCT:
        case LAYER_SCALE:
            backward_curved(gradient, layer, k);
            break;
        }
    }
}
