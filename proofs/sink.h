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
 * nothing. One caller at a time: the owner locks. What a certificate cannot
 * express is noticed when it is built.
 */
struct sink;

enum sink_split_kind { SINK_INPUT, SINK_NEURON };

enum sink_threshold {
    SINK_MIDPOINT, /* as FORMAT.md defines it */
    SINK_FRACTION, /* fraction / 32 of the box, rounded as in FORMAT.md */
    SINK_GRID      /* threshold, a multiple of 2^-SINK_BOX_BITS */
};

/*
 * The literals of the two children. SINK_INPUT: child 0 has x <= t, child 1
 * has x >= t for input `index`. SINK_NEURON: child 0 has z <= t, child 1 has
 * z >= t for pre-activation z number `element` of layer of neurons `index`.
 */
struct sink_split {
    enum sink_split_kind kind;
    uint32_t index;
    uint32_t element;
    enum sink_threshold threshold_kind;
    uint32_t fraction; /* SINK_FRACTION: 1 .. 31 */
    double threshold;  /* SINK_GRID; SINK_NEURON: a multiple of
                          2^-SINK_LEVEL_BITS */
};

/* value finite; what is not positive counts as absent. */
struct sink_multiplier {
    uint32_t index;
    double value;
};

/*
 * A sum of atoms and neuron literals of the path.
 *   atoms     [n_atoms] index: atom of the disjunct
 *   literals  [n_literals] index: neuron splits between, 0 is the nearest
 *             neuron split above the node, 1 the next one above that
 * Multipliers are rounded to the nearest number of SINK_MANTISSA_BITS bits, so
 * that acceptance may depend on a small margin.
 */
struct sink_combination {
    size_t n_atoms;
    size_t n_literals;
    const struct sink_multiplier *atoms;
    const struct sink_multiplier *literals;
};

/* The lower line of a neuron has this slope, 0 <= value <= 1, for the node and
 * all below it; rounded to the nearest multiple of 2^-SINK_LOWER_BITS. */
struct sink_slope {
    uint32_t relu;
    uint32_t element;
    double value;
};

/* A bound of the z of a neuron by back-substitution with a combination. */
struct sink_lemma {
    uint32_t relu;
    uint32_t element;
    bool is_upper;
    struct sink_combination by;
};

/* How a disjunct is refuted: by a single atom that cannot hold (the default),
 * or by a combination. */
struct sink_closing {
    uint32_t disjunct;
    bool is_default;
    struct sink_combination by;
};

/*
 * What happens at a node before it is split or closed, in this order.
 *   slopes    [n_slopes]
 *   refresh   bit r: all unstable neurons of ReLU layer r
 *   lemmas    [n_lemmas] by non-decreasing ReLU layer; those of a layer come
 *             before its refresh
 *   closings  [n_closings] by increasing disjunct. Of a split node: all
 *             disjuncts closed at it, at least one remains open. Of a leaf:
 *             defaults may be left out.
 */
struct sink_step {
    uint64_t refresh;
    size_t n_slopes;
    size_t n_lemmas;
    size_t n_closings;
    const struct sink_slope *slopes;
    const struct sink_lemma *lemmas;
    const struct sink_closing *closings;
};

/* An empty recording; owned by the caller. */
struct sink *sink_create(void);
void sink_destroy(struct sink *sink);

/* Starts a tree: number of its root. */
uint32_t sink_root(struct sink *sink);

/* Makes an open node an inner one: number of child 0, child 1 is the next.
 * step NULL: nothing happens before. */
uint32_t sink_split(struct sink *sink, uint32_t node,
                    const struct sink_split *split,
                    const struct sink_step *step);

/* Makes an open node a leaf; step NULL: nothing happens and all disjuncts are
 * closed by default, or the region is empty. */
void sink_close(struct sink *sink, uint32_t node, const struct sink_step *step);

/* True if some tree has no open node. */
bool sink_is_complete(const struct sink *sink);

enum {
    SINK_MANTISSA_BITS = 12,
    SINK_BOX_BITS = 40,
    SINK_LEVEL_BITS = 16,
    SINK_LOWER_BITS = 8,
    SINK_FRACTIONS = 32
};

#endif
