/* Building certificates from recorded trees; walks and figures. */
#include "proofs/cert.h"
#include "proofs/cert_figures.h"
#include "proofs/sink_build.h"
#include "src/base/alloc.h"
#include "tests/ref/ref_cert.h"
#include "tests/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const size_t ONE[] = {1};
static const struct cert_shape SHAPE = {4, 1, ONE};

static struct sink_split split_input(uint32_t input)
{
    return (struct sink_split){
        .kind = SINK_INPUT, .index = input, .is_default_threshold = true};
}

static struct sink_split split_neuron(uint32_t relu, uint32_t element)
{
    return (struct sink_split){
        .kind = SINK_NEURON, .index = relu, .element = element};
}

static enum status build(struct cert *cert, const struct sink *sink,
                         char message[ERROR_MESSAGE_BYTES])
{
    struct error error = {0};
    cert_init(cert, &SHAPE);
    const enum status status = sink_build_tree(cert, 0, sink, &error);
    (void)snprintf(message, ERROR_MESSAGE_BYTES, "%s", error.message);
    return status;
}

/* The tree as a word: i, t, n for the splits, l, w for the leaves, capital
 * where facts are refreshed. */
static void spell(char *word, const struct cert_tree *tree)
{
    static const char letters[2][6] = {"itnlw", "ITNLW"};
    for (size_t i = 0; i < tree->nodes.n; i++) {
        const struct cert_node *node = &tree->nodes.data[i];
        *word++ = letters[node->refresh ? 1 : 0][node->kind];
    }
    *word = '\0';
}

START_TEST(nodes_come_in_pre_order)
{
    struct sink *sink = sink_create();
    struct cert cert;
    char message[ERROR_MESSAGE_BYTES];
    char word[16];
    const struct sink_split splits[] = {split_input(1), split_neuron(0, 9),
                                        split_input(2)};
    (void)sink_root(sink);
    (void)sink_split(sink, 0, &splits[0]);
    (void)sink_split(sink, 2, &splits[2]);
    (void)sink_split(sink, 1, &splits[1]);
    for (uint32_t leaf = 3; leaf < 7; leaf++) {
        sink_close(sink, leaf, NULL);
    }
    ck_assert_int_eq(build(&cert, sink, message), STATUS_OK);
    const struct cert_node *nodes = cert.trees[0].nodes.data;
    spell(word, &cert.trees[0]);
    ck_assert_str_eq(word, "INLLILL");
    ck_assert_uint_eq(nodes[0].index, 1);
    ck_assert_uint_eq(nodes[1].index, 0);
    ck_assert_uint_eq(nodes[1].element, 9);
    ck_assert_uint_eq(nodes[4].index, 2);
    cert_clear(&cert);
    sink_destroy(sink);
    ck_assert_uint_eq(alloc_live_bytes(), 0);
}
END_TEST

/* A tree in which every leaf is n splits deep. */
static struct sink *record_full_tree(unsigned n)
{
    const struct sink_split split = split_input(0);
    const uint32_t n_inner = (1U << n) - 1;
    struct sink *sink = sink_create();
    (void)sink_root(sink);
    for (uint32_t node = 0; node < n_inner; node++) {
        (void)sink_split(sink, node, &split);
    }
    for (uint32_t leaf = n_inner; leaf <= 2 * n_inner; leaf++) {
        sink_close(sink, leaf, NULL);
    }
    return sink;
}

