/* From the model's lists to a graph in topological order. */
#include "src/base/alloc.h"
#include "src/base/log.h"
#include "src/net/build.h"
#include "src/net/cells.h"
#include "src/net/graph.h"
#include "src/net/import.h"
#include "src/net/operators.h"
#include "src/onnx/model.h"
#include "src/onnx/model_tensor.h"

#include <string.h>

enum { OPSET_LOWEST = 1, OPSET_HIGHEST = 25 };

/* Tensors that one node may become, apart from its outputs. */
enum { TENSORS_PER_NODE = 96, TENSORS_PER_INPUT = 8 };

static enum status find_opset(struct import *import)
{
    const struct model *model = import->model;
    import->opset = -1;
    for (size_t i = 0; i < model->n_opsets; i++) {
        if (model->opsets[i].domain[0] != '\0') {
            continue;
        }
        if (import->opset >= 0 && import->opset != model->opsets[i].version) {
            error_set(import->error, "two opset versions of ai.onnx");
            return STATUS_BAD_INPUT;
        }
        import->opset = model->opsets[i].version;
    }
    if (import->opset < 0) {
        error_set(import->error, "not an ONNX model: no opset of ai.onnx");
        return STATUS_BAD_INPUT;
    }
    if (import->opset < OPSET_LOWEST || import->opset > OPSET_HIGHEST) {
        error_set(import->error, "opset %lld is not supported (%d to %d are)",
                  (long long)import->opset, OPSET_LOWEST, OPSET_HIGHEST);
        return STATUS_UNSUPPORTED;
    }
    return STATUS_OK;
}

/* Appends a tensor whose name must be new. */
static enum status add_tensor(struct import *import, const char *name, int type,
                              const struct shape *shape)
{
    struct net *net = import->net;
    struct tensor *tensor = &net->tensors[net->n_tensors];
    if (!name_table_add(&import->names, name, net->n_tensors)) {
        error_set(import->error, "two tensors are named '%s'", name);
        return STATUS_BAD_INPUT;
    }
    net->n_tensors++;
    *tensor = (struct tensor){.name = alloc_string(name, strlen(name)),
                              .type = type,
                              .shape = *shape,
                              .n = shape_count(shape)};
    return STATUS_OK;
}

static enum status add_initializers(struct import *import)
{
    enum status status = STATUS_OK;
    const struct model *model = import->model;
    for (size_t i = 0; i < model->n_initializers; i++) {
        const struct model_tensor *source = &model->initializers[i];
        struct shape shape = {0};
        if (source->n_dims > SHAPE_RANK) {
            error_set(import->error, "tensor '%s' has %zu dimensions",
                      source->name, source->n_dims);
            return STATUS_UNSUPPORTED;
        }
        shape.n_dims = source->n_dims;
        for (size_t d = 0; d < source->n_dims; d++) {
            shape.dims[d] = (size_t)source->dims[d];
        }
        STATUS_TRY(add_tensor(import, source->name, source->type, &shape));
        struct tensor *tensor =
            &import->net->tensors[import->net->n_tensors - 1];
        tensor->is_constant = true;
        tensor->constant.stored = source;
        if (constant_is_real_type(source->type) &&
            !constant_is_finite(&tensor->constant, tensor->n)) {
            error_set(import->error,
                      "tensor '%s' holds a NaN or infinite element",
                      source->name);
            return STATUS_BAD_INPUT;
        }
    }
cleanup:
    return status;
}

static enum status add_input(struct import *import,
                             const struct model_value *value)
{
    enum status status = STATUS_OK;
    struct shape shape = {0};
    if (!constant_is_real_type(value->type) &&
        !constant_is_integer_type(value->type)) {
        error_set(import->error,
                  "input '%s' has element type %s, expected numbers",
                  value->name, model_type_name(value->type));
        return STATUS_UNSUPPORTED;
    }
    if (value->n_dims == SIZE_MAX || value->n_dims > SHAPE_RANK) {
        error_set(import->error,
                  "input '%s' has no shape or too many "
                  "dimensions",
                  value->name);
        return STATUS_UNSUPPORTED;
    }
    shape.n_dims = value->n_dims;
    for (size_t d = 0; d < value->n_dims; d++) {
        shape.dims[d] = value->dims[d] < 0 ? 1 : (size_t)value->dims[d];
    }
    if (shape_count(&shape) == 0) {
        error_set(import->error, "input '%s' has no elements", value->name);
        return STATUS_UNSUPPORTED;
    }
    if (shape_count(&shape) > SHAPE_ELEMENTS) {
        error_set(import->error, "input '%s' has too many elements",
                  value->name);
        return STATUS_UNSUPPORTED;
    }
    STATUS_TRY(add_tensor(import, value->name, value->type, &shape));
    VEC_PUSH(&import->net->inputs, import->net->n_tensors - 1);
cleanup:
    return status;
}

