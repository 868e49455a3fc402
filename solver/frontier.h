/* The open nodes of one case, for both engines, and which goes next. */
#ifndef ASTROLABE_SOLVER_FRONTIER_H
#define ASTROLABE_SOLVER_FRONTIER_H

#include "solver/branch.h"
#include "solver/node.h"
#include "solver/prover.h"
#include "src/base/vec.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One search tree over the whole case, split by one rule: by inputs, or by
 * neurons, in PROVER_TRIALS searches that put more and more effort into the
 * root, of which each is opened by the root of the one before
 * (frontier_open). */
enum { FRONTIER_SEARCHES = 1 + PROVER_TRIALS };

/*
 * nodes      open nodes, taken from the end: depth first, but for restarts
 * n_busy     nodes taken and not given back
 * measure    sum of 2^-depth over closed leaves: 1 when done               (1)
 * effort     multiply-adds and LPs spent below the root, and there
 * is_used    false: this rule is not applicable
 * n_stuck    nodes that could be neither closed nor split: never closed
 */
struct search {
    enum branch_rule rule;
    VEC(struct node *) nodes;
    size_t n_busy;
    uint64_t n_done;
    double measure;
    double effort;
    double root_effort;
    uint64_t n_stuck;
    bool is_used;
};

struct frontier {
    struct search search[FRONTIER_SEARCHES];
};

/* An empty frontier; the searches named by is_used may run. */
void frontier_init(struct frontier *frontier, bool use_input, bool use_neuron);
void frontier_clear(struct frontier *frontier);

/* Opens a further search of neurons with its root. It waits until the one
 * before has gone on for so long that another start costs little more than
 * that. */
void frontier_open(struct frontier *frontier, size_t search, struct node *root);

/* Adds an open node to a search, and takes it over: the next one that is taken
 * from it, but for restarts. */
void frontier_push(struct frontier *frontier, size_t search, struct node *node);

/*
 * The next node and its search; NULL if none is open, or all of the input
 * search are being worked on, which goes first for FRONTIER_HEAD nodes; then
 * the search with most measure (1) per effort, the others getting a sixteenth
 * of its effort, or an eighth where both split neurons. Counts only, never
 * clocks, so that a loaded machine takes the same path.
 */
enum { FRONTIER_HEAD = 256 };
struct node *frontier_pop(struct frontier *frontier, size_t *search);

/* True if some search closed its whole tree. */
bool frontier_is_closed(const struct frontier *frontier);

size_t frontier_n_open(const struct frontier *frontier);
double frontier_measure(const struct frontier *frontier);

#endif
