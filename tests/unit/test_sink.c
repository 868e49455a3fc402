/* Trees under construction: numbering, completeness, rounded multipliers. */
#include "proofs/cert_text.h"
#include "proofs/sink.h"
#include "proofs/sink_build.h"
#include "proofs/sink_nodes.h"
#include "src/base/alloc.h"
#include "tests/suite.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct sink_split DEFAULT_SPLIT = {.kind = SINK_INPUT, .index = 3};

START_TEST(children_are_numbered_in_pairs)
{
    struct sink *sink = sink_create();
    ck_assert_uint_eq(sink_root(sink), 0);
    ck_assert_uint_eq(sink_split(sink, 0, &DEFAULT_SPLIT, NULL), 1);
    ck_assert_uint_eq(sink_split(sink, 2, &DEFAULT_SPLIT, NULL), 3);
    ck_assert_uint_eq(sink_root(sink), 5);
    sink_destroy(sink);
    ck_assert_uint_eq(alloc_live_bytes(), 0);
}
END_TEST

START_TEST(a_tree_is_complete_once_every_leaf_is_closed)
{
    struct sink *sink = sink_create();
    ck_assert(!sink_is_complete(sink));
    (void)sink_root(sink);
    (void)sink_split(sink, 0, &DEFAULT_SPLIT, NULL);
    (void)sink_split(sink, 1, &DEFAULT_SPLIT, NULL);
    sink_close(sink, 2, NULL);
    sink_close(sink, 4, NULL);
    ck_assert(!sink_is_complete(sink));
    sink_close(sink, 3, NULL);
    ck_assert(sink_is_complete(sink));
    sink_destroy(sink);
}
END_TEST

START_TEST(one_complete_tree_of_several_is_enough)
{
    struct sink *sink = sink_create();
    (void)sink_root(sink);
    const uint32_t second = sink_root(sink);
    (void)sink_split(sink, 0, &DEFAULT_SPLIT, NULL);
    sink_close(sink, 3, NULL);
    ck_assert(!sink_is_complete(sink));
    sink_close(sink, second, NULL);
    ck_assert(sink_is_complete(sink));
    ck_assert_uint_eq(sink_find_complete(sink), second);
    sink_destroy(sink);
}
END_TEST

START_TEST(nothing_is_recorded_without_a_sink)
{
    ck_assert_uint_eq(sink_root(NULL), 0);
    ck_assert_uint_eq(sink_split(NULL, 7, &DEFAULT_SPLIT, NULL), 0);
    sink_close(NULL, 7, NULL);
    ck_assert(!sink_is_complete(NULL));
    sink_destroy(NULL);
}
END_TEST

START_TEST(splits_keep_what_they_split)
{
    const struct sink_split neuron = {
        .kind = SINK_NEURON, .index = 2, .element = 17};
    const struct sink_split at = {.kind = SINK_INPUT,
                                  .index = 1,
                                  .threshold_kind = SINK_GRID,
                                  .threshold = -0.375};
    const struct sink_split fraction = {.kind = SINK_INPUT,
                                        .index = 3,
                                        .threshold_kind = SINK_FRACTION,
                                        .fraction = 31};
    const struct sink_step step = {.refresh = 5};
    struct sink *sink = sink_create();
    (void)sink_root(sink);
    (void)sink_split(sink, 0, &neuron, NULL);
    (void)sink_split(sink, 2, &at, &step);
    (void)sink_split(sink, 4, &fraction, NULL);
    const struct cert_node *nodes = sink->tree.nodes.data;
    ck_assert_int_eq(nodes[0].kind, CERT_NEURON);
    ck_assert_uint_eq(nodes[0].index, 2);
    ck_assert_uint_eq(nodes[0].element, 17);
    ck_assert_int_eq(nodes[2].kind, CERT_INPUT);
    ck_assert_int_eq(nodes[2].threshold_kind, CERT_GRID);
    ck_assert_int_eq(nodes[2].threshold, -((int64_t)3 << 37U));
    ck_assert_uint_eq(nodes[2].child, 3);
    ck_assert_uint_eq(nodes[2].refresh, 5);
    ck_assert_int_eq(nodes[4].threshold_kind, CERT_FRACTION);
    ck_assert_int_eq(nodes[4].threshold, 31);
    ck_assert_ptr_null(sink->refusal);
    sink_destroy(sink);
}
END_TEST

