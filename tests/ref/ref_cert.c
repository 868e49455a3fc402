#include "tests/ref/ref_cert.h"

#include "proofs/cert_text.h"
#include "proofs/cert_walk.h"
#include "src/base/alloc.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char ref_cert_example_text[] =
    "astc 2 unsat box 40 facts 36 slopes 16 8\n"
    "network "
    "1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a\n"
    "property "
    "2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b\n"
    "query "
    "3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c\n"
    "shape 3 inputs 2 relus 1 cases\n"
    "case 0 disjuncts 3\n"
    "split x2 refresh 0-1\n"
    "  close 1 default\n"
    " split n1.300 refresh 1\n"
    "   slope n0.4 12/256\n"
    "   lemma n0.3 lower\n"
    "  leaf\n"
    "  leaf refresh 0\n"
    "    close 2 atom 0 3*2^-1 atom 4 1*2^0 literal 0 2731*2^-13\n"
    " split x0 17/32 refresh 0\n"
    "   close 0 atom 1 1*2^0 atom 2 1*2^2\n"
    "  leaf\n"
    "  split n0.1\n"
    "   split x1 at -123456\n"
    "     lemma n1.2 upper atom 0 5*2^-4 literal 0 1*2^0\n"
    "    leaf\n"
    "    split x1 at 0\n"
    "     leaf\n"
    "     leaf\n"
    "   leaf\n";

void ref_cert_example(struct cert *cert)
{
    struct error error = {0};
    if (cert_text_read(cert, ref_cert_example_text,
                       sizeof ref_cert_example_text - 1, &error) != STATUS_OK) {
        (void)fprintf(stderr, "example:%zu:%zu: %s\n", error.line, error.column,
                      error.message);
        abort();
    }
}

/* A number whose size is drawn first, so that all sizes are met. */
static uint64_t draw_number(struct rng *rng, unsigned n_bits_max)
{
    const unsigned n_bits = (unsigned)rng_below(rng, n_bits_max + 1);
    return n_bits == 0 ? 0 : rng_next(rng) >> (64U - n_bits);
}

static uint32_t draw_index(struct rng *rng)
{
    return (uint32_t)(draw_number(rng, 32) >> rng_below(rng, 2) * 24 >> 1U);
}

static bool draw_bool(struct rng *rng)
{
    return rng_below(rng, 2) == 0;
}

static uint32_t add_terms(struct cert_tree *tree, struct rng *rng, size_t limit)
{
    const uint32_t n = limit == 0 ? 0 : (uint32_t)rng_below(rng, 4);
    for (uint32_t i = 0; i < n; i++) {
        const int32_t exponent =
            (int32_t)draw_number(rng, 13) % (CERT_MAX_EXPONENT + 1);
        const struct cert_multiplier term = {
            .index = limit == SIZE_MAX ? draw_index(rng)
                                       : (uint32_t)rng_below(rng, limit),
            .mantissa = draw_number(rng, 62) | 1U,
            .exponent = draw_bool(rng) ? exponent : -exponent};
        VEC_PUSH(&tree->multipliers, term);
    }
    return n;
}

static struct cert_combination draw_combination(struct cert_tree *tree,
                                                struct rng *rng,
                                                const struct cert_walk *walk,
                                                bool with_atoms)
{
    struct cert_combination by = {.first = tree->multipliers.n};
    by.n_atoms = add_terms(tree, rng, with_atoms ? SIZE_MAX : 0);
    by.n_literals = add_terms(tree, rng, cert_walk_place(walk)->n_neurons);
    return by;
}

static void add_closings(struct cert_tree *tree, struct rng *rng,
                         const struct cert_walk *walk,
                         struct cert_details *details, bool is_leaf)
{
    size_t n_open = cert_walk_n_open(walk);
    for (uint32_t d = 0; d < tree->n_disjuncts; d++) {
        struct cert_closing closing = {.disjunct = d};
        if (walk->is_closed[d] || draw_bool(rng) || (!is_leaf && n_open == 1)) {
            continue;
        }
        closing.is_default = !is_leaf && draw_bool(rng);
        if (!closing.is_default) {
            closing.by = draw_combination(tree, rng, walk, true);
        }
        VEC_PUSH(&tree->closings, closing);
        details->n_closings++;
        n_open--;
    }
}

