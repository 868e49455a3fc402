/* A query about two networks, with differences of their neurons. */
#ifndef ASTROLABE_QUERY_PAIRING_H
#define ASTROLABE_QUERY_PAIRING_H

#include "src/query/query.h"

#include <stdbool.h>

/*
 * Makes *paired the same query, with the layers of pairs_create if `is_wanted`;
 * all else still belongs to `query`, which must live on. For pairing_clear in
 * every case.
 *   returns false, with the layers of the query, if it has no such pairs
 */
bool pairing_init(struct query *paired, const struct query *query,
                  bool is_wanted);
void pairing_clear(struct query *paired, const struct query *query);

/* Whether pairs_are_near in the boxes of all cases, which are bounded. */
bool pairing_is_near(const struct query *paired);

#endif
