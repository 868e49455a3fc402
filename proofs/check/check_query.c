/* Disjunctive normal form of a property, grouped by input box.
 * SPDX-License-Identifier: MIT */
#include "proofs/check/check_query.h"

#include "proofs/check/check_fail.h"
#include "proofs/check/check_sha.h"

#include <stdint.h>
#include <string.h>

enum { MOST_CHOICES = 10000, MOST_STEPS = 1 << 22, MOST_WORDS = 1 << 26 };
enum { N_BUCKETS = 1 << 16 };

/*
 * The conjunction that is being put together, and the cases so far.
 *   atoms    [n_atoms] its atoms in file order; room for `capacity`
 *   box      [2 * n_inputs] scratch: the box of its bounds
 *   buckets  [N_BUCKETS] 1 + number of the last case of a hash, or 0
 *   n_steps  conjunctions begun; n_words: memory of the cases, about
 */
struct builder {
    struct check_query *query;
    const char *path;
    size_t n_atoms;
    size_t capacity;
    const struct check_atom **atoms;
    const struct check_atom **box;
    size_t *buckets;
    size_t n_steps;
    size_t n_words;
};

static bool is_bound(const struct check_atom *atom)
{
    return atom->n_terms == 1 && !atom->terms->is_output;
}

/* Keeps the tighter one of two bounds, the strict one of equals. */
static void tighten(const struct check_atom **box,
                    const struct check_atom *bound)
{
    const struct check_term *term = bound->terms;
    const struct check_atom **end =
        &box[2 * term->index + (mpz_sgn(term->coefficient) > 0 ? 1 : 0)];
    const int order = *end == NULL ? -1 : mpq_cmp(bound->rhs, (*end)->rhs);
    if (order < 0 || (order == 0 && bound->is_strict)) {
        *end = bound;
    }
}

static bool is_empty(const struct check_atom *const *box, size_t n_inputs)
{
    bool has_gap = false;
    mpq_t width;
    mpq_init(width);
    for (size_t i = 0; i < n_inputs && !has_gap; i++) {
        const struct check_atom *below = box[2 * i];
        const struct check_atom *above = box[2 * i + 1];
        if (below != NULL && above != NULL) {
            mpq_add(width, below->rhs, above->rhs);
            const int sign = mpq_sgn(width);
            has_gap = sign < 0 ||
                      (sign == 0 && (below->is_strict || above->is_strict));
        }
    }
    mpq_clear(width);
    return has_gap;
}

static bool is_same_end(const struct check_atom *a, const struct check_atom *b)
{
    return a == b || (a != NULL && b != NULL && a->is_strict == b->is_strict &&
                      mpq_equal(a->rhs, b->rhs) != 0);
}

/* The case of builder->box; a new one if there is none. */
static struct check_case *find_case(struct builder *builder)
{
    struct check_query *query = builder->query;
    const struct check_atom *const *box = builder->box;
    const size_t n_ends = 2 * query->n_inputs;
    uint64_t hash = 0;
    for (size_t i = 0; i < n_ends; i++) {
        hash = (hash ^ (hash >> 29U)) * UINT64_C(0x9e3779b97f4a7c15) + 1;
        hash += box[i] == NULL ? 0
                               : mpz_get_ui(mpq_numref(box[i]->rhs)) * 5 +
                                     mpz_get_ui(mpq_denref(box[i]->rhs)) * 3;
    }
    size_t *bucket = &builder->buckets[(hash ^ (hash >> 32U)) % N_BUCKETS];
    for (size_t k = *bucket; k != 0; k = query->cases[k - 1].before) {
        size_t i = 0;
        while (i < n_ends && is_same_end(box[i], query->cases[k - 1].box[i])) {
            i++;
        }
        if (i == n_ends) {
            return &query->cases[k - 1];
        }
    }
    query->cases = check_arena_grow(&query->arena, query->cases, query->n_cases,
                                    sizeof *query->cases);
    struct check_case *self = &query->cases[query->n_cases++];
    self->before = *bucket;
    self->box = check_arena_alloc(&query->arena, n_ends, sizeof(void *));
    memcpy(self->box, box, n_ends * sizeof(void *));
    *bucket = query->n_cases;
    builder->n_words += n_ends + 8;
    return self;
}

