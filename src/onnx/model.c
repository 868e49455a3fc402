/* From protobuf-c's structs to ours; everything is copied but raw data. */
#include "src/onnx/model.h"

#include "src/base/alloc.h"
#include "src/onnx/external.h"
#include "src/onnx/model_sparse.h"
#include "src/onnx/model_tensor.h"
#include "src/onnx/name_table.h"
#include "src/onnx/onnx_guard.h"

#include <onnx.pb-c.h>
#include <string.h>

static const size_t model_limit_bytes = (size_t)INT32_MAX;

/* protobuf-c's blocks are ours: counted, and never NULL. */
static void *unpack_alloc(void *context, size_t size)
{
    (void)context;
    return alloc_bytes(1, size);
}

static void unpack_free(void *context, void *block)
{
    (void)context;
    alloc_free(block);
}

static ProtobufCAllocator unpack_allocator(void)
{
    const ProtobufCAllocator allocator = {unpack_alloc, unpack_free, NULL};
    return allocator;
}

static char *copy_text(const char *text)
{
    return text == NULL ? alloc_string("", 0)
                        : alloc_string(text, strlen(text));
}

static char **copy_texts(char *const *texts, size_t n)
{
    char **copy = NULL;
    NEW_ARRAY(copy, n);
    for (size_t i = 0; i < n; i++) {
        copy[i] = copy_text(texts[i]);
    }
    return copy;
}

static void free_texts(char **texts, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        alloc_free(texts[i]);
    }
    alloc_free(texts);
}

/* The type field, or what the fields present say in files without it. */
static enum model_attribute_kind
attribute_kind(const Onnx__AttributeProto *source)
{
    const int type = source->has_type ? (int)source->type : 0;
    if (type > 0 && type < (int)MODEL_ATTRIBUTE_OTHER) {
        return (enum model_attribute_kind)type;
    }
    if (type != 0) {
        return MODEL_ATTRIBUTE_OTHER;
    }
    if (source->has_f) {
        return MODEL_ATTRIBUTE_FLOAT;
    }
    if (source->has_i) {
        return MODEL_ATTRIBUTE_INT;
    }
    if (source->has_s) {
        return MODEL_ATTRIBUTE_STRING;
    }
    if (source->t != NULL) {
        return MODEL_ATTRIBUTE_TENSOR;
    }
    if (source->n_floats != 0) {
        return MODEL_ATTRIBUTE_FLOATS;
    }
    return source->n_strings != 0 ? MODEL_ATTRIBUTE_STRINGS
                                  : MODEL_ATTRIBUTE_INTS;
}

static enum status check_attribute(const struct model_attribute *attribute,
                                   const Onnx__AttributeProto *source,
                                   const char *node, struct error *error)
{
    if (source->g != NULL || source->n_graphs != 0 ||
        attribute->kind == MODEL_ATTRIBUTE_GRAPH) {
        error_set(error,
                  "node '%s': attribute '%s' is a graph: control flow is not "
                  "supported",
                  node, attribute->name);
        return STATUS_UNSUPPORTED;
    }
    if (attribute->kind == MODEL_ATTRIBUTE_OTHER || source->n_tensors != 0 ||
        source->sparse_tensor != NULL || source->n_sparse_tensors != 0 ||
        source->tp != NULL || source->n_type_protos != 0 ||
        (source->ref_attr_name != NULL && source->ref_attr_name[0] != '\0')) {
        error_set(error, "node '%s': attribute '%s' has an unsupported kind",
                  node, attribute->name);
        return STATUS_UNSUPPORTED;
    }
    if (attribute->kind == MODEL_ATTRIBUTE_TENSOR && source->t == NULL) {
        error_set(error, "node '%s': attribute '%s' holds no tensor", node,
                  attribute->name);
        return STATUS_BAD_INPUT;
    }
    return STATUS_OK;
}

static void copy_numbers(struct model_attribute *attribute,
                         const Onnx__AttributeProto *source)
{
    if (attribute->kind == MODEL_ATTRIBUTE_FLOATS) {
        attribute->n = source->n_floats;
        NEW_ARRAY(attribute->floats, attribute->n);
        for (size_t i = 0; i < attribute->n; i++) {
            attribute->floats[i] = source->floats[i];
        }
    } else if (attribute->kind == MODEL_ATTRIBUTE_INTS) {
        attribute->n = source->n_ints;
        NEW_ARRAY(attribute->ints, attribute->n);
        for (size_t i = 0; i < attribute->n; i++) {
            attribute->ints[i] = source->ints[i];
        }
    } else if (attribute->kind == MODEL_ATTRIBUTE_STRINGS) {
        attribute->n = source->n_strings;
        NEW_ARRAY(attribute->strings, attribute->n);
        for (size_t i = 0; i < attribute->n; i++) {
            attribute->strings[i] = alloc_string(
                (const char *)source->strings[i].data, source->strings[i].len);
        }
    }
}

