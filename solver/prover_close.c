/* Refuting disjuncts by linear lower bounds, and clipping the box. */
#include "solver/lp_glpk.h"
#include "solver/lp_safe.h"
#include "solver/prover.h"
#include "src/base/alloc.h"
#include "src/base/require.h"
#include "src/num/interval.h"

#include <assert.h>
#include <math.h>
#include <string.h>

enum { CLIP_ROUNDS = 2 };

/* Adds |coefficient met| * area of the relaxation to the losses, for the
 * row `row` of the last block. */
static void add_losses(struct prover *p, size_t row)
{
    for (size_t k = 1; k < p->layers->n_layers; k++) {
        const struct layer *layer = &p->layers->layer[k];
        const double *met = layer->kind == LAYER_RELU
                                ? backward_met(p->backward, k, row)
                                : NULL;
        if (met == NULL) {
            continue;
        }
        const double *lower = p->bounds.lower[layer->source];
        const double *upper = p->bounds.upper[layer->source];
        assert(p->loss[k] != NULL);
        for (size_t i = 0; i < layer->width; i++) {
            if (lower[i] < 0.0 && upper[i] > 0.0) {
                p->loss[k][i] +=
                    fabs(met[i]) * -lower[i] * upper[i] / (upper[i] - lower[i]);
            }
        }
    }
}

/* A disjunct being refuted, in a box of its own. */
struct trial {
    uint32_t disjunct;
    size_t first;
    size_t end;
    double *lower;
    double *upper;
};

/*
 * Shrinks the trial's box to where a.x + b <= 0 can hold, a = row r: with m
 * the minimum of the other terms, x_i <= (-b - m)/a_i for a_i > 0, x_i >= for
 * a_i < 0. m is off by at most 2*gamma times the absolute terms; quotients
 * are stepped outward.
 *   returns false if nothing is left
 */
static bool clip_row(struct prover *p, const struct trial *trial, size_t r)
{
    const size_t n = p->layers->n_inputs;
    const double *a = p->row + r * n;
    const double b = p->constant[r];
    double minimum = b;
    double size = fabs(b);
    for (size_t j = 0; j < n; j++) {
        minimum += a[j] * (a[j] > 0.0 ? trial->lower[j] : trial->upper[j]);
        size += fabs(a[j]) * fmax(fabs(p->lower[j]), fabs(p->upper[j]));
    }
    if (!isfinite(size)) {
        return true;
    }
    const double error = 4.0 * interval_gamma(n + 4) * size + 0x1p-1000;
    if (minimum - error > 0.0) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        if (fabs(a[i]) * (p->upper[i] - p->lower[i]) <= 0x1p-30 * size) {
            continue;
        }
        double *low = &trial->lower[i];
        double *high = &trial->upper[i];
        const double rest = minimum - a[i] * (a[i] > 0.0 ? *low : *high);
        const double bound = (error - rest) / a[i];
        if (a[i] > 0.0 && interval_up(bound) < *high) {
            *high = interval_up(bound);
            p->stats.clips++;
        } else if (a[i] < 0.0 && interval_down(bound) > *low) {
            *low = interval_down(bound);
            p->stats.clips++;
        }
        if (*low > *high) {
            return false;
        }
        minimum = rest + a[i] * (a[i] > 0.0 ? *low : *high);
    }
    return true;
}

/* Rigorous minimum of row r over the node's box. */
static double row_minimum(const struct prover *p, size_t r)
{
    const size_t n = p->layers->n_inputs;
    const struct lp_problem problem = {
        .n = n, .m = 0, .lower = p->lower, .upper = p->upper};
    const double *a = p->row + r * n;
    return nextafter(lp_safe_bound(&problem, a, NULL) + p->constant[r],
                     -HUGE_VAL);
}

