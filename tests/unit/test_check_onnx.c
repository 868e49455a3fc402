/* What the checker's ONNX reader refuses, and that it never crashes. */
#include "proofs/check/check_network.h"
#include "proofs/check/check_onnx.h"
#include "src/base/rng.h"
#include "tests/checker.h"
#include "tests/ref/ref_onnx_writer.h"
#include "tests/suite.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { UNREADABLE = 3, UNSUPPORTED = 4 };

static const int64_t image[] = {1, 2, 3};
static const int64_t pair[] = {2};
static const double small[] = {0.5, -0.25};

static struct ref_model start_with(int64_t opset)
{
    struct ref_model model = {.opset = opset};
    ref_model_input(&model, "x", 1, image, 3);
    ref_model_output(&model, "y", 1, image, 3);
    return model;
}

static struct ref_model start(void)
{
    return start_with(13);
}

/* Ends the process at once: looking for leaks in each takes long. */
static void dump(const void *path)
{
    struct check_network *network = check_network_load(path);
    check_network_dump(stdout, network);
    check_network_free(network);
    _exit(EXIT_SUCCESS);
}

/* Exit status of a process that loads and prints the file. */
static int load(struct checker_run *run, const unsigned char *data, size_t n)
{
    char path[64];
    ref_file_write(path, data, n);
    checker_call(run, dump, path);
    ref_file_remove(path);
    return run->status;
}

static void refuses_file(struct ref_bytes *file, int status, const char *text)
{
    struct checker_run run;
    const int found = load(&run, file->data, file->n);
    ck_assert_msg(found == status, "status %d: %s", found, run.errors);
    ck_assert_msg(strstr(run.errors, text) != NULL, "'%s' in: %s", text,
                  run.errors);
    ref_bytes_clear(file);
}

static void refuses(struct ref_model *model, int status, const char *text)
{
    struct ref_bytes file = ref_model_finish(model);
    refuses_file(&file, status, text);
}

START_TEST(operators_it_does_not_know)
{
    struct ref_model model = start();
    ref_model_node(&model, "Acosh", "x", "y");
    refuses(&model, UNSUPPORTED, "(Acosh): operator is not supported");
    model = start();
    ref_model_node(&model, "Relu", "x", "y");
    ref_node_int(&model, "slope", 1);
    refuses(&model, UNSUPPORTED, "(Relu): attribute 'slope'");
    model = start();
    ref_model_node(&model, "Squeeze", "x", "s");
    ref_model_node(&model, "Gemm", "s,s", "y");
    ref_node_int(&model, "transB", 1);
    refuses(&model, UNSUPPORTED, "(Gemm): product of two computed tensors");
    model = start();
    ref_model_floats(&model, "c", pair, 0, small);
    ref_model_node(&model, "Pow", "x,c", "y");
    refuses(&model, UNSUPPORTED, "exponent other than 1, 2 or 3");
    model = start();
    ref_model_node(&model, "Dropout", "x", "z,y");
    refuses(&model, UNSUPPORTED, "output 'y' is not computed");
    model = start();
    ref_model_node(&model, "Reshape", "x,x", "y");
    refuses(&model, UNSUPPORTED, "no constant of integers");
    model = start();
    ref_model_node(&model, "Relu", "x", "y");
    ref_bytes_text(&model.node, 7, "custom");
    refuses(&model, UNSUPPORTED, "(Relu): operator is not supported");
    model = start();
    ref_model_node(&model, "Relu", "x", "y");
    ref_bytes_text(&model.node, 8, "other");
    refuses(&model, UNSUPPORTED, "(Relu): operator is not supported");
    model = start();
    ref_model_node(&model, "Relu", "x,x", "y");
    refuses(&model, UNREADABLE, "number of inputs or outputs");
    for (int64_t opset = 6; opset <= 25; opset += 19) {
        model = start_with(opset);
        ref_model_node(&model, "Relu", "x", "y");
        refuses(&model, UNSUPPORTED, "is not supported (7 to 24 are)");
    }
}
END_TEST

