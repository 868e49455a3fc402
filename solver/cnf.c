/* One comparison after the other, in numbers on which doubles are exact. */
#include "solver/cnf.h"

#include "src/base/alloc.h"

#include <math.h>

/* Coefficients are integers up to MAX_INTEGER, so that sums of MAX_TERMS
 * products do not overflow. */
enum { MAX_INTEGER = 1024, MAX_TERMS = 1 << 24 };

#define NO_UNIT UINT32_MAX

/* The layers of a recognised network. */
enum { INPUTS, AFFINE, UNITS, OUTPUTS, N_LAYERS };

/*
 * The sum of all atoms: input.x + unit.max(z, 0) <= rhs - constant.
 *   output   [n_outputs] coefficients before outputs are written out
 *   row      [n_inputs] of the first matrix, scratch
 */
struct sum {
    int64_t *output;
    int64_t *input;
    int64_t *unit;
    int64_t *row;
    int64_t constant;
    size_t n_terms;
};

/* *k = x; false if x is not such an integer. */
static bool to_integer(int64_t *k, double x)
{
    if (!(fabs(x) <= MAX_INTEGER)) {
        return false;
    }
    *k = (int64_t)x;
    return !((double)*k < x) && !((double)*k > x);
}

static bool is_unit_box(const struct query_case *c, size_t n_inputs)
{
    for (size_t i = 0; i < n_inputs; i++) {
        if (mpq_sgn(c->lower[i]) != 0 || mpq_cmp_ui(c->upper[i], 1, 1) != 0) {
            return false;
        }
    }
    return true;
}

static bool has_one_hidden_layer(const struct layers *layers)
{
    if (layers->n_layers != N_LAYERS) {
        return false;
    }
    const struct layer *layer = layers->layer;
    return layer[AFFINE].kind == LAYER_AFFINE && layer[AFFINE].n_terms == 1 &&
           layer[AFFINE].terms[0].source == INPUTS &&
           layer[UNITS].kind == LAYER_RELU && layer[UNITS].source == AFFINE &&
           layer[UNITS].width < NO_UNIT && layer[OUTPUTS].kind == LAYER_AFFINE;
}

/* row[n_cols] = row r of the matrix; false if not all are integers. */
static bool get_row(int64_t *row, const struct matrix *matrix, size_t r)
{
    bool is_integer = true;
    if (matrix->dense != NULL) {
        for (size_t j = 0; is_integer && j < matrix->n_cols; j++) {
            is_integer =
                to_integer(&row[j], matrix->dense[r * matrix->n_cols + j]);
        }
        return is_integer;
    }
    for (size_t j = 0; j < matrix->n_cols; j++) {
        row[j] = 0;
    }
    for (size_t e = matrix->start[r]; e < matrix->start[r + 1]; e++) {
        is_integer =
            is_integer && to_integer(&row[matrix->column[e]], matrix->value[e]);
    }
    return is_integer;
}

/* Adds up the left sides of all atoms. */
static bool add_atoms(struct sum *sum, const struct query_disjunct *disjunct,
                      size_t n_inputs)
{
    for (size_t a = 0; a < disjunct->n_atoms; a++) {
        const struct query_atom *atom = &disjunct->atoms[a];
        for (size_t t = 0; t < atom->n_terms; t++) {
            const size_t v = atom->terms[t].variable;
            int64_t k = 0;
            sum->n_terms++;
            if (!to_integer(&k, atom->terms[t].coefficient)) {
                return false;
            }
            *(v < n_inputs ? &sum->input[v] : &sum->output[v - n_inputs]) += k;
        }
    }
    return sum->n_terms <= MAX_TERMS;
}

/* to += factor * row r of the term. */
static bool add_row(struct sum *sum, int64_t factor,
                    const struct layer_term *term, size_t r)
{
    const size_t n = term->matrix.n_cols;
    int64_t *to = term->source == INPUTS ? sum->input : sum->unit;
    int64_t *row;
    NEW_ARRAY(row, n);
    const bool is_integer = get_row(row, &term->matrix, r);
    for (size_t k = 0; is_integer && k < n; k++) {
        to[k] += factor * row[k];
    }
    alloc_free(row);
    sum->n_terms += n;
    return is_integer && sum->n_terms <= MAX_TERMS;
}

/* Writes the outputs of the sum in inputs and units. */
static bool write_out(struct sum *sum, const struct layer *outputs)
{
    for (size_t j = 0; j < outputs->width; j++) {
        const int64_t factor = sum->output[j];
        int64_t bias = 0;
        if (factor == 0) {
            continue;
        }
        if (factor < -MAX_INTEGER || factor > MAX_INTEGER ||
            !to_integer(&bias, outputs->bias[j])) {
            return false;
        }
        sum->constant += factor * bias;
        for (size_t t = 0; t < outputs->n_terms; t++) {
            const struct layer_term *term = &outputs->terms[t];
            const bool is_known =
                term->source == INPUTS || term->source == UNITS;
            if (!is_known || !add_row(sum, factor, term, j)) {
                return false;
            }
        }
    }
    return true;
}

