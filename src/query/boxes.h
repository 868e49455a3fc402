/* A set of boxes, each given by the bounds it adds to a common box. */
#ifndef ASTROLABE_QUERY_BOXES_H
#define ASTROLABE_QUERY_BOXES_H

#include "src/query/conjunct.h"

#include <stddef.h>
#include <stdint.h>

/* One box: normalised bounds, owned. */
struct boxes_entry {
    size_t n_bounds;
    struct conjunct_bound *bounds;
    uint64_t hash;
};

/* entries [n] in order of insertion; slots holds 1 + an index or 0 (free),
 * open addressing, n_slots 0 or a power of two. */
struct boxes {
    size_t n;
    size_t capacity;
    struct boxes_entry *entries;
    size_t n_slots;
    size_t *slots;
};

/* Number of the box with exactly these normalised bounds; a new box gets
 * number boxes->n and takes the bounds out of the conjunct. */
size_t boxes_insert(struct boxes *boxes, struct conjunct *conjunct);

void boxes_clear(struct boxes *boxes);

#endif