static enum status read_attribute(struct model_attribute *attribute,
                                  const Onnx__AttributeProto *source,
                                  const char *node,
                                  const struct model_sources *sources,
                                  struct error *error)
{
    enum status status = STATUS_OK;
    attribute->name = copy_text(source->name);
    attribute->kind = attribute_kind(source);
    STATUS_TRY(check_attribute(attribute, source, node, error));
    attribute->f = source->f;
    attribute->i = source->i;
    if (attribute->kind == MODEL_ATTRIBUTE_STRING) {
        attribute->s =
            alloc_string((const char *)source->s.data, source->s.len);
        attribute->n_s = source->s.len;
    }
    copy_numbers(attribute, source);
    if (source->t != NULL) {
        NEW(attribute->tensor);
        STATUS_TRY(
            model_tensor_read(attribute->tensor, source->t, sources, error));
    }
cleanup:
    return status;
}

static enum status read_node(struct model_node *node,
                             const Onnx__NodeProto *source,
                             const struct model_sources *sources,
                             struct error *error)
{
    enum status status = STATUS_OK;
    node->name = copy_text(source->name);
    node->op_type = copy_text(source->op_type);
    const bool is_default =
        source->domain != NULL && strcmp(source->domain, "ai.onnx") == 0;
    node->domain = copy_text(is_default ? "" : source->domain);
    node->n_inputs = source->n_input;
    node->inputs = copy_texts(source->input, source->n_input);
    node->n_outputs = source->n_output;
    node->outputs = copy_texts(source->output, source->n_output);
    NEW_ARRAY(node->attributes, source->n_attribute);
    node->n_attributes = source->n_attribute;
    for (size_t i = 0; i < source->n_attribute; i++) {
        STATUS_TRY(read_attribute(&node->attributes[i], source->attribute[i],
                                  node->name, sources, error));
    }
cleanup:
    return status;
}

static void read_value(struct model_value *value,
                       const Onnx__ValueInfoProto *source)
{
    value->name = copy_text(source->name);
    value->n_dims = SIZE_MAX;
    if (source->type == NULL ||
        source->type->value_case != ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE) {
        return;
    }
    const Onnx__TypeProto__Tensor *type = source->type->tensor_type;
    value->type = type->elem_type;
    if (type->shape == NULL) {
        return;
    }
    value->n_dims = type->shape->n_dim;
    NEW_ARRAY(value->dims, value->n_dims);
    for (size_t i = 0; i < value->n_dims; i++) {
        const Onnx__TensorShapeProto__Dimension *dim = type->shape->dim[i];
        const bool is_number =
            dim->value_case ==
            ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE;
        value->dims[i] = is_number ? dim->dim_value : -1;
    }
}

static enum status read_initializers(struct model *model,
                                     const Onnx__GraphProto *graph,
                                     const struct model_sources *sources,
                                     struct error *error)
{
    enum status status = STATUS_OK;
    struct name_table names = {0};
    const size_t n = graph->n_initializer + graph->n_sparse_initializer;
    NEW_ARRAY(model->initializers, n);
    model->n_initializers = n;
    for (size_t i = 0; i < n; i++) {
        struct model_tensor *tensor = &model->initializers[i];
        STATUS_TRY(
            i < graph->n_initializer
                ? model_tensor_read(tensor, graph->initializer[i], sources,
                                    error)
                : model_sparse_read(
                      tensor,
                      graph->sparse_initializer[i - graph->n_initializer],
                      sources, error));
        if (!name_table_add(&names, tensor->name, i)) {
            error_set(error, "two initializers are named '%s'", tensor->name);
            status = STATUS_BAD_INPUT;
            goto cleanup;
        }
    }
cleanup:
    name_table_clear(&names);
    return status;
}

static enum status read_graph(struct model *model,
                              const Onnx__GraphProto *graph,
                              struct error *error)
{
    enum status status = STATUS_OK;
    const struct model_sources sources = {&model->image, model->external};
    STATUS_TRY(read_initializers(model, graph, &sources, error));
    NEW_ARRAY(model->nodes, graph->n_node);
    model->n_nodes = graph->n_node;
    for (size_t i = 0; i < graph->n_node; i++) {
        STATUS_TRY(
            read_node(&model->nodes[i], graph->node[i], &sources, error));
    }
    NEW_ARRAY(model->inputs, graph->n_input);
    model->n_inputs = graph->n_input;
    for (size_t i = 0; i < graph->n_input; i++) {
        read_value(&model->inputs[i], graph->input[i]);
    }
    NEW_ARRAY(model->outputs, graph->n_output);
    model->n_outputs = graph->n_output;
    for (size_t i = 0; i < graph->n_output; i++) {
        read_value(&model->outputs[i], graph->output[i]);
    }
cleanup:
    return status;
}