START_TEST(a_threshold_off_the_grid_is_noticed)
{
    static const double thresholds[] = {0x1p-41, 0x1p30, -0x1p30, HUGE_VAL};
    for (size_t i = 0; i < sizeof thresholds / sizeof *thresholds; i++) {
        const struct sink_split at = {.kind = SINK_INPUT,
                                      .threshold_kind = SINK_GRID,
                                      .threshold = thresholds[i]};
        struct sink *sink = sink_create();
        (void)sink_split(sink, sink_root(sink), &at, NULL);
        ck_assert_ptr_nonnull(sink->refusal);
        sink_destroy(sink);
    }
}
END_TEST

/* Closes a root by one disjunct with the given multipliers. */
static struct sink *close_by(size_t n_atoms,
                             const struct sink_multiplier *atoms,
                             size_t n_literals,
                             const struct sink_multiplier *literals)
{
    const struct sink_closing closing = {
        .by = {n_atoms, n_literals, atoms, literals}};
    const struct sink_step step = {.n_closings = 1, .closings = &closing};
    struct sink *sink = sink_create();
    sink_close(sink, sink_root(sink), &step);
    return sink;
}

START_TEST(multipliers_are_the_nearest_odd_dyadics)
{
    static const struct {
        double value;
        uint64_t mantissa;
        int32_t exponent;
    } examples[] = {{1.0, 1, 0},
                    {0.375, 3, -3},
                    {1.0 / 3.0, 2731, -13},
                    {4095.4, 4095, 0},
                    {4095.5, 1, 12},
                    {1e-3, 2097, -21},
                    {0x1p-1074, 1, -1074},
                    {0x1.fffffffffffffp+1023, 1, 1024}};
    for (size_t i = 0; i < sizeof examples / sizeof *examples; i++) {
        const struct sink_multiplier atoms[2] = {{0, 1.0},
                                                 {5, examples[i].value}};
        struct sink *sink = close_by(2, atoms, 0, NULL);
        const struct cert_multiplier *term = &sink->tree.multipliers.data[1];
        ck_assert_uint_eq(term->index, 5);
        ck_assert_msg(term->mantissa == examples[i].mantissa &&
                          term->exponent == examples[i].exponent,
                      "%a became %llu * 2^%d", examples[i].value,
                      (unsigned long long)term->mantissa, (int)term->exponent);
        sink_destroy(sink);
    }
}
END_TEST

START_TEST(what_is_not_positive_is_dropped)
{
    const struct sink_multiplier atoms[2] = {{0, 0.0}, {1, 1.0}};
    const struct sink_multiplier literals[3] = {{0, -1e-9}, {1, 0.5}, {2, 0.0}};
    struct sink *sink = close_by(2, atoms, 3, literals);
    const struct cert_combination *by = &sink->tree.closings.data[0].by;
    ck_assert_uint_eq(by->n_atoms, 1);
    ck_assert_uint_eq(by->n_literals, 1);
    ck_assert_uint_eq(sink->tree.multipliers.data[1].index, 1);
    sink_destroy(sink);
}
END_TEST

START_TEST(a_multiple_of_one_atom_is_the_default)
{
    const struct sink_multiplier atoms[2] = {{0, 0.7}, {1, 0.0}};
    struct sink *sink = close_by(2, atoms, 0, NULL);
    ck_assert_int_eq(sink->tree.nodes.data[0].kind, CERT_LEAF);
    ck_assert_uint_eq(sink->tree.nodes.data[0].details, CERT_NONE);
    ck_assert_uint_eq(sink->tree.closings.n, 0);
    ck_assert_uint_eq(sink->tree.multipliers.n, 0);
    sink_destroy(sink);
}
END_TEST

START_TEST(slopes_are_the_nearest_of_the_grid)
{
    const struct sink_slope slopes[] = {
        {0, 1, 0.0}, {1, 2, 1.0}, {1, 3, 1.0 / 3.0}, {1, 4, 0.5 / 256.0}};
    static const unsigned expected[] = {0, 256, 85, 1};
    const struct sink_step step = {.n_slopes = 4, .slopes = slopes};
    struct sink *sink = sink_create();
    sink_close(sink, sink_root(sink), &step);
    ck_assert_uint_eq(sink->tree.details.data[0].n_slopes, 4);
    for (size_t i = 0; i < 4; i++) {
        ck_assert_uint_eq(sink->tree.slopes.data[i].slope, expected[i]);
        ck_assert_uint_eq(sink->tree.slopes.data[i].element, i + 1);
    }
    sink_destroy(sink);
}
END_TEST

/* Two searches of which the second one is complete: a neuron split, whose
 * child 1 cites it in a lemma and in a closing. */
