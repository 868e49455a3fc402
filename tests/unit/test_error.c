/* Error text: every combination of absent parts, and cutting. */
#include "src/base/error.h"
#include "tests/suite.h"

#include <check.h>

#include <string.h>

static void check_text(const char *path, size_t line, size_t column,
                       const char *expected)
{
    struct error error = {0};
    char text[256];
    error_set_place(&error, path, line, column);
    error_set(&error, "found %d", 7);
    error_format(text, sizeof text, &error);
    ck_assert_str_eq(text, expected);
}

START_TEST(absent_parts_are_left_out)
{
    check_text("a.onnx", 3, 5, "a.onnx:3:5: found 7");
    check_text("a.onnx", 3, 0, "a.onnx:3: found 7");
    check_text("a.onnx", 0, 5, "a.onnx: found 7");
    check_text("a.onnx", 0, 0, "a.onnx: found 7");
    check_text("", 3, 5, "3:5: found 7");
    check_text(NULL, 0, 0, "found 7");
}
END_TEST

START_TEST(a_null_path_keeps_the_old_one)
{
    struct error error = {0};
    char text[64];
    error_set(&error, "late");
    error_set_place(&error, "first", 1, 2);
    error_set_place(&error, NULL, 8, 9);
    error_format(text, sizeof text, &error);
    ck_assert_str_eq(text, "first:8:9: late");
}
END_TEST

START_TEST(long_text_is_cut_and_terminated)
{
    struct error error = {0};
    char long_text[4096];
    memset(long_text, 'x', sizeof long_text - 1);
    long_text[sizeof long_text - 1] = '\0';
    error_set_place(&error, long_text, 1, 1);
    error_set(&error, "%s", long_text);
    ck_assert_uint_eq(strlen(error.path), ERROR_PATH_BYTES - 1);
    ck_assert_uint_eq(strlen(error.message), ERROR_MESSAGE_BYTES - 1);
    char text[10] = "yyyyyyyyy";
    error_format(text, sizeof text, &error);
    ck_assert_str_eq(text, "xxxxxxxxx");
}
END_TEST

TCase *test_cases(void)
{
    TCase *tests = tcase_create("error");
    tcase_add_test(tests, absent_parts_are_left_out);
    tcase_add_test(tests, a_null_path_keeps_the_old_one);
    tcase_add_test(tests, long_text_is_cut_and_terminated);
    return tests;
}
