/* The canonical network: coordinates, exact affine rows, ReLUs.
 * SPDX-License-Identifier: MIT */
#ifndef ASTROLABE_PROOFS_CHECK_CHECK_NETWORK_H
#define ASTROLABE_PROOFS_CHECK_CHECK_NETWORK_H

#include "proofs/check/check_bytes.h"
#include "proofs/check/check_fail.h"

#include <gmp.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum { CHECK_RANK = 8 }; /* most dimensions of a tensor */

/* ONNX numbers of the element types a network computes with. */
enum check_type {
    CHECK_FLOAT32 = 1,
    CHECK_INT32 = 6,
    CHECK_INT64 = 7,
    CHECK_BOOL = 9,
    CHECK_FLOAT64 = 11
};

/* A graph input (initializers are none) or graph output, in graph order. */
struct check_tensor {
    const char *name;
    enum check_type type;
    size_t n_dims;
    size_t dims[CHECK_RANK];
    size_t n; /* elements */
};

enum check_kind {
    CHECK_AFFINE,
    CHECK_RELU,
    CHECK_CURVED,
    CHECK_PRODUCT,
    CHECK_SCALE,
    CHECK_DIFFERENCE
};

/* FORMAT.md, "Numbers of the network". */
enum check_curve {
    CHECK_SIGMOID,
    CHECK_TANH,
    CHECK_SOFTPLUS,
    CHECK_ERF,
    CHECK_EXP,
    CHECK_LOG,
    CHECK_SQRT,
    CHECK_RECIPROCAL,
    CHECK_SQUARE,
    CHECK_SIN,
    CHECK_COS,
    CHECK_SIGN,
    CHECK_FLOOR
};

/* A factor c, lower <= c <= upper; equal if c is rational. */
struct check_factor {
    mpq_t lower;
    mpq_t upper;
};

/*
 * Values of the coordinates first .. first + width - 1, for i < width:
 *   CHECK_AFFINE  v_(first+i) = bias[i] + sum over k in start[i] ..
 *                 start[i+1] - 1 of weight[k] * v_(column[k])              (1)
 *   CHECK_RELU    v_(first+i) = max(v_(source[i]), 0)                      (2)
 *   CHECK_CURVED  v_(first+i) = curve(v_(source[i]))                       (3)
 *   CHECK_PRODUCT v_(first+i) = v_(source[i]) * v_(source[width+i])        (4)
 *   CHECK_SCALE   v_(first+i) = c * v_(source[i]), c as factor[i] says     (5)
 *   CHECK_DIFFERENCE  v_(first+i) = max(b, 0) - max(a, 0) for the values b of
 *                 source[width+i] and a of source[2*width+i], where that of
 *                 source[i] is b - a (check_pair.h)                        (6)
 * Every coordinate on the right is below first. Weights are the exact doubles
 * of the file or exact results of sums and products of them, never 0; no
 * column is twice in a row. Index maps of the graph leave no trace: a row
 * names the coordinates that it uses.
 */
struct check_layer {
    enum check_kind kind;
    size_t first;
    size_t width;
    size_t *start;    /* affine: [width + 1] */
    uint32_t *column; /* affine: [start[width]] */
    double *weight;   /* affine: [start[width]] */
    double *bias;     /* affine: [width] */
    uint32_t *source; /* all others: [check_n_sources] */
    enum check_curve curve;
    struct check_factor *factor; /* scale: [width] */
    size_t relu;                 /* neurons: number of their layer */
    size_t n_shares;   /* of a softmax: elements (o * n_shares + k) * */
    size_t share_step; /* share_step + i, k < n_shares, add up to 1 */
};

/* FORMAT.md, "Cells": the integer of each index, in their order; without any,
 * all integers are 0. */
struct check_cell {
    size_t n;
    const int64_t *value;
};

/*
 *   n_inputs    coordinates 0 .. n_inputs - 1: all graph inputs, one after the
 *               other, row-major, so that coordinate i is X_i
 *   layers      [n_layers] of the other coordinates, in their order
 *   output      [n_outputs] coordinate of Y_j, of any kind: all graph outputs,
 *               one after the other, row-major
 *   relu        [n_relus] layer of the neurons (r, e), FORMAT.md, "Numbers of
 *               the network"
 *   same        with differences, [n_coordinates] of each coordinate one before
 *               it that has the same value, or itself; else NULL
 *   n_products  in all sums of Conv, Gemm, MatMul and AveragePool, zeros too
 */
