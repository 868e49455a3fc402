/* The neuron literals of a node in the rows of the dual bound. */
#ifndef ASTROLABE_SOLVER_DUAL_LITERAL_H
#define ASTROLABE_SOLVER_DUAL_LITERAL_H

#include "solver/dual.h"
#include "solver/node.h"

#include <stddef.h>
#include <stdint.h>

/* The number of the neuron that a literal splits, below what the rows bound;
 * DUAL_STABLE if there is none. */
uint32_t dual_literal(const struct dual *dual, const struct split *split);

/* Sets the phases of the literals of the path in all rows, those of the first
 * n_kept literals with the multipliers that are there, the others with 0. */
void dual_set_literals(struct dual *dual, const struct node *node,
                       size_t n_kept);

#endif
