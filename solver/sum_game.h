/* Multipliers that raise the least of several linear forms. */
#ifndef ASTROLABE_SOLVER_SUM_GAME_H
#define ASTROLABE_SOLVER_SUM_GAME_H

#include <stddef.h>

/* Most points of a game. */
enum { SUM_GAME_POINTS = 32 };

/*
 * Finds w of the simplex, w >= 0 and sum_j w_j = 1, that maximises
 * min_t sum_j w_j points[t][j], in nearest arithmetic.
 *   points  [n_points x n], n_points <= SUM_GAME_POINTS, n <= SPEC_MOST_SUMMED
 *   weight  [n] out
 *   share   [n_points] out: weights of points, their sum 1, with whose mean of
 *           points no w gets more than the maximum
 *   returns the maximum; -infinity if none was found, weight unspecified
 */
double sum_game_solve(double *weight, double *share, const double *points,
                      size_t n_points, size_t n);

#endif
