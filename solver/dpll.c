/* Branch, propagate, and resolve what failed into a tree on the way back. */
#include "solver/dpll.h"

#include "src/base/alloc.h"
#include "src/base/require.h"

#include <math.h>

#define NO_CLAUSE UINT32_MAX

/* Why a literal is true: chosen, the other side of a choice that was refuted,
 * or the last literal of a clause. */
enum cause { CHOSEN, FLIPPED, IMPLIED };

/*
 * One literal made true.
 *   clause   IMPLIED: the clause
 *   refuted  FLIPPED: tree node that refutes the other side
 *   used     FLIPPED: [n_variables] on which that refutation depends, owned
 */
struct step {
    uint32_t literal;
    enum cause cause;
    uint32_t clause;
    uint32_t refuted;
    bool *used;
};

/*
 * occurrence   clauses of literal l: occurrence[first[l] .. first[l + 1] - 1]
 * value        [2 * n_variables] literal l is true
 * n_true       [n_clauses] true literals; n_free: those without a value
 * units        clauses that had one free and no true literal
 * conflict     a clause without a free or true literal, or NO_CLAUSE
 * used         [n_variables] on which the refutation at hand depends
 * weight       [2 * n_variables] of the literals, for choosing
 */
struct dpll {
    const struct formula *formula;
    struct dpll_tree *tree;
    size_t *first;
    uint32_t *occurrence;
    bool *value;
    uint32_t *n_true;
    uint32_t *n_free;
    VEC(uint32_t) units;
    VEC(struct step) trail;
    uint32_t conflict;
    bool *used;
    double *weight;
};

const uint32_t *formula_clause(size_t *n, const struct formula *formula,
                               size_t clause)
{
    REQUIRE(clause < formula->end.n);
    const size_t begin = clause == 0 ? 0 : formula->end.data[clause - 1];
    *n = formula->end.data[clause] - begin;
    return *n == 0 ? NULL : formula->literals.data + begin;
}

void formula_end_clause(struct formula *formula)
{
    REQUIRE(formula->end.n < NO_CLAUSE);
    VEC_PUSH(&formula->end, formula->literals.n);
}

void formula_clear(struct formula *formula)
{
    VEC_CLEAR(&formula->literals);
    VEC_CLEAR(&formula->end);
}

static void list_occurrences(struct dpll *dpll)
{
    const struct formula *formula = dpll->formula;
    const size_t n_literals = 2 * formula->n_variables;
    size_t *next;
    NEW_ARRAY(dpll->first, n_literals + 1);
    NEW_ARRAY(dpll->occurrence, formula->literals.n);
    NEW_ARRAY(next, n_literals + 1);
    for (size_t i = 0; i < formula->literals.n; i++) {
        REQUIRE(formula->literals.data[i] < n_literals);
        dpll->first[formula->literals.data[i] + 1]++;
    }
    for (size_t l = 0; l < n_literals; l++) {
        dpll->first[l + 1] += dpll->first[l];
        next[l] = dpll->first[l];
    }
    for (size_t c = 0; c < formula->end.n; c++) {
        size_t n;
        const uint32_t *literal = formula_clause(&n, formula, c);
        for (size_t i = 0; i < n; i++) {
            dpll->occurrence[next[literal[i]]++] = (uint32_t)c;
        }
    }
    alloc_free(next);
}

/* Notes that a clause without a true literal has lost a free one. */
static void look_at(struct dpll *dpll, uint32_t clause)
{
    if (dpll->n_true[clause] > 0) {
        return;
    }
    if (dpll->n_free[clause] == 0 && dpll->conflict == NO_CLAUSE) {
        dpll->conflict = clause;
    } else if (dpll->n_free[clause] == 1) {
        VEC_PUSH(&dpll->units, clause);
    }
}

