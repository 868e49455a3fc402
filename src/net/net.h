/* The immutable typed graph of a network, in topological order. */
#ifndef ASTROLABE_NET_NET_H
#define ASTROLABE_NET_NET_H

#include "src/base/error.h"
#include "src/base/sha256.h"
#include "src/base/status.h"
#include "src/net/layers.h"

#include <gmp.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct net;

/* Reads an ONNX file, resolves every node by (domain, operator, opset 7 to
 * 21), folds constants, infers all shapes (dynamic dimensions are 1) and
 * checks every attribute; NaN or infinite constants are refused. Errors read
 * `net.onnx: node 'conv_3' (Conv, opset 13): auto_pad SAME_LOWER is not
 * supported`. */
enum status net_load(struct net **net, const char *path, struct error *error);
void net_destroy(struct net *net);

/* SHA-256 of the unpacked file as it was read [SHA256_BYTES]. */
const unsigned char *net_digest(const struct net *net);

size_t net_n_inputs(const struct net *net);  /* elements, all tensors */
size_t net_n_outputs(const struct net *net); /* elements, all tensors */
bool net_is_input_float32(const struct net *net);

/*
 * Of some networks the graph depends on integers: Casts round elements of the
 * inputs, the *indices*, towards zero, and places or shapes follow from that.
 * For each choice of these integers, a *cell*, such a net is an ordinary one.
 * All other functions but net_eval_* take it for the one at cell 0, which
 * nothing may be concluded from.
 *   net_n_indices    0 for ordinary nets
 *   net_index        number of the input element that is index k; ascending
 *   net_at_cell      the net at cell[net_n_indices], owned by the caller;
 *                    what an operator refuses there is refused by its name
 *   net_cell_digest  equal for two cells only if their nets are the same
 */
size_t net_n_indices(const struct net *net);
size_t net_index(const struct net *net, size_t k);
enum status net_at_cell(struct net **at, const struct net *net,
                        const int64_t *cell, struct error *error);
enum status net_cell_digest(unsigned char digest[SHA256_BYTES],
                            const struct net *net, const int64_t *cell,
                            struct error *error);

/* is_read[net_n_inputs]: false where no output of an ordinary net depends on
 * the element. */
void net_reads(bool *is_read, const struct net *net);

/* One declared input or output tensor after shape inference. */
struct net_tensor_info {
    const char *name;
    const char *type; /* "float32", "float64", "int64" ... */
    size_t n_dims;
    const size_t *dims;
    size_t n_elements;
};
size_t net_n_input_tensors(const struct net *net);
size_t net_n_output_tensors(const struct net *net);
struct net_tensor_info net_input_tensor(const struct net *net, size_t i);
struct net_tensor_info net_output_tensor(const struct net *net, size_t i);

/* Name of the node, or of its tensor without one, that layer r of neurons in
 * the numbering of net_dump is part of; NULL if there are fewer. Owned by the
 * net; layers are those of net_lower. */
const char *net_neurons_name(const struct net *net, const struct layers *layers,
                             size_t r);

/*
 * Forward pass on one point: x[n_inputs] and y[n_outputs] flattened
 * row-major, tensors in graph order.
 *   f64    every operation in nearest double
 *   f32    as an ONNX runtime does it: each operator's result rounded to
 *          the tensor's element type; dot products accumulate in float32 in
 *          index order, then the bias. x must be exact in the element type.
 *   exact  rationals: the real-number semantics; y[] initialised by the
 *          caller. Operators without exact rational values are refused
 *          (STATUS_UNSUPPORTED) when the net is loaded for verification.
 */
enum status net_eval_f64(double *y, const struct net *net, const double *x,
                         struct error *error);
enum status net_eval_f32(double *y, const struct net *net, const double *x,
                         struct error *error);
enum status net_eval_exact(mpq_t *y, const struct net *net, const mpq_t *x,
                           struct error *error);

/*
 * Interval evaluation: y_lower <= y <= y_upper for the real-number outputs at
 * every point of the box x_lower <= x <= x_upper (arrays as above). All ends
 * are rounded outward: sums by the bound of interval_gamma, functions by
 * MPFR. STATUS_UNSUPPORTED names the node that may have no value in the box.
 */
enum status net_eval_interval(double *y_lower, double *y_upper,
                              const struct net *net, const double *x_lower,
                              const double *x_upper, struct error *error);

/* The exact layers of the net for the engines; STATUS_UNSUPPORTED names the
 * node that is neither affine with exactly representable weights nor ReLU. */
enum status net_lower(struct layers **layers, const struct net *net,
                      struct error *error);

/*
 * Canonical text, the same for every reader of the file: counts; a line per
 * input and output tensor, and per index; a line per layer of neurons, in file
 * order; exact outputs at three points and the sums of what each layer of
 * neurons reads at the first. Large networks and those without exact values
 * have `at skipped` instead.
 *   layers  those of net_lower
 */
void net_dump(FILE *file, const struct net *net, const struct layers *layers);

/* What an operator becomes in the layers, at worst, if its first input is
 * computed and of floats, and the others are constant. */
enum operator_form {
    OPERATOR_CONSTANT, /* known at import */
    OPERATOR_LINEAR,
    OPERATOR_SCALED,    /* factors that are no doubles, too */
    OPERATOR_PIECEWISE, /* ReLUs, too */
    OPERATOR_CURVED     /* functions and products, too */
};

/* Rows of operators.def: the operator's name and its form. */
size_t net_n_operators(void);
const char *net_operator_name(size_t i);
enum operator_form net_operator_form(size_t i);

/*
 * Row i of the table of operators, `| Abs | piecewise | yes | ... |`, with
 * operator, form, loads, evaluates, interval, zonotope, polyhedra, star,
 * splits, certified as columns; cut to `size` bytes with the final zero.
 */
void net_operator_row(char *text, size_t size, size_t i);

/* The table with its head, of all operators (path NULL) or of those of an ONNX
 * file, in the order of their first nodes, known or not. */
enum status net_print_operators(FILE *file, const char *path,
                                struct error *error);

#endif
