/* Numbered nodes -> pre-order. */
#include "proofs/sink_build.h"

#include "proofs/sink_nodes.h"
#include "src/base/alloc.h"

#include <math.h>

/* A node still to be visited; depth splits are above it. */
struct visit {
    uint32_t node;
    uint32_t depth;
};

/* is_neuron  [depth of the node visited] kinds of the splits above it */
struct build {
    const struct cert *cert;
    const struct sink *sink;
    struct cert_tree *tree;
    VEC(struct visit) pending;
    VEC(bool) is_neuron;
};

static enum status refuse(struct error *error, const char *what)
{
    error_set(error, "the proof cannot be written as a certificate: %s", what);
    return STATUS_LIMIT;
}

/* x = mantissa * 2^exponent with the smallest mantissa; true if that is a
 * multiple of 2^-bits. */
static bool split_double(struct cert_dyadic *dyadic, double x, int bits)
{
    enum { DOUBLE_BITS = 53 };
    int exponent = 0;
    int64_t mantissa = (int64_t)ldexp(frexp(x, &exponent), DOUBLE_BITS);
    exponent -= DOUBLE_BITS;
    while (mantissa != 0 && mantissa % 2 == 0) {
        mantissa /= 2;
        exponent++;
    }
    dyadic->mantissa = mantissa;
    dyadic->exponent = mantissa == 0 ? 0 : exponent;
    return dyadic->exponent >= -bits;
}

/* Copies n terms; literals must be neuron splits of the path. */
static enum status copy_terms(struct build *build,
                              const struct sink_term *terms, uint32_t n_atoms,
                              uint32_t n_literals, struct error *error)
{
    for (uint32_t i = 0; i < n_atoms + n_literals; i++) {
        const struct cert_multiplier multiplier = {
            .mantissa = terms[i].mantissa,
            .exponent = terms[i].exponent,
            .index = terms[i].index};
        if (i >= n_atoms && (terms[i].index >= build->is_neuron.n ||
                             !build->is_neuron.data[terms[i].index])) {
            return refuse(error, "a multiplier of no neuron split");
        }
        VEC_PUSH(&build->tree->multipliers, multiplier);
    }
    return STATUS_OK;
}

static enum status add_closings(struct build *build,
                                const struct sink_node *from,
                                struct cert_node *node, struct error *error)
{
    struct cert_tree *tree = build->tree;
    enum status status = STATUS_OK;
    if (from->element != tree->n_disjuncts) {
        return refuse(error, "a leaf with another number of disjuncts");
    }
    if (tree->closings.n + from->element > UINT32_MAX) {
        return refuse(error, "too many closings");
    }
    node->index = (uint32_t)tree->closings.n;
    for (size_t d = 0; d < from->element && status == STATUS_OK; d++) {
        const struct sink_entry *entry =
            &build->sink->closings.data[from->index + d];
        const struct cert_closing closing = {
            .first = tree->multipliers.n,
            .n_atoms = entry->n_atoms,
            .n_literals = entry->n_literals,
            .is_default = entry->n_atoms + entry->n_literals == 0};
        VEC_PUSH(&tree->closings, closing);
        if (!closing.is_default) {
            status = copy_terms(build, &build->sink->terms.data[entry->first],
                                entry->n_atoms, entry->n_literals, error);
        }
    }
    return status;
}

/* A threshold that is not the default. */
static enum status add_threshold(struct build *build,
                                 const struct sink_node *from,
                                 struct cert_node *node, struct error *error)
{
    struct cert_dyadic threshold = {0};
    if (!split_double(&threshold, build->sink->thresholds.data[from->element],
                      build->cert->box_bits)) {
        return refuse(error, "a threshold off the grid of the box");
    }
    node->element = (uint32_t)build->tree->thresholds.n;
    VEC_PUSH(&build->tree->thresholds, threshold);
    return STATUS_OK;
}

/* What the node is. */
static enum status describe(struct build *build, const struct sink_node *from,
                            struct cert_node *node, struct error *error)
{
    const bool is_input_index = from->index < build->cert->n_inputs;
    node->index = from->index;
    switch ((enum sink_state)from->state) {
    case SINK_STATE_INPUT:
        node->kind = CERT_INPUT;
        return is_input_index ? STATUS_OK
                              : refuse(error, "a split of no input");
    case SINK_STATE_INPUT_AT:
        node->kind = CERT_INPUT_AT;
        return is_input_index ? add_threshold(build, from, node, error)
                              : refuse(error, "a split of no input");
    case SINK_STATE_NEURON:
        node->kind = CERT_NEURON;
        node->element = from->element;
        return STATUS_OK;
    case SINK_STATE_LEAF:
        node->kind = CERT_LEAF;
        return STATUS_OK;
    case SINK_STATE_LEAF_WITH:
        node->kind = CERT_LEAF_WITH;
        return add_closings(build, from, node, error);
    case SINK_STATE_OPEN:
        break;
    }
    return refuse(error, "an open node");
}

static enum status visit_node(struct build *build, const struct visit *visit,
                              struct error *error)
{
    const struct sink_node *from = &build->sink->nodes.data[visit->node];
    struct cert_node node = {0};
    build->is_neuron.n = visit->depth;
    const enum status status = describe(build, from, &node, error);
    if (status != STATUS_OK) {
        return status;
    }
    node.refresh = true; /* as the search did */
    VEC_PUSH(&build->tree->nodes, node);
    if (from->child != 0) {
        VEC_PUSH(&build->is_neuron, from->state == SINK_STATE_NEURON);
        for (uint32_t side = 2; side > 0; side--) {
            const struct visit child = {.node = from->child + side - 1,
                                        .depth = visit->depth + 1};
            VEC_PUSH(&build->pending, child);
        }
    }
    return STATUS_OK;
}

enum status sink_build_tree(struct cert *cert, size_t case_index,
                            const struct sink *sink, struct error *error)
{
    struct build build = {
        .cert = cert, .sink = sink, .tree = &cert->trees[case_index]};
    enum status status = STATUS_OK;
    const struct visit root = {.node = sink_find_complete(sink)};
    if (root.node == UINT32_MAX) {
        status = refuse(error, "the search left a region open");
    } else {
        VEC_PUSH(&build.pending, root);
    }
    while (build.pending.n > 0 && status == STATUS_OK) {
        const struct visit visit = build.pending.data[--build.pending.n];
        status = visit_node(&build, &visit, error);
    }
    if (status != STATUS_OK) {
        build.tree->nodes.n = 0;
        build.tree->thresholds.n = 0;
        build.tree->closings.n = 0;
        build.tree->multipliers.n = 0;
    }
    VEC_CLEAR(&build.pending);
    VEC_CLEAR(&build.is_neuron);
    return status;
}
