/* The warm-started simplex against GLPK and exact enumeration. */
#include "solver/lp.h"
#include "solver/lp_glpk.h"
#include "solver/lp_safe.h"
#include "src/base/rng.h"
#include "src/num/rational.h"
#include "tests/ref/ref_lp.h"
#include "tests/suite.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { MAX_N = 16, MAX_M = 48 };

/* How numbers are drawn: reals, small integers (ties everywhere), or reals
 * in rows of very different sizes. */
enum flavour { REALS, INTEGERS, SCALES, N_FLAVOURS };

/* One sequence: the object under test and a copy of its data. */
struct sequence {
    struct rng rng;
    enum flavour flavour;
    struct lp *lp;
    size_t n;
    size_t m;
    double lower[MAX_N];
    double upper[MAX_N];
    double rows[MAX_M * MAX_N];
    double rhs[MAX_M];
    double c[MAX_N];
    uint64_t seed;
    size_t n_gave_up;
    size_t n_infeasible;
    size_t n_optimal;
};

static double draw(struct sequence *s)
{
    switch (s->flavour) {
    case REALS:
    case SCALES:
        return rng_range(&s->rng, -1.0, 1.0);
    case INTEGERS:
    case N_FLAVOURS:
        break;
    }
    return (double)rng_below(&s->rng, 5) - 2.0;
}

static void draw_box(struct sequence *s)
{
    for (size_t j = 0; j < s->n; ++j) {
        const double a = draw(s);
        const double b = rng_below(&s->rng, 6) == 0 ? a : draw(s);
        s->lower[j] = fmin(a, b) - (s->flavour == INTEGERS ? 1.0 : 0.0);
        s->upper[j] = fmax(a, b);
        if (rng_below(&s->rng, 8) == 0) {
            s->lower[j] = s->upper[j];
        }
    }
}

/* A row: through or near a point of the box, a copy, zero, or wild. */
static void draw_row(struct sequence *s, double *g, double *h)
{
    const size_t kind = rng_below(&s->rng, 20);
    if (kind == 0 && s->m > 0) {
        const size_t i = rng_below(&s->rng, s->m);
        memcpy(g, s->rows + i * s->n, s->n * sizeof *g);
        *h = s->rhs[i];
        return;
    }
    double value = 0.0;
    for (size_t j = 0; j < s->n; ++j) {
        g[j] = kind == 1 || rng_below(&s->rng, 5) == 0 ? 0.0 : draw(s);
        const double t = s->flavour == INTEGERS ? (double)rng_below(&s->rng, 2)
                                                : rng_unit(&s->rng);
        value += g[j] * (s->lower[j] + t * (s->upper[j] - s->lower[j]));
    }
    *h = kind == 2 ? value : value + fabs(draw(s));
    if (kind == 3) {
        *h = value - fabs(draw(s));
    }
    if (s->flavour == SCALES) {
        const double size = ldexp(1.0, (int)rng_below(&s->rng, 41) - 20);
        for (size_t j = 0; j < s->n; ++j) {
            g[j] *= size;
        }
        *h *= size;
    }
}

static void add_row(struct sequence *s)
{
    double *g = s->rows + s->m * s->n;
    draw_row(s, g, s->rhs + s->m);
    lp_add_row(s->lp, g, s->rhs[s->m]);
    ++s->m;
}

/* Size of c over the box: what errors of values are measured against. */
static double spread(const struct sequence *s)
{
    double sum = 0.0;
    for (size_t j = 0; j < s->n; ++j) {
        sum += fabs(s->c[j]) * fmax(fabs(s->lower[j]), fabs(s->upper[j]));
    }
    return sum;
}

static void check_point(const struct sequence *s, const double *x)
{
    for (size_t j = 0; j < s->n; ++j) {
        ck_assert_double_ge(x[j], s->lower[j] - 1e-8);
        ck_assert_double_le(x[j], s->upper[j] + 1e-8);
    }
    for (size_t i = 0; i < s->m; ++i) {
        double value = 0.0;
        double size = 0.0;
        for (size_t j = 0; j < s->n; ++j) {
            value += s->rows[i * s->n + j] * x[j];
            size = fmax(size, fabs(s->rows[i * s->n + j]));
        }
        ck_assert_double_le(value, s->rhs[i] + 1e-8 * size);
    }
}

