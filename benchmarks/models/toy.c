/* Evaluation and back-propagation of a small network, tap by tap. */
#include "benchmarks/models/toy.h"

#include "src/base/require.h"

#include <math.h>
#include <string.h>

static struct toy_node *toy_append(struct toy *toy, enum toy_kind kind,
                                   struct toy_plane plane)
{
    const struct toy_node node = {.kind = kind,
                                  .source = toy->nodes.n - 1,
                                  .plane = plane,
                                  .size = plane.channels * plane.height *
                                          plane.width,
                                  .offset = toy->n_values};
    toy->n_values += node.size;
    VEC_PUSH(&toy->nodes, node);
    return &toy->nodes.data[toy->nodes.n - 1];
}

void toy_init(struct toy *toy, const char *name, struct toy_plane plane)
{
    memset(toy, 0, sizeof *toy);
    toy->name = name;
    toy_append(toy, TOY_INPUT, plane)->source = 0;
}

void toy_clear(struct toy *toy)
{
    for (size_t k = 0; k < toy->nodes.n; k++) {
        VEC_CLEAR(&toy->nodes.data[k].taps);
    }
    VEC_CLEAR(&toy->nodes);
    VEC_CLEAR(&toy->parameters);
    toy->n_values = 0;
}

/* Room for the node's weights and one bias per channel, all zero. */
static void toy_reserve(struct toy *toy, struct toy_node *node,
                        size_t n_weights)
{
    node->n_weights = n_weights;
    node->weight_at = toy->parameters.n;
    node->bias_at = node->weight_at + n_weights;
    for (size_t i = 0; i < n_weights + node->plane.channels; i++) {
        VEC_PUSH(&toy->parameters, 0.0);
    }
}

/* The taps go along diagonals: neighbours then read and add to different
 * values, forwards and backwards, and do not wait for each other. */
static void toy_add_full(struct toy *toy, enum toy_kind kind, size_t width)
{
    const size_t n_in = toy_output(toy)->size;
    struct toy_node *const node =
        toy_append(toy, kind, (struct toy_plane){width, 1, 1});
    toy_reserve(toy, node, width * n_in);
    for (size_t diagonal = 0; diagonal < width; diagonal++) {
        for (size_t in = 0; in < n_in; in++) {
            const size_t out = (in + diagonal) % width;
            const struct toy_tap tap = {(uint32_t)out, (uint32_t)in,
                                        (uint32_t)(out * n_in + in)};
            VEC_PUSH(&node->taps, tap);
        }
    }
}

void toy_add_gemm(struct toy *toy, size_t width)
{
    toy_add_full(toy, TOY_GEMM, width);
}

void toy_add_matmul(struct toy *toy, size_t width)
{
    toy_add_full(toy, TOY_MATMUL, width);
}

/* The taps of every window's entry `i`: channel, row and column in one. */
static void toy_add_shift(struct toy_node *node, struct toy_plane from,
                          size_t i)
{
    const size_t area = node->plane.height * node->plane.width;
    const size_t n = from.channels * TOY_WINDOW;
    for (size_t out = 0; out < node->size; out++) {
        const size_t row = out % area / node->plane.width * node->stride +
                           i / TOY_KERNEL % TOY_KERNEL;
        const size_t column =
            out % node->plane.width * node->stride + i % TOY_KERNEL;
        if (row < TOY_PADDING || row >= from.height + TOY_PADDING ||
            column < TOY_PADDING || column >= from.width + TOY_PADDING) {
            continue;
        }
        const size_t in =
            (i / TOY_WINDOW * from.height + row - TOY_PADDING) * from.width +
            column - TOY_PADDING;
        const struct toy_tap tap = {(uint32_t)out, (uint32_t)in,
                                    (uint32_t)(out / area * n + i)};
        VEC_PUSH(&node->taps, tap);
    }
}

void toy_add_conv(struct toy *toy, size_t channels, size_t stride)
{
    const struct toy_plane from = toy_output(toy)->plane;
    const size_t border = TOY_PADDING + TOY_PADDING;
    const size_t height = from.height + border - TOY_KERNEL;
    const size_t width = from.width + border - TOY_KERNEL;
    const struct toy_plane plane = {channels, height / stride + 1,
                                    width / stride + 1};
    struct toy_node *const node = toy_append(toy, TOY_CONV, plane);
    node->stride = stride;
    toy_reserve(toy, node, channels * from.channels * TOY_WINDOW);
    for (size_t i = 0; i < from.channels * TOY_WINDOW; i++) {
        toy_add_shift(node, from, i);
    }
}

void toy_add_relu(struct toy *toy)
{
    toy_append(toy, TOY_RELU, toy_output(toy)->plane);
}

void toy_add_sum(struct toy *toy, size_t other)
{
    REQUIRE(toy->nodes.data[other].size == toy_output(toy)->size);
    toy_append(toy, TOY_SUM, toy_output(toy)->plane)->other = other;
}

