/* Where each bound on a path of a certificate comes from. */
#ifndef ASTROLABE_EXPLAIN_ORIGINS_H
#define ASTROLABE_EXPLAIN_ORIGINS_H

#include "proofs/oracle.h"
#include "solver/replay.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum origin_kind {
    ORIGIN_BOX, /* interval evaluation of the case's box */
    ORIGIN_SPLIT,
    ORIGIN_LEMMA,
    ORIGIN_REFRESH
};

/* depth: of the node on the path whose record it was; 0: the root. */
struct origin {
    enum origin_kind kind;
    uint32_t depth;
};

/*
 * An oracle that remembers who changed a bound last.
 *   of     [2 * n] origins of the lower ends, then of the upper ends, in the
 *          order of struct bounds
 *   seen   [2 * n] the bounds after the last step
 */
struct origins {
    struct oracle inner;
    struct replay *replay;
    uint32_t depth;
    size_t n;
    struct origin *of;
    double *seen;
};

/* Before the root; origins_clear is due. The replay outlives it. */
void origins_init(struct origins *origins, struct replay *replay);
void origins_clear(struct origins *origins);

/* The oracle of the replay, to go down one path: it has no `leave`. */
struct oracle origins_oracle(struct origins *origins);

/* Of the lower or upper end of an element of a layer. */
struct origin origins_find(const struct origins *origins, size_t layer,
                           size_t element, bool is_upper);

#endif
