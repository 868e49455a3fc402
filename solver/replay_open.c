/* The values that neurons read and that a refresh bounds. */
#include "domains/act_pair.h"
#include "solver/replay_state.h"

/* Whether the lines of neuron i of a layer could gain by closer ends. */
static bool can_gain_by(const struct layer *layer, const struct bounds *bounds,
                        size_t i, double lower, double upper)
{
    if (layer->kind == LAYER_RELU) {
        return bounds_phase(lower, upper) == PHASE_UNSTABLE;
    }
    return lower < upper && (layer->kind != LAYER_DIFFERENCE ||
                             !act_pair_is_exact_at(layer, bounds, i));
}

/* Puts the values of layer `source` that lines of a layer of neurons could gain
 * by into r->neurons; returns their number. */
static size_t find_open(struct replay *r, size_t source,
                        const struct layer *reader)
{
    const struct bounds *bounds = &replay_here(r)->bounds;
    size_t n = 0;
    for (size_t i = 0; i < r->layers->layer[source].width; i++) {
        if (can_gain_by(reader, bounds, i, bounds->lower[source][i],
                        bounds->upper[source][i])) {
            r->neurons[n++] = (uint32_t)i;
        }
    }
    return n;
}

/* Settles values that ReLUs read by forms. */
static void settle(struct replay *r, size_t source)
{
    struct bounds *bounds = &replay_here(r)->bounds;
    if (!r->has_forms) {
        forward_begin(r->forward, bounds);
        r->has_forms = true;
    }
    forward_settle(r->forward, bounds, source);
}

size_t replay_find_open(struct replay *r, size_t source,
                        const struct layer *reader)
{
    const size_t n = find_open(r, source, reader);
    if (n == 0 || reader->kind != LAYER_RELU) {
        return n;
    }
    settle(r, source);
    return find_open(r, source, reader);
}