static void begin(struct dpll *dpll)
{
    const struct formula *formula = dpll->formula;
    list_occurrences(dpll);
    NEW_ARRAY(dpll->value, 2 * formula->n_variables);
    NEW_ARRAY(dpll->n_true, formula->end.n);
    NEW_ARRAY(dpll->n_free, formula->end.n);
    NEW_ARRAY(dpll->used, formula->n_variables);
    NEW_ARRAY(dpll->weight, 2 * formula->n_variables);
    dpll->conflict = NO_CLAUSE;
    for (size_t c = 0; c < formula->end.n; c++) {
        size_t n;
        (void)formula_clause(&n, formula, c);
        dpll->n_free[c] = (uint32_t)n;
        look_at(dpll, (uint32_t)c);
    }
}

static void end(struct dpll *dpll)
{
    for (size_t i = 0; i < dpll->trail.n; i++) {
        alloc_free(dpll->trail.data[i].used);
    }
    VEC_CLEAR(&dpll->trail);
    VEC_CLEAR(&dpll->units);
    alloc_free(dpll->first);
    alloc_free(dpll->occurrence);
    alloc_free(dpll->value);
    alloc_free(dpll->n_true);
    alloc_free(dpll->n_free);
    alloc_free(dpll->used);
    alloc_free(dpll->weight);
}

static void assign(struct dpll *dpll, struct step step)
{
    const uint32_t l = step.literal;
    const uint32_t negated = l ^ 1U;
    VEC_PUSH(&dpll->trail, step);
    dpll->value[l] = true;
    for (size_t i = dpll->first[l]; i < dpll->first[l + 1]; i++) {
        dpll->n_true[dpll->occurrence[i]]++;
        dpll->n_free[dpll->occurrence[i]]--;
    }
    for (size_t i = dpll->first[negated]; i < dpll->first[negated + 1]; i++) {
        dpll->n_free[dpll->occurrence[i]]--;
        look_at(dpll, dpll->occurrence[i]);
    }
}

static struct step unassign(struct dpll *dpll)
{
    const struct step step = dpll->trail.data[--dpll->trail.n];
    const uint32_t l = step.literal;
    const uint32_t negated = l ^ 1U;
    dpll->value[l] = false;
    for (size_t i = dpll->first[l]; i < dpll->first[l + 1]; i++) {
        dpll->n_true[dpll->occurrence[i]]--;
        dpll->n_free[dpll->occurrence[i]]++;
    }
    for (size_t i = dpll->first[negated]; i < dpll->first[negated + 1]; i++) {
        dpll->n_free[dpll->occurrence[i]]++;
    }
    return step;
}

static bool is_free(const struct dpll *dpll, size_t literal)
{
    return !dpll->value[literal] && !dpll->value[literal ^ 1];
}

static void propagate(struct dpll *dpll)
{
    while (dpll->units.n > 0 && dpll->conflict == NO_CLAUSE) {
        const uint32_t clause = dpll->units.data[--dpll->units.n];
        if (dpll->n_true[clause] > 0) {
            continue;
        }
        size_t n;
        size_t i = 0;
        const uint32_t *literal = formula_clause(&n, dpll->formula, clause);
        while (i < n && !is_free(dpll, literal[i])) {
            i++;
        }
        REQUIRE(i < n);
        assign(dpll, (struct step){.literal = literal[i],
                                   .cause = IMPLIED,
                                   .clause = clause});
    }
}

static uint32_t add_leaf(struct dpll *dpll, uint32_t clause)
{
    size_t n;
    const uint32_t *literal = formula_clause(&n, dpll->formula, clause);
    for (size_t i = 0; i < n; i++) {
        dpll->used[literal[i] / 2] = true;
    }
    REQUIRE(dpll->tree->nodes.n < UINT32_MAX);
    const struct dpll_node node = {.variable = DPLL_LEAF, .clause = clause};
    VEC_PUSH(&dpll->tree->nodes, node);
    return (uint32_t)(dpll->tree->nodes.n - 1);
}

/* Both sides are refuted, that with the literal by `with`. */
static uint32_t add_inner(struct dpll *dpll, uint32_t literal, uint32_t with,
                          uint32_t without)
{
    REQUIRE(dpll->tree->nodes.n < UINT32_MAX);
    const bool is_negated = literal % 2 == 1;
    const struct dpll_node node = {
        .variable = literal / 2,
        .clause = NO_CLAUSE,
        .child = {is_negated ? with : without, is_negated ? without : with},
    };
    VEC_PUSH(&dpll->tree->nodes, node);
    dpll->used[literal / 2] = false;
    return (uint32_t)(dpll->tree->nodes.n - 1);
}

