/* Slopes between the dual bound, back-substitution and the record. */
#include "solver/prover_slopes.h"

#include "domains/act_relu.h"
#include "solver/dual.h"

#include <math.h>

/* Slopes for ends in a recorded search are as told within this: the grid of
 * slopes. With sixteen times as much a search on a dense network of four layers
 * took more than ten times as long. */
static const double END_SLACK = 0x1p-8;

void prover_slopes_set_implied(struct prover *p)
{
    struct dual *d = p->dual;
    for (size_t i = 0; i < d->n_unstable; i++) {
        const struct dual_neuron *neuron = &d->neuron[i];
        const enum phase phase =
            bounds_phase(p->bounds.lower[neuron->source][neuron->index],
                         p->bounds.upper[neuron->source][neuron->index]);
        const size_t n = d->n_unstable;
        for (size_t r = 0; r < d->n_rows && phase != PHASE_UNSTABLE; r++) {
            if (d->phase[r * n + i] == PHASE_UNSTABLE) {
                d->phase[r * n + i] = (uint8_t)(phase | DUAL_IMPLIED);
                d->choice[r * n + i] = 0.0F;
            }
        }
    }
}

/* The slope of a neuron in the record so far. */
static double told_slope(const struct prover *p, size_t id)
{
    const struct dual_neuron *neuron = &p->dual->neuron[id];
    return p->told[id] >= 0.0
               ? p->told[id]
               : act_relu_lower(p->bounds.lower[neuron->source][neuron->index],
                                p->bounds.upper[neuron->source][neuron->index])
                     .slope;
}

/* Chooses those of a row; before: the row whose slopes will be told by then, NULL
 * for what is told. */
static void choose(struct prover *p, size_t row, const size_t *before,
                   double slack)
{
    const struct dual *d = p->dual;
    const float *choice = d->choice + row * d->n_unstable;
    const uint8_t *phase = d->phase + row * d->n_unstable;
    double *slope = p->slope + row * d->n_unstable;
    const size_t n = dual_n_below(d);
    for (size_t i = 0; i < n; i++) {
        const double told = before != NULL
                                ? p->slope[*before * d->n_unstable + i]
                                : told_slope(p, i);
        const double chosen = (double)choice[i];
        const bool is_told = phase[i] != PHASE_UNSTABLE ||
                             (p->record.is_on && fabs(chosen - told) <= slack);
        slope[i] = is_told ? told
                           : ldexp(nearbyint(ldexp(chosen, RECORD_SLOPE_BITS)),
                                   -RECORD_SLOPE_BITS);
    }
}

void prover_slopes_choose(struct prover *p, size_t row, double slack)
{
    choose(p, row, NULL, slack);
}

void prover_slopes_set_lines(struct prover *p)
{
    const size_t target = p->dual->target;
    const size_t end = target > 0 ? target : p->layers->n_layers;
    for (size_t k = 1; k < end; k++) {
        const struct layer *layer = &p->layers->layer[k];
        if (layer->kind == LAYER_RELU) {
            backward_set_lines(p->backward, k, p->bounds.lower[layer->source],
                               p->bounds.upper[layer->source]);
        }
    }
}

void prover_slopes_set_row(struct prover *p, size_t row, size_t place)
{
    const struct dual *d = p->dual;
    const uint8_t *phase = d->phase + row * d->n_unstable;
    const double *slope = p->slope + row * d->n_unstable;
    const size_t n = dual_n_below(d);
    for (size_t i = 0; i < n; i++) {
        if (phase[i] == PHASE_UNSTABLE) {
            backward_set_row_slope(p->backward, place, d->neuron[i].relu,
                                   d->neuron[i].index, slope[i]);
        }
    }
}

const double *prover_slopes_literals(struct prover *p, size_t row)
{
    const struct dual *d = p->dual;
    const uint8_t *phase = d->phase + row * d->n_unstable;
    const float *choice = d->choice + row * d->n_unstable;
    const size_t n = dual_n_below(d);
    double *multiplier = prover_reserve_multipliers(p, n);
    for (size_t i = 0; i < n; i++) {
        const bool is_split =
            phase[i] == PHASE_ACTIVE || phase[i] == PHASE_INACTIVE;
        multiplier[i] = is_split ? (double)choice[i] : 0.0;
    }
    return record_round(multiplier, n) ? multiplier : NULL;
}

void prover_slopes_seed_literals(struct prover *p, size_t row, size_t place)
{
    const struct dual *d = p->dual;
    const double *multiplier = prover_slopes_literals(p, row);
    const size_t n = multiplier == NULL ? 0 : dual_n_below(d);
    for (size_t i = 0; i < n; i++) {
        if (multiplier[i] > 0.0) {
            const bool is_active =
                d->phase[row * d->n_unstable + i] == PHASE_ACTIVE;
            backward_seed(p->backward, d->neuron[i].source,
                          place)[d->neuron[i].index] +=
                is_active ? -multiplier[i] : multiplier[i];
        }
    }
}

void prover_slopes_bound_ends(double *bound, struct prover *p,
                              const size_t *rows, size_t n)
{
    const struct dual *d = p->dual;
    backward_begin(p->backward, n);
    for (size_t t = 0; t < n; t++) {
        const uint32_t end = d->disjunct[rows[t]];
        choose(p, rows[t], t == 0 ? NULL : &rows[t - 1], END_SLACK);
        prover_slopes_set_row(p, rows[t], t);
        backward_seed(p->backward, d->target, t)[end / 2] =
            end % 2 == 0 ? 1.0 : -1.0;
        prover_slopes_seed_literals(p, rows[t], t);
    }
    backward_run(p->backward);
    for (size_t t = 0; t < n; t++) {
        bound[t] = backward_minimum(p->backward, t, p->lower, p->upper);
    }
}

size_t prover_slopes_tell(struct prover *p, size_t row, size_t place)
{
    const struct dual *d = p->dual;
    const double *chosen = p->slope + row * d->n_unstable;
    const size_t n_below = dual_n_below(d);
    size_t n = 0;
    for (size_t i = 0; i < n_below; i++) {
        const struct dual_neuron *neuron = &d->neuron[i];
        const double *met = backward_met(p->backward, neuron->relu, place);
        const bool is_used =
            d->phase[row * d->n_unstable + i] == PHASE_UNSTABLE &&
            met != NULL && met[neuron->index] > 0.0;
        if (is_used && fabs(chosen[i] - told_slope(p, i)) > 0.0) {
            const struct record_slope slope = {neuron->number, neuron->index,
                                               chosen[i]};
            VEC_PUSH(&p->record.slopes, slope);
            p->told[i] = chosen[i];
            n++;
        }
    }
    return n;
}
