/* Values and gradients of the layers at a batch of points at once. */
#include "src/attack/gradient.h"

#include "src/base/alloc.h"
#include "src/base/require.h"
#include "src/num/gemm_blas.h"

#include <assert.h>
#include <float.h>
#include <math.h>
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
    NEW_ARRAY(gradient->inverse, capacity);
    tiles_init(&gradient->tiles, layers, capacity);
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
    alloc_free(gradient->inverse);
    tiles_clear(&gradient->tiles);
    *gradient = (struct gradient){.layers = NULL};
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

static void forward_affine(struct gradient *gradient, size_t k)
{
    const struct layer *layer = &gradient->layers->layer[k];
    const size_t batch = gradient->batch;
    double *y = gradient->value[k];
    for (size_t i = 0; i < layer->width; i++) {
        for (size_t j = 0; j < batch; j++) {
            y[i * batch + j] = layer->bias[i];
        }
    }
    for (size_t t = 0; t < layer->n_terms; t++) {
        const struct layer_term *term = &layer->terms[t];
        const double *x = gradient->value[term->source];
        const struct tiles_product product = {k, t, batch, y, x};
        if (!tiles_add_product(&gradient->tiles, &product)) {
            add_product(y, &term->matrix, x, batch);
        }
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

static void forward_activation(struct gradient *gradient,
                               const struct layer *layer, size_t k)
{
    double *y = gradient->value[k];
    const double *z = gradient->value[layer->source];
    for (size_t i = 0; i < layer->width * gradient->batch; i++) {
        y[i] = activation_value(layer->activation, z[i]);
    }
}

static void forward_product(struct gradient *gradient,
                            const struct layer *layer, size_t k)
{
    double *y = gradient->value[k];
    const double *z = gradient->value[layer->source];
    const double *other = gradient->value[layer->other];
    for (size_t i = 0; i < layer->width * gradient->batch; i++) {
        y[i] = z[i] * other[i];
    }
}

static void forward_scale(struct gradient *gradient, const struct layer *layer,
                          size_t k)
{
    const size_t batch = gradient->batch;
    double *y = gradient->value[k];
    const double *z = gradient->value[layer->source];
    for (size_t i = 0; i < layer->width; i++) {
        for (size_t j = 0; j < batch; j++) {
            y[i * batch + j] = layer->factor_lower[i] * z[i * batch + j];
        }
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
            forward_affine(gradient, k);
            break;
        case LAYER_RELU:
            forward_relu(gradient->value[k], gradient->value[layer->source],
                         layer->width * batch);
            break;
        case LAYER_ACTIVATION:
            forward_activation(gradient, layer, k);
            break;
        case LAYER_PRODUCT:
            forward_product(gradient, layer, k);
            break;
        case LAYER_SCALE:
            forward_scale(gradient, layer, k);
            break;
        case LAYER_DIFFERENCE:
            REQUIRE(false); /* in layers for bounds only */
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

static void backward_affine(struct gradient *gradient, size_t k)
{
    const struct layer *layer = &gradient->layers->layer[k];
    const double *slope = gradient->slope[k];
    for (size_t t = 0; t < layer->n_terms; t++) {
        const struct layer_term *term = &layer->terms[t];
        double *below = gradient->slope[term->source];
        const struct tiles_product product = {k, t, gradient->batch, below,
                                              slope};
        if (!tiles_add_transposed(&gradient->tiles, &product)) {
            add_transposed(below, &term->matrix, slope, gradient->batch);
        }
    }
}

/*
 * Slopes of signs, "straight through": 1 / (1 + (z/w)^2), w a share of the
 * mean of |z| over the layer at the point. Neurons that a small move may flip
 * count most, and none is without a slope; the share differs between the
 * points of a batch.
 */
static void backward_sign(struct gradient *gradient, const struct layer *layer,
                          size_t k)
{
    static const double shares[4] = {0.1, 0.3, 1.0, 3.0};
    const size_t batch = gradient->batch;
    const double *slope = gradient->slope[k];
    const double *z = gradient->value[layer->source];
    double *below = gradient->slope[layer->source];
    double *inverse = gradient->inverse;
    memset(inverse, 0, batch * sizeof *inverse);
    for (size_t i = 0; i < layer->width; i++) {
        for (size_t j = 0; j < batch; j++) {
            inverse[j] += fabs(z[i * batch + j]);
        }
    }
    for (size_t j = 0; j < batch; j++) {
        const double mean = inverse[j] / (double)layer->width;
        inverse[j] = mean > DBL_MIN ? 1.0 / (shares[j % 4] * mean) : 1.0;
    }
    for (size_t i = 0; i < layer->width; i++) {
        for (size_t j = 0; j < batch; j++) {
            const double share = z[i * batch + j] * inverse[j];
            below[i * batch + j] +=
                slope[i * batch + j] / (1.0 + share * share);
        }
    }
}

static void backward_activation(const struct gradient *gradient,
                                const struct layer *layer, size_t k)
{
    const double *slope = gradient->slope[k];
    const double *z = gradient->value[layer->source];
    double *below = gradient->slope[layer->source];
    for (size_t i = 0; i < layer->width * gradient->batch; i++) {
        below[i] += slope[i] * activation_slope(layer->activation, z[i]);
    }
}

static void backward_product(const struct gradient *gradient,
                             const struct layer *layer, size_t k)
{
    const double *slope = gradient->slope[k];
    const double *z = gradient->value[layer->source];
    const double *other = gradient->value[layer->other];
    for (size_t i = 0; i < layer->width * gradient->batch; i++) {
        gradient->slope[layer->other][i] += slope[i] * z[i];
        gradient->slope[layer->source][i] += slope[i] * other[i];
    }
}

static void backward_scale(const struct gradient *gradient,
                           const struct layer *layer, size_t k)
{
    const size_t batch = gradient->batch;
    for (size_t i = 0; i < layer->width; i++) {
        add_scaled(gradient->slope[layer->source] + i * batch,
                   layer->factor_lower[i], gradient->slope[k] + i * batch,
                   batch);
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
            backward_affine(gradient, k);
            break;
        case LAYER_RELU:
            backward_relu(gradient->slope[layer->source], gradient->slope[k],
                          gradient->value[layer->source],
                          layer->width * gradient->batch);
            break;
        case LAYER_ACTIVATION:
            if (layer->activation == ACTIVATION_SIGN) {
                backward_sign(gradient, layer, k);
            } else {
                backward_activation(gradient, layer, k);
            }
            break;
        case LAYER_PRODUCT:
            backward_product(gradient, layer, k);
            break;
        case LAYER_SCALE:
            backward_scale(gradient, layer, k);
            break;
        case LAYER_DIFFERENCE:
            REQUIRE(false); /* in layers for bounds only */
            break;
        }
    }
}
