/* The network as the engines see it: affine layers, ReLUs and other functions
 * in a DAG. */
#ifndef ASTROLABE_NET_LAYERS_H
#define ASTROLABE_NET_LAYERS_H

#include "src/base/error.h"
#include "src/base/status.h"
#include "src/net/activation.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A matrix of exact doubles, n_rows x n_cols, in exactly one of two forms:
 *   dense   row-major, 64-byte aligned; CSR fields NULL
 *   CSR     row r holds entries start[r] .. start[r+1]-1 of (column, value),
 *           columns ascending within a row, no stored zeros
 * The form is CSR when fewer than a quarter of the entries are non-zero and
 * the dense form would pass 4096 entries; dense otherwise.
 */
struct matrix {
    size_t n_rows;
    size_t n_cols;
    double *dense;
    size_t *start;
    uint32_t *column;
    double *value;
};

enum layer_kind {
    LAYER_INPUT,
    LAYER_AFFINE,
    LAYER_RELU,
    LAYER_ACTIVATION,
    LAYER_PRODUCT,
    LAYER_SCALE,
    LAYER_DIFFERENCE
};

/* Values that add up to 1, as those of a softmax do: (o * n + k) * step + i for
 * k < n, for every o and every i < step. n is 0 where there are none. */
struct layer_shares {
    size_t n;
    size_t step;
};

/* One summand W * v[source] of an affine layer. */
struct layer_term {
    size_t source;
    struct matrix matrix;
};

/*
 * Layer k of width n defines v[k]:
 *   LAYER_INPUT    v[k] = x (only layer 0: all inputs flattened row-major,
 *                  tensors in graph order)
 *   LAYER_AFFINE   v[k] = bias + sum_t term[t].matrix * v[term[t].source]  (1)
 *   LAYER_RELU     v[k] = max(v[source], 0), element by element            (2)
 *   LAYER_ACTIVATION  v[k] = activation(v[source]), element by element     (3)
 *   LAYER_PRODUCT  v[k] = v[source] * v[other], element by element         (4)
 *   LAYER_SCALE    v[k] = c * v[source], element by element, for factors c
 *                  with factor_lower <= c <= factor_upper that no double
 *                  gives exactly (1/3, 1/sqrt(2))                          (5)
 *   LAYER_DIFFERENCE  v[k] = max(v[other], 0) - max(v[base], 0), element by
 *                  element, where v[source] = v[other] - v[base]; only in
 *                  what pairs_create makes                                 (6)
 * Sources have smaller numbers and the same width. (1) to (4) and
 * (6) hold exactly in real arithmetic: every weight and bias equals the number
 * in the file (or an exact product of such numbers). In (5) the ends are next
 * to each other wherever c is known that well.
 */
struct layer {
    enum layer_kind kind;
    enum activation activation; /* LAYER_ACTIVATION */
    size_t width;
    size_t node;   /* of the net, in its order, that the layer is part of */
    size_t source; /* all but LAYER_INPUT and LAYER_AFFINE */
    size_t other;  /* LAYER_PRODUCT, LAYER_DIFFERENCE */
    size_t base;   /* LAYER_DIFFERENCE */
    size_t n_terms;
    struct layer_term *terms;
    double *bias;         /* [width], LAYER_AFFINE */
    double *factor_lower; /* [width], LAYER_SCALE */
    double *factor_upper;
    struct layer_shares shares; /* LAYER_ACTIVATION */
};

/* Whether the layer is of one of the kinds (3) to (6). */
static inline bool layer_is_curved(const struct layer *layer)
{
    return layer->kind == LAYER_ACTIVATION || layer->kind == LAYER_PRODUCT ||
           layer->kind == LAYER_SCALE || layer->kind == LAYER_DIFFERENCE;
}

/* How many layers the neurons of a layer that is not affine read: `source`,
 * then `other`, then `base`. */
static inline size_t layer_n_read(const struct layer *layer)
{
    switch (layer->kind) {
    case LAYER_INPUT:
    case LAYER_AFFINE:
        return 0;
    case LAYER_RELU:
    case LAYER_ACTIVATION:
    case LAYER_SCALE:
        return 1;
    case LAYER_PRODUCT:
        return 2;
    case LAYER_DIFFERENCE:
        return 3;
    }
    return 0;
}

/* Whether certificates number the layer: its elements are neurons, not scales
 * (proofs/FORMAT.md, "Numbers of the network"). */
static inline bool layer_has_neurons(const struct layer *layer)
{
    return layer->kind == LAYER_RELU || layer->kind == LAYER_ACTIVATION ||
           layer->kind == LAYER_PRODUCT || layer->kind == LAYER_DIFFERENCE;
}

/* The last layer is the output (all outputs flattened in graph order). */
struct layers {
    size_t n_layers;
    struct layer *layer;
    size_t n_inputs;
    size_t n_outputs;
    size_t n_relus;        /* neurons in all LAYER_RELU */
    size_t n_curved;       /* neurons in all layers of the kinds (3) to (6):
                              what works for (1) and (2) only asks for 0 */
    size_t n_pairs;        /* neurons in all layers of kind (6), which count
                              as curved too */
    bool is_input_float32; /* element type of the input: float32 or float64 */
};

void layers_destroy(struct layers *layers);

/* Frees what a layer holds, and leaves it without anything. */
void layer_clear(struct layer *layer);

/* y = v[last] in nearest double arithmetic; y[n_outputs], x[n_inputs]. */
void layers_eval(double *y, const struct layers *layers, const double *x);

/* The values of all layers at x, in the same arithmetic: v[k][width] for each
 * layer k. */
void layers_eval_all(double *const *v, const struct layers *layers,
                     const double *x);

/* Element `element` of v[layer] at x [n_inputs], likewise. */
double layers_eval_element(const struct layers *layers, const double *x,
                           size_t layer, size_t element);

/* y[n_rows] += M x, resp. y[n_cols] += M^T x, in nearest arithmetic. */
void matrix_add_product(double *y, const struct matrix *matrix,
                        const double *x);
void matrix_add_transposed(double *y, const struct matrix *matrix,
                           const double *x);

void matrix_clear(struct matrix *matrix);

#endif