void toy_draw(struct toy *toy, struct rng *rng)
{
    for (size_t k = 1; k < toy->nodes.n; k++) {
        const struct toy_node *const node = &toy->nodes.data[k];
        if (node->n_weights == 0) {
            continue;
        }
        const double fan_in =
            (double)node->n_weights / (double)node->plane.channels;
        const double limit = sqrt(6.0 / fan_in);
        for (size_t i = 0; i < node->n_weights; i++) {
            toy->parameters.data[node->weight_at + i] =
                rng_range(rng, -limit, limit);
        }
    }
}

void toy_round(struct toy *toy)
{
    for (size_t i = 0; i < toy->parameters.n; i++) {
        toy->parameters.data[i] = (double)(float)toy->parameters.data[i];
    }
}

void toy_round_to_bytes(struct toy *toy)
{
    enum { MOST = 127 };
    for (size_t k = 0; k < toy->nodes.n; k++) {
        const struct toy_node *node = &toy->nodes.data[k];
        double *weight = toy->parameters.data + node->weight_at;
        double largest = 0.0;
        for (size_t i = 0; i < node->n_weights; i++) {
            largest = fmax(largest, fabs(weight[i]));
        }
        for (size_t i = 0; i < node->n_weights && largest > 0.0; i++) {
            const double scale = largest / MOST;
            weight[i] = floor(weight[i] / scale + 0.5) * scale;
        }
    }
    toy_round(toy);
}

size_t toy_last(const struct toy *toy)
{
    return toy->nodes.n - 1;
}

const struct toy_node *toy_output(const struct toy *toy)
{
    return &toy->nodes.data[toy_last(toy)];
}

size_t toy_n_relus(const struct toy *toy)
{
    size_t n = 0;
    for (size_t k = 0; k < toy->nodes.n; k++) {
        n += toy->nodes.data[k].kind == TOY_RELU ? toy->nodes.data[k].size : 0;
    }
    return n;
}

double toy_node_bias(const struct toy *toy, const struct toy_node *node,
                     size_t i)
{
    const size_t area = node->plane.height * node->plane.width;
    return toy->parameters.data[node->bias_at + i / area];
}

static void toy_eval_taps(double *out, const struct toy *toy,
                          const struct toy_node *node, const double *in)
{
    const double *const weight = toy->parameters.data + node->weight_at;
    for (size_t i = 0; i < node->size; i++) {
        out[i] = toy_node_bias(toy, node, i);
    }
    for (size_t t = 0; t < node->taps.n; t++) {
        const struct toy_tap tap = node->taps.data[t];
        out[tap.out] += weight[tap.weight] * in[tap.in];
    }
}

void toy_eval(double *values, const struct toy *toy, const double *x)
{
    memcpy(values, x, toy->nodes.data[0].size * sizeof *values);
    for (size_t k = 1; k < toy->nodes.n; k++) {
        const struct toy_node *const node = &toy->nodes.data[k];
        const double *const in = values + toy->nodes.data[node->source].offset;
        const double *const other =
            values + toy->nodes.data[node->other].offset;
        double *const out = values + node->offset;
        if (node->n_weights > 0) {
            toy_eval_taps(out, toy, node, in);
            continue;
        }
        for (size_t i = 0; i < node->size; i++) {
            out[i] = node->kind == TOY_SUM ? in[i] + other[i]
                     : in[i] > 0.0         ? in[i]
                                           : 0.0;
        }
    }
}

void toy_node_pull(double *in, const struct toy *toy,
                   const struct toy_node *node, const double *out)
{
    const double *const weight = toy->parameters.data + node->weight_at;
    for (size_t t = 0; t < node->taps.n; t++) {
        const struct toy_tap tap = node->taps.data[t];
        in[tap.in] += weight[tap.weight] * out[tap.out];
    }
}

/* gradient += d loss / d (weights and biases of one node). */
static void toy_node_gradient(double *gradient, const struct toy_node *node,
                              const double *in, const double *slope)
{
    const size_t area = node->plane.height * node->plane.width;
    double *const weight = gradient + node->weight_at;
    for (size_t t = 0; t < node->taps.n; t++) {
        const struct toy_tap tap = node->taps.data[t];
        weight[tap.weight] += slope[tap.out] * in[tap.in];
    }
    for (size_t i = 0; i < node->size; i++) {
        gradient[node->bias_at + i / area] += slope[i];
    }
}

void toy_pull(double *slopes, double *gradient, const struct toy *toy,
              const double *values)
{
    memset(slopes, 0, toy_output(toy)->offset * sizeof *slopes);
    for (size_t k = toy_last(toy); k > 0; k--) {
        const struct toy_node *const node = &toy->nodes.data[k];
        const size_t source = toy->nodes.data[node->source].offset;
        const double *const slope = slopes + node->offset;
        if (node->n_weights > 0) {
            if (gradient != NULL) {
                toy_node_gradient(gradient, node, values + source, slope);
            }
            toy_node_pull(slopes + source, toy, node, slope);
            continue;
        }
        double *const other = slopes + toy->nodes.data[node->other].offset;
        for (size_t i = 0; i < node->size; i++) {
            if (node->kind == TOY_SUM) {
                slopes[source + i] += slope[i];
                other[i] += slope[i];
            } else if (values[source + i] > 0.0) {
                slopes[source + i] += slope[i];
            }
        }
    }
}
