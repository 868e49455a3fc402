/* From an ONNX graph to the canonical network.
 * SPDX-License-Identifier: MIT */
#include "proofs/check/check_network.h"

#include "proofs/check/check_build.h"
#include "proofs/check/check_sha.h"

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

struct check_value *check_find(const struct check_builder *b, const char *name)
{
    return b->values == NULL ? NULL
                             : bsearch(name, b->values, b->n_values,
                                       sizeof *b->values, compare_name);
}

static void add_name(struct check_builder *b, const char *name, size_t order,
                     const struct check_onnx_tensor *tensor)
{
    if (*name != '\0') {
        b->values = check_arena_grow(&b->arena, b->values, b->n_values,
                                     sizeof *b->values);
        b->values[b->n_values++] = (struct check_value){
            .name = name, .order = order, .tensor = tensor};
    }
}

/* Collects and sorts all names. A graph input may repeat an initializer, and
 * is no input then. */
static void collect_names(struct check_builder *b)
{
    const struct check_onnx_model *model = &b->model;
    size_t n = 0;
    for (size_t i = 0; i < model->n_initializers; i++) {
        add_name(b, model->initializers[i].name, 0, &model->initializers[i]);
    }
    for (size_t i = 0; i < model->n_inputs; i++) {
        add_name(b, model->inputs[i].name, 1, NULL);
    }
    for (size_t k = 0; k < model->n_nodes; k++) {
        for (size_t i = 0; i < model->nodes[k].outputs.n; i++) {
            add_name(b, model->nodes[k].outputs.data[i], 2 + k, NULL);
        }
    }
    struct check_value *values = b->values;
    if (values != NULL) {
        qsort(values, b->n_values, sizeof *values, compare_values);
    }
    for (size_t i = 0; i < b->n_values; i++) {
        if (n == 0 || strcmp(values[n - 1].name, values[i].name) != 0) {
            values[n++] = values[i];
        } else if (values[n - 1].order != 0 || values[i].order != 1) {
            check_unreadable("%s: two tensors are named '%s'",
                             b->network->file.path, values[i].name);
        }
    }
    b->n_values = n;
}

/* Marks a name that node `order` - 2 (or the graph's output list) uses. */
static void mark_live(struct check_builder *b, const char *name, size_t order)
{
    struct check_value *value = check_find(b, name);
    if (value == NULL) {
        check_unreadable("%s: no tensor is named '%s'", b->network->file.path,
                         name);
    }
    if (value->order >= order) {
        check_unreadable("%s: tensor '%s' is used before it is computed",
                         b->network->file.path, name);
    }
    value->is_live = true;
}

static bool is_node_live(const struct check_builder *b, size_t k)
{
    const struct check_texts *outputs = &b->model.nodes[k].outputs;
    bool is_live = false;
    for (size_t i = 0; i < outputs->n; i++) {
        const struct check_value *value = check_find(b, outputs->data[i]);
        is_live = is_live || (value != NULL && value->is_live);
    }
    return is_live;
}

/* Marks n tensors and all that they depend on. */
static void mark_all_live(struct check_builder *b, const char *const *roots,
                          size_t n)
{
    const struct check_onnx_model *model = &b->model;
    for (size_t i = 0; i < n; i++) {
        mark_live(b, roots[i], SIZE_MAX);
    }
    for (size_t k = model->n_nodes; k-- > 0;) {
        const struct check_texts *inputs = &model->nodes[k].inputs;
        const bool is_live = is_node_live(b, k);
        for (size_t i = 0; i < inputs->n && is_live; i++) {
            if (*inputs->data[i] != '\0') {
                mark_live(b, inputs->data[i], 2 + k);
            }
        }
    }
}

void check_define(const struct check_builder *b, struct check_value *value,
                  uint64_t type, const struct check_shape *shape)
{
    const size_t limit = (size_t)1 << 28;
    bool is_empty = false;
    size_t n = 1;
    for (size_t d = 0; d < shape->n_dims; d++) {
        const size_t dim = shape->dims[d] == 0 ? 1 : shape->dims[d];
        if (dim > limit / n) {
            check_unsupported("%s: tensor '%s' has too many elements",
                              b->network->file.path, value->name);
        }
        n *= dim;
        is_empty = is_empty || shape->dims[d] == 0;
    }
    value->type = type;
    value->shape = *shape;
    value->n = is_empty ? 0 : n;
}

void check_declare(const struct check_builder *b, struct check_value *value,
                   uint64_t type, const struct check_words *dims)
{
    struct check_shape shape = {.n_dims = dims->n};
    if (dims->n > CHECK_RANK) {
        check_unsupported("%s: tensor '%s' has too many dimensions",
                          b->network->file.path, value->name);
    }
    for (size_t d = 0; d < dims->n; d++) {
        const int64_t dim = (int64_t)dims->data[d];
        shape.dims[d] = dim <= 0 && value->order == 1 ? 1 : (size_t)dim;
    }
    check_define(b, value, type, &shape);
}

