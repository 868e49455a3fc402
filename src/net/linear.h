/* Linear nodes as rows: the one description that all evaluators share. */
#ifndef ASTROLABE_NET_LINEAR_H
#define ASTROLABE_NET_LINEAR_H

#include "src/net/graph.h"

#include <stddef.h>
#include <stdint.h>

/*
 * Row of one output element with respect to one argument:
 *   sum_{k < n} weight[k] * x[offset + stride * column(k)]            (1)
 * column NULL: column(k) = k. Weights may be zero. The arrays are borrowed
 * from the node or from `buffer`, valid until the next call.
 */
struct linear_row {
    size_t n;
    const double *weight;
    const uint32_t *column;
    size_t offset;
    size_t stride;
    double *buffer_weight;
    uint32_t *buffer_column;
    size_t n_buffer;
};

/* Fills the row (1) of output `i` and argument `slot` of a NODE_LINEAR. The
 * row must start zeroed and be cleared at the end. */
void linear_get_row(struct linear_row *row, const struct node *node,
                    size_t slot, size_t i);

void linear_row_clear(struct linear_row *row);

/*
 * Visits the window of output i of a pooling or convolution node: element
 * numbers of the argument (and weights, if there are any) of the positions
 * inside the input, in index order, into row->buffer_*. Used by MaxPool too.
 */
void linear_get_window(struct linear_row *row, const struct window *window,
                       size_t i);

#endif
