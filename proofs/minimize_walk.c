/* Path, open disjuncts and closings of a walk. */
#include "proofs/minimize_walk.h"

#include "src/base/alloc.h"
#include "src/base/require.h"

#include <math.h>

/* Enters the root. */
static bool start(struct minimize_walk *walk)
{
    if (!walk->oracle->load(walk->oracle->context, walk->case_index)) {
        return false;
    }
    for (size_t d = 0; d < walk->tree->n_disjuncts; d++) {
        VEC_PUSH(&walk->open, (uint32_t)d);
    }
    const struct minimize_frame root = {.is_possible = true,
                                        .n_open = walk->tree->n_disjuncts};
    VEC_PUSH(&walk->path, root);
    return true;
}

bool minimize_walk_start(struct minimize_walk *walk,
                         const struct oracle *oracle, struct cert *cert,
                         size_t case_index)
{
    struct cert_tree *tree = &cert->trees[case_index];
    *walk = (struct minimize_walk){
        .oracle = oracle, .cert = cert, .case_index = case_index, .tree = tree};
    NEW_ARRAY(walk->sums, tree->n_disjuncts);
    NEW_ARRAY(walk->margins, tree->n_disjuncts);
    return start(walk);
}

void minimize_walk_clear(struct minimize_walk *walk)
{
    VEC_CLEAR(&walk->path);
    VEC_CLEAR(&walk->open);
    VEC_CLEAR(&walk->terms);
    alloc_free(walk->sums);
    alloc_free(walk->margins);
    *walk = (struct minimize_walk){0};
}

struct minimize_frame *minimize_walk_top(struct minimize_walk *walk)
{
    REQUIRE(walk->path.n > 0);
    return &walk->path.data[walk->path.n - 1];
}

struct cert_node *minimize_walk_node(struct minimize_walk *walk)
{
    return &walk->tree->nodes.data[minimize_walk_top(walk)->node];
}

static struct oracle_split split_of(const struct cert_node *node)
{
    static const enum oracle_threshold kinds[] = {
        [CERT_MIDPOINT] = ORACLE_MIDPOINT,
        [CERT_FRACTION] = ORACLE_FRACTION,
        [CERT_GRID] = ORACLE_GRID,
    };
    return (struct oracle_split){
        .kind = node->kind == CERT_NEURON ? ORACLE_NEURON
                                          : kinds[node->threshold_kind],
        .index = node->index,
        .element = node->element,
        .threshold = node->threshold,
    };
}

void minimize_walk_push(struct minimize_walk *walk, unsigned side)
{
    const struct minimize_frame parent = *minimize_walk_top(walk);
    const struct cert_node *node = minimize_walk_node(walk);
    const struct oracle_split split = split_of(node);
    const bool is_possible =
        walk->oracle->enter(walk->oracle->context, &split, side);
    const struct minimize_frame child = {
        .node = node->child + side,
        .is_possible = parent.is_possible && is_possible,
        .first_open = walk->open.n,
        .n_open = parent.n_open,
    };
    VEC_RESERVE(&walk->open, walk->open.n + parent.n_open);
    for (size_t i = 0; i < parent.n_open; i++) {
        VEC_PUSH(&walk->open, walk->open.data[parent.first_open + i]);
    }
    VEC_PUSH(&walk->path, child);
}

void minimize_walk_pop(struct minimize_walk *walk)
{
    walk->open.n = minimize_walk_top(walk)->first_open;
    walk->path.n--;
    if (walk->path.n > 0) {
        walk->oracle->leave(walk->oracle->context);
    }
}

void minimize_walk_again(struct minimize_walk *walk)
{
    const uint32_t node = minimize_walk_top(walk)->node;
    minimize_walk_pop(walk);
    if (walk->path.n == 0) {
        (void)start(walk);
        return;
    }
    minimize_walk_push(walk, node - minimize_walk_node(walk)->child);
}

size_t minimize_walk_find_trial(const struct minimize_walk *walk)
{
    size_t at = walk->path.n;
    while (at > 0 && !walk->path.data[at - 1].is_trial) {
        at--;
    }
    return at;
}

bool minimize_walk_to_trial(struct minimize_walk *walk)
{
    const size_t at = minimize_walk_find_trial(walk);
    while (at > 0 && walk->path.n > at) {
        minimize_walk_pop(walk);
    }
    return at > 0;
}

