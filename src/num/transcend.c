/* Directed rounding by MPFR: the only place that includes it. */
#include "src/num/transcend.h"

#include <mpfr.h>

#include <assert.h>

/* Largest binary exponent of a value, and of one that counts as zero. */
enum { EXPONENT_LIMIT = 100000 };

/* y = a number too small to keep, 0 or the least power of two on its outer
 * side. */
static void get_tiny(mpq_t y, int sign, mpfr_rnd_t direction)
{
    const bool is_outward = (direction == MPFR_RNDU) == (sign > 0);
    mpq_set_si(y, is_outward ? sign : 0, 1);
    mpq_div_2exp(y, y, EXPONENT_LIMIT);
}

/* y = x, not zero. */
static void get_dyadic(mpq_t y, const mpfr_t x)
{
    const mpfr_exp_t exponent = mpfr_get_z_2exp(mpq_numref(y), x);
    mpz_set_ui(mpq_denref(y), 1);
    if (exponent < 0) {
        mpq_div_2exp(y, y, (mp_bitcnt_t)-exponent);
    } else {
        mpq_mul_2exp(y, y, (mp_bitcnt_t)exponent);
    }
}

/* y = x rounded in the direction; false if it is too large or not a number.
 */
static bool get_rational(mpq_t y, const mpfr_t x, mpfr_rnd_t direction)
{
    const int sign = mpfr_number_p(x) != 0 ? mpfr_cmp_ui(x, 0) : 0;
    if (sign == 0) {
        mpq_set_ui(y, 0, 1);
        return mpfr_number_p(x) != 0;
    }
    if (mpfr_get_exp(x) < -EXPONENT_LIMIT) {
        get_tiny(y, sign > 0 ? 1 : -1, direction);
        return true;
    }
    if (mpfr_get_exp(x) <= EXPONENT_LIMIT) {
        get_dyadic(y, x);
    }
    return mpfr_get_exp(x) <= EXPONENT_LIMIT;
}

static mpfr_rnd_t opposite(mpfr_rnd_t direction)
{
    return direction == MPFR_RNDU ? MPFR_RNDD : MPFR_RNDU;
}

/* y = 1 / (1 + exp(-x)): falls with every intermediate. */
static void sigmoid(mpfr_t y, const mpfr_t x, mpfr_rnd_t direction)
{
    const mpfr_rnd_t other = opposite(direction);
    mpfr_neg(y, x, direction); /* exact */
    mpfr_exp(y, y, other);
    mpfr_add_ui(y, y, 1, other);
    mpfr_ui_div(y, 1, y, direction);
}

/* y = log1p(exp(x)), for x > 0 as x + log1p(exp(-x)), whose terms do not
 * overflow. */
static void softplus(mpfr_t y, const mpfr_t x, mpfr_rnd_t direction)
{
    const bool is_positive = mpfr_sgn(x) > 0;
    if (is_positive) {
        mpfr_neg(y, x, direction); /* exact */
        mpfr_exp(y, y, direction);
    } else {
        mpfr_exp(y, x, direction);
    }
    mpfr_log1p(y, y, direction);
    if (is_positive) {
        mpfr_add(y, y, x, direction);
    }
}

/* y = f(x) for an increasing function, rounded in the direction; NaN where
 * it has no value. y is not x. */
static void apply(mpfr_t y, enum transcend function, const mpfr_t x,
                  mpfr_rnd_t direction)
{
    switch (function) {
    case TRANSCEND_EXP:
        mpfr_exp(y, x, direction);
        break;
    case TRANSCEND_LOG:
        mpfr_log(y, x, direction);
        break;
    case TRANSCEND_SQRT:
        mpfr_sqrt(y, x, direction);
        break;
    case TRANSCEND_SIGMOID:
        sigmoid(y, x, direction);
        break;
    case TRANSCEND_TANH:
        mpfr_tanh(y, x, direction);
        break;
    case TRANSCEND_SOFTPLUS:
        softplus(y, x, direction);
        break;
    case TRANSCEND_ERF:
        mpfr_erf(y, x, direction);
        break;
    case TRANSCEND_SIN:
    case TRANSCEND_COS:
        mpfr_set_nan(y);
        break;
    }
}

