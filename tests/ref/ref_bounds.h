/* Bounds of a region by one domain, from nothing. */
#ifndef ASTROLABE_TESTS_REF_REF_BOUNDS_H
#define ASTROLABE_TESTS_REF_REF_BOUNDS_H

#include "domains/domain.h"
#include "src/query/query.h"

/* Initialises the bounds, for bounds_clear, and narrows them; the answer of the
 * domain. */
enum domain_answer ref_bounds(struct bounds *bounds,
                              const struct domain_ops *ops,
                              const struct layers *layers,
                              const struct region *region);

/* The same by intervals over the box of the first case of a query. */
enum domain_answer ref_bounds_of_query(struct bounds *bounds,
                                       const struct query *query);

#endif
