/* A visit of a tree's nodes in pre-order. */
#ifndef ASTROLABE_PROOFS_CERT_WALK_H
#define ASTROLABE_PROOFS_CERT_WALK_H

#include "proofs/cert.h"
#include "src/base/vec.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A node on the path from the root to the node that is visited.
 *   sibling    CERT_FIRST for child 0 and the root; for child 1, what child 0
 *              is
 *   n_neurons  neuron splits above it
 *   input      of the nearest input split above and of the next one above
 *              that, CERT_NONE without one
 *   n_closed   length of `closed` before its own closings
 */
enum cert_sibling { CERT_FIRST, CERT_AFTER_INNER, CERT_AFTER_LEAF };
struct cert_place {
    uint32_t node;
    enum cert_sibling sibling;
    uint32_t n_neurons;
    uint32_t input[2];
    size_t n_closed;
};

/*
 * path       root first; the last is the node that is visited
 * closed     disjuncts closed at the inner nodes above the visited one
 * is_closed  [n_disjuncts] whether a disjunct is among them
 *
 * The tree may grow during the walk: a node is read when the walk goes on from
 * it, so a reader fills the node that it is told to visit.
 */
struct cert_walk {
    const struct cert_tree *tree;
    VEC(struct cert_place) path;
    VEC(uint32_t) closed;
    bool *is_closed;
    bool is_started;
};

/* Before the root of a tree; released by cert_walk_clear. */
void cert_walk_init(struct cert_walk *walk, const struct cert_tree *tree);
void cert_walk_clear(struct cert_walk *walk);

/* Goes to the next node (first the root); false behind the last one. */
bool cert_walk_next(struct cert_walk *walk);

/* The place of the node that is visited, that of its parent (NULL for the
 * root), and how many splits are above it. */
const struct cert_place *cert_walk_place(const struct cert_walk *walk);
const struct cert_place *cert_walk_parent(const struct cert_walk *walk);
size_t cert_walk_depth(const struct cert_walk *walk);

/* Number of disjuncts that no inner node above closes. */
size_t cert_walk_n_open(const struct cert_walk *walk);

#endif