START_TEST(closings_keep_their_multipliers)
{
    const struct sink_split neuron = split_neuron(3, 5);
    const struct sink_split input = split_input(0);
    const struct sink_multiplier atoms[] = {{2, 0.375}, {7, 2.0}};
    const struct sink_multiplier literal = {1, 0.5};
    const struct sink_refutation refutation = {
        .n_atoms = 2, .atoms = atoms, .n_literals = 1, .literals = &literal};
    const struct sink_closing closing = {1, &refutation};
    struct sink *sink = sink_create();
    struct cert cert;
    char message[ERROR_MESSAGE_BYTES];
    char word[16];
    (void)sink_root(sink);
    (void)sink_split(sink, 0, &input);
    (void)sink_split(sink, 1, &neuron);
    sink_close(sink, 4, &closing);
    sink_close(sink, 3, NULL);
    sink_close(sink, 2, NULL);
    ck_assert_int_eq(build(&cert, sink, message), STATUS_OK);
    const struct cert_tree *tree = &cert.trees[0];
    spell(word, tree);
    ck_assert_str_eq(word, "INLWL");
    ck_assert_uint_eq(tree->closings.n, 1);
    ck_assert_uint_eq(tree->closings.data[0].n_atoms, 2);
    ck_assert_uint_eq(tree->closings.data[0].n_literals, 1);
    ck_assert_uint_eq(tree->multipliers.data[0].mantissa, 3);
    ck_assert_int_eq(tree->multipliers.data[0].exponent, -3);
    ck_assert_uint_eq(tree->multipliers.data[1].index, 7);
    ck_assert_uint_eq(tree->multipliers.data[2].index, 1);
    ck_assert_int_eq(tree->multipliers.data[2].exponent, -1);
    cert_clear(&cert);
    sink_destroy(sink);
}
END_TEST

START_TEST(thresholds_are_exact)
{
    struct sink *sink = sink_create();
    struct cert cert;
    char message[ERROR_MESSAGE_BYTES];
    struct sink_split split = {.kind = SINK_INPUT, .threshold = -1.40625};
    (void)sink_root(sink);
    (void)sink_split(sink, 0, &split);
    split.threshold = 0.0;
    (void)sink_split(sink, 1, &split);
    split.threshold = 0x1p-40;
    (void)sink_split(sink, 2, &split);
    for (uint32_t leaf = 3; leaf < 7; leaf++) {
        sink_close(sink, leaf, NULL);
    }
    ck_assert_int_eq(build(&cert, sink, message), STATUS_OK);
    const struct cert_dyadic *at = cert.trees[0].thresholds.data;
    ck_assert_uint_eq(cert.trees[0].thresholds.n, 3);
    ck_assert_int_eq(at[0].mantissa, -45);
    ck_assert_int_eq(at[0].exponent, -5);
    ck_assert_int_eq(at[1].mantissa, 0);
    ck_assert_int_eq(at[1].exponent, 0);
    ck_assert_int_eq(at[2].mantissa, 1);
    ck_assert_int_eq(at[2].exponent, -40);
    cert_clear(&cert);
    sink_destroy(sink);
}
END_TEST

/* Builds the tree root -> (leaf closed by `closing`, leaf) and expects a
 * refusal that leaves the tree missing. */
static void expect_refusal(const struct sink_split *split,
                           const struct sink_closing *closing,
                           const char *expected)
{
    struct sink *sink = sink_create();
    struct cert cert;
    char message[ERROR_MESSAGE_BYTES];
    (void)sink_root(sink);
    (void)sink_split(sink, 0, split);
    sink_close(sink, 1, closing);
    sink_close(sink, 2, NULL);
    ck_assert_int_eq(build(&cert, sink, message), STATUS_LIMIT);
    ck_assert_msg(strstr(message, expected) != NULL, "%s", message);
    ck_assert_uint_eq(cert.trees[0].nodes.n, 0);
    cert_clear(&cert);
    sink_destroy(sink);
}

START_TEST(what_the_form_cannot_say_is_refused)
{
    const struct sink_split input = split_input(0);
    const struct sink_split absent = split_input(4);
    const struct sink_split off_grid = {.kind = SINK_INPUT,
                                        .threshold = 0x1p-41};
    const struct sink_split absent_at = {
        .kind = SINK_INPUT, .index = 4, .threshold = 1.0};
    const struct sink_split neuron = split_neuron(0, 0);
    const struct sink_multiplier literal = {0, 1.0};
    const struct sink_multiplier beyond = {1, 1.0};
    const struct sink_refutation on_root[2] = {
        {.n_literals = 1, .literals = &literal}, {.is_default = true}};
    const struct sink_refutation on_none = {.n_literals = 1,
                                            .literals = &beyond};
    const struct sink_closing one = {1, on_root};
    const struct sink_closing two = {2, on_root};
    const struct sink_closing none = {1, &on_none};
    expect_refusal(&absent, NULL, "a split of no input");
    expect_refusal(&absent_at, NULL, "a split of no input");
    expect_refusal(&off_grid, NULL, "off the grid");
    expect_refusal(&input, &one, "no neuron split");
    expect_refusal(&neuron, &none, "no neuron split");
    expect_refusal(&neuron, &two, "another number of disjuncts");
}
END_TEST