static enum status read_model(struct model *model,
                              const Onnx__ModelProto *source,
                              struct error *error)
{
    if (source->graph == NULL) {
        error_set(error, "not an ONNX model: it has no graph");
        return STATUS_BAD_INPUT;
    }
    if (source->n_functions != 0) {
        error_set(error, "model-local functions are not supported");
        return STATUS_UNSUPPORTED;
    }
    model->ir_version = source->ir_version;
    NEW_ARRAY(model->opsets, source->n_opset_import);
    model->n_opsets = source->n_opset_import;
    for (size_t i = 0; i < model->n_opsets; i++) {
        const Onnx__OperatorSetIdProto *opset = source->opset_import[i];
        const bool is_default =
            opset->domain != NULL && strcmp(opset->domain, "ai.onnx") == 0;
        model->opsets[i].domain = copy_text(is_default ? "" : opset->domain);
        model->opsets[i].version = opset->version;
    }
    return read_graph(model, source->graph, error);
}

/* Texts that are met in place of a model. */
static enum status check_magic(const struct bytes *image, struct error *error)
{
    static const char pointer[] = "version https://git-lfs";
    const size_t n = sizeof pointer - 1;
    if (image->n == 0) {
        error_set(error, "not an ONNX model: the file is empty");
        return STATUS_BAD_INPUT;
    }
    if (image->n >= n && memcmp(image->data, pointer, n) == 0) {
        error_set(error, "not an ONNX model: a git-lfs pointer; the file "
                         "itself was not fetched");
        return STATUS_BAD_INPUT;
    }
    return STATUS_OK;
}

enum status model_load(struct model **model, const char *path,
                       struct error *error)
{
    enum status status = STATUS_OK;
    struct model *loaded = NULL;
    struct bytes skeleton = {0};
    Onnx__ModelProto *message = NULL;
    ProtobufCAllocator allocator = unpack_allocator();
    NEW(loaded);
    loaded->path = copy_text(path);
    NEW(loaded->external);
    loaded->external->path = loaded->path;
    error_set_place(error, path, 0, 0);
    STATUS_TRY(reader_load(&loaded->image, path, model_limit_bytes, error));
    error_set_place(error, path, 0, 0); /* as the user gave it, without .gz */
    STATUS_TRY(check_magic(&loaded->image, error));
    STATUS_TRY(onnx_guard(&skeleton, (const unsigned char *)loaded->image.data,
                          loaded->image.n, error));
    message = onnx__model_proto__unpack(&allocator, skeleton.n,
                                        (const uint8_t *)skeleton.data);
    if (message == NULL) {
        error_set(error, "not an ONNX model: a field has the wrong wire type");
        status = STATUS_BAD_INPUT;
        goto cleanup;
    }
    bytes_clear(&skeleton);
    STATUS_TRY(read_model(loaded, message, error));
    *model = loaded;
    loaded = NULL;
cleanup:
    if (message != NULL) {
        onnx__model_proto__free_unpacked(message, &allocator);
    }
    bytes_clear(&skeleton);
    model_destroy(loaded);
    return status;
}

static void clear_attribute(struct model_attribute *attribute)
{
    alloc_free(attribute->name);
    alloc_free(attribute->s);
    alloc_free(attribute->floats);
    alloc_free(attribute->ints);
    if (attribute->strings != NULL) {
        free_texts(attribute->strings, attribute->n);
    }
    if (attribute->tensor != NULL) {
        model_tensor_clear(attribute->tensor);
        alloc_free(attribute->tensor);
    }
}

static void clear_node(struct model_node *node)
{
    alloc_free(node->name);
    alloc_free(node->op_type);
    alloc_free(node->domain);
    free_texts(node->inputs, node->n_inputs);
    free_texts(node->outputs, node->n_outputs);
    for (size_t i = 0; i < node->n_attributes; i++) {
        clear_attribute(&node->attributes[i]);
    }
    alloc_free(node->attributes);
}

static void free_values(struct model_value *values, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        alloc_free(values[i].name);
        alloc_free(values[i].dims);
    }
    alloc_free(values);
}

void model_destroy(struct model *model)
{
    if (model == NULL) {
        return;
    }
    for (size_t i = 0; i < model->n_nodes; i++) {
        clear_node(&model->nodes[i]);
    }
    for (size_t i = 0; i < model->n_initializers; i++) {
        model_tensor_clear(&model->initializers[i]);
    }
    for (size_t i = 0; i < model->n_opsets; i++) {
        alloc_free(model->opsets[i].domain);
    }
    free_values(model->inputs, model->n_inputs);
    free_values(model->outputs, model->n_outputs);
    alloc_free(model->nodes);
    alloc_free(model->initializers);
    alloc_free(model->opsets);
    bytes_clear(&model->image);
    external_clear(model->external);
    alloc_free(model->external);
    alloc_free(model->path);
    alloc_free(model);
}
