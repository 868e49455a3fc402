/* Why a leaf of a certificate is closed, in plain text. */
#ifndef ASTROLABE_EXPLAIN_LEAF_H
#define ASTROLABE_EXPLAIN_LEAF_H

#include "proofs/cert.h"
#include "proofs/cert_text.h"
#include "src/base/error.h"
#include "src/base/status.h"
#include "src/query/query.h"

#include <stddef.h>
#include <stdio.h>

/* Leaf and case are still to be chosen. */
#define LEAF_ANY SIZE_MAX

/*
 *   cert   one of unsat that fits the query; not changed
 *   names  of inputs and ReLU layers
 *   case_index, leaf  leaves are counted from 0 in pre-order; LEAF_ANY: that of
 *          least margin, in the case or, if that is LEAF_ANY too, in all; with
 *          a leaf alone the case is 0
 */
struct leaf_question {
    struct cert *cert;
    const struct query *query;
    const struct cert_names *names;
    size_t case_index;
    size_t leaf;
};

/*
 * Prints the chain of inequalities of the leaf's disjunct of least margin: its
 * goal, the facts, the line and the coefficient of every neuron met, the
 * constant before each layer, the ends of the box, the comparison.
 *   returns  STATUS_OK; STATUS_USAGE if there is no such case or leaf;
 *            STATUS_LIMIT if the replay cannot serve the case
 */
enum status leaf_explain(FILE *file, const struct leaf_question *question,
                         struct error *error);

#endif