/* Solves the small program of literals and atoms by our simplex. */
static enum lp_answer solve_small(struct prover *p, const struct trial *trial,
                                  struct lp_problem *problem)
{
    const size_t n = p->layers->n_inputs;
    double value;
    for (size_t r = trial->first; r < trial->end; r++) {
        lp_add_row(p->lp, p->row + r * n, -p->constant[r]);
    }
    problem->m = lp_n_rows(p->lp);
    problem->rows = lp_rows(p->lp);
    problem->rhs = lp_rhs(p->lp);
    (void)prover_reserve_multipliers(p, problem->m);
    return lp_minimize(p->lp, p->row + trial->first * n, p->point,
                       p->multipliers, &value);
}

/* The same with many inputs, by GLPK. */
static enum lp_answer solve_wide(struct prover *p, const struct trial *trial,
                                 struct lp_problem *problem)
{
    const size_t n = p->layers->n_inputs;
    double value;
    for (size_t r = trial->first; r < trial->end; r++) {
        for (size_t j = 0; j < n; j++) {
            VEC_PUSH(&p->wide_rows, p->row[r * n + j]);
        }
        VEC_PUSH(&p->wide_rhs, -p->constant[r]);
    }
    problem->m = p->wide_rhs.n;
    problem->rows = p->wide_rows.data;
    problem->rhs = p->wide_rhs.data;
    (void)prover_reserve_multipliers(p, problem->m);
    return lp_glpk_minimize(problem, p->row + trial->first * n, p->point,
                            p->multipliers, &value);
}

/* Rounds the multipliers of a contradiction, checks that it stands by a
 * margin, and keeps them for the certificate. */
static bool record_joint(struct prover *p, const struct trial *trial,
                         const struct lp_problem *problem)
{
    const size_t n_literals = p->record.literal.n;
    double zero[PROVER_LP_INPUTS] = {0.0};
    if (problem->n > PROVER_LP_INPUTS ||
        !record_round(p->multipliers, problem->m) ||
        !(lp_safe_bound(problem, zero, p->multipliers) > RECORD_MARGIN)) {
        return false;
    }
    for (size_t j = 0; j < problem->m; j++) {
        if (p->multipliers[j] > 0.0) {
            const bool is_literal = j < n_literals;
            const struct record_term term = {
                .disjunct = trial->disjunct,
                .index = is_literal ? p->record.literal.data[j]
                                    : (uint32_t)(j - n_literals),
                .is_literal = is_literal,
                .multiplier = p->multipliers[j],
            };
            VEC_PUSH(&p->record.terms, term);
        }
    }
    return true;
}

/* Refutes all atoms of the trial and the literals together; p->point is the
 * optimum of the first atom when that fails. */
static bool close_jointly(struct prover *p, const struct trial *trial)
{
    const size_t n_small = p->lp == NULL ? 0 : lp_n_rows(p->lp);
    const size_t n_wide = p->wide_rhs.n;
    if (trial->end - trial->first + n_small + n_wide < 2 ||
        trial->first == trial->end) {
        return false;
    }
    struct lp_problem problem = {
        .n = p->layers->n_inputs,
        .lower = p->lower,
        .upper = p->upper,
    };
    p->stats.lps++;
    const enum lp_answer answer = p->lp != NULL
                                      ? solve_small(p, trial, &problem)
                                      : solve_wide(p, trial, &problem);
    bool is_empty = false;
    if (answer == LP_INFEASIBLE) {
        is_empty = p->record.is_on ? record_joint(p, trial, &problem)
                                   : lp_safe_is_empty(&problem, p->multipliers);
    }
    if (p->lp != NULL) {
        lp_truncate(p->lp, n_small);
    }
    p->wide_rhs.n = n_wide;
    p->wide_rows.n = n_wide * problem.n;
    return is_empty;
}

/* The corner of the box that minimises row r. */
static void set_corner(struct prover *p, size_t r)
{
    const size_t n = p->layers->n_inputs;
    for (size_t j = 0; j < n; j++) {
        p->point[j] = p->row[r * n + j] > 0.0 ? p->lower[j] : p->upper[j];
    }
}

