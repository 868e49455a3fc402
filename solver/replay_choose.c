/* Multipliers of a combination as a linear program of their own. */
#include "solver/lp_glpk.h"
#include "solver/replay_state.h"
#include "src/base/alloc.h"

#include <math.h>
#include <string.h>

/* Larger programs are left to the multipliers that are there. */
enum { MOST_INPUTS = 64, MOST_TERMS = 512 };

/* Multipliers beyond this hide what is left of the bound in rounding, those
 * below that share of the largest count as none. */
static const double MOST_MULTIPLIER = 0x1p20;
static const double LEAST_SHARE = 0x1p-16;

/*
 * With a_j.x + b_j below term j over the box of centre c and radii r, the
 * multipliers m solve
 *
 *   minimise  sum_j m_j + w sum_i t_i                                     (1)
 *   -t_i <= sum_j m_j a_ji <= t_i,   sum_j m_j (b_j + a_j.c) - r.t >= 1
 *
 * where w is small: t_i is then |sum_j m_j a_ji|, and the left side of the
 * last row the bound of the sum of (1) over the box. Its optimum has few
 * multipliers, being a vertex.
 *   row  of term j: n_inputs coefficients, then b_j
 */
struct choice {
    size_t n_inputs;
    size_t n_terms;
    double *row;
    struct oracle_term *terms;
};

/* Back-substitutes every term alone. */
static void bound_terms(struct replay *r, struct choice *choice,
                        uint32_t disjunct)
{
    const size_t n = choice->n_inputs;
    replay_renew(r, r->layers->n_layers);
    replay_set_lines(r, r->layers->n_layers, true);
    for (size_t first = 0; first < choice->n_terms; first += BACKWARD_ROWS) {
        const size_t left = choice->n_terms - first;
        const size_t n_rows = left < BACKWARD_ROWS ? left : BACKWARD_ROWS;
        backward_begin(r->backward, n_rows);
        for (size_t i = 0; i < n_rows; i++) {
            const struct oracle_term *term = &choice->terms[first + i];
            if (term->is_literal) {
                replay_seed_literal(r, i, term->index, 1.0);
            } else {
                replay_seed_atom(r, i, r->spec.first[disjunct] + term->index,
                                 1.0);
            }
        }
        backward_run(r->backward);
        for (size_t i = 0; i < n_rows; i++) {
            double *row = choice->row + (first + i) * (n + 1);
            memcpy(row, backward_coefficients(r->backward, i), n * sizeof *row);
            row[n] = backward_constant(r->backward, i);
        }
    }
}

/* The rows of (1), as G x <= h over x = (m, t). */
static void fill_rows(const struct replay *r, const struct choice *choice,
                      double *rows)
{
    const size_t n = choice->n_inputs;
    const size_t width = choice->n_terms + n;
    const struct replay_level *level = &r->levels.data[r->depth];
    const double *low = level->bounds.lower[0];
    const double *high = level->bounds.upper[0];
    double *last = rows + 2 * n * width;
    for (size_t i = 0; i < n; i++) {
        double *up = rows + 2 * i * width;
        double *down = up + width;
        for (size_t j = 0; j < choice->n_terms; j++) {
            up[j] = choice->row[j * (n + 1) + i];
            down[j] = -up[j];
            last[j] -= up[j] * 0.5 * (low[i] + high[i]);
        }
        up[choice->n_terms + i] = -1.0;
        down[choice->n_terms + i] = -1.0;
        last[choice->n_terms + i] = 0.5 * (high[i] - low[i]);
    }
    for (size_t j = 0; j < choice->n_terms; j++) {
        last[j] -= choice->row[j * (n + 1) + n];
    }
}

/* Solves (1); true if multipliers holds its optimum. */
static bool solve(const struct replay *r, const struct choice *choice,
                  double *multipliers)
{
    const size_t width = choice->n_terms + choice->n_inputs;
    const size_t m = 2 * choice->n_inputs + 1;
    double *rows;
    double *rest; /* rhs, then lower, upper and weights of the variables */
    double value = 0.0;
    NEW_ARRAY(rows, m * width);
    NEW_ARRAY(rest, m + 3 * width);
    double *lower = rest + m;
    double *upper = lower + width;
    double *weight = upper + width;
    fill_rows(r, choice, rows);
    rest[m - 1] = -1.0;
    for (size_t v = 0; v < width; v++) {
        upper[v] = MOST_MULTIPLIER;
        weight[v] = v < choice->n_terms ? 1.0 : 0x1p-20;
    }
    const struct lp_problem problem = {.n = width,
                                       .m = m,
                                       .lower = lower,
                                       .upper = upper,
                                       .rows = rows,
                                       .rhs = rest};
    const enum lp_answer answer =
        lp_glpk_minimize(&problem, weight, multipliers, NULL, &value);
    alloc_free(rows);
    alloc_free(rest);
    return answer == LP_OPTIMAL;
}

/* Keeps the multipliers that matter, the largest made 1. */
static size_t keep(struct oracle_term *terms, const struct choice *choice,
                   const double *multipliers)
{
    double largest = 0.0;
    size_t n = 0;
    for (size_t j = 0; j < choice->n_terms; j++) {
        largest = fmax(largest, multipliers[j]);
    }
    for (size_t j = 0; j < choice->n_terms && largest > 0.0; j++) {
        if (multipliers[j] > LEAST_SHARE * largest) {
            terms[n] = choice->terms[j];
            terms[n++].multiplier = multipliers[j] / largest;
        }
    }
    return n;
}

size_t replay_choose(void *context, struct oracle_term *terms, size_t size,
                     uint32_t disjunct)
{
    struct replay *r = context;
    const size_t n_atoms =
        r->spec.first[disjunct + 1] - r->spec.first[disjunct];
    struct choice choice = {.n_inputs = r->layers->n_inputs,
                            .n_terms = n_atoms + r->literals.n};
    double *multipliers;
    size_t n = 0;
    if (choice.n_inputs > MOST_INPUTS || choice.n_terms > MOST_TERMS ||
        choice.n_terms > size || choice.n_terms == 0 ||
        !replay_here(r)->is_possible) {
        return 0;
    }
    NEW_ARRAY(choice.row, choice.n_terms * (choice.n_inputs + 1));
    NEW_ARRAY(choice.terms, choice.n_terms);
    NEW_ARRAY(multipliers, choice.n_terms + choice.n_inputs);
    for (size_t j = 0; j < choice.n_terms; j++) {
        const bool is_literal = j >= n_atoms;
        choice.terms[j] = (struct oracle_term){
            (uint32_t)(is_literal ? j - n_atoms : j), is_literal, 1.0};
    }
    bound_terms(r, &choice, disjunct);
    if (solve(r, &choice, multipliers)) {
        n = keep(terms, &choice, multipliers);
    }
    alloc_free(choice.row);
    alloc_free(choice.terms);
    alloc_free(multipliers);
    return n;
}
