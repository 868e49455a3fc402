/* Protobuf fields of ModelProto and its parts, by number. */
#include "tests/ref/ref_onnx_writer.h"

#include "src/base/alloc.h"
#include "src/base/require.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

void ref_bytes_append(struct ref_bytes *bytes, const void *data, size_t n)
{
    if (bytes->n + n > bytes->capacity) {
        bytes->capacity = 2 * (bytes->n + n);
        RESIZE_ARRAY(bytes->data, bytes->capacity);
    }
    if (n > 0) {
        memcpy(bytes->data + bytes->n, data, n);
    }
    bytes->n += n;
}

void ref_bytes_varint(struct ref_bytes *bytes, uint64_t value)
{
    do {
        const unsigned more = value >= 0x80 ? 0x80U : 0U;
        const unsigned char byte =
            (unsigned char)((unsigned)(value & 0x7fU) | more);
        ref_bytes_append(bytes, &byte, 1);
        value >>= 7;
    } while (value != 0);
}

void ref_bytes_number(struct ref_bytes *bytes, unsigned field, uint64_t value)
{
    ref_bytes_varint(bytes, (uint64_t)field << 3);
    ref_bytes_varint(bytes, value);
}

void ref_bytes_block(struct ref_bytes *bytes, unsigned field, const void *data,
                     size_t n)
{
    ref_bytes_varint(bytes, (uint64_t)field << 3 | 2);
    ref_bytes_varint(bytes, n);
    ref_bytes_append(bytes, data, n);
}

void ref_bytes_text(struct ref_bytes *bytes, unsigned field, const char *text)
{
    ref_bytes_block(bytes, field, text, strlen(text));
}

void ref_bytes_message(struct ref_bytes *bytes, unsigned field,
                       struct ref_bytes *message)
{
    ref_bytes_block(bytes, field, message->data, message->n);
    ref_bytes_clear(message);
}

void ref_bytes_clear(struct ref_bytes *bytes)
{
    alloc_free(bytes->data);
    *bytes = (struct ref_bytes){0};
}

static void add_value(struct ref_model *model, unsigned field, const char *name,
                      int type, const int64_t *dims, size_t n_dims)
{
    struct ref_bytes shape = {0};
    struct ref_bytes tensor = {0};
    struct ref_bytes whole = {0};
    struct ref_bytes value = {0};
    for (size_t i = 0; i < n_dims; i++) {
        struct ref_bytes dim = {0};
        if (dims[i] < 0) {
            ref_bytes_text(&dim, 2, "batch");
        } else {
            ref_bytes_number(&dim, 1, (uint64_t)dims[i]);
        }
        ref_bytes_message(&shape, 1, &dim);
    }
    ref_bytes_number(&tensor, 1, (uint64_t)type);
    ref_bytes_message(&tensor, 2, &shape);
    ref_bytes_message(&whole, 1, &tensor);
    ref_bytes_text(&value, 1, name);
    ref_bytes_message(&value, 2, &whole);
    ref_bytes_message(&model->graph, field, &value);
}

void ref_model_input(struct ref_model *model, const char *name, int type,
                     const int64_t *dims, size_t n_dims)
{
    add_value(model, 11, name, type, dims, n_dims);
}

void ref_model_output(struct ref_model *model, const char *name, int type,
                      const int64_t *dims, size_t n_dims)
{
    add_value(model, 12, name, type, dims, n_dims);
}

void ref_model_tensor(struct ref_model *model, const char *name, int type,
                      const int64_t *dims, size_t n_dims,
                      const struct ref_bytes *raw)
{
    struct ref_bytes tensor = {0};
    for (size_t i = 0; i < n_dims; i++) {
        ref_bytes_number(&tensor, 1, (uint64_t)dims[i]);
    }
    ref_bytes_number(&tensor, 2, (uint64_t)type);
    ref_bytes_text(&tensor, 8, name);
    ref_bytes_block(&tensor, 9, raw->data, raw->n);
    ref_bytes_message(&model->graph, 5, &tensor);
}

