/* Projected ascent on the dual bound of the rows of a batch. */
#include "solver/dual.h"

#include <math.h>
#include <string.h>

/* Steps of slopes; steps of multipliers, as shares of the typical coefficient;
 * of weights of atoms. Source of the first two: the settings of 2021 to 2024
 * of the verifier of the paper of (1). */
static const double SLOPE_RATE = 0.15;
static const double LITERAL_RATE = 0.15;
static const double ATOM_RATE = 0.3;
static const double JOINED_RATE = 0.1;
static const double LEAST_SCALE = 0x1p-6;
static const double DECAY = 0.97;
static const double FIRST = 0.9;
static const double SECOND = 0.99;

/* Every so many steps a row must have gained enough to go on. */
enum { PATIENCE = 6 };

/* Best bounds of the rows, now and PATIENCE steps ago. */
struct ascent {
    size_t step;
    double goal;
    double least_gain;
    double rate;
    double first_share; /* 1 - FIRST^t, 1 - SECOND^t */
    double second_share;
    double best[DUAL_ROWS];
    double before[DUAL_ROWS];
    bool is_over[DUAL_ROWS];
};

/*
 * Root mean square of the coefficients that each ReLU layer is met with, but
 * not below LEAST_SCALE of the largest of them; 1 where no neuron is met, so
 * that multipliers alone can show a region empty.
 */
static void set_scale(struct dual *d, size_t row)
{
    const size_t top = dual_top(d);
    double *scale = d->scale + row * d->layers->n_layers;
    double largest = 0.0;
    for (size_t k = 1; k <= top; k++) {
        const struct dual_kept *kept = &d->pack->kept[k];
        const bool is_relu = d->layers->layer[k].kind == LAYER_RELU;
        const float *q = d->coefficient[k] + row * d->stride[k];
        double sum = 0.0;
        for (size_t t = 0; is_relu && t < kept->n; t++) {
            const double met = (double)q[kept->list[t]];
            sum += met * met;
        }
        scale[k] = sum > 0.0 ? sqrt(sum / (double)kept->n) : 0.0;
        largest = fmax(largest, scale[k]);
    }
    for (size_t k = 1; k <= top; k++) {
        scale[k] = largest > 0.0 ? fmax(scale[k], LEAST_SCALE * largest) : 1.0;
    }
}

static void step_neurons(struct dual *d, size_t row,
                         const struct ascent *ascent)
{
    const double *scale = d->scale + row * d->layers->n_layers;
    const size_t top = dual_top(d);
    for (size_t k = 1; k <= top; k++) {
        const size_t first = row * d->n_unstable + d->layer[k].first;
        const struct single_step step = {
            .n = d->layer[k].n_own,
            .choice = d->choice + first,
            .moment = d->first + first,
            .square = d->second + first,
            .gradient = d->gradient + first,
            .phase = d->phase + first,
            .first = (float)(1.0 - FIRST),
            .second = (float)(1.0 - SECOND),
            .m_share = (float)ascent->first_share,
            .s_share = (float)ascent->second_share,
            .slope_rate = (float)(ascent->rate * SLOPE_RATE),
            .literal_rate =
                single_round(ascent->rate * LITERAL_RATE * scale[k]),
        };
        if (step.n > 0) {
            d->kernels->step(&step);
        }
    }
}

/* The largest of the atoms at the minimising point. */
static double size_of_atoms(const struct dual *d, size_t row)
{
    const double *gradient = d->eta_gradient + row * d->most_atoms;
    const size_t n = dual_n_atoms(d, row);
    double size = 0.0;
    for (size_t q = 0; q < n; q++) {
        size = fmax(size, fabs(gradient[q]));
    }
    return size;
}

/* The size of a step of the multipliers of atoms that are joined: what moves
 * the bound by its own size where the atoms are at the row's minimising point,
 * or typically are if that is more. */
static void set_eta_steps(struct dual *d)
{
    double mean = 0.0;
    for (size_t r = 0; r < d->n_rows; r++) {
        mean += size_of_atoms(d, r) / (double)d->n_rows;
    }
    for (size_t r = 0; r < d->n_rows; r++) {
        const double size = fmax(size_of_atoms(d, r), mean);
        d->eta_step[r] = size > 0.0 ? fabs(d->bound[r]) / size : 0.0;
    }
}

