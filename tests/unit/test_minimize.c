/* The passes of minimization on hand-made trees and a made-up arithmetic. */
#include "proofs/minimize.h"
#include "tests/suite.h"

#include <math.h>
#include <string.h>

/* More inputs than are worth splitting. */
enum { DEPTHS = 16, MANY_INPUTS = 100 };
/* Neurons of a layer of the fake. */
enum { WIDTH = 4 };

/*
 * A box of one input, in further cases a wider one, whose width halves with every split, and two ReLU layers
 * whose facts are as wide as the box was when they were refreshed last. By
 * default a disjunct is closed if both facts together are below `limit`; a
 * combination if the gains of its terms, by their multipliers, are above
 * `least`. A lemma for element 0 makes the facts of its layer as narrow as
 * the box, one for another element does nothing. Default closings look at
 * element 0 of both layers, or say that they look at nothing if is_silent.
 */
struct fake {
    size_t depth;
    size_t n_literals[DEPTHS];
    double width[DEPTHS];
    double facts[DEPTHS][2];
    double limit;
    double least;
    double atom[4];
    double literal[4];
    size_t n_chosen;
    struct oracle_term chosen[2];
    bool is_silent;
};

static bool load(void *context, size_t case_index)
{
    struct fake *fake = context;
    const double width = case_index == 0 ? 1.0 : 4.0;
    fake->depth = 0;
    fake->n_literals[0] = 0;
    fake->width[0] = width;
    fake->facts[0][0] = width;
    fake->facts[0][1] = width;
    return true;
}

static bool enter(void *context, const struct oracle_split *split,
                  unsigned side)
{
    struct fake *fake = context;
    const size_t d = ++fake->depth;
    const bool is_neuron = split->kind == ORACLE_NEURON;
    ck_assert_uint_lt(d, DEPTHS);
    ck_assert_uint_lt(side, 2);
    fake->n_literals[d] = fake->n_literals[d - 1] + (is_neuron ? 1 : 0);
    fake->width[d] = fake->width[d - 1] * (is_neuron ? 1.0 : 0.5);
    memcpy(fake->facts[d], fake->facts[d - 1], sizeof fake->facts[d]);
    return true;
}

static void leave(void *context)
{
    struct fake *fake = context;
    ck_assert_uint_gt(fake->depth, 0);
    fake->depth--;
}

static void slope(void *context, uint32_t relu, uint32_t element, double value)
{
    (void)context;
    (void)relu;
    (void)element;
    ck_assert(value >= 0.0 && value <= 1.0);
}

static bool refresh(void *context, uint32_t relu)
{
    struct fake *fake = context;
    fake->facts[fake->depth][relu] = fake->width[fake->depth];
    return true;
}

static bool lemma(void *context, const struct oracle_lemma *one)
{
    return one->element != 0 || refresh(context, one->relu);
}

static double gain(const struct fake *fake, const struct oracle_sum *sum)
{
    double total = -fake->least;
    for (size_t i = 0; i < sum->n; i++) {
        const struct oracle_term *term = &sum->terms[i];
        ck_assert_uint_lt(term->index, 4);
        if (term->is_literal) {
            ck_assert_uint_lt(term->index, fake->n_literals[fake->depth]);
        }
        total +=
            term->multiplier * (term->is_literal ? fake->literal[term->index]
                                                 : fake->atom[term->index]);
    }
    return total;
}

static void find_margins(void *context, double *margins,
                         const struct oracle_sum *sums, size_t n)
{
    const struct fake *fake = context;
    const double *facts = fake->facts[fake->depth];
    for (size_t i = 0; i < n; i++) {
        margins[i] = sums[i].n > 0 ? gain(fake, &sums[i])
                                   : fake->limit - facts[0] - facts[1];
    }
}

static size_t choose(void *context, struct oracle_term *terms, size_t size,
                     uint32_t disjunct)
{
    const struct fake *fake = context;
    (void)disjunct;
    ck_assert_uint_ge(size, fake->n_chosen);
    memcpy(terms, fake->chosen, fake->n_chosen * sizeof *terms);
    return fake->n_chosen;
}