static void minimize(struct sequence *s)
{
    const struct lp_problem problem = {s->n,     s->m,    s->lower,
                                       s->upper, s->rows, s->rhs};
    for (size_t j = 0; j < s->n; ++j) {
        s->c[j] = rng_below(&s->rng, 6) == 0 ? 0.0 : draw(s);
    }
    double x[MAX_N];
    double beta[MAX_M];
    double value = 0.0;
    double expected = 0.0;
    const enum lp_answer answer = lp_minimize(s->lp, s->c, x, beta, &value);
    const enum lp_answer twin =
        lp_glpk_minimize(&problem, s->c, NULL, NULL, &expected);
    /* GLPK allows violations of 1e-7 in unscaled rows: too much for SCALES,
     * where the point, the bound and the ray alone have to convince. */
    const bool twin_counts = twin != LP_GAVE_UP && s->flavour != SCALES;
    if (answer == LP_GAVE_UP) {
        ++s->n_gave_up;
        return;
    }
    for (size_t i = 0; i < s->m; ++i) {
        ck_assert_double_ge(beta[i], 0.0);
    }
    ck_assert_msg(!twin_counts || answer == twin, "seed %llu: %d, GLPK %d",
                  (unsigned long long)s->seed, (int)answer, (int)twin);
    if (answer == LP_INFEASIBLE) {
        ++s->n_infeasible;
        ck_assert_msg(lp_safe_is_empty(&problem, beta),
                      "seed %llu: ray proves nothing",
                      (unsigned long long)s->seed);
        return;
    }
    ++s->n_optimal;
    check_point(s, x);
    const double slop = 1e-9 * spread(s) + 1e-290;
    const double bound = lp_safe_bound(&problem, s->c, beta);
    ck_assert_msg(bound <= value + slop && value - slop <= bound,
                  "seed %llu: value %a, bound %a", (unsigned long long)s->seed,
                  value, bound);
    if (twin_counts) {
        ck_assert_msg(fabs(value - expected) <= 1e-7 * spread(s) + 1e-12,
                      "seed %llu: value %a, GLPK %a",
                      (unsigned long long)s->seed, value, expected);
    }
}

static void step(struct sequence *s)
{
    const size_t choice = rng_below(&s->rng, 10);
    if (choice < 3 && s->m < MAX_M) {
        add_row(s);
    } else if (choice == 3 && s->m > 0) {
        s->m = rng_below(&s->rng, s->m + 1);
        lp_truncate(s->lp, s->m);
    } else if (choice == 4) {
        draw_box(s);
        lp_set_box(s->lp, s->lower, s->upper);
    } else {
        minimize(s);
    }
    ck_assert_uint_eq(lp_n_rows(s->lp), s->m);
}

/* Random calls on one object; the tally of answers is added to *total. */
static void play(uint64_t seed, size_t max_n, size_t n_steps,
                 struct sequence *total)
{
    struct sequence s = {.seed = seed};
    rng_init(&s.rng, seed);
    s.flavour = (enum flavour)rng_below(&s.rng, N_FLAVOURS);
    s.n = 1 + rng_below(&s.rng, max_n);
    s.lp = lp_create(s.n);
    draw_box(&s);
    lp_reset(s.lp, s.lower, s.upper);
    const size_t n_rows = rng_below(&s.rng, MAX_M);
    for (size_t i = 0; i < n_rows; ++i) {
        add_row(&s);
    }
    for (size_t i = 0; i < n_steps; ++i) {
        step(&s);
    }
    lp_destroy(s.lp);
    total->n_gave_up += s.n_gave_up;
    total->n_infeasible += s.n_infeasible;
    total->n_optimal += s.n_optimal;
}

START_TEST(warm_starts_agree_with_glpk)
{
    struct sequence total = {0};
    const size_t count = test_count(60);
    for (size_t i = 0; i < count; ++i) {
        play(test_seed() + i, MAX_N, 60, &total);
    }
    ck_assert_uint_gt(total.n_optimal, 10 * count);
    ck_assert_uint_gt(total.n_infeasible, count);
    ck_assert_msg(total.n_gave_up == 0, "%zu gave up of %zu", total.n_gave_up,
                  total.n_optimal + total.n_infeasible);
    lp_glpk_release_thread();
}
END_TEST

