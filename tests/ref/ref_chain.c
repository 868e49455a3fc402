/* Chains of Gemm and Relu as queries, read back from real files. */
#include "tests/ref/ref_chain.h"

#include "src/base/vec.h"
#include "tests/suite.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Protocol buffer under construction. */
struct message {
    VEC(unsigned char) bytes;
};

static void put_byte(struct message *message, unsigned byte)
{
    VEC_PUSH(&message->bytes, (unsigned char)(byte & 0xffU));
}

static void put_varint(struct message *message, uint64_t value)
{
    while (value >= 128) {
        put_byte(message, (unsigned)(value & 127) | 128U);
        value >>= 7;
    }
    put_byte(message, (unsigned)value);
}

static void put_number(struct message *message, unsigned field, uint64_t value)
{
    put_varint(message, (uint64_t)field << 3);
    put_varint(message, value);
}

static void put_bytes(struct message *message, unsigned field,
                      const void *bytes, size_t n)
{
    const unsigned char *from = bytes;
    put_varint(message, ((uint64_t)field << 3) | 2U);
    put_varint(message, n);
    for (size_t i = 0; i < n; i++) {
        put_byte(message, from[i]);
    }
}

static void put_text(struct message *message, unsigned field, const char *text)
{
    put_bytes(message, field, text, strlen(text));
}

/* Appends a finished part and empties it. */
static void put_part(struct message *message, unsigned field,
                     struct message *part)
{
    put_bytes(message, field, part->bytes.data, part->bytes.n);
    VEC_CLEAR(&part->bytes);
}

static uint64_t element_type(const struct ref_chain *chain)
{
    return chain->is_float64 ? 11 : 1;
}

static void put_tensor(struct message *graph, const struct ref_chain *chain,
                       const char *name, const double *values,
                       const size_t dims[2])
{
    struct message tensor = {{NULL, 0, 0}};
    struct message raw = {{NULL, 0, 0}};
    const size_t n_dims = dims[1] == 0 ? 1 : 2;
    const size_t n = n_dims == 1 ? dims[0] : dims[0] * dims[1];
    for (size_t i = 0; i < n_dims; i++) {
        put_number(&tensor, 1, dims[i]);
    }
    put_number(&tensor, 2, element_type(chain));
    put_text(&tensor, 8, name);
    for (size_t i = 0; i < n; i++) {
        const float narrow = (float)values[i];
        unsigned char bytes[sizeof(double)];
        const size_t size = chain->is_float64 ? sizeof(double) : sizeof(float);
        if (chain->is_float64) {
            memcpy(bytes, &values[i], size);
        } else {
            memcpy(bytes, &narrow, size);
        }
        for (size_t b = 0; b < size; b++) {
            put_byte(&raw, bytes[b]);
        }
    }
    put_part(&tensor, 9, &raw);
    put_part(graph, 5, &tensor);
}

static void put_node(struct message *graph, const char *operator,
                     const char * const * inputs, const char *output)
{
    struct message node = {{NULL, 0, 0}};
    for (size_t i = 0; i < 3 && inputs[i] != NULL; i++) {
        put_text(&node, 1, inputs[i]);
    }
    put_text(&node, 2, output);
    put_text(&node, 4, operator);
    if (strcmp(operator, "Gemm") == 0) {
        struct message attribute = {{NULL, 0, 0}};
        put_text(&attribute, 1, "transB");
        put_number(&attribute, 3, 1);
        put_number(&attribute, 20, 2);
        put_part(&node, 5, &attribute);
    }
    put_part(graph, 1, &node);
}

static void put_end(struct message *graph, unsigned field,
                    const struct ref_chain *chain, const char *name,
                    size_t width)
{
    struct message shape = {{NULL, 0, 0}};
    const size_t dims[2] = {1, width};
    for (size_t i = 0; i < 2; i++) {
        struct message dimension = {{NULL, 0, 0}};
        put_number(&dimension, 1, dims[i]);
        put_part(&shape, 1, &dimension);
    }
    struct message tensor = {{NULL, 0, 0}};
    put_number(&tensor, 1, element_type(chain));
    put_part(&tensor, 2, &shape);
    struct message type = {{NULL, 0, 0}};
    put_part(&type, 1, &tensor);
    struct message info = {{NULL, 0, 0}};
    put_text(&info, 1, name);
    put_part(&info, 2, &type);
    put_part(graph, field, &info);
}

