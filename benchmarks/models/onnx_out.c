/* key = field << 3 | wire type; a message is its length and its fields. */
#include "benchmarks/models/onnx_out.h"

#include "src/base/require.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { WIRE_VARINT = 0, WIRE_BYTES = 2 };
enum { IR_VERSION = 8, OPSET = 13, FLOAT32 = 1 };
enum { ATTRIBUTE_INT = 2, ATTRIBUTE_INTS = 7 };
enum { NAME_BYTES = 32 };

struct message {
    VEC(unsigned char) bytes;
};

static void message_varint(struct message *message, uint64_t value)
{
    while (value >= 0x80) {
        VEC_PUSH(&message->bytes, (unsigned char)(value & 0x7f) | 0x80);
        value >>= 7;
    }
    VEC_PUSH(&message->bytes, (unsigned char)value);
}

static void message_int(struct message *message, unsigned field, uint64_t value)
{
    message_varint(message, (uint64_t)field << 3 | WIRE_VARINT);
    message_varint(message, value);
}

static void message_bytes(struct message *message, unsigned field,
                          const void *data, size_t n)
{
    const unsigned char *const byte = data;
    message_varint(message, (uint64_t)field << 3 | WIRE_BYTES);
    message_varint(message, n);
    for (size_t i = 0; i < n; i++) {
        VEC_PUSH(&message->bytes, byte[i]);
    }
}

static void message_string(struct message *message, unsigned field,
                           const char *text)
{
    message_bytes(message, field, text, strlen(text));
}

/* Appends `inner` as a field and empties it. */
static void message_nest(struct message *message, unsigned field,
                         struct message *inner)
{
    message_bytes(message, field, inner->bytes.data, inner->bytes.n);
    VEC_CLEAR(&inner->bytes);
}

/* TensorProto: dims 1, data_type 2, name 8, raw_data 9. */
static void onnx_out_tensor(struct message *graph, const char *name,
                            const size_t *dims, size_t n_dims,
                            const double *values)
{
    struct message tensor = {{NULL, 0, 0}};
    VEC(unsigned char) raw = {NULL, 0, 0};
    size_t n = 1;
    for (size_t d = 0; d < n_dims; d++) {
        message_int(&tensor, 1, dims[d]);
        n *= dims[d];
    }
    for (size_t i = 0; i < n; i++) {
        const float value = (float)values[i];
        uint32_t bits;
        memcpy(&bits, &value, sizeof bits);
        for (unsigned shift = 0; shift < 32; shift += 8) {
            VEC_PUSH(&raw, (unsigned char)(bits >> shift & 0xff));
        }
    }
    message_int(&tensor, 2, FLOAT32);
    message_string(&tensor, 8, name);
    message_bytes(&tensor, 9, raw.data, raw.n);
    message_nest(graph, 5, &tensor);
    VEC_CLEAR(&raw);
}

/* AttributeProto: name 1, i 3, ints 8, type 20. */
static void onnx_out_ints(struct message *node, const char *name, size_t n,
                          uint64_t value)
{
    struct message attribute = {{NULL, 0, 0}};
    message_string(&attribute, 1, name);
    for (size_t i = 0; i < n; i++) {
        message_int(&attribute, n == 1 ? 3 : 8, value);
    }
    message_int(&attribute, 20, n == 1 ? ATTRIBUTE_INT : ATTRIBUTE_INTS);
    message_nest(node, 5, &attribute);
}

/* NodeProto: input 1, output 2, name 3, op_type 4, attribute 5. Absent
 * inputs are NULL. */
static void onnx_out_node(struct message *graph, const char *op,
                          const char *const input[3], const char *output,
                          struct message *attributes)
{
    struct message node = {{NULL, 0, 0}};
    for (size_t i = 0; i < 3 && input[i] != NULL; i++) {
        message_string(&node, 1, input[i]);
    }
    message_string(&node, 2, output);
    message_string(&node, 3, output);
    message_string(&node, 4, op);
    for (size_t i = 0; i < attributes->bytes.n; i++) {
        VEC_PUSH(&node.bytes, attributes->bytes.data[i]);
    }
    VEC_CLEAR(&attributes->bytes);
    message_nest(graph, 1, &node);
}

/* Name of the tensor with the value of node k. */
static void onnx_out_name(char *name, const struct toy *toy, size_t k)
{
    if (k == 0 || k == toy_last(toy)) {
        (void)snprintf(name, NAME_BYTES, k == 0 ? "input" : "output");
    } else {
        (void)snprintf(name, NAME_BYTES, "value_%zu", k);
    }
}

static bool is_plane(struct toy_plane plane)
{
    return plane.height * plane.width > 1;
}

/* Weight and bias of a node; weights of MATMUL are transposed. */
static void onnx_out_parameters(struct message *graph, const struct toy *toy,
                                const struct toy_node *node, const char *weight,
                                const char *bias)
{
    const size_t channels = node->plane.channels;
    const size_t n_in = node->n_weights / channels;
    const double *const value = toy->parameters.data + node->weight_at;
    if (node->kind == TOY_CONV) {
        const size_t dims[4] = {channels, n_in / TOY_WINDOW, TOY_KERNEL,
                                TOY_KERNEL};
        onnx_out_tensor(graph, weight, dims, 4, value);
    } else if (node->kind == TOY_GEMM) {
        onnx_out_tensor(graph, weight, (const size_t[]){channels, n_in}, 2,
                        value);
    } else {
        double *turned;
        NEW_ARRAY(turned, node->n_weights);
        for (size_t i = 0; i < node->n_weights; i++) {
            turned[i % n_in * channels + i / n_in] = value[i];
        }
        onnx_out_tensor(graph, weight, (const size_t[]){n_in, channels}, 2,
                        turned);
        alloc_free(turned);
    }
    onnx_out_tensor(graph, bias, &channels, 1,
                    toy->parameters.data + node->bias_at);
}