/* Graph inputs that are not initializers. */
static enum status add_inputs(struct import *import)
{
    enum status status = STATUS_OK;
    const struct model *model = import->model;
    for (size_t i = 0; i < model->n_inputs; i++) {
        size_t number = 0;
        if (name_table_find(&import->names, model->inputs[i].name, &number) &&
            import->net->tensors[number].is_constant) {
            continue;
        }
        STATUS_TRY(add_input(import, &model->inputs[i]));
    }
cleanup:
    return status;
}

/* Marks the constants that follow from a cell, and lists those that the node at
 * hand makes computed tensors of. */
static void mark_indexed(struct import *import, size_t n_before)
{
    const struct net *net = import->net;
    bool has_indexed = false;
    bool has_computed = false;
    for (size_t i = 0; i < import_n_inputs(import); i++) {
        const struct tensor *input = import_input(import, i);
        has_indexed = has_indexed || (input != NULL && input->is_indexed);
    }
    for (size_t i = n_before; i < net->n_tensors; i++) {
        struct tensor *output = &net->tensors[i];
        output->is_indexed =
            output->is_constant && (output->is_indexed || has_indexed);
        has_computed = has_computed || !output->is_constant;
    }
    for (size_t i = 0; has_computed && i < import_n_inputs(import); i++) {
        const struct tensor *input = import_input(import, i);
        if (input != NULL && input->is_indexed) {
            VEC_PUSH(&import->tables, import->source->inputs[i]);
        }
    }
}

enum status import_model_node(struct import *import, size_t k)
{
    enum status status = STATUS_OK;
    const struct model_node *source = &import->model->nodes[k];
    import->source = source;
    if (source->domain[0] != '\0') {
        return import_refuse(import, STATUS_UNSUPPORTED,
                             "operator of domain '%s'", source->domain);
    }
    import->op = operators_find(source->op_type);
    if (import->op == NULL) {
        return import_refuse(import, STATUS_UNSUPPORTED,
                             "operator is not supported");
    }
    if (import->opset < import->op->min_opset) {
        return import_refuse(import, STATUS_UNSUPPORTED,
                             "operator needs opset %lld",
                             (long long)import->op->min_opset);
    }
    import_reserve(import, TENSORS_PER_NODE + source->n_outputs +
                               TENSORS_PER_INPUT * source->n_inputs);
    const size_t n_before = import->net->n_tensors;
    NEW_ARRAY(import->is_read, source->n_attributes);
    STATUS_TRY(import->op->import(import));
    STATUS_TRY(import_check_attributes(import));
    if (import->has_wide_number) {
        status = import_refuse(import, STATUS_UNSUPPORTED,
                               "constant integer of more than 53 bits");
        goto cleanup;
    }
    for (size_t i = n_before; i < import->net->n_tensors; i++) {
        const struct tensor *output = &import->net->tensors[i];
        if (output->n == 0 && !output->is_constant) {
            status = import_refuse(import, STATUS_UNSUPPORTED,
                                   "output '%s' has no elements", output->name);
            goto cleanup;
        }
    }
    mark_indexed(import, n_before);
    VEC_PUSH(&import->order, k);
cleanup:
    alloc_free(import->is_read);
    import->is_read = NULL;
    return status;
}

/* Depth-first order over "needs the output of"; the file's own order when
 * that is topological. */
struct order {
    struct name_table makers; /* tensor -> node */
    unsigned char *state;     /* per node: see enum visit */
    size_t *next_input;       /* per node: input to look at next */
    size_t *stack;
    size_t n_stack;
};

enum visit { VISIT_NEW = 0, VISIT_OPEN = 1, VISIT_DONE = 2 };

static enum status find_makers(struct order *order, struct import *import)
{
    const struct model *model = import->model;
    for (size_t k = 0; k < model->n_nodes; k++) {
        const struct model_node *node = &model->nodes[k];
        for (size_t i = 0; i < node->n_outputs; i++) {
            size_t number = 0;
            if (node->outputs[i][0] == '\0') {
                continue;
            }
            if (!name_table_add(&order->makers, node->outputs[i], k) ||
                name_table_find(&import->names, node->outputs[i], &number)) {
                error_set(import->error, "two tensors are named '%s'",
                          node->outputs[i]);
                return STATUS_BAD_INPUT;
            }
        }
    }
    return STATUS_OK;
}

/* Looks at one input of the node on top: opens its maker if need be. */
static enum status visit_input(struct order *order, struct import *import,
                               const struct model_node *node, const char *name)
{
    size_t maker = 0;
    if (name[0] == '\0' || name_table_find(&import->names, name, &maker)) {
        return STATUS_OK;
    }
    import->source = node;
    if (!name_table_find(&order->makers, name, &maker)) {
        return import_refuse(import, STATUS_BAD_INPUT,
                             "input '%s' is not defined", name);
    }
    if (order->state[maker] == VISIT_OPEN) {
        return import_refuse(import, STATUS_BAD_INPUT,
                             "the graph has a cycle through input '%s'", name);
    }
    if (order->state[maker] == VISIT_NEW) {
        order->state[maker] = VISIT_OPEN;
        order->stack[order->n_stack++] = maker;
    }
    return STATUS_OK;
}