/* Multipliers of joined atoms. */
static void step_joined(struct dual *d, size_t row, const struct ascent *ascent)
{
    const size_t n = dual_n_atoms(d, row);
    for (size_t q = row * d->most_atoms; q < row * d->most_atoms + n; q++) {
        const double g = d->eta_gradient[q];
        d->eta_first[q] += (1.0 - FIRST) * (g - d->eta_first[q]);
        d->eta_second[q] += (1.0 - SECOND) * (g * g - d->eta_second[q]);
        const double mean = d->eta_first[q] / ascent->first_share;
        const double size = sqrt(d->eta_second[q] / ascent->second_share);
        d->eta[q] =
            fmax(d->eta[q] + ascent->rate * JOINED_RATE * d->eta_step[row] *
                                 mean / (size + 1e-300),
                 0.0);
    }
}

/* Weights grow by the exponential of their gradient; their sum stays 1. */
static void step_atoms(struct dual *d, size_t row, const struct ascent *ascent)
{
    const size_t n = dual_n_atoms(d, row);
    const double *gradient = d->eta_gradient + row * d->most_atoms;
    double *eta = d->eta + row * d->most_atoms;
    const double size = fmax(size_of_atoms(d, row), 1e-300);
    double sum = 0.0;
    if (n < 2) {
        return;
    }
    for (size_t q = 0; q < n; q++) {
        eta[q] *= exp(ascent->rate * ATOM_RATE * gradient[q] / size);
        sum += eta[q];
    }
    for (size_t q = 0; q < n; q++) {
        eta[q] /= sum;
    }
}

static void swap_doubles(double *a, double *b, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const double kept = a[i];
        a[i] = b[i];
        b[i] = kept;
    }
}

static void swap_floats(float *a, float *b, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const float kept = a[i];
        a[i] = b[i];
        b[i] = kept;
    }
}

/* Exchanges two rows with all they remember. */
static void swap_rows(struct dual *d, struct ascent *ascent, size_t a, size_t b)
{
    const size_t n = d->n_unstable;
    const size_t m = d->most_atoms;
    const size_t n_layers = d->layers->n_layers;
    const uint32_t disjunct = d->disjunct[a];
    if (a == b) {
        return;
    }
    d->disjunct[a] = d->disjunct[b];
    d->disjunct[b] = disjunct;
    for (size_t i = 0; i < n; i++) {
        const uint8_t phase = d->phase[a * n + i];
        d->phase[a * n + i] = d->phase[b * n + i];
        d->phase[b * n + i] = phase;
    }
    swap_floats(d->choice + a * n, d->choice + b * n, n);
    swap_floats(d->best + a * n, d->best + b * n, n);
    swap_floats(d->first + a * n, d->first + b * n, n);
    swap_floats(d->second + a * n, d->second + b * n, n);
    swap_doubles(d->eta + a * m, d->eta + b * m, m);
    swap_doubles(d->best_eta + a * m, d->best_eta + b * m, m);
    swap_doubles(d->eta_first + a * m, d->eta_first + b * m, m);
    swap_doubles(d->eta_second + a * m, d->eta_second + b * m, m);
    swap_doubles(&d->eta_step[a], &d->eta_step[b], 1);
    swap_doubles(d->scale + a * n_layers, d->scale + b * n_layers, n_layers);
    swap_doubles(&d->bound[a], &d->bound[b], 1);
    swap_doubles(&ascent->best[a], &ascent->best[b], 1);
    swap_doubles(&ascent->before[a], &ascent->before[b], 1);
}

