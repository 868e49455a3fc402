/* From an ONNX graph to the canonical network.
 * SPDX-License-Identifier: MIT */
#include "proofs/check/check_network.h"

#include "proofs/check/check_build.h"

#include <stdlib.h>
#include <string.h>

static int compare_values(const void *left, const void *right)
{
    const struct check_value *a = left;
    const struct check_value *b = right;
    const int order = strcmp(a->name, b->name);
    return order != 0 ? order : (a->order > b->order) - (a->order < b->order);
}

static int compare_name(const void *name, const void *value)
{
    return strcmp(name, ((const struct check_value *)value)->name);
}

struct check_value *check_builder_find(const struct check_builder *builder,
                                       const char *name)
{
    return bsearch(name, builder->values, builder->n_values,
                   sizeof *builder->values, compare_name);
}

static void add_name(struct check_builder *builder, const char *name,
                     size_t order, const struct check_onnx_tensor *tensor)
{
    if (*name != '\0') {
        builder->values =
            check_arena_grow(&builder->arena, builder->values,
                             builder->n_values, sizeof *builder->values);
        builder->values[builder->n_values++] = (struct check_value){
            .name = name, .order = order, .tensor = tensor};
    }
}

/* Collects and sorts all names. A graph input may repeat an initializer, and
 * is no input then. */
static void collect_names(struct check_builder *builder)
{
    const struct check_onnx_model *model = &builder->model;
    size_t n = 0;
    for (size_t i = 0; i < model->n_initializers; i++) {
        add_name(builder, model->initializers[i].name, 0,
                 &model->initializers[i]);
    }
    for (size_t i = 0; i < model->n_inputs; i++) {
        add_name(builder, model->inputs[i].name, 1, NULL);
    }
    for (size_t k = 0; k < model->n_nodes; k++) {
        for (size_t i = 0; i < model->nodes[k].outputs.n; i++) {
            add_name(builder, model->nodes[k].outputs.data[i], 2 + k, NULL);
        }
    }
    struct check_value *values = builder->values;
    qsort(values, builder->n_values, sizeof *values, compare_values);
    for (size_t i = 0; i < builder->n_values; i++) {
        if (n == 0 || strcmp(values[n - 1].name, values[i].name) != 0) {
            values[n++] = values[i];
        } else if (values[n - 1].order != 0 || values[i].order != 1) {
            check_unreadable("%s: two tensors are named '%s'",
                             builder->network->file.path, values[i].name);
        }
    }
    builder->n_values = n;
}

/* Marks a name that node `order` - 2 (or the graph's output list) uses. */
static void mark_live(struct check_builder *builder, const char *name,
                      size_t order)
{
    struct check_value *value = check_builder_find(builder, name);
    if (value == NULL) {
        check_unreadable("%s: no tensor is named '%s'",
                         builder->network->file.path, name);
    }
    if (value->order >= order) {
        check_unreadable("%s: tensor '%s' is used before it is computed",
                         builder->network->file.path, name);
    }
    value->is_live = true;
}

static bool is_node_live(const struct check_builder *builder, size_t k)
{
    const struct check_texts *outputs = &builder->model.nodes[k].outputs;
    bool is_live = false;
    for (size_t i = 0; i < outputs->n; i++) {
        const struct check_value *value =
            check_builder_find(builder, outputs->data[i]);
        is_live = is_live || (value != NULL && value->is_live);
    }
    return is_live;
}

static void mark_all_live(struct check_builder *builder)
{
    const struct check_onnx_model *model = &builder->model;
    for (size_t i = 0; i < model->n_outputs; i++) {
        mark_live(builder, model->outputs[i].name, SIZE_MAX);
    }
    for (size_t k = model->n_nodes; k-- > 0;) {
        const struct check_texts *inputs = &model->nodes[k].inputs;
        const bool is_live = is_node_live(builder, k);
        for (size_t i = 0; i < inputs->n && is_live; i++) {
            if (*inputs->data[i] != '\0') {
                mark_live(builder, inputs->data[i], 2 + k);
            }
        }
    }
}

void check_value_define(const struct check_builder *builder,
                        struct check_value *value, uint64_t type,
                        const struct check_shape *shape)
{
    const size_t limit = (size_t)1 << 31;
    size_t n = 1;
    for (size_t d = 0; d < shape->n_dims; d++) {
        const size_t dim = shape->dims[d] == 0 ? 1 : shape->dims[d];
        if (dim > limit / n) {
            check_unsupported("%s: tensor '%s' has too many elements",
                              builder->network->file.path, value->name);
        }
        n *= dim;
    }
    value->type = type;
    value->shape = *shape;
    value->n = check_shape_product(shape, 0, shape->n_dims);
}

