#include "tests/ref/ref_oracle.h"

#include "tests/suite.h"

#include <math.h>
#include <string.h>

/* Neurons of a layer. */
enum { WIDTH = 4 };

static bool load(void *context, size_t case_index)
{
    struct ref_oracle *fake = context;
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
    struct ref_oracle *fake = context;
    const size_t d = ++fake->depth;
    const bool is_neuron = split->kind == ORACLE_NEURON;
    ck_assert_uint_lt(d, REF_ORACLE_DEPTHS);
    ck_assert_uint_lt(side, 2);
    fake->n_literals[d] = fake->n_literals[d - 1] + (is_neuron ? 1 : 0);
    fake->width[d] = fake->width[d - 1] * (is_neuron ? 1.0 : 0.5);
    memcpy(fake->facts[d], fake->facts[d - 1], sizeof fake->facts[d]);
    return true;
}

static void leave(void *context)
{
    struct ref_oracle *fake = context;
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
    struct ref_oracle *fake = context;
    fake->facts[fake->depth][relu] = fake->width[fake->depth];
    return true;
}

static bool lemma(void *context, const struct oracle_lemma *one)
{
    return one->element != 0 || refresh(context, one->relu);
}

static double gain(const struct ref_oracle *fake, const struct oracle_sum *sum)
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
    const struct ref_oracle *fake = context;
    const double *facts = fake->facts[fake->depth];
    for (size_t i = 0; i < n; i++) {
        margins[i] = sums[i].n > 0 ? gain(fake, &sums[i])
                                   : fake->limit - facts[0] - facts[1];
    }
}

static size_t choose(void *context, struct oracle_term *terms, size_t size,
                     uint32_t disjunct)
{
    const struct ref_oracle *fake = context;
    (void)disjunct;
    ck_assert_uint_ge(size, fake->n_chosen);
    memcpy(terms, fake->chosen, fake->n_chosen * sizeof *terms);
    return fake->n_chosen;
}

static struct oracle_layer layer(void *context, uint32_t relu)
{
    (void)context;
    return (struct oracle_layer){.first = (size_t)WIDTH * relu, .width = WIDTH};
}

static double end(void *context, size_t neuron, bool is_upper)
{
    const struct ref_oracle *fake = context;
    const double size =
        neuron % WIDTH == 0 ? fake->facts[fake->depth][neuron / WIDTH] : 1.0;
    return is_upper ? size : -size;
}

static void closing_needs(void *context, uint8_t *needs,
                          const struct oracle_sum *sum)
{
    const struct ref_oracle *fake = context;
    for (size_t r = 0; r < 2 && sum->n == 0 && !fake->is_silent; r++) {
        needs[WIDTH * r] |= ORACLE_NEEDS_LOWER | ORACLE_NEEDS_UPPER;
    }
}

static void lemma_needs(void *context, uint8_t *needs,
                        const struct oracle_lemma *one, bool is_refresh)
{
    (void)context;
    (void)is_refresh;
    for (size_t r = 0; r < one->relu; r++) {
        needs[WIDTH * r] |= ORACLE_NEEDS_LOWER | ORACLE_NEEDS_UPPER;
    }
}

static double cost(void *context)
{
    (void)context;
    return 0.0;
}

void ref_oracle_begin(struct cert *cert)
{
    static const size_t n_disjuncts = 1;
    const struct cert_shape shape = {
        .n_inputs = 1, .n_relus = 2, .n_cases = 1, .n_disjuncts = &n_disjuncts};
    cert_init(cert, &shape);
    VEC_PUSH(&cert->trees[0].nodes,
             ((struct cert_node){.details = CERT_NONE, .refresh = 3}));
}

uint32_t ref_oracle_split(struct cert *cert, uint32_t at, enum cert_kind kind)
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

void ref_oracle_close(struct cert *cert, uint32_t at,
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

struct minimize_size ref_oracle_run(struct ref_oracle *fake, struct cert *cert,
                                    enum minimize_pass pass,
                                    enum minimize_procedure procedure)
{
    const struct oracle oracle = {.context = fake,
                                  .n_relus = 2,
                                  .n_neurons = (size_t)2 * WIDTH,
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
    const struct minimize_options options = {
        .passes = 1u << pass,
        .procedure = procedure,
        .rounds = 1,
        .budget = {.deadline_s = HUGE_VAL}};
    struct minimize_report report;
    minimize_run(&report, cert, &oracle, &options);
    return minimize_measure(cert);
}