static struct oracle_layer layer(void *context, uint32_t relu)
{
    (void)context;
    return (struct oracle_layer){.first = WIDTH * relu, .width = WIDTH};
}

static double end(void *context, size_t neuron, bool is_upper)
{
    const struct fake *fake = context;
    const double size =
        neuron % WIDTH == 0 ? fake->facts[fake->depth][neuron / WIDTH] : 1.0;
    return is_upper ? size : -size;
}

static void closing_needs(void *context, uint8_t *needs,
                          const struct oracle_sum *sum)
{
    const struct fake *fake = context;
    for (size_t r = 0; r < 2 && sum->n == 0 && !fake->is_silent; r++) {
        needs[WIDTH * r] |= ORACLE_NEEDS_LOWER | ORACLE_NEEDS_UPPER;
    }
}

static void lemma_needs(void *context, uint8_t *needs,
                        const struct oracle_lemma *one, bool is_refresh)
{
    (void)context;
    (void)needs;
    (void)one;
    (void)is_refresh;
}

static double cost(void *context)
{
    (void)context;
    return 0.0;
}

/* A tree of one case and one disjunct with nothing but a root, a leaf. */
static void begin(struct cert *cert)
{
    static const size_t n_disjuncts = 1;
    const struct cert_shape shape = {
        .n_inputs = 1, .n_relus = 2, .n_cases = 1, .n_disjuncts = &n_disjuncts};
    cert_init(cert, &shape);
    VEC_PUSH(&cert->trees[0].nodes,
             ((struct cert_node){.details = CERT_NONE, .refresh = 3}));
}

/* Splits node `at`; its leaves refresh everything. */
static uint32_t split(struct cert *cert, uint32_t at, enum cert_kind kind)
{
    struct cert_tree *tree = &cert->trees[0];
    const uint32_t child = (uint32_t)tree->nodes.n;
    for (int side = 0; side < 2; side++) {
        VEC_PUSH(&tree->nodes,
                 ((struct cert_node){.details = CERT_NONE, .refresh = 3}));
    }
    tree->nodes.data[at].kind = (uint8_t)kind;
    tree->nodes.data[at].child = child;
    return child;
}

/* Closes leaf `at` by these multipliers, atoms first. */
static void close_with(struct cert *cert, uint32_t at,
                       const struct cert_multiplier *multipliers,
                       uint32_t n_atoms, uint32_t n_literals)
{
    struct cert_tree *tree = &cert->trees[0];
    const struct cert_details own = {.first_closing = tree->closings.n,
                                     .n_closings = 1};
    const struct cert_closing closing = {
        .by = {tree->multipliers.n, n_atoms, n_literals}};
    for (uint32_t i = 0; i < n_atoms + n_literals; i++) {
        VEC_PUSH(&tree->multipliers, multipliers[i]);
    }
    VEC_PUSH(&tree->closings, closing);
    tree->nodes.data[at].details = (uint32_t)tree->details.n;
    VEC_PUSH(&tree->details, own);
}

static struct minimize_size run(struct fake *fake, struct cert *cert,
                                enum minimize_pass pass,
                                enum minimize_procedure procedure)
{
    const struct oracle oracle = {.context = fake,
                                  .n_relus = 2,
                                  .n_neurons = 2 * WIDTH,
                                  .load = load,
                                  .enter = enter,
                                  .leave = leave,
                                  .slope = slope,
                                  .lemma = lemma,
                                  .refresh = refresh,
                                  .margins = find_margins,
                                  .choose = choose,
                                  .layer = layer,
                                  .end = end,
                                  .closing_needs = closing_needs,
                                  .lemma_needs = lemma_needs,
                                  .cost = cost};
    const struct minimize_options options = {.passes = 1u << pass,
                                             .procedure = procedure,
                                             .rounds = 1,
                                             .budget = {HUGE_VAL, 0}};
    struct minimize_report report;
    minimize_run(&report, cert, &oracle, &options);
    return minimize_measure(cert);
}