static enum status visit_from(struct order *order, struct import *import,
                              size_t root)
{
    enum status status = STATUS_OK;
    if (order->state[root] != VISIT_NEW) {
        return STATUS_OK;
    }
    order->state[root] = VISIT_OPEN;
    order->stack[order->n_stack++] = root;
    while (order->n_stack > 0) {
        const size_t k = order->stack[order->n_stack - 1];
        const struct model_node *node = &import->model->nodes[k];
        if (order->next_input[k] < node->n_inputs) {
            const char *name = node->inputs[order->next_input[k]++];
            STATUS_TRY(visit_input(order, import, node, name));
        } else {
            STATUS_TRY(import_model_node(import, k));
            order->state[k] = VISIT_DONE;
            order->n_stack--;
        }
    }
cleanup:
    return status;
}

static enum status import_nodes(struct import *import)
{
    enum status status = STATUS_OK;
    struct order order = {0};
    const size_t n = import->model->n_nodes;
    NEW_ARRAY(order.state, n);
    NEW_ARRAY(order.next_input, n);
    NEW_ARRAY(order.stack, n);
    STATUS_TRY(find_makers(&order, import));
    for (size_t k = 0; k < n; k++) {
        STATUS_TRY(visit_from(&order, import, k));
    }
cleanup:
    name_table_clear(&order.makers);
    alloc_free(order.state);
    alloc_free(order.next_input);
    alloc_free(order.stack);
    return status;
}

/* Warns when the declared shape contradicts the one that was inferred. */
static void check_declared(const struct import *import,
                           const struct model_value *value,
                           const struct tensor *tensor)
{
    bool is_same =
        value->n_dims == SIZE_MAX || value->n_dims == tensor->shape.n_dims;
    for (size_t d = 0; is_same && d < tensor->shape.n_dims; d++) {
        is_same = value->n_dims == SIZE_MAX || value->dims[d] <= 0 ||
                  (size_t)value->dims[d] == tensor->shape.dims[d];
    }
    if (!is_same) {
        char text[128];
        shape_print(text, sizeof text, &tensor->shape);
        log_line(LOG_WARNING,
                 "%s: output '%s' is declared with another shape than %s",
                 import->net->path, tensor->name, text);
    }
}

static enum status add_outputs(struct import *import)
{
    const struct model *model = import->model;
    struct net *net = import->net;
    if (model->n_outputs == 0) {
        error_set(import->error, "the graph has no output");
        return STATUS_BAD_INPUT;
    }
    for (size_t i = 0; i < model->n_outputs; i++) {
        size_t number = 0;
        const char *name = model->outputs[i].name;
        if (!name_table_find(&import->names, name, &number)) {
            error_set(import->error, "output '%s' is not defined", name);
            return STATUS_BAD_INPUT;
        }
        struct tensor *tensor = &net->tensors[number];
        if (tensor->is_indexed) {
            VEC_PUSH(&import->tables, name);
        }
        if (tensor->is_constant) {
            build_computed(import, tensor);
        }
        check_declared(import, &model->outputs[i], tensor);
        tensor->n_uses++;
        VEC_PUSH(&net->outputs, number);
    }
    return STATUS_OK;
}

enum status import_begin(struct import *import)
{
    enum status status = STATUS_OK;
    const struct model *model = import->model;
    import_reserve(import, model->n_initializers + model->n_inputs);
    STATUS_TRY(find_opset(import));
    STATUS_TRY(add_initializers(import));
    STATUS_TRY(add_inputs(import));
cleanup:
    return status;
}

enum status import_model(struct import *import)
{
    enum status status = STATUS_OK;
    STATUS_TRY(import_begin(import));
    STATUS_TRY(import_nodes(import));
    STATUS_TRY(add_outputs(import));
    for (size_t i = 0; i < import->net->n_tensors; i++) {
        constant_clear(&import->net->tensors[i].constant);
    }
cleanup:
    return status;
}

void import_clear(struct import *import)
{
    name_table_clear(&import->names);
    VEC_CLEAR(&import->sites);
    VEC_CLEAR(&import->order);
    VEC_CLEAR(&import->tables);
}

enum status net_load(struct net **net, const char *path, struct error *error)
{
    enum status status = STATUS_OK;
    struct model *model = NULL;
    struct import import = {.error = error};
    STATUS_TRY(model_load(&model, path, error));
    NEW(import.net);
    import.net->path = alloc_string(path, strlen(path));
    import.model = model;
    sha256_digest(import.net->digest, model->image.data, model->image.n);
    status = import_model(&import);
    if (status == STATUS_UNSUPPORTED && import.sites.n > 0) {
        struct net *failed = import.net;
        import.net = NULL;
        status = cells_load(net, model, path, failed->digest, error);
        net_destroy(failed);
        model = NULL;
        goto cleanup;
    }
    STATUS_TRY(status);
    *net = import.net;
    import.net = NULL;
cleanup:
    net_destroy(import.net);
    import_clear(&import);
    model_destroy(model);
    return status;
}
