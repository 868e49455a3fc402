/* What the search tells about its proof: one growing tree per attempt. */
#ifndef ASTROLABE_PROOFS_SINK_H
#define ASTROLABE_PROOFS_SINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The proof of one case under construction. Several roots may be started, one
 * per search; the first one whose nodes are all closed is the proof. Nodes are
 * numbered from 0 through all roots; a child has a larger number than its
 * parent. All functions take NULL for "nothing is recorded" and then do
 * nothing. One caller at a time: the owner locks.
 */
struct sink;

enum sink_split_kind { SINK_INPUT, SINK_NEURON };

/*
 * The literals of the two children. SINK_INPUT: child 0 has x <= t, child 1
 * has x >= t for input `index`. SINK_NEURON: child 0 has z <= 0, child 1 has
 * z >= 0 for the pre-activation z of element `element` of ReLU number `index`.
 *   threshold             t, finite; not read with the default threshold
 *   is_default_threshold  t is the midpoint as FORMAT.md defines it
 */
struct sink_split {
    enum sink_split_kind kind;
    uint32_t index;
    uint32_t element;
    double threshold;
    bool is_default_threshold;
};

/* value finite; what is not positive counts as absent. */
struct sink_multiplier {
    uint32_t index;
    double value;
};

/*
 * How one disjunct is refuted: by a single atom that cannot hold (the
 * default), or by a combination of atoms and neuron literals of the path.
 *   atoms     [n_atoms] index: atom of the disjunct
 *   literals  [n_literals] index: position on the path, 0 the root's split
 */
struct sink_refutation {
    bool is_default;
    size_t n_atoms;
    size_t n_literals;
    const struct sink_multiplier *atoms;
    const struct sink_multiplier *literals;
};

/* Refutations of all disjuncts of the case in order; n_disjuncts 0: all by
 * the default. */
struct sink_closing {
    size_t n_disjuncts;
    const struct sink_refutation *disjuncts;
};

/* An empty recording; owned by the caller. */
struct sink *sink_create(void);
void sink_destroy(struct sink *sink);

/* Starts a tree: number of its root. */
uint32_t sink_root(struct sink *sink);

/* Makes an open node an inner one: number of child 0, child 1 is the next. */
uint32_t sink_split(struct sink *sink, uint32_t node,
                    const struct sink_split *split);

/* Makes an open node a leaf; closing NULL: all disjuncts by the default, or
 * the region is empty. Multipliers are rounded to the nearest short dyadic
 * (SINK_MANTISSA_BITS), so that acceptance may depend on a small margin. */
void sink_close(struct sink *sink, uint32_t node,
                const struct sink_closing *closing);

/* True if some tree has no open node. */
bool sink_is_complete(const struct sink *sink);

enum { SINK_MANTISSA_BITS = 12 };

#endif
