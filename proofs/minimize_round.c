/* Pass: fewer bits, and fewer different numbers, for multipliers. */
#include "proofs/minimize_numbers.h"
#include "proofs/minimize_pass.h"
#include "proofs/minimize_reuse.h"
#include "src/base/alloc.h"

#include <math.h>

/* The lemmas of a node are rounded if at most so many leaves depend on it:
 * each trial evaluates them all. */
enum { FEW_LEAVES = 32, MORE_LEAVES = 256 };

struct cert_multiplier minimize_number(double value, unsigned bits)
{
    struct cert_multiplier number = {.mantissa = 1};
    int exponent = 0;
    const double mantissa = frexp(value, &exponent);
    const double scaled = nearbyint(ldexp(mantissa, (int)bits));
    number.mantissa = (uint64_t)scaled;
    number.exponent = exponent - (int)bits;
    while (number.mantissa % 2 == 0) {
        number.mantissa /= 2;
        number.exponent++;
    }
    return number;
}

/* The multipliers of a combination, divided by its largest and rounded to
 * `bits` bits, at the end of the tree's. */
static struct cert_combination round_all(struct cert_tree *tree,
                                         const struct cert_combination *by,
                                         unsigned bits)
{
    struct cert_combination rounded = *by;
    const size_t n = (size_t)by->n_atoms + by->n_literals;
    int largest = INT32_MIN;
    rounded.first = tree->multipliers.n;
    for (size_t i = 0; i < n; i++) {
        const struct cert_multiplier *one =
            &tree->multipliers.data[by->first + i];
        int exponent = 0;
        (void)frexp((double)one->mantissa, &exponent);
        exponent += one->exponent;
        largest = exponent > largest ? exponent : largest;
    }
    for (size_t i = 0; i < n; i++) {
        const struct cert_multiplier one =
            tree->multipliers.data[by->first + i];
        struct cert_multiplier number = minimize_number(
            ldexp((double)one.mantissa, one.exponent - largest + 1), bits);
        number.index = one.index;
        VEC_PUSH(&tree->multipliers, number);
    }
    return rounded;
}

/* Bits of the longest mantissa. */
static unsigned longest(const struct cert_tree *tree,
                        const struct cert_combination *by)
{
    unsigned bits = 1;
    for (size_t i = 0; i < (size_t)by->n_atoms + by->n_literals; i++) {
        int exponent = 0;
        (void)frexp((double)tree->multipliers.data[by->first + i].mantissa,
                    &exponent);
        bits = (unsigned)exponent > bits ? (unsigned)exponent : bits;
    }
    return bits;
}

/* The fewest bits, found by halving, with which the closing holds. */
static void round_closing(struct minimize_walk *walk,
                          struct cert_closing *closing)
{
    struct cert_tree *tree = walk->tree;
    const size_t end = tree->multipliers.n;
    const size_t n = (size_t)closing->by.n_atoms + closing->by.n_literals;
    unsigned least = 1;
    unsigned most = longest(tree, &closing->by);
    while (least < most) {
        const unsigned bits = (least + most) / 2;
        const struct cert_combination by = round_all(tree, &closing->by, bits);
        if (minimize_walk_refutes(walk, closing->disjunct, &by)) {
            for (size_t i = 0; i < n; i++) {
                tree->multipliers.data[closing->by.first + i] =
                    tree->multipliers.data[by.first + i];
            }
            most = bits;
        } else {
            least = bits + 1;
        }
        tree->multipliers.n = end;
    }
}

/*
 * The lemmas of the node in work.
 *   recorded  their multipliers as they were, one lemma after the other
 *   bits      [own.n_lemmas] to which those of each are rounded
 */
struct lemmas {
    struct minimize_walk *walk;
    struct cert_details own;
    struct cert_multiplier *recorded;
    unsigned *bits;
};

/* Rounds each multiplier on its own: the scale of a lemma is that of its
 * end. True if all below the node closes then. */
