/* One worker's tools for proving one case: bounds, rows, scores, LP. */
#ifndef ASTROLABE_SOLVER_PROVER_H
#define ASTROLABE_SOLVER_PROVER_H

#include "domains/backward.h"
#include "domains/bounds.h"
#include "domains/forward.h"
#include "domains/weights.h"
#include "solver/lp.h"
#include "solver/node.h"
#include "solver/record.h"
#include "solver/spec.h"
#include "src/base/budget.h"
#include "src/base/stats.h"
#include "src/base/vec.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Most inputs for which scores of inputs are used, and for which the own
 * simplex takes up literals: beyond, the dual bound closes nodes of ReLUs
 * sooner. */
enum { PROVER_SCORE_INPUTS = 64, PROVER_LP_INPUTS = 16 };

/* Searches of neurons that have a pace of their own. */
enum { PROVER_TRIALS = 4 };

/*
 * The region in work and what is known of it. Everything is valid until the
 * next node.
 *   node           not owned
 *   lower, upper   [n_inputs] the box, clipped as the proof goes on
 *   open           disjuncts still to be refuted
 *   bounds         of all layers, valid for the region
 *   cone           per layer: multiply-adds of a dense row from it downwards
 *   row, constant  f_r >= row[r].x + constant[r] for the rows of the open
 *                  disjuncts (spec.h), [n_rows x n_inputs]
 *   values         [n_disjuncts x SPEC_MOST_SUMMED] the atoms of disjuncts with
 *                  a sum where the relaxation minimises the sum
 *   relaxed        values of all layers there
 *   loss           per layer that is not affine [width]: how much the
 *                  relaxation of a neuron costs the rows of the open disjuncts
 *   varying        [n_varying] inputs that vary in the box of the case: more
 *                  than a number between two doubles does
 *   share          per layer that feeds one that is not affine, [width x
 *                  n_varying], |coefficients| of the value's own two linear
 *                  bounds; NULL beyond PROVER_SCORE_INPUTS varying inputs
 *   is_settled     per layer: bounded as a source at this node
 *   has_root       the bounds of the root are those that this prover found
 *   is_needed      per layer [width]: whether an atom of the case depends on
 *                  the neuron; the others are not bounded
 *   original       per layer what copies_find returns, NULL for networks of
 *                  ReLUs alone
 *   copied         what copies_of_inputs returns
 *   lp             rows over the inputs: literals of the node; NULL for many
 *                  inputs or ReLUs, where GLPK joins them at the end
 *   point          [n_inputs] the most promising point of the box
 */
struct dual;
struct dual_state;

/* Multiply-adds of a refresh, of a dual bound, and of bounding hidden neurons
 * below the root, with the distance to the goal that this overcomes at once:
 * what a search has found so far. */
struct prover_pace {
    double refresh_cost;
    double dual_cost;
    double hidden_cost;
    double hidden_reach;
};

struct prover {
    const struct weights *weights;
    const struct layers *layers;
    struct spec spec;
    struct backward *backward;
    struct forward *forward; /* NULL where it is of no use */
    struct lp *lp;
    VEC(double) wide_rows; /* the rows of the literals where lp is NULL */
    VEC(double) wide_rhs;
    struct bounds bounds;
    double *cone;
    const struct node *node;
    double *lower;
    double *upper;
    uint32_t *open;
    size_t n_open;
    double worst;
    double *row;
    double *constant;
    double *values;
    struct bounds relaxed; /* lower only */
    double **loss;
    uint32_t *varying;
    size_t n_varying;
    double **share;
    bool *is_settled;
    bool has_root;
    bool **is_needed;
    uint32_t **original;
    uint32_t **copied;
    double *point;
    double *score;     /* [n_inputs], of branch_by_input */
    double *minimum;   /* [n_rows] of row.x + constant over the box */
    uint32_t *neurons; /* [widest layer] */
    uint32_t *rows;    /* [n_rows] */
    double *multipliers;
    size_t n_multipliers;        /* capacity */
    const struct budget *budget; /* of the run; not owned */
    struct dual *dual;           /* NULL until needed */
    bool is_dual_ready;          /* it is that of the root of the case */
    struct dual_state *dual_state;
    double *slope;    /* [DUAL_ROWS x unstable neurons], to be evaluated */
    double *told;     /* those that the record has set so far, else -1 */
    size_t refreshed; /* depth where the node's bounds were made */
    size_t changed;   /* first layer with bounds that others do not know yet */
    struct prover_pace pace[PROVER_TRIALS];
    size_t trial;   /* the search at work: later ones bound the root with more
                     effort */
    double *effect; /* [n_unstable] workspace */
    double slope_reach; /* distance that slopes for a box overcome */
    double split_share; /* of what is missing that a split of inputs leaves */
    bool is_long;       /* bounding the neurons of the node was */
    uint64_t n_before;  /* backward_madds when the node was loaded */
    struct record record;
    struct stats stats;
};

struct prover *prover_create(const struct weights *weights);
void prover_destroy(struct prover *prover);

/* Turns to a case; before any of the functions below. */
void prover_set_case(struct prover *prover,
                     const struct query_case *query_case);

/*
 * Tries to refute the open disjuncts by the rows of the parent, and clips the
 * box by them: cheap, as neither they nor the bounds they rest on change by an
 * input split. Does nothing behind other splits, and nothing for a certificate
 * if neurons read inputs: the lines of the checker are others then, and not
 * everywhere above these.
 *   returns true if no disjunct is open any more
 */
bool prover_screen(struct prover *prover, const struct node *node);

/*
 * Bounds of all neurons over the box and literals of the node, layer by
 * layer: back-substitution of the unstable neurons, over the rows of the
 * literals by LP where there are any.
 *   returns false if the region is proved empty
 */
bool prover_bound_neurons(struct prover *prover, const struct node *node);

/*
 * The same without rows of literals, whose neurons are narrowed only, for the
 * layers behind layer `changed`; those up to it are as the node has them.
 */
bool prover_refresh(struct prover *prover, const struct node *node,
                    size_t changed);

/*
 * Refutes open disjuncts by their linear lower bounds: one atom over the
 * box, all atoms and literals jointly by LP; clips the box to what they leave
 * (clip.h), sets worst, loss and point.
 *   returns true if no disjunct is open any more
 */
bool prover_close(struct prover *prover);

/* Room for n multipliers, the same array every time until it grows. */
double *prover_reserve_multipliers(struct prover *prover, size_t n);

/* Takes over box, disjuncts and bounds of a node; the first step. */
void prover_load(struct prover *prover, const struct node *node);

#endif
