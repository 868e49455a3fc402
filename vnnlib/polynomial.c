/* Expressions multiplied out; the table of their monomials. */
#include "vnnlib/polynomial.h"

#include "src/base/alloc.h"
#include "src/base/vec.h"

#include <assert.h>
#include <stdlib.h>

/* coefficient * monomial; degree 0: a constant. */
struct term {
    struct monomial monomial;
    mpq_t coefficient;
};

/* A sum of terms; the first n are initialised. */
struct sum {
    VEC(struct term) terms;
};

struct reader {
    const struct vnnlib *lib;
    const size_t *base;
    struct error *error;
};

static void clear_sum(struct sum *sum)
{
    for (size_t i = 0; i < sum->terms.n; i++) {
        mpq_clear(sum->terms.data[i].coefficient);
    }
    VEC_CLEAR(&sum->terms);
}

static struct term *add_term(struct sum *sum, const struct monomial *monomial)
{
    struct term term = {.monomial = *monomial};
    mpq_init(term.coefficient);
    VEC_PUSH(&sum->terms, term);
    return &sum->terms.data[sum->terms.n - 1];
}

static bool is_square(const struct monomial *monomial)
{
    return monomial->degree == 2 && monomial->factor[0] == monomial->factor[1];
}

static int compare(const struct monomial *a, const struct monomial *b)
{
    if (a->degree != b->degree) {
        return a->degree < b->degree ? -1 : 1;
    }
    if (is_square(a) != is_square(b)) {
        return is_square(a) ? -1 : 1;
    }
    for (size_t i = 0; i < a->degree; i++) {
        if (a->factor[i] != b->factor[i]) {
            return a->factor[i] < b->factor[i] ? -1 : 1;
        }
    }
    return 0;
}

static int compare_monomials(const void *a, const void *b)
{
    return compare(a, b);
}

static int compare_terms(const void *a, const void *b)
{
    return compare(&((const struct term *)a)->monomial,
                   &((const struct term *)b)->monomial);
}

/* Adds up equal monomials; coefficients may become 0. */
static void merge(struct sum *sum)
{
    size_t n = 0;
    struct term *terms = sum->terms.data;
    if (sum->terms.n > 1) {
        qsort(terms, sum->terms.n, sizeof *terms, compare_terms);
    }
    for (size_t i = 0; i < sum->terms.n; i++) {
        if (n > 0 && compare(&terms[n - 1].monomial, &terms[i].monomial) == 0) {
            mpq_add(terms[n - 1].coefficient, terms[n - 1].coefficient,
                    terms[i].coefficient);
            mpq_clear(terms[i].coefficient);
        } else {
            terms[n++] = terms[i];
        }
    }
    sum->terms.n = n;
}

static enum status refuse(const struct reader *reader, uint32_t node,
                          const char *text)
{
    vnnlib_place(reader->error, reader->lib,
                 reader->lib->nodes.data[node].offset);
    error_set(reader->error, "%s", text);
    return STATUS_UNSUPPORTED;
}

static size_t n_bits(const mpq_t value)
{
    return mpz_sizeinbase(mpq_numref(value), 2) +
           mpz_sizeinbase(mpq_denref(value), 2);
}

/* The product of two monomials with sorted factors. */
static struct monomial multiply_monomials(const struct monomial *a,
                                          const struct monomial *b)
{
    struct monomial product = {0};
    size_t i = 0;
    size_t k = 0;
    while (i < a->degree || k < b->degree) {
        const bool is_a =
            k == b->degree || (i < a->degree && a->factor[i] <= b->factor[k]);
        product.factor[product.degree++] =
            is_a ? a->factor[i++] : b->factor[k++];
    }
    return product;
}

/* product *= factor */
static enum status multiply(struct sum *product, const struct sum *factor,
                            const struct reader *reader, uint32_t node)
{
    struct sum result = {0};
    enum status status = STATUS_OK;
    for (size_t i = 0; i < product->terms.n && status == STATUS_OK; i++) {
        const struct term *a = &product->terms.data[i];
        for (size_t k = 0; k < factor->terms.n && status == STATUS_OK; k++) {
            const struct term *b = &factor->terms.data[k];
            if (a->monomial.degree + b->monomial.degree > MONOMIAL_DEGREE ||
                result.terms.n >= MONOMIALS_LIMIT ||
                n_bits(a->coefficient) + n_bits(b->coefficient) >
                    LINEAR_FORM_MAX_BITS) {
                status = refuse(reader, node,
                                "this product is too long, or of a degree "
                                "above 8");
                continue;
            }
            const struct monomial monomial =
                multiply_monomials(&a->monomial, &b->monomial);
            mpq_mul(add_term(&result, &monomial)->coefficient, a->coefficient,
                    b->coefficient);
        }
    }
    merge(&result);
    clear_sum(product);
    *product = result;
    return status;
}

