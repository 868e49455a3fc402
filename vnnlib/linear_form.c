/* A comparison as an exact linear form: sum of a_v * v, plus a constant. */
#include "vnnlib/linear_form.h"

#include "src/base/alloc.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>

/* What the recursion needs beside the node. */
struct context {
    struct linear_form *linear;
    const struct vnnlib *lib;
    const size_t *base;
    struct error *error;
};

void linear_form_init(struct linear_form *linear)
{
    *linear = (struct linear_form){0};
    mpq_init(linear->constant);
    mpq_init(linear->number);
}

void linear_form_clear(struct linear_form *linear)
{
    for (size_t i = 0; i < linear->capacity; i++) {
        mpq_clear(linear->terms[i].coefficient);
    }
    alloc_free(linear->terms);
    mpq_clear(linear->constant);
    mpq_clear(linear->number);
    *linear = (struct linear_form){0};
}

void linear_form_add(struct linear_form *linear, size_t variable,
                     const mpq_t coefficient)
{
    if (linear->n_terms == linear->capacity) {
        const size_t capacity =
            vec_next_capacity(linear->capacity, linear->n_terms + 1);
        RESIZE_ARRAY(linear->terms, capacity);
        for (size_t i = linear->capacity; i < capacity; i++) {
            mpq_init(linear->terms[i].coefficient);
        }
        linear->capacity = capacity;
    }
    linear->terms[linear->n_terms].variable = variable;
    mpq_set(linear->terms[linear->n_terms].coefficient, coefficient);
    linear->n_terms++;
}

static enum status unsupported(const struct context *context, uint32_t node,
                               const char *text)
{
    vnnlib_place(context->error, context->lib,
                 context->lib->nodes.data[node].offset);
    error_set(context->error, "%s", text);
    return STATUS_UNSUPPORTED;
}

static bool has_element(const struct vnnlib *lib, uint32_t node)
{
    const uint32_t end = vnnlib_next(lib, node);
    for (uint32_t i = node; i < end; i++) {
        if (lib->nodes.data[i].kind == VNNLIB_ELEMENT) {
            return true;
        }
    }
    return false;
}

static enum status check_size(const struct context *context, uint32_t node,
                              const mpq_t value)
{
    if (mpz_sizeinbase(mpq_numref(value), 2) <= LINEAR_FORM_MAX_BITS &&
        mpz_sizeinbase(mpq_denref(value), 2) <= LINEAR_FORM_MAX_BITS) {
        return STATUS_OK;
    }
    return unsupported(context, node, "a number of this product is too long");
}

/* NOLINTBEGIN(misc-no-recursion): as deep as the tree, which is at most
 * VNNLIB_MAX_DEPTH. */

static enum status add_node(const struct context *context, uint32_t node,
                            const mpq_t scale);

/* value = value of a subtree without elements. */
static enum status evaluate(mpq_t value, const struct context *context,
                            uint32_t node)
{
    struct linear_form constant;
    mpq_t one;
    mpq_init(one);
    mpq_set_ui(one, 1, 1);
    linear_form_init(&constant);
    struct context inner = *context;
    inner.linear = &constant;
    const enum status status = add_node(&inner, node, one);
    assert(constant.n_terms == 0);
    mpq_set(value, constant.constant);
    linear_form_clear(&constant);
    mpq_clear(one);
    return status;
}

/* scale times the product: its constant factors go into the scale of the
 * one factor that is not constant. */
static enum status add_product(const struct context *context, uint32_t node,
                               const mpq_t scale)
{
    const struct vnnlib *lib = context->lib;
    const uint32_t end = vnnlib_next(lib, node);
    uint32_t variable = end;
    enum status status = STATUS_OK;
    mpq_t product;
    mpq_t factor;
    mpq_inits(product, factor, NULL);
    mpq_set(product, scale);
    for (uint32_t i = node + 1; i < end && status == STATUS_OK;
         i = vnnlib_next(lib, i)) {
        if (!has_element(lib, i)) {
            status = evaluate(factor, context, i);
            mpq_mul(product, product, factor);
        } else if (variable == end) {
            variable = i;
        } else {
            status = unsupported(context, node,
                                 "products of variables are not supported");
        }
        if (status == STATUS_OK) {
            status = check_size(context, node, product);
        }
    }
    if (status == STATUS_OK && variable != end) {
        status = add_node(context, variable, product);
    } else if (status == STATUS_OK) {
        mpq_add(context->linear->constant, context->linear->constant, product);
    }
    mpq_clears(product, factor, NULL);
    return status;
}