/* The conjunction becomes a disjunct of the case of its box. */
static void place(struct builder *builder)
{
    struct check_query *query = builder->query;
    struct check_disjunct rest = {0};
    memset(builder->box, 0, 2 * query->n_inputs * sizeof(void *));
    for (size_t i = 0; i < builder->n_atoms; i++) {
        if (is_bound(builder->atoms[i])) {
            tighten(builder->box, builder->atoms[i]);
        }
    }
    if (is_empty(builder->box, query->n_inputs)) {
        return;
    }
    rest.atoms =
        check_arena_alloc(&query->arena, builder->n_atoms, sizeof(void *));
    for (size_t i = 0; i < builder->n_atoms; i++) {
        if (!is_bound(builder->atoms[i])) {
            rest.atoms[rest.n_atoms++] = builder->atoms[i];
        }
    }
    struct check_case *self = find_case(builder);
    self->disjuncts =
        check_arena_grow(&query->arena, self->disjuncts, self->n_disjuncts,
                         sizeof *self->disjuncts);
    self->disjuncts[self->n_disjuncts++] = rest;
    builder->n_words += builder->n_atoms + 8;
}

/* NOLINTBEGIN(misc-no-recursion): as deep as the formula or MOST_CHOICES. */

/* Adds atoms of nested `and`s in file order, and links their `or`s at the end
 * of a list. False if a constant comparison does not hold. */
static bool gather(struct builder *builder, struct check_formula *formula,
                   struct check_formula ***end)
{
    const struct check_atom *atom = &formula->atom;
    struct check_formula *child =
        formula->connective == CHECK_AND ? formula->child : NULL;
    if (formula->connective == CHECK_ATOM && atom->n_terms == 0) {
        return mpq_sgn(atom->rhs) >= (atom->is_strict ? 1 : 0);
    }
    if (formula->connective == CHECK_ATOM) {
        if (builder->n_atoms == builder->capacity) {
            builder->capacity = 2 * builder->capacity + 1;
            builder->atoms =
                check_resize(builder->atoms, builder->capacity, sizeof(void *));
        }
        builder->atoms[builder->n_atoms++] = atom;
    } else if (formula->connective == CHECK_OR) {
        **end = formula;
        *end = &formula->pending;
    }
    while (child != NULL && gather(builder, child, end)) {
        child = child->next;
    }
    return child == NULL;
}

/* Expands the `or`s from `choice` on: the first one varies slowest. */
static void expand(struct builder *builder, const struct check_formula *choice,
                   size_t depth)
{
    const size_t n_atoms = builder->n_atoms;
    struct check_formula *child = choice == NULL ? NULL : choice->child;
    if (choice == NULL) {
        place(builder);
    }
    for (; child != NULL; child = child->next) {
        struct check_formula *first = NULL;
        struct check_formula **end = &first;
        if (builder->n_steps++ > MOST_STEPS || depth > MOST_CHOICES ||
            builder->n_words > MOST_WORDS) {
            check_unsupported("%s: the disjunctive normal form is too large",
                              builder->path);
        }
        if (gather(builder, child, &end)) {
            *end = choice->pending;
            expand(builder, first, depth + 1);
        }
        builder->n_atoms = n_atoms;
    }
}

/* NOLINTEND(misc-no-recursion) */

struct check_query *check_query_create(const struct check_property *property)
{
    const struct check_formula root = {.connective = CHECK_OR,
                                       .child = property->unsafe};
    struct check_query *query = check_alloc(1, sizeof *query);
    struct builder builder = {.query = query, .path = property->file.path};
    query->n_inputs =
        property->ties.n > 0 ? property->ties.n_kept : property->n_elements[0];
    query->n_outputs = property->n_elements[1] + property->n_products;
    builder.box = check_alloc(2 * query->n_inputs, sizeof(void *));
    builder.buckets = check_alloc(N_BUCKETS, sizeof *builder.buckets);
    expand(&builder, &root, 0);
    check_free(builder.atoms);
    check_free(builder.box);
    check_free(builder.buckets);
    return query;
}

void check_query_free(struct check_query *query)
{
    check_arena_free(&query->arena);
    check_free(query);
}

/* Compares a declared tensor with that of the network. */
static void bind_tensor(const struct check_property *property,
                        const struct check_network *network,
                        const struct check_variable *variable,
                        const struct check_tensor *tensor)
{
    bool is_real = true;
    for (size_t i = 0; i < property->n_variables; i++) {
        is_real = is_real && property->variables[i].sort == CHECK_REAL_SORT;
    }
    const bool is_same_type = variable->sort == CHECK_FLOAT32_SORT
                                  ? tensor->type == CHECK_FLOAT32
                                  : variable->sort == CHECK_FLOAT64_SORT &&
                                        tensor->type == CHECK_FLOAT64;
    if (variable->n != tensor->n || (!is_real && !is_same_type)) {
        check_unreadable("%s: '%.*s' has another type or number of "
                         "elements than '%s' of %s",
                         property->file.path, (int)variable->n_name,
                         variable->name, tensor->name, network->file.path);
    }
}

/* Compares the declared numbers of elements and tensors with those of network
 * k; the number of its outputs declared that are not hidden. */
