/* The arithmetic behind minimization: bounds at the nodes of a proof tree. */
#ifndef ASTROLABE_PROOFS_ORACLE_H
#define ASTROLABE_PROOFS_ORACLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A threshold as the format has it: k/32 of the interval, or grid units. */
enum oracle_threshold {
    ORACLE_MIDPOINT,
    ORACLE_FRACTION,
    ORACLE_GRID,
    ORACLE_NEURON /* no threshold: a split of a neuron */
};

/* index: the input, or the ReLU layer of neuron (index, element). */
struct oracle_split {
    enum oracle_threshold kind;
    uint32_t index;
    uint32_t element;
    int64_t threshold;
};

/* multiplier times an atom of the disjunct, or times the literal of the
 * neuron split `index` steps up the path (0: the nearest). */
struct oracle_term {
    uint32_t index;
    bool is_literal;
    double multiplier;
};

/* What a disjunct is refuted by; n 0: by its best atom alone. */
struct oracle_sum {
    uint32_t disjunct;
    size_t n;
    const struct oracle_term *terms;
};

/* A fact to be proved, for the lower or the upper end of z of a neuron. */
struct oracle_lemma {
    uint32_t relu;
    uint32_t element;
    bool is_upper;
    struct oracle_sum by;
};

/* Pre-activations of a ReLU layer: neurons number first .. first + width - 1.
 * Layers that read the same values have the same numbers. */
struct oracle_layer {
    size_t first;
    size_t width;
};

/* What a bound looks at of a neuron: its lower end, its upper end, the slope
 * of its lower line. */
enum oracle_need {
    ORACLE_NEEDS_LOWER = 1,
    ORACLE_NEEDS_UPPER = 2,
    ORACLE_NEEDS_SLOPE = 4
};

/* Least margin with which the checker is expected to close what the oracle
 * closes. */
#define ORACLE_MARGIN 0x1p-17

/*
 * Walks one tree at a time as section "Semantics" of FORMAT.md says. Where a
 * function says false the region is empty, and nothing below it matters.
 *   load     to the root of a case; false if the oracle cannot serve it
 *   enter    the child `side` of the node in work behind the split; it has
 *            the facts of its parent, narrowed by the literal
 *   leave    back to the parent
 *   slope    of the lower line of a neuron, for this node and those below
 *   lemma    proves a fact at the node
 *   refresh  sharpens the facts of a ReLU layer
 *   margins  [n] by how much each sum refutes its disjunct at the node
 *   choose   multipliers of all atoms of a disjunct and all literals of the
 *            path that refute it with least weight, another way than sum;
 *            0 if it finds none, else their number (<= size)
 *   layer    the numbers of its neurons
 *   end      the upper or lower fact of a neuron at the node
 *   closing_needs, lemma_needs  add to needs[neuron], of n_neurons, what the
 *            closing of a disjunct looks at (n 0: that of its best atom), or
 *            the bound of a lemma, with the facts that the node has;
 *            is_refresh: with default slopes.
 *            That an end chooses a default slope is no need
 *   cost     multiply-adds since load, for comparisons
 */
struct oracle {
    void *context;
    size_t n_relus;
    size_t n_neurons;
    bool (*load)(void *context, size_t case_index);
    bool (*enter)(void *context, const struct oracle_split *split,
                  unsigned side);
    void (*leave)(void *context);
    void (*slope)(void *context, uint32_t relu, uint32_t element, double slope);
    bool (*lemma)(void *context, const struct oracle_lemma *lemma);
    bool (*refresh)(void *context, uint32_t relu);
    void (*margins)(void *context, double *margins,
                    const struct oracle_sum *sums, size_t n);
    size_t (*choose)(void *context, struct oracle_term *terms, size_t size,
                     uint32_t disjunct);
    struct oracle_layer (*layer)(void *context, uint32_t relu);
    double (*end)(void *context, size_t neuron, bool is_upper);
    void (*closing_needs)(void *context, uint8_t *needs,
                          const struct oracle_sum *sum);
    void (*lemma_needs)(void *context, uint8_t *needs,
                        const struct oracle_lemma *lemma, bool is_refresh);
    double (*cost)(void *context);
};

#endif
