/* Larger linear programs over a box: the only user of GLPK. */
#include "solver/lp_glpk.h"

#include "src/base/alloc.h"
#include "src/base/require.h"

#include <glpk.h>

#include <limits.h>
#include <math.h>
#include <string.h>

/* Numbers beyond this are not given to GLPK. */
static const double largest = 1e100;
/* A ray counts if it pushes some row out by this, in unit rows. */
static const double least_push = 1e-11;

/*
 * prob            GLPK's object: columns 1 .. n, rows 1 .. m
 * n, m            variables, rows
 * indices, terms  [n + 2] one row in GLPK's 1-based form
 * is_usable       all data in range
 * is_empty        some lower end is above its upper end
 */
struct lp_glpk {
    glp_prob *prob;
    size_t n;
    size_t m;
    int *indices;
    double *terms;
    bool is_usable;
    bool is_empty;
};

static void set_column(glp_prob *prob, int column, double lower, double upper)
{
    glp_set_col_bnds(prob, column, lower < upper ? GLP_DB : GLP_FX, lower,
                     upper);
}

struct lp_glpk *lp_glpk_create(const struct lp_problem *problem)
{
    const size_t n = problem->n;
    REQUIRE(n >= 1 && n < INT_MAX - 2 && problem->m < INT_MAX);
    struct lp_glpk *lp = NULL;
    NEW(lp);
    (void)glp_term_out(GLP_OFF);
    lp->prob = glp_create_prob();
    lp->n = n;
    NEW_ARRAY(lp->indices, n + 2);
    NEW_ARRAY(lp->terms, n + 2);
    lp->is_usable = true;
    (void)glp_add_cols(lp->prob, (int)n);
    for (size_t j = 0; j < n; ++j) {
        const double lower = problem->lower[j];
        const double upper = problem->upper[j];
        if (!(fabs(lower) < largest && fabs(upper) < largest)) {
            lp->is_usable = false;
        } else if (lower > upper) {
            lp->is_empty = true;
        } else {
            set_column(lp->prob, (int)j + 1, lower, upper);
        }
    }
    for (size_t i = 0; i < problem->m; ++i) {
        lp_glpk_add_row(lp, problem->rows + i * n, problem->rhs[i]);
    }
    return lp;
}

void lp_glpk_destroy(struct lp_glpk *lp)
{
    if (lp == NULL) {
        return;
    }
    glp_delete_prob(lp->prob);
    alloc_free(lp->indices);
    alloc_free(lp->terms);
    alloc_free(lp);
}

void lp_glpk_add_row(struct lp_glpk *lp, const double *g, double h)
{
    REQUIRE(lp->m < INT_MAX - 1);
    ++lp->m;
    bool is_good = fabs(h) < largest;
    int n_terms = 0;
    for (size_t j = 0; j < lp->n; ++j) {
        is_good = is_good && fabs(g[j]) < largest;
        if (fabs(g[j]) > 0.0) {
            ++n_terms;
            lp->indices[n_terms] = (int)j + 1;
            lp->terms[n_terms] = g[j];
        }
    }
    if (!is_good) {
        lp->is_usable = false;
        return;
    }
    const int row = glp_add_rows(lp->prob, 1);
    glp_set_row_bnds(lp->prob, row, GLP_UP, 0.0, h);
    glp_set_mat_row(lp->prob, row, n_terms, lp->indices, lp->terms);
}

/* One run of the simplex; true if it ended with a status. */
static bool run(glp_prob *prob, int method)
{
    glp_smcp options;
    glp_init_smcp(&options);
    options.msg_lev = GLP_MSG_OFF;
    options.meth = method;
    options.presolve = GLP_OFF;
    const int rows = glp_get_num_rows(prob);
    options.it_lim = rows < 10000000 ? 1000 + 100 * rows : INT_MAX;
    return glp_simplex(prob, &options) == 0;
}

/* Multipliers of the rows: the duals of <= rows are not positive. */
static void write_multipliers(glp_prob *prob, size_t m, double *multipliers)
{
    for (size_t i = 0; i < m; ++i) {
        const double dual = glp_get_row_dual(prob, (int)i + 1);
        multipliers[i] = dual < 0.0 ? -dual : 0.0;
    }
}

