/* Relaxation lines of every activation, checked in rationals. */
#include "domains/act_relu.h"
#include "src/base/rng.h"
#include "src/num/rational.h"
#include "tests/suite.h"

#include <gmp.h>

#include <float.h>
#include <math.h>

/* Equal as real numbers. */
static void check_equal(double x, double y)
{
    ck_assert_msg(x >= y && x <= y, "%a is not %a", x, y);
}

/* One activation: its lines and its exact value. */
struct activation {
    const char *name;
    struct act_line (*lower)(double l, double u);
    struct act_line (*upper)(double l, double u);
    void (*value)(mpq_t y, const mpq_t z);
};

static void relu_value(mpq_t y, const mpq_t z)
{
    mpq_set(y, z);
    if (mpq_sgn(y) < 0) {
        mpq_set_ui(y, 0, 1);
    }
}

static const struct activation activations[] = {
#define ACTIVATION(name) \
    {#name, act_##name##_lower, act_##name##_upper, name##_value},
#include "domains/activations.def"
#undef ACTIVATION
    {"short relu", act_relu_lower, act_relu_upper_short, relu_value},
};

/* Sign of activation(z) - (slope z + intercept). */
static int compare(const struct activation *activation, struct act_line line,
                   double z)
{
    mpq_t y;
    mpq_t at;
    mpq_t part;
    mpq_inits(y, at, part, (mpq_ptr)NULL);
    rational_set_double(at, z);
    activation->value(y, at);
    rational_set_double(part, line.slope);
    mpq_mul(at, at, part);
    mpq_sub(y, y, at);
    rational_set_double(part, line.intercept);
    const int sign = mpq_cmp(y, part);
    mpq_clears(y, at, part, (mpq_ptr)NULL);
    return sign;
}

static double random_end(struct rng *rng)
{
    const int exponent = (int)rng_below(rng, 2096) - 1074;
    const double x = ldexp(1.0 + rng_unit(rng), exponent);
    const double end = rng_below(rng, 16) == 0 ? 0.0 : x;
    return rng_below(rng, 2) == 0 ? -end : end;
}

/* Ends of unlike, of alike and of equal magnitude. */
static void random_ends(double *l, double *u, struct rng *rng)
{
    *l = random_end(rng);
    *u = random_end(rng);
    switch (rng_below(rng, 3)) {
    case 0:
        *u = *l * -rng_range(rng, 0.0, 2.0);
        break;
    case 1:
        *u = *l + fabs(*l) * rng_range(rng, 0.0, 3.0);
        break;
    default:
        break;
    }
    if (*u < *l) {
        const double swap = *l;
        *l = *u;
        *u = swap;
    }
}

static void check_lines(const struct activation *activation, double l, double u,
                        struct rng *rng)
{
    const struct act_line lower = activation->lower(l, u);
    const struct act_line upper = activation->upper(l, u);
    const double points[] = {l, u, rng_range(rng, l, u), 0.0};
    for (size_t i = 0; i < sizeof points / sizeof points[0]; i++) {
        const double z = points[i];
        if (!(l <= z && z <= u)) {
            continue;
        }
        ck_assert_msg(compare(activation, lower, z) >= 0,
                      "%s is below its lower line at %a of [%a, %a]",
                      activation->name, z, l, u);
        ck_assert_msg(compare(activation, upper, z) <= 0,
                      "%s is above its upper line at %a of [%a, %a]",
                      activation->name, z, l, u);
    }
}

START_TEST(lines_enclose_the_activation_over_the_exponent_range)
{
    struct rng rng;
    rng_init(&rng, test_seed());
    for (size_t round = 0; round < test_count(3000); round++) {
        double l = 0.0;
        double u = 0.0;
        random_ends(&l, &u, &rng);
        if (!isfinite(l) || !isfinite(u) || !isfinite(u - l)) {
            continue;
        }
        for (size_t a = 0; a < sizeof activations / sizeof activations[0];
             a++) {
            check_lines(&activations[a], l, u, &rng);
        }
    }
}
END_TEST

START_TEST(short_slopes_are_the_chord_on_a_grid)
{
    struct rng rng;
    rng_init(&rng, test_seed());
    for (size_t round = 0; round < test_count(1000); round++) {
        const double l = -rng_range(&rng, 1e-3, 1e3);
        const double u = rng_range(&rng, 1e-3, 1e3);
        const double chord = act_relu_upper(l, u).slope;
        const struct act_line line = act_relu_upper_short(l, u);
        const double steps = ldexp(line.slope, ACT_SLOPE_BITS);
        ck_assert(fabs(steps - nearbyint(steps)) <= 0.0);
        ck_assert(fabs(line.slope - chord) <= ldexp(0.5, -ACT_SLOPE_BITS));
    }
}
END_TEST

START_TEST(relu_lines_are_exact_when_stable_and_tight_when_not)
{
    check_equal(act_relu_upper(0.0, 2.0).slope, 1.0);
    check_equal(act_relu_upper(0.0, 2.0).intercept, 0.0);
    check_equal(act_relu_lower(0.0, 2.0).slope, 1.0);
    check_equal(act_relu_upper(-2.0, 0.0).slope, 0.0);
    check_equal(act_relu_upper(-2.0, 0.0).intercept, 0.0);
    check_equal(act_relu_lower(-2.0, 0.0).slope, 0.0);
    const struct act_line chord = act_relu_upper(-1.0, 3.0);
    check_equal(chord.slope, 0.75);
    ck_assert_double_ge(chord.intercept, 0.75);
    ck_assert_double_le(chord.intercept, 0.75 + 0x1p-49);
    check_equal(act_relu_lower(-1.0, 3.0).slope, 1.0);
    check_equal(act_relu_lower(-3.0, 1.0).slope, 0.0);
    check_equal(act_relu_lower(-1.0, 1.0).slope, 1.0);
    check_equal(act_relu_lower(-64.0, 63.0).slope, 0.0);
}
END_TEST

START_TEST(relu_chord_survives_an_overflowing_width)
{
    const struct act_line chord = act_relu_upper(-DBL_MAX, DBL_MAX);
    ck_assert_double_ge(chord.slope, 0.0);
    ck_assert_double_ge(chord.intercept, DBL_MAX * (1.0 - chord.slope));
}
END_TEST

TCase *test_cases(void)
{
    TCase *cases = tcase_create("act_relu");
    tcase_add_test(cases, lines_enclose_the_activation_over_the_exponent_range);
    tcase_add_test(cases, short_slopes_are_the_chord_on_a_grid);
    tcase_add_test(cases, relu_lines_are_exact_when_stable_and_tight_when_not);
    tcase_add_test(cases, relu_chord_survives_an_overflowing_width);
    return cases;
}
