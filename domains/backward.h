/* Back-substitution: linear lower bounds of rows over the inputs, in blocks. */
#ifndef ASTROLABE_DOMAINS_BACKWARD_H
#define ASTROLABE_DOMAINS_BACKWARD_H

#include "domains/bounds.h"
#include "domains/weights.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * For a block of rows c[r] over the layers, back-substitution finds
 *
 *   sum_k c[r][k].v[k]  >=  A[r].x + b[r]   for every x of the region,    (1)
 *
 * eliminating layers from the last to the first: an affine layer through
 * its equation, a ReLU y = max(z, 0) through y >= a*z for a coefficient
 * >= 0 and y <= s*z + t for a negative one, with a in [0,1], s in [0,1] and
 * t >= max(-s*l, u - s*u); a neuron of another kind through its line or plane
 * below for a coefficient >= 0, above for a negative one, of any slope.
 * Source: Zhang et al., "Efficient Neural Network Robustness Certification
 * with General Activation Functions", NeurIPS 2018.
 *
 * Rounding. Coefficients are computed in nearest arithmetic. Passing q
 * through z = W v + b leaves an error of at most gamma*|q|.(|W||v| + |b|) in
 * the bound, a product q*s one of u*|q*s||z|, and the sum of all constants,
 * gamma times their absolute sum, which the same quantities bound (an
 * intercept satisfies t <= s*|l|, rounding apart). With
 *
 *   e[k][i] = 2*gamma_N*(sum_j |W_ij| m[j] + |b_i| + m[k][i]) + 2^-1070,  (2)
 *
 * m the magnitude of the values in the region of backward_set_scale, N the
 * number of all inputs and neurons, once per term of their layer, plus 64
 * (tilings may add one operation per term, tiling.h), and 2^-1070 for what
 * underflows in (2) itself, the bound of (1) is the computed constant minus
 * (1 + 2^-10) sum_k sum_i |q[k][i]| e[k][i] minus a term for underflow. The
 * charge uses the signed coefficients that were met, not products of absolute
 * matrices, so that depth costs nothing. Where the pre-activation of a ReLU has
 * other users or a seed, its coefficient may cancel; the ReLU's own share is
 * then charged apart, before the sum.
 *
 * Passing q through a line s z + t of another kind of neuron (s z + s' w + t
 * for a product) makes up to two contributions to coefficients and one to the
 * constant: nearest products, off by u |q s| and u |q t|, in sums of at most N
 * terms. Slopes may pass 1 and intercepts have any size, so that nothing met
 * before or after bounds them; such a neuron is charged |q| c for itself, with
 *
 *   c = 2*gamma_N*(S m[z] + S' m[w] + T) + 2^-1070,                       (3)
 *
 * S, S', T the larger absolute values of both lines: gamma_N |q| S m[z] is the
 * error it causes in the coefficient of z, the same for w, gamma_N |q| T that
 * in the sum of constants, and the factor 2 pays, as in (2), for the sum with
 * the inputs' terms in backward_minimum and for the rounding of (3). What
 * underflows is off by 2^-1074 times m or once, as everywhere.
 *
 * Words. The checker computes with weights of 31 bits (proofs/FORMAT.md,
 * "Arithmetic"); what it does not close so it repeats in integers, which takes
 * minutes for a large network. To be closed by words, e[k][i] can be larger by
 *
 *   2^-31 * sum over the terms W v of z[k] of max |W| * sum_j |v_j|,      (4)
 *
 * about what such weights lose, so that bounds are hardly sharper than those of
 * the words. For ReLUs |v| is the upper end that their lines were chosen from.
 * Networks of more than 2^24 entries are not charged.
 */
struct backward;

/* Most rows of one block. */
enum { BACKWARD_ROWS = 64 };

struct backward *backward_create(const struct weights *weights);
void backward_destroy(struct backward *backward);

/* Sets (2) for a region and all its subsets; bounds valid for that region. All
 * lines set later must come from bounds within these. Magnitudes are also those
 * that follow from the sources; rows that meet an infinite one have no bound.
 */
void backward_set_scale(struct backward *backward, const struct bounds *bounds);

/* The same for the layers from .. end - 1 only, by bounds of the same region
 * that are known better by now. */
void backward_extend_scale(struct backward *backward, size_t from, size_t end,
                           const struct bounds *bounds);

/*
 * Values whose bounds are those of constants leave rows at once, from now until
 * the scale is set anew: q v >= q c - |q| r with v in [c - r, c + r], rounding
 * charged as in (2). Where few inputs vary, rows then meet only what depends on
 * these. Only in layers in which few values vary.
 *   bounds  valid in the region of the scale
 */
void backward_set_still(struct backward *backward, const struct bounds *bounds);

/* Charges (4) as well, from the next backward_set_scale on, where integers are
 * slow: in large networks of ReLUs. */
void backward_charge_words(struct backward *backward);

/*
 * Chooses the lines of ReLU layer `relu` from bounds of its pre-activation
 * [width]: exact lines for stable neurons; s = u/(u-l) and a = 1 if
 * 64 u > -63 l, else 0, for unstable ones.
 */
void backward_set_lines(struct backward *backward, size_t relu,
                        const double *lower, const double *upper);

/*
 * Chooses the lines of layer k, neither affine nor ReLU, from the bounds of its
 * sources: act_curve.h, act_product.h. Infinite intercepts where nothing is
 * known.
 */
void backward_set_curve(struct backward *backward, size_t k,
                        const struct bounds *bounds);

/* Half the sum of the distances of both lines of neuron i of such a layer at
 * the ends of its source's bounds: how much its relaxation costs, for
 * scores. */
double backward_gap(const struct backward *backward, size_t k, size_t i,
                    const struct bounds *bounds);

/* The line below (above) neuron i of such a layer at values of what it reads:
 * of `source`, `other` and `base`, as many as there are. */
double backward_line_at(const struct backward *backward, size_t k, size_t i,
                        bool is_upper, const double source[3]);

/* Another slope in [0,1] for the lower line of an unstable neuron, until the
 * lines are set again. */
void backward_set_slope(struct backward *backward, size_t relu, size_t neuron,
                        double slope);

/* The same for one row of the block alone, until the next one begins; the lines
 * are not set before that. Bounds are as rigorous as with slopes that all rows
 * share, as (1) and (2) speak of one row. */
void backward_set_row_slope(struct backward *backward, size_t row, size_t relu,
                            size_t neuron, double slope);

/* How many neurons of an affine layer to seed in one block: many where the
 * matrices are dense and rows share the work, one where they are sparse and
 * each row touches few columns. */
size_t backward_block(const struct backward *backward, size_t layer);

/* Starts a block of n_rows <= BACKWARD_ROWS zero rows. */
void backward_begin(struct backward *backward, size_t n_rows);

/* The coefficients of row `row` on layer `layer`, zero at first, to be filled
 * in by the caller. */
double *backward_seed(struct backward *backward, size_t layer, size_t row);

/* Adds a constant to a row (an exact number). */
void backward_add_constant(struct backward *backward, size_t row,
                           double constant);

/* Rows 2t and 2t+1 become +v[layer][neuron[t]] and -v[layer][neuron[t]];
 * 2*n <= the rows of the block. */
void backward_seed_neurons(struct backward *backward, size_t layer,
                           const uint32_t *neuron, size_t n);

/* Eliminates all layers down to the input. */
void backward_run(struct backward *backward);

/* A[row] [n_inputs, padded] and b[row] of (1). */
const double *backward_coefficients(const struct backward *backward,
                                    size_t row);
double backward_constant(const struct backward *backward, size_t row);

/* A number not above min { A[row].x + b[row] : lower <= x <= upper }, inside
 * the region of the scale; -infinity if anything is not finite. */
double backward_minimum(const struct backward *backward, size_t row,
                        const double *lower, const double *upper);

/* Coefficients with which the last run met the values of layer k in a row
 * [width]; NULL if it did not reach the layer. For scores. */
const double *backward_met(const struct backward *backward, size_t k,
                           size_t row);

/* Multiply-adds since creation. */
uint64_t backward_madds(const struct backward *backward);

#endif