/* A tiny program: data of *s over n <= 3 variables and at most 6 rows. */
static void draw_tiny(struct sequence *s, uint64_t seed)
{
    *s = (struct sequence){.seed = seed};
    rng_init(&s->rng, seed);
    s->flavour = (enum flavour)rng_below(&s->rng, N_FLAVOURS);
    s->n = 1 + rng_below(&s->rng, 3);
    draw_box(s);
    const size_t n_rows = rng_below(&s->rng, 7);
    while (s->m < n_rows) {
        draw_row(s, s->rows + s->m * s->n, s->rhs + s->m);
        ++s->m;
    }
    for (size_t j = 0; j < s->n; ++j) {
        s->c[j] = draw(s);
    }
}

/* True if the double bound is not above the exact value. */
static bool is_below(double bound, const mpq_t value)
{
    if (isinf(bound)) {
        return bound < 0.0;
    }
    mpq_t exact;
    mpq_init(exact);
    rational_set_double(exact, bound);
    const bool below = mpq_cmp(exact, value) <= 0;
    mpq_clear(exact);
    return below;
}

/* One tiny program solved exactly and by lp_minimize. */
static void compare_exactly(struct sequence *s, mpq_t exact)
{
    const struct lp_problem problem = {s->n,     s->m,    s->lower,
                                       s->upper, s->rows, s->rhs};
    const bool has_point = ref_lp_minimize(exact, &problem, s->c);
    struct lp *lp = lp_create(s->n);
    lp_reset(lp, s->lower, s->upper);
    for (size_t i = 0; i < s->m; ++i) {
        lp_add_row(lp, s->rows + i * s->n, s->rhs[i]);
    }
    double beta[MAX_M];
    double value = 0.0;
    const enum lp_answer answer = lp_minimize(lp, s->c, NULL, beta, &value);
    lp_destroy(lp);
    ck_assert_int_ne(answer, LP_GAVE_UP);
    if (has_point) {
        const double bound = lp_safe_bound(&problem, s->c, beta);
        const double slop = 1e-9 * spread(s) + 1e-290;
        ck_assert_msg(answer == LP_OPTIMAL, "seed %llu: a point was missed",
                      (unsigned long long)s->seed);
        ck_assert_msg(
            is_below(bound, exact) && bound >= rational_near(exact) - slop &&
                fabs(value - rational_near(exact)) <= slop,
            "seed %llu: bound %a, value %a, exact %a",
            (unsigned long long)s->seed, bound, value, rational_near(exact));
        ck_assert(!lp_safe_is_empty(&problem, beta));
    } else if (s->flavour == INTEGERS) {
        ck_assert_int_eq(answer, LP_INFEASIBLE);
        ck_assert(lp_safe_is_empty(&problem, beta));
    }
}

START_TEST(tiny_programs_agree_with_enumeration)
{
    mpq_t exact;
    mpq_init(exact);
    const size_t count = test_count(300);
    for (size_t i = 0; i < count; ++i) {
        struct sequence s;
        draw_tiny(&s, test_seed() + i);
        compare_exactly(&s, exact);
    }
    mpq_clear(exact);
}
END_TEST

/* Multipliers of any size, some negative, some zero. */
static void draw_multipliers(struct sequence *s, double *beta)
{
    const int range = rng_below(&s->rng, 4) == 0 ? 1060 : 30;
    for (size_t i = 0; i < s->m; ++i) {
        const size_t width = 2 * (size_t)range + 1;
        const int power = (int)rng_below(&s->rng, width) - range;
        beta[i] = rng_below(&s->rng, 3) == 0
                      ? 0.0
                      : ldexp(rng_range(&s->rng, -0.25, 1.0), power);
    }
}

START_TEST(any_multipliers_give_a_bound_below_the_optimum)
{
    mpq_t exact;
    mpq_init(exact);
    const size_t count = test_count(200);
    for (size_t i = 0; i < count; ++i) {
        struct sequence s;
        draw_tiny(&s, test_seed() + i);
        const struct lp_problem problem = {s.n,     s.m,    s.lower,
                                           s.upper, s.rows, s.rhs};
        if (!ref_lp_minimize(exact, &problem, s.c)) {
            continue;
        }
        for (size_t k = 0; k < 20; ++k) {
            double beta[MAX_M];
            draw_multipliers(&s, beta);
            const double bound = lp_safe_bound(&problem, s.c, beta);
            ck_assert_msg(is_below(bound, exact), "seed %llu: bound %a > %a",
                          (unsigned long long)s.seed, bound,
                          rational_near(exact));
            ck_assert(!lp_safe_is_empty(&problem, beta));
        }
    }
    mpq_clear(exact);
}
END_TEST

