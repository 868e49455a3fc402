/* Sums over one row of a matrix. */
#ifndef ASTROLABE_DOMAINS_ROW_SUM_H
#define ASTROLABE_DOMAINS_ROW_SUM_H

#include "src/net/layers.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ROW_SUM_ABREAST = 8 };

/*
 * sum_j w_ij x_j of row i, or sum_j |w_ij| x_j, in nearest arithmetic, as
 * ROW_SUM_ABREAST sums, so that none waits for the one before.
 *   x            [n_cols]
 *   is_absolute  a constant: the function is made for each
 */
static inline double row_sum(const struct matrix *matrix, size_t i,
                             const double *x, bool is_absolute)
{
    const bool is_dense = matrix->dense != NULL;
    const size_t first = is_dense ? 0 : matrix->start[i];
    const size_t n = is_dense ? matrix->n_cols : matrix->start[i + 1] - first;
    const double *w =
        is_dense ? matrix->dense + i * matrix->n_cols : matrix->value + first;
    const uint32_t *column = is_dense ? NULL : matrix->column + first;
    double sums[ROW_SUM_ABREAST] = {0.0};
    size_t t = 0;
    for (; t + ROW_SUM_ABREAST <= n; t += ROW_SUM_ABREAST) {
        for (size_t s = 0; s < ROW_SUM_ABREAST; s++) {
            sums[s] += (is_absolute ? fabs(w[t + s]) : w[t + s]) *
                       x[is_dense ? t + s : column[t + s]];
        }
    }
    for (; t < n; t++) {
        sums[0] +=
            (is_absolute ? fabs(w[t]) : w[t]) * x[is_dense ? t : column[t]];
    }
    return ((sums[0] + sums[1]) + (sums[2] + sums[3])) +
           ((sums[4] + sums[5]) + (sums[6] + sums[7]));
}

#endif
