/* The text form: every record as it is written, remarks, refusals. */
#include "proofs/cert_bin.h"
#include "proofs/cert_figures.h"
#include "proofs/cert_text.h"
#include "src/base/alloc.h"
#include "tests/ref/ref_cert.h"
#include "tests/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The text, or the one with remarks; to be freed. */
static char *print(const struct cert *cert, bool with_remarks,
                   const struct cert_names *names)
{
    char *text = NULL;
    size_t n = 0;
    FILE *stream = open_memstream(&text, &n);
    ck_assert_ptr_nonnull(stream);
    if (with_remarks) {
        cert_text_show(stream, cert, names, NULL);
    } else {
        cert_text_print(stream, cert);
    }
    ck_assert_int_eq(fclose(stream), 0);
    return text;
}

START_TEST(the_example_is_written_as_it_was_read)
{
    struct cert cert;
    ref_cert_example(&cert);
    char *text = print(&cert, false, NULL);
    ck_assert_str_eq(text, ref_cert_example_text);
    free(text);
    cert_clear(&cert);
    ck_assert_uint_eq(alloc_live_bytes(), 0);
}
END_TEST

START_TEST(ranges_of_layers_are_written_shortly)
{
    static const struct {
        uint64_t refresh;
        const char *text;
    } rows[] = {{0, "leaf\n"},
                {1, "leaf refresh 0\n"},
                {0x2d, "leaf refresh 0,2-3,5\n"},
                {UINT64_MAX, "leaf refresh 0-63\n"},
                {(uint64_t)1 << 63U, "leaf refresh 63\n"}};
    static const size_t one[] = {1};
    static const struct cert_shape shape = {1, 64, 1, one};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct cert_node leaf = {.kind = CERT_LEAF,
                                       .details = CERT_NONE,
                                       .refresh = rows[i].refresh};
        struct cert cert;
        struct cert read;
        struct error error = {0};
        cert_init(&cert, &shape);
        VEC_PUSH(&cert.trees[0].nodes, leaf);
        char *text = print(&cert, false, NULL);
        ck_assert_str_eq(strstr(text, "leaf"), rows[i].text);
        ck_assert_int_eq(cert_text_read(&read, text, strlen(text), &error),
                         STATUS_OK);
        ck_assert(ref_cert_is_same(&cert, &read));
        free(text);
        cert_clear(&read);
        cert_clear(&cert);
    }
}
END_TEST

static const char *name_input(void *context, size_t input)
{
    ck_assert_int_eq(*(int *)context, 7);
    return input == 2 ? "pixel[2]" : NULL;
}

static const char *name_relu(void *context, size_t relu)
{
    ck_assert_int_eq(*(int *)context, 7);
    return relu == 1 ? "Relu_7" : "Relu_3";
}

START_TEST(remarks_are_read_over)
{
    int context = 7;
    const struct cert_names names = {name_input, name_relu, &context};
    struct cert cert;
    struct cert read;
    struct error error = {0};
    ref_cert_example(&cert);
    char *text = print(&cert, true, &names);
    ck_assert_ptr_nonnull(
        strstr(text, "\nsplit x2 refresh 0-1  # 7 leaves, pixel[2]\n"));
    ck_assert_ptr_nonnull(
        strstr(text, "\n split n1.300 refresh 1  # 2 leaves, Relu_7\n"));
    ck_assert_ptr_nonnull(
        strstr(text, "\n split x0 17/32 refresh 0  # 5 leaves\n"));
    ck_assert_ptr_nonnull(strstr(text, "\n    split x1 at 0  # 2 leaves\n"));
    ck_assert_int_eq(cert_text_read(&read, text, strlen(text), &error),
                     STATUS_OK);
    ck_assert(ref_cert_is_same(&cert, &read));
    free(text);
    cert_clear(&read);
    text = print(&cert, true, NULL);
    ck_assert_ptr_nonnull(strstr(text, "refresh 0-1  # 7 leaves\n"));
    free(text);
    cert_clear(&cert);
}
END_TEST

