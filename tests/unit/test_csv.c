/* Rows, quotes and line ends; what is written reads back. */
#include "src/app/csv.h"
#include "tests/suite.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static enum status load(struct csv *csv, const char *text, size_t n,
                        struct error *error)
{
    char path[] = "/tmp/astrolabe-test-csv-XXXXXX";
    const int descriptor = mkstemp(path);
    ck_assert_int_ge(descriptor, 0);
    ck_assert_int_eq(write(descriptor, text, n), (ssize_t)n);
    (void)close(descriptor);
    *error = (struct error){0};
    const enum status status = csv_load(csv, path, error);
    (void)unlink(path);
    return status;
}

static void check_two_rows(const char *text)
{
    struct csv csv;
    struct error error;
    ck_assert_int_eq(load(&csv, text, strlen(text), &error), STATUS_OK);
    ck_assert_uint_eq(csv.rows.n, 2);
    ck_assert_str_eq(csv_field(&csv, 0, 0), "a");
    ck_assert_str_eq(csv_field(&csv, 0, 1), "b");
    ck_assert_str_eq(csv_field(&csv, 1, 0), "c");
    ck_assert_str_eq(csv_field(&csv, 1, 1), "");
    ck_assert_str_eq(csv_field(&csv, 1, 2), "d e");
    ck_assert_str_eq(csv_field(&csv, 1, 3), "");
    csv_clear(&csv);
}

START_TEST(rows_are_the_same_in_every_layout)
{
    check_two_rows("a,b\nc,,d e\n");
    check_two_rows("a,b\r\nc,,d e");
    check_two_rows("\n a\t, b \n\n\nc, ,d e \n\n");
    check_two_rows("\"a\",\"b\"\r\n\"c\",\"\",\"d e\"\r\n");
}
END_TEST

START_TEST(quoted_fields_keep_everything)
{
    static const char text[] =
        "\"[('f', 'a'), ('g', 'b')]\",p\n\"say \"\"x\"\"\",\"two\nlines\"\nz";
    struct csv csv;
    struct error error;
    ck_assert_int_eq(load(&csv, text, strlen(text), &error), STATUS_OK);
    ck_assert_str_eq(csv_field(&csv, 0, 0), "[('f', 'a'), ('g', 'b')]");
    ck_assert_str_eq(csv_field(&csv, 0, 1), "p");
    ck_assert_str_eq(csv_field(&csv, 1, 0), "say \"x\"");
    ck_assert_str_eq(csv_field(&csv, 1, 1), "two\nlines");
    ck_assert_uint_eq(csv.rows.data[2].line, 4);
    csv_clear(&csv);
}
END_TEST

START_TEST(malformed_rows_are_refused_with_their_line)
{
    static const char *const texts[] = {"x\n\"open\n", "x\n\"a\"b,c\n"};
    struct csv csv;
    struct error error;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        ck_assert_int_eq(load(&csv, texts[i], strlen(texts[i]), &error),
                         STATUS_BAD_INPUT);
        ck_assert_uint_eq(error.line, 2);
        csv_clear(&csv);
    }
    ck_assert_int_eq(load(&csv, "a\0b", 3, &error), STATUS_BAD_INPUT);
    csv_clear(&csv);
}
END_TEST

START_TEST(an_empty_file_has_no_rows)
{
    struct csv csv;
    struct error error;
    ck_assert_int_eq(load(&csv, "", 0, &error), STATUS_OK);
    ck_assert_uint_eq(csv.rows.n, 0);
    ck_assert_uint_eq(csv_column(&csv, "x"), SIZE_MAX);
    csv_clear(&csv);
}
END_TEST

START_TEST(columns_are_found_by_name)
{
    struct csv csv;
    struct error error;
    ck_assert_int_eq(load(&csv, "x,y\n1,2\n", 8, &error), STATUS_OK);
    ck_assert_uint_eq(csv_column(&csv, "y"), 1);
    ck_assert_uint_eq(csv_column(&csv, "z"), SIZE_MAX);
    csv_clear(&csv);
}
END_TEST

START_TEST(quoted_text_reads_back)
{
    static const char *const fields[] = {"plain", "",     "a,b", "a\"b",
                                         "a\nb",  " pad", "\"",  "\r"};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        struct csv csv;
        struct error error;
        char line[64];
        char *quoted = csv_quote(fields[i]);
        (void)snprintf(line, sizeof line, "x,%s\n", quoted);
        ck_assert_int_eq(load(&csv, line, strlen(line), &error), STATUS_OK);
        ck_assert_str_eq(csv_field(&csv, 0, 1), fields[i]);
        ck_assert_uint_eq(csv.rows.n, 1);
        alloc_free(quoted);
        csv_clear(&csv);
    }
}
END_TEST

TCase *test_cases(void)
{
    TCase *cases = tcase_create("csv");
    tcase_add_test(cases, rows_are_the_same_in_every_layout);
    tcase_add_test(cases, quoted_fields_keep_everything);
    tcase_add_test(cases, malformed_rows_are_refused_with_their_line);
    tcase_add_test(cases, an_empty_file_has_no_rows);
    tcase_add_test(cases, columns_are_found_by_name);
    tcase_add_test(cases, quoted_text_reads_back);
    return cases;
}
