/* Slopes between the dual bound, back-substitution and the record. */
#ifndef ASTROLABE_SOLVER_PROVER_SLOPES_H
#define ASTROLABE_SOLVER_PROVER_SLOPES_H

#include "solver/prover.h"

#include <stdbool.h>
#include <stddef.h>

/* Turns the rows of the dual bound to ends of neurons of a layer, with the
 * atoms of the open disjunct if it is the only one (dual.h, `target`,
 * `joined`), or back to disjuncts if it is 0. */
void prover_slopes_aim(struct prover *prover, size_t layer);

/* Sets a row to an end (dual_set_row); where atoms are joined, with the slopes
 * above it that the region's own bound ended with. */
void prover_slopes_set_end(struct prover *prover, size_t row, uint32_t end);

/* Sets the phases of the neurons that the bounds show stable in all rows of the
 * dual bound. */
void prover_slopes_set_implied(struct prover *prover);

/* The slopes to evaluate a row with, into prover->slope, of the neurons below
 * what the rows bound: its own, rounded, but in a recorded search those that
 * differ by no more than `slack` from what is told are as told. */
void prover_slopes_choose(struct prover *prover, size_t row, double slack);

/* The bounds as lines of back-substitution, of the layers that the rows meet;
 * then the chosen slopes of a row, for row `place` of a block that has
 * begun. */
void prover_slopes_set_lines(struct prover *prover);
void prover_slopes_set_row(struct prover *prover, size_t row, size_t place);

/* Multipliers of the literals of a row by neuron below what the rows bound,
 * rounded; NULL if all are 0. Valid until the next reservation (prover.h). */
const double *prover_slopes_literals(struct prover *prover, size_t row);

/* Adds the literals of a row with these multipliers to row `place` of
 * back-substitution. */
void prover_slopes_seed_literals(struct prover *prover, size_t row,
                                 size_t place);

/* Multipliers of the atoms of a row (dual_atoms), rounded; NULL if all are 0.
 * Valid until the next reservation. */
const double *prover_slopes_atoms(struct prover *prover, size_t row);

/* Adds the atoms of a row with these multipliers to row `place` of
 * back-substitution, exactly; false if that is not possible. */
bool prover_slopes_seed_atoms(struct prover *prover, size_t row, size_t place);

/*
 * Rigorous lower bounds of the ends that n <= BACKWARD_ROWS rows of the dual
 * bound stand for (dual.h, `target`), in one block, bound[n]: row t of it is
 * rows[t] with slopes of its own. They are chosen as by prover_slopes_choose,
 * as if the block's earlier rows had told theirs; the lines are those set last.
 * -infinity where the atoms of a row cannot be added exactly.
 */
void prover_slopes_bound_ends(double *bound, struct prover *prover,
                              const size_t *rows, size_t n);

/* Notes the atoms of a row with these multipliers; returns their number. */
size_t prover_slopes_note_atoms(struct record_terms *terms,
                                struct prover *prover, size_t row);

/* Tells the record the slopes that row `place` of the last back-substitution
 * used, for row `row` of the dual bound, and that were not told; returns their
 * number. */
size_t prover_slopes_tell(struct prover *prover, size_t row, size_t place);

#endif
