/* The text form: an example, and one malformed text per message. */
#include "proofs/cert_text.h"
#include "src/base/alloc.h"
#include "tests/ref/ref_cert.h"
#include "tests/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HASH(digits) digits digits digits digits digits digits digits digits

static const char EXAMPLE[] =
    "astc 1 real box 40 fact 36 slope 16\n"
    "network " HASH(
        "1a1a1a1a") "\n"
                    "property " HASH(
                        "2b2b2b2b") "\n"
                                    "query " HASH(
                                        "3c3c3c3c") "\n"
                                                    "shape 3 1\n"
                                                    "case 2\n"
                                                    "input 2 refresh\n"
                                                    " neuron 1 300\n"
                                                    "  leaf refresh\n"
                                                    "  leaf with refresh\n"
                                                    "   default\n"
                                                    "   atoms 0*3p-1 4*1p0 "
                                                    "literals 1*2731p-13\n"
                                                    " input 0 at -3p-3\n"
                                                    "  leaf refresh\n"
                                                    "  leaf refresh\n";

static char *print(const struct cert *cert)
{
    char *text = NULL;
    size_t n = 0;
    FILE *stream = open_memstream(&text, &n);
    ck_assert_ptr_nonnull(stream);
    cert_text_print(stream, cert);
    ck_assert_int_eq(fclose(stream), 0);
    return text;
}

START_TEST(the_example_is_printed_as_expected)
{
    struct cert cert;
    ref_cert_example(&cert);
    char *text = print(&cert);
    ck_assert_str_eq(text, EXAMPLE);
    free(text);
    cert_clear(&cert);
}
END_TEST

START_TEST(the_example_is_read)
{
    struct cert cert;
    struct cert read;
    struct error error = {0};
    ref_cert_example(&cert);
    ck_assert_msg(cert_text_read(&read, EXAMPLE, strlen(EXAMPLE), &error) ==
                      STATUS_OK,
                  "%zu:%zu: %s", error.line, error.column, error.message);
    ck_assert(ref_cert_is_same(&cert, &read));
    cert_clear(&read);
    cert_clear(&cert);
    ck_assert_uint_eq(alloc_live_bytes(), 0);
}
END_TEST

/* The example with its first `from` replaced. */
static char *change(const char *from, const char *to)
{
    const char *at = strstr(EXAMPLE, from);
    const size_t size = sizeof EXAMPLE + strlen(to);
    char *text = NULL;
    ck_assert_ptr_nonnull(at);
    NEW_ARRAY(text, size);
    (void)snprintf(text, size, "%.*s%s%s", (int)(at - EXAMPLE), EXAMPLE, to,
                   at + strlen(from));
    return text;
}

START_TEST(blanks_and_remarks_are_free)
{
    static const char *const examples[][2] = {
        {"astc", "# a remark\n\n  astc"},
        {"case 2\n", "case\t2 \r\n\n   # why\n"},
        {"  leaf refresh\n", "leaf   refresh\n"},
        {"literals 1", "  literals   1"}};
    struct cert cert;
    ref_cert_example(&cert);
    for (size_t i = 0; i < sizeof examples / sizeof *examples; i++) {
        struct cert read;
        struct error error = {0};
        char *text = change(examples[i][0], examples[i][1]);
        ck_assert_msg(cert_text_read(&read, text, strlen(text), &error) ==
                          STATUS_OK,
                      "example %zu: %s", i, error.message);
        ck_assert(ref_cert_is_same(&cert, &read));
        cert_clear(&read);
        alloc_free(text);
    }
    cert_clear(&cert);
}
END_TEST

struct example {
    const char *from;
    const char *to;
    const char *message;
    size_t line;
    size_t column;
};

