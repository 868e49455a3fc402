/* Bounds of hidden neurons by branch and bound. */
#include "solver/prover_refine.h"

#include "solver/dual.h"
#include "solver/end_tree.h"
#include "solver/prover_hidden.h"
#include "solver/prover_slopes.h"
#include "src/base/alloc.h"
#include "src/num/interval.h"

#include <math.h>
#include <string.h>

/* Ends in work at once: two rows each. */
enum { ENDS = DUAL_ROWS / 2 };

static const struct dual_effort END = {15, 0.02};

/* Shares of the interval: what the tree of an end that gets beyond 0 proves
 * more, and what is kept of that for the checker's rounding. */
static const double GOAL_ROOM = 0x1p-8;
static const double END_ROOM = 0x1p-12;

/*
 * before   multiply-adds of the dual bound when all began
 * tree     [n_trees] ends of neurons of one layer
 * n_ends   those of the layer that have moved
 * told     [n_unstable] slopes that the record has told at the node
 * others   [most_leaves + 1] bounds of the literals of a leaf; 0 between leaves
 * order    branches of a tree that are still to be evaluated
 */
struct refine {
    struct prover *p;
    const struct refine_effort *effort;
    double before;
    size_t n_trees;
    struct end_tree tree[ENDS];
    size_t n_ends;
    double *told;
    double *others;
    VEC(uint32_t) order;
};

static const struct dual_neuron *neuron_of(const struct prover *p,
                                           const struct end_tree *tree)
{
    return &p->dual->neuron[tree->id];
}

static double width_of(const struct prover *p, const struct end_tree *tree)
{
    const struct dual_neuron *neuron = neuron_of(p, tree);
    return p->bounds.upper[neuron->source][neuron->index] -
           p->bounds.lower[neuron->source][neuron->index];
}

/* True if no more may be spent. */
static bool is_over(const struct refine *r)
{
    return dual_madds(r->p->dual) - r->before > r->effort->most_madds ||
           budget_check(r->p->budget) != STATUS_OK;
}

static struct end_tree *tree_of(struct refine *r, size_t row)
{
    size_t t = 0;
    while (end_tree_row(&r->tree[t], r->p->dual) != r->p->dual->disjunct[row]) {
        t++;
    }
    return &r->tree[t];
}

/* Raises the bounds of the rows; bound[] of them all. */
static void ascend(struct refine *r, double *bound)
{
    struct dual *d = r->p->dual;
    double goal = 0.0;
    for (size_t t = 0; t < r->n_trees; t++) {
        goal = fmax(goal, GOAL_ROOM * width_of(r->p, &r->tree[t]));
    }
    prover_slopes_set_implied(r->p);
    dual_set_chords(d, &r->p->bounds);
    dual_ascend(d, &END, goal);
    memcpy(bound, d->bound, d->n_rows * sizeof *bound);
    dual_bound(d);
    dual_differentiate(d);
}

/* Bounds the ends without splits. */
static void plant(struct refine *r)
{
    struct dual *d = r->p->dual;
    double bound[DUAL_ROWS];
    prover_slopes_aim(r->p, neuron_of(r->p, &r->tree[0])->source);
    d->n_rows = r->n_trees;
    for (size_t t = 0; t < r->n_trees; t++) {
        const struct end_branch root = {.split = DUAL_STABLE};
        VEC_PUSH(&r->tree[t].branches, root);
        prover_slopes_set_end(r->p, t, end_tree_row(&r->tree[t], d));
        end_tree_imply(&r->tree[t], d, t);
    }
    ascend(r, bound);
    for (size_t row = 0; row < d->n_rows; row++) {
        end_tree_keep(tree_of(r, row), 0, d, row, bound[row]);
    }
}

