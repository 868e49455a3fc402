/* Ends of inputs, and of values that are copies of inputs. */
#include "solver/copies.h"
#include "solver/replay_state.h"
#include "src/num/interval.h"

#include <math.h>

/* Gives all copies of input i its ends. */
static void set_copies(struct replay *r, struct bounds *bounds, size_t i)
{
    for (size_t k = 1; r->copied != NULL && k < r->layers->n_layers; k++) {
        const uint32_t *inputs = r->copied[k];
        const size_t n = inputs == NULL ? 0 : r->layers->layer[k].width;
        for (size_t e = 0; e < n; e++) {
            if (inputs[e] == i) {
                bounds->lower[k][e] = bounds->lower[0][i];
                bounds->upper[k][e] = bounds->upper[0][i];
                replay_set_stale(r, k);
            }
        }
    }
}

void replay_set_input(struct replay *r, struct replay_level *level, size_t i)
{
    const size_t n = r->layers->n_inputs;
    const int shift = -(int)r->box_bits;
    const double lower = ldexp((double)level->units[i], shift);
    const double upper = ldexp((double)level->units[n + i], shift);
    const bool is_exact = fabs(lower) <= ldexp(0x1p53, shift) &&
                          fabs(upper) <= ldexp(0x1p53, shift);
    level->bounds.lower[0][i] = is_exact ? lower : interval_down(lower);
    level->bounds.upper[0][i] = is_exact ? upper : interval_up(upper);
}

void replay_move_input(struct replay *r, struct replay_level *level, size_t i)
{
    replay_set_input(r, level, i);
    set_copies(r, &level->bounds, i);
    replay_set_stale(r, 0);
}

void replay_narrow_input(struct replay *r, struct replay_level *level,
                         const struct replay_literal *literal, size_t i)
{
    int64_t *lower = &level->units[i];
    int64_t *upper = &level->units[r->layers->n_inputs + i];
    const double units = ldexp(literal->level, (int)r->box_bits);
    if (literal->is_upper && units > (double)*lower) {
        *lower = units < REPLAY_MOST_UNITS ? (int64_t)floor(units) : *upper + 1;
    } else if (!literal->is_upper && units < (double)*upper) {
        *upper = units > -REPLAY_MOST_UNITS ? (int64_t)ceil(units) : *lower - 1;
    }
    level->is_possible = level->is_possible && *lower <= *upper;
    replay_move_input(r, level, i);
}

int64_t replay_threshold(const struct replay *r,
                         const struct oracle_split *split,
                         const struct replay_level *level)
{
    const int64_t low = level->units[split->index];
    const int64_t high = level->units[r->layers->n_inputs + split->index];
    const int64_t width = high - low;
    switch (split->kind) {
    case ORACLE_GRID:
        return split->threshold;
    case ORACLE_FRACTION:
        return low + (width / 32) * split->threshold +
               (width % 32) * split->threshold / 32;
    case ORACLE_MIDPOINT:
    case ORACLE_NEURON:
        break;
    }
    return low + width / 2;
}
