/* Pattern search (Hooke and Jeeves, J. ACM 8, 1961) over multipliers. */
#include "proofs/minimize_search.h"

#include "proofs/minimize_numbers.h"
#include "src/base/alloc.h"

#include <math.h>
#include <string.h>

enum {
    MOST_TERMS = 64,
    MOST_TRIALS = 2 * MOST_TERMS,
    MOST_ROUNDS = 12,
    BITS = 8
};

/* Smallest factor by which a multiplier is changed. */
static const double LEAST_FACTOR = 1.1;

/*
 * A point of the search.
 *   terms   atoms before literals
 */
struct point {
    size_t n;
    double margin;
    struct oracle_term terms[MOST_TERMS];
};

/*
 * best     so far; margin -infinity before the first
 * trials   [MOST_TRIALS] neighbours of best, with their sums and margins
 */
struct search {
    struct minimize_walk *walk;
    uint32_t disjunct;
    struct point best;
    struct point *trials;
    struct oracle_sum *sums;
    double *margins;
};

/* Multipliers as the file will have them. */
static void shorten(struct point *point)
{
    for (size_t i = 0; i < point->n; i++) {
        const struct cert_multiplier one =
            minimize_number(point->terms[i].multiplier, BITS);
        point->terms[i].multiplier = ldexp((double)one.mantissa, one.exponent);
    }
}

/* Makes the best of the first n trials the best point if it is better. */
static bool improve(struct search *self, size_t n)
{
    const struct oracle *oracle = self->walk->oracle;
    const double before = self->best.margin;
    size_t best = n;
    for (size_t i = 0; i < n; i++) {
        self->sums[i] = (struct oracle_sum){self->disjunct, self->trials[i].n,
                                            self->trials[i].terms};
    }
    oracle->margins(oracle->context, self->margins, self->sums, n);
    for (size_t i = 0; i < n; i++) {
        self->trials[i].margin = self->margins[i];
        if (self->margins[i] >
            (best == n ? before : self->trials[best].margin)) {
            best = i;
        }
    }
    if (best < n) {
        self->best = self->trials[best];
    }
    return best < n;
}

/* The multipliers with which a child, a leaf, closes the disjunct, without
 * the literal that it alone has. */
static size_t take_child(struct search *self, struct point *point,
                         uint32_t child)
{
    const struct cert_tree *tree = self->walk->tree;
    const bool is_neuron = minimize_walk_node(self->walk)->kind == CERT_NEURON;
    const struct cert_node *node = &tree->nodes.data[child];
    const struct cert_details own = cert_node_details(tree, node);
    point->n = 0;
    for (size_t i = 0; i < own.n_closings && node->kind == CERT_LEAF; i++) {
        const struct cert_closing *closing =
            &tree->closings.data[own.first_closing + i];
        if (closing->disjunct != self->disjunct || closing->is_default ||
            (size_t)closing->by.n_atoms + closing->by.n_literals > MOST_TERMS) {
            continue;
        }
        const struct oracle_sum sum =
            minimize_sum(self->walk, self->disjunct, &closing->by);
        for (size_t t = 0; t < sum.n; t++) {
            struct oracle_term term = sum.terms[t];
            if (is_neuron && term.is_literal && term.index-- == 0) {
                continue;
            }
            point->terms[point->n++] = term;
        }
    }
    shorten(point);
    return point->n > 0 ? 1 : 0;
}

/* Starting points. */
static bool start(struct search *self)
{
    const struct oracle *oracle = self->walk->oracle;
    const struct cert_node *node = minimize_walk_node(self->walk);
    size_t n = 0;
    for (uint32_t side = 0; side < 2 && node->kind != CERT_LEAF; side++) {
        n += take_child(self, &self->trials[n], node->child + side);
    }
    self->trials[n].n = oracle->choose(oracle->context, self->trials[n].terms,
                                       MOST_TERMS, self->disjunct);
    shorten(&self->trials[n]);
    n += self->trials[n].n > 0 ? 1 : 0;
    return n > 0 && improve(self, n);
}

/* All neighbours of the best point at this factor. */
static bool step(struct search *self, double factor)
{
    const struct point *best = &self->best;
    for (size_t i = 0; i < best->n; i++) {
        struct point *up = &self->trials[2 * i];
        struct point *down = up + 1;
        *up = *best;
        *down = *best;
        up->terms[i].multiplier *= factor;
        down->terms[i].multiplier /= factor;
        shorten(up);
        shorten(down);
    }
    return improve(self, 2 * best->n);
}

static void keep(struct cert_combination *by, const struct search *self)
{
    struct cert_tree *tree = self->walk->tree;
    *by = (struct cert_combination){.first = tree->multipliers.n};
    for (size_t i = 0; i < self->best.n; i++) {
        const struct oracle_term *term = &self->best.terms[i];
        struct cert_multiplier one = minimize_number(term->multiplier, BITS);
        one.index = term->index;
        by->n_atoms += term->is_literal ? 0 : 1;
        by->n_literals += term->is_literal ? 1 : 0;
        VEC_PUSH(&tree->multipliers, one);
    }
}

bool minimize_search(struct cert_combination *by, struct minimize_walk *walk,
                     uint32_t disjunct)
{
    struct search self = {
        .walk = walk, .disjunct = disjunct, .best = {.margin = -HUGE_VAL}};
    double factor = 2.0;
    NEW_ARRAY(self.trials, MOST_TRIALS);
    NEW_ARRAY(self.sums, MOST_TRIALS);
    NEW_ARRAY(self.margins, MOST_TRIALS);
    bool is_refuted = start(&self) && self.best.margin > ORACLE_MARGIN;
    for (int i = 0; i < MOST_ROUNDS && !is_refuted && self.best.n > 1 &&
                    factor > LEAST_FACTOR;
         i++) {
        if (!step(&self, factor)) {
            factor = sqrt(factor);
        }
        is_refuted = self.best.margin > ORACLE_MARGIN;
    }
    if (is_refuted) {
        keep(by, &self);
    }
    alloc_free(self.trials);
    alloc_free(self.sums);
    alloc_free(self.margins);
    return is_refuted;
}

bool minimize_search_closings(struct minimize_walk *walk)
{
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
