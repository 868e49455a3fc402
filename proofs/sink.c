/* Nodes of all trees in one array, their payloads beside it. */
#include "proofs/sink.h"

#include "proofs/sink_nodes.h"
#include "src/base/alloc.h"
#include "src/base/require.h"

#include <assert.h>
#include <math.h>

struct sink *sink_create(void)
{
    struct sink *sink;
    NEW(sink);
    return sink;
}

void sink_destroy(struct sink *sink)
{
    if (sink == NULL) {
        return;
    }
    VEC_CLEAR(&sink->nodes);
    VEC_CLEAR(&sink->roots);
    VEC_CLEAR(&sink->thresholds);
    VEC_CLEAR(&sink->closings);
    VEC_CLEAR(&sink->terms);
    alloc_free(sink);
}

/* Appends an open node; UINT32_MAX stays free to mean none. */
static uint32_t add_node(struct sink *sink)
{
    const struct sink_node node = {.state = SINK_STATE_OPEN};
    REQUIRE(sink->nodes.n < UINT32_MAX);
    VEC_PUSH(&sink->nodes, node);
    return (uint32_t)(sink->nodes.n - 1);
}

uint32_t sink_root(struct sink *sink)
{
    if (sink == NULL) {
        return 0;
    }
    const uint32_t root = add_node(sink);
    VEC_PUSH(&sink->roots, root);
    return root;
}

static struct sink_node *open_node(struct sink *sink, uint32_t node)
{
    REQUIRE(node < sink->nodes.n);
    REQUIRE(sink->nodes.data[node].state == SINK_STATE_OPEN);
    return &sink->nodes.data[node];
}

uint32_t sink_split(struct sink *sink, uint32_t node,
                    const struct sink_split *split)
{
    if (sink == NULL) {
        return 0;
    }
    const uint32_t child = add_node(sink);
    (void)add_node(sink);
    struct sink_node *inner = open_node(sink, node);
    inner->child = child;
    inner->index = split->index;
    if (split->kind == SINK_NEURON) {
        inner->state = SINK_STATE_NEURON;
        inner->element = split->element;
    } else if (split->is_default_threshold) {
        inner->state = SINK_STATE_INPUT;
    } else {
        assert(isfinite(split->threshold));
        REQUIRE(sink->thresholds.n < UINT32_MAX);
        inner->state = SINK_STATE_INPUT_AT;
        inner->element = (uint32_t)sink->thresholds.n;
        VEC_PUSH(&sink->thresholds, split->threshold);
    }
    return child;
}

/* The nearest number of SINK_MANTISSA_BITS bits to a positive value. */
static struct sink_term round_term(const struct sink_multiplier *from)
{
    int exponent = 0;
    const double scaled =
        ldexp(frexp(from->value, &exponent), SINK_MANTISSA_BITS);
    uint32_t mantissa = (uint32_t)floor(scaled + 0.5);
    exponent -= SINK_MANTISSA_BITS;
    while (mantissa % 2 == 0) {
        mantissa /= 2;
        exponent++;
    }
    return (struct sink_term){.index = from->index,
                              .mantissa = (uint16_t)mantissa,
                              .exponent = (int16_t)exponent};
}

/* Appends the positive ones of n multipliers: their number. */
static uint32_t add_terms(struct sink *sink, size_t n,
                          const struct sink_multiplier *multipliers)
{
    uint32_t n_added = 0;
    for (size_t i = 0; i < n; i++) {
        assert(isfinite(multipliers[i].value));
        if (multipliers[i].value > 0.0) {
            VEC_PUSH(&sink->terms, round_term(&multipliers[i]));
            n_added++;
        }
    }
    return n_added;
}

/* A combination of one atom alone is the default: its factor is free. */
static struct sink_entry add_entry(struct sink *sink,
                                   const struct sink_refutation *refutation)
{
    struct sink_entry entry = {.first = sink->terms.n};
    if (refutation->is_default) {
        return entry;
    }
    entry.n_atoms = add_terms(sink, refutation->n_atoms, refutation->atoms);
    entry.n_literals =
        add_terms(sink, refutation->n_literals, refutation->literals);
    if (entry.n_atoms == 1 && entry.n_literals == 0) {
        entry.n_atoms = 0;
        sink->terms.n = entry.first;
    }
    return entry;
}

void sink_close(struct sink *sink, uint32_t node,
                const struct sink_closing *closing)
{
    if (sink == NULL) {
        return;
    }
    struct sink_node *leaf = open_node(sink, node);
    const size_t n_disjuncts = closing == NULL ? 0 : closing->n_disjuncts;
    const size_t first = sink->closings.n;
    bool is_default = true;
    REQUIRE(first < UINT32_MAX && n_disjuncts < UINT32_MAX - first);
    for (size_t d = 0; d < n_disjuncts; d++) {
        const struct sink_entry entry = add_entry(sink, &closing->disjuncts[d]);
        is_default = is_default && entry.n_atoms + entry.n_literals == 0;
        VEC_PUSH(&sink->closings, entry);
    }
    if (is_default) {
        sink->closings.n = first;
        leaf->state = SINK_STATE_LEAF;
        return;
    }
    leaf->state = SINK_STATE_LEAF_WITH;
    leaf->index = (uint32_t)first;
    leaf->element = (uint32_t)n_disjuncts;
}

uint32_t sink_find_complete(const struct sink *sink)
{
    bool *is_closed = NULL;
    uint32_t root = UINT32_MAX;
    NEW_ARRAY(is_closed, sink->nodes.n);
    for (size_t i = sink->nodes.n; i > 0; i--) {
        const struct sink_node *node = &sink->nodes.data[i - 1];
        is_closed[i - 1] = node->child == 0 ? node->state != SINK_STATE_OPEN
                                            : is_closed[node->child] &&
                                                  is_closed[node->child + 1];
    }
    for (size_t i = sink->roots.n; i > 0; i--) {
        if (is_closed[sink->roots.data[i - 1]]) {
            root = sink->roots.data[i - 1];
        }
    }
    alloc_free(is_closed);
    return root;
}

bool sink_is_complete(const struct sink *sink)
{
    return sink != NULL && sink_find_complete(sink) != UINT32_MAX;
}
