/* Lines and planes contain the functions, and touch them. */
#include "domains/act_curve.h"
#include "domains/act_product.h"
#include "domains/domain.h"
#include "src/base/rng.h"
#include "tests/ref/ref_curved.h"
#include "tests/suite.h"

#include <math.h>

/* The point of this file is to compare doubles with long doubles. */
#pragma GCC diagnostic ignored "-Wdouble-promotion"

static double random_end(struct rng *rng)
{
    static const double SIZES[] = {0.0,  1e-300, 1e-9, 1e-3, 0.1, 1.0,  3.0,
                                   10.0, 40.0,   1e3,  1e5,  1e7, 1e80, 1e300};
    const double size = SIZES[rng_below(rng, sizeof SIZES / sizeof *SIZES)];
    return rng_range(rng, -size, size);
}

/* Straddling, near, tiny, huge and degenerate intervals. */
static void random_ends(double *l, double *u, struct rng *rng)
{
    static const double WIDTHS[] = {0.0, 1e-16, 1e-9, 1e-5, 1e-2, 1.0, 4.0};
    *l = random_end(rng);
    *u = random_end(rng);
    if (rng_below(rng, 2) == 0) {
        *u = *l + WIDTHS[rng_below(rng, 7)] * rng_unit(rng);
    }
    if (rng_below(rng, 8) == 0) {
        *l = floor(*l);
        *u = floor(*u);
    }
    if (*l > *u) {
        const double swap = *l;
        *l = *u;
        *u = swap;
    }
}

/* Points of the interval: ends, near them, inside. */
static double sample_point(struct rng *rng, double l, double u)
{
    double z = rng_range(rng, l, u);
    switch (rng_below(rng, 6)) {
    case 0:
        z = l;
        break;
    case 1:
        z = u;
        break;
    case 2:
        z = nextafter(floor(z), rng_below(rng, 2) == 0 ? l : u);
        break;
    case 3:
        z = 0.0;
        break;
    default:
        break;
    }
    return fmin(fmax(z, l), u);
}

/* What long double may be off by. */
static long double slack(long double a, long double b)
{
    return 0x1p-58L * (fabsl(a) + fabsl(b)) + 0x1p-1080L;
}

static bool is_below(struct act_line line, double z, long double f)
{
    const long double at = (long double)line.slope * z;
    return line.intercept <= f - at + slack(f, at);
}

static bool is_above(struct act_line line, double z, long double f)
{
    const long double at = (long double)line.slope * z;
    return line.intercept >= f - at - slack(f, at);
}

START_TEST(lines_and_ranges_contain_every_function)
{
    struct rng rng;
    rng_init(&rng, test_seed());
    for (size_t round = 0; round < test_count(40000); round++) {
        const enum activation f = (enum activation)(round % ACTIVATION_COUNT);
        double l;
        double u;
        double range[2];
        random_ends(&l, &u, &rng);
        const struct act_lines lines = act_curve_lines(f, l, u);
        act_curve_range(&range[0], &range[1], f, l, u);
        for (size_t point = 0; point < 20; point++) {
            const double z = sample_point(&rng, l, u);
            const long double value = ref_curved_function(f, z);
            if (isnan(value) || isinf(value)) {
                continue;
            }
            const bool is_inside = is_below(lines.lower, z, value) &&
                                   is_above(lines.upper, z, value) &&
                                   range[0] <= value + slack(value, 0.0L) &&
                                   range[1] >= value - slack(value, 0.0L);
            ck_assert_msg(is_inside, "%s on [%a, %a] at %a", activation_name(f),
                          l, u, z);
        }
    }
}
END_TEST

