/* A small feed-forward network with trainable parameters, in double. */
#ifndef ASTROLABE_BENCHMARKS_MODELS_TOY_H
#define ASTROLABE_BENCHMARKS_MODELS_TOY_H

#include "src/base/rng.h"
#include "src/base/vec.h"

#include <stddef.h>
#include <stdint.h>

enum { TOY_KERNEL = 3, TOY_PADDING = 1, TOY_WINDOW = 9 };

enum toy_kind { TOY_INPUT, TOY_GEMM, TOY_MATMUL, TOY_CONV, TOY_RELU, TOY_SUM };

/* Extent of a value: a vector is channels x 1 x 1. */
struct toy_plane {
    size_t channels;
    size_t height;
    size_t width;
};

/* One product: out += parameter[weight] * in, places inside their nodes. */
struct toy_tap {
    uint32_t out;
    uint32_t in;
    uint32_t weight;
};

/*
 * Node k with value v[k] at values[offset .. offset + size):
 *   TOY_INPUT         x
 *   TOY_GEMM, TOY_MATMUL, TOY_CONV
 *                     bias + the taps applied to v[source]               (1)
 *   TOY_RELU          max(v[source], 0)                                  (2)
 *   TOY_SUM           v[source] + v[other]                               (3)
 * The three kinds of (1) differ in their taps and in how ONNX spells them.
 * A bias belongs to a channel.
 */
struct toy_node {
    enum toy_kind kind;
    size_t source;
    size_t other;
    struct toy_plane plane;
    size_t size;
    size_t offset;
    size_t stride; /* TOY_CONV */
    size_t weight_at;
    size_t n_weights;
    size_t bias_at;
    VEC(struct toy_tap) taps;
};

/* Sources have smaller numbers; the last node is the output. */
struct toy {
    const char *name;
    size_t n_values;
    VEC(struct toy_node) nodes;
    VEC(double) parameters;
};

/* A network that is only its input; name is kept, not copied. */
void toy_init(struct toy *toy, const char *name, struct toy_plane plane);
void toy_clear(struct toy *toy);

/* Each appends a node that reads the last one; parameters start at zero. */
void toy_add_gemm(struct toy *toy, size_t width);
void toy_add_matmul(struct toy *toy, size_t width);
/* 3 x 3, one row of padding on each side. */
void toy_add_conv(struct toy *toy, size_t channels, size_t stride);
void toy_add_relu(struct toy *toy);
/* Sum of the last node and node `other` of the same size. */
void toy_add_sum(struct toy *toy, size_t other);

/* Draws all weights uniformly with variance 2 / (inputs of a neuron). */
void toy_draw(struct toy *toy, struct rng *rng);

/* Rounds every parameter to the nearest float32. */
void toy_round(struct toy *toy);

/* Rounds the weights of each node, not the biases, to multiples of 1/127 of the
 * largest of them, as 8-bit integers with a scale have them. */
void toy_round_to_bytes(struct toy *toy);

/* Number of the last node; the node itself; neurons of all ReLU nodes. */
size_t toy_last(const struct toy *toy);
const struct toy_node *toy_output(const struct toy *toy);
size_t toy_n_relus(const struct toy *toy);

/* values[n_values] for the input x, in nearest arithmetic. */
void toy_eval(double *values, const struct toy *toy, const double *x);

/*
 * Back-propagation. `slopes` holds d loss / d v at the output node; the
 * other entries are overwritten.
 *   slopes    [n_values] in, out
 *   gradient  [parameters.n] added to; NULL: not wanted
 *   values    from toy_eval at the same point
 */
void toy_pull(double *slopes, double *gradient, const struct toy *toy,
              const double *values);

/* in[source size] += taps' transpose applied to out[node size]: the row of
 * (1) seen from the output side. */
void toy_node_pull(double *in, const struct toy *toy,
                   const struct toy_node *node, const double *out);

/* Parameter of the bias that entry i of a node of kind (1) gets. */
double toy_node_bias(const struct toy *toy, const struct toy_node *node,
                     size_t i);

#endif
