/* Pass: lemmas and slopes that nothing needs. */
#include "proofs/minimize_pass.h"
#include "src/base/alloc.h"

/*
 * Records are deleted in ever smaller chunks while all below the node still
 * closes: a lemma that refresh, interval evaluation or an ancestor gives
 * anyway goes as well as one that no closing looks at. Nodes with few leaves
 * below come first: each round of LEAVES_FACTOR times as many takes about as
 * long as the one before. Those with more only if that may take its time.
 */
enum { FEW_LEAVES = 32, LEAVES_FACTOR = 4, FIRST_LEAVES = 2 };

/* Which records of a node a trial leaves out, counted slopes first. */
struct gap {
    size_t from;
    size_t to;
};

/* New details of the node without those in the gap. */
static struct cert_details cut(struct cert_tree *tree,
                               const struct cert_details *own,
                               const struct gap *gap)
{
    struct cert_details rest = *own;
    rest.first_slope = tree->slopes.n;
    rest.first_lemma = tree->lemmas.n;
    rest.n_slopes = 0;
    rest.n_lemmas = 0;
    for (size_t i = 0; i < own->n_slopes; i++) {
        if (i < gap->from || i >= gap->to) {
            const struct cert_slope one =
                tree->slopes.data[own->first_slope + i];
            VEC_PUSH(&tree->slopes, one);
            rest.n_slopes++;
        }
    }
    for (size_t i = 0; i < own->n_lemmas; i++) {
        const size_t at = own->n_slopes + i;
        if (at < gap->from || at >= gap->to) {
            const struct cert_lemma one =
                tree->lemmas.data[own->first_lemma + i];
            VEC_PUSH(&tree->lemmas, one);
            rest.n_lemmas++;
        }
    }
    return rest;
}

/* Walks the node in work anew with these details; keeps them if it closes. */
static bool closes_with(struct minimize_walk *walk,
                        const struct cert_details *details)
{
    const uint32_t place = minimize_walk_node(walk)->details;
    const struct cert_details before = walk->tree->details.data[place];
    walk->tree->details.data[place] = *details;
    minimize_walk_again(walk);
    if (minimize_walk_replay(walk)) {
        return true;
    }
    walk->tree->details.data[place] = before;
    return false;
}

/* Deletes what it can at the node in work. */
static void thin_out(struct minimize_walk *walk, const struct budget *budget)
{
    struct cert_tree *tree = walk->tree;
    const uint32_t place = minimize_walk_node(walk)->details;
    struct cert_details own = tree->details.data[place];
    size_t n = (size_t)own.n_slopes + own.n_lemmas;
    if (!closes_with(walk, &own)) {
        return;
    }
    for (size_t chunk = n; chunk > 0; chunk /= 2) {
        size_t at = 0;
        while (at < n && budget_check(budget) == STATUS_OK) {
            const struct gap gap = {at, at + chunk < n ? at + chunk : n};
            const size_t n_slopes = tree->slopes.n;
            const size_t n_lemmas = tree->lemmas.n;
            const struct cert_details rest = cut(tree, &own, &gap);
            if (closes_with(walk, &rest)) {
                own = rest;
                n -= gap.to - gap.from;
            } else {
                at = gap.to;
                tree->slopes.n = n_slopes;
                tree->lemmas.n = n_lemmas;
            }
        }
    }
}

/* Thins out the nodes with more than `least` leaves below, up to `most`. */
static void thin_out_nodes(struct minimize_walk *walk, uint32_t least,
                           uint32_t most, const struct budget *budget)
{
    struct cert *cert = walk->cert;
    const struct oracle *oracle = walk->oracle;
    const size_t case_index = walk->case_index;
    minimize_walk_clear(walk);
    (void)minimize_walk_start(walk, oracle, cert, case_index);
    uint32_t *leaves = minimize_count_leaves(walk->tree);
    while (minimize_walk_next(walk, budget)) {
        const struct cert_node *node = minimize_walk_node(walk);
        const struct cert_details own = cert_node_details(walk->tree, node);
        const uint32_t n_leaves = leaves[minimize_walk_top(walk)->node];
        if (own.n_slopes + own.n_lemmas == 0 || n_leaves <= least ||
            n_leaves > most) {
            continue;
        }
        thin_out(walk, budget);
        minimize_walk_again(walk);
        minimize_walk_prepare(walk, minimize_walk_node(walk)->refresh);
    }
    alloc_free(leaves);
}

void minimize_lemmas(struct minimize_walk *walk,
                     const struct minimize_options *options)
{
    const uint32_t n_nodes = (uint32_t)walk->tree->nodes.n;
    const uint32_t end = options->is_slow ? n_nodes : FEW_LEAVES;
    uint32_t least = 0;
    for (uint32_t most = FIRST_LEAVES; least < end && least < n_nodes;
         most *= LEAVES_FACTOR) {
        thin_out_nodes(walk, least, most, &options->budget);
        least = most;
    }
}
