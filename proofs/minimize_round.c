/* Pass: fewer bits, and fewer different numbers, for multipliers. */
#include "proofs/minimize_numbers.h"
#include "proofs/minimize_pass.h"
#include "proofs/minimize_reuse.h"

#include <math.h>

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

void minimize_round(struct minimize_walk *walk,
                    const struct minimize_options *options)
{
    struct minimize_reuse reuse;
    minimize_reuse_init(&reuse);
    while (minimize_walk_next(walk, &options->budget)) {
        const struct cert_details own =
            cert_node_details(walk->tree, minimize_walk_node(walk));
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
}
