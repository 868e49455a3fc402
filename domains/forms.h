/* Affine forms of the neurons of each layer over shared symbols. */
#ifndef ASTROLABE_DOMAINS_FORMS_H
#define ASTROLABE_DOMAINS_FORMS_H

#include "domains/weights.h"
#include "src/net/layers.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A column with the single entry `coefficient`, at one neuron. */
struct forms_fresh {
    size_t symbol;
    size_t neuron;
    double coefficient;
};

/*
 * Neuron i of a layer as an affine form over symbols s:
 *
 *   v_i = c_i + sum_k A_ki s_k + sum_{fresh f at i} F_f s_f + d_i         (1)
 *   |s_k| <= M_k,   |d_i| <= error_i                                      (2)
 *   radius_i >= sum_k |A_ki| M_k + sum_{fresh f at i} |F_f| M_f           (3)
 *
 * Symbols are numbered once for all layers: a column means the same symbol
 * wherever it occurs, so branches that meet again stay correlated, and no
 * two symbols share a column. (1) holds in real arithmetic for the doubles
 * stored: what rounding does to c, A and F is charged to error. A neuron of
 * which nothing is known has c = A = radius = 0 and infinite error.
 *   symbol   [n_symbols] ascending numbers of the dense columns
 *   rows     [(1 + n_symbols) x width] row 0 is c, row 1+k is column k
 *   error, radius  [width]
 *   reach    sum of M over the columns, nearest
 *   fresh    [n_fresh] ascending symbols, none of them among the dense ones
 */
struct forms {
    size_t width;
    size_t n_symbols;
    size_t *symbol;
    double *rows;
    double *error;
    double *radius;
    double reach;
    size_t n_fresh;
    struct forms_fresh *fresh;
    size_t symbol_capacity; /* entries of symbol */
    size_t rows_capacity;   /* entries of rows */
};

/*
 * The forms of all layers of one network. Memory grows to what a call needs
 * and is kept for the next.
 *   forms      [n_layers]
 *   magnitude  [n_magnitudes] M; the owner sets it before using a symbol
 *   weights    tilings of the matrices, or NULL
 *   sizes, column, fresh_at, work  scratch
 */
struct forms_space {
    const struct layers *layers;
    const struct weights *weights;
    struct forms *forms;
    size_t n_magnitudes;
    double *magnitude;
    double *sizes;
    size_t *column;
    size_t *fresh_at;
    struct tiling_work work;
};

/*
 *   y_i = slope_i v_i + shift_i + fresh_i s + d, |d| <= error_i           (4)
 *   slope   finite; 0 makes y independent of v (and of its error)
 *   fresh   coefficient of a new symbol; 0: none
 *   symbol  its number, ascending over the neurons of a layer and greater
 *           than all symbols of v
 *   error   >= 0, may be infinite
 */
struct forms_step {
    double slope;
    double shift;
    double fresh;
    double error;
    size_t symbol;
};

/* n_magnitudes: one more than the greatest symbol number ever used. */
void forms_space_init(struct forms_space *space, const struct layers *layers,
                      size_t n_magnitudes);
void forms_space_clear(struct forms_space *space);

/* Multiplies by the tilings of these weights of the same layers from now on,
 * where there are any: several times faster for convolutions. They must outlive
 * the space. */
void forms_space_use(struct forms_space *space, const struct weights *weights);

/* Input layer; steps [width], with v = 0 in (4). */
void forms_set_inputs(struct forms_space *space,
                      const struct forms_step *steps);

/* ReLU layer k, or one of another kind than affine, by (4); steps [width], v
 * its source. */
void forms_apply_relu(struct forms_space *space, size_t k,
                      const struct forms_step *steps);

/* Product layer k: (4) with second_i w_i added, w the other source; second
 * [width] finite, 0 likewise. */
void forms_apply_product(struct forms_space *space, size_t k,
                         const struct forms_step *steps, const double *second);

/* Affine layer k from its sources' forms. */
void forms_apply_affine(struct forms_space *space, size_t k);

/* The same for neurons list[0 .. n-1] of the layer; nothing is known of the
 * others then. */
void forms_apply_affine_to(struct forms_space *space, size_t k,
                           const uint32_t *list, size_t n);

/* Neuron i of layer k, of which nothing is known, becomes c + d with
 * |d| <= error, both finite. */
void forms_set_interval(struct forms_space *space, size_t k, size_t i, double c,
                        double error);

/* Outward interval of neuron i by (1) to (3); infinite if unknown. */
void forms_range(double *lower, double *upper, const struct forms *forms,
                 size_t i);

#endif
