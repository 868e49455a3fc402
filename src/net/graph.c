/* Errors of nodes, and the release of a network. */
#include "src/net/graph.h"

#include "src/base/alloc.h"
#include "src/net/cells.h"

void graph_node_error(struct error *error, const struct net *net,
                      const struct node *node, const char *text)
{
    error_set_place(error, net->path, 0, 0);
    error_set(error, "node '%s' (%s, opset %lld): %s", node->name,
              node->op->name, (long long)node->opset, text);
}

static void clear_linear(struct linear *linear, size_t n_args)
{
    for (size_t i = 0; linear->slots != NULL && i < n_args; i++) {
        alloc_free(linear->slots[i].index);
        alloc_free(linear->slots[i].weight);
    }
    alloc_free(linear->slots);
    alloc_free(linear->bias);
    alloc_free(linear->divisor);
    matrix_clear(&linear->product.matrix);
}

void graph_clear_node(struct node *node)
{
    clear_linear(&node->linear, node->n_args);
    alloc_free(node->window.weight);
    alloc_free(node->name);
    alloc_free(node->args);
    alloc_free(node->map);
    alloc_free(node->pool);
    for (size_t k = 0; k < NODE_INDEXES; k++) {
        alloc_free(node->index[k]);
    }
    alloc_free(node->scaling.scale);
    alloc_free(node->scaling.variance);
    alloc_free(node->sets.start);
    alloc_free(node->sets.element);
}

const unsigned char *net_digest(const struct net *net)
{
    return net->digest;
}

void net_destroy(struct net *net)
{
    if (net == NULL) {
        return;
    }
    for (size_t i = 0; i < net->nodes.n; i++) {
        graph_clear_node(&net->nodes.data[i]);
    }
    for (size_t i = 0; i < net->n_tensors; i++) {
        alloc_free(net->tensors[i].name);
        constant_clear(&net->tensors[i].constant);
    }
    VEC_CLEAR(&net->nodes);
    VEC_CLEAR(&net->inputs);
    VEC_CLEAR(&net->outputs);
    cells_destroy(net->cells);
    alloc_free(net->tensors);
    alloc_free(net->path);
    alloc_free(net);
}

void graph_mark_live(bool *is_live, const struct net *net)
{
    for (size_t i = 0; i < net->outputs.n; i++) {
        is_live[net->outputs.data[i]] = true;
    }
    for (size_t i = net->nodes.n; i-- > 0;) {
        const struct node *node = &net->nodes.data[i];
        for (size_t k = 0; k < node->n_args; k++) {
            is_live[node->args[k]] |= is_live[node->output];
        }
    }
}
