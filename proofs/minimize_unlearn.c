/* Part of the pass on lemmas: whole nodes without theirs. */
#include "proofs/minimize_unlearn.h"

#include "proofs/minimize_grow.h"
#include "proofs/minimize_search.h"
#include "src/base/alloc.h"

#include <string.h>

/* A tree of so many times as many leaves is smaller still: a split of an input
 * takes less than a byte, a lemma several. Tried near the root only. */
enum { GROWTH = 4, MORE_GROWTH = 16, GROWN_DEPTH = 3 };

/*
 * The tree is walked with no lemma at all. A leaf that does not close by what
 * was recorded gets a combination that is looked for, or keeps its own lemmas. If all that fails, the nearest node above that is still on trial gets
 * its lemmas back, and all below it is done again.
 *   recorded  [n_nodes] as they were
 *   leaves    [n_nodes] below each node
 *   growth    by which their number may grow without lemmas
 */
struct unlearning {
    struct minimize_walk *walk;
    const struct budget *budget;
    struct cert_node *recorded;
    uint32_t *leaves;
    unsigned growth;
};

static bool has_lemmas(const struct unlearning *self, uint32_t at)
{
    const uint32_t place = self->recorded[at].details;
    return place != CERT_NONE &&
           self->walk->tree->details.data[place].n_lemmas > 0;
}

/* Whether the node or one below it has lemmas. */
static bool is_lemma_below(const struct unlearning *self, uint32_t from)
{
    VEC(uint32_t) stack = {0};
    bool is_one = false;
    VEC_PUSH(&stack, from);
    while (stack.n > 0 && !is_one) {
        const uint32_t at = stack.data[--stack.n];
        is_one = has_lemmas(self, at);
        if (self->recorded[at].kind != CERT_LEAF) {
            VEC_PUSH(&stack, self->recorded[at].child);
            VEC_PUSH(&stack, self->recorded[at].child + 1);
        }
    }
    VEC_CLEAR(&stack);
    return is_one;
}

/* Takes the recorded details, or a copy without lemmas. */
static void set_details(const struct unlearning *self, uint32_t at,
                        bool is_recorded)
{
    struct cert_tree *tree = self->walk->tree;
    uint32_t place = self->recorded[at].details;
    if (!is_recorded && has_lemmas(self, at)) {
        struct cert_details bare = tree->details.data[place];
        bare.n_lemmas = 0;
        place = CERT_NONE;
        if (bare.n_slopes + bare.n_closings > 0) {
            place = (uint32_t)tree->details.n;
            VEC_PUSH(&tree->details, bare);
        }
    }
    tree->nodes.data[at].details = place;
}

/* New closings of the leaf in work, for what it does not close by default. */
static bool search_closings(const struct unlearning *self)
{
    struct minimize_walk *walk = self->walk;
    struct cert_tree *tree = walk->tree;
    struct cert_node *node = minimize_walk_node(walk);
    const struct minimize_frame *top = minimize_walk_top(walk);
    struct cert_details own = cert_node_details(tree, node);
    VEC(struct cert_closing) found = {0};
    bool is_refuted = true;
    for (size_t i = 0; i < top->n_open && is_refuted; i++) {
        struct cert_closing closing = {
            .disjunct = walk->open.data[top->first_open + i]};
        if (!minimize_walk_refutes(walk, closing.disjunct, NULL)) {
            is_refuted = minimize_search(&closing.by, walk, closing.disjunct);
            VEC_PUSH(&found, closing);
        }
    }
    if (is_refuted) {
        own.first_closing = tree->closings.n;
        own.n_closings = (uint32_t)found.n;
        for (size_t i = 0; i < found.n; i++) {
            VEC_PUSH(&tree->closings, found.data[i]);
        }
        node->details = (uint32_t)tree->details.n;
        VEC_PUSH(&tree->details, own);
    }
    VEC_CLEAR(&found);
    return is_refuted;
}

/* The leaf in work, just entered, with or without its lemmas. */
static bool close_leaf(const struct unlearning *self, bool is_recorded)
{
    struct minimize_walk *walk = self->walk;
    struct cert_node *node = minimize_walk_node(walk);
    const size_t n_open = minimize_walk_top(walk)->n_open;
    set_details(self, minimize_walk_top(walk)->node, is_recorded);
    minimize_walk_prepare(walk, node->refresh);
    if (minimize_walk_close(walk)) {
        return true;
    }
    minimize_walk_top(walk)->n_open = n_open;
    return search_closings(self);
}

static bool visit_leaf(const struct unlearning *self)
{
    const uint32_t at = minimize_walk_top(self->walk)->node;
    if (close_leaf(self, false)) {
        return true;
    }
    if (has_lemmas(self, at)) {
        minimize_walk_again(self->walk);
        if (close_leaf(self, true)) {
            return true;
        }
    }
    set_details(self, at, true);
    return false;
}

