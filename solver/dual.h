/* Slopes and multipliers of a region, by ascent on the dual bound. */
#ifndef ASTROLABE_SOLVER_DUAL_H
#define ASTROLABE_SOLVER_DUAL_H

#include "domains/bounds.h"
#include "domains/weights.h"
#include "solver/spec.h"
#include "src/num/dense.h"
#include "src/num/single.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Most rows of one batch. */
enum { DUAL_ROWS = 64 };

/*
 * Everything here is in nearest arithmetic, in floats, without error terms: it
 * only chooses what a rigorous evaluation then tries (backward.h).
 *
 * Row r of a batch belongs to a disjunct with atoms f_q, to weights eta_q >= 0
 * of sum 1, and to a phase for every neuron that is unstable at the root. With
 * a slope a_i in [0,1] for each neuron still unstable and a multiplier
 * beta_i >= 0 for each literal g_i <= 0 (g = z for an inactive neuron, -z for
 * an active one),
 *
 *   L(a, beta, eta) = min over the box of the back-substitution of
 *                     sum_q eta_q f_q + sum_i beta_i g_i                  (1)
 *
 * bounds what the disjunct can reach from below: L > 0 refutes it. Let q_i be
 * the coefficient that the ReLU of neuron i is met with, x* the minimising
 * corner, and z, y, f the values that x* has when it is passed forward through
 * the lines chosen by the signs of q (y = a z, or the chord). Where L is
 * differentiable,
 *
 *   dL/da_i = max(q_i, 0) z_i,  dL/dbeta_i = g_i(z),  dL/deta_q = f_q.    (2)
 *
 * Source of (1):
 * Wang et al., "Beta-CROWN", NeurIPS 2021; (2): own, by the envelope theorem.
 */
struct dual_neuron {
    uint32_t relu;   /* layer */
    uint32_t source; /* the layer that feeds it */
    uint32_t index;
    uint32_t number; /* of the ReLU layer among ReLU layers */
};

/*
 * Lines of a ReLU layer from the bounds of the root, [width] each; id: number
 * of the unstable neuron, DUAL_STABLE for others; live: not inactive. The n_own
 * unstable neurons are numbered from `first` on, ascending; passed, own: words
 * of bits of the active and of the unstable ones (single.h).
 */
#define DUAL_STABLE UINT32_MAX
struct dual_layer {
    uint32_t *id;
    float *upper_slope;
    float *upper_intercept;
    uint16_t *passed;
    uint16_t *own;
    uint32_t *live;
    size_t n_live;
    size_t first;
    size_t n_own;
};

/* The neurons of a layer that a matrix is packed for: words of bits and list;
 * no words for all. */
struct dual_kept {
    size_t n;
    uint32_t *list;
    uint16_t *words;
};

/* The dense matrices of those neurons [n_layers][n_terms]:
 *   weight      [kept of the layer x kept of the source, padded]
 *   transposed  [kept of the source x kept of the layer, padded] */
struct dual_pack {
    struct dual_kept *kept;
    float ***weight;
    float ***transposed;
    double n_entries;
};

/* No disjunct. */
#define DUAL_ALONE UINT32_MAX

/* Flag of the phase of a neuron that is stable by its bounds, not by a literal:
 * it has no multiplier. */
enum { DUAL_IMPLIED = SINGLE_FIXED };

/*
 * target       layer whose neurons the rows bound instead of disjuncts, each by
 *              its own end: disjunct[r] is 2 i for z_i, 2 i + 1 for -z_i; 0 if
 *              the rows belong to disjuncts
 * joined       the disjunct whose atoms hold where the rows bound neurons, each
 *              with a multiplier eta_q >= 0 of its own; DUAL_ALONE: none
 * stride       [n_layers] padded widths in floats
 * weight       [n_layers][n_terms] of dense matrices, padded
 * packs        what the root leaves alive; what a node does, if is_packed
 * pack         the one in use: the former after dual_set_row
 * packed       [DUAL_ROWS x widest stride + SINGLE_LANES] sums of packed
 * columns
 * is_dropped   [n_unstable] of the second pack; is_dead the same of the rows
 * bias         [n_layers][stride], NULL unless affine
 * low, high    [n_inputs] the box
 * point        [n_layers][weights->layer[k].stride] of one evaluation
 * coefficient  per layer [DUAL_ROWS x stride], as met
 * value        the same, of x* passed forward
 * met          [widest layer + 1] for lists of columns
 * phase        [DUAL_ROWS x n_unstable], enum phase, perhaps DUAL_IMPLIED
 * choice       [DUAL_ROWS x n_unstable], slope if unstable, else multiplier
 * gradient     [DUAL_ROWS x n_unstable] of choice
 * eta, eta_gradient  [DUAL_ROWS x most_atoms]
 * bound        [DUAL_ROWS] (1)
 * best, first, second, scale   of the ascent: best choice, moments of the
 *              gradient, typical coefficient of each layer of each row
 * eta_first, eta_second, eta_step  of the ascent of the atoms that are joined:
 *              [DUAL_ROWS x most_atoms] moments, [DUAL_ROWS] size of a step
 */
