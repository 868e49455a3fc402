/* Pass: refreshes that no closing needs. */
#include "proofs/minimize_pass.h"
#include "src/base/alloc.h"

/*
 * A leaf keeps the refreshes of its first layers only, as many as it needs to
 * close; thrifty, it keeps all, as choices cost bytes. An inner node with few
 * leaves below loses its own: the leaves then refresh more neurons, but there
 * are fewer refreshes in all. Where a leaf does not close that way, the nearest
 * such node gets its refresh back and all below it is done again.
 *
 * How many leaves `few` are is found out on a sample of subtrees, by the
 * multiply-adds of what remains; thrifty, it is none or all but the root.
 */
enum {
    MOST_TRIALS = 9,     /* few: 1 (none), 2, 4 ... 256 leaves */
    SAMPLE_LEAVES = 256, /* of a subtree, at most */
    SAMPLE_SHARE = 24,   /* one subtree of so many */
    LEAST_SAMPLES = 2,   /* but so many */
    NO_SAMPLE = 1        /* period of a walk over everything */
};

/*
 * leaves    [n_nodes] below each node
 * recorded  [n_nodes] refreshes as they were
 * work      [n_nodes] multiply-adds of a node as it is now, without what was
 *           tried in vain
 * few       inner nodes with at most so many leaves below are tried without
 * period    of the subtrees of at most SAMPLE_LEAVES leaves, one of so many
 *           is walked
 * n_subtrees  met so far
 */
struct refreshes {
    struct minimize_walk *walk;
    const struct minimize_options *options;
    uint32_t *leaves;
    uint64_t *recorded;
    double *work;
    uint32_t few;
    size_t period;
    size_t n_subtrees;
};

static double work_so_far(const struct refreshes *self)
{
    const struct oracle *oracle = self->walk->oracle;
    return oracle->cost(oracle->context);
}

/* True if the node in work has nothing that depends on its refresh. */
static bool is_plain(struct minimize_walk *walk)
{
    return minimize_walk_node(walk)->details == CERT_NONE;
}

/* A leaf: as many layers as it takes. */
static bool close_leaf(struct refreshes *self)
{
    struct minimize_walk *walk = self->walk;
    const uint32_t at = minimize_walk_top(walk)->node;
    struct cert_node *node = minimize_walk_node(walk);
    const struct cert_details own = cert_node_details(walk->tree, node);
    const size_t n_open = minimize_walk_top(walk)->n_open;
    const uint64_t recorded = self->recorded[at];
    uint64_t refresh =
        own.n_lemmas > 0 || self->options->is_thrifty ? recorded : 0;
    self->work[at] = 0.0;
    double before = work_so_far(self);
    minimize_walk_prepare(walk, refresh);
    self->work[at] += work_so_far(self) - before;
    bool is_closed = minimize_walk_close(walk);
    for (uint32_t r = 0; !is_closed && r < walk->oracle->n_relus; r++) {
        const uint64_t bit = (uint64_t)1 << r;
        if ((recorded & ~refresh & bit) == 0) {
            continue;
        }
        refresh |= bit;
        before = work_so_far(self);
        minimize_walk_refresh(walk, bit);
        self->work[at] += work_so_far(self) - before;
        minimize_walk_top(walk)->n_open = n_open;
        is_closed = minimize_walk_close(walk);
    }
    node->refresh = is_closed ? refresh : recorded;
    return is_closed;
}

/* An inner node: its refresh and its own closings. */
static bool open_inner(struct refreshes *self, bool may_try)
{
    struct minimize_walk *walk = self->walk;
    const uint32_t at = minimize_walk_top(walk)->node;
    struct cert_node *node = minimize_walk_node(walk);
    const bool is_trial = may_try && is_plain(walk) && walk->path.n > 1 &&
                          self->recorded[at] != 0 &&
                          self->leaves[at] <= self->few;
    const double before = work_so_far(self);
    node->refresh = is_trial ? 0 : self->recorded[at];
    minimize_walk_prepare(walk, node->refresh);
    self->work[at] = work_so_far(self) - before;
    minimize_walk_top(walk)->is_trial = is_trial;
    return minimize_walk_close(walk);
}

/* Gives all nodes below the refreshes back that they had. */
static void restore(struct refreshes *self, uint32_t from)
{
    const struct cert_node *nodes = self->walk->tree->nodes.data;
    VEC(uint32_t) stack = {0};
    VEC_PUSH(&stack, from);
    while (stack.n > 0) {
        const uint32_t at = stack.data[--stack.n];
        self->walk->tree->nodes.data[at].refresh = self->recorded[at];
        if (nodes[at].kind != CERT_LEAF) {
            VEC_PUSH(&stack, nodes[at].child);
            VEC_PUSH(&stack, nodes[at].child + 1);
        }
    }
    VEC_CLEAR(&stack);
}

