/* Every operation rounds to the side that its result needs.
 * SPDX-License-Identifier: MIT */
#include "proofs/check/check_transcendental.h"

#include <mpfr.h>

static mpfr_rnd_t other(mpfr_rnd_t to)
{
    return to == MPFR_RNDU ? MPFR_RNDD : MPFR_RNDU;
}

/* 1 / (1 + exp(-y)). */
static void round_sigmoid(mpfr_t y, mpfr_rnd_t to)
{
    mpfr_neg(y, y, MPFR_RNDN);
    mpfr_exp(y, y, other(to));
    mpfr_add_ui(y, y, 1, other(to));
    mpfr_ui_div(y, 1, y, to);
}

/* y becomes f(y), rounded to one side; f is increasing there, or
 * y is its argument exactly. */
static void round_curve(mpfr_t y, enum check_curve f, mpfr_rnd_t to)
{
    switch (f) {
    case CHECK_SIGMOID:
        round_sigmoid(y, to);
        break;
    case CHECK_TANH:
        mpfr_tanh(y, y, to);
        break;
    case CHECK_SOFTPLUS:
        mpfr_exp(y, y, to);
        mpfr_log1p(y, y, to);
        break;
    case CHECK_ERF:
        mpfr_erf(y, y, to);
        break;
    case CHECK_EXP:
        mpfr_exp(y, y, to);
        break;
    case CHECK_LOG:
        mpfr_log(y, y, to);
        break;
    case CHECK_SQRT:
        mpfr_sqrt(y, y, to);
        break;
    case CHECK_SIN:
        mpfr_sin(y, y, to);
        break;
    case CHECK_COS:
        mpfr_cos(y, y, to);
        break;
    case CHECK_RECIPROCAL:
    case CHECK_SQUARE:
    case CHECK_SIGN:
    case CHECK_FLOOR:
        mpfr_set_nan(y); /* these are rational */
        break;
    }
}

/* y becomes f'(y) for y exact, rounded to one side. */
static void round_slope(mpfr_t y, enum check_curve f, mpfr_rnd_t to)
{
    mpfr_t rest;
    mpfr_init2(rest, mpfr_get_prec(y));
    switch (f) {
    case CHECK_SIGMOID: /* e / (1 + e)^2, e = exp(-|y|) */
        mpfr_abs(y, y, MPFR_RNDN);
        mpfr_neg(y, y, MPFR_RNDN);
        mpfr_exp(rest, y, other(to));
        mpfr_exp(y, y, to);
        mpfr_add_ui(rest, rest, 1, other(to));
        mpfr_sqr(rest, rest, other(to));
        mpfr_div(y, y, rest, to);
        break;
    case CHECK_TANH:
        mpfr_cosh(y, y, other(to));
        mpfr_sqr(y, y, other(to));
        mpfr_ui_div(y, 1, y, to);
        break;
    case CHECK_SOFTPLUS:
        round_sigmoid(y, to);
        break;
    case CHECK_ERF: /* 2 exp(-y^2) / sqrt(pi) */
        mpfr_sqr(y, y, other(to));
        mpfr_neg(y, y, MPFR_RNDN);
        mpfr_exp(y, y, to);
        mpfr_const_pi(rest, other(to));
        mpfr_sqrt(rest, rest, other(to));
        mpfr_div(y, y, rest, to);
        mpfr_mul_2ui(y, y, 1, to);
        break;
    case CHECK_SQRT:
        mpfr_sqrt(y, y, other(to));
        mpfr_mul_2ui(y, y, 1, other(to));
        mpfr_ui_div(y, 1, y, to);
        break;
    case CHECK_SIN:
        mpfr_cos(y, y, to);
        break;
    case CHECK_COS:
        mpfr_sin(y, y, other(to));
        mpfr_neg(y, y, MPFR_RNDN);
        break;
    case CHECK_EXP:
        mpfr_exp(y, y, to);
        break;
    case CHECK_LOG:
    case CHECK_RECIPROCAL:
    case CHECK_SQUARE:
    case CHECK_SIGN:
    case CHECK_FLOOR:
        mpfr_set_nan(y); /* these are rational */
        break;
    }
    mpfr_clear(rest);
}

/* Whether the result can be trusted, flags being those since it was made. */
static bool is_trusted(const mpfr_t value)
{
    const bool has_failed =
        mpfr_overflow_p() != 0 || mpfr_nanflag_p() != 0 || mpfr_divby0_p() != 0;
    return !has_failed && mpfr_number_p(value) != 0 &&
           (mpfr_zero_p(value) != 0 ||
            mpfr_get_exp(value) < CHECK_MOST_EXPONENT);
}

/* Rounds x to `to`, then applies the function. false without a result that can
 * be trusted. What underflows is still rounded to its side; what is smaller
 * than all numbers here becomes the least of these, or 0. */
static bool apply(mpq_t y,
                  void (*function)(mpfr_t, enum check_curve, mpfr_rnd_t),
                  enum check_curve f, const mpq_t x, mpfr_rnd_t to, long bits)
{
    mpfr_t value;
    mpfr_init2(value, bits);
    mpfr_clear_flags();
    (void)mpfr_set_q(value, x, to);
    function(value, f, to);
    const bool is_good = is_trusted(value);
    if (is_good && mpfr_zero_p(value) == 0 &&
        mpfr_get_exp(value) <= -CHECK_MOST_EXPONENT) {
        const int sign = mpfr_sgn(value);
        mpq_set_si(y, (sign > 0) == (to == MPFR_RNDU) ? sign : 0, 1);
        mpq_div_2exp(y, y, CHECK_MOST_EXPONENT);
    } else if (is_good) {
        mpfr_get_q(y, value);
    }
    mpfr_clear(value);
    return is_good;
}

