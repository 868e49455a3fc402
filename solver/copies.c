/* Rows with a single entry, by their column or by their input. */
#include "solver/copies.h"

#include "src/base/alloc.h"

#include <stdbool.h>
#include <stddef.h>

static bool is_same(double a, double b)
{
    return !(a < b) && !(a > b);
}

/* Whether row i of the layer is the difference of two values. */
static bool is_difference(const struct layer *layer, size_t i)
{
    const struct matrix *matrix = &layer->terms[0].matrix;
    const size_t e = matrix->start[i];
    return matrix->start[i + 1] == e + 2 && is_same(layer->bias[i], 0.0) &&
           is_same(matrix->value[e], -matrix->value[e + 1]);
}

/* Notes which differences are others with their sign changed; returns how many.
 * A list for each first column, in its own order, is short. */
static size_t find_mirrored(uint32_t *original, const struct layer *layer)
{
    const struct matrix *matrix = &layer->terms[0].matrix;
    uint32_t *last; /* 1 + the last difference that starts in a column */
    uint32_t *before;
    size_t n_mirrored = 0;
    NEW_ARRAY(last, matrix->n_cols);
    NEW_ARRAY(before, layer->width);
    for (size_t i = 0; i < layer->width; i++) {
        if (!is_difference(layer, i)) {
            continue;
        }
        const size_t e = matrix->start[i];
        const uint32_t column = matrix->column[e];
        uint32_t o = last[column];
        while (o != 0 && (matrix->column[matrix->start[o - 1] + 1] !=
                              matrix->column[e + 1] ||
                          !is_same(matrix->value[matrix->start[o - 1]],
                                   -matrix->value[e]))) {
            o = before[o - 1];
        }
        if (o != 0) {
            original[i] = (o - 1) | COPIES_MIRRORED;
            n_mirrored++;
        } else {
            before[i] = last[column];
            last[column] = (uint32_t)i + 1;
        }
    }
    alloc_free(last);
    alloc_free(before);
    return n_mirrored;
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
    n_copies += find_mirrored(original, layer);
    if (n_copies == 0) {
        alloc_free(original);
        return NULL;
    }
    return original;
}

/* Entries of a row, of all terms together, counted up to 2; the last one. */
struct entries {
    size_t n;
    size_t column;
    double weight;
};

static void add_entry(struct entries *entries, size_t column, double weight)
{
    if (weight < 0.0 || weight > 0.0) {
        entries->n++;
        entries->column = column;
        entries->weight = weight;
    }
}

static void add_entries(struct entries *entries, const struct matrix *matrix,
                        size_t i)
{
    if (matrix->dense != NULL) {
        const double *row = matrix->dense + i * matrix->n_cols;
        for (size_t c = 0; c < matrix->n_cols && entries->n < 2; c++) {
            add_entry(entries, c, row[c]);
        }
        return;
    }
    for (size_t e = matrix->start[i];
         e < matrix->start[i + 1] && entries->n < 2; e++) {
        add_entry(entries, matrix->column[e], matrix->value[e]);
    }
}

/* The input that value i of an affine layer is a copy of. */
static uint32_t input_of(const struct layer *layer, size_t i,
                         uint32_t *const *inputs)
{
    struct entries entries = {0};
    uint32_t input = COPIES_NONE;
    for (size_t t = 0; t < layer->n_terms && entries.n < 2; t++) {
        const size_t before = entries.n;
        add_entries(&entries, &layer->terms[t].matrix, i);
        const uint32_t *of = inputs[layer->terms[t].source];
        if (entries.n > before) {
            input = of == NULL ? COPIES_NONE : of[entries.column];
        }
    }
    return entries.n == 1 && is_same(entries.weight, 1.0) &&
                   is_same(layer->bias[i], 0.0)
               ? input
               : COPIES_NONE;
}

/* Whether neurons of a layer, or scales, read layer k. */
static bool reads(const struct layer *layer, size_t k)
{
    return (layer->kind == LAYER_RELU || layer_is_curved(layer)) &&
           (layer->source == k ||
            (layer->kind == LAYER_PRODUCT && layer->other == k));
}

/* Forgets copies in layers that only affine ones read; false if none stays. */
static bool keep_read(uint32_t **inputs, const struct layers *layers)
{
    bool has_any = false;
    for (size_t k = 0; k < layers->n_layers; k++) {
        bool is_read = false;
        for (size_t r = k + 1; r < layers->n_layers && inputs[k] != NULL; r++) {
            is_read = is_read || reads(&layers->layer[r], k);
        }
        if (!is_read) {
            alloc_free(inputs[k]);
            inputs[k] = NULL;
        }
        has_any = has_any || is_read;
    }
    return has_any;
}

uint32_t **copies_of_inputs(const struct layers *layers)
{
    uint32_t **inputs;
    NEW_ARRAY(inputs, layers->n_layers);
    for (size_t k = 0; k < layers->n_layers; k++) {
        const struct layer *layer = &layers->layer[k];
        bool has_any = false;
        if (layer->kind != LAYER_INPUT && layer->kind != LAYER_AFFINE) {
            continue;
        }
        NEW_ARRAY(inputs[k], layer->width);
        for (size_t i = 0; i < layer->width; i++) {
            inputs[k][i] = layer->kind == LAYER_INPUT
                               ? (uint32_t)i
                               : input_of(layer, i, inputs);
            has_any = has_any || inputs[k][i] != COPIES_NONE;
        }
        if (!has_any) {
            alloc_free(inputs[k]);
            inputs[k] = NULL;
        }
    }
    if (!keep_read(inputs, layers)) {
        copies_destroy(inputs, layers);
        return NULL;
    }
    return inputs;
}

uint32_t copies_input(uint32_t *const *inputs, size_t layer, size_t i)
{
    return inputs == NULL || inputs[layer] == NULL ? COPIES_NONE
                                                   : inputs[layer][i];
}

void copies_destroy(uint32_t **inputs, const struct layers *layers)
{
    for (size_t k = 0; inputs != NULL && k < layers->n_layers; k++) {
        alloc_free(inputs[k]);
    }
    alloc_free(inputs);
}