static size_t bind_counts(const struct check_property *property,
                          const struct check_network *network, size_t k)
{
    size_t n_elements[2] = {property->n_elements[0], property->n_elements[1]};
    size_t n[2] = {0, 0};
    size_t n_hidden = 0;
    for (size_t i = 0; i < property->n_variables; i++) {
        const struct check_variable *variable = &property->variables[i];
        const size_t side = variable->is_output ? 1 : 0;
        n_elements[side] -= variable->network == k ? 0 : variable->n;
        n[side] += variable->network == k ? 1 : 0;
        n_hidden += variable->network == k && variable->hidden != NULL ? 1 : 0;
    }
    const size_t counts[2][4] = {
        {n_elements[0], n_elements[1], network->n_inputs, network->n_outputs},
        {n[0], n[1], network->n_input_tensors, network->n_output_tensors}};
    for (size_t i = 0; i < (property->version == 1 ? 1U : 2U); i++) {
        const size_t *count = counts[i];
        if (count[0] != count[2] || count[1] != count[3]) {
            check_unreadable("%s: %zu input and %zu output %s are declared, "
                             "%s has %zu and %zu",
                             property->file.path, count[0], count[1],
                             i == 0 ? "elements" : "tensors",
                             network->file.path, count[2], count[3]);
        }
    }
    return n[1] - n_hidden;
}

void check_query_bind(const struct check_property *property,
                      const struct check_network *network, size_t k)
{
    size_t hidden = bind_counts(property, network, k);
    size_t input = 0;
    size_t output = 0;
    for (size_t i = 0; i < property->n_variables; i++) {
        const struct check_variable *variable = &property->variables[i];
        if (variable->network == k) {
            bind_tensor(
                property, network, variable,
                variable->hidden != NULL ? &network->output_tensors[hidden++]
                : variable->is_output    ? &network->output_tensors[output++]
                                         : &network->input_tensors[input++]);
        }
    }
}

/* The ends of a box, lower before upper. */
static void print_box(FILE *file, const struct check_atom *const *box, size_t n)
{
    mpq_t lower;
    mpq_init(lower);
    for (size_t i = 0; i < n; i++) {
        if (box[i] != NULL) {
            mpq_neg(lower, box[i]->rhs);
            (void)gmp_fprintf(
                file, "  x%zu %c%s %Qd\n", i / 2, i % 2 == 0 ? '>' : '<',
                box[i]->is_strict ? "" : "=", i % 2 == 0 ? lower : box[i]->rhs);
        }
    }
    mpq_clear(lower);
}

static void print_atom(FILE *file, const struct check_atom *atom)
{
    (void)fputs("   ", file);
    for (size_t i = 0; i < atom->n_terms; i++) {
        const struct check_term *term = &atom->terms[i];
        (void)gmp_fprintf(file, " %Zd*%c%zu", term->coefficient,
                          term->is_output ? 'y' : 'x', term->index);
    }
    (void)gmp_fprintf(file, " %s %Qd\n",
                      atom->is_strict ? "<" : "<=", atom->rhs);
}

void check_query_dump(FILE *file, const struct check_query *query)
{
    (void)fprintf(file, "query %zu inputs %zu outputs %zu cases\n",
                  query->n_inputs, query->n_outputs, query->n_cases);
    for (size_t k = 0; k < query->n_cases; k++) {
        const struct check_case *self = &query->cases[k];
        (void)fprintf(file, "case %zu\n", k);
        print_box(file, self->box, 2 * query->n_inputs);
        for (size_t i = 0; i < self->n_disjuncts; i++) {
            (void)fprintf(file, "  disjunct %zu\n", i);
            for (size_t a = 0; a < self->disjuncts[i].n_atoms; a++) {
                print_atom(file, self->disjuncts[i].atoms[a]);
            }
        }
    }
}

void check_query_require(const struct check_query *query,
                         const struct check_property *property,
                         const struct check_network *network, const char *path,
                         const unsigned char *hashes)
{
    static const char *const names[] = {"network", "property", "query"};
    FILE *file = tmpfile();
    if (file == NULL) {
        check_unsupported("temporary file: cannot be created");
    }
    check_query_dump(file, query);
    if (fseek(file, 0, SEEK_SET) != 0) {
        check_unsupported("temporary file: cannot be written");
    }
    struct check_bytes text = check_bytes_read(file, "what was read here");
    unsigned char property_hash[32];
    unsigned char query_hash[32];
    check_sha256(property_hash, property->file.data, property->file.n);
    check_sha256(query_hash, text.data, text.n);
    const unsigned char *used[] = {network->hash, property_hash, query_hash};
    const char *paths[] = {network->file.path, property->file.path, text.path};
    for (size_t i = 0; i < 3; i++) {
        if (memcmp(used[i], hashes + 32 * i, 32) != 0) {
            check_reject("%s: made for another %s than %s", path, names[i],
                         paths[i]);
        }
    }
    check_bytes_close(&text);
}
