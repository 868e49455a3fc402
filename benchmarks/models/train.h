/* Mini-batch training of a toy network with Adam. */
#ifndef ASTROLABE_BENCHMARKS_MODELS_TRAIN_H
#define ASTROLABE_BENCHMARKS_MODELS_TRAIN_H

#include "benchmarks/models/toy.h"

/*
 * n points: x[n x n_inputs], and for each either target scores
 * y[n x n_outputs] or a class label[n]; the other is NULL. Owned.
 */
struct samples {
    size_t n;
    size_t n_inputs;
    size_t n_outputs;
    double *x;
    double *y;
    size_t *label;
};

void samples_clear(struct samples *samples);

/*
 * Minimises, over the parameters of toy,
 *   scores   sum_j (v_j - y_j)^2 / 2
 *   labels   sum_{j != label} max(0, 1 + v_j - v_label)^2 / 2
 * averaged over batches, then rounds the parameters to float32. Only + - * /
 * and sqrt are used, so the result has the same bits on every machine with
 * IEEE doubles and no contraction.
 * Source: Kingma and Ba, "Adam", ICLR 2015.
 */
void train(struct toy *toy, const struct samples *samples, size_t n_epochs,
           double rate, struct rng *rng);

/* Share of the samples whose highest score is that of the label, or whose
 * lowest score is where the lowest target score is. */
double train_accuracy(const struct toy *toy, const struct samples *samples);

#endif