/* A node of kind Gemm, MatMul or Conv: x is the name of its source. */
static void onnx_out_affine(struct message *graph, const struct toy *toy,
                            size_t k, const char *x, const char *y)
{
    const struct toy_node *const node = &toy->nodes.data[k];
    struct message attributes = {{NULL, 0, 0}};
    char weight[NAME_BYTES];
    char bias[NAME_BYTES];
    char between[NAME_BYTES];
    (void)snprintf(weight, sizeof weight, "weight_%zu", k);
    (void)snprintf(bias, sizeof bias, "bias_%zu", k);
    (void)snprintf(between, sizeof between, "between_%zu", k);
    const char *const all[3] = {x, weight, bias};

    if (node->kind == TOY_CONV) {
        onnx_out_ints(&attributes, "kernel_shape", 2, TOY_KERNEL);
        onnx_out_ints(&attributes, "pads", 4, TOY_PADDING);
        onnx_out_ints(&attributes, "strides", 2, node->stride);
        onnx_out_node(graph, "Conv", all, y, &attributes);
    } else if (node->kind == TOY_GEMM) {
        onnx_out_ints(&attributes, "transB", 1, 1);
        onnx_out_node(graph, "Gemm", all, y, &attributes);
    } else {
        const char *const product[3] = {x, weight, NULL};
        const char *const sum[3] = {between, bias, NULL};
        onnx_out_node(graph, "MatMul", product, between, &attributes);
        onnx_out_node(graph, "Add", sum, y, &attributes);
    }
    onnx_out_parameters(graph, toy, node, weight, bias);
}

static void onnx_out_value(struct message *graph, const struct toy *toy,
                           size_t k)
{
    const struct toy_node *const node = &toy->nodes.data[k];
    const struct toy_node *const source = &toy->nodes.data[node->source];
    struct message attributes = {{NULL, 0, 0}};
    char x[NAME_BYTES];
    char y[NAME_BYTES];
    char other[NAME_BYTES];
    onnx_out_name(x, toy, node->source);
    onnx_out_name(y, toy, k);
    onnx_out_name(other, toy, node->other);

    if (node->n_weights > 0) {
        if (is_plane(source->plane) && !is_plane(node->plane)) {
            const char *const input[3] = {x, NULL, NULL};
            (void)snprintf(other, sizeof other, "flat_%zu", k);
            onnx_out_ints(&attributes, "axis", 1, 1);
            onnx_out_node(graph, "Flatten", input, other, &attributes);
            memcpy(x, other, sizeof x);
        }
        onnx_out_affine(graph, toy, k, x, y);
    } else {
        const bool is_sum = node->kind == TOY_SUM;
        const char *const input[3] = {x, is_sum ? other : NULL, NULL};
        onnx_out_node(graph, is_sum ? "Add" : "Relu", input, y, &attributes);
    }
}

/* ValueInfoProto: name 1, type 2 {tensor_type 1 {elem_type 1, shape 2 {dim 1
 * {dim_value 1}}}}; field 11 of the graph for inputs, 12 for outputs. */
static void onnx_out_interface(struct message *graph, unsigned field,
                               const struct toy *toy, size_t k)
{
    const struct toy_plane plane = toy->nodes.data[k].plane;
    const size_t dims[4] = {1, plane.channels, plane.height, plane.width};
    const size_t n_dims = is_plane(plane) ? 4 : 2;
    struct message shape = {{NULL, 0, 0}};
    struct message tensor = {{NULL, 0, 0}};
    struct message type = {{NULL, 0, 0}};
    struct message value = {{NULL, 0, 0}};
    char name[NAME_BYTES];
    for (size_t d = 0; d < n_dims; d++) {
        struct message dim = {{NULL, 0, 0}};
        message_int(&dim, 1, dims[d]);
        message_nest(&shape, 1, &dim);
    }
    message_int(&tensor, 1, FLOAT32);
    message_nest(&tensor, 2, &shape);
    message_nest(&type, 1, &tensor);
    onnx_out_name(name, toy, k);
    message_string(&value, 1, name);
    message_nest(&value, 2, &type);
    message_nest(graph, field, &value);
}

void onnx_out_model(struct writer *writer, const struct toy *toy)
{
    struct message graph = {{NULL, 0, 0}};
    struct message opset = {{NULL, 0, 0}};
    struct message model = {{NULL, 0, 0}};
    for (size_t k = 1; k < toy->nodes.n; k++) {
        onnx_out_value(&graph, toy, k);
    }
    message_string(&graph, 2, toy->name);
    onnx_out_interface(&graph, 11, toy, 0);
    onnx_out_interface(&graph, 12, toy, toy_last(toy));

    message_int(&model, 1, IR_VERSION);
    message_string(&model, 2, "astrolabe generate_models");
    message_nest(&model, 7, &graph);
    message_string(&opset, 1, "");
    message_int(&opset, 2, OPSET);
    message_nest(&model, 8, &opset);
    writer_append(writer, model.bytes.data, model.bytes.n);
    VEC_CLEAR(&model.bytes);
}
