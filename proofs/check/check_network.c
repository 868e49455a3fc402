/* From an ONNX graph to the canonical network.
 * SPDX-License-Identifier: MIT */
#include "proofs/check/check_network.h"

#include "proofs/check/check_operator.h"

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

static struct check_value *get_value(const struct check_builder *builder,
                                     const char *name)
{
    struct check_value *value = check_builder_find(builder, name);
    if (value == NULL) {
        check_unreadable("%s: no tensor is named '%s'", builder->model->path,
                         name);
    }
    return value;
}

static void add_name(struct check_builder *builder, const char *name,
                     size_t order, const struct check_onnx_tensor *constant)
{
    if (*name != '\0') {
        builder->values[builder->n_values++] = (struct check_value){
            .name = name, .order = order, .constant = constant};
    }
}

/* Collects and sorts all names. A graph input may repeat an initializer, and
 * is no input then. */
static void collect_names(struct check_builder *builder)
{
    const struct check_onnx_model *model = builder->model;
    const struct check_onnx_tensor *initializers = model->initializers.data;
    const struct check_onnx_value *inputs = model->inputs.data;
    const struct check_onnx_node *nodes = model->nodes.data;
    size_t n = model->initializers.n + model->inputs.n;
    for (size_t k = 0; k < model->nodes.n; k++) {
        n += nodes[k].outputs.n;
    }
    builder->values =
        check_arena_alloc(&builder->network->arena, n, sizeof *builder->values);
    for (size_t i = 0; i < model->initializers.n; i++) {
        add_name(builder, initializers[i].name, 0, &initializers[i]);
    }
    for (size_t i = 0; i < model->inputs.n; i++) {
        add_name(builder, inputs[i].name, 1, NULL);
    }
    for (size_t k = 0; k < model->nodes.n; k++) {
        const char *const *outputs = nodes[k].outputs.data;
        for (size_t i = 0; i < nodes[k].outputs.n; i++) {
            add_name(builder, outputs[i], 2 + k, NULL);
        }
    }
    struct check_value *values = builder->values;
    qsort(values, builder->n_values, sizeof *values, compare_values);
    n = 0;
    for (size_t i = 0; i < builder->n_values; i++) {
        if (n == 0 || strcmp(values[n - 1].name, values[i].name) != 0) {
            values[n++] = values[i];
        } else if (values[n - 1].order != 0 || values[i].order != 1) {
            check_unreadable("%s: two tensors are named '%s'", model->path,
                             values[i].name);
        }
    }
    builder->n_values = n;
}

/* Marks a name that node `order` - 2 (or the graph's output list) uses. */
static void mark_live(struct check_builder *builder, const char *name,
                      size_t order)
{
    struct check_value *value = get_value(builder, name);
    if (value->order >= order) {
        check_unreadable("%s: tensor '%s' is used before it is computed",
                         builder->model->path, name);
    }
    value->is_live = true;
}

static bool is_node_live(const struct check_builder *builder,
                         const struct check_onnx_node *node)
{
    const char *const *outputs = node->outputs.data;
    bool is_live = false;
    for (size_t i = 0; i < node->outputs.n; i++) {
        const struct check_value *value =
            check_builder_find(builder, outputs[i]);
        is_live = is_live || (value != NULL && value->is_live);
    }
    return is_live;
}