/* Tries to refute one disjunct; its box of unsafe points is left in trial. */
static bool close_disjunct(struct prover *p, const struct trial *trial)
{
    double best = -HUGE_VAL;
    for (size_t r = trial->first; r < trial->end; r++) {
        const double lower = row_minimum(p, r);
        best = fmax(best, lower);
        if (p->record.is_on ? lower > RECORD_MARGIN
                            : spec_is_refuted(&p->spec, r, lower)) {
            return true;
        }
    }
    for (int round = 0; round < CLIP_ROUNDS && !p->record.is_on; round++) {
        for (size_t r = trial->first; r < trial->end; r++) {
            if (!clip_row(p, trial, r)) {
                return true;
            }
        }
    }
    if (trial->first < trial->end) {
        set_corner(p, trial->first);
    }
    if (close_jointly(p, trial)) {
        return true;
    }
    p->worst = fmin(p->worst, best);
    return false;
}

/* Back-substitutes rows[0 .. n-1] as one block and keeps the results. */
static void bound_block(struct prover *p, const uint32_t *rows, size_t n)
{
    const size_t n_inputs = p->layers->n_inputs;
    backward_begin(p->backward, n);
    for (size_t t = 0; t < n; t++) {
        spec_seed(&p->spec, p->backward, rows[t], t);
    }
    backward_run(p->backward);
    for (size_t t = 0; t < n; t++) {
        memcpy(p->row + rows[t] * n_inputs,
               backward_coefficients(p->backward, t),
               n_inputs * sizeof *p->row);
        p->constant[rows[t]] = backward_constant(p->backward, t);
        add_losses(p, t);
    }
}

/* Linear lower bounds of all rows of the open disjuncts. */
static void bound_rows(struct prover *p)
{
    for (size_t k = 0; k < p->layers->n_layers; k++) {
        if (p->loss[k] != NULL) {
            memset(p->loss[k], 0,
                   p->layers->layer[k].width * sizeof *p->loss[k]);
        }
    }
    size_t n = 0;
    for (size_t o = 0; o < p->n_open; o++) {
        const size_t d = p->open[o];
        for (size_t r = p->spec.first[d]; r < p->spec.first[d + 1]; r++) {
            p->rows[n++] = (uint32_t)r;
        }
    }
    for (size_t t = 0; t < n; t += BACKWARD_ROWS) {
        const size_t left = n - t;
        bound_block(p, p->rows + t,
                    left < BACKWARD_ROWS ? left : BACKWARD_ROWS);
    }
}

bool prover_close(struct prover *p)
{
    const size_t n = p->layers->n_inputs;
    const size_t bytes = n * sizeof *p->lower;
    bound_rows(p);
    for (size_t j = 0; j < n; j++) {
        p->hull_lower[j] = HUGE_VAL;
        p->hull_upper[j] = -HUGE_VAL;
        p->point[j] = 0.5 * (p->lower[j] + p->upper[j]);
    }
    p->worst = HUGE_VAL;
    size_t n_open = 0;
    for (size_t o = 0; o < p->n_open; o++) {
        const uint32_t d = p->open[o];
        const struct trial trial = {
            .disjunct = d,
            .first = p->spec.first[d],
            .end = p->spec.first[d + 1],
            .lower = p->trial_lower,
            .upper = p->trial_upper,
        };
        memcpy(trial.lower, p->lower, bytes);
        memcpy(trial.upper, p->upper, bytes);
        if (close_disjunct(p, &trial)) {
            continue;
        }
        p->open[n_open++] = d;
        for (size_t j = 0; j < n; j++) {
            p->hull_lower[j] = fmin(p->hull_lower[j], trial.lower[j]);
            p->hull_upper[j] = fmax(p->hull_upper[j], trial.upper[j]);
        }
    }
    if (p->record.is_on && n_open > 0) {
        p->record.terms.n = 0;
        for (size_t d = 0; d < p->spec.n_disjuncts; d++) {
            p->open[d] = (uint32_t)d; /* every leaf refutes every disjunct */
        }
        n_open = p->spec.n_disjuncts;
    }
    p->n_open = n_open;
    if (n_open > 0 && !p->record.is_on) {
        memcpy(p->lower, p->hull_lower, bytes);
        memcpy(p->upper, p->hull_upper, bytes);
    }
    return n_open == 0;
}
