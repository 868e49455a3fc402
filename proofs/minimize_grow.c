/* A midpoint takes a few bits, a lemma several bytes. */
#include "proofs/minimize_grow.h"

#include "proofs/minimize_search.h"

#include <math.h>

/* With more inputs, halving one of them changes too little. */
enum { MOST_INPUTS = 16 };

/* Given up after so many splits if the share of the region that is closed lets
 * expect more than HOPE times as many as allowed. */
enum { LEAST_SPLITS = 64 };
static const double HOPE = 1.5;

/* The least margin by which an open disjunct is refuted by default. */
static double least_margin(struct minimize_walk *walk)
{
    const struct minimize_frame *top = minimize_walk_top(walk);
    double least = HUGE_VAL;
    if (!top->is_possible) {
        return least;
    }
    for (size_t i = 0; i < top->n_open; i++) {
        walk->sums[i] = (struct oracle_sum){
            .disjunct = walk->open.data[top->first_open + i]};
    }
    walk->oracle->margins(walk->oracle->context, walk->margins, walk->sums,
                          top->n_open);
    for (size_t i = 0; i < top->n_open; i++) {
        least = fmin(least, walk->margins[i]);
    }
    return least;
}

static void enter(struct minimize_walk *walk, unsigned side)
{
    minimize_walk_push(walk, side);
    minimize_walk_prepare(walk, minimize_walk_node(walk)->refresh);
}

/* Makes the leaf in work a split of an input, with the children at `child`. */
static void split(struct minimize_walk *walk, uint32_t input, uint32_t child)
{
    struct cert_node *node = minimize_walk_node(walk);
    *node = (struct cert_node){.kind = CERT_INPUT,
                               .threshold_kind = CERT_MIDPOINT,
                               .index = input,
                               .child = child,
                               .details = CERT_NONE,
                               .refresh = node->refresh};
}

/* The input whose halves are closest to being closed. */
static uint32_t choose_input(struct minimize_walk *walk, uint32_t child)
{
    double best = -HUGE_VAL;
    uint32_t chosen = 0;
    for (uint32_t i = 0; i < walk->cert->n_inputs; i++) {
        double least = HUGE_VAL;
        split(walk, i, child);
        for (unsigned side = 0; side < 2 && least > best; side++) {
            enter(walk, side);
            least = fmin(least, least_margin(walk));
            minimize_walk_pop(walk);
        }
        if (least > best) {
            best = least;
            chosen = i;
        }
    }
    return chosen;
}

/* Splits the leaf in work. */
static void add_children(struct minimize_walk *walk)
{
    const uint32_t child = (uint32_t)walk->tree->nodes.n;
    const struct cert_node leaf = {.kind = CERT_LEAF,
                                   .details = CERT_NONE,
                                   .refresh =
                                       minimize_walk_node(walk)->refresh};
    VEC_PUSH(&walk->tree->nodes, leaf);
    VEC_PUSH(&walk->tree->nodes, leaf);
    split(walk, choose_input(walk, child), child);
}

bool minimize_grow(struct minimize_walk *walk, size_t *n_splits,
                   const struct budget *budget)
{
    const size_t base = walk->path.n;
    const size_t n_nodes = walk->tree->nodes.n;
    const struct cert_node before = *minimize_walk_node(walk);
    const size_t most = *n_splits;
    *n_splits = 0;
    if (walk->cert->n_inputs > MOST_INPUTS || most == 0) {
        return false;
    }
    add_children(walk);
    minimize_walk_top(walk)->next = 0;
    double closed = 0.0; /* share of the region */
    size_t n = 1;
    while (n <= most && budget_check(budget) == STATUS_OK &&
           (n < LEAST_SPLITS || (double)n < HOPE * closed * (double)most)) {
        struct minimize_frame *top = minimize_walk_top(walk);
        *n_splits = n;
        if (top->next == 2 && walk->path.n == base) {
            return true;
        }
        if (top->next == 2) {
            minimize_walk_pop(walk);
            continue;
        }
        enter(walk, top->next++);
        if (least_margin(walk) > ORACLE_MARGIN ||
            minimize_search_closings(walk)) {
            closed += ldexp(1.0, -(int)(walk->path.n - base));
            minimize_walk_pop(walk);
        } else {
            n++;
            add_children(walk);
        }
    }
    while (walk->path.n > base) {
        minimize_walk_pop(walk);
    }
    *minimize_walk_node(walk) = before;
    walk->tree->nodes.n = n_nodes;
    return false;
}
