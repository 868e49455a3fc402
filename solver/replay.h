/* Bounds at the nodes of a recorded proof: the oracle of minimization. */
#ifndef ASTROLABE_SOLVER_REPLAY_H
#define ASTROLABE_SOLVER_REPLAY_H

#include "domains/bounds.h"
#include "proofs/oracle.h"
#include "src/query/query.h"

/* box_bits, fact_bits: grids of the certificate. */
struct replay;

struct replay *replay_create(const struct query *query, unsigned box_bits,
                             unsigned fact_bits);
void replay_destroy(struct replay *replay);

/* Bytes that a replay takes up for a path of so many nodes. */
double replay_bytes(const struct query *query, size_t n_nodes);

/* The functions of a replay; valid as long as it. */
struct oracle replay_oracle(struct replay *replay);

/* Bounds at the node in work, until the oracle goes on; the layer of a ReLU
 * layer as certificates number them. */
const struct bounds *replay_bounds(struct replay *replay);
size_t replay_layer(const struct replay *replay, size_t relu);

/* The slope that the certificate gives the lower line of a neuron at the node
 * in work; false if that is the default. */
bool replay_slope(const struct replay *replay, size_t relu, size_t element,
                  double *value);

#endif
