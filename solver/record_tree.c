/* Splits and leaves in the numbering of proofs/FORMAT.md. */
#include "solver/record_tree.h"

#include "src/base/alloc.h"
#include "src/base/require.h"

/* Number of the first ReLU that reads a layer. */
static uint32_t relu_number(const struct layers *layers, size_t source)
{
    uint32_t number = 0;
    for (size_t k = 1; k < layers->n_layers; k++) {
        if (layers->layer[k].kind == LAYER_RELU) {
            if (layers->layer[k].source == source) {
                return number;
            }
            number++;
        }
    }
    REQUIRE(false);
    return 0;
}

/* All ReLU layers are refreshed at every node. */
static uint64_t refresh_all(const struct layers *layers)
{
    size_t n = 0;
    for (size_t k = 1; k < layers->n_layers; k++) {
        n += layers->layer[k].kind == LAYER_RELU ? 1 : 0;
    }
    return n >= 64 ? UINT64_MAX : ((uint64_t)1 << n) - 1;
}

void record_tree_split(struct sink *sink, const struct layers *layers,
                       const struct split *split, const struct node *node,
                       struct node *const child[2])
{
    const bool is_input = split->kind == SPLIT_INPUT;
    const struct sink_split event = {
        .kind = is_input ? SINK_INPUT : SINK_NEURON,
        .index = is_input ? split->index : relu_number(layers, split->layer),
        .element = is_input ? 0 : split->index,
        .threshold_kind = SINK_MIDPOINT,
    };
    const struct sink_step step = {.refresh = refresh_all(layers)};
    const uint32_t first = sink_split(sink, node->record, &event, &step);
    child[0]->record = first;
    child[1]->record = first + 1;
}

/* Neuron splits of the path below the one at a position. */
static uint32_t distance_to(const struct node *node, size_t position)
{
    uint32_t n = 0;
    for (size_t i = position + 1; i < node->depth; i++) {
        n += node->path[i].kind == SPLIT_NEURON ? 1 : 0;
    }
    return n;
}

/* The terms of one disjunct, atoms or literals; returns their number. */
static size_t gather(struct sink_multiplier *multipliers,
                     const struct record *record, const struct node *node,
                     size_t disjunct, bool is_literal)
{
    size_t n = 0;
    for (size_t t = 0; t < record->terms.n; t++) {
        const struct record_term *term = &record->terms.data[t];
        if (term->disjunct == disjunct && term->is_literal == is_literal) {
            multipliers[n++] = (struct sink_multiplier){
                is_literal ? distance_to(node, term->index) : term->index,
                term->multiplier};
        }
    }
    return n;
}

void record_tree_close(struct sink *sink, const struct prover *prover,
                       const struct node *node)
{
    const struct record *record = &prover->record;
    struct sink_step step = {.refresh = refresh_all(prover->layers)};
    if (record->terms.n == 0) {
        sink_close(sink, node->record, &step);
        return;
    }
    const size_t n = prover->spec.n_disjuncts;
    struct sink_closing *closings;
    struct sink_multiplier *terms;
    NEW_ARRAY(closings, n);
    NEW_ARRAY(terms, record->terms.n);
    size_t n_terms = 0;
    for (size_t d = 0; d < n; d++) {
        struct sink_combination *by = &closings[d].by;
        closings[d].disjunct = (uint32_t)d;
        by->atoms = terms + n_terms;
        by->n_atoms = gather(terms + n_terms, record, node, d, false);
        n_terms += by->n_atoms;
        by->literals = terms + n_terms;
        by->n_literals = gather(terms + n_terms, record, node, d, true);
        n_terms += by->n_literals;
        closings[d].is_default = by->n_atoms + by->n_literals == 0;
    }
    step.n_closings = n;
    step.closings = closings;
    sink_close(sink, node->record, &step);
    alloc_free(closings);
    alloc_free(terms);
}
