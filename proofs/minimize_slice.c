/* Pass: lemmas and slopes that no contradiction below looks at. */
#include "proofs/minimize_pass.h"
#include "src/base/alloc.h"

#include <string.h>

/*
 * One walk over the tree. A support is an end of a neuron, or the slope of its
 * lower line; of each it is known at which depth of the path it was made last,
 * and by what. Closings need supports; so do, where they are needed, lemmas
 * and refreshes. A node is left after all below it: what it made and nothing
 * there needs is dropped then.
 *
 * Which of two slopes a line has by default also depends on ends that are no
 * needs, so another walk tests what is left. Where a leaf does not close any
 * more, all nodes above it get their records back.
 */
enum { LOWER, UPPER, SLOPE, SUPPORTS };
enum { MOST_TESTS = 6 };

/* What made a support: a lemma is LEMMA plus its number in the tree. */
enum { NOTHING, REFRESH, OWN_SLOPE, LEMMA };

/*
 * A node of the path.
 *   depth      [n_supports] where each was made
 *   maker      [n_supports] by what, for those made here
 *   is_needed  [n_supports] of those made here
 */
struct level {
    uint32_t *depth;
    size_t *maker;
    bool *is_needed;
};

/*
 * recorded  [n_nodes] as they were
 * needs     [n_neurons] scratch
 * ends      [2 * n_neurons] scratch
 */
struct slicing {
    struct minimize_walk *walk;
    const struct budget *budget;
    size_t n_supports;
    VEC(struct level) levels;
    struct cert_node *recorded;
    uint8_t *needs;
    double *ends;
};

static size_t depth_of(const struct slicing *self)
{
    return self->walk->path.n - 1;
}

static struct level *here(struct slicing *self)
{
    return &self->levels.data[depth_of(self)];
}

/* The level of the node in work, just entered: all is its parent's. */
static void open_level(struct slicing *self)
{
    const size_t depth = depth_of(self);
    if (depth == self->levels.n) {
        struct level level = {0};
        NEW_ARRAY(level.depth, self->n_supports);
        NEW_ARRAY(level.maker, self->n_supports);
        NEW_ARRAY(level.is_needed, self->n_supports);
        VEC_PUSH(&self->levels, level);
    }
    struct level *level = here(self);
    memset(level->is_needed, 0, self->n_supports * sizeof *level->is_needed);
    if (depth > 0) {
        memcpy(level->depth, self->levels.data[depth - 1].depth,
               self->n_supports * sizeof *level->depth);
    } else {
        memset(level->maker, 0, self->n_supports * sizeof *level->maker);
    }
}

static void make(struct slicing *self, size_t support, size_t maker)
{
    here(self)->depth[support] = (uint32_t)depth_of(self);
    here(self)->maker[support] = maker;
}

static double end_of(const struct slicing *self, size_t neuron, bool is_upper)
{
    const struct oracle *oracle = self->walk->oracle;
    return oracle->end(oracle->context, neuron, is_upper);
}

static bool differ(double a, double b)
{
    return a < b || b < a;
}

static size_t neuron_of(const struct slicing *self, uint32_t relu,
                        uint32_t element)
{
    const struct oracle *oracle = self->walk->oracle;
    return oracle->layer(oracle->context, relu).first + element;
}

static void prove(struct slicing *self, size_t l)
{
    const struct cert_lemma *lemma = &self->walk->tree->lemmas.data[l];
    const size_t neuron = neuron_of(self, lemma->relu, lemma->element);
    const double before = end_of(self, neuron, lemma->is_upper);
    minimize_walk_prove(self->walk, l);
    if (differ(before, end_of(self, neuron, lemma->is_upper))) {
        make(self, SUPPORTS * neuron + (lemma->is_upper ? UPPER : LOWER),
             LEMMA + l);
    }
}

static void refresh(struct slicing *self, uint32_t relu)
{
    const struct oracle *oracle = self->walk->oracle;
    const struct oracle_layer layer = oracle->layer(oracle->context, relu);
    for (size_t i = 0; i < 2 * layer.width; i++) {
        self->ends[i] = end_of(self, layer.first + i / 2, i % 2 == 1);
    }
    minimize_walk_refresh(self->walk, (uint64_t)1 << relu);
    for (size_t i = 0; i < 2 * layer.width; i++) {
        const size_t neuron = layer.first + i / 2;
        if (differ(self->ends[i], end_of(self, neuron, i % 2 == 1))) {
            make(self, SUPPORTS * neuron + (i % 2 == 1 ? UPPER : LOWER),
                 REFRESH);
        }
    }
}

