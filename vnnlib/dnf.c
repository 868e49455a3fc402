/* The assertions as a disjunction of conjunctions of comparisons. */
#include "vnnlib/dnf.h"

#include <assert.h>

/* A subtree, or its negation. */
struct formula {
    uint32_t node;
    bool is_negated;
};

enum form { FORM_LITERAL, FORM_ALL, FORM_ANY };

/* Comparison of a node, `and`- or `or`-like once the negation is inside. A
 * disequality is `or`-like without children: see is_disequality. */
static enum form form_of(const struct vnnlib *lib, struct formula formula)
{
    const enum vnnlib_kind kind = lib->nodes.data[formula.node].kind;
    const enum form plain = formula.is_negated ? FORM_ANY : FORM_ALL;
    const enum form flipped = formula.is_negated ? FORM_ALL : FORM_ANY;
    switch (kind) {
    case VNNLIB_NOT: /* one child: either would do */
        return FORM_ALL;
    case VNNLIB_TRUE:
    case VNNLIB_AND:
        return plain;
    case VNNLIB_FALSE:
    case VNNLIB_OR:
    case VNNLIB_IMPLIES:
        return flipped;
    case VNNLIB_EQ:
        return formula.is_negated ? FORM_ANY : FORM_LITERAL;
    case VNNLIB_NE:
        return formula.is_negated ? FORM_LITERAL : FORM_ANY;
    case VNNLIB_LE:
    case VNNLIB_GE:
    case VNNLIB_LT:
    case VNNLIB_GT:
    case VNNLIB_ADD:
    case VNNLIB_SUB:
    case VNNLIB_MUL:
    case VNNLIB_NUMBER:
    case VNNLIB_ELEMENT:
        break;
    }
    assert(kind >= VNNLIB_LE && kind <= VNNLIB_GT);
    return FORM_LITERAL;
}

static bool is_disequality(const struct vnnlib *lib, struct formula formula)
{
    const enum vnnlib_kind kind = lib->nodes.data[formula.node].kind;
    return kind == (formula.is_negated ? VNNLIB_EQ : VNNLIB_NE);
}

static struct dnf_literal literal_of(const struct vnnlib *lib,
                                     struct formula formula)
{
    static const enum vnnlib_kind negation[] = {[VNNLIB_LE] = VNNLIB_GT,
                                                [VNNLIB_GE] = VNNLIB_LT,
                                                [VNNLIB_LT] = VNNLIB_GE,
                                                [VNNLIB_GT] = VNNLIB_LE,
                                                [VNNLIB_NE] = VNNLIB_EQ};
    const enum vnnlib_kind kind = lib->nodes.data[formula.node].kind;
    const struct dnf_literal literal = {
        formula.node, formula.is_negated ? negation[kind] : kind};
    return literal;
}

/* End of the node range that holds the children: none for a disequality. */
static uint32_t children_end(const struct vnnlib *lib, struct formula formula)
{
    return is_disequality(lib, formula) ? formula.node + 1
                                        : vnnlib_next(lib, formula.node);
}

/* The child at node `child`, with the negation it inherits. */
static struct formula child_of(const struct vnnlib *lib, struct formula parent,
                               uint32_t child)
{
    const enum vnnlib_kind kind = lib->nodes.data[parent.node].kind;
    const bool is_flipped = kind == VNNLIB_NOT || (kind == VNNLIB_IMPLIES &&
                                                   child == parent.node + 1);
    const struct formula formula = {child, parent.is_negated != is_flipped};
    return formula;
}

/* Numbers of conjunctions and literals, both held at `most`. */
struct size {
    size_t n_conjunctions;
    size_t n_literals;
};

static size_t add_below(size_t a, size_t b, size_t most)
{
    return a > most - b ? most : a + b;
}

static size_t multiply_below(size_t a, size_t b, size_t most)
{
    return b != 0 && a > most / b ? most : a * b;
}