/* After a closing that failed: back to the nearest node on trial, which gets
 * its refresh, and so on while that does not help. Without one, the oracle
 * cannot follow the recorded proof here, and it stays as it is. */
static void step_back(struct refreshes *self)
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

/* True if the subtree of the node in work is not in the sample. */
static bool is_skipped(struct refreshes *self)
{
    const struct minimize_walk *walk = self->walk;
    const size_t n = walk->path.n;
    const uint32_t at = walk->path.data[n - 1].node;
    if (self->period == NO_SAMPLE || self->leaves[at] > SAMPLE_LEAVES ||
        (n > 1 && self->leaves[walk->path.data[n - 2].node] <= SAMPLE_LEAVES)) {
        return false;
    }
    return self->n_subtrees++ % self->period != 0;
}

/* Walks the tree, or the sample. */
static void walk_all(struct refreshes *self)
{
    struct minimize_walk *walk = self->walk;
    if (minimize_walk_node(walk)->kind == CERT_LEAF) {
        (void)close_leaf(self);
        return;
    }
    if (!open_inner(self, true)) {
        return;
    }
    while (walk->path.n > 0) {
        struct minimize_frame *top = minimize_walk_top(walk);
        if (minimize_walk_node(walk)->kind == CERT_LEAF || !top->is_possible ||
            top->next == 2) {
            minimize_walk_pop(walk);
            continue;
        }
        if (budget_check(&self->options->budget) != STATUS_OK) {
            self->few = 0;
            if (minimize_walk_find_trial(walk) > 0) {
                step_back(self);
            } else {
                restore(self, minimize_walk_node(walk)->child + top->next++);
            }
            continue;
        }
        minimize_walk_push(walk, top->next++);
        if (is_skipped(self)) {
            minimize_walk_pop(walk);
        } else if (!(minimize_walk_node(walk)->kind == CERT_LEAF
                         ? close_leaf(self)
                         : open_inner(self, true))) {
            step_back(self);
        }
    }
}

static double total_work(const struct refreshes *self)
{
    double sum = 0.0;
    for (size_t i = 0; i < self->walk->tree->nodes.n; i++) {
        sum += self->work[i];
        self->work[i] = 0.0;
    }
    return sum;
}

/* The number of leaves that leaves least work on the sample. */
static uint32_t choose_few(struct refreshes *self)
{
    double least = 0.0;
    uint32_t best = 1;
    const uint32_t n_leaves = self->leaves[0];
    const size_t n_subtrees = 2 * n_leaves / SAMPLE_LEAVES + 1;
    self->period = n_subtrees / LEAST_SAMPLES;
    if (self->period > SAMPLE_SHARE) {
        self->period = SAMPLE_SHARE;
    }
    if (self->period <= NO_SAMPLE) {
        self->period = NO_SAMPLE;
    }
    for (unsigned i = 0; i < MOST_TRIALS && (1u << i) <= 2 * n_leaves; i++) {
        struct minimize_walk *walk = self->walk;
        struct cert *cert = walk->cert;
        const struct oracle *oracle = walk->oracle;
        const size_t case_index = walk->case_index;
        self->few = i > 0 && self->options->is_thrifty ? n_leaves : 1u << i;
        self->n_subtrees = 0;
        walk_all(self);
        const double work = total_work(self);
        const bool is_better = i == 0 || work < 0.99 * least;
        if (is_better) {
            least = work;
            best = self->few;
        }
        restore(self, 0);
        minimize_walk_clear(walk);
        (void)minimize_walk_start(walk, oracle, cert, case_index);
        if (!is_better) {
            break;
        }
    }
    return best;
}

void minimize_refresh(struct minimize_walk *walk,
                      const struct minimize_options *options)
{
    struct cert_tree *tree = walk->tree;
    struct refreshes self = {.walk = walk, .options = options};
    NEW_ARRAY(self.recorded, tree->nodes.n);
    NEW_ARRAY(self.work, tree->nodes.n);
    self.leaves = minimize_count_leaves(tree);
    for (size_t i = 0; i < tree->nodes.n; i++) {
        self.recorded[i] = tree->nodes.data[i].refresh;
    }
    self.few = choose_few(&self);
    self.period = NO_SAMPLE;
    walk_all(&self);
    alloc_free(self.leaves);
    alloc_free(self.recorded);
    alloc_free(self.work);
}
