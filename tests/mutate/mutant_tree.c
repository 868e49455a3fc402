/* Changes of nodes: numbers, order, scope. */
#include "tests/mutate/mutant.h"

static size_t draw(struct rng *rng, size_t n)
{
    return (size_t)rng_below(rng, n);
}

struct cert_node *mutant_node(struct cert *cert, struct rng *rng,
                              struct cert_tree **tree, bool is_inner)
{
    if (cert->verdict != CERT_UNSAT || cert->n_cases == 0) {
        return NULL;
    }
    *tree = &cert->trees[draw(rng, cert->n_cases)];
    const size_t start = draw(rng, (*tree)->nodes.n);
    for (size_t i = 0; i < (*tree)->nodes.n; i++) {
        struct cert_node *node =
            &(*tree)->nodes.data[(start + i) % (*tree)->nodes.n];
        if (!is_inner || node->kind != CERT_LEAF) {
            return node;
        }
    }
    return NULL;
}

/* A random node of a split kind. */
static struct cert_node *find_split(struct cert *cert, struct rng *rng,
                                    uint8_t kind)
{
    struct cert_tree *tree = NULL;
    for (unsigned tries = 0; tries < 32; tries++) {
        struct cert_node *node = mutant_node(cert, rng, &tree, true);
        if (node != NULL && node->kind == kind) {
            return node;
        }
    }
    return NULL;
}

bool change_threshold(struct cert *cert, struct rng *rng)
{
    struct cert_node *node = find_split(cert, rng, CERT_INPUT);
    if (node == NULL) {
        return false;
    }
    if (node->threshold_kind == CERT_GRID && draw(rng, 2) == 0) {
        node->threshold += draw(rng, 2) == 0 ? 1 : -1;
        return true;
    }
    node->threshold_kind = (uint8_t)draw(rng, 3);
    node->threshold = 0;
    if (node->threshold_kind == CERT_FRACTION) {
        node->threshold = 1 + (int64_t)draw(rng, CERT_FRACTIONS - 1);
    } else if (node->threshold_kind == CERT_GRID) {
        const unsigned shift = (unsigned)draw(rng, 60);
        node->threshold = (int64_t)(draw(rng, (size_t)1 << 61) >> shift) *
                          (draw(rng, 2) == 0 ? 1 : -1);
    }
    return true;
}

bool change_input(struct cert *cert, struct rng *rng)
{
    struct cert_node *node = find_split(cert, rng, CERT_INPUT);
    if (node == NULL) {
        return false;
    }
    node->index = (uint32_t)draw(rng, cert->n_inputs + 1);
    return true;
}

bool change_neuron(struct cert *cert, struct rng *rng)
{
    struct cert_node *node = find_split(cert, rng, CERT_NEURON);
    if (node == NULL) {
        return false;
    }
    if (draw(rng, 2) == 0) {
        node->index = (uint32_t)draw(rng, cert->n_relus + 1);
    } else {
        node->element += draw(rng, 2) == 0 ? 1 : UINT32_MAX;
    }
    return true;
}

bool change_refresh(struct cert *cert, struct rng *rng)
{
    struct cert_tree *tree = NULL;
    struct cert_node *node = mutant_node(cert, rng, &tree, false);
    if (node == NULL || cert->n_relus == 0) {
        return false;
    }
    if (draw(rng, 4) == 0) {
        node->refresh = 0;
    } else {
        node->refresh ^= (uint64_t)1 << draw(rng, cert->n_relus);
    }
    return true;
}

static void swap_nodes(struct cert_node *a, struct cert_node *b)
{
    const struct cert_node kept = *a;
    *a = *b;
    *b = kept;
}

bool change_children(struct cert *cert, struct rng *rng)
{
    struct cert_tree *tree = NULL;
    struct cert_node *node = mutant_node(cert, rng, &tree, true);
    if (node == NULL) {
        return false;
    }
    swap_nodes(&tree->nodes.data[node->child],
               &tree->nodes.data[node->child + 1]);
    return true;
}

bool change_sibling(struct cert *cert, struct rng *rng)
{
    struct cert_tree *tree = NULL;
    struct cert_node *node = mutant_node(cert, rng, &tree, true);
    if (node == NULL) {
        return false;
    }
    struct cert_node *children = &tree->nodes.data[node->child];
    if (draw(rng, 2) == 0) {
        children[1] = children[0];
    } else {
        children[0] = children[1];
    }
    return true;
}

bool change_to_leaf(struct cert *cert, struct rng *rng)
{
    struct cert_tree *tree = NULL;
    struct cert_node *node = mutant_node(cert, rng, &tree, true);
    if (node == NULL) {
        return false;
    }
    *node = (struct cert_node){
        .kind = CERT_LEAF, .details = CERT_NONE, .refresh = node->refresh};
    return true;
}

bool change_to_child(struct cert *cert, struct rng *rng)
{
    struct cert_tree *tree = NULL;
    struct cert_node *node = mutant_node(cert, rng, &tree, true);
    if (node == NULL) {
        return false;
    }
    *node = tree->nodes.data[node->child + draw(rng, 2)];
    return true;
}

static void swap_details(struct cert_node *a, struct cert_node *b)
{
    const uint32_t kept = a->details;
    a->details = b->details;
    b->details = kept;
}

bool change_details(struct cert *cert, struct rng *rng)
{
    struct cert_tree *tree = NULL;
    struct cert_node *a = mutant_node(cert, rng, &tree, false);
    if (a == NULL || tree->details.n == 0) {
        return false;
    }
    struct cert_node *b = &tree->nodes.data[draw(rng, tree->nodes.n)];
    swap_details(a, b);
    return a->details != b->details;
}

bool change_scope(struct cert *cert, struct rng *rng)
{
    struct cert_tree *tree = NULL;
    struct cert_node *node = mutant_node(cert, rng, &tree, true);
    if (node == NULL) {
        return false;
    }
    struct cert_node *children = &tree->nodes.data[node->child];
    switch (draw(rng, 3)) {
    case 0:
        swap_details(&children[0], &children[1]);
        return children[0].details != children[1].details;
    case 1:
        children[1].details = node->details;
        node->details = CERT_NONE;
        return children[1].details != CERT_NONE;
    default:
        swap_details(node, &children[draw(rng, 2)]);
        return true;
    }
}

bool change_trees(struct cert *cert, struct rng *rng)
{
    if (cert->verdict != CERT_UNSAT || cert->n_cases < 2) {
        return false;
    }
    const size_t a = draw(rng, cert->n_cases);
    const size_t b = draw(rng, cert->n_cases);
    const struct cert_tree kept = cert->trees[a];
    cert->trees[a] = cert->trees[b];
    cert->trees[b] = kept;
    return a != b;
}