struct oracle_sum minimize_sum(struct minimize_walk *walk, uint32_t disjunct,
                               const struct cert_combination *by)
{
    const size_t n = (size_t)by->n_atoms + by->n_literals;
    walk->terms.n = 0;
    for (size_t i = 0; i < n; i++) {
        const struct cert_multiplier *one =
            &walk->tree->multipliers.data[by->first + i];
        const struct oracle_term term = {
            one->index, i >= by->n_atoms,
            ldexp((double)one->mantissa, one->exponent)};
        VEC_PUSH(&walk->terms, term);
    }
    return (struct oracle_sum){disjunct, n, walk->terms.data};
}

void minimize_walk_refresh(struct minimize_walk *walk, uint64_t refresh)
{
    struct minimize_frame *top = minimize_walk_top(walk);
    for (uint32_t r = 0; r < walk->oracle->n_relus && top->is_possible; r++) {
        if ((refresh >> r & 1) != 0) {
            top->is_possible = walk->oracle->refresh(walk->oracle->context, r);
        }
    }
}

void minimize_walk_prove(struct minimize_walk *walk, size_t l)
{
    struct minimize_frame *top = minimize_walk_top(walk);
    const struct cert_lemma *lemma = &walk->tree->lemmas.data[l];
    const uint32_t disjunct =
        top->n_open == 0 ? 0 : walk->open.data[top->first_open];
    const struct oracle_lemma one = {
        .relu = lemma->relu,
        .element = lemma->element,
        .is_upper = lemma->is_upper,
        .by = minimize_sum(walk, disjunct, &lemma->by),
    };
    top->is_possible = walk->oracle->lemma(walk->oracle->context, &one);
}

void minimize_walk_set_slopes(struct minimize_walk *walk)
{
    const struct cert_details details =
        cert_node_details(walk->tree, minimize_walk_node(walk));
    const double scale = ldexp(1.0, -(int)walk->cert->lower_bits);
    for (size_t i = 0; i < details.n_slopes; i++) {
        const struct cert_slope *slope =
            &walk->tree->slopes.data[details.first_slope + i];
        walk->oracle->slope(walk->oracle->context, slope->relu, slope->element,
                            slope->slope * scale);
    }
}

void minimize_walk_prepare(struct minimize_walk *walk, uint64_t refresh)
{
    const struct minimize_frame *top = minimize_walk_top(walk);
    const struct cert_details details =
        cert_node_details(walk->tree, minimize_walk_node(walk));
    size_t next = details.first_lemma;
    const size_t end = next + details.n_lemmas;
    minimize_walk_set_slopes(walk);
    for (uint32_t r = 0; r < walk->oracle->n_relus && top->is_possible; r++) {
        while (next < end && top->is_possible &&
               walk->tree->lemmas.data[next].relu == r) {
            minimize_walk_prove(walk, next++);
        }
        if (top->is_possible && (refresh >> r & 1) != 0) {
            minimize_walk_refresh(walk, (uint64_t)1 << r);
        }
    }
}

bool minimize_walk_refutes(struct minimize_walk *walk, uint32_t disjunct,
                           const struct cert_combination *by)
{
    double margin = 0.0;
    if (!minimize_walk_top(walk)->is_possible) {
        return true;
    }
    struct oracle_sum sum = {.disjunct = disjunct};
    if (by != NULL) {
        sum = minimize_sum(walk, disjunct, by);
    }
    if (by != NULL && sum.n == 0) {
        return false;
    }
    walk->oracle->margins(walk->oracle->context, &margin, &sum, 1);
    return margin > ORACLE_MARGIN;
}

/* The closing of a disjunct in the details; NULL if there is none. */
static const struct cert_closing *find_closing(const struct minimize_walk *walk,
                                               const struct cert_details *own,
                                               uint32_t disjunct)
{
    for (size_t i = 0; i < own->n_closings; i++) {
        const struct cert_closing *closing =
            &walk->tree->closings.data[own->first_closing + i];
        if (closing->disjunct == disjunct) {
            return closing;
        }
    }
    return NULL;
}

const struct cert_closing *
minimize_walk_find_closing(const struct minimize_walk *walk, uint32_t disjunct)
{
    const struct cert_details own = cert_node_details(
        walk->tree,
        &walk->tree->nodes.data[walk->path.data[walk->path.n - 1].node]);
    return find_closing(walk, &own, disjunct);
}

