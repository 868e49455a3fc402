/* The passes of minimization on hand-made trees and a made-up arithmetic:
 * lemmas and slopes. */
#include "proofs/minimize.h"
#include "tests/ref/ref_oracle.h"
#include "tests/suite.h"

/* More inputs than are worth splitting. */
enum { MANY_INPUTS = 100 };

START_TEST(lemmas_and_slopes_that_nothing_needs_go)
{
    struct ref_oracle fake = {.limit = 1.6};
    struct cert cert;
    ref_oracle_begin(&cert);
    cert.n_inputs = MANY_INPUTS;
    const uint32_t child = ref_oracle_split(&cert, 0, CERT_INPUT);
    struct cert_tree *tree = &cert.trees[0];
    const struct cert_details own = {.n_lemmas = 2, .n_slopes = 1};
    VEC_PUSH(&tree->slopes, ((struct cert_slope){0, 0, 128}));
    VEC_PUSH(&tree->lemmas, ((struct cert_lemma){.relu = 0, .element = 0}));
    VEC_PUSH(&tree->lemmas, ((struct cert_lemma){.relu = 1, .element = 1}));
    tree->nodes.data[child].details = 0;
    tree->nodes.data[child].refresh = 0;
    VEC_PUSH(&tree->details, own);
    const struct minimize_size size =
        ref_oracle_run(&fake, &cert, MINIMIZE_LEMMAS, MINIMIZE_GREEDY);
    ck_assert_uint_eq(size.n_lemmas, 1);
    ck_assert_uint_eq(size.n_slopes, 0);
    const struct cert_details rest =
        cert_node_details(tree, &tree->nodes.data[child]);
    ck_assert_uint_eq(tree->lemmas.data[rest.first_lemma].relu, 0);
    cert_clear(&cert);
}
END_TEST

/* Leaf `at` has lemmas for elements 0 and 1 of layer 0, and a slope. */
static void add_lemmas(struct cert *cert, uint32_t at)
{
    struct cert_tree *tree = &cert->trees[0];
    struct cert_details own = {.first_lemma = tree->lemmas.n,
                               .first_slope = tree->slopes.n,
                               .n_lemmas = 2,
                               .n_slopes = 1};
    const uint32_t before = tree->nodes.data[at].details;
    if (before != CERT_NONE) {
        own.first_closing = tree->details.data[before].first_closing;
        own.n_closings = tree->details.data[before].n_closings;
    }
    VEC_PUSH(&tree->lemmas, ((struct cert_lemma){.element = 0}));
    VEC_PUSH(&tree->lemmas, ((struct cert_lemma){.element = 1}));
    VEC_PUSH(&tree->slopes, ((struct cert_slope){.slope = 1}));
    tree->nodes.data[at].details = (uint32_t)tree->details.n;
    tree->nodes.data[at].refresh = 0;
    VEC_PUSH(&tree->details, own);
}

/* A leaf that closes by default and a lemma, and one that closes by a
 * combination and has the same lemmas. */
static struct minimize_size slice(bool is_silent)
{
    const struct cert_multiplier one = {.mantissa = 1};
    struct ref_oracle fake = {
        .limit = 1.6, .atom = {1.0}, .least = 0.5, .is_silent = is_silent};
    struct cert cert;
    ref_oracle_begin(&cert);
    const uint32_t child = ref_oracle_split(&cert, 0, CERT_INPUT);
    ref_oracle_close(&cert, child + 1, &one, 1, 0);
    add_lemmas(&cert, child);
    add_lemmas(&cert, child + 1);
    const struct minimize_size size =
        ref_oracle_run(&fake, &cert, MINIMIZE_SLICE, MINIMIZE_GREEDY);
    const struct cert_tree *tree = &cert.trees[0];
    const uint32_t left = tree->nodes.data[0].child;
    const struct cert_details own =
        cert_node_details(tree, &tree->nodes.data[left]);
    ck_assert_uint_eq(tree->lemmas.data[own.first_lemma].element, 0);
    cert_clear(&cert);
    return size;
}

START_TEST(lemmas_that_no_closing_looks_at_go)
{
    const struct minimize_size size = slice(false);
    ck_assert_uint_eq(size.n_lemmas, 1);
    ck_assert_uint_eq(size.n_slopes, 0);
    ck_assert_uint_eq(size.n_multipliers, 1);
}
END_TEST

START_TEST(a_leaf_that_does_not_close_any_more_gets_its_lemmas_back)
{
    const struct minimize_size size = slice(true);
    ck_assert_uint_eq(size.n_lemmas, 2);
    ck_assert_uint_eq(size.n_slopes, 1);
}
END_TEST

/* Unlearns a certificate of one neuron split, with a lemma in a child, for an
 * oracle of this limit; `kind` receives that of the root afterwards. */
static struct minimize_size unlearn(double limit, enum cert_kind *kind)
{
    struct ref_oracle fake = {.limit = limit};
    struct cert cert;
    ref_oracle_begin(&cert);
    const uint32_t child = ref_oracle_split(&cert, 0, CERT_NEURON);
    struct cert_tree *tree = &cert.trees[0];
    const struct cert_details own = {.n_lemmas = 1};
    VEC_PUSH(&tree->lemmas, ((struct cert_lemma){.relu = 0, .element = 0}));
    VEC_PUSH(&tree->details, own);
    tree->nodes.data[child].details = 0;
    const struct minimize_size size =
        ref_oracle_run(&fake, &cert, MINIMIZE_UNLEARN, MINIMIZE_GREEDY);
    *kind = tree->nodes.data[0].kind;
    cert_clear(&cert);
    return size;
}

START_TEST(few_splits_of_inputs_take_the_place_of_lemmas)
{
    enum cert_kind kind = CERT_LEAF;
    const struct minimize_size size = unlearn(0.6, &kind);
    ck_assert_uint_eq(size.n_lemmas, 0);
    ck_assert_uint_eq(size.n_leaves, 4);
    ck_assert_uint_eq(kind, CERT_INPUT);
}
END_TEST

START_TEST(lemmas_stay_where_too_many_splits_were_needed)
{
    enum cert_kind kind = CERT_LEAF;
    const struct minimize_size size = unlearn(0x1p-8, &kind);
    ck_assert_uint_eq(size.n_lemmas, 1);
    ck_assert_uint_eq(size.n_leaves, 2);
    ck_assert_uint_eq(kind, CERT_NEURON);
}
END_TEST

TCase *test_cases(void)
{
    TCase *cases = tcase_create("minimize_lemmas");
    tcase_add_test(cases, lemmas_and_slopes_that_nothing_needs_go);
    tcase_add_test(cases, lemmas_that_no_closing_looks_at_go);
    tcase_add_test(cases,
                   a_leaf_that_does_not_close_any_more_gets_its_lemmas_back);
    tcase_add_test(cases, few_splits_of_inputs_take_the_place_of_lemmas);
    tcase_add_test(cases, lemmas_stay_where_too_many_splits_were_needed);
    return cases;
}
