/* Equations between inputs -> a forest whose roots remain. */
#include "src/query/ties.h"

#include "src/base/alloc.h"
#include "src/num/rational.h"

#include <gmp.h>

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * Input i is input parent[i] <= i plus offset[i].
 *   form  scratch
 */
struct forest {
    const struct vnnlib *lib;
    const size_t *base;
    size_t n;
    size_t *parent;
    mpq_t *offset;
    struct linear_form form;
    size_t n_links;
};

/* The root of input i; adds to `sum` what i is above it. Paths get shorter on
 * the way. */
static size_t find_root(struct forest *forest, size_t i, mpq_t sum)
{
    size_t root = i;
    while (forest->parent[root] != root) {
        const size_t up = forest->parent[root];
        mpq_add(sum, sum, forest->offset[root]);
        if (forest->parent[up] != up) {
            mpq_add(forest->offset[root], forest->offset[root],
                    forest->offset[up]);
            forest->parent[root] = forest->parent[up];
        }
        root = up;
    }
    return root;
}

/* x_left - x_right + constant = 0 */
static void link(struct forest *forest, size_t left, size_t right,
                 const mpq_t constant)
{
    mpq_t above_left;
    mpq_t above_right;
    mpq_inits(above_left, above_right, NULL);
    const size_t a = find_root(forest, left, above_left);
    const size_t b = find_root(forest, right, above_right);
    /* x_b = x_a + (above_left + constant - above_right) */
    mpq_add(above_left, above_left, constant);
    mpq_sub(above_left, above_left, above_right);
    if (a < b) {
        forest->parent[b] = a;
        mpq_set(forest->offset[b], above_left);
        forest->n_links++;
    } else if (b < a) {
        forest->parent[a] = b;
        mpq_neg(forest->offset[a], above_left);
        forest->n_links++;
    }
    mpq_clears(above_left, above_right, NULL);
}

/* Does some product of the subtree have two operands that are no numbers? Such
 * a comparison is no equation between two inputs. */
static bool may_be_curved(const struct vnnlib *lib, uint32_t node)
{
    const uint32_t end = vnnlib_next(lib, node);
    for (uint32_t i = node; i < end; i++) {
        if (lib->nodes.data[i].kind == VNNLIB_MUL) {
            return true;
        }
    }
    return false;
}

static enum status take_equation(struct forest *forest, uint32_t node,
                                 struct error *error)
{
    struct linear_form *form = &forest->form;
    if (may_be_curved(forest->lib, node)) {
        return STATUS_OK;
    }
    const enum status status =
        linear_form_read(form, forest->lib, node, forest->base, error);
    if (status != STATUS_OK || form->n_terms != 2 ||
        form->terms[1].variable >= forest->n) {
        return status;
    }
    mpq_neg(form->number, form->terms[1].coefficient);
    if (mpq_equal(form->number, form->terms[0].coefficient) != 0) {
        mpq_div(form->constant, form->constant, form->terms[0].coefficient);
        link(forest, form->terms[0].variable, form->terms[1].variable,
             form->constant);
    }
    return STATUS_OK;
}

/* The assertion, or the parts of an `and`, however deep. */
static enum status take_assertion(struct forest *forest, uint32_t root,
                                  struct error *error)
{
    const struct vnnlib *lib = forest->lib;
    const uint32_t end = vnnlib_next(lib, root);
    enum status status = STATUS_OK;
    uint32_t i = root;
    while (i < end && status == STATUS_OK) {
        if (lib->nodes.data[i].kind == VNNLIB_AND) {
            i++;
            continue;
        }
        if (lib->nodes.data[i].kind == VNNLIB_EQ) {
            status = take_equation(forest, i, error);
        }
        i = vnnlib_next(lib, i);
    }
    return status;
}

/* The finished forest as arrays; false if an offset is no double. */
static bool flatten(struct net_ties *ties, struct forest *forest)
{
    bool is_exact = true;
    mpq_t sum;
    mpq_t read;
    mpq_inits(sum, read, NULL);
    ties->n = forest->n;
    NEW_ARRAY(ties->source, ties->n);
    NEW_ARRAY(ties->kept, ties->n);
    NEW_ARRAY(ties->offset, ties->n);
    for (size_t i = 0; i < ties->n && is_exact; i++) {
        mpq_set_ui(sum, 0, 1);
        ties->source[i] = find_root(forest, i, sum);
        ties->kept[i] =
            ties->source[i] == i ? ties->n_kept++ : ties->kept[ties->source[i]];
        ties->offset[i] = rational_near(sum);
        is_exact = isfinite(ties->offset[i]);
        if (is_exact) {
            rational_set_double(read, ties->offset[i]);
            is_exact = mpq_equal(read, sum) != 0;
        }
    }
    mpq_clears(sum, read, NULL);
    return is_exact;
}

enum status ties_find(struct net_ties *ties, const struct vnnlib *lib,
                      const size_t *base, size_t n_inputs, struct error *error)
{
    struct forest forest = {.lib = lib, .base = base, .n = n_inputs};
    enum status status = STATUS_OK;
    *ties = (struct net_ties){0};
    linear_form_init(&forest.form);
    NEW_ARRAY(forest.parent, n_inputs);
    forest.offset = rational_create(n_inputs);
    for (size_t i = 0; i < n_inputs; i++) {
        forest.parent[i] = i;
    }
    for (size_t k = 0; k < lib->assertions.n && status == STATUS_OK; k++) {
        status = take_assertion(&forest, lib->assertions.data[k], error);
    }
    if (status == STATUS_OK && forest.n_links > 0 && !flatten(ties, &forest)) {
        ties_clear(ties);
    }
    rational_destroy(forest.offset, n_inputs);
    alloc_free(forest.parent);
    linear_form_clear(&forest.form);
    return status;
}

void ties_clear(struct net_ties *ties)
{
    alloc_free(ties->source);
    alloc_free(ties->kept);
    alloc_free(ties->offset);
    *ties = (struct net_ties){0};
}

void ties_substitute(struct linear_form *form, const struct net_ties *ties)
{
    if (ties->n == 0) {
        return;
    }
    for (size_t t = 0; t < form->n_terms; t++) {
        struct linear_term *term = &form->terms[t];
        if (term->variable >= ties->n) {
            term->variable = term->variable - ties->n + ties->n_kept;
            continue;
        }
        rational_set_double(form->number, ties->offset[term->variable]);
        mpq_mul(form->number, form->number, term->coefficient);
        mpq_add(form->constant, form->constant, form->number);
        term->variable = ties->kept[term->variable];
    }
    linear_form_normalise(form);
}
