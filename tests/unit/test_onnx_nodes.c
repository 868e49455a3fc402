/* The ONNX node tests whose operators and types are supported. */
#include "src/base/alloc.h"
#include "src/base/reader.h"
#include "src/net/net.h"
#include "tests/ref/ref_onnx_writer.h"
#include "tests/suite.h"

#include <dirent.h>
#include <math.h>
#include <onnx.pb-c.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* One element type: number in TensorProto, bytes, and conversion. */
enum { TYPE_FLOAT = 1, TYPE_DOUBLE = 11, MAX_TENSORS = 12 };

/* A folder: its model and the given inputs and outputs. */
struct sample {
    char folder[768];
    struct bytes model;
    size_t n_inputs;
    struct bytes input_bytes[MAX_TENSORS];
    Onnx__TensorProto *inputs[MAX_TENSORS];
    size_t n_outputs;
    struct bytes output_bytes[MAX_TENSORS];
    Onnx__TensorProto *outputs[MAX_TENSORS];
};

struct tally {
    size_t n_agreeing;
    size_t n_refused;
    size_t n_other;
};

static bool is_real(const Onnx__TensorProto *tensor)
{
    return tensor->data_type == TYPE_FLOAT || tensor->data_type == TYPE_DOUBLE;
}

static size_t tensor_size(const Onnx__TensorProto *tensor)
{
    size_t n = 1;
    for (size_t i = 0; i < tensor->n_dims; i++) {
        n *= (size_t)tensor->dims[i];
    }
    return n;
}

static double tensor_real(const Onnx__TensorProto *tensor, size_t i)
{
    if (tensor->data_type == TYPE_FLOAT) {
        float value = 0.0F;
        if (!tensor->has_raw_data) {
            return (double)tensor->float_data[i];
        }
        memcpy(&value, tensor->raw_data.data + i * sizeof value, sizeof value);
        return (double)value;
    }
    double value = 0.0;
    if (!tensor->has_raw_data) {
        return tensor->double_data[i];
    }
    memcpy(&value, tensor->raw_data.data + i * sizeof value, sizeof value);
    return value;
}

/* Reads FOLDER/test_data_set_0/KIND_0.pb, KIND_1.pb ...; their number. */
static size_t read_tensors(struct bytes *bytes, Onnx__TensorProto **tensors,
                           const char *folder, const char *kind)
{
    size_t n = 0;
    for (; n < MAX_TENSORS; n++) {
        char path[1024];
        struct error error = {0};
        (void)snprintf(path, sizeof path, "%s/test_data_set_0/%s_%zu.pb",
                       folder, kind, n);
        if (reader_load(&bytes[n], path, 1U << 28, &error) != STATUS_OK) {
            break;
        }
        tensors[n] = onnx__tensor_proto__unpack(NULL, bytes[n].n,
                                                (const uint8_t *)bytes[n].data);
        if (tensors[n] == NULL) {
            bytes_clear(&bytes[n]);
            break;
        }
    }
    return n;
}

static void sample_clear(struct sample *sample)
{
    for (size_t i = 0; i < sample->n_inputs; i++) {
        onnx__tensor_proto__free_unpacked(sample->inputs[i], NULL);
        bytes_clear(&sample->input_bytes[i]);
    }
    for (size_t i = 0; i < sample->n_outputs; i++) {
        onnx__tensor_proto__free_unpacked(sample->outputs[i], NULL);
        bytes_clear(&sample->output_bytes[i]);
    }
    bytes_clear(&sample->model);
}

/* The model with the inputs for which is_constant holds as initializers;
 * written to a new file. Works on the parsed message. */
