/* The canonical network: coordinates, exact affine rows, ReLUs.
 * SPDX-License-Identifier: MIT */
#ifndef ASTROLABE_PROOFS_CHECK_CHECK_NETWORK_H
#define ASTROLABE_PROOFS_CHECK_CHECK_NETWORK_H

#include "proofs/check/check_bytes.h"
#include "proofs/check/check_fail.h"

#include <gmp.h>

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum { CHECK_RANK = 8 }; /* most dimensions of a tensor */

/* ONNX numbers of the element types a network computes with. */
enum check_type { CHECK_FLOAT32 = 1, CHECK_FLOAT64 = 11 };

/* A graph input (initializers are none) or graph output, in graph order. */
struct check_tensor {
    const char *name;
    enum check_type type;
    size_t n_dims;
    size_t dims[CHECK_RANK];
    size_t n; /* elements */
};

enum check_layer_kind { CHECK_INPUT, CHECK_AFFINE, CHECK_RELU };

/*
 * Layer of coordinates first .. first + width - 1. For each of them, z:
 *   CHECK_INPUT   v_z is free; only layer 0: all graph inputs, one after the
 *                 other, row-major, so that coordinate i is X_i
 *   CHECK_AFFINE  v_z = bias + sum of weight[k] * v_{column[k]}, where the
 *                 row is given by check_network_row                        (1)
 *   CHECK_RELU    v_z = max(v_{source[z - first]}, 0)                      (2)
 * Every coordinate on the right of (1) and (2) is below first. Index maps of
 * the graph leave no trace: a row names the coordinates it uses directly.
 */
struct check_layer {
    enum check_layer_kind kind;
    size_t first;
    size_t width;
    size_t relu;            /* CHECK_RELU: its number */
    const uint32_t *source; /* CHECK_RELU: [width] */
    const struct check_network *network;
};

/*
 *   n_products  in all sums of Conv, Gemm, MatMul and AveragePool, zeros too
 *   bias, end   [n_coordinates] of row (1); its entries are before `end` of
 *               column and weight, where those of the row before it end
 *   output      [n_outputs] coordinate of Y_j: all graph outputs, one after
 *               the other, row-major
 *   relu        [n_relus] layer that is ReLU r: the Relu nodes from which a
 *               graph output can be reached, in the order of the file.
 *               Element e of ReLU r, row-major, is neuron (r, e).
 */
struct check_network {
    size_t n_inputs;
    size_t n_outputs;
    size_t n_relus;
    size_t n_coordinates;
    size_t n_products;
    double *bias;
    size_t *end;
    uint32_t *column;
    double *weight;
    uint32_t *output;
    size_t *relu;
    size_t n_layers;
    struct check_layer *layers;
    size_t n_input_tensors;
    struct check_tensor *input_tensors;
    size_t n_output_tensors;
    struct check_tensor *output_tensors;
    struct check_bytes file; /* what was read: for its hash */
    struct check_arena arena;
};

/*
 * Reads an ONNX file, opset 7 to 21. Weights are the exact numbers of the
 * file or exact products of two of them; dynamic dimensions are 1. Ends in
 * check_unreadable or check_unsupported with file, node and operator.
 */
struct check_network *check_network_load(const char *path);
void check_network_free(struct check_network *network);

/* The layer that coordinate z < n_coordinates belongs to. */
const struct check_layer *
check_network_layer(const struct check_network *network, size_t z);

/* Row (1): n entries, weights finite and non-zero, columns in no order and
 * possibly repeated (then they add up). */
struct check_row {
    size_t n;
    const uint32_t *column;
    const double *weight;
    double bias;
};

/* The row of coordinate z of a layer; other than CHECK_AFFINE has none. */
void check_network_row(struct check_row *row, const struct check_layer *layer,
                       size_t z);

/* x = *mantissa * 2^*exponent, mantissa odd or both 0; x must be finite. */
void check_split_double(int64_t *mantissa, long *exponent, double x);

/*
 * v[n_coordinates], initialised by the caller: the values of all coordinates
 * in real arithmetic at the rational point x[n_inputs].
 */
void check_network_eval_exact(mpq_t *v, const struct check_network *network,
                              const mpq_t *x);

/* The canonical text; `astrolabe dump` must print the same. */
void check_network_dump(FILE *file, const struct check_network *network);

#endif
