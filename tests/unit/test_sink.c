/* Trees under construction: numbering, completeness, rounded multipliers. */
#include "proofs/sink.h"
#include "proofs/sink_nodes.h"
#include "src/base/alloc.h"
#include "tests/suite.h"

#include <math.h>

static const struct sink_split DEFAULT_SPLIT = {
    .kind = SINK_INPUT, .index = 3, .is_default_threshold = true};

START_TEST(children_are_numbered_in_pairs)
{
    struct sink *sink = sink_create();
    ck_assert_uint_eq(sink_root(sink), 0);
    ck_assert_uint_eq(sink_split(sink, 0, &DEFAULT_SPLIT), 1);
    ck_assert_uint_eq(sink_split(sink, 2, &DEFAULT_SPLIT), 3);
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
    (void)sink_split(sink, 0, &DEFAULT_SPLIT);
    (void)sink_split(sink, 1, &DEFAULT_SPLIT);
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
    (void)sink_split(sink, 0, &DEFAULT_SPLIT);
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
    ck_assert_uint_eq(sink_split(NULL, 7, &DEFAULT_SPLIT), 0);
    sink_close(NULL, 7, NULL);
    ck_assert(!sink_is_complete(NULL));
    sink_destroy(NULL);
}
END_TEST

START_TEST(splits_keep_what_they_split)
{
    const struct sink_split neuron = {
        .kind = SINK_NEURON, .index = 2, .element = 17};
    const struct sink_split at = {
        .kind = SINK_INPUT, .index = 1, .threshold = -0.375};
    struct sink *sink = sink_create();
    (void)sink_root(sink);
    (void)sink_split(sink, 0, &neuron);
    (void)sink_split(sink, 2, &at);
    const struct sink_node *nodes = sink->nodes.data;
    ck_assert_int_eq(nodes[0].state, SINK_STATE_NEURON);
    ck_assert_uint_eq(nodes[0].index, 2);
    ck_assert_uint_eq(nodes[0].element, 17);
    ck_assert_int_eq(nodes[2].state, SINK_STATE_INPUT_AT);
    ck_assert_uint_eq(nodes[2].child, 3);
    ck_assert(fabs(sink->thresholds.data[nodes[2].element] + 0.375) <= 0.0);
    sink_destroy(sink);
}
END_TEST

/* Closes a root by one disjunct with the given multipliers. */
static struct sink *close_by(size_t n_atoms,
                             const struct sink_multiplier *atoms,
                             size_t n_literals,
                             const struct sink_multiplier *literals)
{
    const struct sink_refutation refutation = {.n_atoms = n_atoms,
                                               .atoms = atoms,
                                               .n_literals = n_literals,
                                               .literals = literals};
    const struct sink_closing closing = {1, &refutation};
    struct sink *sink = sink_create();
    sink_close(sink, sink_root(sink), &closing);
    return sink;
}

START_TEST(multipliers_are_the_nearest_odd_dyadics)
{
    static const struct {
        double value;
        uint16_t mantissa;
        int16_t exponent;
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
        const struct sink_term *term = &sink->terms.data[1];
        ck_assert_uint_eq(term->index, 5);
        ck_assert_msg(term->mantissa == examples[i].mantissa &&
                          term->exponent == examples[i].exponent,
                      "%a became %u * 2^%d", examples[i].value,
                      (unsigned)term->mantissa, (int)term->exponent);
        sink_destroy(sink);
    }
}
END_TEST

START_TEST(what_is_not_positive_is_dropped)
{
    const struct sink_multiplier atoms[2] = {{0, 0.0}, {1, 1.0}};
    const struct sink_multiplier literals[3] = {{0, -1e-9}, {1, 0.5}, {2, 0.0}};
    struct sink *sink = close_by(2, atoms, 3, literals);
    const struct sink_entry *entry = &sink->closings.data[0];
    ck_assert_uint_eq(entry->n_atoms, 1);
    ck_assert_uint_eq(entry->n_literals, 1);
    ck_assert_uint_eq(sink->terms.data[1].index, 1);
    sink_destroy(sink);
}
END_TEST

START_TEST(a_multiple_of_one_atom_is_the_default)
{
    const struct sink_multiplier atoms[2] = {{0, 0.7}, {1, 0.0}};
    struct sink *sink = close_by(2, atoms, 0, NULL);
    ck_assert_int_eq(sink->nodes.data[0].state, SINK_STATE_LEAF);
    ck_assert_uint_eq(sink->closings.n, 0);
    ck_assert_uint_eq(sink->terms.n, 0);
    sink_destroy(sink);
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
    tcase_add_test(cases, multipliers_are_the_nearest_odd_dyadics);
    tcase_add_test(cases, what_is_not_positive_is_dropped);
    tcase_add_test(cases, a_multiple_of_one_atom_is_the_default);
    return cases;
}
