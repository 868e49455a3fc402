/* The wire-format guard on hand-made bytes. */
#include "src/base/alloc.h"
#include "src/onnx/model.h"
#include "src/onnx/onnx_guard.h"
#include "tests/ref/ref_onnx_writer.h"
#include "tests/suite.h"

#include <string.h>

/* Runs the guard; the message must contain `expected`. */
static void refuses(const void *data, size_t n, const char *expected)
{
    struct bytes skeleton = {0};
    struct error error = {0};
    const enum status status = onnx_guard(&skeleton, data, n, &error);
    ck_assert_int_eq(status, STATUS_BAD_INPUT);
    ck_assert_msg(strstr(error.message, expected) != NULL, "got: %s",
                  error.message);
    ck_assert_ptr_null(skeleton.data);
}

START_TEST(length_beyond_the_message_is_refused)
{
    refuses("\x3a\x05\x01", 3, "length beyond its message at byte 0");
}
END_TEST

START_TEST(length_beyond_the_inner_message_is_refused)
{
    /* graph of 2 bytes whose name claims 5 */
    refuses("\x3a\x02\x12\x05wxyz", 8, "length beyond its message at byte 2");
}
END_TEST

START_TEST(cut_off_numbers_are_refused)
{
    refuses("\x08\xff", 2, "number cut off");
    refuses("\x88", 1, "number cut off");
    refuses("\x0d\x01\x02", 3, "length beyond its message");
}
END_TEST

START_TEST(numbers_of_eleven_bytes_are_refused)
{
    refuses("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 12,
            "more than ten bytes");
}
END_TEST

START_TEST(groups_are_refused)
{
    refuses("\x0b\x0c", 2, "group or unknown wire type");
    refuses("\x0f", 1, "group or unknown wire type");
}
END_TEST

START_TEST(field_number_zero_is_refused)
{
    refuses("\x02\x00", 2, "impossible field number");
}
END_TEST

START_TEST(two_graphs_are_refused)
{
    refuses("\x3a\x00\x3a\x00", 4, "part given twice");
}
END_TEST

START_TEST(zero_byte_in_a_name_is_refused)
{
    refuses("\x3a\x05\x12\x03"
            "a\0b",
            7, "zero byte in a string");
}
END_TEST

/* A graph in an attribute of a node in a graph, `depth` times. */
static struct ref_bytes nested(size_t depth)
{
    struct ref_bytes graph = {0};
    struct ref_bytes model = {0};
    for (size_t i = 0; i < depth; i++) {
        struct ref_bytes attribute = {0};
        struct ref_bytes node = {0};
        ref_bytes_message(&attribute, 6, &graph);
        ref_bytes_message(&node, 5, &attribute);
        ref_bytes_message(&graph, 1, &node);
    }
    ref_bytes_message(&model, 7, &graph);
    return model;
}

START_TEST(deep_nesting_is_refused)
{
    struct ref_bytes model = nested(20000);
    ck_assert_uint_ge(model.n, 200000);
    refuses(model.data, model.n, "messages nested too deeply");
    ref_bytes_clear(&model);
    model = nested(33);
    struct bytes skeleton = {0};
    struct error error = {0};
    ck_assert_int_eq(onnx_guard(&skeleton, model.data, model.n, &error),
                     STATUS_OK);
    bytes_clear(&skeleton);
    ref_bytes_clear(&model);
}
END_TEST

START_TEST(raw_data_becomes_a_locator)
{
    static const char raw[] = "0123456789abcdef";
    const int64_t dims[] = {4};
    struct ref_model model = {.opset = 13};
    struct ref_bytes bytes = {0};
    ref_bytes_append(&bytes, raw, 16);
    ref_model_tensor(&model, "w", 1, dims, 1, &bytes);
    ref_bytes_clear(&bytes);
    struct ref_bytes file = ref_model_finish(&model);
    struct bytes skeleton = {0};
    struct error error = {0};
    ck_assert_int_eq(onnx_guard(&skeleton, file.data, file.n, &error),
                     STATUS_OK);
    bool is_found = false;
    for (size_t i = 0; i + ONNX_GUARD_LOCATOR <= skeleton.n; i++) {
        size_t offset = 0;
        size_t length = 0;
        onnx_guard_locate(&offset, &length,
                          (const unsigned char *)skeleton.data + i);
        is_found = is_found || (length == 16 && offset + 16 <= file.n &&
                                memcmp(file.data + offset, raw, 16) == 0);
    }
    ck_assert(is_found);
    ck_assert(strstr(skeleton.data, "0123") == NULL);
    bytes_clear(&skeleton);
    ref_bytes_clear(&file);
}
END_TEST

TCase *test_cases(void)
{
    TCase *cases = tcase_create("onnx_guard");
    tcase_add_test(cases, length_beyond_the_message_is_refused);
    tcase_add_test(cases, length_beyond_the_inner_message_is_refused);
    tcase_add_test(cases, cut_off_numbers_are_refused);
    tcase_add_test(cases, numbers_of_eleven_bytes_are_refused);
    tcase_add_test(cases, groups_are_refused);
    tcase_add_test(cases, field_number_zero_is_refused);
    tcase_add_test(cases, two_graphs_are_refused);
    tcase_add_test(cases, zero_byte_in_a_name_is_refused);
    tcase_add_test(cases, deep_nesting_is_refused);
    tcase_add_test(cases, raw_data_becomes_a_locator);
    return cases;
}
