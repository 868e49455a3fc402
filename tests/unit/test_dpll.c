/* Formulas decided: against brute force, pigeons, and without time. */
#include "solver/dpll.h"
#include "src/base/alloc.h"
#include "tests/ref/ref_formula.h"
#include "tests/suite.h"

/* What the tree says below a node is so: value[v] is -1, 0 (free) or 1.
 * NOLINTNEXTLINE(misc-no-recursion) */
static size_t check_node(const struct dpll_tree *tree,
                         const struct formula *formula, uint32_t number,
                         int *value)
{
    ck_assert_uint_lt(number, tree->nodes.n);
    const struct dpll_node *node = &tree->nodes.data[number];
    size_t n_leaves = 0;
    if (node->variable == DPLL_LEAF) {
        size_t n = 0;
        const uint32_t *literal = formula_clause(&n, formula, node->clause);
        for (size_t i = 0; i < n; i++) {
            ck_assert_int_eq(value[literal[i] / 2],
                             literal[i] % 2 == 0 ? -1 : 1);
        }
        return 1;
    }
    ck_assert_uint_lt(node->variable, formula->n_variables);
    ck_assert_int_eq(value[node->variable], 0);
    for (int side = 0; side < 2; side++) {
        ck_assert_uint_lt(node->child[side], number);
        value[node->variable] = 2 * side - 1;
        n_leaves += check_node(tree, formula, node->child[side], value);
    }
    value[node->variable] = 0;
    return n_leaves;
}

/* Solves, checks what comes out, and counts the leaves of a refutation. */
static enum dpll_answer solve(const struct formula *formula, size_t *n_leaves)
{
    struct dpll_tree tree = {0};
    bool *model;
    int *value;
    NEW_ARRAY(model, formula->n_variables);
    NEW_ARRAY(value, formula->n_variables);
    const enum dpll_answer answer = dpll_solve(model, &tree, formula, NULL);
    *n_leaves = 0;
    if (answer == DPLL_REFUTED) {
        *n_leaves = check_node(&tree, formula, tree.root, value);
    } else {
        ck_assert_int_eq(answer, DPLL_MODEL);
        ck_assert(ref_formula_holds(formula, model));
    }
    VEC_CLEAR(&tree.nodes);
    alloc_free(model);
    alloc_free(value);
    return answer;
}

START_TEST(brute_force_says_the_same)
{
    struct rng rng;
    size_t count[2] = {0, 0};
    const size_t n_rounds = test_count(400);
    rng_init(&rng, test_seed());
    for (size_t round = 0; round < n_rounds; round++) {
        struct formula formula;
        size_t n_leaves = 0;
        const size_t n = 1 + rng_below(&rng, 10);
        const size_t n_longest = 1 + rng_below(&rng, n < 4 ? n : 4);
        ref_formula_random(&formula, &rng, n, rng_below(&rng, 8 * n),
                           n_longest);
        const bool is_satisfiable = ref_formula_is_satisfiable(&formula);
        ck_assert_msg((solve(&formula, &n_leaves) == DPLL_MODEL) ==
                          is_satisfiable,
                      "round %zu", round);
        count[is_satisfiable ? 1 : 0]++;
        formula_clear(&formula);
    }
    ck_assert_uint_gt(count[0], n_rounds / 8);
    ck_assert_uint_gt(count[1], n_rounds / 8);
}
END_TEST

START_TEST(formulas_without_clauses_or_literals_are_decided)
{
    struct formula formula = {.n_variables = 3};
    size_t n_leaves = 0;
    ck_assert_int_eq(solve(&formula, &n_leaves), DPLL_MODEL);
    ref_formula_add(&formula, (const int[]){1, -2, 0});
    ref_formula_add(&formula, (const int[]){0});
    ck_assert_int_eq(solve(&formula, &n_leaves), DPLL_REFUTED);
    ck_assert_uint_eq(n_leaves, 1);
    formula_clear(&formula);
}
END_TEST

