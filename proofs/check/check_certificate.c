/* Binding first, then proof or witness.
 * SPDX-License-Identifier: MIT */
#include "proofs/check/check_certificate.h"

#include "proofs/check/check_cells.h"
#include "proofs/check/check_pair.h"
#include "proofs/check/check_tree.h"
#include "proofs/check/check_witness.h"

bool check_certificate_has_cells(const char *path)
{
    struct check_head head;
    check_head_open(&head, path);
    const bool has_cells = head.has_cells;
    check_head_close(&head);
    return has_cells;
}

const char *check_certificate(const char *path,
                              const struct check_network *network,
                              const struct check_property *property,
                              const struct check_query *query,
                              enum check_arithmetic arithmetic,
                              size_t n_threads)
{
    static const char *const shown[] = {
        [CHECK_EVERY_ORDER] = "sat real; float32: every order",
        [CHECK_NO_ORDER] = "sat real; float32: no order",
        [CHECK_UNDETERMINED] = "sat real; float32: undetermined",
        [CHECK_NO_FLOAT32] = "sat real; float32: input not representable"};
    const char *line = "unsat real";
    struct check_head head;
    check_head_open(&head, path);
    check_query_require(query, property, network, path, head.hashes);
    if (head.has_cells != network->is_cell) {
        check_reject("%s: is, or is not, about cells", path);
    }
    if (head.is_witness) {
        line = shown[check_witness(&head, network, query)];
    } else if (head.has_pairs) {
        struct check_network *paired = check_pairs_create(network);
        check_proof(&head, paired, query, arithmetic, n_threads);
        check_pairs_free(paired);
    } else if (head.has_cells) {
        check_cells(&head, network, query);
    } else {
        check_proof(&head, network, query, arithmetic, n_threads);
    }
    check_head_close(&head);
    return line;
}
