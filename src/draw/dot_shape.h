/* Which nodes of a tree are drawn, and what is below them: for dot_*.c only. */
#ifndef ASTROLABE_DRAW_DOT_SHAPE_H
#define ASTROLABE_DRAW_DOT_SHAPE_H

#include "proofs/cert.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 *   leaves, height  [nodes] leaves below a node, and splits on the longest way
 *                   to one
 *   first_leaf      [nodes] number in pre-order of the first of these leaves
 *   order           [nodes] number of the node in pre-order
 *   is_open         [nodes] an inner node whose children are drawn
 */
struct dot_shape {
    const struct cert_tree *tree;
    size_t *leaves;
    size_t *height;
    size_t *first_leaf;
    size_t *order;
    bool *is_open;
};

void dot_shape_init(struct dot_shape *shape, const struct cert_tree *tree);
void dot_shape_clear(struct dot_shape *shape);

/* Opens nodes of n shapes, those with most leaves first, while that leaves at
 * most `most` nodes in all. */
void dot_shapes_open(struct dot_shape *shapes, size_t n, size_t most);

#endif
