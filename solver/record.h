/* What closing a node leaves behind for a certificate. */
#ifndef ASTROLABE_SOLVER_RECORD_H
#define ASTROLABE_SOLVER_RECORD_H

#include "src/base/vec.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * One multiplier of the combination that refutes a disjunct: of atom `index`
 * of the disjunct, or of the literal at position `index` of the node's path.
 * Disjuncts without terms are refuted by one atom alone.
 */
struct record_term {
    uint32_t disjunct;
    uint32_t index;
    bool is_literal;
    double multiplier; /* > 0, RECORD_BITS bits */
};

/*
 * is_on       a certificate is wanted: boxes and thresholds stay on the grid
 *             2^-RECORD_BOX_BITS, nothing is clipped, and only what the
 *             checker repeats may close a node, with a margin for its
 *             rounding (proofs/FORMAT.md)
 * literal     path positions of the literals whose rows are in the LP
 * terms       of the disjuncts refuted at this node
 */
struct record {
    bool is_on;
    VEC(uint32_t) literal;
    VEC(struct record_term) terms;
};

enum { RECORD_BOX_BITS = 40, RECORD_BITS = 10 };

/* Least bound that closes a disjunct, and least gap that empties a region,
 * of a recorded node. */
#define RECORD_MARGIN 0x1p-21
#define RECORD_GAP    0x1p-30

/* Largest grid number not above x, least not below; exact for |x| < 2^12. */
double record_grid_down(double x);
double record_grid_up(double x);
/* True if the grid is exact on both ends. */
bool record_is_exact(double lower, double upper);

/* The multipliers divided by the largest, rounded to RECORD_BITS bits, those
 * below 2^-20 dropped to 0; false if none is positive and finite. */
bool record_round(double *multipliers, size_t n);

void record_clear(struct record *record);

#endif