/* The steps of the node in work, with a note of what each made. */
static void prepare(struct slicing *self)
{
    struct minimize_walk *walk = self->walk;
    const struct minimize_frame *top = minimize_walk_top(walk);
    const struct cert_node node = *minimize_walk_node(walk);
    const struct cert_details own = cert_node_details(walk->tree, &node);
    size_t next = own.first_lemma;
    const size_t end = next + own.n_lemmas;
    minimize_walk_set_slopes(walk);
    for (size_t i = 0; i < own.n_slopes; i++) {
        const struct cert_slope *slope =
            &walk->tree->slopes.data[own.first_slope + i];
        make(self,
             SUPPORTS * neuron_of(self, slope->relu, slope->element) + SLOPE,
             OWN_SLOPE);
    }
    for (uint32_t r = 0; r < walk->oracle->n_relus && top->is_possible; r++) {
        while (next < end && top->is_possible &&
               walk->tree->lemmas.data[next].relu == r) {
            prove(self, next++);
        }
        if (top->is_possible && (node.refresh >> r & 1) != 0) {
            refresh(self, r);
        }
    }
}

static void need(struct slicing *self, size_t support)
{
    const uint32_t depth = here(self)->depth[support];
    self->levels.data[depth].is_needed[support] = true;
}

/* Turns self->needs into needed supports, and clears them. */
static void take_needs(struct slicing *self)
{
    static const unsigned bits[] = {[LOWER] = ORACLE_NEEDS_LOWER,
                                    [UPPER] = ORACLE_NEEDS_UPPER,
                                    [SLOPE] = ORACLE_NEEDS_SLOPE};
    for (size_t i = 0; i < self->walk->oracle->n_neurons; i++) {
        for (size_t k = 0; self->needs[i] != 0 && k < SUPPORTS; k++) {
            if ((self->needs[i] & bits[k]) != 0) {
                need(self, SUPPORTS * i + k);
            }
        }
        self->needs[i] = 0;
    }
}

/* An empty region needs the ends that cross. */
static void need_crossing(struct slicing *self)
{
    for (size_t i = 0; i < self->walk->oracle->n_neurons; i++) {
        if (end_of(self, i, false) > end_of(self, i, true)) {
            need(self, SUPPORTS * i + LOWER);
            need(self, SUPPORTS * i + UPPER);
        }
    }
}

/* What the closings of the node in work need, before they are skipped. */
static void need_closings(struct slicing *self)
{
    struct minimize_walk *walk = self->walk;
    const struct minimize_frame *top = minimize_walk_top(walk);
    const struct oracle *oracle = walk->oracle;
    const bool is_leaf = minimize_walk_node(walk)->kind == CERT_LEAF;
    if (!top->is_possible) {
        need_crossing(self);
        return;
    }
    for (size_t i = 0; i < top->n_open; i++) {
        const uint32_t disjunct = walk->open.data[top->first_open + i];
        const struct cert_closing *closing =
            minimize_walk_find_closing(walk, disjunct);
        struct oracle_sum sum = {.disjunct = disjunct};
        if (closing == NULL && !is_leaf) {
            continue;
        }
        if (closing != NULL && !closing->is_default) {
            sum = minimize_sum(walk, disjunct, &closing->by);
        }
        oracle->closing_needs(oracle->context, self->needs, &sum);
    }
    take_needs(self);
}

/* What a needed end needs that was made by a lemma or a refresh here. */
static void need_maker(struct slicing *self, uint32_t relu, uint32_t element,
                       bool is_upper)
{
    struct minimize_walk *walk = self->walk;
    const struct oracle *oracle = walk->oracle;
    const size_t neuron = neuron_of(self, relu, element);
    const size_t maker =
        here(self)->maker[SUPPORTS * neuron + (is_upper ? UPPER : LOWER)];
    struct oracle_lemma lemma = {
        .relu = relu, .element = element, .is_upper = is_upper};
    if (maker >= LEMMA) {
        const struct cert_lemma *from = &walk->tree->lemmas.data[maker - LEMMA];
        const struct minimize_frame *top = minimize_walk_top(walk);
        const uint32_t disjunct =
            top->n_open == 0 ? 0 : walk->open.data[top->first_open];
        lemma.by = minimize_sum(walk, disjunct, &from->by);
    }
    if (maker >= LEMMA || maker == REFRESH) {
        oracle->lemma_needs(oracle->context, self->needs, &lemma,
                            maker == REFRESH);
        take_needs(self);
    }
}

