/* Time per warm linear program: our simplex, its safe bound, and GLPK. */
#include "solver/lp.h"
#include "solver/lp_glpk.h"
#include "solver/lp_safe.h"
#include "src/base/alloc.h"
#include "src/base/rng.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* Distinct objectives; a run goes round through them. */
enum { N_OBJECTIVES = 256 };

struct setting {
    size_t n;
    size_t m;
};

/* One random bounded polytope with the origin inside, and objectives. */
struct polytope {
    size_t n;
    size_t m;
    double *lower;
    double *upper;
    double *rows;
    double *rhs;
    double *objectives;
    double *multipliers;
};

static double seconds(void)
{
    return (double)clock() / CLOCKS_PER_SEC;
}

static void polytope_init(struct polytope *p, struct setting setting,
                          struct rng *rng)
{
    p->n = setting.n;
    p->m = setting.m;
    NEW_ARRAY(p->lower, p->n);
    NEW_ARRAY(p->upper, p->n);
    NEW_ARRAY(p->rows, p->m * p->n);
    NEW_ARRAY(p->rhs, p->m);
    NEW_ARRAY(p->objectives, (size_t)N_OBJECTIVES * p->n);
    NEW_ARRAY(p->multipliers, p->m + 1);
    for (size_t j = 0; j < p->n; ++j) {
        p->lower[j] = -1.0;
        p->upper[j] = 1.0;
    }
    for (size_t i = 0; i < p->m; ++i) {
        double length = 0.0;
        for (size_t j = 0; j < p->n; ++j) {
            p->rows[i * p->n + j] = rng_range(rng, -1.0, 1.0);
            length = hypot(length, p->rows[i * p->n + j]);
        }
        p->rhs[i] = length * rng_range(rng, 0.2, 1.2);
    }
    for (size_t j = 0; j < (size_t)N_OBJECTIVES * p->n; ++j) {
        p->objectives[j] = rng_range(rng, -1.0, 1.0);
    }
}

static void polytope_clear(struct polytope *p)
{
    alloc_free(p->lower);
    alloc_free(p->upper);
    alloc_free(p->rows);
    alloc_free(p->rhs);
    alloc_free(p->objectives);
    alloc_free(p->multipliers);
}

static const double *objective(const struct polytope *p, size_t k)
{
    return p->objectives + k % N_OBJECTIVES * p->n;
}

static void report(const char *name, const struct polytope *p, size_t count,
                   double time_s, double pivots)
{
    printf("%-10s n=%2zu m=%3zu %10.0f per s %8.3f us %6.2f pivots\n", name,
           p->n, p->m, (double)count / time_s, 1e6 * time_s / (double)count,
           pivots / (double)count);
}

/* New objectives over the same rows. */
static void bench_objectives(struct polytope *p, struct lp *lp, size_t count)
{
    const uint64_t before = lp_pivots(lp);
    double value = 0.0;
    const double start = seconds();
    for (size_t k = 0; k < count; ++k) {
        if (lp_minimize(lp, objective(p, k), NULL, p->multipliers, &value) !=
            LP_OPTIMAL) {
            printf("objective %zu: no optimum\n", k);
        }
    }
    report("objective", p, count, seconds() - start,
           (double)(lp_pivots(lp) - before));
}

/* Minimum and maximum of each objective in turn, as bounds are asked for. */
static void bench_pairs(struct polytope *p, struct lp *lp, size_t count)
{
    const uint64_t before = lp_pivots(lp);
    double *opposite = NULL;
    NEW_ARRAY(opposite, p->n);
    double value = 0.0;
    const double start = seconds();
    for (size_t k = 0; k < count; k += 2) {
        const double *c = objective(p, k / 2);
        for (size_t j = 0; j < p->n; ++j) {
            opposite[j] = -c[j];
        }
        (void)lp_minimize(lp, c, NULL, p->multipliers, &value);
        (void)lp_minimize(lp, opposite, NULL, p->multipliers, &value);
    }
    report("min, max", p, count, seconds() - start,
           (double)(lp_pivots(lp) - before));
    alloc_free(opposite);
}

/* A row through the polytope comes, one objective, the row goes. */
static void bench_rows(struct polytope *p, struct lp *lp, size_t count)
{
    const uint64_t before = lp_pivots(lp);
    double value = 0.0;
    const double start = seconds();
    for (size_t k = 0; k < count; ++k) {
        lp_add_row(lp, objective(p, 3 * k + 1), 0.0);
        (void)lp_minimize(lp, objective(p, k), NULL, p->multipliers, &value);
        lp_truncate(lp, p->m);
    }
    report("row + obj", p, count, seconds() - start,
           (double)(lp_pivots(lp) - before));
}