START_TEST(attributes_with_other_values)
{
    static const int64_t threes[] = {3, 3};
    static const int64_t pads[] = {1, 1};
    static const int64_t shape[] = {1, 2, 3};
    static const int64_t line[] = {1, 1, 1 << 18};
    static const int64_t half[] = {1 << 17};
    static const unsigned char yes = 1;
    struct ref_model model = start();
    ref_model_node(&model, "AveragePool", "x", "y");
    ref_node_ints(&model, "kernel_shape", threes, 1);
    ref_node_int(&model, "ceil_mode", 1);
    ref_node_int(&model, "count_include_pad", 1);
    refuses(&model, UNSUPPORTED, "count_include_pad with ceil_mode");
    model = start();
    ref_model_node(&model, "AveragePool", "x", "y");
    refuses(&model, UNREADABLE, "no kernel_shape");
    model = (struct ref_model){.opset = 13};
    ref_model_input(&model, "x", 1, line, 3);
    ref_model_output(&model, "y", 1, line, 3);
    ref_model_node(&model, "AveragePool", "x", "y");
    ref_node_ints(&model, "kernel_shape", half, 1);
    refuses(&model, UNSUPPORTED, "too many elements");
    model = start();
    ref_model_integers(&model, "s", shape, 3);
    ref_model_node(&model, "Reshape", "x,s", "y");
    ref_node_int(&model, "allowzero", 0); /* not before opset 14 */
    refuses(&model, UNSUPPORTED, "attribute 'allowzero'");
    model = start();
    ref_model_node(&model, "Flatten", "x", "y");
    ref_node_int(&model, "axis", 1);
    ref_node_int(&model, "axis", 1);
    refuses(&model, UNREADABLE, "attribute twice");
    model = start();
    struct ref_bytes raw = {0};
    ref_bytes_append(&raw, &yes, 1);
    ref_model_tensor(&model, "t", 9, pads, 1, &raw);
    ref_bytes_clear(&raw);
    ref_model_node(&model, "Dropout", "x,,t", "y");
    refuses(&model, UNSUPPORTED, "training mode");
}
END_TEST

START_TEST(numbers_it_cannot_hold)
{
    static const double bad[] = {1.0, (double)NAN, HUGE_VAL, 0.0};
    static const double fine[][2] = {
        {1.0, 0x1.fffffffffffffp+0}, {1.0, 0x1p-1074}, {1.0, 0x1p+1023}};
    struct ref_model model = {0};
    for (size_t i = 1; i < 3; i++) {
        const double row[] = {1.0, bad[i]};
        model = start();
        ref_model_doubles(&model, "c", pair, 1, row);
        ref_model_node(&model, "Gemm", "x,c", "z");
        ref_model_node(&model, "Squeeze", "x", "s");
        ref_model_node(&model, "MatMul", "c,s", "y");
        refuses(&model, UNREADABLE, "NaN or infinite weight");
    }
    model = start();
    ref_model_floats(&model, "c", pair, 0, bad + 3);
    ref_model_node(&model, "Div", "x,c", "y");
    refuses(&model, UNSUPPORTED, "division by 0");
    static const int64_t none = 0; /* is not left open */
    model = start();
    ref_model_input(&model, "w", 1, &none, 1);
    ref_model_node(&model, "Relu", "x", "y");
    refuses(&model, UNREADABLE, "dimension 0");
    for (size_t i = 0; i < 3; i++) {
        static const float alphas[] = {1.25F, 0.5F, 4.0F};
        model = start();
        ref_model_doubles(&model, "w", image, 2, fine[i]);
        ref_model_node(&model, "Squeeze", "x", "s");
        ref_model_node(&model, "Gemm", "w,s", "y");
        ref_node_float(&model, "alpha", alphas[i]);
        refuses(&model, UNSUPPORTED, "product that is no exact double");
    }
    model = start();
    ref_model_integers(&model, "i", pair, 1);
    ref_model_node(&model, "Mul", "x,i", "y");
    refuses(&model, UNSUPPORTED, "its elements are not numbers of one kind");
}
END_TEST

