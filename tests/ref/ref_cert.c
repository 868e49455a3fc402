#include "tests/ref/ref_cert.h"

#include "src/base/alloc.h"

#include <string.h>

static void add_node(struct cert_tree *tree, enum cert_kind kind, bool refresh,
                     uint32_t index, uint32_t element)
{
    const struct cert_node node = {.kind = (uint8_t)kind,
                                   .refresh = refresh,
                                   .index = index,
                                   .element = element};
    VEC_PUSH(&tree->nodes, node);
}

static void add_multiplier(struct cert_tree *tree, uint32_t index,
                           uint64_t mantissa, int32_t exponent)
{
    const struct cert_multiplier multiplier = {
        .index = index, .mantissa = mantissa, .exponent = exponent};
    VEC_PUSH(&tree->multipliers, multiplier);
}

void ref_cert_example(struct cert *cert)
{
    static const size_t n_disjuncts[] = {2};
    static const struct cert_shape shape = {3, 1, n_disjuncts};
    static const struct cert_closing closings[] = {{0, 0, 0, true},
                                                   {0, 2, 1, false}};
    static const struct cert_dyadic threshold = {-3, -3};
    cert_init(cert, &shape);
    memset(cert->network_hash, 0x1a, SHA256_BYTES);
    memset(cert->property_hash, 0x2b, SHA256_BYTES);
    memset(cert->query_hash, 0x3c, SHA256_BYTES);
    struct cert_tree *tree = &cert->trees[0];
    add_node(tree, CERT_INPUT, true, 2, 0);
    add_node(tree, CERT_NEURON, false, 1, 300);
    add_node(tree, CERT_LEAF, true, 0, 0);
    add_node(tree, CERT_LEAF_WITH, true, 0, 0);
    add_node(tree, CERT_INPUT_AT, false, 0, 0);
    add_node(tree, CERT_LEAF, true, 0, 0);
    add_node(tree, CERT_LEAF, true, 0, 0);
    VEC_PUSH(&tree->closings, closings[0]);
    VEC_PUSH(&tree->closings, closings[1]);
    VEC_PUSH(&tree->thresholds, threshold);
    add_multiplier(tree, 0, 3, -1);
    add_multiplier(tree, 4, 1, 0);
    add_multiplier(tree, 1, 2731, -13);
}

/* A number whose size is drawn first, so that all sizes are met. */
static uint64_t draw_number(struct rng *rng)
{
    const unsigned n_bits = (unsigned)rng_below(rng, 65);
    return n_bits == 0 ? 0 : rng_next(rng) >> (64U - n_bits);
}

static int32_t draw_exponent(struct rng *rng)
{
    const int64_t size = (int64_t)(draw_number(rng) % (1U << 30U));
    return (int32_t)(rng_below(rng, 2) == 0 ? -size - 1 : size);
}

static uint32_t add_multipliers(struct cert_tree *tree, struct rng *rng)
{
    const uint32_t n = (uint32_t)rng_below(rng, 4);
    for (uint32_t i = 0; i < n; i++) {
        const uint64_t mantissa = draw_number(rng);
        add_multiplier(tree, (uint32_t)draw_number(rng),
                       mantissa == 0 ? 1 : mantissa, draw_exponent(rng));
    }
    return n;
}

static void add_leaf(struct cert_tree *tree, struct rng *rng, bool refresh)
{
    if (rng_below(rng, 2) == 0) {
        add_node(tree, CERT_LEAF, refresh, 0, 0);
        return;
    }
    add_node(tree, CERT_LEAF_WITH, refresh, (uint32_t)tree->closings.n, 0);
    for (size_t d = 0; d < tree->n_disjuncts; d++) {
        struct cert_closing closing = {.first = tree->multipliers.n,
                                       .is_default = rng_below(rng, 2) == 0};
        if (!closing.is_default) {
            closing.n_atoms = add_multipliers(tree, rng);
            closing.n_literals = add_multipliers(tree, rng);
        }
        VEC_PUSH(&tree->closings, closing);
    }
}

static void add_inner(struct cert_tree *tree, struct rng *rng, bool refresh,
                      size_t n_inputs)
{
    const uint32_t input = (uint32_t)rng_below(rng, n_inputs);
    switch (rng_below(rng, 3)) {
    case 0:
        add_node(tree, CERT_INPUT, refresh, input, 0);
        break;
    case 1: {
        const struct cert_dyadic threshold = {
            .mantissa = (int64_t)(draw_number(rng) >> 1U) *
                        (rng_below(rng, 2) == 0 ? -1 : 1),
            .exponent = draw_exponent(rng)};
        add_node(tree, CERT_INPUT_AT, refresh, input,
                 (uint32_t)tree->thresholds.n);
        VEC_PUSH(&tree->thresholds, threshold);
        break;
    }
    default:
        add_node(tree, CERT_NEURON, refresh, (uint32_t)draw_number(rng),
                 (uint32_t)draw_number(rng));
        break;
    }
}

