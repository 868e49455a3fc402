/* Adam: p -= rate * m / (sqrt(v) + epsilon), m and v running means. */
#include "benchmarks/models/train.h"

#include <math.h>
#include <string.h>

enum { BATCH = 16 };

/* m and v: running means of the gradient and of its square; decay_m and
 * decay_v: how much of them is still the zero they started from. */
struct adam {
    size_t n;
    double *gradient;
    double *mean;
    double *square;
    double decay_m;
    double decay_v;
};

void samples_clear(struct samples *samples)
{
    alloc_free(samples->x);
    alloc_free(samples->y);
    alloc_free(samples->label);
    memset(samples, 0, sizeof *samples);
}

static void adam_init(struct adam *adam, size_t n)
{
    adam->n = n;
    NEW_ARRAY(adam->gradient, n);
    NEW_ARRAY(adam->mean, n);
    NEW_ARRAY(adam->square, n);
    adam->decay_m = 1.0;
    adam->decay_v = 1.0;
}

static void adam_clear(struct adam *adam)
{
    alloc_free(adam->gradient);
    alloc_free(adam->mean);
    alloc_free(adam->square);
}

static void adam_step(struct adam *adam, double *parameter, double rate)
{
    const double beta_m = 0.9;
    const double beta_v = 0.999;
    adam->decay_m *= beta_m;
    adam->decay_v *= beta_v;
    for (size_t i = 0; i < adam->n; i++) {
        const double g = adam->gradient[i] / (double)BATCH;
        adam->mean[i] = beta_m * adam->mean[i] + (1.0 - beta_m) * g;
        adam->square[i] = beta_v * adam->square[i] + (1.0 - beta_v) * g * g;
        const double m = adam->mean[i] / (1.0 - adam->decay_m);
        const double v = adam->square[i] / (1.0 - adam->decay_v);
        parameter[i] -= rate * m / (sqrt(v) + 1e-8);
        adam->gradient[i] = 0.0;
    }
}

/* slope[n_outputs] = d loss / d scores for one sample. */
static void train_loss_slope(double *slope, const struct samples *samples,
                             size_t sample, const double *score)
{
    const size_t n = samples->n_outputs;
    memset(slope, 0, n * sizeof *slope);
    if (samples->label == NULL) {
        for (size_t j = 0; j < n; j++) {
            slope[j] = score[j] - samples->y[sample * n + j];
        }
        return;
    }
    const size_t label = samples->label[sample];
    for (size_t j = 0; j < n; j++) {
        const double excess = 1.0 + score[j] - score[label];
        if (j != label && excess > 0.0) {
            slope[j] += excess;
            slope[label] -= excess;
        }
    }
}

static void train_shuffle(size_t *order, size_t n, struct rng *rng)
{
    for (size_t i = n; i > 1; i--) {
        const size_t j = rng_below(rng, i);
        const size_t kept = order[i - 1];
        order[i - 1] = order[j];
        order[j] = kept;
    }
}

void train(struct toy *toy, const struct samples *samples, size_t n_epochs,
           double rate, struct rng *rng)
{
    struct adam adam;
    double *values;
    double *slopes;
    size_t *order;
    adam_init(&adam, toy->parameters.n);
    NEW_ARRAY(values, toy->n_values);
    NEW_ARRAY(slopes, toy->n_values);
    NEW_ARRAY(order, samples->n);
    for (size_t i = 0; i < samples->n; i++) {
        order[i] = i;
    }

    const size_t out = toy_output(toy)->offset;
    const size_t n_steps = n_epochs * samples->n;
    for (size_t step = 0; step < n_steps; step++) {
        const size_t i = step % samples->n;
        if (i == 0) {
            train_shuffle(order, samples->n, rng);
        }
        toy_eval(values, toy, samples->x + order[i] * samples->n_inputs);
        train_loss_slope(slopes + out, samples, order[i], values + out);
        toy_pull(slopes, adam.gradient, toy, values);
        if (step % BATCH == BATCH - 1) {
            const double left = 1.0 - (double)step / (double)n_steps;
            adam_step(&adam, toy->parameters.data, rate * left);
        }
    }
    toy_round(toy);

    alloc_free(order);
    alloc_free(slopes);
    alloc_free(values);
    adam_clear(&adam);
}

static size_t train_highest(const double *score, size_t n)
{
    size_t best = 0;
    for (size_t j = 1; j < n; j++) {
        best = score[j] > score[best] ? j : best;
    }
    return best;
}

static size_t train_lowest(const double *score, size_t n)
{
    size_t best = 0;
    for (size_t j = 1; j < n; j++) {
        best = score[j] < score[best] ? j : best;
    }
    return best;
}

double train_accuracy(const struct toy *toy, const struct samples *samples)
{
    const size_t n = samples->n_outputs;
    size_t n_right = 0;
    double *values;
    NEW_ARRAY(values, toy->n_values);
    for (size_t i = 0; i < samples->n; i++) {
        toy_eval(values, toy, samples->x + i * samples->n_inputs);
        const double *const score = values + toy_output(toy)->offset;
        if (samples->label != NULL) {
            n_right += train_highest(score, n) == samples->label[i] ? 1 : 0;
        } else {
            const double *const wanted = samples->y + i * n;
            const size_t lowest = train_lowest(wanted, n);
            n_right += train_lowest(score, n) == lowest ? 1 : 0;
        }
    }
    alloc_free(values);
    return (double)n_right / (double)samples->n;
}
