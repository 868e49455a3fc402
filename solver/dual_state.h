/* Where the dual bound of a node stopped, for its children. */
#ifndef ASTROLABE_SOLVER_DUAL_STATE_H
#define ASTROLABE_SOLVER_DUAL_STATE_H

#include "solver/prover.h"

#include <stddef.h>
#include <stdint.h>

/*
 * How the tree goes on: where lines stand between the root and its goal (near),
 * or where the bounds of neurons do (far).
 */
enum dual_way { DUAL_UNKNOWN, DUAL_NEAR, DUAL_FAR };

/*
 * Where a node stopped in raising its dual bound, for its children to start
 * from: per open disjunct, slopes or multipliers of the neurons that are
 * unstable at the root, and weights of the atoms.
 *   disjunct  [n_rows]
 *   choice    [n_rows x n_unstable]
 *   eta       [n_rows x most_atoms]
 *   told      [n_unstable] slopes that the record has set at the node or above,
 *             -1 where it has set none
 *   way       known once the root is split
 *   refreshed depth of the node where the neurons were last bounded anew
 *   tightened depth of the node where some were by slopes of their own
 *   missing   distance of the worst row to the goal, at the node
 */
struct dual_state {
    size_t n_rows;
    uint32_t *disjunct;
    float *choice;
    float *eta;
    float *told;
    size_t refreshed;
    size_t tightened;
    double missing;
    enum dual_way way;
};

/* What the rows of the prover's batch are to be continued from; way, tightened
 * and missing are left at 0. The caller owns it. */
struct dual_state *dual_state_create(const struct prover *prover);
void dual_state_destroy(struct dual_state *state);

/* Sets row `row` of a batch to a disjunct, as the state has it, if not NULL. */
void dual_state_set_row(const struct dual_state *state, struct dual *dual,
                        size_t row, uint32_t disjunct);

#endif