void check_value_declare(const struct check_builder *builder,
                         struct check_value *value, uint64_t type,
                         const struct check_words *dims)
{
    struct check_shape shape = {.n_dims = dims->n};
    if (dims->n > CHECK_RANK) {
        check_unsupported("%s: tensor '%s' has too many dimensions",
                          builder->network->file.path, value->name);
    }
    for (size_t d = 0; d < dims->n; d++) {
        const int64_t dim = (int64_t)dims->data[d];
        shape.dims[d] = dim <= 0 && value->order == 1 ? 1 : (size_t)dim;
    }
    check_value_define(builder, value, type, &shape);
}

static void add_tensor(struct check_network *network,
                       struct check_tensor **tensors, size_t *n,
                       const struct check_value *value)
{
    *tensors =
        check_arena_grow(&network->arena, *tensors, *n, sizeof **tensors);
    struct check_tensor *tensor = &(*tensors)[(*n)++];
    tensor->name = value->name;
    tensor->type = value->type == CHECK_FLOAT64 ? CHECK_FLOAT64 : CHECK_FLOAT32;
    tensor->n_dims = value->shape.n_dims;
    tensor->n = value->n;
    memcpy(tensor->dims, value->shape.dims, sizeof tensor->dims);
}

/* The first coordinates, without rows. */
static void build_inputs(struct check_builder *builder)
{
    const struct check_onnx_model *model = &builder->model;
    struct check_network *network = builder->network;
    for (size_t i = 0; i < model->n_inputs; i++) {
        const struct check_onnx_value *input = &model->inputs[i];
        struct check_value *value = check_builder_find(builder, input->name);
        if (value == NULL || value->order != 1) {
            continue;
        }
        if ((input->type != CHECK_FLOAT32 && input->type != CHECK_FLOAT64) ||
            input->dims.n == 0) {
            check_unsupported("%s: input '%s': element type or shape",
                              network->file.path, input->name);
        }
        check_value_declare(builder, value, input->type, &input->dims);
        check_rows_begin(builder, value, CHECK_RELU);
        add_tensor(network, &network->input_tensors, &network->n_input_tensors,
                   value);
    }
    if (network->n_coordinates == 0) {
        check_node_unsupported(builder, "inputs with no elements");
    }
    network->n_inputs = network->n_coordinates;
    network->n_layers = 0;
}

static void build_nodes(struct check_builder *builder)
{
    for (size_t k = 0; k < builder->model.n_nodes; k++) {
        if (is_node_live(builder, k)) {
            builder->node = &builder->model.nodes[k];
            check_node_build(builder);
        }
    }
}

static void build_outputs(struct check_builder *builder)
{
    const struct check_onnx_model *model = &builder->model;
    struct check_network *network = builder->network;
    for (size_t i = 0; i < model->n_outputs; i++) {
        const struct check_value *value =
            check_builder_find(builder, model->outputs[i].name);
        if (value == NULL || value->map == NULL) {
            check_unsupported("%s: output '%s' is not computed",
                              network->file.path, model->outputs[i].name);
        }
        add_tensor(network, &network->output_tensors,
                   &network->n_output_tensors, value);
        network->output =
            check_resize(network->output, network->n_outputs + value->n,
                         sizeof *network->output);
        memcpy(network->output + network->n_outputs, value->map,
               value->n * sizeof *network->output);
        network->n_outputs += value->n;
    }
}

struct check_network *check_network_load(const char *path)
{
    struct check_network *network = check_alloc(1, sizeof *network);
    struct check_onnx_node whole = {.name = "", .op = "graph"};
    struct check_builder builder = {.network = network, .node = &whole};
    network->file = check_bytes_open(path);
    builder.model = check_onnx_read(&network->arena, &network->file);
    if (builder.model.opset < 7 || builder.model.opset > 21) {
        check_unsupported("%s: opset %llu is not supported (7 to 21 are)", path,
                          (unsigned long long)builder.model.opset);
    }
    if (builder.model.n_outputs == 0) {
        check_unreadable("%s: the graph has no output", path);
    }
    collect_names(&builder);
    mark_all_live(&builder);
    build_inputs(&builder);
    build_nodes(&builder);
    build_outputs(&builder);
    check_rows_settle(&builder);
    check_arena_free(&builder.arena);
    return network;
}

void check_network_free(struct check_network *network)
{
    check_bytes_close(&network->file);
    check_free(network->output);
    check_arena_free(&network->arena);
    check_free(network);
}
