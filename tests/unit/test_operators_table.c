/* src/net/OPERATORS.md and the table of the checker agree with operators.def.
 * With ASTROLABE_WRITE_TABLE set, the document is written anew. */
#include "src/base/reader.h"
#include "src/net/net.h"
#include "tests/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const document = "src/net/OPERATORS.md";

static const char introduction[] =
    "# Operators\n"
    "\n"
    "Made from `operators.def` by `tests/unit/test_operators_table.c`\n"
    "(`ASTROLABE_WRITE_TABLE=1` writes it anew). All operators load from ONNX\n"
    "and are evaluated in float32, float64 and, where the values are "
    "rational,\n"
    "exactly; `astrolabe supports --onnx-operators` prints the same list.\n"
    "\n"
    "The columns say what a computed first input of floats becomes, at worst,\n"
    "where the other inputs are constant. *Linear* operators are exact in "
    "every\n"
    "domain and need no splits; *piecewise* ones are ReLUs; *curved* ones "
    "have\n"
    "rounded factors, functions of one variable or products in them, which\n"
    "stars do not enclose. *Constant* operators are known when a network is\n"
    "loaded. *Certified* operators are read by `astrolabe-check`\n"
    "(`proofs/FORMAT.md` lists the forms of their attributes that are).\n"
    "\n"
    "| operator | form | loads | evaluates | interval | zonotope | polyhedra "
    "| star | splits | certified |\n"
    "|---|---|---|---|---|---|---|---|---|---|\n";

/* Rows as a table; returns their length. */
static size_t print_rows(char *text, size_t size)
{
    static const char *const forms[] = {"constant", "linear", "piecewise",
                                        "curved"};
    static const char *const domains[] = {
        "- | - | - | - | -", "yes | yes | yes | yes | -",
        "yes | yes | yes | yes | yes", "yes | yes | yes | no | yes"};
    size_t at = 0;
    for (size_t i = 0; i < net_n_operators() && at < size; i++) {
        const enum operator_form form = net_operator_form(i);
        const int n = snprintf(text + at, size - at,
                               "| %s | %s | yes | yes | %s | %s |\n",
                               net_operator_name(i), forms[form], domains[form],
                               net_operator_is_checked(i) ? "yes" : "no");
        ck_assert_int_gt(n, 0);
        at += (size_t)n;
    }
    ck_assert_uint_lt(at, size);
    return at;
}

START_TEST(the_document_is_the_table)
{
    enum { SIZE = 65536 };
    static char text[SIZE];
    struct bytes found = {0};
    struct error error = {0};
    const size_t n = sizeof introduction - 1;
    memcpy(text, introduction, n);
    const size_t n_all = n + print_rows(text + n, SIZE - n);
    if (getenv("ASTROLABE_WRITE_TABLE") != NULL) {
        FILE *file = fopen(document, "w");
        ck_assert_ptr_nonnull(file);
        ck_assert_uint_eq(fwrite(text, 1, n_all, file), n_all);
        ck_assert_int_eq(fclose(file), 0);
    }
    ck_assert_int_eq(reader_load(&found, document, SIZE, &error), STATUS_OK);
    ck_assert_msg(strcmp(found.data, text) == 0,
                  "%s is not what the table says", document);
    bytes_clear(&found);
}
END_TEST

/* The checker's table has a row `{"Name", least inputs ...` per operator. */
START_TEST(the_checker_reads_what_is_marked)
{
    struct bytes source = {0};
    struct error error = {0};
    ck_assert_int_eq(
        reader_load(&source, "proofs/check/check_operator.c", 1U << 20, &error),
        STATUS_OK);
    for (size_t i = 0; i < net_n_operators(); i++) {
        char row[64];
        (void)snprintf(row, sizeof row, "{\"%s\", ", net_operator_name(i));
        ck_assert_msg((strstr(source.data, row) != NULL) ==
                          net_operator_is_checked(i),
                      "%s", net_operator_name(i));
    }
    bytes_clear(&source);
}
END_TEST

TCase *test_cases(void)
{
    TCase *cases = tcase_create("operators_table");
    tcase_add_test(cases, the_document_is_the_table);
    tcase_add_test(cases, the_checker_reads_what_is_marked);
    return cases;
}
