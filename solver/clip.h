/* Cutting off slabs of the box in which no open disjunct can hold. */
#ifndef ASTROLABE_SOLVER_CLIP_H
#define ASTROLABE_SOLVER_CLIP_H

#include "solver/prover.h"

/*
 * Shrinks the prover's box by the rows f_r >= row[r].x + constant[r] of the
 * open disjuncts: a slab x_i >= t (x_i <= t) goes if over it every open
 * disjunct has a row whose bound exceeds twice the margin of the record. t is a
 * multiple of 1/SINK_FRACTIONS of the width that the box has just then, so that
 * the slab is a leaf of a certificate (FORMAT.md, "Splits"); in a recorded
 * search t is rounded as there. Slabs of fewer than three fractions stay. Every
 * cut is appended to prover->record.clips.
 *   minimum  [n_rows] out: lower bounds of the rows of the open disjuncts over
 *            what is left of the box, with every rounding error bounded
 */
void clip_box(struct prover *prover, double *minimum);

/* True if some row of disjunct d is refuted by its minimum. */
bool clip_refutes(const struct prover *prover, const double *minimum, size_t d);

/* Notes that disjunct d is closed by its minimum, for the certificate. */
void clip_note(struct prover *prover, const double *minimum, size_t d);

#endif
