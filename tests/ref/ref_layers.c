/* The defining equations of layers, term by term. */
#include "tests/ref/ref_layers.h"

#include "src/base/alloc.h"

double ref_matrix_entry(const struct matrix *matrix, size_t row, size_t col)
{
    if (matrix->dense != NULL) {
        return matrix->dense[row * matrix->n_cols + col];
    }
    for (size_t i = matrix->start[row]; i < matrix->start[row + 1]; i++) {
        if (matrix->column[i] == col) {
            return matrix->value[i];
        }
    }
    return 0.0;
}

static void add_term(mpq_t *v, const struct layer_term *term, mpq_t *source)
{
    mpq_t weight;
    mpq_init(weight);
    for (size_t row = 0; row < term->matrix.n_rows; row++) {
        for (size_t col = 0; col < term->matrix.n_cols; col++) {
            mpq_set_d(weight, ref_matrix_entry(&term->matrix, row, col));
            if (mpq_sgn(weight) != 0) {
                mpq_mul(weight, weight, source[col]);
                mpq_add(v[row], v[row], weight);
            }
        }
    }
    mpq_clear(weight);
}

static void eval_layer(mpq_t **values, const struct layers *layers, size_t k,
                       const mpq_t *x)
{
    const struct layer *layer = &layers->layer[k];
    for (size_t i = 0; i < layer->width; i++) {
        mpq_init(values[k][i]);
        if (layer->kind == LAYER_INPUT) {
            mpq_set(values[k][i], x[i]);
        } else if (layer->kind == LAYER_AFFINE) {
            mpq_set_d(values[k][i], layer->bias[i]);
        } else if (mpq_sgn(values[layer->source][i]) > 0) {
            mpq_set(values[k][i], values[layer->source][i]);
        }
    }
    for (size_t t = 0; t < layer->n_terms; t++) {
        add_term(values[k], &layer->terms[t], values[layer->terms[t].source]);
    }
}

void ref_layers_eval(mpq_t *y, const struct layers *layers, const mpq_t *x)
{
    mpq_t **values = NULL;
    NEW_ARRAY(values, layers->n_layers);
    for (size_t k = 0; k < layers->n_layers; k++) {
        NEW_ARRAY(values[k], layers->layer[k].width);
        eval_layer(values, layers, k, x);
    }
    for (size_t i = 0; i < layers->n_outputs; i++) {
        mpq_set(y[i], values[layers->n_layers - 1][i]);
    }
    for (size_t k = 0; k < layers->n_layers; k++) {
        for (size_t i = 0; i < layers->layer[k].width; i++) {
            mpq_clear(values[k][i]);
        }
        alloc_free(values[k]);
    }
    alloc_free(values);
}
