/* Ends of neurons proved by trees, as splits in the numbering of
 * proofs/FORMAT.md. */
#ifndef ASTROLABE_SOLVER_RECORD_ENDS_H
#define ASTROLABE_SOLVER_RECORD_ENDS_H

#include "proofs/sink.h"
#include "solver/record.h"

/*
 * How far a record has been told.
 *   slopes      all slopes of the record, not owned
 *   n_ends, n_branches, n_slopes, n_terms   told so far
 */
struct record_ends {
    const struct record *record;
    const struct sink_slope *slopes;
    size_t n_ends;
    size_t n_branches;
    size_t n_slopes;
    size_t n_terms;
};

/* Tells the next n ends, at least one, below a node that waits for its split,
 * with its step; returns the node that is left, which waits for the next. */
uint32_t record_ends_tell(struct record_ends *ends, size_t n, struct sink *sink,
                          uint32_t node, const struct sink_step *step);

#endif
