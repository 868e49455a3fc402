/* The arrays of the sink, with the complete root moved to the front. */
#include "proofs/sink_build.h"

#include "proofs/sink_nodes.h"

static enum status refuse(struct error *error, const char *what)
{
    error_set(error, "the proof cannot be written as a certificate: %s", what);
    return STATUS_LIMIT;
}

enum status sink_build_tree(struct cert *cert, size_t case_index,
                            struct sink *sink, struct error *error)
{
    struct cert_tree *tree = &cert->trees[case_index];
    const uint32_t root = sink_find_complete(sink);
    if (root == CERT_NONE) {
        return refuse(error, "the search left a region open");
    }
    if (sink->refusal != NULL) {
        return refuse(error, sink->refusal);
    }
    sink->tree.n_disjuncts = tree->n_disjuncts;
    sink->tree.nodes.data[0] = sink->tree.nodes.data[root];
    *tree = sink->tree;
    sink->tree = (struct cert_tree){0};
    const enum status status = cert_check_tree(cert, case_index, error);
    if (status != STATUS_OK) {
        cert_tree_clear(tree);
    }
    return status;
}
