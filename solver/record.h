/* What closing a node leaves behind for a certificate. */
#ifndef ASTROLABE_SOLVER_RECORD_H
#define ASTROLABE_SOLVER_RECORD_H

#include "src/base/vec.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * One multiplier of the combination that refutes a disjunct: of atom `index`
 * of the disjunct, or of the literal at position `index` of the node's path.
 * Disjuncts without terms are refuted by one atom alone.
 */
struct record_term {
    uint32_t disjunct;
    uint32_t index;
    bool is_literal;
    double multiplier; /* > 0, RECORD_BITS bits */
};

/* A vector of them (vec.h). */
struct record_terms {
    struct record_term *data;
    size_t n;
    size_t capacity;
};

/* A bound of pre-activation (relu, element) proved with literals, and with
 * atoms of the disjunct where it is the only one that is open: the atoms come
 * first. */
struct record_lemma {
    uint32_t relu;
    uint32_t element;
    bool is_upper;
    size_t n_terms;
};

/* The lower line of a neuron gets another slope, a multiple of
 * 2^-RECORD_SLOPE_BITS, for the node and all below. */
struct record_slope {
    uint32_t relu;
    uint32_t element;
    double value;
};

/*
 * An end of a neuron proved by a tree of splits of other ones: in the record
 * a split of the neuron at threshold, one side of which (z <= threshold, or z
 * >= threshold if is_upper) the tree shows empty.
 */
struct record_end {
    uint32_t relu;
    uint32_t element;
    bool is_upper;
    double threshold;
};

/*
 * A branch of such a tree: split at 0 of neuron (relu, element), or a leaf,
 * where slopes are set and a lemma contradicts the side; its literals are those
 * of the tree, by their distance above the leaf.
 */
struct record_branch {
    bool is_leaf;
    uint32_t relu;
    uint32_t element;
    size_t n_slopes;
    size_t n_terms;
};

/* Ends of neurons moved; then slopes that are set, neurons bounded and
 * disjuncts closed with them. Of the first step of a node, refresh is that of
 * the record, and it moves no ends. */
struct record_step {
    size_t n_ends;
    uint64_t refresh;
    size_t n_slopes;
    size_t n_lemmas;
    size_t n_closed;
};

/* A neuron that is stable in the whole tree, with room to spare: a split at it
 * has one empty child. */
struct record_apart {
    bool is_known;
    bool is_active;
    uint32_t relu;
    uint32_t element;
};

/* The end of an input moved to fraction / SINK_FRACTIONS of its interval;
 * is_upper: the part above was cut off, else the part below. n_terms are those
 * of the combinations that refute disjuncts there. */
struct record_clip {
    uint32_t input;
    uint8_t fraction;
    bool is_upper;
    uint32_t n_terms;
};

/*
 * What happened at a node, in this order: clips by the rows of the parent,
 * neurons bounded, disjuncts closed, clips by the node's own rows, disjuncts
 * closed in what they left.
 * margin      least bound that closes a disjunct of a recorded node, and half
 *             of the least one of a slab that is cut off
 * is_on       a certificate is wanted: boxes and thresholds stay on the grid
 *             2^-RECORD_BOX_BITS, those of neurons on 2^-RECORD_LEVEL_BITS, and
 *             what closes does so with a margin for the rounding of the checker
 *             (proofs/FORMAT.md)
 * literal     path positions of the literals whose rows are in the LP
 * clips       the first n_early before the neurons were bounded
 * refresh     bit r: neurons of the r-th ReLU layer were bounded
 * lemmas      by ReLU layer, each before that; lemma_terms: those of the first
 *             lemma, of the second, ...
 * clip_terms  of the first clip, of the second, ..., disjuncts ascending
 * closed      disjuncts, the first n_closed before the own clips
 * terms       of disjuncts in closed
 * steps       instead of own clips and their closings: one after the other at
 *             the same node, set apart by splits that have an empty child,
 *             which are those of the ends if there are any; slopes, lemmas and
 *             closed are those of the first step, of the second, ...
 * ends        of the first step that has any, of the second, ...
 * branches    of the first end, of the second, ..., each before its children,
 *             the inactive side first; slopes of their leaves come before those
 *             of the step
 * end_terms   of the first leaf, of the second, ..., atoms first, literals by
 *             distance: that of the nearest branch above is 0
 */
struct record {
    bool is_on;
    double margin;
    VEC(uint32_t) literal;
    VEC(struct record_clip) clips;
    struct record_terms clip_terms;
    size_t n_early;
    uint64_t refresh;
    VEC(struct record_lemma) lemmas;
    struct record_terms lemma_terms;
    VEC(uint32_t) closed;
    size_t n_closed;
    struct record_terms terms;
    VEC(struct record_slope) slopes;
    VEC(struct record_step) steps;
    VEC(struct record_end) ends;
    VEC(struct record_branch) branches;
    struct record_terms end_terms;
    struct record_apart apart;
};

enum {
    RECORD_BOX_BITS = 40,
    RECORD_BITS = 10,
    RECORD_SLOPE_BITS = 8,
    RECORD_LEVEL_BITS = 16,
    RECORD_RANGE_BITS = 26
};

/* Least bound that closes a disjunct, and least gap that empties a region,
 * of a recorded node. */
#define RECORD_MARGIN 0x1p-21
#define RECORD_GAP    0x1p-30

/* The margin of a search whose root fails to close by `missing`: so wide, if
 * the numbers are large enough, that the checker's words close what is closed
 * here; what they do not close it repeats in slow integers. */
double record_margin(double missing);

/* Bounds beyond 2^RECORD_RANGE_BITS, which certificates do not know, become
 * infinite, or that number. */
void record_forget_large(double *lower, double *upper, size_t n);

/* Largest grid number not above x, least not below; exact for |x| < 2^12. */
double record_grid_down(double x);
double record_grid_up(double x);
/* Largest level at which a neuron may be split not above x. */
double record_level_down(double x);
/* lower + floor((upper - lower) * k / SINK_FRACTIONS) on the grid, exactly,
 * for ends on the grid and k < SINK_FRACTIONS. */
double record_fraction(double lower, double upper, unsigned k);
/* True if the grid is exact on both ends. */
bool record_is_exact(double lower, double upper);

/* Rounds multipliers to RECORD_BITS bits, those below 2^-20 of the largest to
 * 0; false if none is positive and finite. */
bool record_round(double *multipliers, size_t n);

/* Adds a step; the first one of a node refreshes, so that one that is to come
 * after bounds of its own gets an empty one before it. */
void record_add_step(struct record *record, const struct record_step *step);

/* Forgets the last node. */
void record_begin(struct record *record);
void record_clear(struct record *record);

#endif
