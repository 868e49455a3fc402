/* What a certificate's node knows of its region, and bounds over it, in
 * rational numbers. */
#ifndef ASTROLABE_TESTS_REF_REF_CONTEXT_H
#define ASTROLABE_TESTS_REF_REF_CONTEXT_H

#include "proofs/check/check_network.h"

#include <gmp.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* An end of an interval that may be infinite. */
struct ref_end {
    bool is_finite;
    mpq_t value;
};

/* The numbers of the head: grids 2^-box of inputs and 2^-fact of all other
 * coordinates, 2^-slope of upper slopes, 2^-lower of lower ones. */
struct ref_grids {
    unsigned box;
    unsigned fact;
    unsigned slope;
    unsigned lower;
};

/*
 *   ends    [2 * n_coordinates] lower and upper ends; those of the z of a
 *           neuron are its facts
 *   slopes  [n_coordinates] of the lower lines of ReLU outputs; no
 *           denominator other than 1 matters where has_slope is false
 */
struct ref_context {
    const struct check_network *network;
    struct ref_grids grids;
    bool is_empty;
    struct ref_end *ends;
    bool *has_slope;
    mpq_t *slopes;
};

/* All ends infinite; released by ref_context_clear. */
void ref_context_init(struct ref_context *region,
                      const struct check_network *network,
                      const struct ref_grids *grids);
void ref_context_copy(struct ref_context *region,
                      const struct ref_context *from);
void ref_context_clear(struct ref_context *region);

/* x *= 2^exponent; x = its floor on the grid 2^-bits. */
void ref_scale(mpq_t x, int64_t exponent);
void ref_floor(mpq_t x, unsigned bits);

/* Intersects an end of a coordinate with x, rounded outward to its grid. */
void ref_context_narrow(struct ref_context *region, size_t coordinate,
                        bool is_upper, const mpq_t x);

/* The same for a fact, which is rounded to the grid of facts first. */
void ref_context_learn(struct ref_context *region, size_t coordinate,
                       bool is_upper, const mpq_t x);

/* Interval evaluation of all coordinates from the ends of the inputs. */
void ref_context_evaluate(struct ref_context *region);

/*
 * sum += a lower bound of sum_z q[z] * v_z over the region; q is 0 afterwards.
 *   use_slopes  false: the default lower lines of all neurons
 *   returns     false if there is none
 */
bool ref_context_bound(mpq_t sum, mpq_t *q, const struct ref_context *region,
                       bool use_slopes);

/* Bounds all unstable neurons of ReLU layer r. */
void ref_context_refresh(struct ref_context *region, size_t r, mpq_t *q);

/* The coordinate of z of a neuron. */
size_t ref_context_source(const struct ref_context *region, size_t r, size_t e);

#endif