static void add_tensor(struct check_network *network,
                       struct check_tensor **tensors, size_t *n,
                       const struct check_value *value)
{
    *tensors =
        check_arena_grow(&network->arena, *tensors, *n, sizeof **tensors);
    struct check_tensor *tensor = &(*tensors)[(*n)++];
    tensor->name = value->name;
    tensor->type = (enum check_type)value->type;
    tensor->n_dims = value->shape.n_dims;
    tensor->n = value->n;
    memcpy(tensor->dims, value->shape.dims, sizeof tensor->dims);
}

/* The first coordinates, without rows. */
static void build_inputs(struct check_builder *b)
{
    const struct check_onnx_model *model = &b->model;
    struct check_network *network = b->network;
    for (size_t i = 0; i < model->n_inputs; i++) {
        const struct check_onnx_value *input = &model->inputs[i];
        struct check_value *value = check_find(b, input->name);
        if (value != NULL && value->order != 1) {
            continue;
        }
        if (value == NULL ||
            (input->type != CHECK_FLOAT32 && input->type != CHECK_FLOAT64) ||
            input->dims.n == 0) {
            check_unsupported(
                "%s: input '%s': element type or shape, or no name",
                network->file.path, input->name);
        }
        check_declare(b, value, input->type, &input->dims);
        (void)check_add_layer(b, value, CHECK_RELU);
        add_tensor(network, &network->input_tensors, &network->n_input_tensors,
                   value);
    }
    check_unsupported_if(b, network->n_coordinates == 0,
                         "inputs with no elements");
    network->n_inputs = network->n_coordinates;
    network->n_layers = 0;
}

static void build_nodes(struct check_builder *b)
{
    for (size_t k = 0; k < b->model.n_nodes; k++) {
        if (is_node_live(b, k)) {
            b->node = &b->model.nodes[k];
            check_build(b);
            check_mark_indexed(b);
        }
    }
}