static void put_layer(struct message *graph, const struct ref_chain *chain,
                      size_t k)
{
    char from[32];
    char weight[32];
    char bias[32];
    char sum[32];
    char to[32];
    const bool is_last = k + 1 == chain->n_layers;
    (void)snprintf(from, sizeof from, "v%zu", k);
    (void)snprintf(weight, sizeof weight, "w%zu", k);
    (void)snprintf(bias, sizeof bias, "b%zu", k);
    (void)snprintf(sum, sizeof sum, is_last ? "v%zu" : "z%zu", k + 1);
    (void)snprintf(to, sizeof to, "v%zu", k + 1);
    put_node(graph, "Gemm", (const char *[]){from, weight, bias}, sum);
    if (!is_last) {
        put_node(graph, "Relu", (const char *[]){sum, NULL, NULL}, to);
    }
    put_tensor(graph, chain, weight, chain->weight[k],
               (size_t[2]){chain->widths[k + 1], chain->widths[k]});
    put_tensor(graph, chain, bias, chain->bias[k],
               (size_t[2]){chain->widths[k + 1], 0});
}

static void put_model(struct message *model, const struct ref_chain *chain)
{
    struct message graph = {{NULL, 0, 0}};
    char last[32];
    (void)snprintf(last, sizeof last, "v%zu", chain->n_layers);
    for (size_t k = 0; k < chain->n_layers; k++) {
        put_layer(&graph, chain, k);
    }
    put_text(&graph, 2, "chain");
    put_end(&graph, 11, chain, "v0", chain->widths[0]);
    put_end(&graph, 12, chain, last, chain->widths[chain->n_layers]);
    struct message opset = {{NULL, 0, 0}};
    put_number(&opset, 2, 13);
    put_number(model, 1, 8);
    put_part(model, 7, &graph);
    put_part(model, 8, &opset);
}

static FILE *open_new(char *path)
{
    const int descriptor = mkstemp(path);
    ck_assert_int_ge(descriptor, 0);
    FILE *file = fdopen(descriptor, "wb");
    ck_assert_ptr_nonnull(file);
    return file;
}

static void write_model(const struct ref_chain *chain, char *path)
{
    struct message model = {{NULL, 0, 0}};
    put_model(&model, chain);
    FILE *file = open_new(path);
    ck_assert_uint_eq(fwrite(model.bytes.data, 1, model.bytes.n, file),
                      model.bytes.n);
    ck_assert_int_eq(fclose(file), 0);
    VEC_CLEAR(&model.bytes);
}

static void write_property(const struct ref_chain *chain, char *path,
                           const char *property)
{
    FILE *file = open_new(path);
    for (size_t i = 0; i < chain->widths[0]; i++) {
        ck_assert_int_gt(fprintf(file, "(declare-const X_%zu Real)\n", i), 0);
    }
    for (size_t i = 0; i < chain->widths[chain->n_layers]; i++) {
        ck_assert_int_gt(fprintf(file, "(declare-const Y_%zu Real)\n", i), 0);
    }
    ck_assert_int_gt(fprintf(file, "%s\n", property), 0);
    ck_assert_int_eq(fclose(file), 0);
}

struct query *ref_chain_query(const struct ref_chain *chain,
                              const char *property)
{
    char net_path[] = "/tmp/astrolabe_chain_XXXXXX";
    char query_path[] = "/tmp/astrolabe_query_XXXXXX";
    write_model(chain, net_path);
    write_property(chain, query_path, property);
    const struct query_network network = {NULL, net_path};
    struct query *query = NULL;
    struct error error = {0, 0, "", ""};
    const enum status status =
        query_load(&query, query_path, 1, &network, false, &error);
    (void)unlink(net_path);
    (void)unlink(query_path);
    ck_assert_msg(status == STATUS_OK, "%s", error.message);
    return query;
}
