/* Questions to a network. */
#include "src/net/net.h"

#include "src/net/graph.h"
#include "src/net/operators.h"
#include "src/onnx/model_tensor.h"

static struct net_tensor_info describe(const struct tensor *tensor)
{
    const struct net_tensor_info info = {
        tensor->name, model_type_name(tensor->type), tensor->shape.n_dims,
        tensor->shape.dims, tensor->n};
    return info;
}

size_t net_n_inputs(const struct net *net)
{
    size_t n = 0;
    for (size_t i = 0; i < net->inputs.n; i++) {
        n += net->tensors[net->inputs.data[i]].n;
    }
    return n;
}

size_t net_n_outputs(const struct net *net)
{
    size_t n = 0;
    for (size_t i = 0; i < net->outputs.n; i++) {
        n += net->tensors[net->outputs.data[i]].n;
    }
    return n;
}

bool net_is_input_float32(const struct net *net)
{
    for (size_t i = 0; i < net->inputs.n; i++) {
        if (net->tensors[net->inputs.data[i]].type != MODEL_FLOAT) {
            return false;
        }
    }
    return true;
}

size_t net_n_input_tensors(const struct net *net)
{
    return net->inputs.n;
}

size_t net_n_output_tensors(const struct net *net)
{
    return net->outputs.n;
}

struct net_tensor_info net_input_tensor(const struct net *net, size_t i)
{
    return describe(&net->tensors[net->inputs.data[i]]);
}

struct net_tensor_info net_output_tensor(const struct net *net, size_t i)
{
    return describe(&net->tensors[net->outputs.data[i]]);
}

const char *net_relu_name(const struct net *net, size_t r)
{
    const char *name = NULL;
    bool *is_live = NULL;
    NEW_ARRAY(is_live, net->n_tensors);
    graph_mark_live(is_live, net);
    for (size_t i = 0; i < net->nodes.n && name == NULL; i++) {
        const struct node *node = &net->nodes.data[i];
        if (node->form == NODE_RELU && is_live[node->output] && r-- == 0) {
            name = node->name[0] != '\0' ? node->name
                                         : net->tensors[node->output].name;
        }
    }
    alloc_free(is_live);
    return name;
}

size_t net_n_operators(void)
{
    return operators_count();
}

const char *net_operator_name(size_t i)
{
    return operators_get(i)->name;
}
