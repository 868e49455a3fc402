/* Canonical text of a network. */
#include "src/net/graph.h"
#include "src/onnx/model_tensor.h"

static void print_tensor(FILE *file, const char *role,
                         const struct tensor *tensor)
{
    char text[128];
    shape_print(text, sizeof text, &tensor->shape);
    (void)fprintf(file, "%s %s %s %s\n", role, tensor->name,
                  model_type_name(tensor->type), text);
}

static const char *form_name(const struct node *node)
{
    switch (node->form) {
    case NODE_MAP:
        return "map";
    case NODE_LINEAR:
        return node->linear.approximate == NULL ? "linear" : "approximate";
    case NODE_RELU:
        return "relu";
    case NODE_FUNCTION:
        return "function";
    case NODE_MAX_POOL:
        return "max";
    }
    return "";
}

void net_dump(FILE *file, const struct net *net)
{
    for (size_t i = 0; i < net->inputs.n; i++) {
        print_tensor(file, "input", &net->tensors[net->inputs.data[i]]);
    }
    for (size_t i = 0; i < net->nodes.n; i++) {
        const struct node *node = &net->nodes.data[i];
        const struct tensor *output = &net->tensors[node->output];
        char text[128];
        shape_print(text, sizeof text, &output->shape);
        (void)fprintf(file, "node %s %s %s", node->op->name, form_name(node),
                      output->name);
        (void)fprintf(file, " %s %s", model_type_name(output->type), text);
        for (size_t k = 0; k < node->n_args; k++) {
            (void)fprintf(file, " %s", net->tensors[node->args[k]].name);
        }
        (void)fprintf(file, "\n");
    }
    for (size_t i = 0; i < net->outputs.n; i++) {
        print_tensor(file, "output", &net->tensors[net->outputs.data[i]]);
    }
}