/* Size of an `and` of both. An empty part counts as one conjunction, so that
 * intermediate results are covered too. */
static struct size size_of_product(struct size a, struct size b, size_t most)
{
    const size_t n_a = a.n_conjunctions == 0 ? 1 : a.n_conjunctions;
    const size_t n_b = b.n_conjunctions == 0 ? 1 : b.n_conjunctions;
    const struct size size = {multiply_below(n_a, n_b, most),
                              add_below(multiply_below(a.n_literals, n_b, most),
                                        multiply_below(b.n_literals, n_a, most),
                                        most)};
    return size;
}

/* NOLINTBEGIN(misc-no-recursion): as deep as the tree, which is at most
 * VNNLIB_MAX_DEPTH. */

static struct size size_of(const struct vnnlib *lib, struct formula formula,
                           size_t most)
{
    const enum form form = form_of(lib, formula);
    struct size size = {1, 1};
    if (form == FORM_LITERAL) {
        return size;
    }
    if (is_disequality(lib, formula)) {
        return (struct size){2, 2};
    }
    size = (struct size){form == FORM_ALL ? 1 : 0, 0};
    const uint32_t end = children_end(lib, formula);
    for (uint32_t i = formula.node + 1; i < end; i = vnnlib_next(lib, i)) {
        const struct size child = size_of(lib, child_of(lib, formula, i), most);
        if (form == FORM_ALL) {
            size = size_of_product(size, child, most);
        } else {
            size.n_conjunctions =
                add_below(size.n_conjunctions, child.n_conjunctions, most);
            size.n_literals =
                add_below(size.n_literals, child.n_literals, most);
        }
    }
    return size;
}

struct formula_list {
    struct formula *data;
    size_t n;
    size_t capacity;
};

/* Literals of an `and`, nested ones included, go to `dnf->common`; its
 * disjunctive parts go to `parts`. */
static void gather(struct dnf *dnf, struct formula_list *parts,
                   const struct vnnlib *lib, struct formula formula)
{
    const enum form form = form_of(lib, formula);
    if (form == FORM_LITERAL) {
        VEC_PUSH(&dnf->common, literal_of(lib, formula));
        return;
    }
    if (form == FORM_ANY) {
        VEC_PUSH(parts, formula);
        return;
    }
    const uint32_t end = children_end(lib, formula);
    for (uint32_t i = formula.node + 1; i < end; i = vnnlib_next(lib, i)) {
        gather(dnf, parts, lib, child_of(lib, formula, i));
    }
}

static void push_literals(struct dnf *dnf, const struct dnf_literal *literals,
                          size_t n)
{
    for (size_t i = 0; i < n; i++) {
        VEC_PUSH(&dnf->literals, literals[i]);
    }
}

static size_t start_of(const struct dnf *dnf, size_t k)
{
    return k == 0 ? 0 : dnf->ends.data[k - 1];
}

static void push_conjunction(struct dnf *dnf, const struct dnf *from, size_t k)
{
    const size_t start = start_of(from, k);
    if (from->ends.data[k] == start) {
        return;
    }
    push_literals(dnf, from->literals.data + start, from->ends.data[k] - start);
}

/* product = every conjunction of a followed by every one of b. */
static void multiply(struct dnf *product, const struct dnf *a,
                     const struct dnf *b)
{
    for (size_t i = 0; i < a->ends.n; i++) {
        for (size_t j = 0; j < b->ends.n; j++) {
            push_conjunction(product, a, i);
            push_conjunction(product, b, j);
            VEC_PUSH(&product->ends, product->literals.n);
        }
    }
}

static void expand(struct dnf *dnf, const struct vnnlib *lib,
                   struct formula formula);

