/* An affine layer being written row by row, one matrix per source layer. */
#ifndef ASTROLABE_NET_DRAFT_H
#define ASTROLABE_NET_DRAFT_H

#include "src/net/layers.h"
#include "src/net/matrix_builder.h"
#include "src/net/view.h"

#include <stddef.h>

/*
 *   sources     [n_sources] layer of each term
 *   builders    [n_sources] its matrix so far
 *   builder_of  layer -> term, for the argument being written
 *   bias        [n_rows]
 */
struct draft {
    size_t n_sources;
    size_t *sources;
    struct matrix_builder *builders;
    size_t *builder_of;
    size_t n_rows;
    double *bias;
};

void draft_init(struct draft *draft, size_t n_rows);

/* Starts the terms of one argument: a matrix for each layer the view shows;
 * n_layers bounds their numbers. Returns the first new term. */
size_t draft_open_sources(struct draft *draft, const struct view *view,
                          size_t n_layers);

/* Weight of element i of the view in the current row; constants (which the
 * caller knows to be zero) are passed over. */
void draft_add(struct draft *draft, const struct view *view, size_t i,
               double weight);

/* Ends the current row of the terms from `first` on. */
void draft_end_row(struct draft *draft, size_t first);

/* The layer; widths[k] are those of the layers. Empties the draft. */
struct layer draft_finish(struct draft *draft, const size_t *widths);

void draft_clear(struct draft *draft);

/* Row i of the affine layer becomes its row view_index(i); the view shows
 * only this layer. */
void draft_gather_rows(struct layer *layer, const struct view *view);

#endif