START_TEST(a_leaf_keeps_only_the_layers_it_needs)
{
    struct fake fake = {.limit = 1.6};
    struct cert cert;
    begin(&cert);
    (void)split(&cert, 0, CERT_INPUT);
    const struct minimize_size size =
        run(&fake, &cert, MINIMIZE_REFRESH, MINIMIZE_GREEDY);
    ck_assert_uint_eq(cert.trees[0].nodes.data[0].refresh, 3);
    ck_assert_uint_eq(cert.trees[0].nodes.data[1].refresh, 1);
    ck_assert_uint_eq(cert.trees[0].nodes.data[2].refresh, 1);
    ck_assert_uint_eq(size.n_refreshes, 4);
    cert_clear(&cert);
}
END_TEST

START_TEST(a_refresh_that_a_closing_needs_stays)
{
    struct fake fake = {.limit = 1.1};
    struct cert cert;
    begin(&cert);
    (void)split(&cert, 0, CERT_INPUT);
    const struct minimize_size size =
        run(&fake, &cert, MINIMIZE_REFRESH, MINIMIZE_GREEDY);
    ck_assert_uint_eq(size.n_refreshes, 6);
    cert_clear(&cert);
}
END_TEST

START_TEST(what_the_oracle_cannot_follow_stays_as_recorded)
{
    struct fake fake = {.limit = 0.1};
    struct cert cert;
    begin(&cert);
    const uint32_t child = split(&cert, 0, CERT_INPUT);
    (void)split(&cert, child, CERT_INPUT);
    for (unsigned pass = 0; pass < MINIMIZE_PASSES; pass++) {
        const struct minimize_size size =
            run(&fake, &cert, (enum minimize_pass)pass, MINIMIZE_BETTER);
        ck_assert_uint_eq(size.n_refreshes, 10);
        ck_assert_uint_eq(size.n_leaves, 3);
    }
    cert_clear(&cert);
}
END_TEST

START_TEST(a_node_that_closes_without_its_children_becomes_a_leaf)
{
    struct fake fake = {.limit = 1.1};
    struct cert cert;
    begin(&cert);
    const uint32_t child = split(&cert, 0, CERT_INPUT);
    (void)split(&cert, child, CERT_INPUT);
    const struct minimize_size size =
        run(&fake, &cert, MINIMIZE_MERGE, MINIMIZE_GREEDY);
    ck_assert_uint_eq(cert.trees[0].nodes.data[child].kind, CERT_LEAF);
    ck_assert_uint_eq(cert.trees[0].nodes.data[0].kind, CERT_INPUT);
    ck_assert_uint_eq(size.n_leaves, 2);
    cert_clear(&cert);
}
END_TEST

START_TEST(a_merged_node_takes_the_multipliers_of_its_leaf)
{
    const struct cert_multiplier both[] = {{1, 0, 0}, {1, -2, 1}};
    struct fake fake = {.limit = 0.1, .least = 2.0, .atom = {1.0, 1.0}};
    struct cert cert;
    begin(&cert);
    const uint32_t child = split(&cert, 0, CERT_INPUT);
    close_with(&cert, child, both, 2, 0);
    close_with(&cert, child + 1, both, 2, 0);
    const struct minimize_size size =
        run(&fake, &cert, MINIMIZE_MERGE, MINIMIZE_GREEDY);
    ck_assert_uint_eq(size.n_leaves, 1);
    ck_assert_uint_eq(size.n_multipliers, 2);
    cert_clear(&cert);
}
END_TEST

START_TEST(a_split_that_a_child_does_not_need_goes)
{
    const struct cert_multiplier with_outer[] = {{1, 0, 0}, {1, 0, 1}};
    struct fake fake = {
        .limit = 0.1, .least = 1.5, .atom = {1.0}, .literal = {1.0, 1.0}};
    struct cert cert;
    begin(&cert);
    const uint32_t outer = split(&cert, 0, CERT_NEURON);
    const uint32_t inner = split(&cert, outer, CERT_NEURON);
    close_with(&cert, inner, with_outer, 1, 1);
    (void)split(&cert, inner + 1, CERT_INPUT);
    const struct minimize_size size =
        run(&fake, &cert, MINIMIZE_TRIM, MINIMIZE_GREEDY);
    const struct cert_tree *tree = &cert.trees[0];
    ck_assert_uint_eq(tree->nodes.data[outer].kind, CERT_LEAF);
    ck_assert_uint_eq(size.n_leaves, 2);
    ck_assert_uint_eq(tree->multipliers.data[1].index, 0);
    cert_clear(&cert);
}
END_TEST

