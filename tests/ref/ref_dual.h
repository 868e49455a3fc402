/* Rows of the dual bound of small random queries, and their slow twin. */
#ifndef ASTROLABE_TESTS_REF_REF_DUAL_H
#define ASTROLABE_TESTS_REF_REF_DUAL_H

#include "solver/dual.h"
#include "src/base/rng.h"
#include "src/query/query.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { REF_DUAL_INPUTS = 8, REF_DUAL_NEURONS = 64, REF_DUAL_ROWS = 3 };

/* The dual bound at the root of a query: of at most REF_DUAL_INPUTS inputs and
 * REF_DUAL_NEURONS layers of as many neurons each. */
struct ref_dual {
    struct rng rng;
    struct query *query;
    struct weights *weights;
    struct bounds bounds;
    struct spec spec;
    struct dual *dual;
};

/* A random query, with intervals as bounds; no rows are set. */
void ref_dual_init(struct ref_dual *sample, size_t round);
void ref_dual_clear(struct ref_dual *sample);

/* REF_DUAL_ROWS rows with random disjuncts, phases, slopes, multipliers and
 * weights. */
void ref_dual_draw(struct ref_dual *sample);

/* The same with rows for ends of unstable neurons of an affine layer, and either
 * atoms of a random disjunct joined with random multipliers or none; false if
 * there is no such layer. To be followed by ref_dual_turn_back. */
bool ref_dual_draw_ends(struct ref_dual *sample, bool is_joined);

/* Turns to rows of disjuncts. */
void ref_dual_turn_back(struct ref_dual *sample);

/* The disjunct whose atoms row r has weights or multipliers for; DUAL_ALONE:
 * none. */
uint32_t ref_dual_joined(const struct ref_dual *sample, size_t r);

/* The slow twin: (1) of dual.h of row r in doubles, entry by entry. */
double ref_dual_bound(const struct ref_dual *sample, size_t r);

#endif
