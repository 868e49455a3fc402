/* The neuron literals of a node in the rows of the dual bound. */
#include "solver/dual_literal.h"

uint32_t dual_literal(const struct dual *d, const struct split *split)
{
    const uint32_t id = split->kind == SPLIT_NEURON
                            ? dual_find(d, split->layer, split->index)
                            : DUAL_STABLE;
    return id < dual_n_below(d) ? id : DUAL_STABLE;
}

void dual_set_literals(struct dual *d, const struct node *node, size_t n_kept)
{
    for (size_t s = 0; s < node->depth; s++) {
        const uint32_t id = dual_literal(d, &node->path[s]);
        for (size_t r = 0; id != DUAL_STABLE && r < d->n_rows; r++) {
            d->phase[r * d->n_unstable + id] =
                node->path[s].is_upper ? PHASE_ACTIVE : PHASE_INACTIVE;
            if (s >= n_kept) {
                d->choice[r * d->n_unstable + id] = 0.0F;
            }
        }
    }
}
