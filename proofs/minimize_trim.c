/* Pass: splits that one child does not need. */
#include "proofs/minimize_pass.h"
#include "src/base/alloc.h"

/*
 * If all below a child closes without the literal of its split, with the
 * refreshes of parent and child together, the child takes the place of the
 * parent and its sibling goes. Tried bottom-up for children with few leaves:
 * each trial evaluates them all.
 */
enum { FEW_LEAVES = 4, MORE_LEAVES = 32 };

/* A node below the child, with the neuron splits between. */
struct below {
    uint32_t node;
    uint32_t n_splits;
};

/* Multipliers of literals in a range of combinations that cite the split
 * n_splits above or one farther up: calls count them, or move them by `by`. */
static bool shift_combination(struct cert_tree *tree,
                              const struct cert_combination *combination,
                              uint32_t n_splits, int by)
{
    for (uint32_t i = 0; i < combination->n_literals; i++) {
        struct cert_multiplier *one =
            &tree->multipliers
                 .data[combination->first + combination->n_atoms + i];
        if (by == 0 && one->index == n_splits) {
            return false;
        }
        if (by < 0 && one->index > n_splits) {
            one->index--;
        } else if (by > 0 && one->index >= n_splits) {
            one->index++;
        }
    }
    return true;
}

static bool shift_node(struct cert_tree *tree, const struct below *at, int by)
{
    const struct cert_details own =
        cert_node_details(tree, &tree->nodes.data[at->node]);
    bool is_free = true;
    for (size_t i = 0; i < own.n_lemmas && is_free; i++) {
        is_free = shift_combination(
            tree, &tree->lemmas.data[own.first_lemma + i].by, at->n_splits, by);
    }
    for (size_t i = 0; i < own.n_closings && is_free; i++) {
        const struct cert_closing *closing =
            &tree->closings.data[own.first_closing + i];
        is_free = closing->is_default ||
                  shift_combination(tree, &closing->by, at->n_splits, by);
    }
    return is_free;
}

/* by 0: true if nothing at the child `from` of a neuron split and below cites
 * that split. by -1, 1: takes the split out of all references, or puts it
 * back. */
static bool shift(struct cert_tree *tree, uint32_t from, int by)
{
    VEC(struct below) stack = {0};
    bool is_free = true;
    VEC_PUSH(&stack, ((struct below){from, 0}));
    while (stack.n > 0 && is_free) {
        const struct below at = stack.data[--stack.n];
        const struct cert_node *node = &tree->nodes.data[at.node];
        is_free = shift_node(tree, &at, by);
        for (uint32_t side = 0; side < 2 && node->kind != CERT_LEAF; side++) {
            const struct below child = {
                node->child + side, at.n_splits + (node->kind == CERT_NEURON)};
            VEC_PUSH(&stack, child);
        }
    }
    VEC_CLEAR(&stack);
    return is_free;
}

/* Tries to put a child in the place of the node in work. */
static bool replace(struct minimize_walk *walk, uint32_t child)
{
    struct cert_tree *tree = walk->tree;
    struct cert_node *node = minimize_walk_node(walk);
    const struct cert_node before = *node;
    const bool is_neuron = before.kind == CERT_NEURON;
    if (before.details != CERT_NONE || (is_neuron && !shift(tree, child, 0))) {
        return false;
    }
    if (is_neuron) {
        (void)shift(tree, child, -1);
    }
    *node = tree->nodes.data[child];
    node->refresh |= before.refresh;
    minimize_walk_again(walk);
    if (minimize_walk_replay(walk)) {
        return true;
    }
    *node = before;
    if (is_neuron) {
        (void)shift(tree, child, 1);
    }
    return false;
}

/* True if a trial of the child is worth its time: it refreshes what the
 * parent does not, or splits on. */
static bool is_worthwhile(const struct minimize_walk *walk,
                          const struct cert_node *node, uint32_t child)
{
    const struct cert_node *one = &walk->tree->nodes.data[child];
    return one->details != CERT_NONE || one->kind != CERT_LEAF ||
           (one->refresh & ~node->refresh) != 0;
}

/* After both children of the node in work. */
static void trim(struct minimize_walk *walk, uint32_t *leaves, uint32_t most)
{
    const uint32_t at = minimize_walk_top(walk)->node;
    const struct cert_node node = *minimize_walk_node(walk);
    bool is_trimmed = false;
    leaves[at] = leaves[node.child] + leaves[node.child + 1];
    for (uint32_t side = 0; side < 2 && !is_trimmed; side++) {
        const uint32_t child = node.child + side;
        if (leaves[child] <= most && is_worthwhile(walk, &node, child)) {
            is_trimmed = replace(walk, child);
            leaves[at] = is_trimmed ? leaves[child] : leaves[at];
        }
    }
}

void minimize_trim(struct minimize_walk *walk,
                   const struct minimize_options *options)
{
    const uint32_t most = options->is_slow ? MORE_LEAVES : FEW_LEAVES;
    uint32_t *leaves = minimize_count_leaves(walk->tree);
    bool is_open = true;
    minimize_walk_prepare(walk, minimize_walk_node(walk)->refresh);
    minimize_walk_skip_closings(walk);
    while (walk->path.n > 0) {
        struct minimize_frame *top = minimize_walk_top(walk);
        const bool is_inner = minimize_walk_node(walk)->kind != CERT_LEAF;
        is_open = is_open && budget_check(&options->budget) == STATUS_OK;
        if (is_open && minimize_walk_descend(walk)) {
            continue;
        }
        if (is_inner && top->next == 2 && is_open) {
            trim(walk, leaves, most);
        }
        minimize_walk_pop(walk);
    }
    alloc_free(leaves);
}
