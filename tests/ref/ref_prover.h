/* A prover at the root of a small random network. */
#ifndef ASTROLABE_TESTS_REF_REF_PROVER_H
#define ASTROLABE_TESTS_REF_REF_PROVER_H

#include "solver/node.h"
#include "solver/prover.h"
#include "src/base/rng.h"
#include "src/query/query.h"

enum { REF_PROVER_INPUTS = 5, REF_PROVER_WIDEST = 9 };

/*
 * Three layers of ReLUs over a box, and one output, which is to be far above
 * its bound: nothing is closed.
 *   root  intervals
 *   node  the root
 */
struct ref_prover {
    struct query *query;
    struct weights *weights;
    struct prover *prover;
    struct node_bounds *root;
    struct node *node;
};

/* The prover has loaded the root, and the dual bound did not close it. */
void ref_prover_init(struct ref_prover *sample, struct rng *rng);
void ref_prover_clear(struct ref_prover *sample);

#endif
