/* The lowered network in nearest double arithmetic, and its release. */
#include "src/net/layers.h"

#include "src/base/alloc.h"

#include <math.h>
#include <string.h>

void matrix_clear(struct matrix *matrix)
{
    alloc_free(matrix->dense);
    alloc_free(matrix->start);
    alloc_free(matrix->column);
    alloc_free(matrix->value);
    *matrix = (struct matrix){0};
}

/* a.x in four partial sums, which do not wait for each other. */
static double dot(const double *a, const double *x, size_t n)
{
    double sum[4] = {0.0, 0.0, 0.0, 0.0};
    size_t i = 0;
    for (; i + 4 <= n; i += 4) {
        sum[0] += a[i] * x[i];
        sum[1] += a[i + 1] * x[i + 1];
        sum[2] += a[i + 2] * x[i + 2];
        sum[3] += a[i + 3] * x[i + 3];
    }
    for (; i < n; i++) {
        sum[0] += a[i] * x[i];
    }
    return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

void matrix_add_product(double *y, const struct matrix *matrix, const double *x)
{
    for (size_t row = 0; row < matrix->n_rows; row++) {
        double sum = y[row];
        if (matrix->dense != NULL) {
            sum += dot(matrix->dense + row * matrix->n_cols, x, matrix->n_cols);
        } else {
            for (size_t i = matrix->start[row]; i < matrix->start[row + 1];
                 i++) {
                sum += matrix->value[i] * x[matrix->column[i]];
            }
        }
        y[row] = sum;
    }
}

void matrix_add_transposed(double *y, const struct matrix *matrix,
                           const double *x)
{
    for (size_t row = 0; row < matrix->n_rows; row++) {
        if (matrix->dense != NULL) {
            const double *entry = matrix->dense + row * matrix->n_cols;
            for (size_t col = 0; col < matrix->n_cols; col++) {
                y[col] += entry[col] * x[row];
            }
        } else {
            for (size_t i = matrix->start[row]; i < matrix->start[row + 1];
                 i++) {
                y[matrix->column[i]] += matrix->value[i] * x[row];
            }
        }
    }
}

static void eval_layer(double *const *values, const struct layers *layers,
                       size_t k)
{
    const struct layer *layer = &layers->layer[k];
    double *v = values[k];
    if (layer->kind == LAYER_RELU) {
        const double *source = values[layer->source];
        for (size_t i = 0; i < layer->width; i++) {
            v[i] = source[i] > 0.0 ? source[i] : 0.0;
        }
    } else if (layer->kind == LAYER_ACTIVATION) {
        for (size_t i = 0; i < layer->width; i++) {
            v[i] =
                activation_value(layer->activation, values[layer->source][i]);
        }
    } else if (layer->kind == LAYER_PRODUCT) {
        for (size_t i = 0; i < layer->width; i++) {
            v[i] = values[layer->source][i] * values[layer->other][i];
        }
    } else if (layer->kind == LAYER_DIFFERENCE) {
        for (size_t i = 0; i < layer->width; i++) {
            v[i] = fmax(values[layer->other][i], 0.0) -
                   fmax(values[layer->base][i], 0.0);
        }
    } else if (layer->kind == LAYER_SCALE) {
        for (size_t i = 0; i < layer->width; i++) {
            v[i] = layer->factor_lower[i] * values[layer->source][i];
        }
    } else if (layer->kind == LAYER_AFFINE) {
        memcpy(v, layer->bias, layer->width * sizeof *v);
        for (size_t t = 0; t < layer->n_terms; t++) {
            matrix_add_product(v, &layer->terms[t].matrix,
                               values[layer->terms[t].source]);
        }
    }
}

/* Values of the layers up to `last` at x. */
static void eval_up_to(double *const *v, const struct layers *layers,
                       const double *x, size_t last)
{
    memcpy(v[0], x, layers->n_inputs * sizeof *x);
    for (size_t k = 0; k <= last; k++) {
        eval_layer(v, layers, k);
    }
}

void layers_eval_all(double *const *v, const struct layers *layers,
                     const double *x)
{
    eval_up_to(v, layers, x, layers->n_layers - 1);
}

/* The same in [n_layers] arrays of one block that starts at the first one; the
 * caller frees that and the list. */
static double **new_values(const struct layers *layers, const double *x,
                           size_t last)
{
    size_t n = 0;
    for (size_t k = 0; k <= last; k++) {
        n += layers->layer[k].width;
    }
    double *block = NULL;
    double **values = NULL;
    NEW_ARRAY(block, n);
    NEW_ARRAY(values, layers->n_layers);
    n = 0;
    for (size_t k = 0; k <= last; k++) {
        values[k] = block + n;
        n += layers->layer[k].width;
    }
    eval_up_to(values, layers, x, last);
    return values;
}

void layers_eval(double *y, const struct layers *layers, const double *x)
{
    const size_t last = layers->n_layers - 1;
    double **values = new_values(layers, x, last);
    memcpy(y, values[last], layers->n_outputs * sizeof *y);
    alloc_free(values[0]);
    alloc_free(values);
}

double layers_eval_element(const struct layers *layers, const double *x,
                           size_t layer, size_t element)
{
    double **values = new_values(layers, x, layer);
    const double value = values[layer][element];
    alloc_free(values[0]);
    alloc_free(values);
    return value;
}

void layer_clear(struct layer *layer)
{
    for (size_t t = 0; t < layer->n_terms; t++) {
        matrix_clear(&layer->terms[t].matrix);
    }
    alloc_free(layer->terms);
    alloc_free(layer->bias);
    alloc_free(layer->factor_lower);
    alloc_free(layer->factor_upper);
    *layer = (struct layer){0};
}

void layers_destroy(struct layers *layers)
{
    if (layers == NULL) {
        return;
    }
    for (size_t k = 0; k < layers->n_layers; k++) {
        layer_clear(&layers->layer[k]);
    }
    alloc_free(layers->layer);
    alloc_free(layers);
}
