/* One conjunction of comparisons, sorted into input bounds and atoms. */
#include "src/query/conjunct.h"

#include "src/base/alloc.h"
#include "src/base/vec.h"
#include "src/num/rational.h"
#include "src/query/ties.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

enum { DOUBLE_BITS = 53, DOUBLE_MAX_BITS = 1000 };

static enum status unsupported(struct error *error,
                               const struct conjunct_reader *reader,
                               uint32_t node, const char *text)
{
    vnnlib_place(error, reader->lib, reader->lib->nodes.data[node].offset);
    error_set(error, "%s", text);
    return STATUS_UNSUPPORTED;
}

static bool is_in_range(const mpq_t value)
{
    return isfinite(rational_down(value)) && isfinite(rational_up(value));
}

/* Is the integer exactly a double (far from overflow)? */
static bool is_exact_double(const mpz_t value)
{
    const size_t n_bits = mpz_sizeinbase(value, 2);
    return n_bits <= DOUBLE_MAX_BITS &&
           n_bits - mpz_scan1(value, 0) <= DOUBLE_BITS;
}

/* value * scale, which is an integer; false if it is no exact double. */
static bool scale_coefficient(double *coefficient, const mpq_t value,
                              const mpz_t scale)
{
    mpz_t product;
    mpz_init(product);
    mpz_divexact(product, scale, mpq_denref(value));
    mpz_mul(product, product, mpq_numref(value));
    const bool is_exact = is_exact_double(product);
    *coefficient = is_exact ? mpz_get_d(product) : 0.0;
    mpz_clear(product);
    return is_exact;
}

/* The atom form <= 0 (< 0 if strict), coefficients made integers. */
static enum status make_atom(struct query_atom *atom,
                             const struct linear_form *form, bool is_strict)
{
    bool is_exact = true;
    mpz_t scale;
    mpz_init_set_ui(scale, 1);
    for (size_t i = 0; i < form->n_terms; i++) {
        mpz_lcm(scale, scale, mpq_denref(form->terms[i].coefficient));
    }
    NEW_ARRAY(atom->terms, form->n_terms);
    atom->n_terms = form->n_terms;
    for (size_t i = 0; i < form->n_terms; i++) {
        atom->terms[i].variable = form->terms[i].variable;
        is_exact = scale_coefficient(&atom->terms[i].coefficient,
                                     form->terms[i].coefficient, scale) &&
                   is_exact;
    }
    mpq_init(atom->rhs);
    mpq_set_z(atom->rhs, scale);
    mpq_mul(atom->rhs, atom->rhs, form->constant);
    mpq_neg(atom->rhs, atom->rhs);
    atom->is_strict = is_strict;
    mpz_clear(scale);
    if (is_exact && is_in_range(atom->rhs)) {
        atom->rhs_up = rational_up(atom->rhs);
        return STATUS_OK;
    }
    conjunct_clear_atom(atom);
    return STATUS_UNSUPPORTED;
}

static enum status add_atom(struct conjunct *conjunct,
                            const struct conjunct_reader *reader, uint32_t node,
                            bool is_strict, struct error *error)
{
    struct query_atom atom = {0};
    if (make_atom(&atom, &reader->form, is_strict) != STATUS_OK) {
        return unsupported(error, reader, node,
                           "the numbers of this comparison, made integers, "
                           "are no exact doubles");
    }
    if (conjunct->n_atoms == conjunct->atoms_capacity) {
        conjunct->atoms_capacity =
            vec_next_capacity(conjunct->atoms_capacity, conjunct->n_atoms + 1);
        RESIZE_ARRAY(conjunct->atoms, conjunct->atoms_capacity);
    }
    conjunct->atoms[conjunct->n_atoms++] = atom;
    return STATUS_OK;
}

/* a*x + c <= 0 as a bound on x. */
static enum status add_bound(struct conjunct *conjunct,
                             const struct conjunct_reader *reader,
                             uint32_t node, bool is_strict, struct error *error)
{
    const struct linear_term *term = &reader->form.terms[0];
    struct conjunct_bound bound = {.variable = term->variable,
                                   .is_upper = mpq_sgn(term->coefficient) > 0,
                                   .is_strict = is_strict};
    mpq_init(bound.value);
    mpq_div(bound.value, reader->form.constant, term->coefficient);
    mpq_neg(bound.value, bound.value);
    if (!is_in_range(bound.value)) {
        mpq_clear(bound.value);
        return unsupported(error, reader, node,
                           "this bound is beyond the range of double");
    }
    if (conjunct->n_bounds == conjunct->bounds_capacity) {
        conjunct->bounds_capacity = vec_next_capacity(conjunct->bounds_capacity,
                                                      conjunct->n_bounds + 1);
        RESIZE_ARRAY(conjunct->bounds, conjunct->bounds_capacity);
    }
    conjunct->bounds[conjunct->n_bounds++] = bound;
    return STATUS_OK;
}