void ref_cert_random(struct cert *cert, struct rng *rng, size_t n_nodes_max)
{
    size_t n_disjuncts[3];
    for (size_t i = 0; i < 3; i++) {
        n_disjuncts[i] = (size_t)rng_below(rng, 4);
    }
    const struct cert_shape shape = {1 + (size_t)rng_below(rng, 20),
                                     (size_t)rng_below(rng, 4), n_disjuncts};
    cert_init(cert, &shape);
    cert->box_bits = (uint8_t)rng_below(rng, CERT_MAX_BITS + 1);
    cert->slope_bits = (uint8_t)(1 + rng_below(rng, CERT_MAX_SLOPE_BITS));
    for (size_t i = 0; i < SHA256_BYTES; i++) {
        cert->network_hash[i] = (unsigned char)rng_below(rng, 256);
        cert->query_hash[i] = (unsigned char)rng_below(rng, 256);
    }
    for (size_t i = 0; i < cert->n_cases; i++) {
        struct cert_tree *tree = &cert->trees[i];
        struct cert_walk walk = {0};
        while (!cert_walk_is_done(&walk)) {
            const bool refresh = rng_below(rng, 2) == 0;
            const size_t n_due = tree->nodes.n + walk.left.n + 1;
            if (n_due + 2 <= n_nodes_max && rng_below(rng, 5) < 3) {
                add_inner(tree, rng, refresh, cert->n_inputs);
            } else {
                add_leaf(tree, rng, refresh);
            }
            (void)cert_walk_enter(
                &walk,
                (enum cert_kind)tree->nodes.data[tree->nodes.n - 1].kind);
        }
        cert_walk_clear(&walk);
    }
}

static bool is_same_tree(const struct cert_tree *a, const struct cert_tree *b)
{
    bool is_same =
        a->n_disjuncts == b->n_disjuncts && a->nodes.n == b->nodes.n &&
        a->thresholds.n == b->thresholds.n && a->closings.n == b->closings.n &&
        a->multipliers.n == b->multipliers.n;
    for (size_t i = 0; is_same && i < a->nodes.n; i++) {
        const struct cert_node *x = &a->nodes.data[i];
        const struct cert_node *y = &b->nodes.data[i];
        is_same = x->index == y->index && x->element == y->element &&
                  x->kind == y->kind && x->refresh == y->refresh;
    }
    for (size_t i = 0; is_same && i < a->thresholds.n; i++) {
        const struct cert_dyadic *x = &a->thresholds.data[i];
        const struct cert_dyadic *y = &b->thresholds.data[i];
        is_same = x->mantissa == y->mantissa && x->exponent == y->exponent;
    }
    for (size_t i = 0; is_same && i < a->closings.n; i++) {
        const struct cert_closing *x = &a->closings.data[i];
        const struct cert_closing *y = &b->closings.data[i];
        is_same = x->first == y->first && x->n_atoms == y->n_atoms &&
                  x->n_literals == y->n_literals &&
                  x->is_default == y->is_default;
    }
    for (size_t i = 0; is_same && i < a->multipliers.n; i++) {
        const struct cert_multiplier *x = &a->multipliers.data[i];
        const struct cert_multiplier *y = &b->multipliers.data[i];
        is_same = x->mantissa == y->mantissa && x->exponent == y->exponent &&
                  x->index == y->index;
    }
    return is_same;
}

bool ref_cert_is_same(const struct cert *a, const struct cert *b)
{
    bool is_same =
        a->box_bits == b->box_bits && a->fact_bits == b->fact_bits &&
        a->slope_bits == b->slope_bits && a->n_inputs == b->n_inputs &&
        a->n_cases == b->n_cases &&
        memcmp(a->network_hash, b->network_hash, SHA256_BYTES) == 0 &&
        memcmp(a->property_hash, b->property_hash, SHA256_BYTES) == 0 &&
        memcmp(a->query_hash, b->query_hash, SHA256_BYTES) == 0;
    for (size_t i = 0; is_same && i < a->n_cases; i++) {
        is_same = is_same_tree(&a->trees[i], &b->trees[i]);
    }
    return is_same;
}
