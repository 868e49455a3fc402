/* What the words of the checker lose, as a charge of back-substitution. */
#include "domains/backward.h"
#include "domains/backward_state.h"
#include "src/base/alloc.h"
#include "src/base/require.h"

#include <math.h>

/* Multiply-adds of a row down which integers take a millisecond or more. */
enum { LEAST_ENTRIES = 1 << 17 };
/* With more entries the layers are so wide that (4), a sum over all of each of
 * them, is far above what words lose: roots that words close stay open. */
enum { MOST_ENTRIES = 1 << 24 };

/* The largest absolute value of a matrix; counts its entries. */
static double largest_entry(const struct matrix *matrix, size_t *n_entries)
{
    const bool is_dense = matrix->dense != NULL;
    const double *value = is_dense ? matrix->dense : matrix->value;
    const size_t n = is_dense ? matrix->n_rows * matrix->n_cols
                              : matrix->start[matrix->n_rows];
    double largest = 0.0;
    *n_entries += n;
    for (size_t e = 0; e < n; e++) {
        largest = fmax(largest, fabs(value[e]));
    }
    return largest;
}

void backward_charge_words(struct backward *b)
{
    const struct layers *layers = b->layers;
    size_t n_entries = 0;
    REQUIRE(b->unit == NULL);
    if (layers->n_curved > 0) {
        return;
    }
    NEW_ARRAY(b->unit, layers->n_layers);
    for (size_t k = 0; k < layers->n_layers; k++) {
        const struct layer *layer = &layers->layer[k];
        NEW_ARRAY(b->unit[k], layer->n_terms);
        for (size_t t = 0; t < layer->n_terms; t++) {
            b->unit[k][t] =
                0x1p-31 * largest_entry(&layer->terms[t].matrix, &n_entries);
        }
    }
    if (n_entries < LEAST_ENTRIES || n_entries > MOST_ENTRIES) {
        backward_clear_words(b);
    }
}

void backward_set_charge(struct backward *b, size_t k)
{
    const struct layer *layer = &b->layers->layer[k];
    double words = 0.0;
    for (size_t t = 0; b->unit != NULL && t < layer->n_terms; t++) {
        words += b->unit[k][t] * b->reach[layer->terms[t].source];
    }
    for (size_t i = 0; i < layer->width; i++) {
        b->charged[k][i] = b->error[k][i] + words;
    }
}

void backward_set_reach(struct backward *b, size_t k, const double *upper)
{
    if (b->unit == NULL) {
        return;
    }
    b->reach[k] = 0.0;
    for (size_t i = 0; i < b->layers->layer[k].width; i++) {
        b->reach[k] += isfinite(upper[i]) ? fmax(upper[i], 0.0) : 0.0;
    }
    for (size_t i = k + 1; i < b->layers->n_layers; i++) {
        const struct layer *layer = &b->layers->layer[i];
        bool is_user = false;
        for (size_t t = 0; t < layer->n_terms; t++) {
            is_user = is_user || layer->terms[t].source == k;
        }
        if (is_user) {
            backward_set_charge(b, i);
        }
    }
}

void backward_clear_words(struct backward *b)
{
    for (size_t k = 0; b->unit != NULL && k < b->layers->n_layers; k++) {
        alloc_free(b->unit[k]);
    }
    alloc_free(b->unit);
    b->unit = NULL;
}
