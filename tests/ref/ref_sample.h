/* Random tiny queries with whole weights, tight to exact minima or not. */
#ifndef ASTROLABE_TESTS_REF_REF_SAMPLE_H
#define ASTROLABE_TESTS_REF_REF_SAMPLE_H

#include "src/base/rng.h"
#include "src/query/query.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * Two or three inputs, two ReLU layers of two to four neurons, one or two
 * outputs; one to three disjuncts of one to three atoms over inputs and
 * outputs, some strict; some networks begin or end with a ReLU.
 *   is_easy  right sides keep away from exact minima, and points of the box
 *            are doubles: such queries should be decided. Otherwise right
 *            sides may be tight to the last bit, atoms come with their
 *            opposites, and ends may be thirds.
 */
struct query *ref_sample_query(struct rng *rng, bool is_easy);

/* The same query with more inputs, all others 0: satisfiable or not with
 * the first. */
struct query *ref_sample_widen(const struct query *query, size_t n_inputs);

#endif