/* Splits the worst leaf of each tree; false if there is nothing to split. */
static bool grow(struct refine *r)
{
    struct dual *d = r->p->dual;
    double bound[DUAL_ROWS];
    d->n_rows = 0;
    for (size_t t = 0; t < r->n_trees; t++) {
        struct end_tree *tree = &r->tree[t];
        const uint32_t leaf = end_tree_worst(tree);
        const struct end_branch worst = tree->branches.data[leaf];
        if (worst.split == DUAL_STABLE ||
            worst.bound > GOAL_ROOM * width_of(r->p, tree)) {
            continue;
        }
        for (size_t side = 0; side < 2; side++) {
            end_tree_set_row(tree, leaf, d, d->n_rows);
            const size_t id = d->n_rows * d->n_unstable + worst.split;
            d->phase[id] = side == 0 ? PHASE_INACTIVE : PHASE_ACTIVE;
            d->choice[id] = 0.0F;
            d->n_rows++;
        }
        end_tree_split(tree, leaf);
    }
    if (d->n_rows == 0) {
        return false;
    }
    ascend(r, bound);
    for (size_t row = 0; row < d->n_rows; row++) {
        struct end_tree *tree = tree_of(r, row);
        const uint32_t last = (uint32_t)tree->branches.n - 1;
        const struct end_branch *parent =
            &tree->branches.data[tree->branches.data[last].parent];
        const bool is_active =
            d->phase[row * d->n_unstable + parent->split] == PHASE_ACTIVE;
        end_tree_keep(tree, is_active ? last : last - 1, d, row,
                      fmax(bound[row], parent->bound));
    }
    return true;
}

/* Notes the multipliers of the atoms and of the literals above a leaf, which
 * row 0 is set to. */
static size_t note_terms(struct refine *r, const struct end_tree *tree,
                         uint32_t leaf)
{
    const struct end_branch *branch = tree->branches.data;
    size_t n = prover_slopes_note_atoms(&r->p->record.end_terms, r->p, 0);
    const double *multiplier = prover_slopes_literals(r->p, 0);
    uint32_t distance = 0;
    for (uint32_t b = leaf; multiplier != NULL && b > 0; b = branch[b].parent) {
        const double factor = multiplier[branch[branch[b].parent].split];
        if (factor > 0.0) {
            const struct record_term term = {dual_atoms(r->p->dual, 0),
                                             distance, true, factor};
            VEC_PUSH(&r->p->record.end_terms, term);
            n++;
        }
        distance++;
    }
    return n;
}

/* Exchanges the bounds of the split neurons above a leaf, and where atoms are
 * joined that of the end's own neuron, for `others`: moves them to 0, or
 * back. */
static void narrow(struct refine *r, const struct end_tree *tree, uint32_t leaf)
{
    const struct end_branch *branch = tree->branches.data;
    double *other = r->others;
    for (uint32_t b = leaf; b > 0; b = branch[b].parent) {
        const struct end_branch *parent = &branch[branch[b].parent];
        const struct dual_neuron *neuron = &r->p->dual->neuron[parent->split];
        double **end =
            b == parent->child ? r->p->bounds.upper : r->p->bounds.lower;
        double *at = &end[neuron->source][neuron->index];
        const double now = *at;
        *at = *other;
        *other++ = now;
    }
    if (r->p->dual->joined != DUAL_ALONE) {
        const struct dual_neuron *own = neuron_of(r->p, tree);
        double **end = tree->is_upper ? r->p->bounds.lower : r->p->bounds.upper;
        double *at = &end[own->source][own->index];
        const double now = *at;
        *at = *other;
        *other = now;
    }
}

/* A rigorous bound of a leaf, and what the record says of it. */
static double evaluate_leaf(struct refine *r, const struct end_tree *tree,
                            uint32_t leaf)
{
    struct prover *p = r->p;
    struct dual *d = p->dual;
    const size_t row = 0;
    double bound;
    d->n_rows = 1;
    end_tree_set_row(tree, leaf, d, 0);
    prover_slopes_set_implied(p);
    narrow(r, tree, leaf);
    prover_slopes_set_lines(p);
    prover_slopes_bound_ends(&bound, p, &row, 1);
    if (p->record.is_on) {
        const struct record_branch branch = {
            .is_leaf = true,
            .n_slopes = prover_slopes_tell(p, row, 0),
            .n_terms = note_terms(r, tree, leaf),
        };
        VEC_PUSH(&p->record.branches, branch);
        memcpy(p->told, r->told, d->n_unstable * sizeof *p->told);
    }
    narrow(r, tree, leaf);
    return bound;
}

/* The least rigorous bound of all leaves, each branch noted before its
 * children; -infinity if the run is over. */
static double evaluate(struct refine *r, const struct end_tree *tree)
{
    struct prover *p = r->p;
    double least = HUGE_VAL;
    r->order.n = 0;
    VEC_PUSH(&r->order, 0);
    while (r->order.n > 0) {
        const uint32_t b = r->order.data[--r->order.n];
        const struct end_branch *branch = &tree->branches.data[b];
        if (budget_check(p->budget) != STATUS_OK) {
            return -HUGE_VAL;
        }
        if (branch->child == 0) {
            least = fmin(least, evaluate_leaf(r, tree, b));
            continue;
        }
        if (p->record.is_on) {
            const struct dual_neuron *neuron = &p->dual->neuron[branch->split];
            const struct record_branch inner = {.relu = neuron->number,
                                                .element = neuron->index};
            VEC_PUSH(&p->record.branches, inner);
        }
        VEC_PUSH(&r->order, branch->child + 1);
        VEC_PUSH(&r->order, branch->child);
    }
    return least;
}

