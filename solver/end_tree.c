/* A tree of splits of neurons that bounds one end of another one. */
#include "solver/end_tree.h"

#include "src/base/alloc.h"

#include <math.h>
#include <string.h>

static void clear_leaf(struct end_branch *branch)
{
    alloc_free(branch->choice);
    alloc_free(branch->eta);
    branch->choice = NULL;
    branch->eta = NULL;
}

void end_tree_clear(struct end_tree *tree)
{
    for (size_t b = 0; b < tree->branches.n; b++) {
        clear_leaf(&tree->branches.data[b]);
    }
    VEC_CLEAR(&tree->branches);
}

uint32_t end_tree_row(const struct end_tree *tree, const struct dual *d)
{
    return 2 * d->neuron[tree->id].index + (tree->is_upper ? 1 : 0);
}

uint32_t end_tree_worst(const struct end_tree *tree)
{
    uint32_t worst = 0;
    double least = HUGE_VAL;
    for (size_t b = 0; b < tree->branches.n; b++) {
        const struct end_branch *branch = &tree->branches.data[b];
        if (branch->child == 0 && branch->bound < least) {
            worst = (uint32_t)b;
            least = branch->bound;
        }
    }
    return worst;
}

void end_tree_imply(const struct end_tree *tree, struct dual *d, size_t row)
{
    const enum phase phase = tree->is_upper ? PHASE_ACTIVE : PHASE_INACTIVE;
    if (d->joined != DUAL_ALONE) {
        d->phase[row * d->n_unstable + tree->id] =
            (uint8_t)(phase | DUAL_IMPLIED);
        d->choice[row * d->n_unstable + tree->id] = 0.0F;
    }
}

void end_tree_set_row(const struct end_tree *tree, uint32_t leaf,
                      struct dual *d, size_t row)
{
    const struct end_branch *branch = tree->branches.data;
    uint8_t *phase = d->phase + row * d->n_unstable;
    dual_set_row(d, row, end_tree_row(tree, d));
    for (uint32_t b = leaf; b > 0; b = branch[b].parent) {
        const struct end_branch *parent = &branch[branch[b].parent];
        phase[parent->split] =
            b == parent->child ? PHASE_INACTIVE : PHASE_ACTIVE;
    }
    end_tree_imply(tree, d, row);
    memcpy(d->choice + row * d->n_unstable, branch[leaf].choice,
           dual_n_below(d) * sizeof *d->choice);
    memcpy(d->eta + row * d->most_atoms, branch[leaf].eta,
           d->most_atoms * sizeof *d->eta);
}

void end_tree_split(struct end_tree *tree, uint32_t leaf)
{
    const struct end_branch child = {.parent = leaf, .split = DUAL_STABLE};
    tree->branches.data[leaf].child = (uint32_t)tree->branches.n;
    VEC_PUSH(&tree->branches, child);
    VEC_PUSH(&tree->branches, child);
    clear_leaf(&tree->branches.data[leaf]);
}

/* |q| times the distance of the line from the ReLU at the minimising point. */
static uint32_t costliest(const struct dual *d, size_t row)
{
    const uint8_t *phase = d->phase + row * d->n_unstable;
    const size_t n = dual_n_below(d);
    uint32_t id = DUAL_STABLE;
    double most = 0.0;
    for (size_t i = 0; i < n; i++) {
        const struct dual_neuron *neuron = &d->neuron[i];
        const size_t y = row * d->stride[neuron->relu] + neuron->index;
        const size_t z = row * d->stride[neuron->source] + neuron->index;
        const double at = (double)d->value[neuron->source][z];
        const double line = (double)d->value[neuron->relu][y];
        const double cost = fabs((double)d->coefficient[neuron->relu][y]) *
                            fabs(line - fmax(at, 0.0));
        if (phase[i] == PHASE_UNSTABLE && cost > most) {
            most = cost;
            id = (uint32_t)i;
        }
    }
    return id;
}

void end_tree_keep(struct end_tree *tree, uint32_t leaf, const struct dual *d,
                   size_t row, double bound)
{
    struct end_branch *branch = &tree->branches.data[leaf];
    const size_t n = dual_n_below(d);
    clear_leaf(branch);
    NEW_ARRAY(branch->choice, n);
    NEW_ARRAY(branch->eta, d->most_atoms);
    memcpy(branch->eta, d->eta + row * d->most_atoms,
           d->most_atoms * sizeof *branch->eta);
    memcpy(branch->choice, d->choice + row * d->n_unstable,
           n * sizeof *branch->choice);
    branch->bound = bound;
    branch->split = costliest(d, row);
}
