/* Storage, pre-order walks and figures of certificates. */
#include "proofs/cert.h"

#include "src/base/alloc.h"

#include <assert.h>

void cert_init(struct cert *cert, const struct cert_shape *shape)
{
    *cert = (struct cert){.box_bits = CERT_BOX_BITS,
                          .fact_bits = CERT_FACT_BITS,
                          .slope_bits = CERT_SLOPE_BITS,
                          .n_inputs = shape->n_inputs,
                          .n_cases = shape->n_cases};
    NEW_ARRAY(cert->trees, cert->n_cases);
    for (size_t i = 0; i < cert->n_cases; i++) {
        cert->trees[i].n_disjuncts = shape->n_disjuncts[i];
    }
}

void cert_clear(struct cert *cert)
{
    for (size_t i = 0; i < cert->n_cases; i++) {
        struct cert_tree *tree = &cert->trees[i];
        VEC_CLEAR(&tree->nodes);
        VEC_CLEAR(&tree->thresholds);
        VEC_CLEAR(&tree->closings);
        VEC_CLEAR(&tree->multipliers);
    }
    alloc_free(cert->trees);
    *cert = (struct cert){0};
}

bool cert_is_inner(enum cert_kind kind)
{
    switch (kind) {
    case CERT_INPUT:
    case CERT_INPUT_AT:
    case CERT_NEURON:
        return true;
    case CERT_LEAF:
    case CERT_LEAF_WITH:
        break;
    }
    return false;
}

unsigned cert_index_bits(size_t n_inputs)
{
    unsigned n = 0;
    while (n_inputs > (size_t)1 << n) {
        n++;
    }
    return n;
}

size_t cert_walk_enter(struct cert_walk *walk, enum cert_kind kind)
{
    const size_t depth = walk->left.n;
    assert(!cert_walk_is_done(walk));
    walk->is_started = true;
    if (cert_is_inner(kind)) {
        VEC_PUSH(&walk->left, 2);
        return depth;
    }
    while (walk->left.n > 0 && --walk->left.data[walk->left.n - 1] == 0) {
        walk->left.n--;
    }
    return depth;
}

bool cert_walk_is_done(const struct cert_walk *walk)
{
    return walk->is_started && walk->left.n == 0;
}

void cert_walk_clear(struct cert_walk *walk)
{
    VEC_CLEAR(&walk->left);
    walk->is_started = false;
}

static void count_leaf(struct cert_figures *figures, size_t depth)
{
    if (depth >= figures->n_depths) {
        RESIZE_ARRAY(figures->leaves_at, depth + 1);
        figures->n_depths = depth + 1;
    }
    figures->leaves_at[depth]++;
    figures->n_leaves++;
}

static void measure_tree(struct cert_figures *figures,
                         const struct cert_tree *tree)
{
    struct cert_walk walk = {0};
    for (size_t i = 0; i < tree->nodes.n; i++) {
        const struct cert_node *node = &tree->nodes.data[i];
        const enum cert_kind kind = (enum cert_kind)node->kind;
        const size_t depth = cert_walk_enter(&walk, kind);
        figures->n_refreshes += node->refresh ? 1 : 0;
        if (!cert_is_inner(kind)) {
            count_leaf(figures, depth);
            figures->n_explicit += kind == CERT_LEAF_WITH ? 1 : 0;
        } else if (kind == CERT_NEURON) {
            figures->n_neuron_splits++;
        } else {
            figures->n_input_splits++;
        }
    }
    figures->n_nodes += tree->nodes.n;
    figures->n_multipliers += tree->multipliers.n;
    cert_walk_clear(&walk);
}

void cert_measure(struct cert_figures *figures, const struct cert *cert)
{
    *figures = (struct cert_figures){0};
    for (size_t i = 0; i < cert->n_cases; i++) {
        measure_tree(figures, &cert->trees[i]);
    }
}

void cert_figures_clear(struct cert_figures *figures)
{
    alloc_free(figures->leaves_at);
    *figures = (struct cert_figures){0};
}
