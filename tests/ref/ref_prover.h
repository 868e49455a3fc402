/* A prover at the root of a small random network. */
#ifndef ASTROLABE_TESTS_REF_REF_PROVER_H
#define ASTROLABE_TESTS_REF_REF_PROVER_H

#include "solver/node.h"
#include "solver/prover.h"
#include "src/base/rng.h"
#include "src/query/query.h"

#include <stdbool.h>

/* Inputs, too many for the small simplex, those that vary between -1 and 1, the
 * others being 0, and the most neurons of a layer. */
enum { REF_PROVER_INPUTS = 20, REF_PROVER_VARYING = 5, REF_PROVER_WIDEST = 9 };

/* The disjuncts: one that holds in the whole box, or one or two of one to three
 * atoms each that hold in parts of it. */
enum ref_prover_kind { REF_PROVER_ALL, REF_PROVER_PART, REF_PROVER_PARTS };

/*
 * Three layers of ReLUs over a box, and one output. Nothing is closed, as each
 * disjunct holds somewhere.
 *   root  intervals
 *   node  the root
 *   x     a point where the last disjunct holds
 */
struct ref_prover {
    struct query *query;
    struct weights *weights;
    struct prover *prover;
    struct node_bounds *root;
    struct node *node;
    double x[REF_PROVER_INPUTS];
};

/* The prover has loaded the root, and the dual bound did not close it; in a
 * search that is recorded as if some neuron were stable. */
void ref_prover_init(struct ref_prover *sample, struct rng *rng,
                     enum ref_prover_kind kind, bool is_recorded);
void ref_prover_clear(struct ref_prover *sample);

#endif