START_TEST(a_split_whose_literal_is_cited_stays)
{
    const struct cert_multiplier own[] = {{1, 0, 0}, {1, 0, 0}};
    struct fake fake = {
        .limit = 0.1, .least = 1.5, .atom = {1.0}, .literal = {1.0, 1.0}};
    struct cert cert;
    begin(&cert);
    const uint32_t child = split(&cert, 0, CERT_NEURON);
    close_with(&cert, child, own, 1, 1);
    close_with(&cert, child + 1, own, 1, 1);
    const struct minimize_size size =
        run(&fake, &cert, MINIMIZE_TRIM, MINIMIZE_GREEDY);
    ck_assert_uint_eq(size.n_leaves, 2);
    ck_assert_uint_eq(size.n_multipliers, 4);
    cert_clear(&cert);
}
END_TEST

START_TEST(deletion_keeps_the_multipliers_that_count)
{
    const struct cert_multiplier three[] = {{1, 0, 0}, {1, 0, 1}, {1, 0, 2}};
    struct fake fake = {.limit = 0.1, .least = 1.0, .atom = {0.1, 1.5, 0.1}};
    struct cert cert;
    begin(&cert);
    close_with(&cert, 0, three, 3, 0);
    const struct minimize_size size =
        run(&fake, &cert, MINIMIZE_SPARSE, MINIMIZE_GREEDY);
    ck_assert_uint_eq(size.n_multipliers, 1);
    ck_assert_uint_eq(cert.trees[0].multipliers.data[0].index, 1);
    cert_clear(&cert);
}
END_TEST

START_TEST(the_better_of_both_procedures_counts)
{
    const struct cert_multiplier two[] = {{1, 0, 0}, {1, 0, 1}};
    struct fake fake = {.limit = 0.1,
                        .least = 1.5,
                        .atom = {1.0, 1.0, 0.0, 2.0},
                        .n_chosen = 1,
                        .chosen = {{3, false, 1.0}}};
    struct cert cert;
    begin(&cert);
    close_with(&cert, 0, two, 2, 0);
    struct minimize_size size =
        run(&fake, &cert, MINIMIZE_SPARSE, MINIMIZE_GREEDY);
    ck_assert_uint_eq(size.n_multipliers, 2);
    size = run(&fake, &cert, MINIMIZE_SPARSE, MINIMIZE_BETTER);
    ck_assert_uint_eq(size.n_multipliers, 1);
    ck_assert_uint_eq(cert.trees[0].multipliers.data[0].index, 3);
    cert_clear(&cert);
}
END_TEST

START_TEST(a_choice_that_does_not_refute_is_not_taken)
{
    const struct cert_multiplier two[] = {{1, 0, 0}, {1, 0, 1}};
    struct fake fake = {.limit = 0.1,
                        .least = 1.5,
                        .atom = {1.0, 1.0, 0.0, 1.0},
                        .n_chosen = 1,
                        .chosen = {{3, false, 1.0}}};
    struct cert cert;
    begin(&cert);
    close_with(&cert, 0, two, 2, 0);
    const struct minimize_size size =
        run(&fake, &cert, MINIMIZE_SPARSE, MINIMIZE_LP);
    ck_assert_uint_eq(size.n_multipliers, 2);
    cert_clear(&cert);
}
END_TEST

START_TEST(multipliers_lose_the_bits_that_do_not_count)
{
    const struct cert_multiplier long_one[] = {{1025, -10, 0}, {1023, -10, 1}};
    struct fake fake = {.limit = 0.1, .least = 1.9, .atom = {2.0, 2.0}};
    struct cert cert;
    begin(&cert);
    close_with(&cert, 0, long_one, 2, 0);
    (void)run(&fake, &cert, MINIMIZE_ROUND, MINIMIZE_GREEDY);
    ck_assert_uint_eq(cert.trees[0].multipliers.data[0].mantissa, 1);
    ck_assert_uint_eq(cert.trees[0].multipliers.data[1].mantissa, 1);
    cert_clear(&cert);
}
END_TEST

