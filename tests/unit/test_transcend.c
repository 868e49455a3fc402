/* Enclosures of transcendental functions: nested, near libm, outward. */
#include "src/base/rng.h"
#include "src/num/rational.h"
#include "src/num/transcend.h"
#include "tests/suite.h"

#include <math.h>

static double sigmoid(double x)
{
    return 1.0 / (1.0 + exp(-x));
}

static double softplus(double x)
{
    return fmax(x, 0.0) + log1p(exp(-fabs(x)));
}

static double (*const by_libm[])(double) = {exp,      log, sqrt, sigmoid, tanh,
                                            softplus, erf, sin,  cos};

enum { N_FUNCTIONS = sizeof by_libm / sizeof *by_libm };

struct range {
    mpq_t lower;
    mpq_t upper;
};

static void range_init(struct range *range)
{
    mpq_init(range->lower);
    mpq_init(range->upper);
}

static void range_clear(struct range *range)
{
    mpq_clear(range->lower);
    mpq_clear(range->upper);
}

static bool enclose(struct range *y, enum transcend function, double x_lower,
                    double x_upper, long bits)
{
    rational_set_double(y->lower, x_lower);
    rational_set_double(y->upper, x_upper);
    return transcend_enclose(y->lower, y->upper, function, y->lower, y->upper,
                             bits);
}

static bool is_inside(const struct range *a, const struct range *b)
{
    return mpq_cmp(b->lower, a->lower) <= 0 && mpq_cmp(a->upper, b->upper) <= 0;
}

/* x for which the function has values. */
static double draw(struct rng *rng, enum transcend function)
{
    const double x =
        ldexp(rng_range(rng, -1.0, 1.0), (int)rng_below(rng, 10) - 4);
    return function == TRANSCEND_LOG || function == TRANSCEND_SQRT
               ? fabs(x) + 0x1p-20
               : x;
}

START_TEST(points_are_enclosed)
{
    struct rng rng;
    struct range coarse;
    struct range fine;
    rng_init(&rng, test_seed());
    range_init(&coarse);
    range_init(&fine);
    for (size_t i = 0; i < test_count(2000); i++) {
        const enum transcend function = (enum transcend)(i % N_FUNCTIONS);
        const double x = draw(&rng, function);
        ck_assert(enclose(&coarse, function, x, x, 40));
        ck_assert(enclose(&fine, function, x, x, 200));
        ck_assert(mpq_cmp(coarse.lower, coarse.upper) <= 0);
        ck_assert(is_inside(&fine, &coarse));
        const double y = by_libm[function](x);
        const double slack = 0x1p-48 * (fabs(y) + 1.0);
        ck_assert(rational_down(fine.lower) <= y + slack);
        ck_assert(rational_up(fine.upper) >= y - slack);
        mpq_sub(fine.lower, fine.upper, fine.lower);
        ck_assert(rational_up(fine.lower) <= 0x1p-180 * (fabs(y) + 1.0));
    }
    range_clear(&coarse);
    range_clear(&fine);
}
END_TEST

START_TEST(ranges_enclose_their_points)
{
    struct rng rng;
    struct range range;
    struct range point;
    rng_init(&rng, test_seed());
    range_init(&range);
    range_init(&point);
    for (size_t i = 0; i < test_count(2000); i++) {
        const enum transcend function = (enum transcend)(i % N_FUNCTIONS);
        const double a = draw(&rng, function);
        const double b =
            a + ldexp(rng_range(&rng, 0.0, 1.0), (int)rng_below(&rng, 12) - 10);
        const double x = fmin(fmax(rng_range(&rng, a, b), a), b);
        ck_assert(enclose(&range, function, a, b, 64));
        ck_assert(enclose(&point, function, x, x, 300));
        ck_assert(is_inside(&point, &range));
        ck_assert(enclose(&point, function, b, b, 300));
        ck_assert(is_inside(&point, &range));
    }
    range_clear(&range);
    range_clear(&point);
}
END_TEST

START_TEST(exact_values_and_limits)
{
    struct range y;
    range_init(&y);
    ck_assert(enclose(&y, TRANSCEND_SIN, 0.0, 0.0, 64));
    ck_assert(mpq_sgn(y.lower) == 0 && mpq_sgn(y.upper) == 0);
    ck_assert(enclose(&y, TRANSCEND_COS, 0.0, 0.0, 64));
    ck_assert(mpq_cmp_ui(y.lower, 1, 1) == 0 && mpq_cmp_ui(y.upper, 1, 1) == 0);
    ck_assert(enclose(&y, TRANSCEND_SQRT, 0.0, 4.0, 64));
    ck_assert(mpq_sgn(y.lower) == 0 && mpq_cmp_ui(y.upper, 2, 1) == 0);
    ck_assert(enclose(&y, TRANSCEND_SIN, 0.0, 7.0, 64));
    ck_assert(mpq_cmp_si(y.lower, -1, 1) == 0 &&
              mpq_cmp_ui(y.upper, 1, 1) == 0);
    ck_assert(enclose(&y, TRANSCEND_SIGMOID, -1e300, 1e300, 64));
    ck_assert(mpq_sgn(y.lower) == 0 && mpq_cmp_ui(y.upper, 1, 1) == 0);
    ck_assert(enclose(&y, TRANSCEND_EXP, -1e300, 0.0, 64));
    ck_assert(mpq_sgn(y.lower) == 0 && mpq_cmp_ui(y.upper, 1, 1) == 0);
    ck_assert(enclose(&y, TRANSCEND_SIGMOID, -1e300, -1e300, 64));
    ck_assert(mpq_sgn(y.lower) == 0 && mpq_sgn(y.upper) > 0);
    ck_assert(enclose(&y, TRANSCEND_SOFTPLUS, -1e300, 1e300, 64));
    ck_assert(mpq_sgn(y.lower) == 0);
    range_clear(&y);
}
END_TEST

START_TEST(missing_values_are_refused)
{
    struct range y;
    range_init(&y);
    ck_assert(!enclose(&y, TRANSCEND_LOG, 0.0, 1.0, 64));
    ck_assert(!enclose(&y, TRANSCEND_LOG, -1.0, 1.0, 64));
    ck_assert(!enclose(&y, TRANSCEND_SQRT, -0x1p-1000, 1.0, 64));
    ck_assert(!enclose(&y, TRANSCEND_EXP, 0.0, 1e6, 64));
    ck_assert(!enclose(&y, TRANSCEND_EXP, 0.0, 1e300, 64));
    range_clear(&y);
}
END_TEST

TCase *test_cases(void)
{
    TCase *cases = tcase_create("transcend");
    tcase_add_test(cases, points_are_enclosed);
    tcase_add_test(cases, ranges_enclose_their_points);
    tcase_add_test(cases, exact_values_and_limits);
    tcase_add_test(cases, missing_values_are_refused);
    return cases;
}