/* Any slope: the intercept makes it sound. */
START_TEST(intercepts_suit_every_slope)
{
    struct rng rng;
    rng_init(&rng, test_seed());
    for (size_t round = 0; round < test_count(40000); round++) {
        const enum activation f = (enum activation)(round % ACTIVATION_COUNT);
        double l;
        double u;
        random_ends(&l, &u, &rng);
        const double slope = random_end(&rng);
        const double hint = sample_point(&rng, l, u);
        const struct act_line lower = {slope,
                                       act_curve_least(f, slope, hint, l, u)};
        const struct act_line upper = {
            slope, act_curve_greatest(f, slope, hint, l, u)};
        for (size_t point = 0; point < 10; point++) {
            const double z = sample_point(&rng, l, u);
            const long double value = ref_curved_function(f, z);
            if (!isnan(value) && !isinf(value)) {
                ck_assert_msg(is_below(lower, z, value) &&
                                  is_above(upper, z, value),
                              "%s on [%a, %a] at %a, slope %a",
                              activation_name(f), l, u, z, slope);
            }
        }
    }
}
END_TEST

/* On intervals of moderate size each line comes near the function. */
START_TEST(lines_touch_the_functions)
{
    struct rng rng;
    rng_init(&rng, test_seed());
    for (size_t round = 0; round < test_count(13000); round++) {
        const enum activation f = (enum activation)(round % ACTIVATION_COUNT);
        const bool is_step = f == ACTIVATION_SIGN || f == ACTIVATION_FLOOR;
        const bool needs_positive = f == ACTIVATION_LOG ||
                                    f == ACTIVATION_SQRT ||
                                    f == ACTIVATION_RECIPROCAL;
        const double l =
            needs_positive ? rng_range(&rng, 0.1, 3.0) : rng_range(&rng, -4, 4);
        const double u = l + rng_range(&rng, 0.01, 4.0);
        const struct act_lines lines = act_curve_lines(f, l, u);
        long double below = HUGE_VALL;
        long double above = HUGE_VALL;
        for (size_t step = 0; step <= 2000; step++) {
            double z = l + (u - l) * (double)step / 2000.0;
            z = fmin(z, u);
            const long double value = ref_curved_function(f, z);
            below = fminl(below, value - (long double)lines.lower.slope * z -
                                     lines.lower.intercept);
            above = fminl(above, (long double)lines.upper.slope * z +
                                     lines.upper.intercept - value);
        }
        const double most = is_step ? 0.01 : 5e-5;
        const double size = 1.0 + fabs(activation_value(f, u)) * 0.05;
        ck_assert_msg(below <= most * size && above <= most * size,
                      "%s on [%a, %a]: %Lg below, %Lg above",
                      activation_name(f), l, u, below, above);
    }
}
END_TEST

START_TEST(planes_contain_products)
{
    struct rng rng;
    rng_init(&rng, test_seed());
    for (size_t round = 0; round < test_count(20000); round++) {
        double x[2];
        double y[2];
        double range[2];
        random_ends(&x[0], &x[1], &rng);
        random_ends(&y[0], &y[1], &rng);
        const struct act_planes planes = act_product_planes(x, y);
        act_product_range(&range[0], &range[1], x, y);
        for (size_t point = 0; point < 10; point++) {
            const long double a = sample_point(&rng, x[0], x[1]);
            const long double b = sample_point(&rng, y[0], y[1]);
            const long double plane = planes.first * a + planes.second * b;
            const long double size = fabsl(planes.first * a) +
                                     fabsl(planes.second * b) + fabsl(a * b);
            ck_assert(planes.lower <= a * b - plane + slack(size, 0.0L));
            ck_assert(planes.upper >= a * b - plane - slack(size, 0.0L));
            ck_assert(range[0] <= a * b + slack(a * b, 0.0L));
            ck_assert(range[1] >= a * b - slack(a * b, 0.0L));
        }
    }
}
END_TEST

START_TEST(lines_contain_multiples)
{
    struct rng rng;
    rng_init(&rng, test_seed());
    for (size_t round = 0; round < test_count(20000); round++) {
        double l;
        double u;
        random_ends(&l, &u, &rng);
        const double c = random_end(&rng);
        const double factor[2] = {c, nextafter(c, HUGE_VAL)};
        const struct act_lines lines = act_scale_lines(factor, l, u);
        const double z = sample_point(&rng, l, u);
        const long double middle = 0.5L * factor[0] + 0.5L * factor[1];
        ck_assert(is_below(lines.lower, z, middle * z));
        ck_assert(is_above(lines.upper, z, middle * z));
        ck_assert(is_below(lines.lower, z, (long double)factor[1] * z));
        ck_assert(is_above(lines.upper, z, (long double)factor[1] * z));
    }
}
END_TEST

