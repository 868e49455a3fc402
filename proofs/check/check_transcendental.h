/* Curves and their derivatives, enclosed in rationals: the only use of MPFR.
 * SPDX-License-Identifier: MIT */
#ifndef ASTROLABE_PROOFS_CHECK_CHECK_TRANSCENDENTAL_H
#define ASTROLABE_PROOFS_CHECK_CHECK_TRANSCENDENTAL_H

#include "proofs/check/check_network.h"

#include <stdbool.h>

enum { CHECK_CURVE_BITS = 192, CHECK_MOST_EXPONENT = 16384 };

/*
 * y[0] <= f(z) <= y[1] for all z, x[0] <= z <= x[1], by directed rounding with
 * that many bits; y may be x. Steps are exact, and so are square and
 * reciprocal if the ends of x are equal. false, and y undefined, if f has no
 * value somewhere, or numbers overflow or underflow.
 */
bool check_enclose(mpq_t y[2], enum check_curve f, mpq_t x[2], long bits);

/* The same for the derivative of f at x, which is no step. */
bool check_enclose_slope(mpq_t y[2], enum check_curve f, const mpq_t x,
                         long bits);

/* y[0] <= pi <= y[1]. */
void check_enclose_pi(mpq_t y[2], long bits);

/* Frees what this thread keeps. */
void check_transcendental_clear(void);

#endif
