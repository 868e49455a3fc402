/* The exact optimum of a tiny linear program, by trying every vertex. */
#include "tests/ref/ref_lp.h"

#include "src/base/require.h"
#include "src/num/rational.h"

#include <math.h>

/* An n x (n + 1) system a x = b; column n is b. */
struct system {
    mpq_t t[REF_LP_MAX_N][REF_LP_MAX_N + 1];
    mpq_t x[REF_LP_MAX_N];
    mpq_t hold;
    mpq_t sum;
};

static void system_init(struct system *s)
{
    for (size_t i = 0; i < REF_LP_MAX_N; ++i) {
        for (size_t j = 0; j <= REF_LP_MAX_N; ++j) {
            mpq_init(s->t[i][j]);
        }
        mpq_init(s->x[i]);
    }
    mpq_init(s->hold);
    mpq_init(s->sum);
}

static void system_clear(struct system *s)
{
    for (size_t i = 0; i < REF_LP_MAX_N; ++i) {
        for (size_t j = 0; j <= REF_LP_MAX_N; ++j) {
            mpq_clear(s->t[i][j]);
        }
        mpq_clear(s->x[i]);
    }
    mpq_clear(s->hold);
    mpq_clear(s->sum);
}

/* Constraint k as a.x <= b: m rows, then n upper ends, n lower ends. */
static double coefficient(const struct lp_problem *problem, size_t k, size_t j)
{
    if (k < problem->m) {
        return problem->rows[k * problem->n + j];
    }
    k -= problem->m;
    if (k < problem->n) {
        return k == j ? 1.0 : 0.0;
    }
    return k - problem->n == j ? -1.0 : 0.0;
}

static double right_side(const struct lp_problem *problem, size_t k)
{
    if (k < problem->m) {
        return problem->rhs[k];
    }
    k -= problem->m;
    return k < problem->n ? problem->upper[k] : -problem->lower[k - problem->n];
}

/* Gauss-Jordan; false if singular. */
static bool solve(struct system *s, size_t n)
{
    for (size_t p = 0; p < n; ++p) {
        size_t row = p;
        while (row < n && mpq_sgn(s->t[row][p]) == 0) {
            ++row;
        }
        if (row == n) {
            return false;
        }
        for (size_t j = 0; j <= n; ++j) {
            mpq_swap(s->t[row][j], s->t[p][j]);
        }
        for (size_t j = n + 1; j-- > p;) {
            mpq_div(s->t[p][j], s->t[p][j], s->t[p][p]);
        }
        for (size_t i = 0; i < n; ++i) {
            for (size_t j = n + 1; i != p && j-- > p;) {
                mpq_mul(s->hold, s->t[i][p], s->t[p][j]);
                mpq_sub(s->t[i][j], s->t[i][j], s->hold);
            }
        }
    }
    for (size_t p = 0; p < n; ++p) {
        mpq_set(s->x[p], s->t[p][n]);
    }
    return true;
}

/* sum = a_k.x */
static void evaluate(struct system *s, const struct lp_problem *problem,
                     size_t k)
{
    mpq_set_ui(s->sum, 0, 1);
    for (size_t j = 0; j < problem->n; ++j) {
        rational_set_double(s->hold, coefficient(problem, k, j));
        mpq_mul(s->hold, s->hold, s->x[j]);
        mpq_add(s->sum, s->sum, s->hold);
    }
}

static bool is_feasible(struct system *s, const struct lp_problem *problem)
{
    for (size_t k = 0; k < problem->m + 2 * problem->n; ++k) {
        evaluate(s, problem, k);
        rational_set_double(s->hold, right_side(problem, k));
        if (mpq_cmp(s->sum, s->hold) > 0) {
            return false;
        }
    }
    return true;
}

/* Next n-subset of 0 .. count-1 in order; false after the last. */
static bool next_subset(size_t *subset, size_t n, size_t count)
{
    size_t i = n;
    while (i > 0 && subset[i - 1] == count - n + i - 1) {
        --i;
    }
    if (i == 0) {
        return false;
    }
    ++subset[i - 1];
    for (size_t j = i; j < n; ++j) {
        subset[j] = subset[j - 1] + 1;
    }
    return true;
}

bool ref_lp_minimize(mpq_t value, const struct lp_problem *problem,
                     const double *c)
{
    const size_t n = problem->n;
    REQUIRE(n >= 1 && n <= REF_LP_MAX_N);
    struct system s;
    system_init(&s);
    size_t subset[REF_LP_MAX_N] = {0};
    for (size_t i = 0; i < n; ++i) {
        subset[i] = i;
    }
    bool found = false;
    do {
        for (size_t i = 0; i < n; ++i) {
            for (size_t j = 0; j < n; ++j) {
                rational_set_double(s.t[i][j],
                                    coefficient(problem, subset[i], j));
            }
            rational_set_double(s.t[i][n], right_side(problem, subset[i]));
        }
        if (!solve(&s, n) || !is_feasible(&s, problem)) {
            continue;
        }
        mpq_set_ui(s.sum, 0, 1);
        for (size_t j = 0; j < n; ++j) {
            rational_set_double(s.hold, c[j]);
            mpq_mul(s.hold, s.hold, s.x[j]);
            mpq_add(s.sum, s.sum, s.hold);
        }
        if (!found || mpq_cmp(s.sum, value) < 0) {
            mpq_set(value, s.sum);
        }
        found = true;
    } while (next_subset(subset, n, problem->m + 2 * n));
    system_clear(&s);
    return found;
}