/* Replaces the inner node in work, and all below it, by splits of inputs. */
static bool grow(const struct unlearning *self)
{
    struct minimize_walk *walk = self->walk;
    struct cert_node *node = minimize_walk_node(walk);
    const uint32_t at = minimize_walk_top(walk)->node;
    const struct cert_details own = cert_node_details(walk->tree, node);
    if (walk->path.n > GROWN_DEPTH || own.n_closings > 0 ||
        !is_lemma_below(self, at)) {
        return false;
    }
    *node = (struct cert_node){
        .kind = CERT_LEAF, .details = CERT_NONE, .refresh = node->refresh};
    minimize_walk_prepare(walk, node->refresh);
    if (minimize_grow(walk, (size_t)self->growth * self->leaves[at],
                      self->budget)) {
        minimize_walk_top(walk)->next = 2;
        return true;
    }
    *minimize_walk_node(walk) = self->recorded[at];
    minimize_walk_again(walk);
    return false;
}

static bool open_inner(const struct unlearning *self, bool is_trial)
{
    struct minimize_walk *walk = self->walk;
    if (is_trial && grow(self)) {
        return true;
    }
    struct minimize_frame *top = minimize_walk_top(walk);
    top->is_trial = is_trial && has_lemmas(self, top->node);
    set_details(self, top->node, !top->is_trial);
    minimize_walk_prepare(walk, minimize_walk_node(walk)->refresh);
    return minimize_walk_close(walk);
}

/* Gives all nodes below back what they had. */
static void restore(const struct unlearning *self, uint32_t from)
{
    const struct cert_node *nodes = self->recorded;
    VEC(uint32_t) stack = {0};
    VEC_PUSH(&stack, from);
    while (stack.n > 0) {
        const uint32_t at = stack.data[--stack.n];
        self->walk->tree->nodes.data[at] = self->recorded[at];
        if (nodes[at].kind != CERT_LEAF) {
            VEC_PUSH(&stack, nodes[at].child);
            VEC_PUSH(&stack, nodes[at].child + 1);
        }
    }
    VEC_CLEAR(&stack);
}

/* To the nearest node on trial, whose trial has failed. Without one the
 * oracle cannot follow the recorded proof here, and it stays as it is. */
static void step_back(const struct unlearning *self)
{
    struct minimize_walk *walk = self->walk;
    bool is_closed = false;
    while (!is_closed) {
        size_t at = walk->path.n;
        while (at > 0 && !walk->path.data[at - 1].is_trial) {
            at--;
        }
        if (at == 0) {
            restore(self, minimize_walk_top(walk)->node);
            minimize_walk_top(walk)->next = 2;
            return;
        }
        while (walk->path.n > at) {
            minimize_walk_pop(walk);
        }
        restore(self, minimize_walk_top(walk)->node);
        minimize_walk_again(walk);
        is_closed = open_inner(self, false);
    }
}

/* The highest node on trial gets everything back, its trial being unfinished;
 * what has not been visited is as it was. */
static void give_up(const struct unlearning *self)
{
    const struct minimize_walk *walk = self->walk;
    for (size_t i = 0; i < walk->path.n; i++) {
        if (walk->path.data[i].is_trial) {
            restore(self, walk->path.data[i].node);
            return;
        }
    }
}

static void walk_all(const struct unlearning *self)
{
    struct minimize_walk *walk = self->walk;
    if (minimize_walk_node(walk)->kind == CERT_LEAF) {
        (void)visit_leaf(self);
        return;
    }
    if (!open_inner(self, true)) {
        step_back(self);
    }
    while (walk->path.n > 0) {
        struct minimize_frame *top = minimize_walk_top(walk);
        if (budget_check(self->budget) != STATUS_OK) {
            give_up(self);
            return;
        }
        if (minimize_walk_node(walk)->kind == CERT_LEAF || !top->is_possible ||
            top->next == 2) {
            minimize_walk_pop(walk);
            continue;
        }
        minimize_walk_push(walk, top->next++);
        if (!(minimize_walk_node(walk)->kind == CERT_LEAF
                  ? visit_leaf(self)
                  : open_inner(self, true))) {
            step_back(self);
        }
    }
}

void minimize_unlearn(struct minimize_walk *walk,
                      const struct minimize_options *options)
{
    const size_t n = walk->tree->nodes.n;
    struct unlearning self = {.walk = walk,
                              .budget = &options->budget,
                              .leaves = minimize_count_leaves(walk->tree),
                              .growth =
                                  options->is_slow ? MORE_GROWTH : GROWTH};
    NEW_ARRAY(self.recorded, n);
    memcpy(self.recorded, walk->tree->nodes.data, n * sizeof *self.recorded);
    walk_all(&self);
    alloc_free(self.recorded);
    alloc_free(self.leaves);
}
