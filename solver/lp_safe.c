/* From floating-point multipliers to a bound that holds in real arithmetic. */
#include "solver/lp_safe.h"

#include "src/num/interval.h"

#include <float.h>
#include <math.h>

/* Columns handled at a time, so that no memory is needed. */
enum { CHUNK = 64 };

/*
 * The computed value of (1) of lp_safe.h and the sum of the absolute values
 * of its elementary terms beta_j g_jk x_k, c_k x_k and beta_j h_j; reach is
 * sum_k max |x_k| and scales underflow errors.
 */
struct sum {
    double value;
    double absolute;
    double reach;
};

/* Adds the part of (1) that belongs to columns begin .. begin+size-1;
 * c == NULL counts as 0. */
static void add_columns(struct sum *sum, const struct lp_problem *problem,
                        const double *c, const double *multipliers,
                        size_t begin, size_t size)
{
    double r[CHUNK];
    double a[CHUNK];
    for (size_t k = 0; k < size; ++k) {
        r[k] = c == NULL ? 0.0 : c[begin + k];
        a[k] = fabs(r[k]);
    }
    for (size_t j = 0; j < problem->m; ++j) {
        const double beta = multipliers[j];
        if (!(beta > 0.0)) {
            continue;
        }
        const double *g = problem->rows + j * problem->n + begin;
        for (size_t k = 0; k < size; ++k) {
            const double term = beta * g[k];
            r[k] += term;
            a[k] += fabs(term);
        }
    }
    for (size_t k = 0; k < size; ++k) {
        const double lower = problem->lower[begin + k];
        const double upper = problem->upper[begin + k];
        const double reach =
            fabs(lower) > fabs(upper) ? fabs(lower) : fabs(upper);
        sum->value += r[k] > 0.0 ? r[k] * lower : r[k] * upper;
        sum->absolute += a[k] * reach;
        sum->reach += reach;
    }
}

/*
 * Every elementary term passes through at most K = 2 n_used + n + 4 rounded
 * operations on its way into the value, so the value is off by at most
 * gamma_K times the absolute sum, which itself is computed with relative
 * error gamma_K: 4 K covers both and the last operations here. The corner
 * chosen by the sign of a computed r_k may be the wrong one for the real
 * r_k; the minimum over the box moves by no more than |error of r_k| times
 * max |x_k|, which is the same term. Each product may lose one least
 * subnormal, times max |x_k| if it enters r_k: 2^14 of them are subtracted.
 */
static double safe_value(const struct lp_problem *problem, const double *c,
                         const double *multipliers)
{
    struct sum sum = {0.0, 0.0, 0.0};
    size_t n_used = 0;
    for (size_t j = 0; j < problem->m; ++j) {
        const double beta = multipliers[j];
        if (!(fabs(beta) <= DBL_MAX)) {
            return -HUGE_VAL;
        }
        if (beta > 0.0) {
            const double term = beta * problem->rhs[j];
            sum.value -= term;
            sum.absolute += fabs(term);
            ++n_used;
        }
    }
    for (size_t begin = 0; begin < problem->n; begin += CHUNK) {
        const size_t left = problem->n - begin;
        add_columns(&sum, problem, c, multipliers, begin,
                    left < CHUNK ? left : CHUNK);
    }
    const size_t n_steps = 2 * n_used + problem->n + 4;
    const double rounding = interval_gamma(4 * n_steps) * sum.absolute;
    const double underflow = 0x1p-1060 * (double)n_steps * (1.0 + sum.reach);
    const double error = interval_up(rounding + underflow);
    if (!(fabs(sum.value) <= DBL_MAX) || !(error <= DBL_MAX)) {
        return -HUGE_VAL;
    }
    return interval_down(sum.value - error);
}

double lp_safe_bound(const struct lp_problem *problem, const double *c,
                     const double *multipliers)
{
    return safe_value(problem, c, multipliers);
}

bool lp_safe_is_empty(const struct lp_problem *problem,
                      const double *multipliers)
{
    for (size_t k = 0; k < problem->n; ++k) {
        if (problem->lower[k] > problem->upper[k]) {
            return true;
        }
    }
    return safe_value(problem, NULL, multipliers) > 0.0;
}