/* Length of the row, 1 for a zero row. */
static double row_length(const struct lp_glpk *lp, int row)
{
    const int n_terms = glp_get_mat_row(lp->prob, row, lp->indices, lp->terms);
    double sum = 0.0;
    for (int k = 1; k <= n_terms; ++k) {
        sum = hypot(sum, lp->terms[k]);
    }
    return sum > 0.0 ? sum : 1.0;
}

/*
 * Minimises t over g_i.x - |g_i| t <= h_i, t >= 0. If t* > 0 the duals of
 * the rows are a Farkas ray of the rows without t.
 */
static enum lp_answer find_ray(struct lp_glpk *lp, double *multipliers)
{
    glp_prob *prob = glp_create_prob();
    glp_copy_prob(prob, lp->prob, GLP_OFF);
    glp_std_basis(prob);
    const int t = glp_add_cols(prob, 1);
    glp_set_col_bnds(prob, t, GLP_LO, 0.0, 0.0);
    for (size_t j = 0; j < lp->n; ++j) {
        glp_set_obj_coef(prob, (int)j + 1, 0.0);
    }
    glp_set_obj_coef(prob, t, 1.0);
    for (size_t i = 0; i < lp->m; ++i) {
        const int row = (int)i + 1;
        const double length = row_length(lp, row);
        int n_terms = glp_get_mat_row(prob, row, lp->indices, lp->terms);
        ++n_terms;
        lp->indices[n_terms] = t;
        lp->terms[n_terms] = -length;
        glp_set_mat_row(prob, row, n_terms, lp->indices, lp->terms);
    }
    enum lp_answer answer = LP_GAVE_UP;
    if (run(prob, GLP_PRIMAL) && glp_get_status(prob) == GLP_OPT &&
        glp_get_obj_val(prob) > least_push) {
        answer = LP_INFEASIBLE;
        if (multipliers != NULL) {
            write_multipliers(prob, lp->m, multipliers);
        }
    }
    glp_delete_prob(prob);
    return answer;
}

/* Sets the objective; false if it is out of range. */
static bool set_objective(struct lp_glpk *lp, const double *c)
{
    for (size_t j = 0; j < lp->n; ++j) {
        if (!(fabs(c[j]) < largest)) {
            return false;
        }
        glp_set_obj_coef(lp->prob, (int)j + 1, c[j]);
    }
    return true;
}

enum lp_answer lp_glpk_resume(struct lp_glpk *lp, const double *c, double *x,
                              double *multipliers, double *value)
{
    *value = 0.0;
    if (!lp->is_usable || !set_objective(lp, c)) {
        return LP_GAVE_UP;
    }
    if (lp->is_empty) {
        if (multipliers != NULL) {
            memset(multipliers, 0, lp->m * sizeof *multipliers);
        }
        return LP_INFEASIBLE;
    }
    if (!run(lp->prob, GLP_DUALP)) {
        glp_std_basis(lp->prob);
        if (!run(lp->prob, GLP_PRIMAL)) {
            return LP_GAVE_UP;
        }
    }
    if (glp_get_status(lp->prob) != GLP_OPT) {
        return find_ray(lp, multipliers);
    }
    for (size_t j = 0; j < lp->n && x != NULL; ++j) {
        x[j] = glp_get_col_prim(lp->prob, (int)j + 1);
    }
    if (multipliers != NULL) {
        write_multipliers(lp->prob, lp->m, multipliers);
    }
    *value = glp_get_obj_val(lp->prob);
    return LP_OPTIMAL;
}

enum lp_answer lp_glpk_minimize(const struct lp_problem *problem,
                                const double *c, double *x, double *multipliers,
                                double *value)
{
    struct lp_glpk *lp = lp_glpk_create(problem);
    const enum lp_answer answer = lp_glpk_resume(lp, c, x, multipliers, value);
    lp_glpk_destroy(lp);
    return answer;
}

void lp_glpk_release_thread(void)
{
    (void)glp_free_env();
}