/* scale times a sum, or a difference: later operands negated. */
static enum status add_sum(const struct context *context, uint32_t node,
                           const mpq_t scale)
{
    const struct vnnlib *lib = context->lib;
    const bool is_difference = lib->nodes.data[node].kind == VNNLIB_SUB;
    const uint32_t end = vnnlib_next(lib, node);
    const bool is_single = vnnlib_next(lib, node + 1) == end;
    enum status status = STATUS_OK;
    mpq_t negated;
    mpq_init(negated);
    mpq_neg(negated, scale);
    for (uint32_t i = node + 1; i < end && status == STATUS_OK;
         i = vnnlib_next(lib, i)) {
        const bool is_negated = is_difference && (is_single || i != node + 1);
        status = is_negated ? add_node(context, i, negated)
                            : add_node(context, i, scale);
    }
    mpq_clear(negated);
    return status;
}

/* Adds scale times the subtree. */
static enum status add_node(const struct context *context, uint32_t node,
                            const mpq_t scale)
{
    struct linear_form *linear = context->linear;
    const struct vnnlib_node *self = &context->lib->nodes.data[node];
    enum status status = STATUS_OK;
    if (self->kind == VNNLIB_ELEMENT) {
        linear_form_add(linear, context->base[self->extent] + self->element,
                        scale);
    } else if (self->kind == VNNLIB_NUMBER) {
        status =
            vnnlib_number(linear->number, context->lib, node, context->error);
        mpq_mul(linear->number, linear->number, scale);
        mpq_add(linear->constant, linear->constant, linear->number);
    } else if (self->kind == VNNLIB_MUL) {
        status = add_product(context, node, scale);
    } else {
        assert(self->kind == VNNLIB_ADD || self->kind == VNNLIB_SUB);
        status = add_sum(context, node, scale);
    }
    return status;
}

/* NOLINTEND(misc-no-recursion) */

static int compare_terms(const void *a, const void *b)
{
    const struct linear_term *left = a;
    const struct linear_term *right = b;
    return (left->variable > right->variable) -
           (left->variable < right->variable);
}

void linear_form_normalise(struct linear_form *linear)
{
    if (linear->n_terms > 1) {
        qsort(linear->terms, linear->n_terms, sizeof *linear->terms,
              compare_terms);
    }
    size_t n = 0;
    for (size_t i = 0; i < linear->n_terms; i++) {
        struct linear_term *term = &linear->terms[i];
        if (n > 0 && linear->terms[n - 1].variable == term->variable) {
            mpq_add(linear->terms[n - 1].coefficient,
                    linear->terms[n - 1].coefficient, term->coefficient);
            continue;
        }
        if (n > 0 && mpq_sgn(linear->terms[n - 1].coefficient) == 0) {
            n--;
        }
        linear->terms[n].variable = term->variable;
        mpq_swap(linear->terms[n].coefficient, term->coefficient);
        n++;
    }
    if (n > 0 && mpq_sgn(linear->terms[n - 1].coefficient) == 0) {
        n--;
    }
    linear->n_terms = n;
}

enum status linear_form_read(struct linear_form *linear,
                             const struct vnnlib *lib, uint32_t node,
                             const size_t *base, struct error *error)
{
    const struct context context = {linear, lib, base, error};
    mpq_t sign;
    mpq_init(sign);
    mpq_set_si(sign, 1, 1);
    linear->n_terms = 0;
    mpq_set_ui(linear->constant, 0, 1);
    enum status status = add_node(&context, node + 1, sign);
    if (status == STATUS_OK) {
        mpq_set_si(sign, -1, 1);
        status = add_node(&context, vnnlib_next(lib, node + 1), sign);
    }
    mpq_clear(sign);
    linear_form_normalise(linear);
    return status;
}