START_TEST(graphs_that_are_not_well_formed)
{
    struct ref_model model = start();
    ref_model_node(&model, "Relu", "z", "y");
    refuses(&model, UNREADABLE, "no tensor is named 'z'");
    model = start();
    ref_model_node(&model, "Relu", "z", "y");
    ref_model_node(&model, "Relu", "x", "z");
    refuses(&model, UNREADABLE, "'z' is used before it is computed");
    model = start();
    ref_model_node(&model, "Relu", "y", "y");
    refuses(&model, UNREADABLE, "'y' is used before it is computed");
    model = start();
    ref_model_node(&model, "Relu", "x", "y");
    ref_model_node(&model, "Neg", "x", "y");
    refuses(&model, UNREADABLE, "two tensors are named 'y'");
    model = start();
    ref_model_node(&model, "Relu", "x", "x");
    refuses(&model, UNREADABLE, "two tensors are named 'x'");
    model = start();
    refuses(&model, UNREADABLE, "no tensor is named 'y'");
    model = (struct ref_model){.opset = 13};
    ref_model_input(&model, "x", 7, image, 3);
    ref_model_output(&model, "x", 7, image, 3);
    refuses(&model, UNSUPPORTED, "input 'x': element type or shape");
    model = (struct ref_model){.opset = 13};
    ref_model_input(&model, "x", 1, image, 3);
    refuses(&model, UNREADABLE, "the graph has no output");
    model = (struct ref_model){.opset = 13};
    ref_model_floats(&model, "c", pair, 1, small);
    ref_model_output(&model, "c", 1, pair, 1);
    refuses(&model, UNSUPPORTED, "no elements");
}
END_TEST

START_TEST(shapes_that_do_not_fit)
{
    static const int64_t shape[] = {4, -1};
    static const int64_t order[] = {0, 0, 1};
    struct ref_model model = start();
    ref_model_floats(&model, "c", pair, 1, small);
    ref_model_node(&model, "Add", "x,c", "y");
    refuses(&model, UNREADABLE, "shapes do not broadcast");
    model = start();
    ref_model_integers(&model, "s", shape, 2);
    ref_model_node(&model, "Reshape", "x,s", "y");
    refuses(&model, UNREADABLE, "number of elements changes");
    model = start();
    ref_model_node(&model, "Transpose", "x", "y");
    ref_node_ints(&model, "perm", order, 3);
    refuses(&model, UNREADABLE, "axis repeated");
    model = start();
    ref_model_integers(&model, "i", shape, 1);
    ref_model_node(&model, "Gather", "x,i", "y");
    ref_node_int(&model, "axis", 2);
    refuses(&model, UNREADABLE, "index outside of the input");
    model = start();
    ref_model_node(&model, "Flatten", "x", "y");
    ref_node_int(&model, "axis", 4);
    refuses(&model, UNREADABLE, "axis out of range");
    model = start_with(11);
    ref_model_integers(&model, "a", order, 1);
    ref_model_node(&model, "Squeeze", "x,a", "y");
    refuses(&model, UNREADABLE, "an input of a later opset");
    model = start();
    ref_model_node(&model, "Concat", "x,x", "y");
    ref_node_int(&model, "axis", 3);
    refuses(&model, UNREADABLE, "axis out of range");
    model = start();
    ref_model_floats(&model, "w", image + 1, 1, small);
    ref_model_node(&model, "Squeeze", "x", "s");
    ref_model_node(&model, "Unsqueeze", "w,one", "u");
    ref_model_integers(&model, "one", image, 1);
    ref_model_floats(&model, "c", image, 2, small);
    ref_model_node(&model, "Gemm", "s,u,c", "y");
    ref_node_int(&model, "transA", 1);
    refuses(&model, UNREADABLE, "shape of C does not fit");
    struct ref_bytes raw = {0};
    ref_bytes_append(&raw, small, 4);
    model = start();
    ref_model_tensor(&model, "c", 1, pair, 1, &raw);
    ref_bytes_clear(&raw);
    ref_model_node(&model, "Add", "x,c", "y");
    refuses(&model, UNREADABLE, "elements do not match dimensions");
    model = start();
    ref_model_tensor(&model, "c", 1, pair, 1, &(struct ref_bytes){0});
    ref_model_node(&model, "Add", "x,c", "y");
    refuses(&model, UNREADABLE, "elements do not match dimensions");
}
END_TEST

