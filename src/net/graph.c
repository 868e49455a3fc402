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

/* Elements of a constant of any type; false if some is no double. */
static bool read_doubles(double *y, const struct tensor *tensor)
{
    bool is_exact = true;
    if (constant_is_real_type(tensor->type)) {
        constant_read_reals(y, &tensor->constant, 0, tensor->n);
        return true;
    }
    for (size_t i = 0; i < tensor->n; i++) {
        int64_t integer = 0;
        constant_read_integers(&integer, &tensor->constant, i, 1);
        is_exact = is_exact && integer <= INT64_C(1) << 53 &&
                   integer >= -(INT64_C(1) << 53);
        y[i] = (double)integer;
    }
    return is_exact;
}

bool graph_fold_map(double *y, const struct net *net, const struct node *node)
{
    size_t n = node->n_pool;
    size_t at = 0;
    double *all = NULL;
    bool is_exact = true;
    for (size_t slot = 0; slot < node->n_args; slot++) {
        n += net->tensors[node->args[slot]].n;
    }
    NEW_ARRAY(all, n);
    for (size_t slot = 0; slot < node->n_args; slot++) {
        const struct tensor *tensor = &net->tensors[node->args[slot]];
        is_exact = read_doubles(all + at, tensor) && is_exact;
        at += tensor->n;
    }
    for (size_t i = 0; i < node->n_pool; i++) {
        all[at + i] = node->pool[i];
    }
    for (size_t i = 0; i < net->tensors[node->output].n; i++) {
        y[i] = all[node->map == NULL ? i : node->map[i]];
    }
    alloc_free(all);
    return is_exact;
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