/* The form of the reader is <= 0, or < 0. */
static enum status add_form(struct conjunct *conjunct,
                            const struct conjunct_reader *reader, uint32_t node,
                            bool is_strict, struct error *error)
{
    const struct linear_form *form = &reader->form;
    if (form->n_terms == 0) {
        const int sign = mpq_sgn(form->constant);
        conjunct->is_false =
            conjunct->is_false || sign > 0 || (is_strict && sign == 0);
        return STATUS_OK;
    }
    if (form->n_terms == 1 && form->terms[0].variable < reader->n_inputs) {
        return add_bound(conjunct, reader, node, is_strict, error);
    }
    return add_atom(conjunct, reader, node, is_strict, error);
}

static void negate(struct linear_form *form)
{
    for (size_t i = 0; i < form->n_terms; i++) {
        mpq_neg(form->terms[i].coefficient, form->terms[i].coefficient);
    }
    mpq_neg(form->constant, form->constant);
}

enum status conjunct_add(struct conjunct *conjunct,
                         struct conjunct_reader *reader,
                         struct dnf_literal literal, struct error *error)
{
    const enum vnnlib_kind relation = literal.relation;
    const bool is_strict = relation == VNNLIB_LT || relation == VNNLIB_GT;
    enum status status =
        monomials_read_form(&reader->form, reader->monomials, reader->lib,
                            literal.node, reader->base, error);
    ties_substitute(&reader->form, reader->ties);
    if (status == STATUS_OK && relation != VNNLIB_GE && relation != VNNLIB_GT) {
        status = add_form(conjunct, reader, literal.node, is_strict, error);
    }
    if (status == STATUS_OK && relation != VNNLIB_LE && relation != VNNLIB_LT) {
        negate(&reader->form);
        status = add_form(conjunct, reader, literal.node, is_strict, error);
    }
    return status;
}

int conjunct_compare_tightness(const struct conjunct_bound *a,
                               const struct conjunct_bound *b)
{
    assert(a->variable == b->variable && a->is_upper == b->is_upper);
    const int order = mpq_cmp(a->value, b->value);
    if (order != 0) {
        return a->is_upper ? order : -order;
    }
    return (int)b->is_strict - (int)a->is_strict;
}

static int compare_bounds(const void *a, const void *b)
{
    const struct conjunct_bound *left = a;
    const struct conjunct_bound *right = b;
    if (left->variable != right->variable) {
        return left->variable < right->variable ? -1 : 1;
    }
    if (left->is_upper != right->is_upper) {
        return left->is_upper ? 1 : -1;
    }
    return conjunct_compare_tightness(left, right);
}

static bool is_same_side(const struct conjunct_bound *a,
                         const struct conjunct_bound *b)
{
    return a->variable == b->variable && a->is_upper == b->is_upper;
}

void conjunct_normalise(struct conjunct *conjunct)
{
    struct conjunct_bound *bounds = conjunct->bounds;
    if (conjunct->n_bounds > 1) {
        qsort(bounds, conjunct->n_bounds, sizeof *bounds, compare_bounds);
    }
    size_t n = 0;
    for (size_t i = 0; i < conjunct->n_bounds; i++) {
        if (n > 0 && is_same_side(&bounds[n - 1], &bounds[i])) {
            mpq_clear(bounds[i].value);
        } else {
            bounds[n++] = bounds[i];
        }
    }
    conjunct->n_bounds = n;
}

bool conjunct_is_empty(const struct conjunct *conjunct)
{
    for (size_t i = 1; i < conjunct->n_bounds; i++) {
        const struct conjunct_bound *lower = &conjunct->bounds[i - 1];
        const struct conjunct_bound *upper = &conjunct->bounds[i];
        if (lower->variable != upper->variable) {
            continue;
        }
        const int order = mpq_cmp(lower->value, upper->value);
        if (order > 0 ||
            (order == 0 && (lower->is_strict || upper->is_strict))) {
            return true;
        }
    }
    return false;
}

void conjunct_copy_atom(struct query_atom *copy, const struct query_atom *atom)
{
    *copy = *atom;
    NEW_ARRAY(copy->terms, atom->n_terms);
    for (size_t i = 0; i < atom->n_terms; i++) {
        copy->terms[i] = atom->terms[i];
    }
    mpq_init(copy->rhs);
    mpq_set(copy->rhs, atom->rhs);
}

void conjunct_clear_atom(struct query_atom *atom)
{
    alloc_free(atom->terms);
    mpq_clear(atom->rhs);
    *atom = (struct query_atom){0};
}

void conjunct_clear(struct conjunct *conjunct)
{
    for (size_t i = 0; i < conjunct->n_bounds; i++) {
        mpq_clear(conjunct->bounds[i].value);
    }
    for (size_t i = 0; i < conjunct->n_atoms; i++) {
        conjunct_clear_atom(&conjunct->atoms[i]);
    }
    alloc_free(conjunct->bounds);
    alloc_free(conjunct->atoms);
    *conjunct = (struct conjunct){0};
}
