/* From a formula's model to a point, from its refutation to a proof. */
#include "solver/cnf_decide.h"

#include "solver/cnf.h"
#include "src/base/alloc.h"
#include "src/base/require.h"

#include <math.h>

/* Of the certificate: the ReLU layer, and the disjunct that is closed. */
enum { RELU = 0, DISJUNCT = 0 };

/* A node of the refutation that is still to be seen.
 *   depth    decisions above
 *   literal  the last one of them, made true
 *   record   number of the node in the sink */
struct place {
    uint32_t node;
    uint32_t record;
    uint32_t literal;
    size_t depth;
};

/*
 * value   [2 * n_variables] literal is true at the node
 * path    [n_variables] the literals decided above it
 * sum     [n_atoms] the multipliers of (1)
 * slopes  of the node at hand
 */
struct walk {
    const struct cnf *cnf;
    const struct dpll_tree *tree;
    struct sink *sink;
    struct stats *stats;
    bool *value;
    uint32_t *path;
    size_t depth;
    struct sink_multiplier *sum;
    VEC(struct sink_slope) slopes;
    VEC(struct place) open;
};

static bool is_model(const struct formula *formula, const bool *model)
{
    for (size_t c = 0; c < formula->end.n; c++) {
        size_t n;
        size_t i = 0;
        const uint32_t *literal = formula_clause(&n, formula, c);
        while (i < n && model[literal[i] / 2] == (literal[i] % 2 == 1)) {
            i++;
        }
        if (i == n) {
            return false;
        }
    }
    return true;
}

static enum solver_answer try_model(const struct bab_problem *problem,
                                    const struct formula *formula,
                                    const bool *model)
{
    double *x;
    REQUIRE(is_model(formula, model));
    NEW_ARRAY(x, formula->n_variables);
    for (size_t i = 0; i < formula->n_variables; i++) {
        x[i] = model[i] ? 1.0 : 0.0;
    }
    const struct solver_oracle *oracle = problem->oracle;
    const bool is_witness = oracle->try_point(oracle->context, problem->worker,
                                              problem->case_index, x);
    alloc_free(x);
    return is_witness ? SOLVER_WITNESS : SOLVER_OPEN;
}

static void push_slope(struct walk *walk, size_t clause, double value)
{
    const struct sink_slope slope = {
        .relu = RELU, .element = walk->cnf->unit.data[clause], .value = value};
    VEC_PUSH(&walk->slopes, slope);
}

/* At the root: the slopes that are not 0 by default. */
static void push_flat_slopes(struct walk *walk)
{
    const struct formula *formula = &walk->cnf->formula;
    for (size_t c = 0; c < formula->end.n; c++) {
        size_t n;
        (void)formula_clause(&n, formula, c);
        if (n == 2) {
            push_slope(walk, c, 0.0);
        }
    }
}

/* Makes the decisions above the place those of the walk. */
static void enter(struct walk *walk, const struct place *place)
{
    while (walk->depth > 0 && walk->depth >= place->depth) {
        walk->value[walk->path[--walk->depth]] = false;
    }
    if (place->depth > 0) {
        REQUIRE(walk->depth + 1 == place->depth);
        REQUIRE(!walk->value[place->literal ^ 1U]);
        walk->path[walk->depth++] = place->literal;
        walk->value[place->literal] = true;
    }
}

/* Sees to it that the decisions make the clause false, and closes. */
static void close_leaf(struct walk *walk, const struct place *place,
                       size_t clause)
{
    size_t n;
    const uint32_t *literal = formula_clause(&n, &walk->cnf->formula, clause);
    for (size_t i = 0; i < n; i++) {
        REQUIRE(walk->value[literal[i] ^ 1U]);
    }
    if (n >= 2) {
        push_slope(walk, clause, 1.0);
    }
    const struct sink_closing closing = {
        .disjunct = DISJUNCT,
        .by = {.n_atoms = walk->cnf->n_atoms, .atoms = walk->sum},
    };
    const struct sink_step step = {
        .n_slopes = walk->slopes.n,
        .slopes = walk->slopes.data,
        .n_closings = 1,
        .closings = &closing,
    };
    sink_close(walk->sink, place->record, &step);
    walk->stats->closed++;
}

static void split(struct walk *walk, const struct place *place,
                  const struct dpll_node *node)
{
    const struct sink_split event = {
        .kind = SINK_NEURON,
        .index = RELU,
        .element = walk->cnf->step[node->variable],
    };
    const struct sink_step step = {
        .n_slopes = walk->slopes.n,
        .slopes = walk->slopes.data,
    };
    const uint32_t first = sink_split(walk->sink, place->record, &event, &step);
    for (uint32_t side = 0; side < 2; side++) {
        const struct place child = {
            .node = node->child[side],
            .record = first + side,
            .literal = 2 * node->variable + 1 - side,
            .depth = place->depth + 1,
        };
        VEC_PUSH(&walk->open, child);
    }
    walk->stats->splits_neuron++;
}

/* Looks at all of the refutation and records it. */
static void follow(struct walk *walk)
{
    const struct place root = {.node = walk->tree->root,
                               .record = sink_root(walk->sink)};
    VEC_PUSH(&walk->open, root);
    push_flat_slopes(walk);
    while (walk->open.n > 0) {
        const struct place place = walk->open.data[--walk->open.n];
        REQUIRE(place.node < walk->tree->nodes.n);
        const struct dpll_node *node = &walk->tree->nodes.data[place.node];
        enter(walk, &place);
        if (node->variable == DPLL_LEAF) {
            close_leaf(walk, &place, node->clause);
        } else {
            split(walk, &place, node);
        }
        walk->slopes.n = 0;
    }
}

static void record(const struct bab_problem *problem, const struct cnf *cnf,
                   const struct dpll_tree *tree, struct stats *stats)
{
    struct walk walk = {
        .cnf = cnf, .tree = tree, .sink = problem->sink, .stats = stats};
    NEW_ARRAY(walk.value, 2 * cnf->formula.n_variables);
    NEW_ARRAY(walk.path, cnf->formula.n_variables);
    NEW_ARRAY(walk.sum, cnf->n_atoms);
    for (uint32_t a = 0; a < cnf->n_atoms; a++) {
        walk.sum[a] = (struct sink_multiplier){.index = a, .value = 1.0};
    }
    follow(&walk);
    VEC_CLEAR(&walk.slopes);
    VEC_CLEAR(&walk.open);
    alloc_free(walk.value);
    alloc_free(walk.path);
    alloc_free(walk.sum);
}

enum solver_answer cnf_decide(const struct bab_problem *problem,
                              struct stats *stats)
{
    enum solver_answer answer = SOLVER_OPEN;
    struct cnf cnf = {0};
    if (cnf_read(&cnf, problem->query, problem->case_index)) {
        struct dpll_tree tree = {0};
        bool *model;
        NEW_ARRAY(model, cnf.formula.n_variables);
        switch (dpll_solve(model, &tree, &cnf.formula, problem->budget)) {
        case DPLL_MODEL:
            answer = try_model(problem, &cnf.formula, model);
            break;
        case DPLL_REFUTED:
            record(problem, &cnf, &tree, stats);
            answer = SOLVER_CLOSED;
            break;
        case DPLL_STOPPED:
            break;
        }
        VEC_CLEAR(&tree.nodes);
        alloc_free(model);
    }
    cnf_clear(&cnf);
    return answer;
}
