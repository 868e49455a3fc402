/* Terms, rows and bias of an affine layer under construction. */
#include "src/net/draft.h"

#include "src/base/alloc.h"

#include <string.h>

void draft_init(struct draft *draft, size_t n_rows)
{
    *draft = (struct draft){.n_rows = n_rows};
    NEW_ARRAY(draft->bias, n_rows);
}

size_t draft_open_sources(struct draft *draft, const struct view *view,
                          size_t n_layers)
{
    const size_t first = draft->n_sources;
    RESIZE_ARRAY(draft->builder_of, n_layers);
    memset(draft->builder_of, 0xff, n_layers * sizeof(size_t));
    const size_t n = view->layers == NULL ? 1 : view->n;
    for (size_t i = 0; i < n; i++) {
        const size_t layer = view_layer(view, i);
        if (layer == VIEW_CONSTANT || draft->builder_of[layer] != SIZE_MAX) {
            continue;
        }
        const size_t k = draft->n_sources++;
        RESIZE_ARRAY(draft->sources, draft->n_sources);
        RESIZE_ARRAY(draft->builders, draft->n_sources);
        draft->sources[k] = layer;
        draft->builder_of[layer] = k;
    }
    return first;
}

void draft_add(struct draft *draft, const struct view *view, size_t i,
               double weight)
{
    const size_t layer = view_layer(view, i);
    if (layer != VIEW_CONSTANT) {
        matrix_builder_add(&draft->builders[draft->builder_of[layer]],
                           view_index(view, i), weight);
    }
}

void draft_end_row(struct draft *draft, size_t first)
{
    for (size_t k = first; k < draft->n_sources; k++) {
        matrix_builder_end_row(&draft->builders[k]);
    }
}

struct layer draft_finish(struct draft *draft, const size_t *widths)
{
    struct layer layer = {.kind = LAYER_AFFINE,
                          .width = draft->n_rows,
                          .n_terms = draft->n_sources,
                          .bias = draft->bias};
    NEW_ARRAY(layer.terms, draft->n_sources);
    for (size_t k = 0; k < draft->n_sources; k++) {
        layer.terms[k].source = draft->sources[k];
        layer.terms[k].matrix = matrix_builder_finish(
            &draft->builders[k], widths[draft->sources[k]]);
    }
    draft->bias = NULL;
    draft_clear(draft);
    return layer;
}

void draft_clear(struct draft *draft)
{
    for (size_t k = 0; k < draft->n_sources; k++) {
        matrix_builder_clear(&draft->builders[k]);
    }
    alloc_free(draft->sources);
    alloc_free(draft->builders);
    alloc_free(draft->builder_of);
    alloc_free(draft->bias);
    *draft = (struct draft){0};
}

static void copy_row(struct matrix_builder *builder,
                     const struct matrix *matrix, size_t row)
{
    if (matrix->dense != NULL) {
        for (size_t col = 0; col < matrix->n_cols; col++) {
            matrix_builder_add(builder, col,
                               matrix->dense[row * matrix->n_cols + col]);
        }
        return;
    }
    for (size_t i = matrix->start[row]; i < matrix->start[row + 1]; i++) {
        matrix_builder_add(builder, matrix->column[i], matrix->value[i]);
    }
}

void draft_gather_rows(struct layer *layer, const struct view *view)
{
    double *bias = NULL;
    NEW_ARRAY(bias, view->n);
    for (size_t t = 0; t < layer->n_terms; t++) {
        struct matrix *matrix = &layer->terms[t].matrix;
        const size_t n_cols = matrix->n_cols;
        struct matrix_builder builder = {0};
        for (size_t i = 0; i < view->n; i++) {
            copy_row(&builder, matrix, view_index(view, i));
            matrix_builder_end_row(&builder);
        }
        matrix_clear(matrix);
        *matrix = matrix_builder_finish(&builder, n_cols);
    }
    for (size_t i = 0; i < view->n; i++) {
        bias[i] = layer->bias[view_index(view, i)];
    }
    alloc_free(layer->bias);
    layer->bias = bias;
    layer->width = view->n;
}