/* sin and cos: their value in the middle, and half the width. */
static bool enclose_wave(mpq_t y[2], enum check_curve f, mpq_t x[2], long bits)
{
    mpq_t middle;
    mpq_t radius;
    mpz_t units;
    mpq_inits(middle, radius, NULL);
    mpz_init(units);
    mpq_add(middle, x[0], x[1]);
    mpq_div_2exp(middle, middle, 1);
    mpq_mul_2exp(middle, middle, (mp_bitcnt_t)bits / 2);
    mpz_fdiv_q(units, mpq_numref(middle), mpq_denref(middle));
    mpq_set_z(middle, units); /* dyadic, so that it is not rounded */
    mpq_div_2exp(middle, middle, (mp_bitcnt_t)bits / 2);
    mpq_sub(radius, x[1], middle);
    mpq_sub(middle, middle, x[0]);
    if (mpq_cmp(middle, radius) > 0) {
        mpq_set(radius, middle);
    }
    mpq_add(middle, middle, x[0]);
    bool is_good = mpz_sizeinbase(mpq_numref(middle), 2) <= (size_t)bits &&
                   apply(y[0], round_curve, f, middle, MPFR_RNDD, bits) &&
                   apply(y[1], round_curve, f, middle, MPFR_RNDU, bits);
    if (is_good) {
        mpq_sub(y[0], y[0], radius);
        mpq_add(y[1], y[1], radius);
    }
    mpz_clear(units);
    mpq_clears(middle, radius, NULL);
    return is_good;
}

/* The curves that are rational: square, reciprocal and the steps. */
static bool enclose_rational(mpq_t y[2], enum check_curve f, mpq_t x[2])
{
    const int sign[2] = {mpq_sgn(x[0]), mpq_sgn(x[1])};
    for (int e = 0; e < 2; e++) {
        if (f == CHECK_SIGN) {
            mpq_set_si(y[e], sign[e], 1);
        } else if (f == CHECK_FLOOR) {
            mpz_fdiv_q(mpq_numref(y[e]), mpq_numref(x[e]), mpq_denref(x[e]));
            mpz_set_ui(mpq_denref(y[e]), 1);
        } else if (f == CHECK_SQUARE) {
            mpq_mul(y[e], x[e], x[e]);
        } else if (sign[0] * sign[1] <= 0) {
            return false; /* reciprocal */
        } else {
            mpq_inv(y[e], x[e]);
        }
    }
    if ((f == CHECK_SQUARE || f == CHECK_RECIPROCAL) &&
        mpq_cmp(y[0], y[1]) > 0) {
        mpq_swap(y[0], y[1]);
    }
    if (f == CHECK_SQUARE && sign[0] * sign[1] < 0) {
        mpq_set_ui(y[0], 0, 1);
    }
    return true;
}

bool check_enclose(mpq_t y[2], enum check_curve f, mpq_t x[2], long bits)
{
    if (f == CHECK_SQUARE || f == CHECK_RECIPROCAL || f == CHECK_SIGN ||
        f == CHECK_FLOOR) {
        return enclose_rational(y, f, x);
    }
    if (f == CHECK_SIN || f == CHECK_COS) {
        return enclose_wave(y, f, x, bits);
    }
    if (mpq_sgn(x[0]) < (f == CHECK_LOG ? 1 : f == CHECK_SQRT ? 0 : -1)) {
        return false;
    }
    return apply(y[0], round_curve, f, x[0], MPFR_RNDD, bits) &&
           apply(y[1], round_curve, f, x[1], MPFR_RNDU, bits);
}

bool check_enclose_slope(mpq_t y[2], enum check_curve f, const mpq_t x,
                         long bits)
{
    const bool is_rational =
        f == CHECK_SQUARE || f == CHECK_RECIPROCAL || f == CHECK_LOG;
    if (is_rational) { /* 2 x, -1 / x^2, 1 / x */
        if (f != CHECK_SQUARE && mpq_sgn(x) == 0) {
            return false;
        }
        if (f == CHECK_SQUARE) {
            mpq_mul_2exp(y[0], x, 1);
        } else {
            mpq_inv(y[0], x);
        }
        if (f == CHECK_RECIPROCAL) {
            mpq_mul(y[0], y[0], y[0]);
            mpq_neg(y[0], y[0]);
        }
        mpq_set(y[1], y[0]);
        return true;
    }
    /* x itself must not be rounded. */
    return mpz_popcount(mpq_denref(x)) == 1 &&
           mpz_sizeinbase(mpq_numref(x), 2) <= (size_t)bits &&
           (f != CHECK_SQRT || mpq_sgn(x) > 0) &&
           apply(y[0], round_slope, f, x, MPFR_RNDD, bits) &&
           apply(y[1], round_slope, f, x, MPFR_RNDU, bits);
}

void check_enclose_pi(mpq_t y[2], long bits)
{
    mpfr_t pi;
    mpfr_init2(pi, bits);
    mpfr_const_pi(pi, MPFR_RNDD);
    mpfr_get_q(y[0], pi);
    mpfr_const_pi(pi, MPFR_RNDU);
    mpfr_get_q(y[1], pi);
    mpfr_clear(pi);
}

void check_transcendental_clear(void)
{
    mpfr_free_cache();
}