bool minimize_walk_close(struct minimize_walk *walk)
{
    struct minimize_frame *top = minimize_walk_top(walk);
    const struct cert_node *node = minimize_walk_node(walk);
    const struct cert_details own = cert_node_details(walk->tree, node);
    uint32_t *open = walk->open.data + top->first_open;
    size_t n_default = 0;
    size_t n_left = 0;
    if (!top->is_possible || (node->kind != CERT_LEAF && own.n_closings == 0)) {
        return true;
    }
    for (size_t i = 0; i < top->n_open; i++) {
        const struct cert_closing *closing = find_closing(walk, &own, open[i]);
        if (closing == NULL && node->kind != CERT_LEAF) {
            open[n_left++] = open[i];
        } else if (closing == NULL || closing->is_default) {
            walk->sums[n_default++] = (struct oracle_sum){.disjunct = open[i]};
        } else if (!minimize_walk_refutes(walk, open[i], &closing->by)) {
            return false;
        }
    }
    top->n_open = n_left;
    walk->oracle->margins(walk->oracle->context, walk->margins, walk->sums,
                          n_default);
    for (size_t i = 0; i < n_default; i++) {
        if (!(walk->margins[i] > ORACLE_MARGIN)) {
            return false;
        }
    }
    return true;
}

void minimize_walk_skip_closings(struct minimize_walk *walk)
{
    struct minimize_frame *top = minimize_walk_top(walk);
    const struct cert_details own =
        cert_node_details(walk->tree, minimize_walk_node(walk));
    uint32_t *open = walk->open.data + top->first_open;
    size_t n_left = 0;
    for (size_t i = 0; i < top->n_open; i++) {
        if (find_closing(walk, &own, open[i]) == NULL) {
            open[n_left++] = open[i];
        }
    }
    top->n_open = n_left;
}

bool minimize_walk_next(struct minimize_walk *walk, const struct budget *budget)
{
    if (budget_check(budget) != STATUS_OK) {
        return false;
    }
    if (!walk->is_started) {
        walk->is_started = true;
        minimize_walk_prepare(walk, minimize_walk_node(walk)->refresh);
        return true;
    }
    while (walk->path.n > 0) {
        struct minimize_frame *top = minimize_walk_top(walk);
        if (minimize_walk_node(walk)->kind != CERT_LEAF && top->is_possible &&
            top->next < 2) {
            if (top->next == 0) {
                minimize_walk_skip_closings(walk);
            }
            minimize_walk_push(walk, top->next++);
            minimize_walk_prepare(walk, minimize_walk_node(walk)->refresh);
            return true;
        }
        minimize_walk_pop(walk);
    }
    return false;
}

bool minimize_walk_replay(struct minimize_walk *walk)
{
    const size_t base = walk->path.n;
    minimize_walk_prepare(walk, minimize_walk_node(walk)->refresh);
    bool is_closed = minimize_walk_close(walk);
    while (is_closed) {
        struct minimize_frame *top = minimize_walk_top(walk);
        const bool is_inner = minimize_walk_node(walk)->kind != CERT_LEAF;
        if (is_inner && top->is_possible && top->next < 2) {
            minimize_walk_push(walk, top->next++);
            minimize_walk_prepare(walk, minimize_walk_node(walk)->refresh);
            is_closed = minimize_walk_close(walk);
        } else if (walk->path.n > base) {
            minimize_walk_pop(walk);
        } else {
            return true;
        }
    }
    while (walk->path.n > base) {
        minimize_walk_pop(walk);
    }
    return false;
}

uint32_t *minimize_count_leaves(const struct cert_tree *tree)
{
    VEC(uint32_t) order = {0};
    uint32_t *leaves;
    NEW_ARRAY(leaves, tree->nodes.n);
    if (tree->nodes.n > 0) {
        VEC_PUSH(&order, 0);
    }
    for (size_t i = 0; i < order.n; i++) {
        const struct cert_node *node = &tree->nodes.data[order.data[i]];
        if (node->kind != CERT_LEAF) {
            VEC_PUSH(&order, node->child);
            VEC_PUSH(&order, node->child + 1);
        }
    }
    while (order.n > 0) {
        const uint32_t at = order.data[--order.n];
        const struct cert_node *node = &tree->nodes.data[at];
        leaves[at] = node->kind == CERT_LEAF
                         ? 1
                         : leaves[node->child] + leaves[node->child + 1];
    }
    VEC_CLEAR(&order);
    return leaves;
}

bool minimize_walk_descend(struct minimize_walk *walk)
{
    struct minimize_frame *top = minimize_walk_top(walk);
    if (minimize_walk_node(walk)->kind == CERT_LEAF || !top->is_possible ||
        top->next == 2) {
        return false;
    }
    minimize_walk_push(walk, top->next++);
    if (minimize_walk_node(walk)->kind != CERT_LEAF) {
        minimize_walk_prepare(walk, minimize_walk_node(walk)->refresh);
        minimize_walk_skip_closings(walk);
    }
    return true;
}