/* Moves an end to what its tree proves, if that is worth it. */
static void settle(struct refine *r, const struct end_tree *tree)
{
    struct prover *p = r->p;
    struct record *record = &p->record;
    const struct dual_neuron *neuron = neuron_of(p, tree);
    const double room = END_ROOM * width_of(p, tree);
    if (!(tree->branches.data[end_tree_worst(tree)].bound >=
          prover_hidden_least(p, neuron, tree->is_upper))) {
        return;
    }
    const size_t n_branches = record->branches.n;
    const size_t n_terms = record->end_terms.n;
    const size_t n_slopes = record->slopes.n;
    double level = record_level_down(evaluate(r, tree) - room);
    if (p->dual->joined != DUAL_ALONE) {
        level = fmin(level, 0.0);
    }
    if (!prover_hidden_gains(p, neuron, tree->is_upper, level)) {
        record->branches.n = n_branches;
        record->end_terms.n = n_terms;
        record->slopes.n = n_slopes;
        return;
    }
    prover_hidden_move(p, neuron, tree->is_upper, level);
    r->n_ends++;
    if (record->is_on) {
        const struct record_end end = {
            .relu = neuron->number,
            .element = neuron->index,
            .is_upper = tree->is_upper,
            .threshold = tree->is_upper ? -level : level,
        };
        VEC_PUSH(&record->ends, end);
    }
}

/* Grows the trees, moves the ends and drops the trees. */
static void harvest(struct refine *r)
{
    if (r->n_trees == 0) {
        return;
    }
    plant(r);
    for (size_t n = 1; n < r->effort->most_leaves && !is_over(r) && grow(r);
         n++) {
    }
    for (size_t t = 0; t < r->n_trees; t++) {
        settle(r, &r->tree[t]);
        end_tree_clear(&r->tree[t]);
    }
    prover_slopes_aim(r->p, 0);
    r->n_trees = 0;
}

/* The ends of the neurons of one ReLU layer, from number `first` on; returns
 * the first one of the next layer. Without atoms the bounds of the first layer
 * are exact. */
static size_t refine_layer(struct refine *r, size_t first)
{
    struct prover *p = r->p;
    const struct dual *d = p->dual;
    const struct dual_neuron *layer = &d->neuron[first];
    size_t i = first;
    for (; i < d->n_unstable && d->neuron[i].relu == layer->relu; i++) {
        const uint32_t index = d->neuron[i].index;
        if ((first == 0 && p->n_open > 1) || is_over(r) ||
            p->layers->layer[layer->source].kind != LAYER_AFFINE ||
            bounds_phase(p->bounds.lower[layer->source][index],
                         p->bounds.upper[layer->source][index]) !=
                PHASE_UNSTABLE) {
            continue;
        }
        for (size_t end = 0; end < 2; end++) {
            r->tree[r->n_trees++] =
                (struct end_tree){.id = (uint32_t)i, .is_upper = end == 1};
        }
        if (r->n_trees == ENDS) {
            harvest(r);
        }
    }
    harvest(r);
    return i;
}

bool prover_refine(size_t *n_moved, struct prover *p, const struct node *node,
                   const struct refine_effort *effort)
{
    const struct dual *d = p->dual;
    struct refine r = {.p = p, .effort = effort, .before = dual_madds(p->dual)};
    bool is_possible = true;
    *n_moved = 0;
    if (p->record.is_on && !p->record.apart.is_known) {
        return true;
    }
    NEW_ARRAY(r.others, effort->most_leaves + 1);
    NEW_ARRAY(r.told, d->n_unstable);
    memcpy(r.told, p->told, d->n_unstable * sizeof *p->told);
    for (size_t i = 0; i < d->n_unstable && is_possible;) {
        i = refine_layer(&r, i);
        is_possible = r.n_ends == 0 || prover_hidden_spread(p, node, r.n_ends);
        *n_moved += r.n_ends;
        r.n_ends = 0;
    }
    p->stats.ends_refined += *n_moved;
    alloc_free(r.told);
    alloc_free(r.others);
    VEC_CLEAR(&r.order);
    return is_possible;
}