START_TEST(malformed_texts_are_refused)
{
    static const struct example examples[] = {
        {"astc", "astcc", "expected 'astc'", 1, 1},
        {"astc 1", "astc 0", "expected version 1", 1, 7},
        {"astc 1", "astc 2", "expected version 1", 1, 7},
        {"real", "any32", "expected 'real'", 1, 8},
        {"box 40", "box 61", "expected a smaller number", 1, 18},
        {"box 40", "box 4x", "expected a digit or a blank", 1, 18},
        {"slope 16", "slope 0", "expected a positive number", 1, 35},
        {"slope 16", "slope 17", "expected a smaller number", 1, 35},
        {"slope 16", "slope 16 13", "expected the end of the line", 1, 37},
        {"network 1a", "network 1A", "expected 64 digits", 2, 9},
        {"network 1a1a", "network 1a", "expected 64 digits", 2, 71},
        {"network 1a", "network 1a1a", "expected the end of the line", 2, 73},
        {"property", "query", "expected 'property'", 3, 1},
        {"shape 3 1", "shape 3", "expected a number", 5, 8},
        {"shape 3 1", "shape 3 2", "expected 'case'", 16, 1},
        {"shape 3 1", "shape 3 0", "expected the end of the text", 6, 1},
        {"shape 3 1", "shape 2 1", "expected the number of an input", 7, 8},
        {"shape 3 1", "shape 3 99999999999999", "expected a smaller number", 5,
         21},
        {"case 2", "case -2", "expected a number", 6, 6},
        {"case 2", "case 3", "expected 'atoms'", 13, 2},
        {"case 2", "case 1", "expected 'input', 'neuron' or 'leaf'", 12, 4},
        {"input 2", "inputs 2", "expected 'input', 'neuron' or 'leaf'", 7, 1},
        {"neuron 1 300", "neuron 1", "expected a number", 8, 10},
        {"neuron 1 300", "neuron 1 4294967296", "expected a smaller number", 8,
         20},
        {"leaf refresh", "leaf refresh refresh", "expected the end of the line",
         9, 16},
        {"leaf refresh", "leaf refreshed", "expected the end of the line", 9,
         8},
        {"0*3p-1", "0*0p-1", "expected a positive multiplier", 12, 13},
        {"0*3p-1", "0 3p-1", "expected '*'", 12, 11},
        {"0*3p-1", "0*3", "expected 'p'", 12, 13},
        {"0*3p-1", "0*-3p-1", "expected a number", 12, 12},
        {"0*3p-1", "0*3p-1073741825", "expected a smaller exponent", 12, 25},
        {"0*3p-1", "0*3p1073741825", "expected a smaller number", 12, 23},
        {"0*3p-1", "0*3p-1x", "expected a smaller exponent and a blank", 12,
         16},
        {"0*3p-1", "0*18446744073709551616p0", "expected a smaller number", 12,
         31},
        {"literals", "", "expected 'literals'", 12, 34},
        {"at -3p-3", "at -9223372036854775809p0", "expected a smaller number",
         13, 32},
        {"at -3p-3", "at +3p-3", "expected a number", 13, 13}};
    for (size_t i = 0; i < sizeof examples / sizeof *examples; i++) {
        const struct example *one = &examples[i];
        struct cert read;
        struct error error = {0};
        char *text = change(one->from, one->to);
        ck_assert_int_ne(cert_text_read(&read, text, strlen(text), &error),
                         STATUS_OK);
        ck_assert_msg(strstr(error.message, one->message) != NULL &&
                          error.line == one->line &&
                          error.column == one->column,
                      "example %zu: %zu:%zu: %s", i, error.line, error.column,
                      error.message);
        alloc_free(text);
    }
    ck_assert_uint_eq(alloc_live_bytes(), 0);
}
END_TEST

START_TEST(every_truncation_is_refused)
{
    for (size_t n = 0; n + 1 < strlen(EXAMPLE); n++) {
        struct cert read;
        struct error error = {0};
        char *text = alloc_string(EXAMPLE, n);
        const enum status status = cert_text_read(&read, text, n, &error);
        /* A node may lose its last word and stay one. */
        const bool is_leaf = n >= strlen(EXAMPLE) - sizeof "refresh" - 1;
        ck_assert_msg(status != STATUS_OK || is_leaf, "%zu bytes are enough",
                      n);
        if (status == STATUS_OK) {
            cert_clear(&read);
        }
        alloc_free(text);
    }
}
END_TEST

START_TEST(a_zero_byte_is_no_end)
{
    struct cert read;
    struct error error = {0};
    char *text = alloc_string(EXAMPLE, strlen(EXAMPLE));
    *strchr(text, '\n') = '\0';
    ck_assert_int_eq(cert_text_read(&read, text, strlen(EXAMPLE), &error),
                     STATUS_BAD_INPUT);
    ck_assert_uint_eq(error.line, 1);
    alloc_free(text);
}
END_TEST

TCase *test_cases(void)
{
    TCase *cases = tcase_create("cert_text");
    tcase_add_test(cases, the_example_is_printed_as_expected);
    tcase_add_test(cases, the_example_is_read);
    tcase_add_test(cases, blanks_and_remarks_are_free);
    tcase_add_test(cases, malformed_texts_are_refused);
    tcase_add_test(cases, every_truncation_is_refused);
    tcase_add_test(cases, a_zero_byte_is_no_end);
    return cases;
}