/* NOLINTBEGIN(misc-no-recursion): as deep as the tree, which is at most
 * VNNLIB_MAX_DEPTH. */

static enum status read_node(struct sum *sum, const struct reader *reader,
                             uint32_t node);

static enum status read_product(struct sum *sum, const struct reader *reader,
                                uint32_t node)
{
    const struct monomial one = {0};
    const uint32_t end = vnnlib_next(reader->lib, node);
    enum status status = STATUS_OK;
    struct sum product = {0};
    mpq_set_ui(add_term(&product, &one)->coefficient, 1, 1);
    for (uint32_t i = node + 1; i < end && status == STATUS_OK;
         i = vnnlib_next(reader->lib, i)) {
        struct sum factor = {0};
        status = read_node(&factor, reader, i);
        if (status == STATUS_OK) {
            status = multiply(&product, &factor, reader, node);
        }
        clear_sum(&factor);
    }
    for (size_t i = 0; i < product.terms.n; i++) {
        VEC_PUSH(&sum->terms, product.terms.data[i]);
    }
    VEC_CLEAR(&product.terms);
    return status;
}

/* A sum, or a difference: later operands negated. */
static enum status read_sum(struct sum *sum, const struct reader *reader,
                            uint32_t node)
{
    const struct vnnlib *lib = reader->lib;
    const bool is_difference = lib->nodes.data[node].kind == VNNLIB_SUB;
    const uint32_t end = vnnlib_next(lib, node);
    const bool is_single = vnnlib_next(lib, node + 1) == end;
    enum status status = STATUS_OK;
    for (uint32_t i = node + 1; i < end && status == STATUS_OK;
         i = vnnlib_next(lib, i)) {
        const size_t first = sum->terms.n;
        status = read_node(sum, reader, i);
        for (size_t k = first;
             k < sum->terms.n && is_difference && (is_single || i != node + 1);
             k++) {
            mpq_neg(sum->terms.data[k].coefficient,
                    sum->terms.data[k].coefficient);
        }
    }
    return status;
}

/* Appends the terms of a subtree. */
static enum status read_node(struct sum *sum, const struct reader *reader,
                             uint32_t node)
{
    const struct vnnlib_node *self = &reader->lib->nodes.data[node];
    struct monomial monomial = {0};
    if (sum->terms.n > MONOMIALS_LIMIT) {
        return refuse(reader, node, "this polynomial has too many terms");
    }
    if (self->kind == VNNLIB_ELEMENT) {
        monomial.degree = 1;
        monomial.factor[0] = reader->base[self->extent] + self->element;
        mpq_set_ui(add_term(sum, &monomial)->coefficient, 1, 1);
        return STATUS_OK;
    }
    if (self->kind == VNNLIB_NUMBER) {
        return vnnlib_number(add_term(sum, &monomial)->coefficient, reader->lib,
                             node, reader->error);
    }
    if (self->kind == VNNLIB_MUL) {
        return read_product(sum, reader, node);
    }
    assert(self->kind == VNNLIB_ADD || self->kind == VNNLIB_SUB);
    return read_sum(sum, reader, node);
}

/* NOLINTEND(misc-no-recursion) */

/* Left side minus right side. */
static enum status read_comparison(struct sum *sum, const struct reader *reader,
                                   uint32_t node)
{
    enum status status = read_node(sum, reader, node + 1);
    const size_t first = sum->terms.n;
    if (status == STATUS_OK) {
        status = read_node(sum, reader, vnnlib_next(reader->lib, node + 1));
    }
    for (size_t i = first; i < sum->terms.n; i++) {
        mpq_neg(sum->terms.data[i].coefficient, sum->terms.data[i].coefficient);
    }
    merge(sum);
    return status;
}

static bool is_comparison(const struct vnnlib_node *node)
{
    return node->kind >= VNNLIB_LE && node->kind <= VNNLIB_NE;
}

