/* The nodes of all trees in the arrays of one certificate's tree. */
#include "proofs/sink.h"

#include "proofs/sink_nodes.h"
#include "src/base/alloc.h"
#include "src/base/require.h"

#include <assert.h>
#include <math.h>

static_assert((int)SINK_BOX_BITS == (int)CERT_BOX_BITS &&
                  (int)SINK_LOWER_BITS == (int)CERT_LOWER_BITS &&
                  (int)SINK_LEVEL_BITS == (int)CERT_SLOPE_BITS &&
                  (int)SINK_FRACTIONS == (int)CERT_FRACTIONS,
              "the sink rounds to the grids of certificates");

struct sink *sink_create(void)
{
    struct sink *sink;
    NEW(sink);
    return sink;
}

void sink_destroy(struct sink *sink)
{
    if (sink != NULL) {
        cert_tree_clear(&sink->tree);
        VEC_CLEAR(&sink->roots);
        alloc_free(sink);
    }
}

/* Appends an open node. */
static uint32_t add_node(struct sink *sink)
{
    const struct cert_node node = {.kind = SINK_OPEN, .details = CERT_NONE};
    REQUIRE(sink->tree.nodes.n < CERT_NONE);
    VEC_PUSH(&sink->tree.nodes, node);
    return (uint32_t)(sink->tree.nodes.n - 1);
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

static struct cert_node *open_node(struct sink *sink, uint32_t node)
{
    REQUIRE(node < sink->tree.nodes.n);
    REQUIRE(sink->tree.nodes.data[node].kind == SINK_OPEN);
    return &sink->tree.nodes.data[node];
}

/* The nearest number of SINK_MANTISSA_BITS bits to a positive value. */
static struct cert_multiplier
round_multiplier(const struct sink_multiplier *from)
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
    return (struct cert_multiplier){
        .mantissa = mantissa, .exponent = exponent, .index = from->index};
}

/* Appends the positive ones of n multipliers: their number. */
static uint32_t add_multipliers(struct sink *sink, size_t n,
                                const struct sink_multiplier *multipliers)
{
    uint32_t n_added = 0;
    for (size_t i = 0; i < n; i++) {
        assert(isfinite(multipliers[i].value));
        if (multipliers[i].value > 0.0) {
            VEC_PUSH(&sink->tree.multipliers,
                     round_multiplier(&multipliers[i]));
            n_added++;
        }
    }
    return n_added;
}

static struct cert_combination
add_combination(struct sink *sink, const struct sink_combination *from)
{
    struct cert_combination by = {.first = sink->tree.multipliers.n};
    by.n_atoms = add_multipliers(sink, from->n_atoms, from->atoms);
    by.n_literals = add_multipliers(sink, from->n_literals, from->literals);
    return by;
}

static void add_slopes(struct sink *sink, const struct sink_step *step)
{
    for (size_t i = 0; i < step->n_slopes; i++) {
        const struct sink_slope *from = &step->slopes[i];
        assert(from->value >= 0.0 && from->value <= 1.0);
        const struct cert_slope slope = {
            .relu = from->relu,
            .element = from->element,
            .slope =
                (uint16_t)floor(ldexp(from->value, SINK_LOWER_BITS) + 0.5)};
        VEC_PUSH(&sink->tree.slopes, slope);
    }
}

static void add_lemmas(struct sink *sink, const struct sink_step *step)
{
    for (size_t i = 0; i < step->n_lemmas; i++) {
        const struct sink_lemma *from = &step->lemmas[i];
        const struct cert_lemma lemma = {.relu = from->relu,
                                         .element = from->element,
                                         .is_upper = from->is_upper,
                                         .by =
                                             add_combination(sink, &from->by)};
        VEC_PUSH(&sink->tree.lemmas, lemma);
    }
}

/* A combination of one atom alone is the default: its factor is free. */
static struct cert_closing add_closing(struct sink *sink,
                                       const struct sink_closing *from)
{
    struct cert_closing closing = {.disjunct = from->disjunct,
                                   .is_default = from->is_default};
    if (!from->is_default) {
        closing.by = add_combination(sink, &from->by);
        closing.is_default =
            closing.by.n_atoms == 1 && closing.by.n_literals == 0;
    }
    if (closing.is_default) {
        sink->tree.multipliers.n -= closing.by.n_atoms;
        closing.by = (struct cert_combination){0};
    }
    return closing;
}

