/* Random exact-layer networks and regions, evaluated in rationals. */
#ifndef ASTROLABE_TESTS_REF_REF_NETWORK_H
#define ASTROLABE_TESTS_REF_REF_NETWORK_H

#include "domains/domain.h"
#include "src/base/rng.h"
#include "src/net/layers.h"

#include <gmp.h>

#include <stdbool.h>
#include <stddef.h>

/* What a random network may contain besides dense chains. */
enum {
    REF_NETWORK_CSR = 1,    /* some matrices in CSR form, of any size */
    REF_NETWORK_SKIP = 2,   /* several terms, from any earlier layers */
    REF_NETWORK_CONCAT = 4, /* layers that only place others side by side */
    REF_NETWORK_ODD = 8,    /* zero rows, equal rows, negative zeros */
    REF_NETWORK_RELU = 16   /* ReLUs of any earlier layer, more than once */
};

/*
 *   n_inputs, n_outputs  >= 1
 *   n_stages             hidden affine layers, most followed by a ReLU
 *   width                largest hidden width, >= 1
 *   scale                weights and biases lie in [-scale, scale]
 *   features             sum of REF_NETWORK_ constants
 */
struct ref_network_shape {
    size_t n_inputs;
    size_t n_outputs;
    size_t n_stages;
    size_t width;
    double scale;
    unsigned features;
};

/* A scale: 1, a millionth, a million or a quarter. */
double ref_network_draw_scale(struct rng *rng);

/* A shape of at most so many inputs and neurons of a layer, with up to three
 * outputs and four stages, of any scale and features. */
struct ref_network_shape
ref_network_draw_shape(struct rng *rng, size_t most_inputs, size_t most_width);

/* A random network; freed with layers_destroy. The same generator state and
 * shape give the same network. */
struct layers *ref_network_random(struct rng *rng,
                                  const struct ref_network_shape *shape);

/* Exact values of one layer: value[width]. */
struct ref_vector {
    size_t width;
    mpq_t *value;
};

/* layer[k].value[i] is neuron i of layer k. */
struct ref_values {
    size_t n_layers;
    struct ref_vector *layer;
};

/* Zeros for every neuron. */
void ref_values_init(struct ref_values *values, const struct layers *layers);
void ref_values_clear(struct ref_values *values);

/* Evaluates (1), (2) of src/net/layers.h exactly at x[n_inputs]. */
void ref_network_eval(struct ref_values *values, const struct layers *layers,
                      const double *x);

/* y += w * v[j] resp. |w| * v[j] summed over row `row` of the matrix. */
void ref_matrix_add_row(mpq_t y, const struct matrix *matrix, size_t row,
                        mpq_t *v);
void ref_matrix_add_abs_row(mpq_t y, const struct matrix *matrix, size_t row,
                            mpq_t *v);

/* A region that owns its arrays and knows one of its points. */
struct ref_region {
    struct region region;
    size_t n_inputs;
    double *lower;
    double *upper;
    double *row;
    double *rhs;
    double *point;
};

/* A random non-empty region: centres in [-scale, scale], widths at most
 * `width`, about one input in eight of zero width; n_rows random rows that
 * hold at `point` and cut the box. */
void ref_region_random(struct ref_region *region, struct rng *rng,
                       size_t n_inputs, size_t n_rows, double scale,
                       double width);
void ref_region_clear(struct ref_region *region);

/* x[n_inputs]: a random point, often on the border of the box, for which
 * box and rows hold exactly. */
void ref_region_sample(double *x, const struct ref_region *region,
                       struct rng *rng);

/* True if box and rows hold at x in rational arithmetic. */
bool ref_region_contains(const struct ref_region *region, const double *x);

#endif