static void build_outputs(struct check_builder *b)
{
    const struct check_onnx_model *model = &b->model;
    struct check_network *network = b->network;
    for (size_t i = 0; i < model->n_outputs; i++) {
        const struct check_value *value = check_find(b, model->outputs[i].name);
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

/* Makes tensors outputs, behind those of the graph. */
static void add_hidden(struct check_builder *b, const char *const *names,
                       size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct check_onnx_value value = {.name = ""};
        for (size_t k = 0; k < b->n_values; k++) {
            if (b->values[k].order >= 2 &&
                strcmp(b->values[k].name, names[i]) == 0) {
                value.name = b->values[k].name;
            }
        }
        if (*value.name == '\0') {
            check_unreadable("%s: no node computes a tensor '%s'",
                             b->network->file.path, names[i]);
        }
        b->model.outputs =
            check_arena_grow(&b->network->arena, b->model.outputs,
                             b->model.n_outputs, sizeof value);
        b->model.outputs[b->model.n_outputs++] = value;
    }
}

/* Reads the file of the builder's network, and marks what the roots depend on;
 * without roots, what the outputs and hidden tensors do. */
static void open_model(struct check_builder *b, const char *const *hidden,
                       size_t n_hidden, const char *const *roots,
                       size_t n_roots)
{
    struct check_network *network = b->network;
    const char *path = network->file.path;
    b->rows = check_rows_create();
    b->model = check_onnx_read(&network->arena, &network->file);
    if (b->model.opset < 7 || b->model.opset > 24) {
        check_unsupported("%s: opset %llu is not supported (7 to 24 are)", path,
                          (unsigned long long)b->model.opset);
    }
    if (b->model.n_outputs == 0) {
        check_unreadable("%s: the graph has no output", path);
    }
    collect_names(b);
    add_hidden(b, hidden, n_hidden);
    const char **outputs =
        check_arena_alloc(&b->arena, b->model.n_outputs, sizeof *outputs);
    for (size_t i = 0; i < b->model.n_outputs; i++) {
        outputs[i] = b->model.outputs[i].name;
    }
    mark_all_live(b, roots == NULL ? outputs : roots,
                  roots == NULL ? b->model.n_outputs : n_roots);
}

/* Builds the network whose file was opened. */
static void load(struct check_network *network, const char *const *hidden,
                 size_t n, const struct check_cell *cell)
{
    struct check_onnx_node whole = {.name = "", .op = "graph"};
    struct check_builder b = {.network = network, .node = &whole, .cell = cell};
    network->is_cell = cell != NULL;
    open_model(&b, hidden, n, NULL, 0);
    build_inputs(&b);
    build_nodes(&b);
    build_outputs(&b);
    check_settle(&b);
    check_arena_free(&b.arena);
}

/* A network that only has its file. */
static struct check_network *open_network(const char *path)
{
    struct check_network *network = check_alloc(1, sizeof *network);
    network->file = check_bytes_open(path);
    check_sha256(network->hash, network->file.data, network->file.n);
    return network;
}

/* Another network of the same file. */
static struct check_network *borrow_network(const struct check_network *of)
{
    struct check_network *network = check_alloc(1, sizeof *network);
    network->file = of->file;
    network->is_borrowed = true;
    memcpy(network->hash, of->hash, sizeof network->hash);
    network->n_indices = of->n_indices;
    network->index =
        check_arena_alloc(&network->arena, of->n_indices, sizeof *of->index);
    memcpy(network->index, of->index, of->n_indices * sizeof *of->index);
    return network;
}

struct check_network *check_network_load(const char *path)
{
    return check_network_load_hidden(path, NULL, 0);
}

struct check_network *
check_network_load_hidden(const char *path, const char *const *names, size_t n)
{
    struct check_network *network = open_network(path);
    load(network, names, n, NULL);
    return network;
}

struct check_network *check_network_load_cells(const char *path)
{
    const struct check_cell zero = {0};
    struct check_network *network = open_network(path);
    load(network, NULL, 0, &zero);
    return network;
}

struct check_network *check_network_at(const struct check_network *of,
                                       const struct check_cell *cell)
{
    struct check_network *network = borrow_network(of);
    load(network, NULL, 0, cell);
    return network;
}

/* Appends type, dimensions and elements of a constant, 8 bytes each. */
static void add_table(unsigned char **data, size_t *n,
                      const struct check_value *value)
{
    const size_t n_heads = value->shape.n_dims + 2;
    uint64_t *words = check_alloc(n_heads, sizeof *words);
    words[0] = value->type;
    words[1] = value->shape.n_dims;
    for (size_t d = 0; d < value->shape.n_dims; d++) {
        words[2 + d] = value->shape.dims[d];
    }
    *data = check_resize(*data, *n + 8 * (n_heads + value->n), 1);
    memcpy(*data + *n, words, 8 * n_heads);
    if (value->n > 0) {
        memcpy(*data + *n + 8 * n_heads, value->number, 8 * value->n);
    }
    *n += 8 * (n_heads + value->n);
    check_free(words);
}

void check_network_tables(unsigned char hash[32],
                          const struct check_network *of,
                          const struct check_cell *cell)
{
    struct check_network *network = borrow_network(of);
    struct check_onnx_node whole = {.name = "", .op = "graph"};
    struct check_builder b = {.network = network, .node = &whole, .cell = cell};
    unsigned char *data = NULL;
    size_t n = 0;
    open_model(&b, NULL, 0, of->tables == NULL ? &whole.name : of->tables,
               of->n_tables);
    build_inputs(&b);
    build_nodes(&b);
    for (size_t i = 0; of->tables != NULL && i < of->n_tables; i++) {
        const struct check_value *value = check_find(&b, of->tables[i]);
        if (value == NULL || value->number == NULL) {
            check_unsupported("%s: tensor '%s' is no constant in all cells",
                              of->file.path, of->tables[i]);
        }
        add_table(&data, &n, value);
    }
    check_sha256(hash, data, n);
    check_free(data);
    check_rows_clear(&b.rows);
    check_arena_free(&b.arena);
    check_network_free(network);
}

/* Frees a network but not its parts. */
static void free_network(struct check_network *network)
{
    if (network->n_parts == 0 && !network->is_borrowed) {
        check_bytes_close(&network->file);
    }
    check_free(network->output);
    for (size_t l = 0; l < network->n_layers; l++) {
        const struct check_layer *layer = &network->layers[l];
        for (size_t i = 0; layer->factor != NULL && i < layer->width; i++) {
            mpq_clears(layer->factor[i].lower, layer->factor[i].upper, NULL);
        }
    }
    check_arena_free(&network->arena);
    check_free(network);
}

void check_network_free(struct check_network *network)
{
    struct check_network **parts = network->parts;
    const size_t n_parts = network->n_parts;
    free_network(network);
    for (size_t k = 0; k < n_parts; k++) {
        free_network(parts[k]); /* which has no parts itself */
    }
    check_free(parts);
}

size_t check_network_part(const struct check_network *network,
                          size_t coordinate)
{
    size_t p = network->n_layers;
    while (coordinate < check_part_first(network, p)) {
        p--;
    }
    return p;
}

bool *check_network_find_uses(const struct check_network *network)
{
    const size_t n_parts = network->n_layers + 1;
    bool *uses = check_alloc(n_parts, n_parts);
    for (size_t p = 1; p < n_parts; p++) {
        const struct check_layer *layer = &network->layers[p - 1];
        const bool is_affine = layer->kind == CHECK_AFFINE;
        const uint32_t *below = is_affine ? layer->column : layer->source;
        const size_t n =
            is_affine ? layer->start[layer->width] : check_n_sources(layer);
        size_t t = 0;
        for (size_t k = 0; k < n; k++) {
            if (below[k] < check_part_first(network, t) ||
                below[k] >= check_part_first(network, t + 1)) {
                t = check_network_part(network, below[k]);
            }
            uses[p * n_parts + t] = true;
        }
    }
    return uses;
}