static void add_details(struct cert *cert, struct cert_tree *tree,
                        struct rng *rng, const struct cert_walk *walk,
                        struct cert_node *node)
{
    struct cert_details details = {.first_slope = tree->slopes.n,
                                   .first_lemma = tree->lemmas.n,
                                   .first_closing = tree->closings.n};
    uint32_t relu = 0;
    for (size_t n = cert->n_relus == 0 ? 0 : rng_below(rng, 4); n > 0; n--) {
        const struct cert_slope slope = {
            .relu = (uint32_t)rng_below(rng, cert->n_relus),
            .element = draw_index(rng),
            .slope =
                (uint16_t)rng_below(rng, ((size_t)1 << cert->lower_bits) + 1)};
        VEC_PUSH(&tree->slopes, slope);
        details.n_slopes++;
    }
    for (size_t n = cert->n_relus == 0 ? 0 : rng_below(rng, 4); n > 0; n--) {
        relu += (uint32_t)rng_below(rng, cert->n_relus - relu);
        const struct cert_lemma lemma = {
            .relu = relu,
            .element = draw_index(rng),
            .is_upper = draw_bool(rng),
            .by =
                draw_combination(tree, rng, walk, cert_walk_n_open(walk) == 1)};
        VEC_PUSH(&tree->lemmas, lemma);
        details.n_lemmas++;
    }
    add_closings(tree, rng, walk, &details, node->kind == CERT_LEAF);
    if (details.n_slopes + details.n_lemmas + details.n_closings > 0) {
        node->details = (uint32_t)tree->details.n;
        VEC_PUSH(&tree->details, details);
    }
}

static void draw_split(const struct cert *cert, struct rng *rng,
                       struct cert_node *node)
{
    if (cert->n_relus > 0 && rng_below(rng, 3) == 0) {
        node->kind = CERT_NEURON;
        node->index = (uint32_t)rng_below(rng, cert->n_relus);
        node->element = draw_index(rng);
        if (rng_below(rng, 4) == 0) {
            node->threshold =
                (int64_t)draw_number(rng, 62) * (draw_bool(rng) ? 1 : -1);
        }
        return;
    }
    node->kind = CERT_INPUT;
    node->index = (uint32_t)rng_below(rng, cert->n_inputs);
    node->threshold_kind = (uint8_t)rng_below(rng, 3);
    if (node->threshold_kind == CERT_FRACTION) {
        node->threshold = 1 + (int64_t)rng_below(rng, CERT_FRACTIONS - 1);
    } else if (node->threshold_kind == CERT_GRID) {
        node->threshold =
            (int64_t)draw_number(rng, 62) * (draw_bool(rng) ? 1 : -1);
    }
}

static void draw_tree(struct cert *cert, struct cert_tree *tree,
                      struct rng *rng, size_t n_nodes_max)
{
    struct cert_walk walk;
    VEC_RESERVE(&tree->nodes, 1);
    tree->nodes.n = 1;
    cert_walk_init(&walk, tree);
    while (cert_walk_next(&walk)) {
        struct cert_node node = {.kind = CERT_LEAF, .details = CERT_NONE};
        if (tree->nodes.n + 2 <= n_nodes_max && rng_below(rng, 5) < 3) {
            draw_split(cert, rng, &node);
            node.child = (uint32_t)tree->nodes.n;
            VEC_RESERVE(&tree->nodes, tree->nodes.n + 2);
            tree->nodes.n += 2;
        }
        if (cert->n_relus > 0) {
            node.refresh = draw_number(rng, (unsigned)cert->n_relus);
        }
        if (draw_bool(rng)) {
            add_details(cert, tree, rng, &walk, &node);
        }
        tree->nodes.data[cert_walk_place(&walk)->node] = node;
    }
    cert_walk_clear(&walk);
}

static void draw_witness(struct cert *cert, struct rng *rng)
{
    cert_clear(cert);
    cert->verdict = CERT_SAT;
    cert->n_inputs = 1 + rng_below(rng, 20);
    NEW_ARRAY(cert->witness, cert->n_inputs);
    for (size_t i = 0; i < cert->n_inputs; i++) {
        do {
            const uint64_t word = rng_next(rng);
            memcpy(&cert->witness[i], &word, sizeof word);
        } while (!isfinite(cert->witness[i]));
    }
}

void ref_cert_random(struct cert *cert, struct rng *rng, size_t n_nodes_max)
{
    size_t n_disjuncts[3];
    for (size_t i = 0; i < 3; i++) {
        n_disjuncts[i] = (size_t)rng_below(rng, 4);
    }
    const struct cert_shape shape = {
        1 + (size_t)rng_below(rng, 20),
        rng_below(rng, 10) == 0 ? CERT_MAX_RELUS : (size_t)rng_below(rng, 8),
        (size_t)rng_below(rng, 4), n_disjuncts};
    cert_init(cert, &shape);
    cert->box_bits = (uint8_t)rng_below(rng, CERT_MAX_BITS + 1);
    cert->slope_bits = (uint8_t)(1 + rng_below(rng, CERT_MAX_SLOPE_BITS));
    cert->lower_bits = (uint8_t)(1 + rng_below(rng, CERT_MAX_LOWER_BITS));
    for (size_t i = 0; i < cert->n_cases; i++) {
        draw_tree(cert, &cert->trees[i], rng, n_nodes_max);
    }
    if (rng_below(rng, 10) == 0) {
        draw_witness(cert, rng);
    }
    for (size_t i = 0; i < SHA256_BYTES; i++) {
        cert->network_hash[i] = (unsigned char)rng_below(rng, 256);
        cert->query_hash[i] = (unsigned char)rng_below(rng, 256);
    }
}

