/* A struct cert filled node by node, and its bytes. */
#include "tests/ref/ref_cert_writer.h"

#include "proofs/cert_bin.h"
#include "proofs/check/check_sha.h"
#include "src/base/require.h"

#include <string.h>

struct ref_cert ref_cert_new(size_t n_inputs, size_t n_relus, size_t n_cases,
                             const size_t *n_disjuncts)
{
    struct ref_cert cert = {0};
    const struct cert_shape shape = {.n_inputs = n_inputs,
                                     .n_relus = n_relus,
                                     .n_cases = n_cases,
                                     .n_disjuncts = n_disjuncts};
    cert_init(&cert.cert, &shape);
    cert.cert.slope_bits = 12;
    if (n_cases > 0) {
        ref_cert_case(&cert, 0);
    }
    return cert;
}

void ref_cert_case(struct ref_cert *cert, size_t number)
{
    REQUIRE(number < cert->cert.n_cases && cert->pending.n == 0);
    cert->tree = &cert->cert.trees[number];
    const struct cert_node root = {.details = CERT_NONE};
    VEC_PUSH(&cert->tree->nodes, root);
    VEC_PUSH(&cert->pending, 0);
}

/* Puts the node where its parent wants it; its children are next. */
static void write_node(struct ref_cert *cert, struct cert_node node)
{
    struct cert_tree *tree = cert->tree;
    REQUIRE(cert->pending.n > 0);
    const uint32_t place = cert->pending.data[--cert->pending.n];
    if (node.kind != CERT_LEAF) {
        const struct cert_node child = {.details = CERT_NONE};
        node.child = (uint32_t)tree->nodes.n;
        VEC_PUSH(&tree->nodes, child);
        VEC_PUSH(&tree->nodes, child);
        VEC_PUSH(&cert->pending, node.child + 1);
        VEC_PUSH(&cert->pending, node.child);
    }
    const struct cert_details details = {.first_slope = tree->slopes.n,
                                         .first_lemma = tree->lemmas.n,
                                         .first_closing = tree->closings.n};
    node.details = (uint32_t)tree->details.n;
    VEC_PUSH(&tree->details, details);
    cert->details = &tree->details.data[node.details];
    tree->nodes.data[place] = node;
}

void ref_cert_leaf(struct ref_cert *cert, uint64_t refresh)
{
    write_node(cert, (struct cert_node){.kind = CERT_LEAF, .refresh = refresh});
}

void ref_cert_input(struct ref_cert *cert, uint64_t refresh, uint32_t input)
{
    ref_cert_input_at(cert, refresh, input, CERT_MIDPOINT, 0);
}

void ref_cert_input_at(struct ref_cert *cert, uint64_t refresh, uint32_t input,
                       enum cert_threshold kind, int64_t threshold)
{
    write_node(cert, (struct cert_node){.kind = CERT_INPUT,
                                        .index = input,
                                        .threshold_kind = (uint8_t)kind,
                                        .threshold = threshold,
                                        .refresh = refresh});
}

void ref_cert_neuron(struct ref_cert *cert, uint64_t refresh, uint32_t relu,
                     uint32_t element)
{
    ref_cert_neuron_at(cert, refresh, relu, element, 0);
}

void ref_cert_neuron_at(struct ref_cert *cert, uint64_t refresh, uint32_t relu,
                        uint32_t element, int64_t threshold)
{
    write_node(cert, (struct cert_node){.kind = CERT_NEURON,
                                        .index = relu,
                                        .element = element,
                                        .threshold = threshold,
                                        .refresh = refresh});
}

void ref_cert_slope(struct ref_cert *cert, uint32_t relu, uint32_t element,
                    uint16_t slope)
{
    const struct cert_slope record = {relu, element, slope};
    VEC_PUSH(&cert->tree->slopes, record);
    cert->details->n_slopes++;
}

void ref_cert_lemma(struct ref_cert *cert, uint32_t relu, uint32_t element,
                    bool is_upper)
{
    const struct cert_lemma lemma = {.relu = relu,
                                     .element = element,
                                     .is_upper = is_upper,
                                     .by = {cert->tree->multipliers.n, 0, 0}};
    VEC_PUSH(&cert->tree->lemmas, lemma);
    cert->details->n_lemmas++;
    cert->is_lemma = true;
}

void ref_cert_closing(struct ref_cert *cert, uint32_t disjunct, bool is_default)
{
    const struct cert_closing closing = {
        .disjunct = disjunct,
        .is_default = is_default,
        .by = {cert->tree->multipliers.n, 0, 0}};
    VEC_PUSH(&cert->tree->closings, closing);
    cert->details->n_closings++;
    cert->is_lemma = false;
}

/* The combination of the last lemma or closing. */
static struct cert_combination *last_combination(const struct ref_cert *cert)
{
    const struct cert_tree *tree = cert->tree;
    return cert->is_lemma ? &tree->lemmas.data[tree->lemmas.n - 1].by
                          : &tree->closings.data[tree->closings.n - 1].by;
}

void ref_cert_atom(struct ref_cert *cert, uint32_t atom, uint64_t mantissa,
                   int32_t exponent)
{
    const struct cert_multiplier term = {mantissa, exponent, atom};
    VEC_PUSH(&cert->tree->multipliers, term);
    last_combination(cert)->n_atoms++;
}

void ref_cert_literal(struct ref_cert *cert, uint32_t above, uint64_t mantissa,
                      int32_t exponent)
{
    const struct cert_multiplier term = {mantissa, exponent, above};
    VEC_PUSH(&cert->tree->multipliers, term);
    last_combination(cert)->n_literals++;
}

void ref_cert_repair(struct ref_bytes *bytes)
{
    if (bytes->n >= 32) {
        check_sha256(bytes->data + bytes->n - 32, bytes->data, bytes->n - 32);
    }
}

struct ref_bytes ref_cert_finish(struct ref_cert *cert)
{
    struct ref_bytes copy = {0};
    struct bytes bytes = {0};
    REQUIRE(cert->pending.n == 0);
    cert_bin_encode(&bytes, &cert->cert, NULL);
    ref_bytes_append(&copy, bytes.data, bytes.n);
    bytes_clear(&bytes);
    cert_clear(&cert->cert);
    VEC_CLEAR(&cert->pending);
    return copy;
}