START_TEST(multipliers_keep_the_bits_that_count)
{
    const struct cert_multiplier exact[] = {{1, 0, 0}, {9, -3, 1}};
    struct fake fake = {.limit = 0.1, .least = 0.001, .atom = {-1.1, 1.0}};
    struct cert cert;
    begin(&cert);
    close_with(&cert, 0, exact, 2, 0);
    (void)run(&fake, &cert, MINIMIZE_ROUND, MINIMIZE_GREEDY);
    const struct cert_multiplier *two = cert.trees[0].multipliers.data;
    ck_assert_double_gt(ldexp((double)two[1].mantissa, two[1].exponent) -
                            ldexp((double)two[0].mantissa, two[0].exponent) *
                                1.1,
                        0.001);
    cert_clear(&cert);
}
END_TEST

START_TEST(lemmas_and_slopes_that_nothing_needs_go)
{
    struct fake fake = {.limit = 1.6};
    struct cert cert;
    begin(&cert);
    cert.n_inputs = MANY_INPUTS;
    const uint32_t child = split(&cert, 0, CERT_INPUT);
    struct cert_tree *tree = &cert.trees[0];
    const struct cert_details own = {.n_lemmas = 2, .n_slopes = 1};
    VEC_PUSH(&tree->slopes, ((struct cert_slope){0, 0, 128}));
    VEC_PUSH(&tree->lemmas, ((struct cert_lemma){.relu = 0, .element = 0}));
    VEC_PUSH(&tree->lemmas, ((struct cert_lemma){.relu = 1, .element = 1}));
    tree->nodes.data[child].details = 0;
    tree->nodes.data[child].refresh = 0;
    VEC_PUSH(&tree->details, own);
    const struct minimize_size size =
        run(&fake, &cert, MINIMIZE_LEMMAS, MINIMIZE_GREEDY);
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
    struct fake fake = {
        .limit = 1.6, .atom = {1.0}, .least = 0.5, .is_silent = is_silent};
    struct cert cert;
    begin(&cert);
    const uint32_t child = split(&cert, 0, CERT_INPUT);
    close_with(&cert, child + 1, &one, 1, 0);
    add_lemmas(&cert, child);
    add_lemmas(&cert, child + 1);
    const struct minimize_size size =
        run(&fake, &cert, MINIMIZE_SLICE, MINIMIZE_GREEDY);
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

START_TEST(few_splits_of_inputs_take_the_place_of_lemmas)
{
    struct fake fake = {.limit = 0.6};
    struct cert cert;
    begin(&cert);
    const uint32_t child = split(&cert, 0, CERT_NEURON);
    struct cert_tree *tree = &cert.trees[0];
    const struct cert_details own = {.n_lemmas = 1};
    VEC_PUSH(&tree->lemmas, ((struct cert_lemma){.relu = 0, .element = 0}));
    VEC_PUSH(&tree->details, own);
    tree->nodes.data[child].details = 0;
    const struct minimize_size size =
        run(&fake, &cert, MINIMIZE_UNLEARN, MINIMIZE_GREEDY);
    ck_assert_uint_eq(size.n_lemmas, 0);
    ck_assert_uint_eq(size.n_leaves, 4);
    ck_assert_uint_eq(tree->nodes.data[0].kind, CERT_INPUT);
    cert_clear(&cert);
}
END_TEST

START_TEST(lemmas_stay_where_too_many_splits_were_needed)
{
    struct fake fake = {.limit = 0x1p-8};
    struct cert cert;
    begin(&cert);
    const uint32_t child = split(&cert, 0, CERT_NEURON);
    struct cert_tree *tree = &cert.trees[0];
    const struct cert_details own = {.n_lemmas = 1};
    VEC_PUSH(&tree->lemmas, ((struct cert_lemma){.relu = 0, .element = 0}));
    VEC_PUSH(&tree->details, own);
    tree->nodes.data[child].details = 0;
    const struct minimize_size size =
        run(&fake, &cert, MINIMIZE_UNLEARN, MINIMIZE_GREEDY);
    ck_assert_uint_eq(size.n_lemmas, 1);
    ck_assert_uint_eq(size.n_leaves, 2);
    ck_assert_uint_eq(tree->nodes.data[0].kind, CERT_NEURON);
    cert_clear(&cert);
}
END_TEST

START_TEST(each_case_is_minimized_in_its_own_box)
{
    static const size_t n_disjuncts[] = {1, 1};
    const struct cert_shape shape = {
        .n_inputs = 1, .n_relus = 2, .n_cases = 2, .n_disjuncts = n_disjuncts};
    struct fake fake = {.limit = 4.5};
    struct cert cert;
    cert_init(&cert, &shape);
    for (size_t i = 0; i < 2; i++) {
        struct cert_tree *tree = &cert.trees[i];
        const struct cert_node node = {.details = CERT_NONE, .refresh = 3};
        for (int n = 0; n < 3; n++) {
            VEC_PUSH(&tree->nodes, node);
        }
        tree->nodes.data[0].kind = CERT_INPUT;
        tree->nodes.data[0].child = 1;
    }
    (void)run(&fake, &cert, MINIMIZE_MERGE, MINIMIZE_GREEDY);
    ck_assert_uint_eq(cert.trees[0].nodes.data[0].kind, CERT_LEAF);
    ck_assert_uint_eq(cert.trees[1].nodes.data[0].kind, CERT_INPUT);
    cert_clear(&cert);
}
END_TEST

START_TEST(a_spent_budget_changes_nothing)
{
    struct fake fake = {.limit = 10.0};
    const struct oracle oracle = {.context = &fake, .n_relus = 2};
    const struct minimize_options options = {.passes =
                                                 (1u << MINIMIZE_PASSES) - 1,
                                             .rounds = 1,
                                             .budget = {.deadline_s = -1.0}};
    struct minimize_report report;
    struct cert cert;
    begin(&cert);
    (void)split(&cert, 0, CERT_INPUT);
    minimize_run(&report, &cert, &oracle, &options);
    ck_assert_uint_eq(minimize_measure(&cert).n_leaves, 2);
    ck_assert_uint_eq(minimize_measure(&cert).n_refreshes, 6);
    cert_clear(&cert);
}
END_TEST

TCase *test_cases(void)
{
    TCase *cases = tcase_create("minimize");
    tcase_add_test(cases, a_leaf_keeps_only_the_layers_it_needs);
    tcase_add_test(cases, a_refresh_that_a_closing_needs_stays);
    tcase_add_test(cases, what_the_oracle_cannot_follow_stays_as_recorded);
    tcase_add_test(cases,
                   a_node_that_closes_without_its_children_becomes_a_leaf);
    tcase_add_test(cases, a_merged_node_takes_the_multipliers_of_its_leaf);
    tcase_add_test(cases, a_split_that_a_child_does_not_need_goes);
    tcase_add_test(cases, a_split_whose_literal_is_cited_stays);
    tcase_add_test(cases, deletion_keeps_the_multipliers_that_count);
    tcase_add_test(cases, the_better_of_both_procedures_counts);
    tcase_add_test(cases, a_choice_that_does_not_refute_is_not_taken);
    tcase_add_test(cases, multipliers_lose_the_bits_that_do_not_count);
    tcase_add_test(cases, multipliers_keep_the_bits_that_count);
    tcase_add_test(cases, lemmas_and_slopes_that_nothing_needs_go);
    tcase_add_test(cases, lemmas_that_no_closing_looks_at_go);
    tcase_add_test(cases,
                   a_leaf_that_does_not_close_any_more_gets_its_lemmas_back);
    tcase_add_test(cases, few_splits_of_inputs_take_the_place_of_lemmas);
    tcase_add_test(cases, lemmas_stay_where_too_many_splits_were_needed);
    tcase_add_test(cases, each_case_is_minimized_in_its_own_box);
    tcase_add_test(cases, a_spent_budget_changes_nothing);
    return cases;
}