static size_t count(const int64_t *dims, size_t n_dims)
{
    size_t n = 1;
    for (size_t i = 0; i < n_dims; i++) {
        n *= (size_t)dims[i];
    }
    return n;
}

void ref_model_floats(struct ref_model *model, const char *name,
                      const int64_t *dims, size_t n_dims, const double *values)
{
    const size_t n = count(dims, n_dims);
    struct ref_bytes raw = {0};
    for (size_t i = 0; i < n; i++) {
        const float rounded = (float)values[i];
        ref_bytes_append(&raw, &rounded, sizeof rounded);
    }
    ref_model_tensor(model, name, 1, dims, n_dims, &raw);
    ref_bytes_clear(&raw);
}

void ref_model_doubles(struct ref_model *model, const char *name,
                       const int64_t *dims, size_t n_dims, const double *values)
{
    struct ref_bytes raw = {0};
    ref_bytes_append(&raw, values, count(dims, n_dims) * sizeof *values);
    ref_model_tensor(model, name, 11, dims, n_dims, &raw);
    ref_bytes_clear(&raw);
}

void ref_model_integers(struct ref_model *model, const char *name,
                        const int64_t *values, size_t n)
{
    struct ref_bytes tensor = {0};
    struct ref_bytes packed = {0};
    for (size_t i = 0; i < n; i++) {
        ref_bytes_varint(&packed, (uint64_t)values[i]);
    }
    ref_bytes_number(&tensor, 1, n);
    ref_bytes_number(&tensor, 2, 7);
    ref_bytes_message(&tensor, 7, &packed);
    ref_bytes_text(&tensor, 8, name);
    ref_bytes_message(&model->graph, 5, &tensor);
}

static void end_node(struct ref_model *model)
{
    if (model->node.n > 0) {
        ref_bytes_message(&model->graph, 1, &model->node);
    }
}

static void add_names(struct ref_bytes *node, unsigned field, const char *names)
{
    while (*names != '\0') {
        const size_t n = strcspn(names, ",");
        ref_bytes_block(node, field, names, n);
        names += n;
        names += *names == ',' ? 1 : 0;
    }
}

void ref_model_node(struct ref_model *model, const char *op, const char *inputs,
                    const char *outputs)
{
    end_node(model);
    add_names(&model->node, 1, inputs);
    add_names(&model->node, 2, outputs);
    ref_bytes_text(&model->node, 4, op);
}

void ref_node_int(struct ref_model *model, const char *name, int64_t value)
{
    struct ref_bytes attribute = {0};
    ref_bytes_text(&attribute, 1, name);
    ref_bytes_number(&attribute, 3, (uint64_t)value);
    ref_bytes_number(&attribute, 20, 2);
    ref_bytes_message(&model->node, 5, &attribute);
}

void ref_node_float(struct ref_model *model, const char *name, float value)
{
    struct ref_bytes attribute = {0};
    ref_bytes_text(&attribute, 1, name);
    ref_bytes_varint(&attribute, 2U << 3 | 5U);
    ref_bytes_append(&attribute, &value, sizeof value);
    ref_bytes_number(&attribute, 20, 1);
    ref_bytes_message(&model->node, 5, &attribute);
}

void ref_node_text(struct ref_model *model, const char *name, const char *value)
{
    struct ref_bytes attribute = {0};
    ref_bytes_text(&attribute, 1, name);
    ref_bytes_text(&attribute, 4, value);
    ref_bytes_number(&attribute, 20, 3);
    ref_bytes_message(&model->node, 5, &attribute);
}

void ref_node_ints(struct ref_model *model, const char *name,
                   const int64_t *values, size_t n)
{
    struct ref_bytes attribute = {0};
    ref_bytes_text(&attribute, 1, name);
    for (size_t i = 0; i < n; i++) {
        ref_bytes_number(&attribute, 8, (uint64_t)values[i]);
    }
    ref_bytes_number(&attribute, 20, 7);
    ref_bytes_message(&model->node, 5, &attribute);
}