START_TEST(the_leaves_of_a_decision_tree_are_the_clauses)
{
    struct formula formula = {.n_variables = 5};
    size_t n_leaves = 0;
    ref_formula_add(&formula, (const int[]){3, 1, 0});
    ref_formula_add(&formula, (const int[]){3, -1, 4, 0});
    ref_formula_add(&formula, (const int[]){3, -1, -4, 2, 0});
    ref_formula_add(&formula, (const int[]){3, -1, -4, -2, 0});
    ref_formula_add(&formula, (const int[]){-3, 2, 5, 0});
    ref_formula_add(&formula, (const int[]){-3, 2, -5, 0});
    ref_formula_add(&formula, (const int[]){-3, -2, 0});
    ck_assert_int_eq(solve(&formula, &n_leaves), DPLL_REFUTED);
    ck_assert_uint_eq(n_leaves, 7);
    formula_clear(&formula);
}
END_TEST

/* Every pigeon has a hole, no hole has two pigeons. */
static void make_pigeons(struct formula *formula, int n_pigeons, int n_holes)
{
    *formula = (struct formula){.n_variables = (size_t)(n_pigeons * n_holes)};
    for (int p = 0; p < n_pigeons; p++) {
        int clause[16] = {0};
        for (int h = 0; h < n_holes; h++) {
            clause[h] = p * n_holes + h + 1;
        }
        ref_formula_add(formula, clause);
        for (int q = 0; q < p; q++) {
            for (int h = 0; h < n_holes; h++) {
                const int both[] = {-(p * n_holes + h + 1),
                                    -(q * n_holes + h + 1), 0};
                ref_formula_add(formula, both);
            }
        }
    }
}

START_TEST(pigeons_are_counted)
{
    struct formula formula;
    size_t n_leaves = 0;
    make_pigeons(&formula, 5, 5);
    ck_assert_int_eq(solve(&formula, &n_leaves), DPLL_MODEL);
    formula_clear(&formula);
    make_pigeons(&formula, 6, 5);
    ck_assert_int_eq(solve(&formula, &n_leaves), DPLL_REFUTED);
    formula_clear(&formula);
}
END_TEST

START_TEST(decisions_that_do_not_matter_are_left_out)
{
    /* Five groups of four equal variables, which are branched on first, and a
     * contradiction of four others. */
    struct formula formula = {.n_variables = 24};
    size_t n_leaves = 0;
    for (int k = 0; k < 5 * 16; k++) {
        const int a = k / 16 * 4 + k % 4 + 1;
        const int b = k / 16 * 4 + k / 4 % 4 + 1;
        if (a != b) {
            ref_formula_add(&formula, (const int[]){a, -b, 0});
        }
    }
    for (int m = 0; m < 16; m++) {
        const int clause[] = {m & 1 ? 21 : -21, m & 2 ? 22 : -22,
                              m & 4 ? 23 : -23, m & 8 ? 24 : -24, 0};
        ref_formula_add(&formula, clause);
    }
    ck_assert_int_eq(solve(&formula, &n_leaves), DPLL_REFUTED);
    ck_assert_uint_eq(n_leaves, 16);
    formula_clear(&formula);
}
END_TEST

START_TEST(without_time_it_stops)
{
    const struct budget budget = {.deadline_s = budget_now_s() - 1.0};
    struct formula formula;
    struct dpll_tree tree = {0};
    bool model[30];
    make_pigeons(&formula, 6, 5);
    ck_assert_int_eq(dpll_solve(model, &tree, &formula, &budget), DPLL_STOPPED);
    VEC_CLEAR(&tree.nodes);
    formula_clear(&formula);
    ck_assert_uint_eq(alloc_live_bytes(), 0);
}
END_TEST

TCase *test_cases(void)
{
    TCase *cases = tcase_create("dpll");
    tcase_add_test(cases, brute_force_says_the_same);
    tcase_add_test(cases, formulas_without_clauses_or_literals_are_decided);
    tcase_add_test(cases, the_leaves_of_a_decision_tree_are_the_clauses);
    tcase_add_test(cases, pigeons_are_counted);
    tcase_add_test(cases, decisions_that_do_not_matter_are_left_out);
    tcase_add_test(cases, without_time_it_stops);
    return cases;
}
