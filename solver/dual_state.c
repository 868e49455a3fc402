/* Rows of the dual bound, kept in a node and put back. */
#include "solver/dual_state.h"

#include "solver/dual.h"
#include "src/base/alloc.h"

#include <string.h>

void dual_state_destroy(struct dual_state *state)
{
    if (state != NULL) {
        alloc_free(state->disjunct);
        alloc_free(state->choice);
        alloc_free(state->eta);
        alloc_free(state->told);
        alloc_free(state);
    }
}

struct dual_state *dual_state_create(const struct prover *p)
{
    const struct dual *d = p->dual;
    const size_t n = d->n_rows * d->n_unstable;
    const size_t m = d->n_rows * d->most_atoms;
    struct dual_state *state;
    NEW(state);
    state->n_rows = d->n_rows;
    state->refreshed = p->refreshed;
    NEW_ARRAY(state->disjunct, d->n_rows);
    NEW_ARRAY(state->choice, n);
    NEW_ARRAY(state->eta, m);
    memcpy(state->disjunct, d->disjunct, d->n_rows * sizeof *d->disjunct);
    memcpy(state->choice, d->choice, n * sizeof *d->choice);
    for (size_t i = 0; i < m; i++) {
        state->eta[i] = (float)d->eta[i];
    }
    NEW_ARRAY(state->told, d->n_unstable);
    for (size_t i = 0; i < d->n_unstable; i++) {
        state->told[i] = (float)p->told[i];
    }
    return state;
}

void dual_state_set_row(const struct dual_state *state, struct dual *d,
                        size_t row, uint32_t disjunct)
{
    const size_t n = d->n_unstable;
    const size_t m = d->most_atoms;
    dual_set_row(d, row, disjunct);
    for (size_t r = 0; state != NULL && r < state->n_rows; r++) {
        if (state->disjunct[r] != disjunct) {
            continue;
        }
        memcpy(d->choice + row * n, state->choice + r * n,
               n * sizeof *d->choice);
        for (size_t q = 0; q < m; q++) {
            d->eta[row * m + q] = (double)state->eta[r * m + q];
        }
    }
}
