/* The warm-started simplex against GLPK and exact enumeration. */
#include "solver/lp.h"
#include "solver/lp_glpk.h"
#include "solver/lp_safe.h"
#include "src/base/rng.h"
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

TCase *test_cases(void)
{
    TCase *cases = tcase_create("prop_lp");
    tcase_add_test(cases, warm_starts_agree_with_glpk);
    return cases;
}