static bool is_same_sum(const struct cert_tree *const tree[2],
                        const struct cert_combination *a,
                        const struct cert_combination *b)
{
    bool is_same = a->n_atoms == b->n_atoms && a->n_literals == b->n_literals;
    for (size_t i = 0; is_same && i < (size_t)a->n_atoms + a->n_literals; i++) {
        const struct cert_multiplier *x =
            &tree[0]->multipliers.data[a->first + i];
        const struct cert_multiplier *y =
            &tree[1]->multipliers.data[b->first + i];
        is_same = x->mantissa == y->mantissa && x->exponent == y->exponent &&
                  x->index == y->index;
    }
    return is_same;
}

static bool is_same_step(const struct cert_tree *const tree[2],
                         const struct cert_details *a,
                         const struct cert_details *b)
{
    bool is_same = a->n_slopes == b->n_slopes && a->n_lemmas == b->n_lemmas &&
                   a->n_closings == b->n_closings;
    for (size_t i = 0; is_same && i < a->n_slopes; i++) {
        const struct cert_slope *x = &tree[0]->slopes.data[a->first_slope + i];
        const struct cert_slope *y = &tree[1]->slopes.data[b->first_slope + i];
        is_same = x->relu == y->relu && x->element == y->element &&
                  x->slope == y->slope;
    }
    for (size_t i = 0; is_same && i < a->n_lemmas; i++) {
        const struct cert_lemma *x = &tree[0]->lemmas.data[a->first_lemma + i];
        const struct cert_lemma *y = &tree[1]->lemmas.data[b->first_lemma + i];
        is_same = x->relu == y->relu && x->element == y->element &&
                  x->is_upper == y->is_upper &&
                  is_same_sum(tree, &x->by, &y->by);
    }
    for (size_t i = 0; is_same && i < a->n_closings; i++) {
        const struct cert_closing *x =
            &tree[0]->closings.data[a->first_closing + i];
        const struct cert_closing *y =
            &tree[1]->closings.data[b->first_closing + i];
        is_same = x->disjunct == y->disjunct &&
                  x->is_default == y->is_default &&
                  (x->is_default || is_same_sum(tree, &x->by, &y->by));
    }
    return is_same;
}

static bool is_same_node(const struct cert_tree *const tree[2],
                         const struct cert_node *a, const struct cert_node *b)
{
    const struct cert_details x = cert_node_details(tree[0], a);
    const struct cert_details y = cert_node_details(tree[1], b);
    return a->kind == b->kind && a->index == b->index &&
           a->element == b->element && a->refresh == b->refresh &&
           a->threshold_kind == b->threshold_kind &&
           a->threshold == b->threshold && is_same_step(tree, &x, &y);
}

static bool is_same_tree(const struct cert_tree *a, const struct cert_tree *b)
{
    const struct cert_tree *const tree[2] = {a, b};
    struct cert_walk walk[2];
    bool is_same = a->n_disjuncts == b->n_disjuncts;
    bool goes_on = true;
    cert_walk_init(&walk[0], a);
    cert_walk_init(&walk[1], b);
    while (is_same && goes_on) {
        goes_on = cert_walk_next(&walk[0]);
        is_same =
            goes_on == cert_walk_next(&walk[1]) &&
            (!goes_on ||
             is_same_node(tree, &a->nodes.data[cert_walk_place(&walk[0])->node],
                          &b->nodes.data[cert_walk_place(&walk[1])->node]));
    }
    cert_walk_clear(&walk[0]);
    cert_walk_clear(&walk[1]);
    return is_same;
}

bool ref_cert_is_same(const struct cert *a, const struct cert *b)
{
    bool is_same =
        a->verdict == b->verdict && a->n_inputs == b->n_inputs &&
        a->n_relus == b->n_relus && a->n_cases == b->n_cases &&
        a->box_bits == b->box_bits && a->fact_bits == b->fact_bits &&
        a->slope_bits == b->slope_bits && a->lower_bits == b->lower_bits &&
        memcmp(a->network_hash, b->network_hash, SHA256_BYTES) == 0 &&
        memcmp(a->property_hash, b->property_hash, SHA256_BYTES) == 0 &&
        memcmp(a->query_hash, b->query_hash, SHA256_BYTES) == 0;
    for (size_t i = 0; is_same && i < a->n_cases; i++) {
        is_same = is_same_tree(&a->trees[i], &b->trees[i]);
    }
    if (is_same && a->verdict == CERT_SAT) {
        is_same = memcmp(a->witness, b->witness,
                         a->n_inputs * sizeof *a->witness) == 0;
    }
    return is_same;
}
