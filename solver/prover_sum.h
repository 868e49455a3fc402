/* Rows of atoms and of their sums. */
#ifndef ASTROLABE_SOLVER_PROVER_SUM_H
#define ASTROLABE_SOLVER_PROVER_SUM_H

#include "solver/prover.h"

/* Back-substitutes rows[0 .. n-1], n <= BACKWARD_ROWS, as one block: sets row,
 * constant and values, adds to the losses. Sums come after their atoms. */
void prover_bound_rows(struct prover *prover, const uint32_t *rows, size_t n);

/* Rigorous minimum of row r over the box. */
double prover_row_minimum(const struct prover *prover, size_t r);

/* Notes for the certificate that disjunct d is refuted by its sum. */
void prover_note_sum(struct prover *prover, size_t d);

/*
 * Looks for multipliers with which the sum of the atoms of disjunct d is
 * positive over the box, after prover_bound_rows of its rows. Keeps the best
 * ones and their row.
 *   returns true if the disjunct is refuted; then noted for the certificate
 */
bool prover_sum_search(struct prover *prover, size_t d);

#endif