/*
 * As exact star splitting does: minimum and maximum of a function, a row
 * that halves its range, the next function; at full depth back up to a
 * random depth. p's rows are not used.
 */
static void bench_splits(struct polytope *p, struct lp *lp, size_t count,
                         struct rng *rng)
{
    const uint64_t before = lp_pivots(lp);
    double *opposite = NULL;
    NEW_ARRAY(opposite, p->n);
    size_t n_failed = 0;
    lp_truncate(lp, 0);
    const double start = seconds();
    for (size_t k = 0; k < count; k += 2) {
        const double *c = objective(p, k * 7 / 2);
        for (size_t j = 0; j < p->n; ++j) {
            opposite[j] = -c[j];
        }
        double least = 0.0;
        double most = 0.0;
        const enum lp_answer down =
            lp_minimize(lp, c, NULL, p->multipliers, &least);
        const enum lp_answer up =
            lp_minimize(lp, opposite, NULL, p->multipliers, &most);
        if (down != LP_OPTIMAL || up != LP_OPTIMAL) {
            ++n_failed;
            lp_truncate(lp, 0);
        } else if (lp_n_rows(lp) == p->m) {
            lp_truncate(lp, rng_below(rng, p->m));
        } else if (rng_below(rng, 2) == 0) {
            lp_add_row(lp, c, 0.5 * (least - most));
        } else {
            lp_add_row(lp, opposite, 0.5 * (most - least));
        }
    }
    report("splits", p, count, seconds() - start,
           (double)(lp_pivots(lp) - before));
    if (n_failed > 0) {
        printf("splits: %zu failed\n", n_failed);
    }
    alloc_free(opposite);
}

static void bench_safe(struct polytope *p, struct lp *lp, size_t count)
{
    const struct lp_problem problem = {p->n,     p->m,    p->lower,
                                       p->upper, p->rows, p->rhs};
    double value = 0.0;
    (void)lp_minimize(lp, objective(p, 0), NULL, p->multipliers, &value);
    double sum = 0.0;
    const double start = seconds();
    for (size_t k = 0; k < count; ++k) {
        sum += lp_safe_bound(&problem, objective(p, k), p->multipliers);
    }
    report(sum < HUGE_VAL ? "safe bound" : "?", p, count, seconds() - start,
           0.0);
}

static void bench_glpk(struct polytope *p, size_t count)
{
    const struct lp_problem problem = {p->n,     p->m,    p->lower,
                                       p->upper, p->rows, p->rhs};
    struct lp_glpk *lp = lp_glpk_create(&problem);
    double value = 0.0;
    const double start = seconds();
    for (size_t k = 0; k < count; ++k) {
        (void)lp_glpk_resume(lp, objective(p, k), NULL, p->multipliers, &value);
    }
    report("GLPK warm", p, count, seconds() - start, 0.0);
    lp_glpk_destroy(lp);
}

/* All measurements for one size. */
static void bench(struct setting setting, size_t count, struct rng *rng)
{
    struct polytope p;
    polytope_init(&p, setting, rng);
    struct lp *lp = lp_create(p.n);
    lp_reset(lp, p.lower, p.upper);
    for (size_t row = 0; row < p.m; ++row) {
        lp_add_row(lp, p.rows + row * p.n, p.rhs[row]);
    }
    bench_objectives(&p, lp, count);
    bench_pairs(&p, lp, count);
    bench_rows(&p, lp, count);
    bench_safe(&p, lp, count);
    bench_glpk(&p, count / 20 + 1);
    bench_splits(&p, lp, count, rng);
    lp_destroy(lp);
    polytope_clear(&p);
}

/* bench_lp [count [n m]] */
int main(int argc, char **argv)
{
    static const struct setting settings[] = {
        {5, 10}, {5, 40}, {5, 80}, {16, 80}, {64, 80}};
    const size_t count = argc > 1 ? strtoul(argv[1], NULL, 10) : 200000;
    struct rng rng;
    rng_init(&rng, 1);
    if (argc > 3) {
        const struct setting one = {strtoul(argv[2], NULL, 10),
                                    strtoul(argv[3], NULL, 10)};
        bench(one, count, &rng);
        return EXIT_SUCCESS;
    }
    for (size_t i = 0; i < sizeof settings / sizeof *settings; ++i) {
        const size_t n = settings[i].n;
        bench(settings[i], count * 25 / (n * n) + 2, &rng);
    }
    return EXIT_SUCCESS;
}