struct dual {
    const struct weights *weights;
    const struct layers *layers;
    const struct single_kernels *kernels;
    const struct dense_kernels *doubles;
    const struct spec *spec;
    const double *lower;
    const double *upper;
    size_t target;
    uint32_t joined;
    struct dual_layer *layer;
    size_t *stride;
    float ***weight;
    struct dual_pack packs[2];
    const struct dual_pack *pack;
    bool is_packed;
    bool *is_dropped;
    bool *is_dead;
    float *packed;
    float **bias;
    float *low;
    float *high;
    double **point;
    float **coefficient;
    float **value;
    uint32_t *every;
    uint32_t *met;
    struct tiling_work work;
    size_t n_unstable;
    struct dual_neuron *neuron;
    size_t most_atoms;
    size_t n_rows;
    uint32_t disjunct[DUAL_ROWS];
    double bound[DUAL_ROWS];
    double constant[DUAL_ROWS];
    uint8_t *phase;
    float *choice;
    float *gradient;
    double *eta;
    double *eta_gradient;
    float *best;
    double *best_eta;
    float *first;
    float *second;
    double *scale;
    double *eta_first;
    double *eta_second;
    double eta_step[DUAL_ROWS];
    uint64_t madds;
};

struct dual *dual_create(const struct weights *weights);
void dual_destroy(struct dual *dual);

/* Multiply-adds since creation; 0 for NULL. */
double dual_madds(const struct dual *dual);

/* Turns to a case and the bounds of its root; both must outlive the use, as
 * must the box, [n_inputs] each. */
void dual_set_root(struct dual *dual, const struct spec *spec,
                   const struct bounds *bounds, const double *lower,
                   const double *upper);

/* Chords of all neurons from the bounds of a node below the root. */
void dual_set_chords(struct dual *dual, const struct bounds *bounds);

/* The number of an unstable neuron of the first ReLU that a layer feeds;
 * DUAL_STABLE if it is stable at the root. */
uint32_t dual_find(const struct dual *dual, size_t source, uint32_t index);

/* The disjunct whose atoms a row has weights for; DUAL_ALONE if there is
 * none. */
uint32_t dual_atoms(const struct dual *dual, size_t row);

/* The number of atoms of a row. */
size_t dual_n_atoms(const struct dual *dual, size_t row);

/* The layer that the rows start from. */
size_t dual_top(const struct dual *dual);

/* The number of unstable neurons that the rows may meet, the first ones. */
size_t dual_n_below(const struct dual *dual);

/* Sets a row to a disjunct, with equal weights for its atoms, or to an end,
 * with multipliers 0; all neurons unstable and with the slopes that are chosen
 * by default. */
void dual_set_row(struct dual *dual, size_t row, uint32_t disjunct);

/* Row `to` becomes what row `from` is. */
void dual_copy_row(struct dual *dual, size_t to, size_t from);

/* The minimising corner of a row after dual_bound; x[n_inputs]. */
void dual_corner(const struct dual *dual, size_t row, double *x);

/* Packs for the root, or frees what dual_pack_root made. */
void dual_pack_root(struct dual *dual);
void dual_pack_clear(struct dual *dual);

/* Turns to matrices without the neurons that the bounds show inactive in all
 * rows, if n_passes of them are worth that. Their phases must not change until
 * the next dual_set_row. */
void dual_pack_rows(struct dual *dual, size_t n_passes);

/* (1) of all rows. */
void dual_bound(struct dual *dual);

/*
 * (1) of the two children of row 0 that a split of each of n <= DUAL_CHILDREN
 * different unstable neurons makes, inactive and active, with the choices of
 * row 0 and multiplier 0; bound[n]. After dual_bound of row 0 alone, with the
 * same choices; does not keep coefficients of other rows.
 */
enum { DUAL_CHILDREN = 6 };
void dual_bound_children(struct dual *dual, const uint32_t *ids, size_t n,
                         double (*bound)[2]);

/* y = output of the network at a point of the root's box, in nearest arithmetic
 * of doubles; y[n_outputs], x[n_inputs]. */
void dual_eval(struct dual *dual, double *y, const double *x);

/* (2) of all rows, after dual_bound. */
void dual_differentiate(struct dual *dual);

/* Most steps; share of the distance to the goal that a row must gain every few
 * steps to go on. */
struct dual_effort {
    size_t n_steps;
    double least_gain;
};

/*
 * Raises (1) of every row by projected steps along (2), with the step sizes of
 * Kingma and Ba, "Adam", ICLR 2015; a row stops once above the goal, and where
 * rows stand for ends of neurons, that of the other end with it. Leaves the
 * best choice of each row, and bound of it. Rows change places.
 */
void dual_ascend(struct dual *dual, const struct dual_effort *effort,
                 double goal);

#endif
