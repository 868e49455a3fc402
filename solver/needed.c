/* From the atoms through the layers to the inputs. */
#include "solver/needed.h"

#include "src/base/alloc.h"

#include <string.h>

static void mark_atom(bool *is_needed, const struct layers *layers,
                      const struct query_atom *atom)
{
    for (size_t t = 0; t < atom->n_terms; t++) {
        const size_t variable = atom->terms[t].variable;
        if (variable >= layers->n_inputs) {
            is_needed[variable - layers->n_inputs] = true;
        }
    }
}

static void mark_outputs(bool *is_needed, const struct layers *layers,
                         const struct query_case *query_case)
{
    for (size_t d = 0; d < query_case->n_disjuncts; d++) {
        const struct query_disjunct *disjunct = &query_case->disjuncts[d];
        for (size_t q = 0; q < disjunct->n_atoms; q++) {
            mark_atom(is_needed, layers, &disjunct->atoms[q]);
        }
    }
}

/* Marks the columns of the rows that are needed; of a dense matrix all. */
static void mark_columns(bool *is_below, const struct matrix *matrix,
                         const bool *is_needed)
{
    for (size_t i = 0; i < matrix->n_rows; i++) {
        if (!is_needed[i]) {
            continue;
        }
        if (matrix->dense != NULL) {
            memset(is_below, true, matrix->n_cols * sizeof *is_below);
            return;
        }
        for (size_t e = matrix->start[i]; e < matrix->start[i + 1]; e++) {
            is_below[matrix->column[e]] = true;
        }
    }
}

static void mark_same(bool *is_below, const bool *is_needed, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        is_below[i] = is_below[i] || is_needed[i];
    }
}

bool **needed_find(const struct layers *layers,
                   const struct query_case *query_case)
{
    bool **is_needed;
    NEW_ARRAY(is_needed, layers->n_layers);
    for (size_t k = 0; k < layers->n_layers; k++) {
        NEW_ARRAY(is_needed[k], layers->layer[k].width);
    }
    mark_outputs(is_needed[layers->n_layers - 1], layers, query_case);
    for (size_t k = layers->n_layers; k-- > 1;) {
        const struct layer *layer = &layers->layer[k];
        for (size_t t = 0; t < layer->n_terms; t++) {
            mark_columns(is_needed[layer->terms[t].source],
                         &layer->terms[t].matrix, is_needed[k]);
        }
        if (layer->kind != LAYER_AFFINE) {
            mark_same(is_needed[layer->source], is_needed[k], layer->width);
        }
        if (layer_n_read(layer) > 1) {
            mark_same(is_needed[layer->other], is_needed[k], layer->width);
        }
        if (layer_n_read(layer) > 2) {
            mark_same(is_needed[layer->base], is_needed[k], layer->width);
        }
    }
    return is_needed;
}

void needed_destroy(bool **is_needed, const struct layers *layers)
{
    for (size_t k = 0; is_needed != NULL && k < layers->n_layers; k++) {
        alloc_free(is_needed[k]);
    }
    alloc_free(is_needed);
}
