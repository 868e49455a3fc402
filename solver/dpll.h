/* Satisfiability of a propositional formula, with a refutation as a tree. */
#ifndef ASTROLABE_SOLVER_DPLL_H
#define ASTROLABE_SOLVER_DPLL_H

#include "src/base/budget.h"
#include "src/base/vec.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A conjunction of clauses. A literal is 2*v for variable v, 2*v + 1 for its
 * negation; no clause has a variable twice.
 *   end  clause c is literals.data[end.data[c - 1] .. end.data[c] - 1], the
 *        first one begins at 0
 */
struct formula {
    size_t n_variables;
    VEC(uint32_t) literals;
    VEC(size_t) end;
};

/* The literals of a clause, borrowed; *n is their number. */
const uint32_t *formula_clause(size_t *n, const struct formula *formula,
                               size_t clause);
/* Ends a clause: it has the literals pushed since the last one. */
void formula_end_clause(struct formula *formula);
void formula_clear(struct formula *formula);

enum dpll_answer {
    DPLL_MODEL,   /* satisfied by the assignment */
    DPLL_REFUTED, /* the tree shows that nothing satisfies it */
    DPLL_STOPPED  /* the budget is over */
};

/* DPLL_LEAF: `clause` is false by the decisions above. Otherwise child[1] is
 * for the variable true, child[0] for false. */
struct dpll_node {
    uint32_t variable;
    uint32_t clause;
    uint32_t child[2];
};

#define DPLL_LEAF UINT32_MAX

/* A child has a smaller number than its parent; not all nodes need to be
 * reachable from the root. */
struct dpll_tree {
    VEC(struct dpll_node) nodes;
    uint32_t root;
};

/*
 * Decides the formula by branching on the variable that occurs most in short
 * clauses on both sides, unit propagation and jumping back over decisions
 * that a refutation does not use. What it finds is checked by its caller.
 *   model    [n_variables] written if DPLL_MODEL
 *   tree     empty before; released by the caller with VEC_CLEAR
 *   returns  as said above
 * Source: Davis, Logemann, Loveland, "A machine program for theorem-proving",
 * 1962; weights of Jeroslow and Wang, "Solving propositional satisfiability
 * problems", 1990.
 */
enum dpll_answer dpll_solve(bool *model, struct dpll_tree *tree,
                            const struct formula *formula,
                            const struct budget *budget);

#endif
