/* Which elements of the inputs the outputs are made of. */
#include "src/base/alloc.h"
#include "src/net/graph.h"

#include <string.h>

/* used[t]: the elements of tensor t that something live reads. */
static void mark_node(bool **used, const struct net *net,
                      const struct node *node)
{
    const size_t n = net->tensors[node->output].n;
    if (node->form != NODE_MAP) {
        for (size_t k = 0; k < node->n_args; k++) {
            memset(used[node->args[k]], true,
                   net->tensors[node->args[k]].n * sizeof(bool));
        }
        return;
    }
    for (size_t i = 0; i < n; i++) {
        size_t at = node->map == NULL ? i : node->map[i];
        size_t slot = 0;
        while (slot < node->n_args && at >= net->tensors[node->args[slot]].n) {
            at -= net->tensors[node->args[slot++]].n;
        }
        if (slot < node->n_args && used[node->output][i]) {
            used[node->args[slot]][at] = true;
        }
    }
}

void net_reads(bool *is_read, const struct net *net)
{
    bool **used = NULL;
    bool *is_live = NULL;
    size_t first = 0;
    NEW_ARRAY(used, net->n_tensors);
    NEW_ARRAY(is_live, net->n_tensors);
    graph_mark_live(is_live, net);
    for (size_t t = 0; t < net->n_tensors; t++) {
        if (!net->tensors[t].is_constant && is_live[t]) {
            NEW_ARRAY(used[t], net->tensors[t].n);
        }
    }
    for (size_t i = 0; i < net->outputs.n; i++) {
        const size_t t = net->outputs.data[i];
        memset(used[t], true, net->tensors[t].n * sizeof(bool));
    }
    for (size_t k = net->nodes.n; k-- > 0;) {
        if (is_live[net->nodes.data[k].output]) {
            mark_node(used, net, &net->nodes.data[k]);
        }
    }
    for (size_t i = 0; i < net->inputs.n; i++) {
        const size_t t = net->inputs.data[i];
        for (size_t e = 0; e < net->tensors[t].n; e++) {
            is_read[first + e] = used[t] != NULL && used[t][e];
        }
        first += net->tensors[t].n;
    }
    for (size_t t = 0; t < net->n_tensors; t++) {
        alloc_free(used[t]);
    }
    alloc_free(used);
    alloc_free(is_live);
}
