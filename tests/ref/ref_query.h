/* Queries of one case built by hand around given layers. */
#ifndef ASTROLABE_TESTS_REF_REF_QUERY_H
#define ASTROLABE_TESTS_REF_REF_QUERY_H

#include "src/query/query.h"

#include <gmp.h>

#include <stdbool.h>

/* A query over `layers` (now owned by it) with one case on the box of exact
 * ends and without disjuncts; freed with query_destroy. */
struct query *ref_query_create(struct layers *layers, const double *lower,
                               const double *upper);

/* Replaces both ends of input i by exact numbers. */
void ref_query_set_box(struct query *query, size_t i, const mpq_t lower,
                       const mpq_t upper);

/* Appends a disjunct without atoms: it always holds. */
void ref_query_add_disjunct(struct query *query);

/* Appends to the last disjunct the atom c.(x, y) <= rhs, or <; c has a
 * coefficient for every input, then for every output. */
void ref_query_add_atom(struct query *query, const double *c, const mpq_t rhs,
                        bool is_strict);

/* The same with a double on the right. */
void ref_query_add_le(struct query *query, const double *c, double rhs);
void ref_query_add_lt(struct query *query, const double *c, double rhs);

/* True if the point x is in the box and some disjunct holds, exactly. */
bool ref_query_holds_at(const struct query *query, const double *x);

#endif