/* Keeps what is better than before; true if the row should stop. */
static bool judge(struct dual *d, struct ascent *ascent, size_t row)
{
    const size_t n = d->n_unstable;
    const size_t m = d->most_atoms;
    if (ascent->step == 0 || d->bound[row] > ascent->best[row]) {
        ascent->best[row] = d->bound[row];
        memcpy(d->best + row * n, d->choice + row * n,
               dual_n_below(d) * sizeof *d->best);
        memcpy(d->best_eta + row * m, d->eta + row * m, m * sizeof *d->eta);
    }
    if (ascent->best[row] > ascent->goal) {
        return true;
    }
    if (ascent->step % PATIENCE != 0) {
        return false;
    }
    const double gain = ascent->best[row] - ascent->before[row];
    const double left = ascent->goal - ascent->best[row];
    ascent->before[row] = ascent->best[row];
    return ascent->step > 0 && gain < ascent->least_gain * left;
}

/* Stops rows for an end of a neuron whose other end is above the goal. */
static void stop_twins(const struct dual *d, struct ascent *ascent)
{
    for (size_t r = 0; r < d->n_rows && d->target > 0; r++) {
        for (size_t s = 0; s < d->n_rows && ascent->best[r] > ascent->goal;
             s++) {
            ascent->is_over[s] =
                ascent->is_over[s] || d->disjunct[s] / 2 == d->disjunct[r] / 2;
        }
    }
}

/* Takes rows that have stopped out of the batch. */
static void retire(struct dual *d, struct ascent *ascent)
{
    for (size_t r = d->n_rows; r-- > 0;) {
        if (ascent->is_over[r]) {
            swap_rows(d, ascent, r, --d->n_rows);
        }
    }
}

/* One step of all rows of the batch from where dual_bound left them. */
static void advance(struct dual *d, struct ascent *ascent)
{
    dual_differentiate(d);
    ascent->first_share = 1.0 - FIRST * (1.0 - ascent->first_share);
    ascent->second_share = 1.0 - SECOND * (1.0 - ascent->second_share);
    if (ascent->step == 0 && d->target > 0) {
        set_eta_steps(d);
    }
    for (size_t r = 0; r < d->n_rows; r++) {
        step_neurons(d, r, ascent);
        if (d->target > 0) {
            step_joined(d, r, ascent);
        } else {
            step_atoms(d, r, ascent);
        }
    }
    ascent->rate *= DECAY;
}

/* Judges all rows; returns how many are to stop. */
static size_t judge_all(struct dual *d, struct ascent *ascent)
{
    size_t n_over = 0;
    for (size_t r = 0; r < d->n_rows; r++) {
        if (ascent->step == 0) {
            set_scale(d, r);
        }
        ascent->is_over[r] = judge(d, ascent, r);
    }
    stop_twins(d, ascent);
    for (size_t r = 0; r < d->n_rows; r++) {
        n_over += ascent->is_over[r] ? 1 : 0;
    }
    return n_over;
}

void dual_ascend(struct dual *d, const struct dual_effort *effort, double goal)
{
    const size_t n = d->n_unstable;
    const size_t n_below = dual_n_below(d);
    const size_t n_rows = d->n_rows;
    const size_t n_atoms = n_rows * d->most_atoms;
    struct ascent ascent = {
        .goal = goal, .least_gain = effort->least_gain, .rate = 1.0};
    dual_pack_rows(d, 2 * effort->n_steps);
    for (size_t r = 0; r < n_rows; r++) {
        memset(d->first + r * n, 0, n_below * sizeof *d->first);
        memset(d->second + r * n, 0, n_below * sizeof *d->second);
        ascent.best[r] = -HUGE_VAL;
        ascent.before[r] = -HUGE_VAL;
    }
    memset(d->eta_first, 0, n_atoms * sizeof *d->eta_first);
    memset(d->eta_second, 0, n_atoms * sizeof *d->eta_second);
    for (; d->n_rows > 0; ascent.step++) {
        dual_bound(d);
        const size_t n_over = judge_all(d, &ascent);
        if (ascent.step == effort->n_steps || n_over == d->n_rows) {
            break;
        }
        advance(d, &ascent);
        retire(d, &ascent);
    }
    d->n_rows = n_rows;
    for (size_t r = 0; r < n_rows; r++) {
        memcpy(d->choice + r * n, d->best + r * n, n_below * sizeof *d->best);
    }
    memcpy(d->eta, d->best_eta, n_atoms * sizeof *d->eta);
    memcpy(d->bound, ascent.best, n_rows * sizeof *d->bound);
}
