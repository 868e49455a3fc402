/* A certificate's head and its nodes, read one after the other: FORMAT.md,
 * "File" and "Trees".
 * SPDX-License-Identifier: MIT */
#ifndef ASTROLABE_PROOFS_CHECK_CHECK_RECORDS_H
#define ASTROLABE_PROOFS_CHECK_CHECK_RECORDS_H

#include "proofs/check/check_coder.h"
#include "proofs/check/check_network.h"
#include "proofs/check/check_query.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CHECK_HASH = 32, CHECK_MOST_DEPTH = 100000 };

/* content: the stream of a proof, or the n_values doubles of a witness. */
struct check_head {
    struct check_bytes file;
    bool is_witness;
    bool has_cells;  /* of a network in cells; a proof has no content */
    bool has_levels; /* splits of neurons state where */
    bool has_pairs;  /* about differences of two networks, check_pair.h */
    unsigned box_bits;
    unsigned fact_bits;
    unsigned slope_bits;
    unsigned lower_bits;
    const unsigned char *hashes; /* three of CHECK_HASH bytes */
    uint64_t n_values;
    struct check_cursor content;
};

/* Reads all but the content; ends in check_unreadable if the parts do not fill
 * the file, in check_reject if its own hash is wrong. */
void check_head_open(struct check_head *head, const char *path);
void check_head_close(struct check_head *head);

/* mantissa * 2^exponent > 0 times an atom, or times the literal of the split
 * path[index]. */
struct check_multiplier {
    size_t index;
    uint64_t mantissa;
    long exponent;
};

/* multipliers[first ..] of the node: n_atoms of atoms, n_literals of splits. */
struct check_combination {
    size_t first;
    size_t n_atoms;
    size_t n_literals;
};

/* The slope of the ReLU output with this coordinate, in units of 2^-A. */
struct check_slope {
    size_t coordinate;
    int16_t slope;
};

/* An end of z, which is a coordinate that layer `relu` of neurons reads. */
struct check_lemma {
    size_t relu;
    size_t z;
    bool is_upper;
    struct check_combination by;
};

struct check_closing {
    size_t disjunct;
    bool is_default;
    struct check_combination by;
};

enum check_node_kind { CHECK_LEAF, CHECK_INPUT_SPLIT, CHECK_NEURON_SPLIT };
enum check_threshold { CHECK_MIDPOINT, CHECK_FRACTION, CHECK_GRID };

/* n_open: disjuncts that no ancestor closes; `only` is one of them. */
struct check_node {
    enum check_node_kind kind;
    uint64_t refresh; /* bit r: layer r of neurons */
    size_t n_open;
    size_t only;
    size_t n_slopes;
    size_t n_lemmas;
    size_t n_closings;
    size_t n_multipliers;
    struct check_slope *slopes;
    struct check_lemma *lemmas;
    struct check_closing *closings;
    struct check_multiplier *multipliers;
};

void check_node_clear(struct check_node *node);

/*
 * A split on the path; path[0] is none and stands above the root.
 *   coordinate  the input, or the z of the neuron
 *   value       k of a fraction k/32, or units of 2^-B; of a neuron, units of
 *               2^-G
 *   side        of the child that is being read
 *   first_open, n_open  disjuncts that are open in its children
 *   n_neurons   neuron splits on the path down to here
 *   inputs, child, sibling  for contexts: of the nearest two input splits
 *               down to here; 2 if the child that was read last is a leaf,
 *               else 1; what `child` said above here if this is child 1, or 0
 */
struct check_split {
    enum check_node_kind kind;
    size_t coordinate;
    enum check_threshold threshold;
    int64_t value;
    unsigned side;
    size_t first_open;
    size_t n_open;
    size_t n_neurons;
    size_t inputs[2];
    size_t child;
    size_t sibling;
};

/*
 * The next node is `node` of tree `number`; it has ancestors path[1] ..
 * path[depth]. `open` holds lists of disjuncts.
 */
struct check_records {
    const struct check_head *head;
    const struct check_network *network;
    const struct check_query *query;
    struct check_coder coder;
    struct check_contexts *contexts;
    size_t number;
    size_t node;
    size_t depth;
    bool was_leaf;
    size_t size;
    struct check_split *path;
    uint32_t *open;
};

/* The reader of a proof's stream, at its start. Several may read one head. */
void check_records_open(struct check_records *records,
                        const struct check_head *head,
                        const struct check_network *network,
                        const struct check_query *query);
/* Goes to the root of tree `number`. */
void check_records_start(struct check_records *records, size_t number);
/* Reads a node into storage that is zeroed or was filled before. */
void check_records_read(struct check_records *records, struct check_node *node);
/* Goes to the node after the one that was read, false behind the last one. */
bool check_records_advance(struct check_records *records);
/* Ends in check_unreadable unless all was read. */
void check_records_finish(const struct check_records *records);
void check_records_close(struct check_records *records);

/* Ends in check_reject with the place of the current node. */
_Noreturn void check_records_reject(const struct check_records *records,
                                    const char *reason);

#endif
