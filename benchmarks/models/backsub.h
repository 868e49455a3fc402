/* Bounds of every value of a toy network over an input box. */
#ifndef ASTROLABE_BENCHMARKS_MODELS_BACKSUB_H
#define ASTROLABE_BENCHMARKS_MODELS_BACKSUB_H

#include "benchmarks/models/toy.h"

/*
 * lower, upper [n_values]: bounds of the input and of every value that a
 * ReLU reads; the other entries are not used. row [n_values]: scratch.
 */
struct backsub {
    const struct toy *toy;
    double *lower;
    double *upper;
    double *row;
};

void backsub_init(struct backsub *backsub, const struct toy *toy);
void backsub_clear(struct backsub *backsub);

/* Bounds for the input box [lower, upper], each of the input's size. */
void backsub_set_box(struct backsub *backsub, const double *lower,
                     const double *upper);

/*
 * A lower bound, in nearest arithmetic, of plus*v[node][i] + minus*v[node][j]
 * over the box: each ReLU with l < 0 < u is replaced by a line, for
 * coefficient c >= 0 by v >= a*x with a in {0, 1}, else by
 * v <= u / (u - l) * (x - l).                                           (1)
 */
double backsub_minimum(struct backsub *backsub, size_t node, size_t i,
                       double plus, size_t j, double minus);

#endif