/* Needs of the needed ends of a layer made here; true if there is one that
 * was not looked at before.
 *   is_done  [n_supports] */
static bool follow_layer(struct slicing *self, uint32_t relu, bool *is_done)
{
    const struct oracle *oracle = self->walk->oracle;
    const struct oracle_layer layer = oracle->layer(oracle->context, relu);
    const size_t depth = depth_of(self);
    bool is_new = false;
    for (size_t i = 0; i < 2 * layer.width; i++) {
        const size_t s = SUPPORTS * (layer.first + i / 2) + i % 2;
        if (here(self)->is_needed[s] && here(self)->depth[s] == depth &&
            !is_done[s]) {
            is_done[s] = true;
            is_new = true;
            need_maker(self, relu, (uint32_t)(i / 2), i % 2 == UPPER);
        }
    }
    return is_new;
}

static void follow(struct slicing *self)
{
    bool *is_done;
    bool is_new = true;
    NEW_ARRAY(is_done, self->n_supports);
    while (is_new) {
        is_new = false;
        for (size_t r = self->walk->oracle->n_relus; r-- > 0;) {
            is_new = follow_layer(self, (uint32_t)r, is_done) || is_new;
        }
    }
    alloc_free(is_done);
}

static bool is_lemma_needed(struct slicing *self, size_t l)
{
    const struct cert_lemma *lemma = &self->walk->tree->lemmas.data[l];
    const size_t s = SUPPORTS * neuron_of(self, lemma->relu, lemma->element) +
                     (lemma->is_upper ? UPPER : LOWER);
    return here(self)->is_needed[s] && here(self)->maker[s] == LEMMA + l &&
           here(self)->depth[s] == depth_of(self);
}

static bool is_slope_needed(struct slicing *self, const struct cert_slope *one)
{
    const size_t s =
        SUPPORTS * neuron_of(self, one->relu, one->element) + SLOPE;
    return here(self)->is_needed[s];
}

/* New details of the node in work, without what is not needed. */
static void cut(struct slicing *self)
{
    struct minimize_walk *walk = self->walk;
    struct cert_tree *tree = walk->tree;
    struct cert_node *node = minimize_walk_node(walk);
    const struct cert_details own = cert_node_details(tree, node);
    struct cert_details rest = own;
    if (node->kind != CERT_LEAF && !minimize_walk_top(walk)->is_possible) {
        *node = (struct cert_node){.kind = CERT_LEAF,
                                   .details = node->details,
                                   .refresh = node->refresh};
        rest.n_closings = 0;
    } else if (own.n_slopes + own.n_lemmas == 0) {
        return;
    }
    rest.first_slope = tree->slopes.n;
    rest.first_lemma = tree->lemmas.n;
    rest.n_slopes = 0;
    rest.n_lemmas = 0;
    for (size_t i = 0; i < own.n_slopes; i++) {
        const struct cert_slope one = tree->slopes.data[own.first_slope + i];
        if (is_slope_needed(self, &one)) {
            VEC_PUSH(&tree->slopes, one);
            rest.n_slopes++;
        }
    }
    for (size_t i = 0; i < own.n_lemmas; i++) {
        const struct cert_lemma one = tree->lemmas.data[own.first_lemma + i];
        if (is_lemma_needed(self, own.first_lemma + i)) {
            VEC_PUSH(&tree->lemmas, one);
            rest.n_lemmas++;
        }
    }
    node->details = CERT_NONE;
    if (rest.n_slopes + rest.n_lemmas + rest.n_closings > 0) {
        node->details = (uint32_t)tree->details.n;
        VEC_PUSH(&tree->details, rest);
    }
}

