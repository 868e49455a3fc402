/* Which facts a bound of a replay looks at. */
#include "solver/replay_state.h"

#include <math.h>

/* Place of the first neuron that a layer reads among those of all layers. */
static size_t first_of(struct replay *r, size_t source)
{
    const struct bounds *bounds = &replay_here(r)->bounds;
    return (size_t)(bounds->lower[source] - bounds->block);
}

struct oracle_layer replay_layer_of(void *context, uint32_t relu)
{
    struct replay *r = context;
    const size_t source = r->layers->layer[r->relu[relu]].source;
    return (struct oracle_layer){first_of(r, source),
                                 r->layers->layer[source].width};
}

double replay_end(void *context, size_t neuron, bool is_upper)
{
    struct replay *r = context;
    return replay_here(r)
        ->bounds.block[is_upper ? r->n_neurons + neuron : neuron];
}

/* What the line of a neuron met with coefficient q looks at. */
static unsigned needs_of(double q, double lower, double upper)
{
    switch (bounds_phase(lower, upper)) {
    case PHASE_ACTIVE:
        return ORACLE_NEEDS_LOWER;
    case PHASE_INACTIVE:
        return ORACLE_NEEDS_UPPER;
    case PHASE_UNSTABLE:
        break;
    }
    return q > 0.0 ? ORACLE_NEEDS_SLOPE
                   : ORACLE_NEEDS_LOWER | ORACLE_NEEDS_UPPER;
}

/* Adds the needs of a row that was just run. */
static void add_needs(struct replay *r, uint8_t *needs, size_t row)
{
    const struct bounds *bounds = &replay_here(r)->bounds;
    for (size_t i = 0; i < r->n_relus; i++) {
        const size_t k = r->relu[i];
        const size_t source = r->layers->layer[k].source;
        const size_t first = first_of(r, source);
        const double *met = backward_met(r->backward, k, row);
        for (size_t e = 0; met != NULL && e < r->layers->layer[k].width; e++) {
            if (fabs(met[e]) > 0.0) {
                needs[first + e] |= (uint8_t)needs_of(
                    met[e], bounds->lower[source][e], bounds->upper[source][e]);
            }
        }
    }
}

/* The atom that refutes a disjunct best. */
static size_t best_atom(struct replay *r, uint32_t disjunct)
{
    const struct bounds *bounds = &replay_here(r)->bounds;
    size_t best = r->spec.first[disjunct];
    double most = -HUGE_VAL;
    for (size_t a = best; a < r->spec.first[disjunct + 1]; a++) {
        backward_begin(r->backward, 1);
        replay_seed_atom(r, 0, a, 1.0);
        backward_run(r->backward);
        const double bound = backward_minimum(r->backward, 0, bounds->lower[0],
                                              bounds->upper[0]);
        if (bound > most) {
            most = bound;
            best = a;
        }
    }
    return best;
}

void replay_closing_needs(void *context, uint8_t *needs,
                          const struct oracle_sum *sum)
{
    struct replay *r = context;
    const uint32_t d = sum->disjunct;
    if (r->spec.first[d] == r->spec.first[d + 1]) {
        return;
    }
    replay_renew(r, r->layers->n_layers);
    replay_set_lines(r, r->layers->n_layers, true);
    const size_t atom = sum->n == 0 ? best_atom(r, d) : 0;
    backward_begin(r->backward, 1);
    if (sum->n == 0) {
        replay_seed_atom(r, 0, atom, 1.0);
    } else {
        replay_seed_sum(r, 0, sum);
    }
    backward_run(r->backward);
    add_needs(r, needs, 0);
}

void replay_lemma_needs(void *context, uint8_t *needs,
                        const struct oracle_lemma *lemma, bool is_refresh)
{
    struct replay *r = context;
    const size_t source = r->layers->layer[r->relu[lemma->relu]].source;
    /* Ends that cross have no lines: those of this layer, or none. */
    const bool is_possible = replay_here(r)->is_possible;
    replay_renew(r, r->relu[lemma->relu]);
    replay_set_lines(r, is_possible ? r->layers->n_layers : source,
                     !is_refresh);
    backward_begin(r->backward, 1);
    backward_seed(r->backward, source, 0)[lemma->element] +=
        lemma->is_upper ? -1.0 : 1.0;
    replay_seed_sum(r, 0, &lemma->by);
    backward_run(r->backward);
    add_needs(r, needs, 0);
}