/* A file that is only the given bytes. */
static void refuses_bytes(const char *bytes, size_t n, const char *text)
{
    struct ref_bytes file = {0};
    ref_bytes_append(&file, bytes, n);
    refuses_file(&file, UNREADABLE, text);
}

START_TEST(bytes_that_are_no_messages)
{
    refuses_bytes("", 0, "not an ONNX model");
    refuses_bytes("\x3B", 1, "byte 1: group or unknown wire type");
    refuses_bytes("\x02", 1, "field number out of range");
    refuses_bytes("\x3A\x05\x01", 3, "more bytes announced than there are");
    refuses_bytes("\x38\x05", 2, "field of the wrong wire type");
    refuses_bytes("\x08\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01", 12,
                  "number of more than ten bytes");
    refuses_bytes("\x08\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x02", 11,
                  "number of more than 64 bits");
    refuses_bytes("\x42\x04\x0A\x02\x61", 5, "more bytes announced");
    refuses_bytes("\x42\x04\x0A\x02\x61\x00", 6, "text with a NUL byte");
    refuses_bytes("\x42\x02\x10\x07\x42\x02\x10\x08", 8,
                  "two versions of one opset");
}
END_TEST

START_TEST(features_it_does_not_have)
{
    static const unsigned functions[] = {20, 25};
    for (size_t i = 0; i < 2; i++) {
        struct ref_model model = start();
        ref_model_node(&model, "Relu", "x", "y");
        struct ref_bytes file = ref_model_finish(&model);
        ref_bytes_block(&file, functions[i], "", 0);
        refuses_file(&file, UNSUPPORTED, "function or training step");
    }
    struct ref_model model = start();
    struct ref_bytes graph = {0};
    ref_model_node(&model, "Relu", "x", "y");
    ref_node_message(&model, "then_branch", 5, 6, &graph);
    refuses(&model, UNSUPPORTED, "attribute 'then_branch'");
    model = start();
    ref_model_node(&model, "Flatten", "x", "y");
    ref_node_message(&model, "axis", 2, 21, &graph); /* of a function */
    refuses(&model, UNSUPPORTED, "attribute 'axis': no value of its kind");
    model = start();
    struct ref_bytes tensor = {0};
    ref_bytes_number(&tensor, 2, 1);
    ref_bytes_number(&tensor, 14, 1);
    ref_model_node(&model, "Constant", "", "c");
    ref_node_message(&model, "value", 4, 5, &tensor);
    ref_model_node(&model, "Add", "x,c", "y");
    refuses(&model, UNSUPPORTED, "external data");
    model = start(); /* a float32 in the list of integers */
    ref_bytes_number(&tensor, 2, 1);
    ref_bytes_number(&tensor, 7, 1);
    ref_model_node(&model, "Constant", "", "c");
    ref_node_message(&model, "value", 4, 5, &tensor);
    ref_model_node(&model, "Add", "x,c", "y");
    refuses(&model, UNREADABLE, "elements do not match dimensions");
}
END_TEST

START_TEST(unknown_fields_are_skipped)
{
    struct ref_model model = start();
    struct checker_run run;
    ref_model_node(&model, "Relu", "x", "y");
    struct ref_bytes file = ref_model_finish(&model);
    ref_bytes_number(&file, 1000, UINT64_MAX);
    ref_bytes_block(&file, 1001, "\x07", 1);
    ref_bytes_append(&file, "\xC5\x3E----\xC9\x3E--------", 16);
    ck_assert_int_eq(load(&run, file.data, file.n), 0);
    ref_bytes_clear(&file);
}
END_TEST

