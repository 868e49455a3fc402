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

void record_tree_split(struct sink *sink, const struct layers *layers,
                       const struct split *split, const struct node *node,
                       struct node *const child[2])
{
    const bool is_input = split->kind == SPLIT_INPUT;
    const struct sink_split event = {
        .kind = is_input ? SINK_INPUT : SINK_NEURON,
        .index = is_input ? split->index : relu_number(layers, split->layer),
        .element = split->index,
        .threshold = split->threshold,
        .is_default_threshold = true,
    };
    const uint32_t first = sink_split(sink, node->record, &event);
    child[0]->record = first;
    child[1]->record = first + 1;
}

/* The terms of one disjunct, atoms or literals; returns their number. */
static size_t gather(struct sink_multiplier *multipliers,
                     const struct record *record, size_t disjunct,
                     bool is_literal)
{
    size_t n = 0;
    for (size_t t = 0; t < record->terms.n; t++) {
        const struct record_term *term = &record->terms.data[t];
        if (term->disjunct == disjunct && term->is_literal == is_literal) {
            multipliers[n++] =
                (struct sink_multiplier){term->index, term->multiplier};
        }
    }
    return n;
}

void record_tree_close(struct sink *sink, const struct prover *prover,
                       const struct node *node)
{
    const struct record *record = &prover->record;
    if (record->terms.n == 0) {
        sink_close(sink, node->record, NULL);
        return;
    }
    const size_t n = prover->spec.n_disjuncts;
    struct sink_refutation *refutations;
    struct sink_multiplier *terms;
    NEW_ARRAY(refutations, n);
    NEW_ARRAY(terms, record->terms.n);
    size_t n_terms = 0;
    for (size_t d = 0; d < n; d++) {
        struct sink_refutation *refutation = &refutations[d];
        refutation->atoms = terms + n_terms;
        refutation->n_atoms = gather(terms + n_terms, record, d, false);
        n_terms += refutation->n_atoms;
        refutation->literals = terms + n_terms;
        refutation->n_literals = gather(terms + n_terms, record, d, true);
        n_terms += refutation->n_literals;
        refutation->is_default =
            refutation->n_atoms + refutation->n_literals == 0;
    }
    const struct sink_closing closing = {n, refutations};
    sink_close(sink, node->record, &closing);
    alloc_free(refutations);
    alloc_free(terms);
}