static void mark_all_live(struct check_builder *builder)
{
    const struct check_onnx_model *model = builder->model;
    const struct check_onnx_value *outputs = model->outputs.data;
    const struct check_onnx_node *nodes = model->nodes.data;
    for (size_t i = 0; i < model->outputs.n; i++) {
        mark_live(builder, outputs[i].name, SIZE_MAX);
    }
    for (size_t k = model->nodes.n; k-- > 0;) {
        const char *const *inputs = nodes[k].inputs.data;
        const bool is_live = is_node_live(builder, &nodes[k]);
        for (size_t i = 0; i < nodes[k].inputs.n && is_live; i++) {
            if (*inputs[i] != '\0') {
                mark_live(builder, inputs[i], 2 + k);
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
    bool is_empty = false;
    for (size_t d = 0; d < shape->n_dims; d++) {
        const size_t dim = shape->dims[d] == 0 ? 1 : shape->dims[d];
        if (dim > limit / n) {
            check_unsupported("%s: tensor '%s' has too many elements",
                              builder->model->path, value->name);
        }
        n *= dim;
        is_empty = is_empty || shape->dims[d] == 0;
    }
    value->type = type;
    value->shape = *shape;
    value->n = is_empty ? 0 : n;
}

void check_value_store(const struct check_builder *builder,
                       struct check_value *value,
                       const struct check_onnx_tensor *tensor)
{
    struct check_shape shape = {.n_dims = tensor->dims.n};
    if (shape.n_dims > CHECK_RANK) {
        check_unsupported("%s: tensor '%s' has too many dimensions",
                          builder->model->path, value->name);
    }
    for (size_t d = 0; d < shape.n_dims; d++) {
        shape.dims[d] = (size_t)((const uint64_t *)tensor->dims.data)[d];
    }
    check_value_define(builder, value, tensor->type, &shape);
    value->constant = tensor;
}

static void define_input(struct check_builder *builder,
                         struct check_value *value,
                         const struct check_onnx_value *declared)
{
    const struct check_onnx_dim *dims = declared->dims.data;
    struct check_shape shape = {0};
    if ((declared->type != CHECK_FLOAT32 && declared->type != CHECK_FLOAT64) ||
        declared->dims.n == 0 || declared->dims.n > CHECK_RANK) {
        check_unsupported("%s: input '%s': element type or shape",
                          builder->model->path, declared->name);
    }
    for (; shape.n_dims < declared->dims.n; shape.n_dims++) {
        const int64_t size = (int64_t)dims[shape.n_dims].size;
        shape.dims[shape.n_dims] = size <= 0 ? 1 : (size_t)size;
    }
    check_value_define(builder, value, declared->type, &shape);
}

static struct check_tensor describe(const struct check_value *value)
{
    struct check_tensor tensor = {
        .name = value->name,
        .type = value->type == CHECK_FLOAT64 ? CHECK_FLOAT64 : CHECK_FLOAT32,
        .n_dims = value->shape.n_dims,
        .n = value->n};
    memcpy(tensor.dims, value->shape.dims, sizeof tensor.dims);
    return tensor;
}

/* Layer 0. */
static void build_inputs(struct check_builder *builder)
{
    const struct check_onnx_value *inputs = builder->model->inputs.data;
    const size_t n = builder->model->inputs.n;
    struct check_network *network = builder->network;
    struct check_value all = {.name = "input"};
    network->input_tensors =
        check_arena_alloc(&network->arena, n, sizeof *network->input_tensors);
    for (size_t i = 0; i < n; i++) {
        struct check_value *value = get_value(builder, inputs[i].name);
        if (value->constant == NULL) {
            define_input(builder, value, &inputs[i]);
            all.n += value->n;
            network->input_tensors[network->n_input_tensors++] =
                describe(value);
        }
    }
    (void)check_builder_add_layer(builder, &all, CHECK_RELU);
    for (size_t i = 0; i < network->n_input_tensors; i++) {
        struct check_value *value =
            get_value(builder, network->input_tensors[i].name);
        value->map = all.map + network->n_inputs;
        network->n_inputs += value->n;
    }
}

static void build_nodes(struct check_builder *builder)
{
    struct check_onnx_node *nodes = builder->model->nodes.data;
    for (size_t k = 0; k < builder->model->nodes.n; k++) {
        if (is_node_live(builder, &nodes[k])) {
            builder->node = &nodes[k];
            check_operator_build(builder);
        }
    }
}

static void build_outputs(struct check_builder *builder)
{
    const struct check_onnx_value *outputs = builder->model->outputs.data;
    const size_t n = builder->model->outputs.n;
    struct check_network *network = builder->network;
    network->output_tensors =
        check_arena_alloc(&network->arena, n, sizeof *network->output_tensors);
    for (size_t i = 0; i < n; i++) {
        struct check_value *value = get_value(builder, outputs[i].name);
        if (value->constant != NULL || value->type == 0) {
            check_unsupported("%s: output '%s' is not computed",
                              builder->model->path, value->name);
        }
        network->output_tensors[network->n_output_tensors++] = describe(value);
        network->n_outputs += value->n;
    }
    uint32_t *output = check_arena_alloc(&network->arena, network->n_outputs,
                                         sizeof *network->output);
    network->output = output;
    for (size_t i = 0; i < n; i++) {
        const struct check_value *value = get_value(builder, outputs[i].name);
        memcpy(output, value->map, value->n * sizeof *output);
        output += value->n;
    }
}

/* Gives each layer its rows; the layer of the inputs goes away. */
static void finish_layers(struct check_builder *builder)
{
    struct check_network *network = builder->network;
    network->n_layers--;
    memmove(network->layers, network->layers + 1,
            network->n_layers * sizeof *network->layers);
    for (size_t r = 0; r < network->n_relus; r++) {
        network->relu[r]--;
    }
    for (size_t l = 0; l < network->n_layers; l++) {
        struct check_layer *layer = &network->layers[l];
        const size_t *end = builder->end + layer->first;
        if (layer->kind == CHECK_AFFINE) {
            layer->start = check_arena_alloc(&network->arena, layer->width + 1,
                                             sizeof *layer->start);
            for (size_t i = 0; i < layer->width; i++) {
                layer->start[i + 1] = end[i] - end[-1];
            }
            layer->column = builder->column + end[-1];
            layer->weight = builder->weight + end[-1];
            layer->bias = builder->bias + layer->first;
        }
    }
}

struct check_network *check_network_load(const char *path)
{
    struct check_network *network = check_alloc(1, sizeof *network);
    struct check_onnx_node whole = {.name = "", .op = "graph"};
    struct check_builder builder = {.network = network, .node = &whole};
    builder.column = check_alloc(1, sizeof *builder.column);
    builder.weight = check_alloc(1, sizeof *builder.weight);
    network->file = check_bytes_open(path);
    builder.model = check_onnx_read(&network->arena, &network->file);
    if (builder.model->opset < 7 || builder.model->opset > 21) {
        check_unsupported("%s: opset %llu is not supported (7 to 21 are)", path,
                          (unsigned long long)builder.model->opset);
    }
    if (builder.model->outputs.n == 0) {
        check_unreadable("%s: the graph has no output", path);
    }
    collect_names(&builder);
    mark_all_live(&builder);
    for (size_t i = 0; i < builder.n_values; i++) {
        struct check_value *value = &builder.values[i];
        if (value->is_live && value->constant != NULL) {
            check_value_store(&builder, value, value->constant);
        }
    }
    build_inputs(&builder);
    build_nodes(&builder);
    build_outputs(&builder);
    if (builder.n_rows != network->n_coordinates) {
        check_unsupported("%s: fewer rows than coordinates", path);
    }
    finish_layers(&builder);
    return network;
}

void check_network_free(struct check_network *network)
{
    check_bytes_close(&network->file);
    check_arena_free(&network->arena);
    check_free(network);
}