START_TEST(a_witness_is_written_in_hexadecimal)
{
    static const double values[] = {0.1, -0.0, 0x1p-1074, -0x1.8p1000, 3.0};
    struct cert cert = {.verdict = CERT_SAT, .n_inputs = 5};
    struct cert read;
    struct error error = {0};
    NEW_ARRAY(cert.witness, 5);
    memcpy(cert.witness, values, sizeof values);
    char *text = print(&cert, false, NULL);
    ck_assert_ptr_nonnull(strstr(text, "astc 2 sat\nnetwork 00"));
    ck_assert_str_eq(strstr(text, "x0"), "x0 0x1.999999999999ap-4\n"
                                         "x1 -0x0p+0\n"
                                         "x2 0x0.0000000000001p-1022\n"
                                         "x3 -0x1.8p+1000\n"
                                         "x4 0x1.8p+1\n");
    ck_assert_int_eq(cert_text_read(&read, text, strlen(text), &error),
                     STATUS_OK);
    ck_assert(ref_cert_is_same(&cert, &read));
    free(text);
    cert_clear(&read);
    cert_clear(&cert);
    ck_assert_uint_eq(alloc_live_bytes(), 0);
}
END_TEST

/* Certificates about cells are the same after a turn through both forms. */
START_TEST(cells_have_both_forms)
{
    for (int is_sat = 0; is_sat < 2; is_sat++) {
        struct cert cert = {.verdict = is_sat == 1 ? CERT_SAT : CERT_UNSAT,
                            .has_cells = true,
                            .n_inputs = is_sat == 1 ? 1 : 0,
                            .network_hash = {1, 2, 3}};
        struct cert read[2];
        struct bytes bytes = {0};
        struct error error = {0};
        if (is_sat == 1) {
            NEW_ARRAY(cert.witness, 1);
            cert.witness[0] = 0.5;
        }
        char *text = print(&cert, false, NULL);
        ck_assert_ptr_nonnull(
            strstr(text, is_sat == 1 ? "astc 2 sat cells\nnetwork 0102"
                                     : "astc 2 unsat cells\nnetwork 0102"));
        ck_assert_int_eq(cert_text_read(&read[0], text, strlen(text), &error),
                         STATUS_OK);
        cert_bin_encode(&bytes, &read[0], NULL);
        ck_assert_int_eq(bytes.data[5],
                         is_sat == 1 ? CERT_BIN_SAT_CELL : CERT_BIN_CELLS);
        ck_assert_int_eq(cert_bin_decode(&read[1], &bytes, &error), STATUS_OK);
        ck_assert(read[1].has_cells);
        ck_assert_int_eq(cert_check(&read[1], &error), STATUS_OK);
        char *again = print(&read[1], true, NULL);
        ck_assert_str_eq(text, again);
        FILE *file = tmpfile();
        ck_assert_ptr_nonnull(file);
        cert_figures_print(file, &read[1]);
        ck_assert_int_eq(fclose(file), 0);
        free(text);
        free(again);
        bytes_clear(&bytes);
        cert_clear(&read[0]);
        cert_clear(&read[1]);
        cert_clear(&cert);
    }
    ck_assert_uint_eq(alloc_live_bytes(), 0);
}
END_TEST

/* The example with the first `old` replaced; to be freed. */
static char *replace(const char *old, const char *new)
{
    const char *at = strstr(ref_cert_example_text, old);
    const size_t n = strlen(ref_cert_example_text) + strlen(new) + 1;
    ck_assert_msg(at != NULL, "%s", old);
    char *text = malloc(n);
    ck_assert_ptr_nonnull(text);
    (void)snprintf(text, n, "%.*s%s%s", (int)(at - ref_cert_example_text),
                   ref_cert_example_text, new, at + strlen(old));
    return text;
}