/* Defaults of a leaf are left out. */
static void add_closings(struct sink *sink, const struct sink_step *step,
                         bool is_leaf)
{
    for (size_t i = 0; i < step->n_closings; i++) {
        const struct cert_closing closing =
            add_closing(sink, &step->closings[i]);
        if (!closing.is_default || !is_leaf) {
            VEC_PUSH(&sink->tree.closings, closing);
        }
    }
}

/* Puts a step on its node. */
static void add_step(struct sink *sink, struct cert_node *node,
                     const struct sink_step *step)
{
    struct cert_tree *tree = &sink->tree;
    if (step == NULL) {
        return;
    }
    node->refresh = step->refresh;
    struct cert_details details = {.first_slope = tree->slopes.n,
                                   .first_lemma = tree->lemmas.n,
                                   .first_closing = tree->closings.n};
    add_slopes(sink, step);
    add_lemmas(sink, step);
    add_closings(sink, step, node->kind == CERT_LEAF);
    details.n_slopes = (uint32_t)(tree->slopes.n - details.first_slope);
    details.n_lemmas = (uint32_t)(tree->lemmas.n - details.first_lemma);
    details.n_closings = (uint32_t)(tree->closings.n - details.first_closing);
    if (details.n_slopes + details.n_lemmas + details.n_closings > 0) {
        REQUIRE(tree->details.n < CERT_NONE);
        node->details = (uint32_t)tree->details.n;
        VEC_PUSH(&tree->details, details);
    }
}

/* A threshold in units of its grid. */
static void set_units(struct sink *sink, struct cert_node *node, double units)
{
    if (!(fabs(units) < (double)CERT_MAX_THRESHOLD) || floor(units) < units) {
        sink->refusal = "a threshold off its grid";
    } else {
        node->threshold = (int64_t)units;
    }
}

static void set_threshold(struct sink *sink, struct cert_node *node,
                          const struct sink_split *split)
{
    switch (split->threshold_kind) {
    case SINK_MIDPOINT:
        node->threshold_kind = CERT_MIDPOINT;
        break;
    case SINK_FRACTION:
        node->threshold_kind = CERT_FRACTION;
        node->threshold = split->fraction;
        break;
    case SINK_GRID:
        node->threshold_kind = CERT_GRID;
        set_units(sink, node, ldexp(split->threshold, SINK_BOX_BITS));
        break;
    }
}

uint32_t sink_split(struct sink *sink, uint32_t node,
                    const struct sink_split *split,
                    const struct sink_step *step)
{
    if (sink == NULL) {
        return 0;
    }
    const uint32_t child = add_node(sink);
    (void)add_node(sink);
    struct cert_node *inner = open_node(sink, node);
    inner->child = child;
    inner->index = split->index;
    if (split->kind == SINK_NEURON) {
        inner->kind = CERT_NEURON;
        inner->element = split->element;
        set_units(sink, inner, ldexp(split->threshold, SINK_LEVEL_BITS));
    } else {
        inner->kind = CERT_INPUT;
        set_threshold(sink, inner, split);
    }
    add_step(sink, inner, step);
    return child;
}

void sink_close(struct sink *sink, uint32_t node, const struct sink_step *step)
{
    if (sink != NULL) {
        struct cert_node *leaf = open_node(sink, node);
        leaf->kind = CERT_LEAF;
        add_step(sink, leaf, step);
    }
}

uint32_t sink_find_complete(const struct sink *sink)
{
    bool *is_closed = NULL;
    uint32_t root = CERT_NONE;
    NEW_ARRAY(is_closed, sink->tree.nodes.n);
    for (size_t i = sink->tree.nodes.n; i > 0; i--) {
        const struct cert_node *node = &sink->tree.nodes.data[i - 1];
        is_closed[i - 1] = node->kind == CERT_LEAF ||
                           (node->kind != SINK_OPEN && is_closed[node->child] &&
                            is_closed[node->child + 1]);
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
    return sink != NULL && sink_find_complete(sink) != CERT_NONE;
}