/* Goes on with the other side of a choice one side of which is refuted. */
static void flip(struct dpll *dpll, uint32_t literal, uint32_t refuted)
{
    struct step step = {
        .literal = literal ^ 1U,
        .cause = FLIPPED,
        .refuted = refuted,
        .used = dpll->used,
    };
    NEW_ARRAY(dpll->used, dpll->formula->n_variables);
    assign(dpll, step);
}

/* Resolves the conflict with what led to it, back to a choice that matters;
 * false if there is none: the formula is refuted. */
static bool go_back(struct dpll *dpll)
{
    const size_t n_variables = dpll->formula->n_variables;
    for (size_t v = 0; v < n_variables; v++) {
        dpll->used[v] = false;
    }
    uint32_t node = add_leaf(dpll, dpll->conflict);
    dpll->conflict = NO_CLAUSE;
    dpll->units.n = 0;
    while (dpll->trail.n > 0) {
        const struct step step = unassign(dpll);
        if (!dpll->used[step.literal / 2]) {
            alloc_free(step.used);
            continue;
        }
        if (step.cause == CHOSEN) {
            flip(dpll, step.literal, node);
            return true;
        }
        const uint32_t other =
            step.cause == IMPLIED ? add_leaf(dpll, step.clause) : step.refuted;
        for (size_t v = 0; step.used != NULL && v < n_variables; v++) {
            dpll->used[v] = dpll->used[v] || step.used[v];
        }
        alloc_free(step.used);
        node = add_inner(dpll, step.literal, node, other);
    }
    dpll->tree->root = node;
    return false;
}

/* Makes a literal of an unsatisfied clause true; false if there is none. */
static bool choose(struct dpll *dpll)
{
    const struct formula *formula = dpll->formula;
    bool is_satisfied = true;
    for (size_t l = 0; l < 2 * formula->n_variables; l++) {
        dpll->weight[l] = 0.0;
    }
    for (size_t c = 0; c < formula->end.n; c++) {
        size_t n;
        const uint32_t *literal = formula_clause(&n, formula, c);
        if (dpll->n_true[c] > 0) {
            continue;
        }
        is_satisfied = false;
        const double weight = ldexp(1.0, -(int)fmin(dpll->n_free[c], 500.0));
        for (size_t i = 0; i < n; i++) {
            dpll->weight[literal[i]] += weight;
        }
    }
    size_t best = 0;
    double best_score = 0.0;
    for (size_t l = 0; l < 2 * formula->n_variables; l += 2) {
        const double yes = dpll->weight[l];
        const double no = dpll->weight[l + 1];
        const double score = yes + no + 1024.0 * yes * no;
        if (is_free(dpll, l) && score > best_score) {
            best = yes >= no ? l : l + 1;
            best_score = score;
        }
    }
    if (!is_satisfied) {
        REQUIRE(best_score > 0.0);
        assign(dpll, (struct step){.literal = (uint32_t)best, .cause = CHOSEN});
    }
    return !is_satisfied;
}

enum dpll_answer dpll_solve(bool *model, struct dpll_tree *tree,
                            const struct formula *formula,
                            const struct budget *budget)
{
    struct dpll dpll = {.formula = formula, .tree = tree};
    enum dpll_answer answer = DPLL_STOPPED;
    bool is_over = false;
    begin(&dpll);
    while (!is_over && budget_check(budget) == STATUS_OK) {
        propagate(&dpll);
        if (dpll.conflict != NO_CLAUSE) {
            is_over = !go_back(&dpll);
            answer = is_over ? DPLL_REFUTED : DPLL_STOPPED;
        } else {
            is_over = !choose(&dpll);
            answer = is_over ? DPLL_MODEL : DPLL_STOPPED;
        }
    }
    for (size_t v = 0; answer == DPLL_MODEL && v < formula->n_variables; v++) {
        model[v] = dpll.value[2 * v];
    }
    end(&dpll);
    return answer;
}