/* The right side of (1): rhs of all atoms without the constant is <= 0. */
static bool has_no_slack(const struct sum *sum,
                         const struct query_disjunct *disjunct)
{
    mpq_t rhs;
    mpq_t constant;
    mpq_init(rhs);
    mpq_init(constant);
    mpq_set_si(constant, sum->constant, 1);
    for (size_t a = 0; a < disjunct->n_atoms; a++) {
        mpq_add(rhs, rhs, disjunct->atoms[a].rhs);
    }
    const bool is_so = mpq_cmp(rhs, constant) <= 0;
    mpq_clear(rhs);
    mpq_clear(constant);
    return is_so;
}

/* What the rows of the first layer look like. */
enum shape { SHAPE_COPY, SHAPE_STEP, SHAPE_CLAUSE, SHAPE_OTHER };

/* The shape of w.x + bias; *input is the last one that occurs. A COPY, x_i,
 * may also be read as a CLAUSE. */
static enum shape shape_of(size_t *input, const int64_t *w, size_t n,
                           int64_t bias)
{
    size_t n_terms = 0;
    int64_t n_positive = 0;
    bool is_signs = true;
    for (size_t i = 0; i < n; i++) {
        if (w[i] != 0) {
            *input = i;
            n_terms++;
            n_positive += w[i] == 1 ? 1 : 0;
            is_signs = is_signs && (w[i] == 1 || w[i] == -1);
        }
    }
    if (n_terms == 1 && n_positive == 1 && bias == 0) {
        return SHAPE_COPY;
    }
    if (n_terms == 1 && w[*input] == 2 && bias == -1) {
        return SHAPE_STEP;
    }
    return is_signs && bias == 1 - n_positive ? SHAPE_CLAUSE : SHAPE_OTHER;
}

static void add_clause(struct cnf *cnf, const int64_t *w, uint32_t unit)
{
    for (uint32_t i = 0; i < cnf->formula.n_variables; i++) {
        if (w[i] != 0) {
            VEC_PUSH(&cnf->formula.literals, 2 * i + (w[i] > 0 ? 1 : 0));
        }
    }
    formula_end_clause(&cnf->formula);
    VEC_PUSH(&cnf->unit, unit);
}

/* Gives unit u, which has a coefficient in the sum, its place in (1). */
static bool add_unit(struct cnf *cnf, struct sum *sum,
                     const struct layer *affine, uint32_t u)
{
    const size_t n = cnf->formula.n_variables;
    size_t i = 0;
    int64_t bias = 0;
    if (!get_row(sum->row, &affine->terms[0].matrix, u) ||
        !to_integer(&bias, affine->bias[u])) {
        return false;
    }
    const enum shape shape = shape_of(&i, sum->row, n, bias);
    if (sum->unit[u] == -1) {
        const bool is_new = shape == SHAPE_STEP && cnf->step[i] == NO_UNIT;
        cnf->step[i] = u;
        return is_new;
    }
    if (sum->unit[u] != 1) {
        return false;
    }
    if (shape == SHAPE_COPY && sum->input[i] == 0) {
        sum->input[i] = 1;
        return true;
    }
    if (shape != SHAPE_COPY && shape != SHAPE_CLAUSE) {
        return false;
    }
    add_clause(cnf, sum->row, u);
    return true;
}

static bool read_sum(struct cnf *cnf, struct sum *sum,
                     const struct layers *layers,
                     const struct query_disjunct *disjunct)
{
    const size_t n = layers->n_inputs;
    if (!add_atoms(sum, disjunct, n) ||
        !write_out(sum, &layers->layer[OUTPUTS]) ||
        !has_no_slack(sum, disjunct)) {
        return false;
    }
    for (uint32_t u = 0; u < layers->layer[UNITS].width; u++) {
        if (sum->unit[u] != 0 &&
            !add_unit(cnf, sum, &layers->layer[AFFINE], u)) {
            return false;
        }
    }
    for (size_t i = 0; i < n; i++) {
        if (sum->input[i] != 1 || cnf->step[i] == NO_UNIT) {
            return false;
        }
    }
    return true;
}

bool cnf_read(struct cnf *cnf, const struct query *query, size_t case_index)
{
    const struct query_case *c = &query->cases[case_index];
    const struct layers *layers = query->layers;
    const size_t n = layers->n_inputs;
    if (c->n_disjuncts != 1 || !c->is_bounded || n >= NO_UNIT / 2 ||
        !has_one_hidden_layer(layers) || !is_unit_box(c, n)) {
        return false;
    }
    struct sum sum = {0};
    NEW_ARRAY(sum.output, layers->n_outputs);
    NEW_ARRAY(sum.input, n);
    NEW_ARRAY(sum.unit, layers->layer[UNITS].width);
    NEW_ARRAY(sum.row, n);
    NEW_ARRAY(cnf->step, n);
    for (size_t i = 0; i < n; i++) {
        cnf->step[i] = NO_UNIT;
    }
    cnf->formula.n_variables = n;
    cnf->n_atoms = c->disjuncts[0].n_atoms;
    const bool is_read = read_sum(cnf, &sum, layers, &c->disjuncts[0]);
    alloc_free(sum.output);
    alloc_free(sum.input);
    alloc_free(sum.unit);
    alloc_free(sum.row);
    return is_read;
}

void cnf_clear(struct cnf *cnf)
{
    formula_clear(&cnf->formula);
    VEC_CLEAR(&cnf->unit);
    alloc_free(cnf->step);
    *cnf = (struct cnf){0};
}