START_TEST(mistakes_are_named_with_their_place)
{
    static const struct {
        const char *old;
        const char *new;
        size_t line; /* 0: found when all is read */
        const char *message;
    } rows[] = {
        {"astc 2", "astc 1", 1, "expected version 2"},
        {"unsat", "unsad", 1, "expected 'unsat'"},
        {"box 40", "box 61", 1, "a smaller number"},
        {"slopes 16 8", "slopes 16 9", 1, "a smaller number"},
        {"slopes 16 8", "slopes 0 8", 0, "a grid out of range"},
        {"1a1a", "1A1a", 2, "64 digits from 0 to f"},
        {"1a1a1a1a\n", "1a1a1a1a1a\n", 2, "the end of the line"},
        {"3 inputs", "2 inputs", 0, "a split of no input"},
        {"2 relus", "65 relus", 5, "a smaller number"},
        {"2 relus", "1 relus", 0, "a refresh of no ReLU layer"},
        {"n0.1\n", "n2.1\n", 0, "a split of no neuron"},
        {"1 cases", "2 cases", 26, "expected 'case'"},
        {"1 cases", "0 cases", 6, "the end of the text"},
        {"case 0", "case 1", 6, "the next case"},
        {"disjuncts 3", "disjuncts 1", 9, "a closing of an open disjunct"},
        {"split x2", "leap x2", 7, "'split' or 'leaf'"},
        {"x2 refresh 0-1", "x2 refresh 0-64", 7, "a smaller number"},
        {"x2 refresh 0-1", "x2 refresh 0-2", 0, "a refresh of no ReLU layer"},
        {"close 1 default", "close 1 atom 0 2*2^0", 8, "an odd mantissa"},
        {"n1.300", "n1", 9, "'.' and an element"},
        {"12/256", "257/256", 10, "a smaller number"},
        {"12/256", "12/128", 10, "the power of two"},
        {"lower", "below", 11, "'lower' or 'upper'"},
        {"n0.3 lower", "n0.3 lower atom 0 1*2^0", 0, "atoms in a lemma"},
        {"literal 0", "literal 1", 0, "a multiplier of no neuron split"},
        {"2^-13", "2^-10001", 14, "a smaller number"},
        {"2731*", "4611686018427387905*", 14, "a smaller number"},
        {"17/32", "17/31", 15, "expected '/32'"},
        {"17/32", "0/32", 0, "a threshold outside its box"},
        {"17/32", "32/32", 15, "a smaller number"},
        {"-123456", "-4611686018427387904", 19, "a smaller number"},
        {"close 0 atom 1 1*2^0 atom 2 1*2^2", "close 1 default", 17,
         "a closing of an open disjunct"},
        {"close 0 atom 1 1*2^0 atom 2 1*2^2",
         "close 0 default\n   close 2 default", 0,
         "a split that closes all disjuncts"},
        {"literal 0 2731*2^-13", "\n    close 0 atom 0 1*2^0", 0,
         "a closing of no open disjunct"},
        {"close 2 atom 0 3*2^-1 atom 4 1*2^0 literal 0 2731*2^-13",
         "close 2 default", 0, "a leaf that tells a default"},
        {"     leaf\n     leaf\n   leaf\n", "     leaf\n     leaf\n", 25,
         "'split' or 'leaf'"},
        {"     leaf\n     leaf\n   leaf\n",
         "     leaf\n     leaf\n   leaf\nleaf\n", 26, "the end of the text"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct cert cert;
        struct error error = {0};
        char *text = replace(rows[i].old, rows[i].new);
        const enum status status =
            cert_text_read(&cert, text, strlen(text), &error);
        ck_assert_msg(status != STATUS_OK && error.line == rows[i].line &&
                          strstr(error.message, rows[i].message) != NULL,
                      "%s: status %d, line %zu: %s", rows[i].new, (int)status,
                      error.line, error.message);
        ck_assert_ptr_null(cert.trees);
        free(text);
    }
    ck_assert_uint_eq(alloc_live_bytes(), 0);
}
END_TEST

START_TEST(numbers_that_are_no_doubles_are_refused)
{
    static const char *const numbers[] = {"1.5",       "0x1.8",
                                          "0x1p2000",  "0x1.00000000000001p0",
                                          "0x1p-1075", "0x1.8p-1074",
                                          "0xp1",      "inf",
                                          "nan",       "0x1..8p1",
                                          "0x1p",      "0x1.8p1 2",
                                          "--0x1p1",   "0x123456789abcdef01p0"};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        struct cert cert;
        struct error error = {0};
        char text[512];
        (void)snprintf(text, sizeof text, "astc 2 sat\n%.*sx0 %s\n",
                       (int)(strstr(ref_cert_example_text, "shape") -
                             strstr(ref_cert_example_text, "network")),
                       strstr(ref_cert_example_text, "network"), numbers[i]);
        ck_assert_msg(cert_text_read(&cert, text, strlen(text), &error) !=
                              STATUS_OK &&
                          error.line == 5,
                      "%s: line %zu", numbers[i], error.line);
    }
    ck_assert_uint_eq(alloc_live_bytes(), 0);
}
END_TEST

