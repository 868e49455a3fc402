/* ONNX files as structs: what is kept, and what is refused. */
#include "src/base/alloc.h"
#include "src/onnx/model.h"
#include "src/onnx/name_table.h"
#include "tests/ref/ref_onnx_writer.h"
#include "tests/suite.h"

#include <stdio.h>
#include <string.h>

static const int64_t one_by_two[] = {1, 2};

/* A model with input x and output y, both float32 [1,2]. */
static struct ref_model start(void)
{
    struct ref_model model = {.opset = 13};
    ref_model_input(&model, "x", 1, one_by_two, 2);
    ref_model_output(&model, "y", 1, one_by_two, 2);
    return model;
}

/* Loads bytes; the outcome must be `status` and the message contain text.
 * No block may stay behind. */
static void loads_with(const void *data, size_t n, enum status status,
                       const char *text)
{
    char path[64];
    struct model *model = NULL;
    struct error error = {0};
    ref_file_write(path, data, n);
    const size_t before = alloc_live_bytes();
    const enum status found = model_load(&model, path, &error);
    ck_assert_msg(found == status, "status %d, message: %s", (int)found,
                  error.message);
    ck_assert_msg(strstr(error.message, text) != NULL, "message: %s",
                  error.message);
    ck_assert(status == STATUS_OK || strcmp(error.path, path) == 0);
    model_destroy(model);
    ck_assert_uint_eq(alloc_live_bytes(), before);
    ref_file_remove(path);
}

static void refuses(struct ref_model *model, enum status status,
                    const char *text)
{
    struct ref_bytes file = ref_model_finish(model);
    loads_with(file.data, file.n, status, text);
    ref_bytes_clear(&file);
}

START_TEST(lists_and_attributes_are_kept)
{
    struct ref_model writer = start();
    const double weights[] = {0.5, -2.0};
    const int64_t numbers[] = {3, -1};
    ref_model_floats(&writer, "w", one_by_two, 2, weights);
    ref_model_integers(&writer, "shape", numbers, 2);
    ref_model_node(&writer, "Gemm", "x,w,,b", "y");
    ref_node_float(&writer, "alpha", 0.25F);
    ref_node_int(&writer, "transB", -7);
    ref_node_text(&writer, "mode", "SAME");
    ref_node_ints(&writer, "pads", numbers, 2);
    char path[64];
    ref_model_write(path, &writer);
    struct model *model = NULL;
    struct error error = {0};
    ck_assert_int_eq(model_load(&model, path, &error), STATUS_OK);
    ck_assert_uint_eq(model->n_opsets, 1);
    ck_assert_int_eq(model->opsets[0].version, 13);
    ck_assert_uint_eq(model->n_initializers, 2);
    ck_assert_uint_eq(model->initializers[0].n_raw, 8);
    ck_assert_mem_eq(model->initializers[0].raw + 4, "\0\0\0\xc0", 4);
    ck_assert_uint_eq(model->initializers[1].n_typed, 2);
    ck_assert_int_eq(model->initializers[1].int64s[1], -1);
    ck_assert_uint_eq(model->n_nodes, 1);
    const struct model_node *node = &model->nodes[0];
    ck_assert_uint_eq(node->n_inputs, 4);
    ck_assert_str_eq(node->inputs[2], "");
    ck_assert_str_eq(node->outputs[0], "y");
    ck_assert_uint_eq(node->n_attributes, 4);
    ck_assert(node->attributes[0].f >= 0.25F && node->attributes[0].f <= 0.25F);
    ck_assert_int_eq(node->attributes[1].i, -7);
    ck_assert_str_eq(node->attributes[2].s, "SAME");
    ck_assert_uint_eq(node->attributes[3].n, 2);
    ck_assert_int_eq(node->attributes[3].ints[0], 3);
    ck_assert_int_eq(model->inputs[0].dims[1], 2);
    model_destroy(model);
    ref_file_remove(path);
}
END_TEST

START_TEST(what_is_no_model_is_refused)
{
    static const char pointer[] =
        "version https://git-lfs.github.com/spec/v1\noid sha256:00\n";
    static const char text[] = "hello, this is not a model at all\n";
    loads_with(pointer, sizeof pointer - 1, STATUS_BAD_INPUT,
               "not an ONNX model: a git-lfs pointer");
    loads_with(text, sizeof text - 1, STATUS_BAD_INPUT, "not an ONNX model");
    loads_with("", 0, STATUS_BAD_INPUT, "not an ONNX model: the file is empty");
    loads_with("\x08\x07", 2, STATUS_BAD_INPUT,
               "not an ONNX model: it has no graph");
    loads_with("\x38\x07", 2, STATUS_BAD_INPUT, "not an ONNX model");
}
END_TEST

START_TEST(every_truncation_is_refused)
{
    struct ref_model writer = start();
    const double weights[] = {0.5, -2.0};
    ref_model_floats(&writer, "w", one_by_two, 2, weights);
    ref_model_node(&writer, "Add", "x,w", "y");
    struct ref_bytes file = ref_model_finish(&writer);
    /* the last field, the opset, is 4 bytes long: a file may end before */
    for (size_t n = 0; n < file.n; n++) {
        if (n != file.n - 4) {
            loads_with(file.data, n, STATUS_BAD_INPUT, "not an ONNX model");
        }
    }
    loads_with(file.data, file.n, STATUS_OK, "");
    ref_bytes_clear(&file);
}
END_TEST

