/* Values and gradients of the layers at a batch of points at once. */
#ifndef ASTROLABE_ATTACK_GRADIENT_H
#define ASTROLABE_ATTACK_GRADIENT_H

#include "src/attack/tiles.h"
#include "src/net/layers.h"

#include <stddef.h>

/* A batch is a multiple of this many points. */
enum { GRADIENT_LANES = 8 };

/*
 * With B points, element i of layer k at point j is value[k][i*B + j], and
 *   slope[k][i*B + j] = sum_o seed_o(j) * dv[o](j) / dv[k][i](j)          (1)
 * where o runs over the elements of the last layer and the derivative of
 * max(z, 0) is taken as 1 for z > 0, else 0, that of steps "straight through"
 * (Bengio, Leonard and Courville 2013, see activation_slope): 1 for floor, a
 * bump around 0 for sign, of a width that differs from point to point.
 *   layers   not owned
 *   batch     B, a multiple of GRADIENT_LANES, at most capacity
 *   capacity  largest B the arrays have room for
 */
struct gradient {
    const struct layers *layers;
    size_t batch;
    size_t capacity;
    double **value; /* [n_layers] each [width x capacity], 64-byte aligned */
    double **slope; /* the same shapes */
    struct tiles tiles;
    double *inverse; /* [capacity] scratch of signs */
};

/* A batch size that keeps the working set of a network moderate: 64 for
 * small networks, GRADIENT_LANES for the largest. */
size_t gradient_default_batch(const struct layers *layers);

/* Room for `capacity` points, a multiple of GRADIENT_LANES; B is that. */
void gradient_init(struct gradient *gradient, const struct layers *layers,
                   size_t capacity);
void gradient_clear(struct gradient *gradient);

/* Sets B to n rounded up to a multiple of GRADIENT_LANES, at most the
 * capacity; all values and slopes become undefined. */
void gradient_resize(struct gradient *gradient, size_t n);

/* Fills value[1..] from value[0], which the caller set; nearest rounding,
 * any summation order. */
void gradient_forward(struct gradient *gradient);

/* Sets every slope to zero, before the caller seeds slope[last]. */
void gradient_zero_slopes(struct gradient *gradient);

/*
 * Adds (1) for the seeds in slope[last] to the slopes of all layers below;
 * the values are those of the last gradient_forward. What the caller put
 * into slope[0] beforehand stays as a summand. Nearest rounding.
 */
void gradient_backward(struct gradient *gradient);

#endif
