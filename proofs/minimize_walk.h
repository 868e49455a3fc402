/* Walking a proof tree with the oracle at its side: for minimize*.c and
 * src/explain only. */
#ifndef ASTROLABE_PROOFS_MINIMIZE_WALK_H
#define ASTROLABE_PROOFS_MINIMIZE_WALK_H

#include "proofs/cert.h"
#include "proofs/oracle.h"
#include "src/base/budget.h"
#include "src/base/vec.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A node on the path.
 *   next         child to be entered next: 0, 1, or 2 when both are done
 *   is_trial     it is walked without its refresh, to see if that will do
 *   is_possible  its region is not known to be empty
 *   first_open, n_open  place of its open disjuncts on the walk's stack
 */
struct minimize_frame {
    uint32_t node;
    uint8_t next;
    bool is_trial;
    bool is_possible;
    size_t first_open;
    size_t n_open;
};

/*
 *   path   root first; the last one is the node in work, where the oracle is
 *   is_started  minimize_walk_next was called
 *   terms, sums, margins  scratch of one closing
 */
struct minimize_walk {
    const struct oracle *oracle;
    struct cert *cert;
    size_t case_index;
    struct cert_tree *tree;
    bool is_started;
    VEC(struct minimize_frame) path;
    VEC(uint32_t) open;
    VEC(struct oracle_term) terms;
    struct oracle_sum *sums; /* [n_disjuncts] */
    double *margins;         /* [n_disjuncts] */
};

/* At the root of a case; false if the oracle refuses it. _clear is due. */
bool minimize_walk_start(struct minimize_walk *walk,
                         const struct oracle *oracle, struct cert *cert,
                         size_t case_index);
void minimize_walk_clear(struct minimize_walk *walk);

struct minimize_frame *minimize_walk_top(struct minimize_walk *walk);
struct cert_node *minimize_walk_node(struct minimize_walk *walk);

/* To child `side` of the node in work; back to its parent. */
void minimize_walk_push(struct minimize_walk *walk, unsigned side);
void minimize_walk_pop(struct minimize_walk *walk);
/* Leaves the node in work and enters it again, as if new. */
void minimize_walk_again(struct minimize_walk *walk);
/* Number of path entries down to the last node on trial; 0 if none is. */
size_t minimize_walk_find_trial(const struct minimize_walk *walk);
/* Back to that node; false if there is none. */
bool minimize_walk_to_trial(struct minimize_walk *walk);

/* The slopes of the node in work; its lemma number l of the tree. */
void minimize_walk_set_slopes(struct minimize_walk *walk);
void minimize_walk_prove(struct minimize_walk *walk, size_t l);
/* Slopes, lemmas and the refresh of these layers; in the top frame whether
 * the region may hold an execution. */
void minimize_walk_prepare(struct minimize_walk *walk, uint64_t refresh);
/* Further layers to refresh, without anything else. */
void minimize_walk_refresh(struct minimize_walk *walk, uint64_t refresh);

/*
 * Tests the closings of the node in work: of a leaf all that are open, of an
 * inner node those it closes, which are then not open any more.
 *   returns  true if they hold with ORACLE_MARGIN, or the region is empty
 */
bool minimize_walk_close(struct minimize_walk *walk);

/* The closing that the node in work has of a disjunct; NULL without one. */
const struct cert_closing *
minimize_walk_find_closing(const struct minimize_walk *walk, uint32_t disjunct);

/* The disjuncts that the node in work, inner, closes are not open any more;
 * nothing is tested. */
void minimize_walk_skip_closings(struct minimize_walk *walk);

/* To the next child of an inner node whose region is not empty, prepared with
 * its refreshes unless it is a leaf; false if there is none left. */
bool minimize_walk_descend(struct minimize_walk *walk);

/* Whether a combination, or default closing (NULL), refutes a disjunct at
 * the node in work with ORACLE_MARGIN. */
bool minimize_walk_refutes(struct minimize_walk *walk, uint32_t disjunct,
                           const struct cert_combination *by);

/* Prepares the node in work, just entered, and walks all below it; true if
 * everything closes. The node is in work again, its state that of prepare. */
bool minimize_walk_replay(struct minimize_walk *walk);

/* To the next node in pre-order, all of which are prepared; the first call
 * goes to the root. False after the last one, or when the budget is spent.
 * Nodes below an empty region are left out. */
bool minimize_walk_next(struct minimize_walk *walk,
                        const struct budget *budget);

/* The numbers of a combination as doubles, onto the scratch. */
struct oracle_sum minimize_sum(struct minimize_walk *walk, uint32_t disjunct,
                               const struct cert_combination *by);

/* Leaves below each node [tree->nodes.n], 1 for leaves, 0 for nodes that
 * cannot be reached; owned by the caller. */
uint32_t *minimize_count_leaves(const struct cert_tree *tree);

#endif
