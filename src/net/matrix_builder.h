/* A matrix written row by row. */
#ifndef ASTROLABE_NET_MATRIX_BUILDER_H
#define ASTROLABE_NET_MATRIX_BUILDER_H

#include "src/base/vec.h"
#include "src/net/layers.h"

#include <stddef.h>
#include <stdint.h>

/* A zeroed builder has no rows. Entries of the row being written start at
 * row_start. */
struct matrix_builder {
    size_t row_start;
    VEC(size_t) start;
    VEC(uint32_t) column;
    VEC(double) value;
};

/* One entry of the current row; zeros are dropped. Columns of a row must
 * differ, in any order. */
void matrix_builder_add(struct matrix_builder *builder, size_t column,
                        double value);

/* Ends the current row. */
void matrix_builder_end_row(struct matrix_builder *builder);

/* The matrix of all ended rows, in the form layers.h asks for; clears the
 * builder. Owned by the caller. */
struct matrix matrix_builder_finish(struct matrix_builder *builder,
                                    size_t n_cols);

/* Releases an unfinished builder. */
void matrix_builder_clear(struct matrix_builder *builder);

#endif
