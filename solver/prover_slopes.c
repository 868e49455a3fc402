/* Slopes between the dual bound, back-substitution and the record. */
#include "solver/prover_slopes.h"

#include "domains/act_relu.h"
#include "solver/dual.h"
#include "solver/dual_state.h"
#include "src/num/interval.h"

#include <math.h>
#include <string.h>

/* Slopes for ends in a recorded search are as told within this: the grid of
 * slopes. With sixteen times as much a search on a dense network of four layers
 * took more than ten times as long. */
static const double END_SLACK = 0x1p-8;

void prover_slopes_aim(struct prover *p, size_t layer)
{
    p->dual->target = layer;
    p->dual->joined = layer > 0 && p->n_open == 1 ? p->open[0] : DUAL_ALONE;
}

void prover_slopes_set_end(struct prover *p, size_t row, uint32_t end)
{
    struct dual *d = p->dual;
    const struct dual_state *state = p->dual_state;
    const size_t n = d->n_unstable;
    dual_set_row(d, row, end);
    if (d->joined != DUAL_ALONE && state != NULL && state->n_rows == 1 &&
        state->disjunct[0] == d->joined) {
        const uint32_t id = dual_find(d, d->target, end / 2);
        const size_t first = d->layer[d->neuron[id].relu].first;
        memcpy(d->choice + row * n + first, state->choice + first,
               (n - first) * sizeof *d->choice);
    }
}

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

/* Chooses those of a row; before: the row whose slopes will be told by then,
 * NULL for what is told. */
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
    const size_t top = dual_top(p->dual);
    for (size_t k = 1; k <= top; k++) {
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

const double *prover_slopes_atoms(struct prover *p, size_t row)
{
    const struct dual *d = p->dual;
    const size_t n = dual_n_atoms(d, row);
    double *multiplier = prover_reserve_multipliers(p, n);
    memcpy(multiplier, d->eta + row * d->most_atoms, n * sizeof *multiplier);
    if (n == 1 && d->target == 0) {
        multiplier[0] = 1.0;
    }
    return record_round(multiplier, n) ? multiplier : NULL;
}

/* Adds a product to a seed; false if that rounds. */
static bool add_exactly(double *sum, double factor, double coefficient)
{
    const double product = factor * coefficient;
    const double total = *sum + product;
    const double back = total - *sum;
    const bool is_exact = fabs(fma(factor, coefficient, -product)) <= 0.0 &&
                          fabs(back - product) <= 0.0 &&
                          fabs((total - back) - *sum) <= 0.0;
    *sum = total;
    return is_exact;
}

/* The sum with a product added, rounded down where that is not exact. */
static double add_down(double sum, double factor, double coefficient)
{
    double exact = sum;
    return add_exactly(&exact, factor, coefficient)
               ? exact
               : interval_down(sum + interval_down(factor * coefficient));
}

bool prover_slopes_seed_atoms(struct prover *p, size_t row, size_t place)
{
    const struct spec *spec = &p->spec;
    const size_t n = dual_n_atoms(p->dual, row);
    const size_t n_inputs = p->layers->n_inputs;
    const size_t last = p->layers->n_layers - 1;
    const double *multiplier = prover_slopes_atoms(p, row);
    bool is_exact = true;
    double constant = 0.0;
    for (size_t q = 0; q < n && multiplier != NULL && is_exact; q++) {
        const struct query_atom *atom =
            spec->atom[spec->first[dual_atoms(p->dual, row)] + q];
        constant = add_down(constant, -multiplier[q], atom->rhs_up);
        is_exact = isfinite(constant);
        for (size_t t = 0; t < atom->n_terms; t++) {
            const size_t v = atom->terms[t].variable;
            const bool is_input = v < n_inputs;
            double *seed =
                backward_seed(p->backward, is_input ? 0 : last, place);
            is_exact = is_exact &&
                       add_exactly(&seed[is_input ? v : v - n_inputs],
                                   multiplier[q], atom->terms[t].coefficient);
        }
    }
    backward_add_constant(p->backward, place, constant);
    return is_exact && (multiplier != NULL || p->dual->target > 0);
}

void prover_slopes_bound_ends(double *bound, struct prover *p,
                              const size_t *rows, size_t n)
{
    const struct dual *d = p->dual;
    bool is_exact[BACKWARD_ROWS];
    backward_begin(p->backward, n);
    for (size_t t = 0; t < n; t++) {
        const uint32_t end = d->disjunct[rows[t]];
        choose(p, rows[t], t == 0 ? NULL : &rows[t - 1], END_SLACK);
        prover_slopes_set_row(p, rows[t], t);
        backward_seed(p->backward, d->target, t)[end / 2] =
            end % 2 == 0 ? 1.0 : -1.0;
        prover_slopes_seed_literals(p, rows[t], t);
        is_exact[t] = prover_slopes_seed_atoms(p, rows[t], t);
    }
    backward_run(p->backward);
    for (size_t t = 0; t < n; t++) {
        bound[t] = is_exact[t]
                       ? backward_minimum(p->backward, t, p->lower, p->upper)
                       : -HUGE_VAL;
    }
}

size_t prover_slopes_note_atoms(struct record_terms *terms, struct prover *p,
                                size_t row)
{
    const uint32_t disjunct = dual_atoms(p->dual, row);
    const size_t n_atoms = dual_n_atoms(p->dual, row);
    const double *multiplier = prover_slopes_atoms(p, row);
    size_t n = 0;
    for (size_t q = 0; q < n_atoms && multiplier != NULL; q++) {
        if (multiplier[q] > 0.0) {
            const struct record_term term = {disjunct, (uint32_t)q, false,
                                             multiplier[q]};
            VEC_PUSH(terms, term);
            n++;
        }
    }
    return n;
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
