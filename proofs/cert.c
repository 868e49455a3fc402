/* Storage, pre-order walks and figures of certificates. */
#include "proofs/cert.h"

#include "src/base/alloc.h"

#include <assert.h>

void cert_init(struct cert *cert, const struct cert_shape *shape)
{
    *cert = (struct cert){.box_bits = CERT_BOX_BITS,
                          .fact_bits = CERT_FACT_BITS,
                          .slope_bits = CERT_SLOPE_BITS,
                          .n_inputs = shape->n_inputs,
                          .n_cases = shape->n_cases};
    NEW_ARRAY(cert->trees, cert->n_cases);
    for (size_t i = 0; i < cert->n_cases; i++) {
        cert->trees[i].n_disjuncts = shape->n_disjuncts[i];
    }
}

void cert_clear(struct cert *cert)
{
    for (size_t i = 0; i < cert->n_cases; i++) {
        struct cert_tree *tree = &cert->trees[i];
        VEC_CLEAR(&tree->nodes);
        VEC_CLEAR(&tree->thresholds);
        VEC_CLEAR(&tree->closings);
        VEC_CLEAR(&tree->multipliers);
    }
    alloc_free(cert->trees);
    *cert = (struct cert){0};
}

bool cert_is_inner(enum cert_kind kind)
{
    switch (kind) {
    case CERT_INPUT:
    case CERT_INPUT_AT:
    case CERT_NEURON:
        return true;
    case CERT_LEAF:
    case CERT_LEAF_WITH:
        break;
    }
    return false;
}

unsigned cert_index_bits(size_t n_inputs)
{
    unsigned n = 0;
    while (n_inputs > (size_t)1 << n) {
        n++;
    }
    return n;
}

size_t cert_walk_enter(struct cert_walk *walk, enum cert_kind kind)
{
    const size_t depth = walk->left.n;
    assert(!cert_walk_is_done(walk));
    walk->is_started = true;
    if (cert_is_inner(kind)) {
        VEC_PUSH(&walk->left, 2);
        return depth;
    }
    while (walk->left.n > 0 && --walk->left.data[walk->left.n - 1] == 0) {
        walk->left.n--;
    }
    return depth;
}

bool cert_walk_is_done(const struct cert_walk *walk)
{
    return walk->is_started && walk->left.n == 0;
}

void cert_walk_clear(struct cert_walk *walk)
{
    VEC_CLEAR(&walk->left);
    walk->is_started = false;
}