START_TEST(an_open_node_is_refused)
{
    struct sink *sink = sink_create();
    struct cert cert;
    char message[ERROR_MESSAGE_BYTES];
    (void)sink_root(sink);
    ck_assert_int_eq(build(&cert, sink, message), STATUS_LIMIT);
    ck_assert_ptr_nonnull(strstr(message, "left a region open"));
    cert_clear(&cert);
    sink_destroy(sink);
}
END_TEST

START_TEST(figures_count_nodes_and_depths)
{
    struct cert cert;
    struct cert_figures figures;
    ref_cert_example(&cert);
    cert_figures_count(&figures, &cert);
    ck_assert_uint_eq(figures.n_nodes, 7);
    ck_assert_uint_eq(figures.n_leaves, 4);
    ck_assert_uint_eq(figures.n_explicit, 1);
    ck_assert_uint_eq(figures.n_refreshes, 5);
    ck_assert_uint_eq(figures.n_input_splits, 2);
    ck_assert_uint_eq(figures.n_neuron_splits, 1);
    ck_assert_uint_eq(figures.n_multipliers, 3);
    ck_assert_uint_eq(figures.n_depths, 3);
    ck_assert_uint_eq(figures.leaves_at[0], 0);
    ck_assert_uint_eq(figures.leaves_at[1], 0);
    ck_assert_uint_eq(figures.leaves_at[2], 4);
    cert_figures_clear(&figures);
    cert_clear(&cert);
    ck_assert_uint_eq(alloc_live_bytes(), 0);
}
END_TEST

START_TEST(figures_are_printed_by_ranges_of_depths)
{
    struct cert cert;
    char *text = NULL;
    size_t n = 0;
    FILE *stream = open_memstream(&text, &n);
    struct sink *sink = record_full_tree(2);
    struct error error = {0};
    cert_init(&cert, &SHAPE);
    ck_assert_int_eq(sink_build_tree(&cert, 0, sink, &error), STATUS_OK);
    cert_figures_print(stream, &cert);
    ck_assert_int_eq(fclose(stream), 0);
    ck_assert_str_eq(text, "bytes: 144\ncases: 1\nnodes: 7\ninput splits: 3\n"
                           "neuron splits: 0\nrefreshes: 7\nleaves: 4\n"
                           "explicit leaves: 0\nmultipliers: 0\n"
                           "bytes per leaf: 36.00\nleaves at depth 0: 0\n"
                           "leaves at depth 1: 0\nleaves at depth 2: 4\n");
    free(text);
    cert_clear(&cert);
    sink_destroy(sink);
}
END_TEST

START_TEST(inputs_are_numbered_by_the_fewest_bits)
{
    static const unsigned expected[] = {0, 0, 1, 2, 2, 3, 3, 3, 3, 4};
    for (size_t n = 0; n < sizeof expected / sizeof *expected; n++) {
        ck_assert_uint_eq(cert_index_bits(n), expected[n]);
    }
    ck_assert_uint_eq(cert_index_bits(784), 10);
    ck_assert_uint_eq(cert_index_bits(1024), 10);
}
END_TEST

TCase *test_cases(void)
{
    TCase *cases = tcase_create("cert");
    tcase_add_test(cases, nodes_come_in_pre_order);
    tcase_add_test(cases, closings_keep_their_multipliers);
    tcase_add_test(cases, thresholds_are_exact);
    tcase_add_test(cases, what_the_form_cannot_say_is_refused);
    tcase_add_test(cases, an_open_node_is_refused);
    tcase_add_test(cases, figures_count_nodes_and_depths);
    tcase_add_test(cases, figures_are_printed_by_ranges_of_depths);
    tcase_add_test(cases, inputs_are_numbered_by_the_fewest_bits);
    return cases;
}
