/* One open region of the search: immutable once it is in the frontier. */
#ifndef ASTROLABE_SOLVER_NODE_H
#define ASTROLABE_SOLVER_NODE_H

#include "domains/bounds.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * One split literal. For SPLIT_INPUT the half of the box at threshold of
 * input `index`; for SPLIT_NEURON the side of the threshold on which the value
 * z of neuron `index` of layer `layer` is, which feeds a ReLU (threshold 0: its
 * phase), or a neuron of another kind: z <= threshold or z >= threshold.
 */
enum split_kind { SPLIT_INPUT, SPLIT_NEURON };
struct split {
    enum split_kind kind;
    bool is_upper; /* the side v >= threshold */
    uint32_t layer;
    uint32_t index;
    uint32_t rank; /* neuron splits of the record up to and with this one */
    double threshold;
};

/*
 * For the children of a node, by the last one above them whose neurons were
 * bounded (prover_plan.h).
 *   missing   distance of that one to its goal
 *   n_levels  splits since then; 0 if there is no plan
 *   is_far    they are not expected to close, and are to be split at `input`
 */
struct node_plan {
    double missing;
    size_t n_levels;
    bool is_far;
    uint32_t input;
};

/*
 * What the children of a node share: its bounds, and if they differ from it by
 * an input split only, its rows (prover.h), still valid with these bounds.
 *   row       [n_rows x n_inputs], NULL if there are none
 *   constant  [n_rows]
 *   dual      where its dual bound stopped (prover_dual.h); NULL if nowhere
 *   weight    [n_rows] multipliers of sums (spec.h), NULL for the first ones
 *   plan      all 0 if there is none
 */
struct dual_state;
struct node_bounds {
    atomic_size_t n_users;
    struct bounds bounds;
    double *row;
    double *constant;
    struct dual_state *dual;
    double *weight;
    struct node_plan plan;
};

/* A copy of the bounds with one user. */
struct node_bounds *node_bounds_create(const struct layers *layers,
                                       const struct bounds *bounds);
void node_bounds_release(struct node_bounds *shared);

/* Adds copies of the rows, before there is a second user. */
void node_bounds_keep_rows(struct node_bounds *shared, const double *row,
                           const double *constant, size_t n_rows,
                           size_t n_inputs);
void node_bounds_keep_weights(struct node_bounds *shared, const double *weight,
                              size_t n_rows);

/*
 * The region { x : lower <= x <= upper } and all neuron literals of the
 * path; only disjuncts open[0 .. n_open-1] are still to be refuted on it.
 *   path     [depth] literals from the root, the certificate's branch
 *   bounds   valid for the region (those of an ancestor or better)
 *   margin   least bound that closes a disjunct of it in a recorded proof
 *   record   number of the node in the recording of the proof
 */
struct node {
    size_t n_inputs;
    double *lower;
    double *upper;
    size_t n_open;
    uint32_t *open;
    size_t depth;
    struct split *path;
    struct node_bounds *bounds;
    double margin;
    uint32_t record;
};

/* The root over a box with all disjuncts open; takes a share of bounds. */
struct node *node_create_root(const double *lower, const double *upper,
                              size_t n_inputs, size_t n_disjuncts,
                              struct node_bounds *bounds);

/* What is left of a node after its own bounding, for node_create_child. */
struct node_rest {
    const double *lower; /* clipped box */
    const double *upper;
    const uint32_t *open;
    size_t n_open;
    struct node_bounds *bounds;
};

/* The child of `parent` behind a split; takes a share of the bounds. */
struct node *node_create_child(const struct node *parent,
                               const struct node_rest *rest,
                               const struct split *split);
void node_destroy(struct node *node);

#endif
