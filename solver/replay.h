/* Bounds at the nodes of a recorded proof: the oracle of minimization. */
#ifndef ASTROLABE_SOLVER_REPLAY_H
#define ASTROLABE_SOLVER_REPLAY_H

#include "proofs/oracle.h"
#include "src/query/query.h"

/* box_bits, fact_bits: grids of the certificate. */
struct replay;

struct replay *replay_create(const struct query *query, unsigned box_bits,
                             unsigned fact_bits);
void replay_destroy(struct replay *replay);

/* The functions of a replay; valid as long as it. */
struct oracle replay_oracle(struct replay *replay);

#endif