/* Does the comparison have a product with two operands that are no numbers? */
static bool is_curved(const struct vnnlib *lib, uint32_t node)
{
    const uint32_t end = vnnlib_next(lib, node);
    for (uint32_t i = node; i < end; i++) {
        if (lib->nodes.data[i].kind != VNNLIB_MUL) {
            continue;
        }
        size_t n = 0;
        const uint32_t stop = vnnlib_next(lib, i);
        for (uint32_t k = i + 1; k < stop; k = vnnlib_next(lib, k)) {
            n += lib->nodes.data[k].kind == VNNLIB_NUMBER ? 0 : 1;
        }
        if (n > 1) {
            return true;
        }
    }
    return false;
}

static void sort(struct monomials *monomials)
{
    size_t n = 0;
    if (monomials->n > 1) {
        qsort(monomials->data, monomials->n, sizeof *monomials->data,
              compare_monomials);
    }
    for (size_t i = 0; i < monomials->n; i++) {
        if (n == 0 ||
            compare(&monomials->data[n - 1], &monomials->data[i]) != 0) {
            monomials->data[n++] = monomials->data[i];
        }
    }
    monomials->n = n;
}

/* The monomials of one comparison and what they are made of. */
static enum status collect(struct monomials *monomials,
                           const struct reader *reader, uint32_t node)
{
    struct sum sum = {0};
    const enum status status = read_comparison(&sum, reader, node);
    for (size_t i = 0; i < sum.terms.n && status == STATUS_OK; i++) {
        struct monomial monomial = sum.terms.data[i].monomial;
        if (mpq_sgn(sum.terms.data[i].coefficient) == 0) {
            continue;
        }
        for (; monomial.degree >= 2; monomial.degree--) {
            RESIZE_ARRAY(monomials->data, monomials->n + 1);
            monomials->data[monomials->n] = monomial;
            for (size_t k = monomial.degree; k < MONOMIAL_DEGREE; k++) {
                monomials->data[monomials->n].factor[k] = 0;
            }
            monomials->n++;
        }
    }
    clear_sum(&sum);
    return status;
}

enum status monomials_collect(struct monomials *monomials, size_t first,
                              const struct vnnlib *lib, const size_t *base,
                              struct error *error)
{
    const struct reader reader = {lib, base, error};
    enum status status = STATUS_OK;
    *monomials = (struct monomials){.first = first};
    for (uint32_t i = 0; i < lib->nodes.n && status == STATUS_OK; i++) {
        if (!is_comparison(&lib->nodes.data[i]) || !is_curved(lib, i)) {
            continue;
        }
        status = collect(monomials, &reader, i);
        if (status == STATUS_OK && monomials->n > MONOMIALS_LIMIT) {
            sort(monomials);
        }
        if (status == STATUS_OK && monomials->n > MONOMIALS_LIMIT) {
            status = refuse(&reader, i, "the property has too many monomials");
        }
    }
    sort(monomials);
    return status;
}

void monomials_clear(struct monomials *monomials)
{
    alloc_free(monomials->data);
    *monomials = (struct monomials){0};
}

size_t monomials_find(const struct monomials *monomials,
                      const struct monomial *wanted)
{
    const struct monomial *found =
        monomials->n == 0 ? NULL
                          : bsearch(wanted, monomials->data, monomials->n,
                                    sizeof *wanted, compare_monomials);
    return found == NULL ? monomials->n : (size_t)(found - monomials->data);
}

static void add_to_form(struct linear_form *form, const struct term *term,
                        const struct monomials *monomials)
{
    const struct monomial *monomial = &term->monomial;
    if (mpq_sgn(term->coefficient) == 0) {
        return;
    }
    if (monomial->degree == 0) {
        mpq_set(form->constant, term->coefficient);
        return;
    }
    const size_t variable =
        monomial->degree == 1
            ? monomial->factor[0]
            : monomials->first + monomials_find(monomials, monomial);
    linear_form_add(form, variable, term->coefficient);
}

enum status monomials_read_form(struct linear_form *form,
                                const struct monomials *monomials,
                                const struct vnnlib *lib, uint32_t node,
                                const size_t *base, struct error *error)
{
    const struct reader reader = {lib, base, error};
    if (!is_curved(lib, node)) {
        return linear_form_read(form, lib, node, base, error);
    }
    struct sum sum = {0};
    const enum status status = read_comparison(&sum, &reader, node);
    form->n_terms = 0;
    mpq_set_ui(form->constant, 0, 1);
    for (size_t i = 0; i < sum.terms.n && status == STATUS_OK; i++) {
        add_to_form(form, &sum.terms.data[i], monomials);
    }
    linear_form_normalise(form);
    clear_sum(&sum);
    return status;
}
