/* The effect of neurons on row 0, layer by layer from the last. */
#include "solver/prover_effect.h"

#include "solver/dual.h"
#include "solver/dual_list.h"
#include "solver/dual_literal.h"
#include "solver/prover_slopes.h"
#include "src/base/alloc.h"

#include <math.h>

/* Most neurons of a layer whose bounds count: two rows each. */
enum { MOST_NEURONS = DUAL_ROWS / 2 };
_Static_assert((int)MOST_NEURONS <= (int)DUAL_LIST_ROOM,
               "a list has room for them");

static double intercept_of(const struct dual *d, size_t i)
{
    const struct dual_neuron *neuron = &d->neuron[i];
    return (double)d->layer[neuron->relu].upper_intercept[neuron->index];
}

/* Adds weight * max(-q, 0) of the neurons before `end` in row `row`. */
static void add_row(double *effect, const struct dual *d, size_t row,
                    double weight, size_t end)
{
    const uint8_t *phase = d->phase + row * d->n_unstable;
    for (size_t i = 0; i < end; i++) {
        const struct dual_neuron *neuron = &d->neuron[i];
        const size_t stride = d->stride[neuron->relu];
        const double q =
            (double)d->coefficient[neuron->relu][row * stride + neuron->index];
        if (q < 0.0 && phase[i] == PHASE_UNSTABLE) {
            effect[i] -= weight * q;
        }
    }
}

/* Adds to the neurons before `first` what they count for the bounds of those of
 * one layer on the list. */
static void pass_list(double *effect, struct prover *p,
                      const struct dual_list *list, size_t first)
{
    struct dual *d = p->dual;
    const size_t source = d->neuron[first].source;
    d->target = source;
    d->n_rows = 2 * list->n;
    for (size_t r = 0; r < d->n_rows; r++) {
        const uint32_t index = d->neuron[list->id[r / 2]].index;
        dual_set_row(d, r, 2 * index + (uint32_t)(r % 2));
    }
    dual_set_literals(d, p->node, 0);
    prover_slopes_set_implied(p);
    dual_bound(d);
    for (size_t r = 0; r < d->n_rows; r++) {
        const uint32_t id = list->id[r / 2];
        const double lower = p->bounds.lower[source][d->neuron[id].index];
        const double upper = p->bounds.upper[source][d->neuron[id].index];
        const double share = (r % 2 == 0 ? upper : lower) / (upper - lower);
        add_row(effect, d, r, effect[id] * share * share, first);
    }
    d->target = 0;
    d->n_rows = 1;
}

/* max(-q, 0) of row 0. */
static void begin(double *effect, const struct dual *d)
{
    for (size_t i = 0; i < d->n_unstable; i++) {
        effect[i] = 0.0;
    }
    add_row(effect, d, 0, 1.0, d->n_unstable);
}

/* Multiplies by what the lines are above the ReLUs at 0. */
static void finish(double *effect, const struct dual *d)
{
    for (size_t i = 0; i < d->n_unstable; i++) {
        effect[i] *= intercept_of(d, i);
    }
}

void prover_effect_alone(double *effect, const struct prover *p)
{
    begin(effect, p->dual);
    finish(effect, p->dual);
}

void prover_effect(double *effect, struct prover *p)
{
    const struct dual *d = p->dual;
    size_t first = 0;
    begin(effect, d);
    for (size_t end = d->n_unstable; end > 0; end = first) {
        const uint32_t relu = d->neuron[end - 1].relu;
        struct dual_list list = {.most = MOST_NEURONS};
        for (first = end; first > 0 && d->neuron[first - 1].relu == relu;
             first--) {
            const double t = intercept_of(d, first - 1);
            dual_list_offer(&list, (uint32_t)(first - 1),
                            effect[first - 1] * t);
        }
        const size_t source = d->neuron[first].source;
        if (first > 0 && list.n > 0 &&
            p->layers->layer[source].kind == LAYER_AFFINE) {
            pass_list(effect, p, &list, first);
        }
    }
    finish(effect, d);
}
