/* Composite operators as several nodes over tensors without names. */
#ifndef ASTROLABE_NET_BUILD_H
#define ASTROLABE_NET_BUILD_H

#include "src/net/import.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Every function returns a new tensor of element type float64: a constant if
 * all arguments are and the result consists of doubles, otherwise the output
 * of a new node (constant arguments become nodes without arguments). Shapes
 * must fit and have at most SHAPE_ELEMENTS elements: the caller checks.
 * Arrays that are handed over (not const) belong to the node afterwards.
 */

/* A constant of these elements. */
struct tensor *build_constant(struct import *import, const struct shape *shape,
                              double *reals);
/* A constant of one element in a shape of rank 0. */
struct tensor *build_number(struct import *import, double value);

/* The elements of a constant of any type as doubles, owned by the caller. An
 * integer of more than 53 bits makes the import of the node fail. */
double *build_read(struct import *import, const struct tensor *constant);

/* y[i] = z[map[i]], z = args one after the other; map NULL: the identity. */
struct tensor *build_map(struct import *import, const struct shape *shape,
                         const struct tensor *const *args, size_t n,
                         uint32_t *map);
/* x broadcast to a shape. */
struct tensor *build_spread(struct import *import, const struct shape *shape,
                            const struct tensor *x);

struct tensor *build_relu(struct import *import, const struct tensor *x);
struct tensor *build_clip(struct import *import, const struct tensor *x,
                          double lowest, double highest);
struct tensor *build_function(struct import *import, enum activation activation,
                              const struct tensor *x);

/* 1/x, of which those with the given numbers add up to 1. */
struct tensor *build_shares(struct import *import, const struct tensor *x,
                            struct layer_shares shares);

/* scale * x + bias. */
struct tensor *build_affine(struct import *import, const struct tensor *x,
                            double scale, double bias);
/* x[i] / divisor[i]; no divisor is 0. */
struct tensor *build_divided(struct import *import, const struct tensor *x,
                             double *divisor);
/* scale_a * a + scale_b * b with broadcasting. */
struct tensor *build_sum(struct import *import, const struct tensor *a,
                         double scale_a, const struct tensor *b,
                         double scale_b);
/* x[i] * scale[i] / sqrt(variance[i] + epsilon). */
struct tensor *build_scale(struct import *import, const struct tensor *x,
                           struct scaling scaling);

/* a * b with broadcasting: linear if one of them is constant. */
struct tensor *build_product(struct import *import, const struct tensor *a,
                             const struct tensor *b);
/* a / b with broadcasting: linear if b is constant. */
struct tensor *build_quotient(struct import *import, const struct tensor *a,
                              const struct tensor *b);
/* y[i] = a[of_a[i]] * b[of_b[i]]. */
struct tensor *build_pairs(struct import *import, const struct shape *shape,
                           const struct tensor *const args[2], uint32_t *of_a,
                           uint32_t *of_b);
/* y[i] = c[i] is not 0 ? a[i] : b[i] with broadcasting. */
struct tensor *build_choice(struct import *import, const struct tensor *c,
                            const struct tensor *a, const struct tensor *b);

/* Each batch of matrix->n_cols elements of x times the matrix, which is
 * handed over. */
struct tensor *build_matrix(struct import *import, const struct shape *shape,
                            const struct tensor *x, struct matrix *matrix);

/* Sums over the window (no weights: of the elements), over `divisor`. */
struct tensor *build_window(struct import *import, const struct shape *shape,
                            const struct tensor *x, const struct window *window,
                            double divisor);
/* Extremes of sets of the arguments' elements. */
struct tensor *build_extreme(struct import *import, enum node_form form,
                             const struct shape *shape,
                             const struct tensor *const *args, size_t n,
                             struct sets sets);

/* Makes the constant the output of a node without arguments. */
void build_computed(struct import *import, struct tensor *constant);

/* |x|, x rounded towards zero, and to the nearest integer, ties to even. */
struct tensor *build_abs(struct import *import, const struct tensor *x);
struct tensor *build_truncated(struct import *import, const struct tensor *x);
struct tensor *build_rounded(struct import *import, const struct tensor *x);

/* An integer as its type holds it: x - 2^w * floor((x - lowest) / 2^w) for a
 * type of w bits. */
struct tensor *build_wrapped(struct import *import, const struct tensor *x,
                             int type);

/* 1 where x > 0, 0 elsewhere; 1 where x is not 0. */
struct tensor *build_is_positive(struct import *import, const struct tensor *x);
struct tensor *build_is_nonzero(struct import *import, const struct tensor *x);

/* Names the tensor as output i of the node. Integer types take the elements
 * of a constant as they are: the caller has made them integers. */
enum status build_output(struct import *import, size_t i, int type,
                         const struct tensor *tensor);
/* Output 0 of arithmetic: integers of 8 to 32 bits wrap around; those of 64
 * bits are taken never to overflow. Truth values are refused. */
enum status build_arithmetic(struct import *import, int type,
                             const struct tensor *tensor);
/* The same as build_output in another shape of as many elements. */
enum status build_output_shape(struct import *import, size_t i, int type,
                               const struct shape *shape,
                               const struct tensor *tensor);

#endif
