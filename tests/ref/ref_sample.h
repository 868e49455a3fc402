/* Random tiny queries with whole weights, tight to exact minima or not. */
#ifndef ASTROLABE_TESTS_REF_REF_SAMPLE_H
#define ASTROLABE_TESTS_REF_REF_SAMPLE_H

#include "src/base/rng.h"
#include "src/query/query.h"

#include <stddef.h>

/*
 * TIGHT  right sides may be tight to the last bit of exact minima, atoms come
 *        with their opposites, and ends of the box may be thirds
 * EASY   right sides keep away from exact minima, and points of the box are
 *        doubles: such queries should be decided
 * ANY    right sides are whole numbers whatever the minima, which takes no
 *        time, and points of the box are doubles
 */
enum ref_sample_kind { REF_SAMPLE_TIGHT, REF_SAMPLE_EASY, REF_SAMPLE_ANY };

/*
 * Two or three inputs, two ReLU layers of two to four neurons, one or two
 * outputs; one to three disjuncts of one to three atoms over inputs and
 * outputs, some strict; some networks begin or end with a ReLU.
 */
struct query *ref_sample_query(struct rng *rng, enum ref_sample_kind kind);

/* The same query with more inputs, all others 0: satisfiable or not with
 * the first. */
struct query *ref_sample_widen(const struct query *query, size_t n_inputs);

#endif