START_TEST(element_counts_must_match)
{
    static const char zeros[16] = {0};
    struct ref_bytes raw = {0};
    ref_bytes_append(&raw, zeros, 12);
    const int64_t huge[] = {INT64_C(1) << 40, INT64_C(1) << 40};
    const int64_t negative[] = {-2, 2};
    struct ref_model model = start();
    ref_model_tensor(&model, "w", 1, one_by_two, 2, &raw);
    refuses(&model, STATUS_BAD_INPUT,
            "tensor 'w': 12 bytes of raw data for 2 elements of float32");
    model = start();
    ref_model_tensor(&model, "w", 1, huge, 2, &raw);
    refuses(&model, STATUS_BAD_INPUT, "product of dimensions overflows");
    model = start();
    ref_model_tensor(&model, "w", 1, negative, 2, &raw);
    refuses(&model, STATUS_BAD_INPUT, "dimension 0 is -2");
    ref_bytes_clear(&raw);
}
END_TEST

/* Adds an initializer with the given extra field of one number. */
static void add_odd_tensor(struct ref_model *model, int type, unsigned field,
                           uint64_t value)
{
    struct ref_bytes tensor = {0};
    ref_bytes_number(&tensor, 1, 1);
    ref_bytes_number(&tensor, 2, (uint64_t)type);
    ref_bytes_text(&tensor, 8, "w");
    ref_bytes_number(&tensor, field, value);
    ref_bytes_message(&model->graph, 5, &tensor);
}

START_TEST(typed_data_must_fit_the_type)
{
    struct ref_model model = start();
    add_odd_tensor(&model, 2, 5, 256);
    refuses(&model, STATUS_BAD_INPUT, "outside the range of uint8");
    model = start();
    add_odd_tensor(&model, 2, 5, 255);
    refuses(&model, STATUS_OK, "");
    model = start();
    add_odd_tensor(&model, 1, 7, 3);
    refuses(&model, STATUS_BAD_INPUT, "1 stored elements");
    model = start();
    add_odd_tensor(&model, 7, 3, 3);
    refuses(&model, STATUS_BAD_INPUT, "not an ONNX model");
}
END_TEST

START_TEST(unsupported_tensors_are_refused_by_name)
{
    struct ref_model model = start();
    add_odd_tensor(&model, 14, 5, 0);
    refuses(&model, STATUS_UNSUPPORTED, "element type 14 (complex64)");
    model = start();
    add_odd_tensor(&model, 99, 5, 0);
    refuses(&model, STATUS_UNSUPPORTED, "element type 99 (unknown)");
    model = start();
    add_odd_tensor(&model, 1, 14, 1);
    refuses(&model, STATUS_BAD_INPUT, "external data");
}
END_TEST

START_TEST(names_of_initializers_differ)
{
    const double weights[] = {0.5, -2.0};
    struct ref_model model = start();
    ref_model_floats(&model, "w", one_by_two, 2, weights);
    ref_model_floats(&model, "w", one_by_two, 2, weights);
    refuses(&model, STATUS_BAD_INPUT, "two initializers are named 'w'");
}
END_TEST

START_TEST(control_flow_is_refused)
{
    struct ref_model model = start();
    struct ref_bytes graph = {0};
    ref_bytes_text(&graph, 2, "inner");
    ref_model_node(&model, "If", "x", "y");
    ref_node_message(&model, "then_branch", 5, 6, &graph);
    refuses(&model, STATUS_UNSUPPORTED, "'then_branch' is a graph");
}
END_TEST

START_TEST(names_are_found_again)
{
    struct name_table table = {0};
    char names[1000][8];
    size_t value = 0;
    ck_assert(!name_table_find(&table, "n", &value));
    for (size_t i = 0; i < 1000; i++) {
        (void)snprintf(names[i], sizeof names[i], "n%zu", i);
        ck_assert(name_table_add(&table, names[i], i));
        ck_assert(!name_table_add(&table, names[i], 0));
    }
    for (size_t i = 0; i < 1000; i++) {
        ck_assert(name_table_find(&table, names[i], &value));
        ck_assert_uint_eq(value, i);
    }
    ck_assert(!name_table_find(&table, "m", &value));
    name_table_clear(&table);
}
END_TEST

TCase *test_cases(void)
{
    TCase *cases = tcase_create("model");
    tcase_add_test(cases, lists_and_attributes_are_kept);
    tcase_add_test(cases, what_is_no_model_is_refused);
    tcase_add_test(cases, every_truncation_is_refused);
    tcase_add_test(cases, element_counts_must_match);
    tcase_add_test(cases, typed_data_must_fit_the_type);
    tcase_add_test(cases, unsupported_tensors_are_refused_by_name);
    tcase_add_test(cases, names_of_initializers_differ);
    tcase_add_test(cases, control_flow_is_refused);
    tcase_add_test(cases, names_are_found_again);
    return cases;
}