void ref_node_message(struct ref_model *model, const char *name, int type,
                      unsigned field, struct ref_bytes *message)
{
    struct ref_bytes attribute = {0};
    ref_bytes_text(&attribute, 1, name);
    ref_bytes_message(&attribute, field, message);
    ref_bytes_number(&attribute, 20, (uint64_t)type);
    ref_bytes_message(&model->node, 5, &attribute);
}

void ref_model_gemm(struct ref_model *model, const char *const names[2],
                    const int64_t shape[2], bool is_transposed,
                    const double *weights, const double *biases)
{
    char w[32];
    char b[32];
    char inputs[128];
    (void)snprintf(w, sizeof w, "w_%s", names[1]);
    (void)snprintf(b, sizeof b, "b_%s", names[1]);
    (void)snprintf(inputs, sizeof inputs, "%s,%s,%s", names[0], w, b);
    ref_model_floats(model, w, shape, 2, weights);
    ref_model_floats(model, b, &shape[is_transposed ? 0 : 1], 1, biases);
    ref_model_node(model, "Gemm", inputs, names[1]);
    if (is_transposed) {
        ref_node_int(model, "transB", 1);
    }
}

struct ref_bytes ref_model_finish(struct ref_model *model)
{
    struct ref_bytes file = {0};
    struct ref_bytes opset = {0};
    end_node(model);
    ref_bytes_number(&opset, 2, (uint64_t)model->opset);
    ref_bytes_number(&file, 1, 7);
    ref_bytes_message(&file, 7, &model->graph);
    ref_bytes_message(&file, 8, &opset);
    return file;
}

/* Files that this process wrote and did not remove yet; other entries have no
 * writer. A child has a copy of the list of its parent. */
static struct {
    char path[64];
    pid_t writer;
} written[64];

/* Also where a test ends early: it expects exit, or fails. */
static void remove_written(void)
{
    for (size_t i = 0; i < sizeof written / sizeof written[0]; i++) {
        if (written[i].writer == getpid()) {
            (void)remove(written[i].path);
        }
    }
}

static void remember(const char *path)
{
    static bool is_registered = false;
    size_t i = 0;
    if (!is_registered) {
        REQUIRE(atexit(remove_written) == 0);
        is_registered = true;
    }
    while (written[i].writer != 0) {
        i++;
        REQUIRE(i < sizeof written / sizeof written[0]);
    }
    (void)snprintf(written[i].path, sizeof written[i].path, "%s", path);
    written[i].writer = getpid();
}

static void forget(const char *path)
{
    for (size_t i = 0; i < sizeof written / sizeof written[0]; i++) {
        if (strcmp(written[i].path, path) == 0) {
            written[i].writer = 0;
        }
    }
}

void ref_file_save(const char *path, const void *data, size_t n)
{
    FILE *file = fopen(path, "wb");
    REQUIRE(file != NULL);
    REQUIRE(n == 0 || fwrite(data, 1, n, file) == n);
    REQUIRE(fclose(file) == 0);
}

void ref_file_write(char path[64], const void *data, size_t n)
{
    (void)snprintf(path, 64, "/tmp/astrolabe-test-XXXXXX");
    const int descriptor = mkstemp(path);
    REQUIRE(descriptor >= 0);
    remember(path);
    REQUIRE(close(descriptor) == 0);
    ref_file_save(path, data, n);
}

void ref_model_write(char path[64], struct ref_model *model)
{
    struct ref_bytes file = ref_model_finish(model);
    ref_file_write(path, file.data, file.n);
    ref_bytes_clear(&file);
}

void ref_file_remove(const char *path)
{
    forget(path);
    REQUIRE(remove(path) == 0);
}
