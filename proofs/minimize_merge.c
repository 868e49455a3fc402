/* Pass: nodes above a leaf that close as well as the leaf. */
#include "proofs/minimize_pass.h"
#include "proofs/minimize_search.h"

/* Makes the node in work a leaf. */
static void make_leaf(struct minimize_walk *walk, uint32_t details)
{
    struct cert_node *node = minimize_walk_node(walk);
    const struct cert_node leaf = {
        .kind = CERT_LEAF, .details = details, .refresh = node->refresh};
    *node = leaf;
}

/*
 * Whether the node closes without its children, with the facts as they are:
 * what is open at it by default, or by a combination that is looked for if
 * the node has no records of its own.
 *   details  of the node as a leaf
 */
static bool is_closed(struct minimize_walk *walk, uint32_t *details,
                      const struct minimize_options *options)
{
    struct cert_tree *tree = walk->tree;
    const struct minimize_frame *top = minimize_walk_top(walk);
    const bool may_search =
        !options->is_brief && minimize_walk_node(walk)->details == CERT_NONE;
    struct cert_details own = {.first_closing = tree->closings.n};
    bool is_refuted = true;
    *details = minimize_walk_node(walk)->details;
    for (size_t i = 0; i < top->n_open && is_refuted; i++) {
        struct cert_closing closing = {
            .disjunct = walk->open.data[top->first_open + i]};
        if (minimize_walk_refutes(walk, closing.disjunct, NULL)) {
            continue;
        }
        is_refuted =
            may_search && minimize_search(&closing.by, walk, closing.disjunct);
        if (is_refuted) {
            VEC_PUSH(&tree->closings, closing);
            own.n_closings++;
        }
    }
    if (is_refuted && own.n_closings > 0) {
        *details = (uint32_t)tree->details.n;
        VEC_PUSH(&tree->details, own);
    }
    return is_refuted;
}

/* With the refreshes of its leaves, the node in work entered anew. */
static bool closes_with_more(struct minimize_walk *walk, uint32_t *details,
                             const struct minimize_options *options)
{
    struct cert_node *node = minimize_walk_node(walk);
    const struct cert_node *children = &walk->tree->nodes.data[node->child];
    uint64_t refresh = node->refresh;
    bool are_leaves = true;
    for (int side = 0; side < 2; side++) {
        const bool is_leaf = children[side].kind == CERT_LEAF;
        refresh |= is_leaf ? children[side].refresh : 0;
        are_leaves = are_leaves && is_leaf;
    }
    if (refresh == node->refresh || node->details != CERT_NONE ||
        !(are_leaves || options->is_slow)) {
        return false;
    }
    minimize_walk_again(walk);
    minimize_walk_prepare(walk, refresh);
    if (!is_closed(walk, details, options)) {
        minimize_walk_top(walk)->next = 2;
        return false;
    }
    node->refresh = refresh;
    return true;
}

/* After both children: makes the node in work a leaf if it can be one. */
static void merge(struct minimize_walk *walk,
                  const struct minimize_options *options)
{
    const struct cert_node *node = minimize_walk_node(walk);
    const struct cert_node *children = &walk->tree->nodes.data[node->child];
    const struct cert_details own = cert_node_details(walk->tree, node);
    uint32_t details = CERT_NONE;
    if (own.n_closings > 0 ||
        (children[0].kind != CERT_LEAF && children[1].kind != CERT_LEAF)) {
        return;
    }
    if (is_closed(walk, &details, options) ||
        closes_with_more(walk, &details, options)) {
        make_leaf(walk, details);
    }
}

void minimize_merge(struct minimize_walk *walk,
                    const struct minimize_options *options)
{
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
        if (is_inner && !top->is_possible &&
            minimize_walk_node(walk)->details == CERT_NONE) {
            make_leaf(walk, CERT_NONE);
        } else if (is_inner && top->next == 2) {
            merge(walk, options);
        }
        minimize_walk_pop(walk);
    }
}