static bool closes_rounded(const struct lemmas *self)
{
    struct cert_tree *tree = self->walk->tree;
    size_t next = 0;
    for (size_t l = 0; l < self->own.n_lemmas; l++) {
        const struct cert_combination *by =
            &tree->lemmas.data[self->own.first_lemma + l].by;
        for (size_t i = 0; i < (size_t)by->n_atoms + by->n_literals; i++) {
            const struct cert_multiplier one = self->recorded[next++];
            struct cert_multiplier number = minimize_number(
                ldexp((double)one.mantissa, one.exponent), self->bits[l]);
            number.index = one.index;
            tree->multipliers.data[by->first + i] = number;
        }
    }
    minimize_walk_again(self->walk);
    return minimize_walk_replay(self->walk);
}

static void set_bits(const struct lemmas *self, size_t from, size_t to,
                     unsigned bits)
{
    for (size_t l = from; l < to; l++) {
        self->bits[l] = bits;
    }
}

/* The fewest bits, at most `most`, for lemmas from .. to - 1; `most` is known
 * to do. */
static unsigned fewest(const struct lemmas *self, size_t from, size_t to,
                       unsigned most)
{
    unsigned least = 1;
    while (least < most) {
        const unsigned bits = (least + most) / 2;
        set_bits(self, from, to, bits);
        if (closes_rounded(self)) {
            most = bits;
        } else {
            least = bits + 1;
        }
    }
    set_bits(self, from, to, most);
    return most;
}

/* Copies the multipliers of the lemmas; returns the bits of the longest. */
static unsigned take_recorded(struct lemmas *self)
{
    const struct cert_tree *tree = self->walk->tree;
    unsigned most = 1;
    size_t n = 0;
    for (size_t l = 0; l < self->own.n_lemmas; l++) {
        const struct cert_combination *by =
            &tree->lemmas.data[self->own.first_lemma + l].by;
        n += (size_t)by->n_atoms + by->n_literals;
    }
    NEW_ARRAY(self->recorded, n);
    n = 0;
    for (size_t l = 0; l < self->own.n_lemmas; l++) {
        const struct cert_combination *by =
            &tree->lemmas.data[self->own.first_lemma + l].by;
        const unsigned bits = longest(tree, by);
        most = bits > most ? bits : most;
        for (size_t i = 0; i < (size_t)by->n_atoms + by->n_literals; i++) {
            self->recorded[n++] = tree->multipliers.data[by->first + i];
        }
    }
    return most;
}

/* The fewest bits for the lemmas of the node in work with which all below it
 * closes: for all the same, then for each alone. The node is then prepared
 * again. */
static void round_lemmas(struct minimize_walk *walk)
{
    struct lemmas self = {
        .walk = walk,
        .own = cert_node_details(walk->tree, minimize_walk_node(walk))};
    const size_t n = self.own.n_lemmas;
    NEW_ARRAY(self.bits, n);
    const unsigned most = fewest(&self, 0, n, take_recorded(&self));
    for (size_t l = 0; l < n && n > 1; l++) {
        (void)fewest(&self, l, l + 1, most);
    }
    (void)closes_rounded(&self);
    alloc_free(self.bits);
    alloc_free(self.recorded);
    minimize_walk_again(walk);
    minimize_walk_prepare(walk, minimize_walk_node(walk)->refresh);
}

void minimize_round(struct minimize_walk *walk,
                    const struct minimize_options *options)
{
    const uint32_t few = options->is_slow ? MORE_LEAVES : FEW_LEAVES;
    uint32_t *leaves = minimize_count_leaves(walk->tree);
    struct minimize_reuse reuse;
    minimize_reuse_init(&reuse);
    while (minimize_walk_next(walk, &options->budget)) {
        const struct cert_details own =
            cert_node_details(walk->tree, minimize_walk_node(walk));
        if (own.n_lemmas > 0 && leaves[minimize_walk_top(walk)->node] <= few) {
            round_lemmas(walk);
        }
        for (size_t i = 0; i < own.n_closings; i++) {
            struct cert_closing *closing =
                &walk->tree->closings.data[own.first_closing + i];
            if (closing->is_default) {
                continue;
            }
            round_closing(walk, closing);
            if (!minimize_reuse_find(&reuse, walk, closing)) {
                minimize_reuse_add(&reuse, walk->tree, closing);
            }
        }
    }
    minimize_reuse_clear(&reuse);
    alloc_free(leaves);
}
