/* Refuting disjuncts by linear lower bounds, and clipping the box. */
#include "solver/clip.h"
#include "solver/dual.h"
#include "solver/lp_glpk.h"
#include "solver/lp_safe.h"
#include "solver/prover.h"
#include "solver/prover_dual.h"
#include "solver/prover_joint.h"
#include "solver/prover_sum.h"
#include "src/base/alloc.h"
#include "src/base/require.h"
#include "src/num/interval.h"

#include <assert.h>
#include <math.h>
#include <string.h>

/* Multiply-adds for the bounds of a node from which on slopes are chosen for it
 * alone; how its reach changes when they close it and when not. */
enum { LONG_NODE = 1 << 27 };
static const double REACH_GROWTH = 1.5;
static const double REACH_LOSS = 0.75;

/* A disjunct being refuted, with its rows first .. end - 1. */
struct trial {
    uint32_t disjunct;
    size_t first;
    size_t end;
};

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

/* Divides multipliers, whose scale is free, by the largest. */
static void scale(double *multipliers, size_t n)
{
    double largest = 0.0;
    for (size_t j = 0; j < n; j++) {
        largest = fmax(largest, multipliers[j]);
    }
    for (size_t j = 0; j < n && largest > 0.0; j++) {
        multipliers[j] /= largest;
    }
}

/* Notes a sum as part of a combination: the atoms may come twice. Products of
 * multipliers are rounded as all are, or the certificate would not say what
 * was checked. */
static void note_scaled_sum(struct prover *p, uint32_t d, double factor)
{
    const size_t before = p->record.terms.n;
    prover_note_sum(p, d);
    for (size_t t = before; t < p->record.terms.n; t++) {
        double *multiplier = &p->record.terms.data[t].multiplier;
        *multiplier *= factor;
        (void)record_round(multiplier, 1);
    }
}

/* Rounds the multipliers of a contradiction, checks that it stands by a
 * margin, and keeps them for the certificate. */
static bool record_joint(struct prover *p, const struct trial *trial,
                         const struct lp_problem *problem)
{
    const size_t n_literals = p->record.literal.n;
    const size_t n_terms = p->record.terms.n;
    double *zero;
    scale(p->multipliers, problem->m);
    if (!record_round(p->multipliers, problem->m)) {
        return false;
    }
    NEW_ARRAY(zero, problem->n);
    const double bound = lp_safe_bound(problem, zero, p->multipliers);
    alloc_free(zero);
    if (!(bound > RECORD_MARGIN)) {
        return false;
    }
    for (size_t j = 0; j < problem->m; j++) {
        const bool is_literal = j < n_literals;
        if (p->multipliers[j] > 0.0 && !is_literal &&
            p->spec.atom[trial->first + j - n_literals] == NULL) {
            note_scaled_sum(p, trial->disjunct, p->multipliers[j]);
        } else if (p->multipliers[j] > 0.0) {
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
    if (!(prover_joint_bound(p, n_terms) > RECORD_MARGIN)) {
        p->record.terms.n = n_terms;
        return false;
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
        trial->first == trial->end ||
        (n_small + n_wide == 0 && spec_has_sum(&p->spec, trial->disjunct))) {
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

/* Tries to refute one disjunct. */
static bool close_disjunct(struct prover *p, const struct trial *trial)
{
    double best = -HUGE_VAL;
    size_t hardest = trial->first;
    for (size_t r = trial->first; r < trial->end; r++) {
        const double lower = prover_row_minimum(p, r);
        hardest = lower > best ? r : hardest;
        best = fmax(best, lower);
        if (p->record.is_on ? lower > p->record.margin
                            : spec_is_refuted(&p->spec, r, lower)) {
            if (p->spec.atom[r] == NULL) {
                prover_note_sum(p, trial->disjunct);
            }
            return true;
        }
    }
    if (trial->first < trial->end) {
        set_corner(p, hardest);
    }
    if (spec_has_sum(&p->spec, trial->disjunct)) {
        if (prover_sum_search(p, trial->disjunct)) {
            return true;
        }
        best = fmax(best, prover_row_minimum(p, trial->end - 1));
    }
    if (close_jointly(p, trial)) {
        return true;
    }
    p->worst = fmin(p->worst, best);
    return false;
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
        prover_bound_rows(p, p->rows + t,
                          left < BACKWARD_ROWS ? left : BACKWARD_ROWS);
    }
}

/* Tries all open disjuncts and keeps those that stay open. */
static void close_disjuncts(struct prover *p)
{
    size_t n_open = 0;
    for (size_t o = 0; o < p->n_open; o++) {
        const uint32_t d = p->open[o];
        const struct trial trial = {
            .disjunct = d,
            .first = p->spec.first[d],
            .end = p->spec.first[d + 1],
        };
        if (close_disjunct(p, &trial)) {
            VEC_PUSH(&p->record.closed, d);
        } else {
            p->open[n_open++] = d;
        }
    }
    p->n_open = n_open;
    p->record.n_closed = p->record.closed.n;
}

/* Clips the box; what is refuted in the rest is not open any more. */
static void clip(struct prover *p)
{
    size_t n_open = 0;
    clip_box(p, p->minimum);
    for (size_t o = 0; o < p->n_open; o++) {
        if (clip_refutes(p, p->minimum, p->open[o])) {
            clip_note(p, p->minimum, p->open[o]);
        } else {
            p->open[n_open++] = p->open[o];
        }
    }
    p->n_open = n_open;
}

/*
 * Closes the node by slopes of its own, found by ascent: where bounding its
 * neurons was long, that is short, and saves splits of nodes that almost close.
 * Tried within the distance that such slopes have overcome before. Nothing is
 * noted unless all is closed: slopes would hold for the nodes below, too.
 */
static bool close_by_slopes(struct prover *p)
{
    struct record *record = &p->record;
    const size_t n_closed = record->closed.n;
    const size_t n_terms = record->terms.n;
    const double missing = -p->worst;
    if (p->n_open > DUAL_ROWS || !(missing <= p->slope_reach)) {
        return false;
    }
    if (record->is_on && n_closed > 0) {
        const struct record_step first = {.n_closed = n_closed};
        VEC_PUSH(&record->steps, first);
    }
    double reached;
    if (prover_dual_close_box(&reached, p, p->node)) {
        p->slope_reach = fmax(p->slope_reach, REACH_GROWTH * missing);
        p->n_open = 0;
        record->n_closed = record->closed.n;
        return true;
    }
    if (reached < 0.0) {
        const double gain = reached + missing;
        p->slope_reach = fmin(p->slope_reach,
                              fmax(REACH_LOSS * missing, REACH_GROWTH * gain));
    }
    record->closed.n = n_closed;
    record->terms.n = n_terms;
    record->slopes.n = 0;
    record->steps.n = 0;
    return false;
}

bool prover_close(struct prover *p)
{
    const uint64_t n_spent = backward_madds(p->backward) - p->n_before;
    p->is_long =
        p->lp == NULL && p->layers->n_curved == 0 && n_spent >= LONG_NODE;
    bound_rows(p);
    for (size_t j = 0; j < p->layers->n_inputs; j++) {
        p->point[j] = 0.5 * (p->lower[j] + p->upper[j]);
    }
    p->worst = HUGE_VAL;
    close_disjuncts(p);
    if (p->n_open > 0 && p->is_long && close_by_slopes(p)) {
        return true;
    }
    /* Where neurons read inputs the checker has other lines in what is cut
     * off, and in the rest. */
    if (p->n_open > 0 && (!p->record.is_on || p->copied == NULL)) {
        clip(p);
    }
    return p->n_open == 0;
}
