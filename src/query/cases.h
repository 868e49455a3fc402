/* Assertions to cases: boxes with disjunctions of linear atoms. */
#ifndef ASTROLABE_QUERY_CASES_H
#define ASTROLABE_QUERY_CASES_H

#include "src/base/error.h"
#include "src/base/status.h"
#include "src/query/query.h"
#include "vnnlib/polynomial.h"
#include "vnnlib/vnnlib.h"

#include <stddef.h>

/* Numbers of a query together: ends of boxes, terms of atoms. */
#define CASES_LIMIT ((size_t)1 << 27)

/*
 * Positions of the variables of a property.
 *   base       [lib->variables.n] element e of variable i is base[i] + e
 *   n_inputs   positions below are inputs, as declared
 *   monomials  those of the property, behind the declared positions
 *   ties       what is left of the inputs: the query is over these
 */
struct cases_names {
    const size_t *base;
    size_t n_inputs;
    struct monomials monomials;
    struct net_ties ties;
};

/*
 * Fills query->cases, n_cases and n_empty as query.h says: single-variable
 * comparisons over inputs tighten the box, everything else becomes an atom,
 * constant ones are folded, equal boxes share a case.
 *   names     what the positions mean
 *   returns   STATUS_OK; STATUS_UNSUPPORTED with the place: coefficients that
 *             are no exact doubles, numbers beyond the range of double, more
 *             than CASES_LIMIT numbers
 */
enum status cases_build(struct query *query, const struct vnnlib *lib,
                        const struct cases_names *names, struct error *error);

/* Releases the cases of a query whose boxes have n_inputs elements. */
void cases_destroy(struct query_case *cases, size_t n_cases, size_t n_inputs);

#endif
