/* Nodes of the search tree. */
#include "solver/node.h"

#include "solver/prover_dual.h"
#include "src/base/alloc.h"

#include <string.h>

struct node_bounds *node_bounds_create(const struct layers *layers,
                                       const struct bounds *bounds)
{
    struct node_bounds *shared;
    NEW(shared);
    atomic_init(&shared->n_users, 1);
    bounds_init(&shared->bounds, layers);
    bounds_copy(&shared->bounds, bounds);
    return shared;
}

void node_bounds_release(struct node_bounds *shared)
{
    if (shared != NULL && atomic_fetch_sub(&shared->n_users, 1) == 1) {
        bounds_clear(&shared->bounds);
        alloc_free(shared->row);
        alloc_free(shared->constant);
        dual_state_destroy(shared->dual);
        alloc_free(shared->weight);
        alloc_free(shared);
    }
}

void node_bounds_keep_rows(struct node_bounds *shared, const double *row,
                           const double *constant, size_t n_rows,
                           size_t n_inputs)
{
    NEW_ARRAY(shared->row, n_rows * n_inputs);
    NEW_ARRAY(shared->constant, n_rows);
    memcpy(shared->row, row, n_rows * n_inputs * sizeof *row);
    memcpy(shared->constant, constant, n_rows * sizeof *constant);
}

void node_bounds_keep_weights(struct node_bounds *shared, const double *weight,
                              size_t n_rows)
{
    NEW_ARRAY(shared->weight, n_rows);
    memcpy(shared->weight, weight, n_rows * sizeof *weight);
}

static struct node *create(size_t n_inputs, size_t n_open, size_t depth)
{
    struct node *node;
    NEW(node);
    node->n_inputs = n_inputs;
    node->n_open = n_open;
    node->depth = depth;
    NEW_ARRAY(node->lower, 2 * n_inputs);
    node->upper = node->lower + n_inputs;
    NEW_ARRAY(node->open, n_open);
    NEW_ARRAY(node->path, depth);
    return node;
}

struct node *node_create_root(const double *lower, const double *upper,
                              size_t n_inputs, size_t n_disjuncts,
                              struct node_bounds *bounds)
{
    struct node *node = create(n_inputs, n_disjuncts, 0);
    memcpy(node->lower, lower, n_inputs * sizeof *lower);
    memcpy(node->upper, upper, n_inputs * sizeof *upper);
    for (size_t d = 0; d < n_disjuncts; d++) {
        node->open[d] = (uint32_t)d;
    }
    atomic_fetch_add(&bounds->n_users, 1);
    node->bounds = bounds;
    return node;
}

struct node *node_create_child(const struct node *parent,
                               const struct node_rest *rest,
                               const struct split *split)
{
    const size_t n = parent->n_inputs;
    struct node *node = create(n, rest->n_open, parent->depth + 1);
    memcpy(node->lower, rest->lower, n * sizeof *rest->lower);
    memcpy(node->upper, rest->upper, n * sizeof *rest->upper);
    memcpy(node->open, rest->open, rest->n_open * sizeof *rest->open);
    memcpy(node->path, parent->path, parent->depth * sizeof *parent->path);
    node->path[parent->depth] = *split;
    if (split->kind == SPLIT_INPUT) {
        double *end = split->is_upper ? node->lower : node->upper;
        end[split->index] = split->threshold;
    }
    atomic_fetch_add(&rest->bounds->n_users, 1);
    node->bounds = rest->bounds;
    return node;
}

void node_destroy(struct node *node)
{
    if (node == NULL) {
        return;
    }
    node_bounds_release(node->bounds);
    alloc_free(node->lower);
    alloc_free(node->open);
    alloc_free(node->path);
    alloc_free(node);
}
