/* Sums keep the finest exponent of what was added.
 * SPDX-License-Identifier: MIT */
#include "proofs/check/check_dyadic.h"

#include "proofs/check/check_network.h"

void check_dyadic_add_product(struct check_dyadic *sum,
                              const struct check_dyadic *a, int64_t factor,
                              long exponent)
{
    exponent += a->exponent;
    if (factor == 0 || mpz_sgn(a->value) == 0) {
        return;
    }
    if (mpz_sgn(sum->value) == 0) {
        sum->exponent = exponent;
    } else if (exponent < sum->exponent) {
        mpz_mul_2exp(sum->value, sum->value,
                     (mp_bitcnt_t)(sum->exponent - exponent));
        sum->exponent = exponent;
    }
    const mp_bitcnt_t shift = (mp_bitcnt_t)(exponent - sum->exponent);
    const uint64_t size = factor < 0 ? -(uint64_t)factor : (uint64_t)factor;
    if (shift > 63 || size > UINT64_MAX >> shift) {
        mpz_t product;
        mpz_init(product);
        mpz_mul_si(product, a->value, factor);
        mpz_mul_2exp(product, product, shift);
        mpz_add(sum->value, sum->value, product);
        mpz_clear(product);
    } else if (factor > 0) {
        mpz_addmul_ui(sum->value, a->value, size << shift);
    } else {
        mpz_submul_ui(sum->value, a->value, size << shift);
    }
}

void check_dyadic_add_double(struct check_dyadic *sum,
                             const struct check_dyadic *a, double w)
{
    int64_t mantissa = 0;
    long exponent = 0;
    check_split_double(&mantissa, &exponent, w);
    check_dyadic_add_product(sum, a, mantissa, exponent);
}

void check_dyadic_get(mpq_t x, const struct check_dyadic *a)
{
    mpq_set_z(x, a->value);
    if (a->exponent >= 0) {
        mpq_mul_2exp(x, x, (mp_bitcnt_t)a->exponent);
    } else {
        mpq_div_2exp(x, x, (mp_bitcnt_t)-a->exponent);
    }
}

int check_dyadic_compare(const struct check_dyadic *a, const mpq_t b)
{
    mpq_t x;
    mpq_init(x);
    check_dyadic_get(x, a);
    const int order = mpq_cmp(x, b);
    mpq_clear(x);
    return order;
}

int64_t check_dyadic_floor(const struct check_dyadic *a, unsigned bits,
                           int64_t most)
{
    const long shift = a->exponent + (long)bits;
    int64_t floor = INT64_MIN;
    mpz_t units;
    mpz_init(units);
    if (shift >= 0) {
        mpz_mul_2exp(units, a->value, (mp_bitcnt_t)shift);
    } else {
        mpz_fdiv_q_2exp(units, a->value, (mp_bitcnt_t)-shift);
    }
    if (mpz_cmp_si(units, most) >= 0) {
        floor = most;
    } else if (mpz_cmp_si(units, -most) >= 0) {
        floor = mpz_get_si(units);
    }
    mpz_clear(units);
    return floor;
}

int64_t check_dyadic_floor_difference(const struct check_dyadic *a,
                                      const mpq_t b, unsigned bits,
                                      int64_t most)
{
    int64_t units = most;
    mpq_t exact;
    mpz_t floor;
    mpq_init(exact);
    mpz_init(floor);
    check_dyadic_get(exact, a);
    mpq_sub(exact, exact, b);
    mpq_mul_2exp(exact, exact, bits);
    mpz_fdiv_q(floor, mpq_numref(exact), mpq_denref(exact));
    if (mpz_cmp_si(floor, -most) < 0) {
        units = INT64_MIN;
    } else if (mpz_cmp_si(floor, most) < 0) {
        units = mpz_get_si(floor);
    }
    mpq_clear(exact);
    mpz_clear(floor);
    return units;
}
