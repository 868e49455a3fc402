/* Pass: whole nodes without their lemmas. */
#include "proofs/minimize_grow.h"
#include "proofs/minimize_pass.h"
#include "proofs/minimize_search.h"
#include "src/base/alloc.h"

#include <string.h>

/* A tree of so many times as many leaves is smaller still: a split of an input
 * takes less than a byte, a lemma several. */
enum { GROWTH = 4, MORE_GROWTH = 16 };
/* Where the root does not grow, subtrees of half as many leaves are tried. */
enum { MOST_LEAVES = 512 };
/* Given up after so many times as many leaves did not close without lemmas: on
 * deep trees each of them has what is above it done again. */
enum { MOST_FAILURES = 4 };

/*
 * The tree is walked with no lemma at all. A subtree with lemmas is replaced by
 * splits of inputs if these are few; it is tried where at most half as many
 * leaves are below as where that failed last, until too much was in vain. A
 * leaf that does not close by what was recorded gets a combination that is
 * looked for, or keeps its own lemmas. If all that fails, the nearest node
 * above that is still on trial gets its lemmas back, and all below it is done
 * again.
 *   recorded  [n_nodes] as they were
 *   leaves    [n_nodes] below each node
 *   failed    [n_nodes] leaves below the last node on the path to it where
 *             splits of inputs were not few, UINT32_MAX if there is none
 *   growth    by which their number may grow without lemmas
 *   n_grown   splits of inputs that were made and kept
 *   n_vain    and not kept
 *   n_open    leaves that did not close, each as often as it was visited
 */
struct unlearning {
    struct minimize_walk *walk;
    const struct budget *budget;
    struct cert_node *recorded;
    uint32_t *leaves;
    uint32_t *failed;
    unsigned growth;
    size_t n_grown;
    size_t n_vain;
    size_t n_open;
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
    return minimize_search_closings(walk);
}

/* Leaves below the last node above the one in work that was tried in vain. */
static uint32_t last_failed(const struct unlearning *self)
{
    const struct minimize_walk *walk = self->walk;
    const size_t n = walk->path.n;
    return n > 1 ? self->failed[walk->path.data[n - 2].node] : UINT32_MAX;
}

/* Whether splits of inputs are tried in the place of the node in work. */
static bool may_grow(const struct unlearning *self)
{
    struct minimize_walk *walk = self->walk;
    const uint32_t at = minimize_walk_top(walk)->node;
    const struct cert_node *node = minimize_walk_node(walk);
    const struct cert_details own = cert_node_details(walk->tree, node);
    return (node->kind == CERT_LEAF || own.n_closings == 0) &&
           self->leaves[at] <= self->failed[at] / 2 &&
           self->n_vain <= 2 * (self->leaves[0] + 2 * self->n_grown) &&
           is_lemma_below(self, at);
}

/* Replaces the node in work, and all below it, by splits of inputs. */
static bool grow(struct unlearning *self)
{
    struct minimize_walk *walk = self->walk;
    struct cert_node *node = minimize_walk_node(walk);
    const uint32_t at = minimize_walk_top(walk)->node;
    self->failed[at] = last_failed(self);
    if (!may_grow(self)) {
        return false;
    }
    size_t n_splits = (size_t)self->growth * self->leaves[at];
    self->failed[at] =
        self->leaves[at] < MOST_LEAVES ? self->leaves[at] : MOST_LEAVES;
    *node = (struct cert_node){
        .kind = CERT_LEAF, .details = CERT_NONE, .refresh = node->refresh};
    minimize_walk_prepare(walk, node->refresh);
    if (minimize_grow(walk, &n_splits, self->budget)) {
        self->n_grown += n_splits;
        minimize_walk_top(walk)->next = 2;
        return true;
    }
    self->n_vain += n_splits;
    *minimize_walk_node(walk) = self->recorded[at];
    minimize_walk_again(walk);
    return false;
}

static bool visit_leaf(struct unlearning *self)
{
    const uint32_t at = minimize_walk_top(self->walk)->node;
    if (close_leaf(self, false)) {
        return true;
    }
    if (has_lemmas(self, at)) {
        minimize_walk_again(self->walk);
        if (grow(self)) {
            return true;
        }
        if (close_leaf(self, true)) {
            return true;
        }
    }
    set_details(self, at, true);
    self->n_open++;
    return false;
}

static bool open_inner(struct unlearning *self, bool is_trial)
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
static void step_back(struct unlearning *self)
{
    struct minimize_walk *walk = self->walk;
    bool is_closed = false;
    while (!is_closed) {
        const bool is_found = minimize_walk_to_trial(walk);
        struct minimize_frame *top = minimize_walk_top(walk);
        restore(self, top->node);
        if (!is_found) {
            top->next = 2;
            return;
        }
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

static void walk_all(struct unlearning *self)
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
        if (budget_check(self->budget) != STATUS_OK ||
            self->n_open > (size_t)MOST_FAILURES * self->leaves[0]) {
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
    NEW_ARRAY(self.failed, n);
    memcpy(self.recorded, walk->tree->nodes.data, n * sizeof *self.recorded);
    walk_all(&self);
    alloc_free(self.recorded);
    alloc_free(self.failed);
    alloc_free(self.leaves);
}