static void check_values(const struct bounds *bounds,
                         const struct layers *layers,
                         const struct region *region, struct rng *rng,
                         const char *name)
{
    long double values[REF_CURVED_LAYERS][REF_CURVED_WIDTH] = {{0.0L}};
    double x[REF_CURVED_WIDTH];
    for (size_t point = 0; point < 20; point++) {
        for (size_t j = 0; j < layers->n_inputs; j++) {
            x[j] = sample_point(rng, region->lower[j], region->upper[j]);
        }
        ref_curved_eval(values, layers, x, rng_unit(rng));
        for (size_t k = 0;
             k < layers->n_layers && ref_curved_has_values(values, layers);
             k++) {
            for (size_t i = 0; i < layers->layer[k].width; i++) {
                const long double v = values[k][i];
                const long double room = 1e-9L * fmaxl(1.0L, fabsl(v));
                ck_assert_msg(bounds->lower[k][i] <= v + room &&
                                  v - room <= bounds->upper[k][i],
                              "%s: %Lg of neuron %zu of layer %zu (kind %d) is "
                              "outside [%g, %g]",
                              name, v, i, k, (int)layers->layer[k].kind,
                              bounds->lower[k][i], bounds->upper[k][i]);
            }
        }
    }
}

START_TEST(domains_contain_networks_of_all_kinds)
{
    struct rng rng;
    rng_init(&rng, test_seed());
    size_t n_narrow[4] = {0};
    ck_assert_uint_eq(domain_count(), 4);
    for (size_t round = 0; round < test_count(500); round++) {
        double lower[REF_CURVED_WIDTH];
        double upper[REF_CURVED_WIDTH];
        struct layers *layers = ref_curved_network(&rng);
        const double width = round % 3 == 0 ? 0.01 : 1.0;
        for (size_t j = 0; j < REF_CURVED_WIDTH; j++) {
            lower[j] = rng_range(&rng, -1.0, 1.0);
            upper[j] = lower[j] + rng_range(&rng, 0.0, width);
        }
        const struct region region = {.lower = lower, .upper = upper};
        double box_width = 0.0;
        for (size_t d = 0; d < domain_count(); d++) {
            const struct domain_ops *ops = domain_at(d);
            struct bounds bounds;
            struct domain *domain = ops->create(layers);
            bounds_init(&bounds, layers);
            const enum domain_answer answer =
                ops->propagate(domain, &bounds, &region, NULL);
            ck_assert_int_eq(answer, DOMAIN_DONE);
            check_values(&bounds, layers, &region, &rng, ops->name);
            const size_t last = layers->n_layers - 1;
            const double y = bounds.upper[last][0] - bounds.lower[last][0];
            box_width = d == 0 ? y : box_width;
            n_narrow[d] += y < 0.5 * box_width ? 1 : 0;
            ops->destroy(domain);
            bounds_clear(&bounds);
        }
        layers_destroy(layers);
    }
    for (size_t d = 1; d < 4; d++) {
        ck_assert_msg(n_narrow[d] >= test_count(500) / 6, "%s: %zu",
                      domain_at(d)->name, n_narrow[d]);
    }
}
END_TEST

TCase *test_cases(void)
{
    TCase *cases = tcase_create("curves");
    tcase_add_test(cases, lines_and_ranges_contain_every_function);
    tcase_add_test(cases, intercepts_suit_every_slope);
    tcase_add_test(cases, lines_touch_the_functions);
    tcase_add_test(cases, planes_contain_products);
    tcase_add_test(cases, lines_contain_multiples);
    tcase_add_test(cases, domains_contain_networks_of_all_kinds);
    return cases;
}
