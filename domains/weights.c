/* Padded, aligned copies of the matrices that need them. */
#include "domains/weights.h"

#include "src/base/alloc.h"
#include "src/num/dense.h"

#include <stdint.h>
#include <string.h>

static void pad_matrix(struct weights_term *term, const struct matrix *matrix)
{
    const size_t n_cols = matrix->n_cols;
    term->stride = dense_stride(n_cols);
    if (matrix->dense == NULL) {
        const struct tiling_source source = {matrix->n_rows, n_cols,
                                             matrix->start, matrix->column,
                                             matrix->value};
        term->tiling = tiling_find(&source);
        return;
    }
    if (term->stride == n_cols) {
        term->data = matrix->dense;
        return;
    }
    NEW_ALIGNED(term->owned, matrix->n_rows * term->stride);
    for (size_t row = 0; row < matrix->n_rows; row++) {
        memcpy(term->owned + row * term->stride, matrix->dense + row * n_cols,
               n_cols * sizeof(double));
    }
    term->data = term->owned;
}

/* Sets .relu of every layer: its only user if that is a ReLU. */
static void find_single_users(struct weights *weights)
{
    const struct layers *layers = weights->layers;
    size_t *n_users;
    NEW_ARRAY(n_users, layers->n_layers);
    for (size_t k = 0; k < layers->n_layers; k++) {
        const struct layer *layer = &layers->layer[k];
        weights->layer[k].relu = SIZE_MAX;
        if (layer->kind == LAYER_RELU) {
            weights->layer[layer->source].relu = k;
        }
        if (layer->kind != LAYER_INPUT && layer->kind != LAYER_AFFINE) {
            n_users[layer->source]++;
        }
        if (layer_n_read(layer) > 1) {
            n_users[layer->other]++;
        }
        if (layer_n_read(layer) > 2) {
            n_users[layer->base]++;
        }
        for (size_t t = 0; t < layer->n_terms; t++) {
            n_users[layer->terms[t].source]++;
        }
    }
    for (size_t k = 0; k < layers->n_layers; k++) {
        if (n_users[k] != 1) {
            weights->layer[k].relu = SIZE_MAX;
        }
    }
    alloc_free(n_users);
}

struct weights *weights_create(const struct layers *layers)
{
    struct weights *weights;
    NEW(weights);
    weights->layers = layers;
    NEW_ARRAY(weights->layer, layers->n_layers);
    for (size_t k = 0; k < layers->n_layers; k++) {
        const struct layer *layer = &layers->layer[k];
        struct weights_layer *padded = &weights->layer[k];
        padded->stride = dense_stride(layer->width);
        if (layer->kind != LAYER_AFFINE) {
            continue;
        }
        NEW_ALIGNED(padded->bias, padded->stride);
        memcpy(padded->bias, layer->bias, layer->width * sizeof(double));
        NEW_ARRAY(padded->terms, layer->n_terms);
        for (size_t t = 0; t < layer->n_terms; t++) {
            pad_matrix(&padded->terms[t], &layer->terms[t].matrix);
        }
    }
    find_single_users(weights);
    return weights;
}

void weights_fit_work(const struct weights *weights, struct tiling_work *work)
{
    for (size_t k = 0; k < weights->layers->n_layers; k++) {
        const size_t n_terms = weights->layers->layer[k].n_terms;
        for (size_t t = 0; t < n_terms; t++) {
            const struct tiling *tiling = weights->layer[k].terms[t].tiling;
            if (tiling != NULL) {
                tiling_work_fit(work, tiling);
            }
        }
    }
}

void weights_destroy(struct weights *weights)
{
    if (weights == NULL) {
        return;
    }
    for (size_t k = 0; k < weights->layers->n_layers; k++) {
        struct weights_layer *padded = &weights->layer[k];
        if (padded->terms != NULL) {
            for (size_t t = 0; t < weights->layers->layer[k].n_terms; t++) {
                alloc_free(padded->terms[t].owned);
                tiling_destroy(padded->terms[t].tiling);
            }
        }
        alloc_free(padded->terms);
        alloc_free(padded->bias);
    }
    alloc_free(weights->layer);
    alloc_free(weights);
}
