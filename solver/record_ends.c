/* Ends of neurons proved by trees, as splits in the numbering of
 * proofs/FORMAT.md. */
#include "solver/record_ends.h"

#include "src/base/alloc.h"
#include "src/base/vec.h"

/* Closes a node by the lemma of the next leaf: the end lies beyond its
 * threshold. */
static void tell_leaf(struct record_ends *ends, struct sink *sink,
                      uint32_t node, const struct record_end *end,
                      const struct record_branch *leaf)
{
    struct sink_multiplier *multipliers;
    NEW_ARRAY(multipliers, leaf->n_terms);
    size_t n_atoms = 0;
    for (size_t t = 0; t < leaf->n_terms; t++) {
        const struct record_term *term =
            &ends->record->end_terms.data[ends->n_terms++];
        multipliers[t] =
            (struct sink_multiplier){term->index, term->multiplier};
        n_atoms += term->is_literal ? 0 : 1;
    }
    const struct sink_lemma lemma = {
        .relu = end->relu,
        .element = end->element,
        .is_upper = end->is_upper,
        .by = {.n_atoms = n_atoms,
               .n_literals = leaf->n_terms - n_atoms,
               .atoms = multipliers,
               .literals = multipliers + n_atoms},
    };
    const struct sink_step step = {
        .n_slopes = leaf->n_slopes,
        .slopes = leaf->n_slopes == 0 ? NULL : ends->slopes + ends->n_slopes,
        .n_lemmas = 1,
        .lemmas = &lemma,
    };
    ends->n_slopes += leaf->n_slopes;
    sink_close(sink, node, &step);
    alloc_free(multipliers);
}

/* Closes a node by the next tree. */
static void tell_tree(struct record_ends *ends, struct sink *sink,
                      uint32_t root, const struct record_end *end)
{
    VEC(uint32_t) open = {0};
    VEC_PUSH(&open, root);
    while (open.n > 0) {
        const uint32_t node = open.data[--open.n];
        const struct record_branch *branch =
            &ends->record->branches.data[ends->n_branches++];
        if (branch->is_leaf) {
            tell_leaf(ends, sink, node, end, branch);
            continue;
        }
        const struct sink_split split = {.kind = SINK_NEURON,
                                         .index = branch->relu,
                                         .element = branch->element};
        const uint32_t first = sink_split(sink, node, &split, NULL);
        VEC_PUSH(&open, first + 1);
        VEC_PUSH(&open, first);
    }
    VEC_CLEAR(&open);
}

uint32_t record_ends_tell(struct record_ends *ends, size_t n, struct sink *sink,
                          uint32_t node, const struct sink_step *step)
{
    for (size_t i = 0; i < n; i++) {
        const struct record_end *end = &ends->record->ends.data[ends->n_ends++];
        const struct sink_split split = {.kind = SINK_NEURON,
                                         .index = end->relu,
                                         .element = end->element,
                                         .threshold = end->threshold};
        const uint32_t first =
            sink_split(sink, node, &split, i == 0 ? step : NULL);
        const uint32_t refuted = end->is_upper ? 1 : 0;
        tell_tree(ends, sink, first + refuted, end);
        node = first + 1 - refuted;
    }
    return node;
}