/* One end of the values of an increasing function. */
static bool enclose_end(mpq_t y, enum transcend function, const mpq_t x,
                        long bits, mpfr_rnd_t direction)
{
    mpfr_t from;
    mpfr_t to;
    mpfr_init2(from, bits);
    mpfr_init2(to, bits);
    mpfr_set_q(from, x, direction);
    apply(to, function, from, direction);
    const bool has_value = get_rational(y, to, direction);
    mpfr_clear(from);
    mpfr_clear(to);
    return has_value;
}

/* Sine or cosine at x, from below and from above. */
static void enclose_wave_at(mpq_t y_lower, mpq_t y_upper,
                            enum transcend function, const mpfr_t x, long bits)
{
    mpfr_t y;
    mpfr_init2(y, bits);
    const int rounded = function == TRANSCEND_SIN ? mpfr_sin(y, x, MPFR_RNDD)
                                                  : mpfr_cos(y, x, MPFR_RNDD);
    (void)get_rational(y_lower, y, MPFR_RNDD);
    if (rounded != 0) {
        mpfr_nextabove(y);
    }
    (void)get_rational(y_upper, y, MPFR_RNDU);
    mpfr_clear(y);
}

/* Ends that are no wider than -1 and 1. */
static void clamp(mpq_t y_lower, mpq_t y_upper)
{
    mpq_t one;
    mpq_init(one);
    mpq_set_ui(one, 1, 1);
    if (mpq_cmp(y_upper, one) > 0) {
        mpq_set(y_upper, one);
    }
    mpq_neg(one, one);
    if (mpq_cmp(y_lower, one) < 0) {
        mpq_set(y_lower, one);
    }
    mpq_clear(one);
}

/* Sine or cosine within `radius` of the middle. */
static void enclose_wave(mpq_t y_lower, mpq_t y_upper, enum transcend function,
                         const mpq_t middle, const mpq_t radius, long bits)
{
    mpfr_t x;
    mpq_t error;
    mpfr_init2(x, bits);
    mpq_init(error);
    mpfr_set_q(x, middle, MPFR_RNDN);
    const bool is_far = !get_rational(error, x, MPFR_RNDN);
    mpq_sub(error, error, middle);
    mpq_abs(error, error);
    mpq_add(error, error, radius);
    if (is_far || mpq_cmp_ui(error, 1, 1) > 0) {
        mpq_set_si(y_lower, -1, 1);
        mpq_set_ui(y_upper, 1, 1);
    } else {
        enclose_wave_at(y_lower, y_upper, function, x, bits);
        mpq_sub(y_lower, y_lower, error);
        mpq_add(y_upper, y_upper, error);
    }
    clamp(y_lower, y_upper);
    mpq_clear(error);
    mpfr_clear(x);
}

bool transcend_enclose(mpq_t y_lower, mpq_t y_upper, enum transcend function,
                       const mpq_t x_lower, const mpq_t x_upper, long bits)
{
    assert(bits >= 24 && bits <= 65536);
    mpq_t lower;
    mpq_t upper;
    bool has_value = false;
    mpq_init(lower);
    mpq_init(upper);
    if (function == TRANSCEND_SIN || function == TRANSCEND_COS) {
        mpq_t half;
        mpq_init(half);
        mpq_set_ui(half, 1, 2);
        mpq_add(lower, x_lower, x_upper);
        mpq_mul(lower, lower, half);
        mpq_sub(upper, x_upper, x_lower);
        mpq_mul(upper, upper, half);
        enclose_wave(y_lower, y_upper, function, lower, upper, bits);
        mpq_clear(half);
        has_value = true;
    } else {
        has_value = enclose_end(lower, function, x_lower, bits, MPFR_RNDD) &&
                    enclose_end(upper, function, x_upper, bits, MPFR_RNDU);
        mpq_set(y_lower, lower);
        mpq_set(y_upper, upper);
    }
    mpq_clear(lower);
    mpq_clear(upper);
    mpfr_free_cache2(MPFR_FREE_LOCAL_CACHE);
    return has_value;
}
