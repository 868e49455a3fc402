/* Storage of certificates. */
#include "proofs/cert.h"

#include "src/base/alloc.h"

void cert_init(struct cert *cert, const struct cert_shape *shape)
{
    *cert = (struct cert){.verdict = CERT_UNSAT,
                          .box_bits = CERT_BOX_BITS,
                          .fact_bits = CERT_FACT_BITS,
                          .slope_bits = CERT_SLOPE_BITS,
                          .lower_bits = CERT_LOWER_BITS,
                          .n_inputs = shape->n_inputs,
                          .n_relus = shape->n_relus,
                          .n_cases = shape->n_cases};
    NEW_ARRAY(cert->trees, cert->n_cases);
    for (size_t i = 0; i < cert->n_cases; i++) {
        cert->trees[i].n_disjuncts = shape->n_disjuncts[i];
    }
}

void cert_tree_clear(struct cert_tree *tree)
{
    VEC_CLEAR(&tree->nodes);
    VEC_CLEAR(&tree->details);
    VEC_CLEAR(&tree->slopes);
    VEC_CLEAR(&tree->lemmas);
    VEC_CLEAR(&tree->closings);
    VEC_CLEAR(&tree->multipliers);
}

void cert_clear(struct cert *cert)
{
    for (size_t i = 0; i < cert->n_cases; i++) {
        cert_tree_clear(&cert->trees[i]);
    }
    alloc_free(cert->trees);
    alloc_free(cert->witness);
    *cert = (struct cert){0};
}

struct cert_details cert_node_details(const struct cert_tree *tree,
                                      const struct cert_node *node)
{
    static const struct cert_details none;
    return node->details == CERT_NONE ? none
                                      : tree->details.data[node->details];
}
