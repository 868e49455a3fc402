/* Inside a network: tensors, and nodes in topological order. */
#ifndef ASTROLABE_NET_GRAPH_H
#define ASTROLABE_NET_GRAPH_H

#include "src/base/error.h"
#include "src/base/sha256.h"
#include "src/base/status.h"
#include "src/base/vec.h"
#include "src/net/activation.h"
#include "src/net/constant.h"
#include "src/net/layers.h"
#include "src/net/net.h"
#include "src/net/shape.h"

#include <gmp.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct import;
struct cells;

/* A row of operators.def. */
struct op {
    const char *name;
    int64_t min_opset;
    enum status (*import)(struct import *import);
    enum operator_form form;
    bool is_checked;
};

/* An edge of the graph. Constants lose their elements when the import is
 * done; nodes keep what they need. */
struct tensor {
    char *name;
    int type; /* enum model_type */
    struct shape shape;
    size_t n; /* elements */
    bool is_constant;
    bool is_indexed; /* a constant that follows from a cell (cells.h) */
    struct constant constant;
    size_t n_uses; /* as argument of a node, or as output of the net */
};

/*
 * Every node is one of the following; x is its only argument, z its arguments
 * one after the other, then `pool`. Composite operators are several nodes.
 *   NODE_MAP       y[i] = z[map[i]]; map NULL: the identity            (1)
 *   NODE_LINEAR    y[i] = (bias[i] + sum of rows) / divisor[i]; linear.h
 *   NODE_RELU      y[i] = max(x[i], 0)
 *   NODE_CLIP      y[i] = min(max(x[i], lowest), highest), ends may be
 *                  infinite; `highest` where lowest > highest
 *   NODE_FUNCTION  y[i] = activation(x[i])
 *   NODE_PRODUCT   y[i] = z[index[0][i]] * z[index[1][i]]
 *   NODE_SCALE     y[i] = x[i] * scale[i] / sqrt(variance[i] + epsilon)
 *   NODE_EXTREME   y[i] = greatest (least if is_least) of the z[k] of set i
 *   NODE_CHOOSE    y[i] = z[index[1][i]] if z[index[0][i]] is not 0,
 *                  z[index[2][i]] otherwise
 *   NODE_ARG_MAX   y[i] = position in set i of its first greatest element
 *                  (of its last one if is_last)
 */
enum node_form {
    NODE_MAP,
    NODE_LINEAR,
    NODE_RELU,
    NODE_CLIP,
    NODE_FUNCTION,
    NODE_PRODUCT,
    NODE_SCALE,
    NODE_EXTREME,
    NODE_CHOOSE,
    NODE_ARG_MAX
};

/* Set i has the elements element[start[i]] .. element[start[i + 1] - 1] of z,
 * at least one. */
struct sets {
    size_t *start;
    uint32_t *element;
    bool is_least;
    bool is_last;
};

/* Per element of the output, owned: the factor of a NODE_SCALE is
 * scale / sqrt(variance + epsilon), the sum being positive. */
struct scaling {
    double *scale;
    double *variance;
    double epsilon;
};

enum { NODE_INDEXES = 3 };

/* Where the weights of a NODE_LINEAR come from; see linear.h. */
enum linear_form { LINEAR_ELEMENT, LINEAR_PRODUCT, LINEAR_WINDOW };

/* One argument of LINEAR_ELEMENT: output i takes scale (or weight[i]) times
 * element index[i] (NULL: i). */
struct linear_slot {
    uint32_t *index;
    double *weight;
    double scale;
};

/*
 * LINEAR_PRODUCT: output (b, i, j) of [n_batch, n_i, n_j] is row j of the
 * matrix (row i if is_left) times the vector of argument 0 that starts at
 * b*batch_step + i*step (j*step if is_left) and goes on by `stride`.
 */
struct linear_product {
    struct matrix matrix;
    bool is_left;
    size_t n_i;
    size_t n_j;
    size_t batch_step;
    size_t step;
    size_t stride;
};

/*
 * Windows over the last two axes of argument 0 (height 1 for 1-D):
 * [n_batch, n_groups * n_in, in[0], in[1]] to
 * [n_batch, n_groups * n_out, out[0], out[1]].
 *   weight  [n_groups * n_out, n_in, kernel[0], kernel[1]]; NULL: ones
 */
struct window {
    size_t n_batch;
    size_t n_groups;
    size_t n_in;
    size_t n_out;
    size_t in[2];
    size_t out[2];
    size_t kernel[2];
    size_t stride[2];
    size_t dilation[2];
    size_t pad[2]; /* before the first element */
    double *weight;
};

struct linear {
    enum linear_form form;
    struct linear_slot *slots; /* [n_args], LINEAR_ELEMENT, or the second
                                  argument of LINEAR_PRODUCT */
    struct linear_product product;
    double *bias;    /* [n] or NULL */
    double *divisor; /* [n] or NULL */
};

struct node {
    const struct op *op;
    char *name;
    int64_t opset;
    enum node_form form;
    size_t n_args; /* computed tensors only */
    size_t *args;
    size_t output;
    uint32_t *map;
    double *pool;
    size_t n_pool;
    struct linear linear;
    struct window window;
    enum activation activation;
    struct layer_shares shares;
    double lowest;
    double highest;
    uint32_t *index[NODE_INDEXES];
    struct scaling scaling;
    struct sets sets;
};

/*
 * digest  of the unpacked file
 * second  of two networks that were joined, the first node of the second one
 * end     the first node behind it; both 0 otherwise
 * cells   NULL for ordinary networks
 */
struct net {
    char *path;
    unsigned char digest[SHA256_BYTES];
    size_t n_tensors;
    struct tensor *tensors;
    VEC(struct node) nodes;
    size_t second;
    size_t end;
    VEC(size_t) inputs;  /* tensors */
    VEC(size_t) outputs; /* tensors */
    struct cells *cells;
};

/* `node 'name' (Op, opset n): ` and the text, with the net's path. */
void graph_node_error(struct error *error, const struct net *net,
                      const struct node *node, const char *text);

/* is_live[n_tensors], zeroed before: true where a net output depends on the
 * tensor. */
void graph_mark_live(bool *is_live, const struct net *net);

/* True if the node, all of whose arguments are constants of the net, has
 * exact values that are all doubles: y[n elements of its output]. */
bool graph_fold(double *y, const struct net *net, const struct node *node);

/* The same for a NODE_MAP, which only moves elements. */
bool graph_fold_map(double *y, const struct net *net, const struct node *node);

void graph_clear_node(struct node *node);

#endif
