/* The weights of an affine layer as small integers; products with them.
 * SPDX-License-Identifier: MIT */
#ifndef ASTROLABE_PROOFS_CHECK_CHECK_MATRIX_H
#define ASTROLABE_PROOFS_CHECK_CHECK_MATRIX_H

#include "proofs/check/check_network.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Goals at a time, each in a lane of a vector; columns at a time. */
enum { CHECK_LANES = 8, CHECK_TILE = 8 };
typedef int64_t check_lanes __attribute__((vector_size(8 * CHECK_LANES)));

/* Code of which versions for several kinds of processors are made. */
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define CHECK_CLONES               \
    __attribute__((optimize("O3"), \
                   target_clones("arch=x86-64-v4", "avx2", "default")))
#else
#define CHECK_CLONES
#endif

/* Columns position .. position + n - 1 are the coordinates first .. of part
 * `part`: the inputs are part 0, layer l is part l + 1. */
struct check_segment {
    size_t part;
    size_t first;
    size_t position;
    size_t n;
};

/*
 * A weight is less than one unit above
 *   weight * 2^exponent                                                   (1)
 * and equal if not is_rounded; a bias is less than one unit above
 *   (high * 2^bias_bits + low) * 2^bias_exponent                          (2)
 * and equal if not is_bias_rounded; high and low are columns n_columns and
 * n_columns + 1. Sums over all rows of q times a column do not overflow if
 * -2^q_bits <= q < 2^q_bits for all q; q_bits <= 30.
 *   weight  dense: row i at i * stride; otherwise entries start[i] ..
 *           start[i+1] - 1, which belong to the columns column[k]
 *   span    not dense: [width * n_segments][2] the columns of segment s that
 *           row i has lie in span[i * n_segments + s][0] .. [1] - 1
 */
struct check_matrix {
    bool is_dense;
    bool is_rounded;
    bool is_bias_rounded;
    long q_bits;
    long exponent;
    long bias_bits;
    long bias_exponent;
    size_t n_segments;
    struct check_segment *segments;
    size_t n_columns;
    size_t stride;
    size_t *start;
    uint32_t *column;
    uint32_t (*span)[2];
    int64_t *weight;
};

/* part [n_coordinates] the part of each coordinate. */
void check_matrix_init(struct check_matrix *matrix,
                       const struct check_layer *layer, const uint32_t *part);
void check_matrix_clear(struct check_matrix *matrix);

/*
 * sum[stride] = sum over a < n of q[a] times row row[a]. window [n_segments]
 * [2] receives the columns of each segment outside of which no row has any;
 * sums outside of it are undefined, but those of the bias are not.
 */
void check_matrix_multiply(check_lanes *sum, size_t (*window)[2],
                           const struct check_matrix *matrix,
                           const check_lanes *q, const uint32_t *row, size_t n);

/* The least n with x < 2^n. */
long check_bit_length(uint64_t x);

#endif