static bool write_variant(char path[64], const struct sample *sample,
                          const bool *is_constant)
{
    Onnx__ModelProto *model = onnx__model_proto__unpack(
        NULL, sample->model.n, (const uint8_t *)sample->model.data);
    if (model == NULL || model->graph == NULL ||
        model->graph->n_input < sample->n_inputs ||
        model->graph->n_initializer != 0) {
        if (model != NULL) {
            onnx__model_proto__free_unpacked(model, NULL);
        }
        return false;
    }
    struct ref_bytes file = {0};
    struct ref_bytes extra = {0};
    size_t n = onnx__model_proto__get_packed_size(model);
    ref_bytes_varint(&file, 0); /* room for one byte, then replaced */
    file.n = 0;
    Onnx__GraphProto *graph = model->graph;
    for (size_t i = 0; i < sample->n_inputs; i++) {
        if (!is_constant[i]) {
            continue;
        }
        struct ref_bytes tensor = {0};
        ref_bytes_append(&tensor, sample->input_bytes[i].data,
                         sample->input_bytes[i].n);
        ref_bytes_text(&tensor, 8, graph->input[i]->name);
        ref_bytes_message(&extra, 5, &tensor);
    }
    unsigned char *packed = NULL;
    size_t n_graph = onnx__graph_proto__get_packed_size(graph);
    NEW_ARRAY(packed, n + n_graph);
    n_graph = onnx__graph_proto__pack(graph, packed);
    ref_bytes_append(&extra, packed, n_graph);
    model->graph = NULL;
    n = onnx__model_proto__pack(model, packed);
    model->graph = graph;
    ref_bytes_append(&file, packed, n);
    ref_bytes_message(&file, 7, &extra);
    alloc_free(packed);
    onnx__model_proto__free_unpacked(model, NULL);
    ref_file_write(path, file.data, file.n);
    ref_bytes_clear(&file);
    return true;
}

static bool is_near(double a, double b)
{
    if (isnan(b)) {
        return isnan(a);
    }
    return fabs(a - b) <= 1e-5 + 1e-3 * fabs(b) || (a <= b && a >= b);
}

/* Shapes and values of all outputs. */
static void compare(const struct sample *sample, const struct net *net,
                    const double *y)
{
    ck_assert_uint_eq(net_n_output_tensors(net), sample->n_outputs);
    for (size_t k = 0; k < sample->n_outputs; k++) {
        const Onnx__TensorProto *expected = sample->outputs[k];
        const struct net_tensor_info found = net_output_tensor(net, k);
        ck_assert_msg(found.n_dims == expected->n_dims, "%s: rank %zu",
                      sample->folder, found.n_dims);
        for (size_t d = 0; d < found.n_dims; d++) {
            ck_assert_msg(found.dims[d] == (size_t)expected->dims[d],
                          "%s: dimension %zu", sample->folder, d);
        }
        for (size_t i = 0; i < found.n_elements; i++, y++) {
            const double value = tensor_real(expected, i);
            ck_assert_msg(is_near(*y, value),
                          "%s: output %zu element %zu is %a, expected %a",
                          sample->folder, k, i, *y, value);
        }
    }
}

/* Lowered layers, where there are any, against the double evaluation. */
static void compare_layers(const struct sample *sample, const struct net *net,
                           const double *x, const double *y)
{
    struct error error = {0};
    struct layers *layers = NULL;
    double *z = NULL;
    if (net_lower(&layers, net, &error) != STATUS_OK) {
        return;
    }
    NEW_ARRAY(z, net_n_outputs(net));
    layers_eval(z, layers, x);
    for (size_t i = 0; i < net_n_outputs(net); i++) {
        ck_assert_msg(is_near(z[i], y[i]), "%s: layers: %a, expected %a",
                      sample->folder, z[i], y[i]);
    }
    alloc_free(z);
    layers_destroy(layers);
}