/* One network with a bit of everything. */
static struct ref_bytes sample(void)
{
    static const int64_t kernel[] = {2, 2, 2};
    static const int64_t starts[] = {0};
    static const int64_t shape[] = {1, -1};
    static const int64_t dense[] = {2, 2};
    static const double weights[] = {1.0, -2.0, 0.5, 0.0, 3.0, 0.25, -1.5, 2.0};
    struct ref_model model = start();
    ref_model_floats(&model, "w", kernel, 3, weights);
    ref_model_floats(&model, "b", pair, 1, small);
    ref_model_doubles(&model, "v", dense, 2, weights);
    ref_model_integers(&model, "s", starts, 1);
    ref_model_integers(&model, "e", kernel, 1);
    ref_model_integers(&model, "d", shape, 2);
    ref_model_node(&model, "Conv", "x,w,b", "c"); /* [1,2,2] */
    ref_node_text(&model, "auto_pad", "VALID");
    ref_model_node(&model, "Relu", "c", "r");
    ref_model_node(&model, "Transpose", "r", "t");
    ref_model_node(&model, "Slice", "t,s,s,e", "no");
    ref_model_node(&model, "Slice", "t,s,e", "q"); /* [2,2,1] */
    ref_model_node(&model, "Pad", "q,d,,", "never");
    ref_model_node(&model, "Reshape", "q,d", "l"); /* [1,4] */
    ref_model_node(&model, "Split", "l", "a,g");
    ref_node_int(&model, "axis", 1);
    ref_model_node(&model, "Gemm", "g,v,b", "m");
    ref_node_float(&model, "alpha", 2.0F);
    ref_model_node(&model, "Sub", "m,a", "y");
    return ref_model_finish(&model);
}

/* Damaged bytes load, or end with the statuses for bad input. */
static void survives(const unsigned char *data, size_t n, const char *what)
{
    struct checker_run run;
    const int status = load(&run, data, n);
    ck_assert_msg(status == 0 || status == UNREADABLE || status == UNSUPPORTED,
                  "%s: status %d: %s", what, status, run.errors);
}

START_TEST(every_truncation_is_survived)
{
    struct ref_bytes file = sample();
    struct checker_run run;
    ck_assert_msg(load(&run, file.data, file.n) == 0, "%s", run.errors);
    for (size_t n = 0; n < file.n; n++) {
        survives(file.data, n, "truncated");
    }
    ref_bytes_clear(&file);
}
END_TEST

START_TEST(random_damage_is_survived)
{
    struct rng rng;
    rng_init(&rng, test_seed());
    struct ref_bytes file = sample();
    for (size_t k = 0; k < test_count(400); k++) {
        unsigned char *data = malloc(file.n);
        ck_assert_ptr_nonnull(data);
        memcpy(data, file.data, file.n);
        for (size_t i = 0; i <= k % 3; i++) {
            data[rng_below(&rng, file.n)] ^=
                (unsigned char)(1U << rng_below(&rng, 8));
        }
        survives(data, file.n, "damaged");
        free(data);
    }
    ref_bytes_clear(&file);
}
END_TEST

TCase *test_cases(void)
{
    TCase *cases = tcase_create("check_onnx");
    tcase_set_timeout(cases, 60);
    tcase_add_test(cases, operators_it_does_not_know);
    tcase_add_test(cases, attributes_with_other_values);
    tcase_add_test(cases, numbers_it_cannot_hold);
    tcase_add_test(cases, graphs_that_are_not_well_formed);
    tcase_add_test(cases, shapes_that_do_not_fit);
    tcase_add_test(cases, bytes_that_are_no_messages);
    tcase_add_test(cases, features_it_does_not_have);
    tcase_add_test(cases, unknown_fields_are_skipped);
    tcase_add_test(cases, every_truncation_is_survived);
    tcase_add_test(cases, random_damage_is_survived);
    return cases;
}
