/* The ONNX node tests: all agree in every evaluator, or are listed. */
#include "src/base/alloc.h"
#include "src/base/reader.h"
#include "src/net/constant.h"
#include "src/net/net.h"
#include "src/num/rational.h"
#include "src/onnx/model_tensor.h"
#include "tests/ref/ref_onnx_writer.h"
#include "tests/suite.h"

#include <dirent.h>
#include <math.h>
#include <onnx.pb-c.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { MAX_TENSORS = 12 };

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

enum { MAX_OPERATORS = 256 };

struct tally {
    /* Of the operator that is a model's only node: its row, and what the rows
     * turned out to be where layers were made of a computed float input 0. */
    size_t row;
    bool is_first; /* input 0 is computed, all others are constant */
    bool is_measured[MAX_OPERATORS];
    enum operator_form forms[MAX_OPERATORS];
    size_t n_agreeing;
    size_t n_listed;
    size_t n_single; /* variants that each evaluator has agreed on */
    size_t n_double;
    size_t n_exact;
    size_t n_intervals;
    size_t n_layers;
    size_t n_wrong;
    char cause[2048];
};

static bool is_real(const Onnx__TensorProto *tensor)
{
    return constant_is_real_type(tensor->data_type);
}

static bool is_number(const Onnx__TensorProto *tensor)
{
    return is_real(tensor) || constant_is_integer_type(tensor->data_type);
}

static size_t tensor_size(const Onnx__TensorProto *tensor)
{
    size_t n = 1;
    for (size_t i = 0; i < tensor->n_dims; i++) {
        n *= (size_t)tensor->dims[i];
    }
    return n;
}

