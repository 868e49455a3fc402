/* The path to the visited node, and the disjuncts closed on it. */
#include "proofs/cert_walk.h"

#include "src/base/alloc.h"

#include <assert.h>

void cert_walk_init(struct cert_walk *walk, const struct cert_tree *tree)
{
    *walk = (struct cert_walk){.tree = tree};
    NEW_ARRAY(walk->is_closed, tree->n_disjuncts);
}

void cert_walk_clear(struct cert_walk *walk)
{
    VEC_CLEAR(&walk->path);
    VEC_CLEAR(&walk->closed);
    alloc_free(walk->is_closed);
    *walk = (struct cert_walk){0};
}

const struct cert_place *cert_walk_place(const struct cert_walk *walk)
{
    assert(walk->path.n > 0);
    return &walk->path.data[walk->path.n - 1];
}

const struct cert_place *cert_walk_parent(const struct cert_walk *walk)
{
    return walk->path.n < 2 ? NULL : &walk->path.data[walk->path.n - 2];
}

size_t cert_walk_depth(const struct cert_walk *walk)
{
    return walk->path.n - 1;
}

size_t cert_walk_n_open(const struct cert_walk *walk)
{
    return walk->tree->n_disjuncts - walk->closed.n;
}

/* From an inner node to its child 0. */
static void descend(struct cert_walk *walk, const struct cert_node *node)
{
    const struct cert_details details = cert_node_details(walk->tree, node);
    struct cert_place place = *cert_walk_place(walk);
    for (size_t i = 0; i < details.n_closings; i++) {
        const uint32_t disjunct =
            walk->tree->closings.data[details.first_closing + i].disjunct;
        VEC_PUSH(&walk->closed, disjunct);
        walk->is_closed[disjunct] = true;
    }
    if (node->kind == CERT_NEURON) {
        place.n_neurons++;
    } else {
        place.input[1] = place.input[0];
        place.input[0] = node->index;
    }
    place.node = node->child;
    place.sibling = CERT_FIRST;
    place.n_closed = walk->closed.n;
    VEC_PUSH(&walk->path, place);
}

/* From a leaf to the nearest child 1 that was not visited; false if none. */
static bool ascend(struct cert_walk *walk)
{
    while (walk->path.n > 1 && cert_walk_place(walk)->sibling != CERT_FIRST) {
        walk->path.n--;
    }
    if (walk->path.n <= 1) {
        return false;
    }
    struct cert_place *place = &walk->path.data[walk->path.n - 1];
    const bool is_leaf = walk->tree->nodes.data[place->node].kind == CERT_LEAF;
    place->sibling = is_leaf ? CERT_AFTER_LEAF : CERT_AFTER_INNER;
    place->node++;
    while (walk->closed.n > place->n_closed) {
        walk->closed.n--;
        walk->is_closed[walk->closed.data[walk->closed.n]] = false;
    }
    return true;
}

bool cert_walk_next(struct cert_walk *walk)
{
    if (!walk->is_started) {
        const struct cert_place root = {.input = {CERT_NONE, CERT_NONE}};
        walk->is_started = true;
        VEC_PUSH(&walk->path, root);
        return true;
    }
    const struct cert_node *node =
        &walk->tree->nodes.data[cert_walk_place(walk)->node];
    if (node->kind != CERT_LEAF) {
        descend(walk, node);
        return true;
    }
    return ascend(walk);
}