START_TEST(figures_count_every_record)
{
    struct cert cert;
    struct cert_figures figures;
    char *text = NULL;
    size_t n = 0;
    ref_cert_example(&cert);
    cert_figures_count(&figures, &cert);
    ck_assert_uint_eq(figures.n_nodes, 13);
    ck_assert_uint_eq(figures.n_leaves, 7);
    ck_assert_uint_eq(figures.n_explicit, 1);
    ck_assert_uint_eq(figures.n_refreshes, 5);
    ck_assert_uint_eq(figures.n_midpoints, 1);
    ck_assert_uint_eq(figures.n_fractions, 1);
    ck_assert_uint_eq(figures.n_grid, 2);
    ck_assert_uint_eq(figures.n_neuron_splits, 2);
    ck_assert_uint_eq(figures.n_slopes, 1);
    ck_assert_uint_eq(figures.n_lemmas, 2);
    ck_assert_uint_eq(figures.n_closed, 2);
    ck_assert_uint_eq(figures.n_combinations, 2);
    ck_assert_uint_eq(figures.n_multipliers, 7);
    ck_assert_uint_eq(figures.n_depths, 6);
    ck_assert_uint_eq(figures.leaves_at[2], 3);
    ck_assert_uint_eq(figures.leaves_at[3], 1);
    ck_assert_uint_eq(figures.leaves_at[4], 1);
    ck_assert_uint_eq(figures.leaves_at[5], 2);
    cert_figures_clear(&figures);
    FILE *stream = open_memstream(&text, &n);
    ck_assert_ptr_nonnull(stream);
    cert_figures_print(stream, &cert);
    ck_assert_int_eq(fclose(stream), 0);
    ck_assert_ptr_nonnull(strstr(text, "\nrefresh bits: 5\n"));
    ck_assert_ptr_nonnull(strstr(text, "\nbits for fraction: "));
    ck_assert_ptr_nonnull(strstr(text, "\nleaves at depth 2: 3\n"));
    free(text);
    cert_clear(&cert);
    ck_assert_uint_eq(alloc_live_bytes(), 0);
}
END_TEST

TCase *test_cases(void)
{
    TCase *cases = tcase_create("cert_text");
    tcase_add_test(cases, the_example_is_written_as_it_was_read);
    tcase_add_test(cases, ranges_of_layers_are_written_shortly);
    tcase_add_test(cases, remarks_are_read_over);
    tcase_add_test(cases, a_witness_is_written_in_hexadecimal);
    tcase_add_test(cases, cells_have_both_forms);
    tcase_add_test(cases, mistakes_are_named_with_their_place);
    tcase_add_test(cases, numbers_that_are_no_doubles_are_refused);
    tcase_add_test(cases, figures_count_every_record);
    return cases;
}
