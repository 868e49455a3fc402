/* The network over its base coordinates: inputs, ReLU outputs, graph outputs.
 * SPDX-License-Identifier: MIT */
#ifndef ASTROLABE_PROOFS_CHECK_CHECK_BASE_H
#define ASTROLABE_PROOFS_CHECK_CHECK_BASE_H

#include "proofs/check/check_network.h"

#include <gmp.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Numbers of one sign and n_limbs words each: limbs[i * n_limbs ..] * 2^
 * exponent, negated where negative[i] is set. */
struct check_numbers {
    size_t n_limbs;
    long exponent;
    mp_limb_t *limbs;
    unsigned char *negative;
};

/* A view of number i without its power of two; valid while the numbers are. */
void check_numbers_get(mpz_t view, const struct check_numbers *numbers,
                       size_t i);

/*
 * Base coordinates first .. first + width - 1 = v_i, i = 0 .. width - 1:
 *   z_i = bias_i + sum over k in [start[i], start[i+1]) of
 *         weight_k * v_{column[k]},   column[k] < first                    (1)
 *   v_i = max(z_i, 0), or z_i in the last block
 */
struct check_block {
    size_t first;
    size_t width;
    size_t *start; /* [width + 1] */
    uint32_t *column;
    struct check_numbers weight;
    struct check_numbers bias;
};

/*
 * FORMAT.md, "The network over base coordinates". Coordinates below n_inputs
 * are the inputs; block r < n_relus holds the neurons of ReLU r, its v_i the
 * output of neuron (r, i); block n_relus holds the graph outputs. Affine
 * layers between them are multiplied out exactly.
 */
struct check_base {
    size_t n_inputs;
    size_t n_relus;
    size_t n_coordinates;
    struct check_block *blocks; /* [n_relus + 1] */
};

/* The network need not live on. Ends in check_unsupported if the rows (1)
 * have many more terms than the network's own. */
struct check_base *check_base_create(const struct check_network *network);
void check_base_free(struct check_base *base);

#endif
