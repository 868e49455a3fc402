/* The canonical query: the cases of a property over a network.
 * SPDX-License-Identifier: MIT */
#ifndef ASTROLABE_PROOFS_CHECK_CHECK_QUERY_H
#define ASTROLABE_PROOFS_CHECK_CHECK_QUERY_H

#include "proofs/check/check_fail.h"
#include "proofs/check/check_network.h"
#include "proofs/check/check_vnnlib.h"

#include <stddef.h>
#include <stdio.h>

/* A conjunction: unsafe if all atoms hold. None: always unsafe. */
struct check_disjunct {
    size_t n_atoms;
    const struct check_atom **atoms;
};

/*
 * An input box and a disjunction over it. The atoms of the box have one term:
 *   box  [2 * n_inputs] box[2 * i] is -1*X_i <= rhs, box[2 * i + 1] is
 *        1*X_i <= rhs, or < rhs; NULL: no such end. The box is not empty.
 *   before  for check_query_create: 1 + a case of the same hash, or 0
 */
struct check_case {
    const struct check_atom **box;
    size_t n_disjuncts;
    struct check_disjunct *disjuncts;
    size_t before;
};

/* Some input is unsafe iff it lies in the box of a case of which a disjunct
 * holds (FORMAT.md, "Canonical query"). The atoms belong to the property. */
struct check_query {
    size_t n_inputs;
    size_t n_outputs;
    size_t n_cases;
    struct check_case *cases;
    struct check_arena arena;
};

/* Ends in check_unreadable unless the elements, tensors and types declared for
 * network number k of the property are those of the network. Rows of tensors
 * are compared by their number of elements, which count row-major. */
void check_query_bind(const struct check_property *property,
                      const struct check_network *network, size_t k);

/* The cases of a property over so many inputs and outputs. Ends in
 * check_unsupported where these are too many. */
struct check_query *check_query_create(const struct check_property *property);
void check_query_free(struct check_query *query);

/* Ends in check_reject unless the hashes, three of 32 bytes that the
 * certificate of this path states, are those of the network's file, of the
 * property's file and of the canonical text of the query. */
void check_query_require(const struct check_query *query,
                         const struct check_property *property,
                         const struct check_network *network, const char *path,
                         const unsigned char *hashes);

/* The canonical text; `astrolabe dump` must print the same. */
void check_query_dump(FILE *file, const struct check_query *query);

#endif