struct check_network {
    size_t n_inputs;
    size_t n_outputs;
    size_t n_relus;
    bool is_curved; /* some layer is of a kind (3) to (6) */
    size_t n_coordinates;
    size_t n_layers;
    struct check_layer *layers;
    uint32_t *output;
    size_t *relu;
    uint32_t *same;
    size_t n_products;
    size_t n_input_tensors;
    struct check_tensor *input_tensors;
    size_t n_output_tensors;
    struct check_tensor *output_tensors;
    struct check_bytes file; /* what was read */
    unsigned char hash[32];  /* its SHA-256; of several: see check_join.h */
    size_t n_parts;          /* of which it was joined, or 0 */
    struct check_network **parts;
    bool is_cell; /* read at a cell */
    size_t n_indices;
    uint32_t *index; /* [n_indices] coordinates of inputs, ascending */
    size_t n_tables;
    const char **tables; /* [n_tables] names */
    bool is_borrowed;    /* the file is another network's */
    struct check_arena arena;
};

/*
 * Reads an ONNX file, opset 7 to 24. Weights are the exact numbers of the
 * file or exact products of two of them; dynamic dimensions are 1. Ends in
 * check_unreadable or check_unsupported with file, node and operator.
 */
struct check_network *check_network_load(const char *path);
/* The same with n tensors more as outputs. */
struct check_network *
check_network_load_hidden(const char *path, const char *const *names, size_t n);
/* The network at cell 0, and at another cell of its own indices; the first
 * must outlive the second. */
struct check_network *check_network_load_cells(const char *path);
struct check_network *check_network_at(const struct check_network *of,
                                       const struct check_cell *cell);
/* The SHA-256 of the tables at a cell: if it is that at another one, both
 * networks are the same. */
void check_network_tables(unsigned char hash[32],
                          const struct check_network *of,
                          const struct check_cell *cell);
void check_network_free(struct check_network *network);

/* x = *mantissa * 2^*exponent, mantissa odd or both 0; x must be finite. */
void check_split_double(int64_t *mantissa, long *exponent, double x);

/* Sources of a layer that is not affine. */
static inline size_t check_n_sources(const struct check_layer *layer)
{
    const size_t n = layer->kind == CHECK_PRODUCT      ? 2
                     : layer->kind == CHECK_DIFFERENCE ? 3
                                                       : 1;
    return n * layer->width;
}

/* The first of them, that are numbered pre-activations of the layer. */
static inline size_t check_n_numbered(const struct check_layer *layer)
{
    return layer->kind == CHECK_DIFFERENCE ? layer->width
                                           : check_n_sources(layer);
}

/*
 * v[n_coordinates], initialised by the caller: from the inputs, the first
 * n_inputs, the values of all other coordinates in real arithmetic.
 */
void check_network_eval(mpq_t *v, const struct check_network *network);

/*
 * The same for curved networks: lower[i] <= v_i <= upper[i], equal as long as
 * all is rational, else rounded outward to multiples of 2^-bits. false, and
 * nothing known, if a curve has no value there.
 */
bool check_network_enclose(mpq_t *lower, mpq_t *upper,
                           const struct check_network *network, long bits);

/* Part 0 are the inputs, part p the coordinates of layer p - 1. */
/* The first coordinate of part p; of the part n_parts, their number. */
static inline size_t check_part_first(const struct check_network *network,
                                      size_t p)
{
    return p > network->n_layers ? network->n_coordinates
           : p == 0              ? 0
                                 : network->layers[p - 1].first;
}

/* The part of a coordinate. */
size_t check_network_part(const struct check_network *network,
                          size_t coordinate);
/* [p * (n_layers + 1) + t]: part p is computed from part t. To be freed. */
bool *check_network_find_uses(const struct check_network *network);

/* The canonical text; `astrolabe dump` must print the same. */
void check_network_dump(FILE *file, const struct check_network *network);

#endif
