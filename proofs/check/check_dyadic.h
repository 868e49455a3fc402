/* Exact numbers value * 2^exponent.
 * SPDX-License-Identifier: MIT */
#ifndef ASTROLABE_PROOFS_CHECK_CHECK_DYADIC_H
#define ASTROLABE_PROOFS_CHECK_CHECK_DYADIC_H

#include <gmp.h>

#include <stdint.h>

/* 0 has any exponent. Initialised and cleared by mpz_init, mpz_clear. */
struct check_dyadic {
    mpz_t value;
    long exponent;
};

/* sum += a * factor * 2^exponent; a is another object than sum. */
void check_dyadic_add_product(struct check_dyadic *sum,
                              const struct check_dyadic *a, int64_t factor,
                              long exponent);
/* sum += a * w; w is finite, a another object than sum. */
void check_dyadic_add_double(struct check_dyadic *sum,
                             const struct check_dyadic *a, double w);

void check_dyadic_get(mpq_t x, const struct check_dyadic *a);

/* Below 0, 0 or above 0, as a is below, equal to or above b. */
int check_dyadic_compare(const struct check_dyadic *a, const mpq_t b);

/* The largest multiple of 2^-bits that is not above a, in these units; at most
 * `most` units. INT64_MIN if it is below -most units. */
int64_t check_dyadic_floor(const struct check_dyadic *a, unsigned bits,
                           int64_t most);

/* floor((a - b) * 2^bits); `most` if that is more, INT64_MIN if it is below
 * -most. */
int64_t check_dyadic_floor_difference(const struct check_dyadic *a,
                                      const mpq_t b, unsigned bits,
                                      int64_t most);

#endif