/* sum = a.x over n entries, exactly. */
static void exact_dot(mpq_t sum, mpq_t hold[2], const double *a,
                      const double *x, size_t n)
{
    mpq_set_ui(sum, 0, 1);
    for (size_t j = 0; j < n; ++j) {
        rational_set_double(hold[0], a[j]);
        rational_set_double(hold[1], x[j]);
        mpq_mul(hold[0], hold[0], hold[1]);
        mpq_add(sum, sum, hold[0]);
    }
}

/*
 * The box is one point x, which satisfies g.x <= h by less than a rounding:
 * every multiplier gives nearly c.x, and no bound may pass it.
 */
static void check_single_point(struct rng *rng, mpq_t sum, mpq_t hold[2])
{
    enum { N = 3 };
    double x[N];
    double c[N];
    double g[N];
    for (size_t j = 0; j < N; ++j) {
        const int power = (int)rng_below(rng, 40) - 20;
        x[j] = rng_range(rng, -1.0, 1.0);
        c[j] = ldexp(rng_range(rng, -1.0, 1.0), power);
        g[j] = rng_range(rng, -1.0, 1.0);
    }
    exact_dot(sum, hold, g, x, N);
    const double h = rational_up(sum);
    const struct lp_problem problem = {N, 1, x, x, g, &h};
    const double beta = ldexp(rng_unit(rng), (int)rng_below(rng, 60) - 20);
    exact_dot(sum, hold, c, x, N);
    ck_assert(is_below(lp_safe_bound(&problem, c, &beta), sum));
    ck_assert(!lp_safe_is_empty(&problem, &beta));
}

START_TEST(bounds_at_a_single_point_stay_below)
{
    mpq_t sum;
    mpq_t hold[2];
    mpq_inits(sum, hold[0], hold[1], (mpq_ptr)NULL);
    struct rng rng;
    rng_init(&rng, test_seed());
    const size_t count = test_count(3000);
    for (size_t i = 0; i < count; ++i) {
        check_single_point(&rng, sum, hold);
    }
    mpq_clears(sum, hold[0], hold[1], (mpq_ptr)NULL);
}
END_TEST

/* Rows one by one into lp, all answers for s->c written to values and the
 * last multipliers to beta. */
static void record(struct sequence *s, struct lp *lp, double *values,
                   double *beta)
{
    lp_reset(lp, s->lower, s->upper);
    for (size_t i = 0; i < s->m; ++i) {
        lp_add_row(lp, s->rows + i * s->n, s->rhs[i]);
        memset(beta, 0, MAX_M * sizeof *beta);
        (void)lp_minimize(lp, s->c, NULL, beta, values + 2 * i);
        (void)lp_minimize(lp, s->rows, NULL, beta, values + 2 * i + 1);
    }
}

START_TEST(reset_forgets_everything)
{
    const size_t count = test_count(100);
    for (size_t i = 0; i < count; ++i) {
        struct sequence s;
        draw_tiny(&s, test_seed() + i);
        while (s.m < 20) {
            draw_row(&s, s.rows + s.m * s.n, s.rhs + s.m);
            ++s.m;
        }
        double values[2][2 * MAX_M] = {{0.0}};
        double beta[2][MAX_M];
        struct lp *lp = lp_create(s.n);
        record(&s, lp, values[0], beta[0]);
        lp_truncate(lp, 3);
        record(&s, lp, values[1], beta[1]);
        lp_destroy(lp);
        ck_assert_mem_eq(values[0], values[1], sizeof values[0]);
        ck_assert_mem_eq(beta[0], beta[1], sizeof beta[0]);
    }
}
END_TEST

TCase *test_cases(void)
{
    TCase *cases = tcase_create("prop_lp");
    tcase_set_timeout(cases, 60.0);
    tcase_add_test(cases, warm_starts_agree_with_glpk);
    tcase_add_test(cases, tiny_programs_agree_with_enumeration);
    tcase_add_test(cases, any_multipliers_give_a_bound_below_the_optimum);
    tcase_add_test(cases, bounds_at_a_single_point_stay_below);
    tcase_add_test(cases, reset_forgets_everything);
    return cases;
}
