/* Growing CSR; turned dense at the end where that is shorter. */
#include "src/net/matrix_builder.h"

#include "src/base/alloc.h"
#include "src/net/exact.h"

#include <stdbool.h>
#include <stdlib.h>

struct entry {
    uint32_t column;
    double value;
};

void matrix_builder_add(struct matrix_builder *builder, size_t column,
                        double value)
{
    if (!is_zero(value)) {
        VEC_PUSH(&builder->column, (uint32_t)column);
        VEC_PUSH(&builder->value, value);
    }
}

static int compare_entries(const void *a, const void *b)
{
    const uint32_t left = ((const struct entry *)a)->column;
    const uint32_t right = ((const struct entry *)b)->column;
    return left < right ? -1 : left > right;
}

void matrix_builder_end_row(struct matrix_builder *builder)
{
    const size_t first = builder->row_start;
    const size_t n = builder->column.n - first;
    bool is_sorted = true;
    for (size_t i = first + 1; i < first + n && is_sorted; i++) {
        is_sorted = builder->column.data[i - 1] < builder->column.data[i];
    }
    if (!is_sorted) {
        struct entry *entries = NULL;
        NEW_ARRAY(entries, n);
        for (size_t i = 0; i < n; i++) {
            entries[i] = (struct entry){builder->column.data[first + i],
                                        builder->value.data[first + i]};
        }
        qsort(entries, n, sizeof *entries, compare_entries);
        for (size_t i = 0; i < n; i++) {
            builder->column.data[first + i] = entries[i].column;
            builder->value.data[first + i] = entries[i].value;
        }
        alloc_free(entries);
    }
    VEC_PUSH(&builder->start, first);
    builder->row_start = builder->column.n;
}

void matrix_builder_clear(struct matrix_builder *builder)
{
    VEC_CLEAR(&builder->start);
    VEC_CLEAR(&builder->column);
    VEC_CLEAR(&builder->value);
    builder->row_start = 0;
}

struct matrix matrix_builder_finish(struct matrix_builder *builder,
                                    size_t n_cols)
{
    struct matrix matrix = {.n_rows = builder->start.n, .n_cols = n_cols};
    const size_t n_rows = matrix.n_rows;
    VEC_PUSH(&builder->start, builder->row_start);
    if (n_rows * n_cols > 4096 && builder->value.n < n_rows * n_cols / 4) {
        RESIZE_ARRAY(builder->column.data, builder->column.n);
        RESIZE_ARRAY(builder->value.data, builder->value.n);
        matrix.start = builder->start.data;
        matrix.column = builder->column.data;
        matrix.value = builder->value.data;
    } else {
        NEW_ALIGNED(matrix.dense, n_rows * n_cols);
        for (size_t row = 0; row < n_rows; row++) {
            for (size_t i = builder->start.data[row];
                 i < builder->start.data[row + 1]; i++) {
                matrix.dense[row * n_cols + builder->column.data[i]] =
                    builder->value.data[i];
            }
        }
        matrix_builder_clear(builder);
    }
    *builder = (struct matrix_builder){0};
    return matrix;
}