/* Runs one variant; false if it is refused. */
static bool run_variant(const struct sample *sample, const bool *is_constant)
{
    char path[64];
    struct net *net = NULL;
    struct error error = {0};
    if (!write_variant(path, sample, is_constant)) {
        return false;
    }
    const enum status status = net_load(&net, path, &error);
    ref_file_remove(path);
    if (status != STATUS_OK) {
        return false;
    }
    double *x = NULL;
    double *y = NULL;
    size_t at = 0;
    NEW_ARRAY(x, net_n_inputs(net));
    NEW_ARRAY(y, net_n_outputs(net));
    for (size_t i = 0; i < sample->n_inputs; i++) {
        for (size_t k = 0;
             k < tensor_size(sample->inputs[i]) && !is_constant[i]; k++) {
            x[at++] = tensor_real(sample->inputs[i], k);
        }
    }
    ck_assert_uint_eq(at, net_n_inputs(net));
    ck_assert_int_eq(net_eval_f32(y, net, x, &error), STATUS_OK);
    compare(sample, net, y);
    ck_assert_int_eq(net_eval_f64(y, net, x, &error), STATUS_OK);
    compare(sample, net, y);
    compare_layers(sample, net, x, y);
    alloc_free(x);
    alloc_free(y);
    net_destroy(net);
    return true;
}

/* All real inputs computed, then one of them at a time. */
static void run_sample(struct tally *tally, const struct sample *sample)
{
    size_t n_run = 0;
    bool is_testable = sample->n_inputs > 0 && sample->n_outputs > 0;
    for (size_t k = 0; k < sample->n_outputs; k++) {
        is_testable = is_testable && is_real(sample->outputs[k]);
    }
    if (!is_testable) {
        tally->n_other++;
        return;
    }
    for (size_t only = 0; only <= sample->n_inputs; only++) {
        bool is_constant[MAX_TENSORS] = {false};
        bool is_any_computed = false;
        for (size_t i = 0; i < sample->n_inputs; i++) {
            is_constant[i] =
                !is_real(sample->inputs[i]) || (only > 0 && i != only - 1);
            is_any_computed = is_any_computed || !is_constant[i];
        }
        if (is_any_computed && run_variant(sample, is_constant)) {
            n_run++;
        }
    }
    tally->n_agreeing += n_run > 0 ? 1 : 0;
    tally->n_refused += n_run > 0 ? 0 : 1;
}

START_TEST(supported_node_tests_agree)
{
    struct tally tally = {0};
    const char *shared = test_shared("node tests", "onnx-node-tests");
    if (shared == NULL) {
        return;
    }
    char root[512];
    (void)snprintf(root, sizeof root, "%s", shared);
    DIR *dir = opendir(root);
    ck_assert_ptr_nonnull(dir);
    for (struct dirent *entry = readdir(dir); entry != NULL;
         entry = readdir(dir)) {
        struct sample sample = {0};
        struct error error = {0};
        char path[1024];
        if (strncmp(entry->d_name, "test_", 5) != 0) {
            continue;
        }
        (void)snprintf(sample.folder, sizeof sample.folder, "%s/%s", root,
                       entry->d_name);
        (void)snprintf(path, sizeof path, "%s/model.onnx", sample.folder);
        ck_assert_int_eq(reader_load(&sample.model, path, 1U << 28, &error),
                         STATUS_OK);
        sample.n_inputs = read_tensors(sample.input_bytes, sample.inputs,
                                       sample.folder, "input");
        sample.n_outputs = read_tensors(sample.output_bytes, sample.outputs,
                                        sample.folder, "output");
        run_sample(&tally, &sample);
        sample_clear(&sample);
    }
    ck_assert_int_eq(closedir(dir), 0);
    printf("node tests: %zu agree, %zu refused, %zu not of real numbers\n",
           tally.n_agreeing, tally.n_refused, tally.n_other);
    ck_assert_uint_ge(tally.n_agreeing, 100);
}
END_TEST

TCase *test_cases(void)
{
    TCase *cases = tcase_create("onnx_nodes");
    tcase_set_timeout(cases, 120);
    tcase_add_test(cases, supported_node_tests_agree);
    return cases;
}