static struct sink *record(uint32_t literal)
{
    const struct sink_split neuron = {.kind = SINK_NEURON, .element = 4};
    const struct sink_closing closed = {.disjunct = 1, .is_default = true};
    const struct sink_step first = {
        .refresh = 3, .n_closings = 1, .closings = &closed};
    const struct sink_multiplier terms[] = {{0, 1.0}, {literal, 0.5}};
    const struct sink_lemma lemma = {.relu = 1,
                                     .element = 9,
                                     .is_upper = true,
                                     .by = {0, 1, NULL, &terms[1]}};
    const struct sink_closing closings[] = {
        {.disjunct = 0, .by = {1, 1, terms, &terms[1]}},
        {.disjunct = 2, .is_default = true}};
    const struct sink_step second = {
        .n_lemmas = 1, .n_closings = 2, .lemmas = &lemma, .closings = closings};
    struct sink *sink = sink_create();
    (void)sink_split(sink, sink_root(sink), &DEFAULT_SPLIT, NULL);
    const uint32_t child = sink_split(sink, sink_root(sink), &neuron, &first);
    sink_close(sink, child, NULL);
    sink_close(sink, child + 1, &second);
    return sink;
}

static void init_cert(struct cert *cert)
{
    static const size_t n_disjuncts[] = {3};
    static const struct cert_shape shape = {2, 2, 1, n_disjuncts};
    cert_init(cert, &shape);
}

START_TEST(the_complete_tree_becomes_the_certificate)
{
    static const char expected[] = "case 0 disjuncts 3\n"
                                   "split n0.4 refresh 0-1\n"
                                   "  close 1 default\n"
                                   " leaf\n"
                                   " leaf\n"
                                   "   lemma n1.9 upper literal 0 1*2^-1\n"
                                   "   close 0 atom 0 1*2^0 literal 0 1*2^-1\n";
    struct cert cert;
    struct error error = {0};
    char *text = NULL;
    size_t n = 0;
    struct sink *sink = record(0);
    init_cert(&cert);
    ck_assert_int_eq(sink_build_tree(&cert, 0, sink, &error), STATUS_OK);
    FILE *stream = open_memstream(&text, &n);
    ck_assert_ptr_nonnull(stream);
    cert_text_print(stream, &cert);
    ck_assert_int_eq(fclose(stream), 0);
    ck_assert_str_eq(strstr(text, "case 0"), expected);
    free(text);
    sink_destroy(sink);
    cert_clear(&cert);
    ck_assert_uint_eq(alloc_live_bytes(), 0);
}
END_TEST

START_TEST(what_breaks_a_rule_becomes_no_certificate)
{
    struct cert cert;
    struct error error = {0};
    struct sink *sink = record(1);
    init_cert(&cert);
    ck_assert_int_eq(sink_build_tree(&cert, 0, sink, &error), STATUS_LIMIT);
    ck_assert_ptr_nonnull(
        strstr(error.message, "a multiplier of no neuron split"));
    ck_assert_uint_eq(cert.trees[0].nodes.n, 0);
    sink_destroy(sink);
    sink = sink_create();
    (void)sink_root(sink);
    ck_assert_int_eq(sink_build_tree(&cert, 0, sink, &error), STATUS_LIMIT);
    ck_assert_ptr_nonnull(strstr(error.message, "left a region open"));
    sink_destroy(sink);
    cert_clear(&cert);
    ck_assert_uint_eq(alloc_live_bytes(), 0);
}
END_TEST

TCase *test_cases(void)
{
    TCase *cases = tcase_create("sink");
    tcase_add_test(cases, children_are_numbered_in_pairs);
    tcase_add_test(cases, a_tree_is_complete_once_every_leaf_is_closed);
    tcase_add_test(cases, one_complete_tree_of_several_is_enough);
    tcase_add_test(cases, nothing_is_recorded_without_a_sink);
    tcase_add_test(cases, splits_keep_what_they_split);
    tcase_add_test(cases, a_threshold_off_the_grid_is_noticed);
    tcase_add_test(cases, multipliers_are_the_nearest_odd_dyadics);
    tcase_add_test(cases, what_is_not_positive_is_dropped);
    tcase_add_test(cases, a_multiple_of_one_atom_is_the_default);
    tcase_add_test(cases, slopes_are_the_nearest_of_the_grid);
    tcase_add_test(cases, the_complete_tree_becomes_the_certificate);
    tcase_add_test(cases, what_breaks_a_rule_becomes_no_certificate);
    return cases;
}
