/* Formulas by brute force, and the networks that mean the same. */
#ifndef ASTROLABE_TESTS_REF_REF_FORMULA_H
#define ASTROLABE_TESTS_REF_REF_FORMULA_H

#include "solver/dpll.h"
#include "src/base/rng.h"
#include "src/query/query.h"

#include <stdbool.h>
#include <stddef.h>

/* Appends a clause: +v is variable v - 1, -v its negation, 0 the end. */
void ref_formula_add(struct formula *formula, const int *literals);

/* n_clauses random clauses of 1 .. n_longest literals, n_longest <=
 * n_variables; freed with formula_clear. */
void ref_formula_random(struct formula *formula, struct rng *rng,
                        size_t n_variables, size_t n_clauses, size_t n_longest);

/* True if the assignment satisfies all clauses. */
bool ref_formula_holds(const struct formula *formula, const bool *model);

/* Tries every assignment of at most 20 variables. */
bool ref_formula_is_satisfiable(const struct formula *formula);

/*
 * y = second*max(first*x + first_bias, 0) + second_bias, y0 = 1 - the number
 * of false clauses, y1 = sum_i min(x_i, 1 - x_i) for x in [0, 1]^n. Units:
 * clauses, then max(x_i, 0), then max(2*x_i - 1, 0).
 *   first    [n_units x n_inputs], first_bias [n_units]
 *   second   [2 x n_units], second_bias [2]
 */
struct ref_gadget {
    size_t n_inputs;
    size_t n_units;
    double *first;
    double *first_bias;
    double *second;
    double *second_bias;
};

void ref_gadget_init(struct ref_gadget *gadget, const struct formula *formula);
void ref_gadget_clear(struct ref_gadget *gadget);

/* The network; freed with layers_destroy. */
struct layers *ref_gadget_layers(const struct ref_gadget *gadget);

/* The network on [0, 1]^n with the atoms -y0 <= -1 and y1 <= 0; freed with
 * query_destroy. */
struct query *ref_gadget_query(const struct ref_gadget *gadget);

#endif