/* Element i, through the reader of constants. */
static double tensor_value(const Onnx__TensorProto *tensor, size_t i)
{
    const bool is_raw = tensor->has_raw_data != 0;
    const struct model_tensor stored = {
        .type = tensor->data_type,
        .raw = is_raw ? tensor->raw_data.data : NULL,
        .floats = is_raw ? NULL : tensor->float_data,
        .doubles = is_raw ? NULL : tensor->double_data,
        .int32s = is_raw ? NULL : tensor->int32_data,
        .int64s = is_raw ? NULL : tensor->int64_data,
        .uint64s = is_raw ? NULL : tensor->uint64_data};
    const struct constant constant = {.stored = &stored};
    double real = 0.0;
    int64_t integer = 0;
    if (is_real(tensor)) {
        constant_read_reals(&real, &constant, i, 1);
        return real;
    }
    constant_read_integers(&integer, &constant, i, 1);
    return (double)integer;
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
        model->graph->n_input < sample->n_inputs) {
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

static bool is_near(double a, double b, bool is_integer)
{
    if (isnan(b)) {
        return isnan(a);
    }
    return (a <= b && a >= b) ||
           (!is_integer && fabs(a - b) <= 1e-5 + 1e-3 * fabs(b));
}

/* True if types, shapes and values of all outputs agree. */
static bool compare(const struct sample *sample, const struct net *net,
                    const double *y, const char *evaluator)
{
    if (net_n_output_tensors(net) != sample->n_outputs) {
        return false;
    }
    for (size_t k = 0; k < sample->n_outputs; k++) {
        const Onnx__TensorProto *expected = sample->outputs[k];
        const struct net_tensor_info found = net_output_tensor(net, k);
        bool is_same =
            found.n_dims == expected->n_dims &&
            strcmp(found.type, model_type_name(expected->data_type)) == 0;
        for (size_t d = 0; is_same && d < found.n_dims; d++) {
            is_same = found.dims[d] == (size_t)expected->dims[d];
        }
        if (!is_same) {
            printf("%s: output %zu has another type or shape\n", sample->folder,
                   k);
            return false;
        }
        for (size_t i = 0; i < found.n_elements; i++, y++) {
            const double value = tensor_value(expected, i);
            if (!is_near(*y, value, !is_real(expected))) {
                printf("%s: %s: output %zu element %zu is %.9g, expected "
                       "%.9g\n",
                       sample->folder, evaluator, k, i, *y, value);
                return false;
            }
        }
    }
    return true;
}

/* The exact values, where there are any. */
static bool compare_exact(struct tally *tally, const struct sample *sample,
                          const struct net *net, const double *x)
{
    const size_t n = net_n_inputs(net);
    const size_t m = net_n_outputs(net);
    mpq_t *exact_x = rational_create(n);
    mpq_t *exact_y = rational_create(m);
    double *y = NULL;
    struct error error = {0};
    bool is_same = true;
    NEW_ARRAY(y, m);
    for (size_t i = 0; i < n; i++) {
        rational_set_double(exact_x[i], x[i]);
    }
    if (net_eval_exact(exact_y, net, (const mpq_t *)exact_x, &error) ==
        STATUS_OK) {
        for (size_t i = 0; i < m; i++) {
            y[i] = rational_near(exact_y[i]);
        }
        is_same = compare(sample, net, y, "exact");
        tally->n_exact++;
    }
    rational_destroy(exact_x, n);
    rational_destroy(exact_y, m);
    alloc_free(y);
    return is_same;
}

/* Intervals at the point enclose the outputs; those of a box around it, the
 * values at the point. */
static bool compare_intervals(struct tally *tally, const struct sample *sample,
                              const struct net *net, const double *x,
                              const double *y)
{
    const size_t n = net_n_inputs(net);
    const size_t m = net_n_outputs(net);
    double *ends[4] = {NULL, NULL, NULL, NULL};
    struct error error = {0};
    bool is_enclosed = true;
    for (size_t k = 0; k < 4; k++) {
        NEW_ARRAY(ends[k], k < 2 ? m : n);
    }
    for (size_t pass = 0; pass < 2 && is_enclosed; pass++) {
        const double radius = pass == 0 ? 0.0 : 0x1p-20;
        for (size_t i = 0; i < n; i++) {
            ends[2][i] = x[i] - radius;
            ends[3][i] = x[i] + radius;
        }
        const enum status status =
            net_eval_interval(ends[0], ends[1], net, ends[2], ends[3], &error);
        if (status != STATUS_OK && pass == 0) {
            printf("%s: interval: %s\n", sample->folder, error.message);
            is_enclosed = false;
        }
        for (size_t i = 0; i < m && status == STATUS_OK; i++) {
            const double width = 1e-9 * (1.0 + fabs(y[i]));
            is_enclosed = is_enclosed && ends[0][i] <= y[i] + width &&
                          ends[1][i] >= y[i] - width;
            if (pass == 0) {
                is_enclosed = is_enclosed && ends[1][i] - ends[0][i] <=
                                                 1e-4 * (1.0 + fabs(y[i]));
            }
        }
        if (!is_enclosed && status == STATUS_OK) {
            printf("%s: interval: does not enclose, or is wide\n",
                   sample->folder);
        }
    }
    for (size_t k = 0; k < 4; k++) {
        alloc_free(ends[k]);
    }
    tally->n_intervals += is_enclosed ? 1 : 0;
    return is_enclosed;
}

/* Row of the operator of a model of one node; MAX_OPERATORS for others. */
static size_t find_row(const struct sample *sample)
{
    size_t row = MAX_OPERATORS;
    Onnx__ModelProto *model = onnx__model_proto__unpack(
        NULL, sample->model.n, (const uint8_t *)sample->model.data);
    ck_assert_ptr_nonnull(model);
    ck_assert_uint_le(net_n_operators(), MAX_OPERATORS);
    for (size_t i = 0; i < net_n_operators() && model->graph->n_node == 1;
         i++) {
        if (strcmp(net_operator_name(i), model->graph->node[0]->op_type) == 0) {
            row = i;
        }
    }
    onnx__model_proto__free_unpacked(model, NULL);
    return row;
}

static void note_form(struct tally *tally, const struct layers *layers)
{
    enum operator_form form = OPERATOR_LINEAR;
    if (tally->row == MAX_OPERATORS || !tally->is_first) {
        return;
    }
    for (size_t k = 1; k < layers->n_layers; k++) {
        const struct layer *layer = &layers->layer[k];
        enum operator_form found = OPERATOR_LINEAR;
        if (layer_is_curved(layer)) {
            found =
                layer_has_neurons(layer) ? OPERATOR_CURVED : OPERATOR_SCALED;
        } else if (layer->kind == LAYER_RELU) {
            found = OPERATOR_PIECEWISE;
        }
        form = found > form ? found : form;
    }
    if (!tally->is_measured[tally->row] || form > tally->forms[tally->row]) {
        tally->forms[tally->row] = form;
    }
    tally->is_measured[tally->row] = true;
}

/* No form was met that is worse than that in the table of operators. */
static void check_forms(const struct tally *tally)
{
    size_t n_wrong = 0;
    for (size_t i = 0; i < net_n_operators(); i++) {
        const enum operator_form form = net_operator_form(i);
        if (tally->is_measured[i] && form != OPERATOR_CONSTANT &&
            form < tally->forms[i]) {
            printf("%s: form %d in the table, %d in the layers\n",
                   net_operator_name(i), (int)form, (int)tally->forms[i]);
            n_wrong++;
        }
    }
    ck_assert_uint_eq(n_wrong, 0);
}

/* Lowered layers, where there are any, against the double evaluation. */
static bool compare_layers(struct tally *tally, const struct sample *sample,
                           const struct net *net, const double *x,
                           const double *y)
{
    struct error error = {0};
    struct layers *layers = NULL;
    double *z = NULL;
    bool is_same = true;
    if (net_lower(&layers, net, &error) != STATUS_OK) {
        return true;
    }
    if (net_n_inputs(net) > 0) {
        note_form(tally, layers);
    }
    NEW_ARRAY(z, net_n_outputs(net));
    layers_eval(z, layers, x);
    for (size_t i = 0; i < net_n_outputs(net) && is_same; i++) {
        is_same = is_near(z[i], y[i], false);
    }
    if (!is_same) {
        printf("%s: layers differ\n", sample->folder);
    }
    tally->n_layers += is_same ? 1 : 0;
    alloc_free(z);
    layers_destroy(layers);
    return is_same;
}

enum outcome { OUTCOME_REFUSED, OUTCOME_AGREES, OUTCOME_DIFFERS };

/* Runs one variant through all evaluators. */
static enum outcome run_variant(struct tally *tally,
                                const struct sample *sample,
                                const bool *is_constant)
{
    char path[64];
    struct net *net = NULL;
    struct error error = {0};
    if (!write_variant(path, sample, is_constant)) {
        return OUTCOME_REFUSED;
    }
    const enum status status = net_load(&net, path, &error);
    ref_file_remove(path);
    if (status != STATUS_OK) {
        (void)snprintf(tally->cause, sizeof tally->cause, "%s", error.message);
        return OUTCOME_REFUSED;
    }
    double *x = NULL;
    double *y = NULL;
    size_t at = 0;
    NEW_ARRAY(x, net_n_inputs(net));
    NEW_ARRAY(y, net_n_outputs(net));
    for (size_t i = 0; i < sample->n_inputs; i++) {
        for (size_t k = 0; k < tensor_size(sample->inputs[i]) &&
                           !is_constant[i] && at < net_n_inputs(net);
             k++) {
            x[at++] = tensor_value(sample->inputs[i], k);
        }
    }
    bool is_finite = true;
    for (size_t i = 0; i < at; i++) {
        is_finite = is_finite && isfinite(x[i]);
    }
    bool is_same = at == net_n_inputs(net);
    if (is_same && is_finite) {
        is_same = net_eval_f32(y, net, x, &error) == STATUS_OK &&
                  compare(sample, net, y, "float32");
        tally->n_single += is_same ? 1 : 0;
    }
    if (is_same) {
        is_same = net_eval_f64(y, net, x, &error) == STATUS_OK &&
                  compare(sample, net, y, "double");
        tally->n_double += is_same ? 1 : 0;
    }
    is_same = is_same &&
              (!is_finite || (compare_exact(tally, sample, net, x) &&
                              compare_intervals(tally, sample, net, x, y) &&
                              compare_layers(tally, sample, net, x, y)));
    if (!is_same && error.message[0] != '\0') {
        printf("%s: %s\n", sample->folder, error.message);
    }
    alloc_free(x);
    alloc_free(y);
    net_destroy(net);
    return is_same ? OUTCOME_AGREES : OUTCOME_DIFFERS;
}

/* All inputs computed; the real ones; one of them at a time; none. */
static enum outcome run_sample(struct tally *tally, const struct sample *sample)
{
    enum outcome outcome = OUTCOME_REFUSED;
    for (size_t k = 0; k < sample->n_outputs; k++) {
        if (!is_number(sample->outputs[k])) {
            return OUTCOME_REFUSED;
        }
    }
    for (size_t variant = 0; variant < sample->n_inputs + 3; variant++) {
        bool is_constant[MAX_TENSORS] = {false};
        for (size_t i = 0; i < sample->n_inputs; i++) {
            is_constant[i] = (variant == 1 && !is_real(sample->inputs[i])) ||
                             (variant > 1 && i != variant - 2);
        }
        tally->is_first = sample->n_inputs > 0 && !is_constant[0];
        for (size_t i = 1; i < sample->n_inputs; i++) {
            tally->is_first = tally->is_first && is_constant[i];
        }
        const enum outcome found = run_variant(tally, sample, is_constant);
        if (found == OUTCOME_DIFFERS) {
            return found;
        }
        outcome = found == OUTCOME_AGREES ? found : outcome;
    }
    return outcome;
}

/* True if the test is listed as out of scope. */
static bool is_listed(const char *list, const char *name)
{
    const size_t n = strlen(name);
    for (const char *line = list; line != NULL && *line != '\0';
         line = strchr(line, '\n') == NULL ? NULL : strchr(line, '\n') + 1) {
        if (strncmp(line, name, n) == 0 && line[n] == ',') {
            return true;
        }
    }
    return false;
}

static size_t count_lines(const char *text)
{
    size_t n = 0;
    for (; *text != '\0'; text++) {
        n += *text == '\n' ? 1 : 0;
    }
    return n;
}

/* One folder: outcome and list must agree. */
static void check_folder(struct tally *tally, const char *root,
                         const char *name, const char *list)
{
    struct sample sample = {0};
    struct error error = {0};
    char path[1024];
    (void)snprintf(sample.folder, sizeof sample.folder, "%s/%s", root, name);
    (void)snprintf(path, sizeof path, "%s/model.onnx", sample.folder);
    ck_assert_int_eq(reader_load(&sample.model, path, 1U << 28, &error),
                     STATUS_OK);
    sample.n_inputs =
        read_tensors(sample.input_bytes, sample.inputs, sample.folder, "input");
    sample.n_outputs = read_tensors(sample.output_bytes, sample.outputs,
                                    sample.folder, "output");
    tally->cause[0] = '\0';
    tally->row = find_row(&sample);
    const enum outcome outcome = run_sample(tally, &sample);
    const bool is_out = is_listed(list, name);
    tally->n_listed += is_out ? 1 : 0;
    tally->n_agreeing += outcome == OUTCOME_AGREES ? 1 : 0;
    if (is_out == (outcome == OUTCOME_AGREES)) {
        printf("%s: %s: %s\n", name,
               is_out ? "is listed as out of scope, but agrees"
                      : "fails and is not listed",
               outcome == OUTCOME_REFUSED ? tally->cause : "");
        tally->n_wrong++;
    }
    sample_clear(&sample);
}

START_TEST(node_tests_agree_or_are_listed)
{
    struct tally tally = {0};
    struct bytes list = {0};
    struct error error = {0};
    const char *shared = test_shared("node tests", "onnx-node-tests");
    if (shared == NULL) {
        return;
    }
    char root[512];
    (void)snprintf(root, sizeof root, "%s", shared);
    ck_assert_int_eq(
        reader_load(&list, "tests/unit/onnx_nodes.csv", 1U << 20, &error),
        STATUS_OK);
    DIR *dir = opendir(root);
    ck_assert_ptr_nonnull(dir);
    for (struct dirent *entry = readdir(dir); entry != NULL;
         entry = readdir(dir)) {
        if (strncmp(entry->d_name, "test_", 5) == 0) {
            check_folder(&tally, root, entry->d_name, list.data);
        }
    }
    ck_assert_int_eq(closedir(dir), 0);
    printf("node tests: %zu agree, %zu are out of scope; variants: %zu in "
           "float32, %zu in double, %zu exactly, %zu by intervals, %zu as "
           "layers\n",
           tally.n_agreeing, tally.n_listed, tally.n_single, tally.n_double,
           tally.n_exact, tally.n_intervals, tally.n_layers);
    ck_assert_int_eq(fflush(stdout), 0);
    /* A name that does not exist is never counted as listed. */
    ck_assert_uint_eq(tally.n_listed + 1, count_lines(list.data));
    ck_assert_uint_eq(tally.n_wrong, 0);
    /* At least 90 % are in scope; few variants have inputs that are not
     * finite, or values that are not rational. */
    ck_assert_uint_ge(tally.n_agreeing, 9 * tally.n_listed);
    ck_assert_uint_ge(tally.n_single, tally.n_double / 100 * 99);
    ck_assert_uint_ge(tally.n_intervals, tally.n_double / 100 * 99);
    ck_assert_uint_ge(tally.n_exact, tally.n_double / 10 * 7);
    ck_assert_uint_ge(tally.n_layers, tally.n_double / 2);
    bytes_clear(&list);
    check_forms(&tally);
}
END_TEST

TCase *test_cases(void)
{
    TCase *cases = tcase_create("onnx_nodes");
    tcase_set_timeout(cases, 120);
    tcase_add_test(cases, node_tests_agree_or_are_listed);
    return cases;
}