/* Appends the product of the parts, `prefix` in front of each. */
static void expand_product(struct dnf *dnf, const struct vnnlib *lib,
                           const struct dnf *prefix,
                           const struct formula_list *parts)
{
    struct dnf product = {0};
    push_literals(&product, prefix->common.data, prefix->common.n);
    VEC_PUSH(&product.ends, product.literals.n);
    for (size_t i = 0; i < parts->n; i++) {
        struct dnf part = {0};
        struct dnf next = {0};
        expand(&part, lib, parts->data[i]);
        multiply(&next, &product, &part);
        dnf_clear(&part);
        dnf_clear(&product);
        product = next;
    }
    for (size_t k = 0; k < product.ends.n; k++) {
        push_conjunction(dnf, &product, k);
        VEC_PUSH(&dnf->ends, dnf->literals.n);
    }
    dnf_clear(&product);
}

static void push_single(struct dnf *dnf, struct dnf_literal literal)
{
    VEC_PUSH(&dnf->literals, literal);
    VEC_PUSH(&dnf->ends, dnf->literals.n);
}

static void expand_any(struct dnf *dnf, const struct vnnlib *lib,
                       struct formula formula)
{
    if (is_disequality(lib, formula)) {
        push_single(dnf, (struct dnf_literal){formula.node, VNNLIB_LT});
        push_single(dnf, (struct dnf_literal){formula.node, VNNLIB_GT});
        return;
    }
    const uint32_t end = children_end(lib, formula);
    for (uint32_t i = formula.node + 1; i < end; i = vnnlib_next(lib, i)) {
        expand(dnf, lib, child_of(lib, formula, i));
    }
}

static void expand_all(struct dnf *dnf, const struct vnnlib *lib,
                       struct formula formula)
{
    struct dnf prefix = {0};
    struct formula_list parts = {0};
    gather(&prefix, &parts, lib, formula);
    if (parts.n == 0) {
        push_literals(dnf, prefix.common.data, prefix.common.n);
        VEC_PUSH(&dnf->ends, dnf->literals.n);
    } else {
        expand_product(dnf, lib, &prefix, &parts);
    }
    VEC_CLEAR(&parts);
    dnf_clear(&prefix);
}

/* Appends the conjunctions of one formula. */
static void expand(struct dnf *dnf, const struct vnnlib *lib,
                   struct formula formula)
{
    switch (form_of(lib, formula)) {
    case FORM_LITERAL:
        push_single(dnf, literal_of(lib, formula));
        break;
    case FORM_ANY:
        expand_any(dnf, lib, formula);
        break;
    case FORM_ALL:
        expand_all(dnf, lib, formula);
        break;
    }
}

/* NOLINTEND(misc-no-recursion) */

enum status dnf_build(struct dnf *dnf, const struct vnnlib *lib, size_t limit,
                      struct error *error)
{
    *dnf = (struct dnf){0};
    struct formula_list parts = {0};
    struct size size = {1, 0};
    for (size_t i = 0; i < lib->assertions.n; i++) {
        const struct formula root = {lib->assertions.data[i], false};
        gather(dnf, &parts, lib, root);
    }
    for (size_t i = 0; i < parts.n; i++) {
        size = size_of_product(size, size_of(lib, parts.data[i], limit + 1),
                               limit + 1);
    }
    enum status status = STATUS_OK;
    if (add_below(size.n_conjunctions, size.n_literals, limit + 1) > limit) {
        status = STATUS_UNSUPPORTED;
        error_set_place(error, lib->path, 0, 0);
        error_set(error,
                  "the disjunctive normal form of the assertions has more "
                  "than %zu literals",
                  limit);
    } else if (parts.n == 1) {
        expand(dnf, lib, parts.data[0]);
    } else {
        const struct dnf prefix = {0};
        expand_product(dnf, lib, &prefix, &parts);
    }
    VEC_CLEAR(&parts);
    return status;
}

void dnf_clear(struct dnf *dnf)
{
    VEC_CLEAR(&dnf->common);
    VEC_CLEAR(&dnf->literals);
    VEC_CLEAR(&dnf->ends);
}
