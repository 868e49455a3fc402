/* Affine layers: rows as strided walks over coordinates and weights.
 * SPDX-License-Identifier: MIT */
#ifndef ASTROLABE_PROOFS_CHECK_CHECK_AFFINE_H
#define ASTROLABE_PROOFS_CHECK_CHECK_AFFINE_H

#include "proofs/check/check_network.h"
#include "proofs/check/check_onnx.h"

#include <stdbool.h>

/* Numbers c_0 ... c_{n-1}: c_i = scale * t_i, or scale / t_i if is_inverse,
 * where t_i is element map[i] (NULL: i) of the tensor. Without a tensor every
 * c_i = scale. */
struct check_factor {
    const struct check_onnx_tensor *tensor;
    const uint32_t *map;
    size_t n;
    double scale;
    bool is_inverse;
};

double check_factor_get(const struct check_factor *factor, size_t i);

/* NULL if all c_i are exact doubles; else what is wrong with them. Ends in
 * check_unreadable with the path if a stored number is not finite. */
const char *check_factor_examine(const struct check_factor *factor,
                                 const char *path);

enum { CHECK_INNER = 3 };

/* Index k of a sum. If size > 0, the term is there only when
 * 0 <= start + o*stride + k*dilation < size for index o of `axis`. */
struct check_inner {
    size_t extent;
    int64_t data; /* steps per k */
    int64_t weight;
    size_t axis;
    int64_t start;
    int64_t stride;
    int64_t dilation;
    int64_t size;
};

/*
 * With o the index of an output element:
 *   sum over k of weight[sum_d o_d*out_weight[d] + sum_j k_j*inner[j].weight]
 *        * v[data[origin + sum_d o_d*out_data[d] + sum_j k_j*inner[j].data]]
 */
struct check_term {
    const uint32_t *data;
    size_t n_data;
    struct check_factor weight;
    int64_t origin;
    int64_t out_data[CHECK_RANK];
    int64_t out_weight[CHECK_RANK];
    struct check_inner inner[CHECK_INNER];
};

/* Output element o is bias[sum_d o_d*out_bias[d]] plus its terms. Rows that
 * were written out are in start, column, value; then terms are not used. */
struct check_affine {
    size_t n_out; /* dimensions */
    size_t out[CHECK_RANK];
    size_t n_terms;
    struct check_term terms[2];
    struct check_factor bias;
    int64_t out_bias[CHECK_RANK];
    size_t *start;
    uint32_t *column;
    double *value;
};

/* Products in one row, where nothing is cut off. */
size_t check_term_length(const struct check_term *term);

/* Writes rows out where that is small: few products, or many zeros. */
void check_affine_settle(struct check_arena *arena,
                         const struct check_layer *layer,
                         struct check_affine *affine);

#endif