/* The node in work, with its level. */
static void visit(struct slicing *self)
{
    if (minimize_walk_top(self->walk)->is_possible) {
        prepare(self);
    }
    need_closings(self);
    if (minimize_walk_node(self->walk)->kind != CERT_LEAF) {
        minimize_walk_skip_closings(self->walk);
    }
}

/* To the next child, whose literal makes an end of the neuron that is split. */
static void descend(struct slicing *self)
{
    struct minimize_walk *walk = self->walk;
    const struct cert_node node = *minimize_walk_node(walk);
    const bool is_neuron = node.kind == CERT_NEURON;
    const size_t neuron =
        is_neuron ? neuron_of(self, node.index, node.element) : 0;
    const double before[] = {end_of(self, neuron, false),
                             end_of(self, neuron, true)};
    minimize_walk_push(walk, minimize_walk_top(walk)->next++);
    open_level(self);
    for (size_t k = LOWER; k <= UPPER && is_neuron; k++) {
        if (differ(before[k], end_of(self, neuron, k == UPPER))) {
            make(self, SUPPORTS * neuron + k, NOTHING);
        }
    }
    visit(self);
}

/* Drops what is not needed, as far as the budget lasts. */
static void slice(struct slicing *self)
{
    struct minimize_walk *walk = self->walk;
    open_level(self);
    visit(self);
    while (walk->path.n > 0 && budget_check(self->budget) == STATUS_OK) {
        const struct minimize_frame *top = minimize_walk_top(walk);
        if (minimize_walk_node(walk)->kind != CERT_LEAF && top->is_possible &&
            top->next < 2) {
            descend(self);
        } else {
            follow(self);
            cut(self);
            minimize_walk_pop(walk);
        }
    }
}

static bool is_changed(const struct slicing *self, uint32_t at)
{
    const struct cert_node *node = &self->walk->tree->nodes.data[at];
    return node->kind != self->recorded[at].kind ||
           node->details != self->recorded[at].details;
}

/* Gives the nodes of the path back what they had; true if that is more. */
static bool restore_path(struct slicing *self)
{
    bool has_changed = false;
    for (size_t i = 0; i < self->walk->path.n; i++) {
        const uint32_t at = self->walk->path.data[i].node;
        has_changed = has_changed || is_changed(self, at);
        self->walk->tree->nodes.data[at] = self->recorded[at];
    }
    return has_changed;
}

/* Walks what is left; true if some node got something back. */
static bool test(struct slicing *self)
{
    struct minimize_walk *walk = self->walk;
    struct cert *cert = walk->cert;
    const struct oracle *oracle = walk->oracle;
    const size_t case_index = walk->case_index;
    bool has_changed = false;
    minimize_walk_clear(walk);
    (void)minimize_walk_start(walk, oracle, cert, case_index);
    while (minimize_walk_next(walk, self->budget)) {
        if (!minimize_walk_close(walk)) {
            has_changed = restore_path(self) || has_changed;
            minimize_walk_top(walk)->next = 2;
        }
    }
    return has_changed || walk->path.n > 0;
}

void minimize_slice(struct minimize_walk *walk,
                    const struct minimize_options *options)
{
    const size_t n_nodes = walk->tree->nodes.n;
    const size_t n_neurons = walk->oracle->n_neurons;
    struct slicing self = {.walk = walk,
                           .budget = &options->budget,
                           .n_supports = SUPPORTS * n_neurons};
    NEW_ARRAY(self.recorded, n_nodes);
    NEW_ARRAY(self.needs, n_neurons);
    NEW_ARRAY(self.ends, 2 * n_neurons);
    memcpy(self.recorded, walk->tree->nodes.data,
           n_nodes * sizeof *self.recorded);
    slice(&self);
    int n_tests = 0;
    while (n_tests < MOST_TESTS && test(&self)) {
        n_tests++;
    }
    if (n_tests == MOST_TESTS) {
        memcpy(walk->tree->nodes.data, self.recorded,
               n_nodes * sizeof *self.recorded);
    }
    for (size_t i = 0; i < self.levels.n; i++) {
        alloc_free(self.levels.data[i].depth);
        alloc_free(self.levels.data[i].maker);
        alloc_free(self.levels.data[i].is_needed);
    }
    VEC_CLEAR(&self.levels);
    alloc_free(self.recorded);
    alloc_free(self.needs);
    alloc_free(self.ends);
}
