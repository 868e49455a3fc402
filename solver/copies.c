/* Rows with a single entry, by their column. */
#include "solver/copies.h"

#include "src/base/alloc.h"

#include <stdbool.h>
#include <stddef.h>

static bool is_same(double a, double b)
{
    return !(a < b) && !(a > b);
}

uint32_t *copies_find(const struct layer *layer)
{
    if (layer->n_terms != 1 || layer->terms[0].matrix.dense != NULL) {
        return NULL;
    }
    const struct matrix *matrix = &layer->terms[0].matrix;
    uint32_t *original;
    uint32_t *first; /* 1 + first row with the only entry in this column */
    size_t n_copies = 0;
    NEW_ARRAY(original, layer->width);
    NEW_ARRAY(first, matrix->n_cols);
    for (size_t i = 0; i < layer->width; i++) {
        const size_t e = matrix->start[i];
        original[i] = (uint32_t)i;
        if (matrix->start[i + 1] != e + 1) {
            continue;
        }
        uint32_t *known = &first[matrix->column[e]];
        if (*known == 0) {
            *known = (uint32_t)i + 1;
            continue;
        }
        const size_t o = *known - 1;
        if (is_same(matrix->value[matrix->start[o]], matrix->value[e]) &&
            is_same(layer->bias[o], layer->bias[i])) {
            original[i] = (uint32_t)o;
            n_copies++;
        }
    }
    alloc_free(first);
    if (n_copies == 0) {
        alloc_free(original);
        return NULL;
    }
    return original;
}
