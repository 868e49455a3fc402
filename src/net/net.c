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

const char *net_neurons_name(const struct net *net, const struct layers *layers,
                             size_t r)
{
    for (size_t k = 1; k < layers->n_layers; k++) {
        const struct layer *layer = &layers->layer[k];
        if (layer_has_neurons(layer) && r-- == 0) {
            const struct node *node = &net->nodes.data[layer->node];
            return node->name[0] != '\0' ? node->name
                                         : net->tensors[node->output].name;
        }
    }
    return NULL;
}

size_t net_n_operators(void)
{
    return operators_count();
}

const char *net_operator_name(size_t i)
{
    return operators_get(i)->name;
}

enum operator_form net_operator_form(size_t i)
{
    return operators_get(i)->form;
}
