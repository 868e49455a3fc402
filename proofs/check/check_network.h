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

enum check_kind { CHECK_AFFINE, CHECK_RELU, CHECK_PRODUCT };

/*
 * Values of the coordinates first .. first + width - 1, for i < width:
 *   CHECK_AFFINE  v_(first+i) = bias[i] + sum over k in start[i] ..
 *                 start[i+1] - 1 of weight[k] * v_(column[k])              (1)
 *   CHECK_RELU    v_(first+i) = max(v_(source[i]), 0)                      (2)
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
    uint32_t *source; /* ReLU: [width] */
    size_t relu;      /* ReLU: its number */
};

/*
 *   n_inputs    coordinates 0 .. n_inputs - 1: all graph inputs, one after the
 *               other, row-major, so that coordinate i is X_i
 *   layers      [n_layers] of the other coordinates, in their order
 *   output      [n_outputs] coordinate of Y_j, of any kind: all graph outputs,
 *               one after the other, row-major
 *   relu        [n_relus] layer of the neurons (r, e), FORMAT.md, "Numbers of
 *               the network"
 *   n_products  in all sums of Conv, Gemm, MatMul and AveragePool, zeros too
 */
struct check_network {
    size_t n_inputs;
    size_t n_outputs;
    size_t n_relus;
    size_t n_coordinates;
    size_t n_layers;
    struct check_layer *layers;
    uint32_t *output;
    size_t *relu;
    size_t n_products;
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

/* x = *mantissa * 2^*exponent, mantissa odd or both 0; x must be finite. */
void check_split_double(int64_t *mantissa, long *exponent, double x);

/*
 * v[n_coordinates], initialised by the caller: from the inputs, the first
 * n_inputs, the values of all other coordinates in real arithmetic.
 */
void check_network_eval(mpq_t *v, const struct check_network *network);

/* The canonical text; `astrolabe dump` must print the same. */
void check_network_dump(FILE *file, const struct check_network *network);

#endif
