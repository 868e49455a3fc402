/* Small exact-layer networks built by hand, layer by layer. */
#include "tests/ref/ref_build.h"

#include "src/base/alloc.h"

#include <math.h>
#include <string.h>

static struct layer *append(struct layers *layers, enum layer_kind kind,
                            size_t width)
{
    RESIZE_ARRAY(layers->layer, layers->n_layers + 1);
    struct layer *layer = &layers->layer[layers->n_layers++];
    *layer = (struct layer){.kind = kind, .width = width};
    layers->n_outputs = width;
    return layer;
}

struct layers *ref_build_begin(size_t n_inputs)
{
    struct layers *layers = NULL;
    NEW(layers);
    layers->n_inputs = n_inputs;
    (void)append(layers, LAYER_INPUT, n_inputs);
    return layers;
}

size_t ref_build_affine(struct layers *layers, size_t source, size_t width,
                        const double *weights, const double *bias)
{
    struct layer *layer = append(layers, LAYER_AFFINE, width);
    NEW_ARRAY(layer->bias, width);
    if (bias != NULL) {
        memcpy(layer->bias, bias, width * sizeof *bias);
    }
    ref_build_term(layers, source, weights);
    return layers->n_layers - 1;
}

void ref_build_term(struct layers *layers, size_t source, const double *weights)
{
    struct layer *layer = &layers->layer[layers->n_layers - 1];
    RESIZE_ARRAY(layer->terms, layer->n_terms + 1);
    struct layer_term *term = &layer->terms[layer->n_terms++];
    const size_t n_cols = layers->layer[source].width;
    term->source = source;
    term->matrix = (struct matrix){.n_rows = layer->width, .n_cols = n_cols};
    NEW_ALIGNED(term->matrix.dense, layer->width * n_cols);
    memcpy(term->matrix.dense, weights,
           layer->width * n_cols * sizeof *weights);
}

size_t ref_build_relu(struct layers *layers, size_t source)
{
    const size_t width = layers->layer[source].width;
    struct layer *layer = append(layers, LAYER_RELU, width);
    layer->source = source;
    layers->n_relus += width;
    return layers->n_layers - 1;
}

static size_t append_curved(struct layers *layers, struct layer layer)
{
    struct layer *added =
        append(layers, layer.kind, layers->layer[layer.source].width);
    layer.width = added->width;
    *added = layer;
    layers->n_curved += layer.width;
    return layers->n_layers - 1;
}

size_t ref_build_activation(struct layers *layers, size_t source,
                            enum activation activation)
{
    return append_curved(layers, (struct layer){.kind = LAYER_ACTIVATION,
                                                .source = source,
                                                .activation = activation});
}

size_t ref_build_product(struct layers *layers, size_t source, size_t other)
{
    return append_curved(layers, (struct layer){.kind = LAYER_PRODUCT,
                                                .source = source,
                                                .other = other});
}

size_t ref_build_scale(struct layers *layers, size_t source,
                       const double *lower, const double *upper)
{
    const size_t width = layers->layer[source].width;
    struct layer layer = {.kind = LAYER_SCALE, .source = source};
    NEW_ARRAY(layer.factor_lower, width);
    NEW_ARRAY(layer.factor_upper, width);
    memcpy(layer.factor_lower, lower, width * sizeof *lower);
    memcpy(layer.factor_upper, upper, width * sizeof *upper);
    return append_curved(layers, layer);
}

static void make_dense(struct matrix *matrix)
{
    if (matrix->dense != NULL) {
        return;
    }
    const size_t n_cols = matrix->n_cols;
    double *dense;
    NEW_ALIGNED(dense, matrix->n_rows * n_cols);
    for (size_t i = 0; i < matrix->n_rows; i++) {
        for (size_t p = matrix->start[i]; p < matrix->start[i + 1]; p++) {
            dense[i * n_cols + matrix->column[p]] = matrix->value[p];
        }
    }
    const size_t n_rows = matrix->n_rows;
    matrix_clear(matrix);
    *matrix = (struct matrix){n_rows, n_cols, dense, NULL, NULL, NULL};
}

void ref_build_to_csr(struct matrix *matrix)
{
    make_dense(matrix);
    const size_t n = matrix->n_rows * matrix->n_cols;
    size_t n_entries = 0;
    NEW_ARRAY(matrix->start, matrix->n_rows + 1);
    NEW_ARRAY(matrix->column, n);
    NEW_ARRAY(matrix->value, n);
    for (size_t i = 0; i < n; i++) {
        if (fabs(matrix->dense[i]) > 0.0) {
            matrix->column[n_entries] = (uint32_t)(i % matrix->n_cols);
            matrix->value[n_entries++] = matrix->dense[i];
        }
        matrix->start[i / matrix->n_cols + 1] = n_entries;
    }
    alloc_free(matrix->dense);
    matrix->dense = NULL;
}

void ref_build_densify(struct layers *layers)
{
    for (size_t k = 0; k < layers->n_layers; k++) {
        for (size_t t = 0; t < layers->layer[k].n_terms; t++) {
            make_dense(&layers->layer[k].terms[t].matrix);
        }
    }
}

void ref_build_sparsify(struct layers *layers)
{
    for (size_t k = 0; k < layers->n_layers; k++) {
        for (size_t t = 0; t < layers->layer[k].n_terms; t++) {
            ref_build_to_csr(&layers->layer[k].terms[t].matrix);
        }
    }
}
