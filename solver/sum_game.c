/* A matrix game by the simplex method (Dantzig, 1951). */
#include "solver/sum_game.h"

#include "solver/spec.h"
#include "src/base/require.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

enum {
    MOST_ROWS = SPEC_MOST_SUMMED,
    MOST_COLUMNS = SUM_GAME_POINTS + SPEC_MOST_SUMMED + 1,
    MOST_PIVOTS = 200
};

static const double TOLERANCE = 0x1p-40;

/*
 * With all entries made positive by a shift, the game's value is 1 / sum y of
 *
 *   maximise sum_t y_t  subject to  sum_t points[t][j] y_t <= 1 for all j
 *
 * and w its dual solution divided by its sum. Columns: y, slacks, right side;
 * the last row holds the reduced costs.
 */
struct tableau {
    size_t n_rows;
    size_t n_columns;
    size_t basic[MOST_ROWS]; /* the column that a row stands for */
    double entry[MOST_ROWS + 1][MOST_COLUMNS];
};

static void fill(struct tableau *tableau, const double *points, size_t n_points,
                 double shift, double scale)
{
    const size_t n = tableau->n_rows;
    memset(tableau->entry, 0, sizeof tableau->entry);
    for (size_t j = 0; j < n; j++) {
        tableau->basic[j] = n_points + j;
        for (size_t t = 0; t < n_points; t++) {
            tableau->entry[j][t] = (points[t * n + j] - shift) / scale + 1.0;
        }
        tableau->entry[j][n_points + j] = 1.0;
        tableau->entry[j][tableau->n_columns - 1] = 1.0;
    }
    for (size_t t = 0; t < n_points; t++) {
        tableau->entry[n][t] = -1.0;
    }
}

/* The first column that improves, by Bland's rule; n_columns - 1 if none. */
static size_t choose_column(const struct tableau *tableau)
{
    const double *cost = tableau->entry[tableau->n_rows];
    size_t column = 0;
    while (column + 1 < tableau->n_columns && cost[column] >= -TOLERANCE) {
        column++;
    }
    return column;
}

/* The row that limits a column first; n_rows if none does. */
static size_t choose_row(const struct tableau *tableau, size_t column)
{
    size_t best = tableau->n_rows;
    double least = HUGE_VAL;
    for (size_t j = 0; j < tableau->n_rows; j++) {
        const double *row = tableau->entry[j];
        if (row[column] > TOLERANCE &&
            row[tableau->n_columns - 1] / row[column] < least) {
            least = row[tableau->n_columns - 1] / row[column];
            best = j;
        }
    }
    return best;
}

static void pivot(struct tableau *tableau, size_t row, size_t column)
{
    double *chosen = tableau->entry[row];
    const double factor = 1.0 / chosen[column];
    tableau->basic[row] = column;
    for (size_t c = 0; c < tableau->n_columns; c++) {
        chosen[c] *= factor;
    }
    for (size_t j = 0; j <= tableau->n_rows; j++) {
        double *other = tableau->entry[j];
        const double q = other[column];
        for (size_t c = 0; j != row && c < tableau->n_columns; c++) {
            other[c] -= q * chosen[c];
        }
    }
}

double sum_game_solve(double *weight, double *share, const double *points,
                      size_t n_points, size_t n)
{
    struct tableau tableau = {.n_rows = n, .n_columns = n_points + n + 1};
    double least = HUGE_VAL;
    double largest = -HUGE_VAL;
    REQUIRE(n <= SPEC_MOST_SUMMED && n_points <= SUM_GAME_POINTS);
    for (size_t i = 0; i < n_points * n; i++) {
        least = fmin(least, points[i]);
        largest = fmax(largest, points[i]);
    }
    const double scale = fmax(largest - least, 0x1p-200);
    if (!isfinite(least) || !isfinite(scale)) {
        return -HUGE_VAL;
    }
    fill(&tableau, points, n_points, least, scale);
    bool is_optimal = false;
    for (int i = 0; i < MOST_PIVOTS && !is_optimal; i++) {
        const size_t column = choose_column(&tableau);
        const size_t row = choose_row(&tableau, column);
        is_optimal = column + 1 == tableau.n_columns;
        if (!is_optimal && row == n) {
            return -HUGE_VAL;
        }
        if (!is_optimal) {
            pivot(&tableau, row, column);
        }
    }
    const double *cost = tableau.entry[n];
    const double sum = cost[tableau.n_columns - 1];
    if (!is_optimal || !(sum > 0.0)) {
        return -HUGE_VAL;
    }
    for (size_t j = 0; j < n; j++) {
        weight[j] = fmax(cost[n_points + j], 0.0) / sum;
    }
    memset(share, 0, n_points * sizeof *share);
    for (size_t j = 0; j < n; j++) {
        if (tableau.basic[j] < n_points) {
            share[tableau.basic[j]] =
                tableau.entry[j][tableau.n_columns - 1] / sum;
        }
    }
    return (1.0 / sum - 1.0) * scale + least;
}
