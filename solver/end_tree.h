/* A tree of splits of neurons that bounds one end of another one. */
#ifndef ASTROLABE_SOLVER_END_TREE_H
#define ASTROLABE_SOLVER_END_TREE_H

#include "solver/dual.h"
#include "src/base/vec.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A region behind splits of neurons.
 *   bound   the dual bound of the end there, or that of an ancestor
 *   split   number (dual.h) of the neuron to split or, with children, that is
 *           split; DUAL_STABLE: none would gain anything
 *   parent  of all but branch 0
 *   child   the branch where the neuron is inactive, the next one is where it
 *           is active; 0 of a leaf
 *   choice  [dual_n_below] of a leaf, else NULL
 *   eta     [most_atoms] of a leaf, else NULL
 */
struct end_branch {
    double bound;
    uint32_t split;
    uint32_t parent;
    uint32_t child;
    float *choice;
    double *eta;
};

/*
 * Branch 0 is the region of the node; each child has a larger number than its
 * parent. The end is z of neuron `id`, or -z if is_upper; where atoms are
 * joined (dual.h), it is bounded where it is below 0, so that the neuron is
 * stable.
 */
struct end_tree {
    uint32_t id;
    bool is_upper;
    VEC(struct end_branch) branches;
};

void end_tree_clear(struct end_tree *tree);

/* What disjunct[] of the dual bound's rows says of the end. */
uint32_t end_tree_row(const struct end_tree *tree, const struct dual *dual);

/* The leaf of the least bound. */
uint32_t end_tree_worst(const struct end_tree *tree);

/* Sets the phase of the end's own neuron in a row of the dual bound where atoms
 * are joined. */
void end_tree_imply(const struct end_tree *tree, struct dual *dual, size_t row);

/* Sets a row of the dual bound to a leaf: the phases of its splits, its choices
 * and multipliers of atoms. */
void end_tree_set_row(const struct end_tree *tree, uint32_t leaf,
                      struct dual *dual, size_t row);

/* Makes two branches of the leaf, still without choices, and drops those of the
 * leaf. */
void end_tree_split(struct end_tree *tree, uint32_t leaf);

/* Takes a bound and the choices of a row for a branch, and the neuron to split
 * by what its line costs at the row's minimising point; after dual_bound and
 * dual_differentiate. */
void end_tree_keep(struct end_tree *tree, uint32_t leaf,
                   const struct dual *dual, size_t row, double bound);

#endif
