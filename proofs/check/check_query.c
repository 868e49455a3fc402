/* Disjunctive normal form of a property, grouped by input box.
 * SPDX-License-Identifier: MIT */
#include "proofs/check/check_query.h"

#include "proofs/check/check_fail.h"

#include <stdint.h>
#include <string.h>

enum { MOST_CHOICES = 10000, MOST_STEPS = 1 << 22, MOST_WORDS = 1 << 26 };

struct atoms {
    size_t n;
    size_t capacity;
    const struct check_atom **data;
};

/*
 * The conjunction that is being put together, and the cases so far.
 *   bounds, rest  its atoms on one input each, and the others
 *   choices       [n_choices] `or` formulas still to be expanded, next last
 *   box           scratch: the box of a conjunction
 *   slots         [n_slots] hash table: 1 + number of a case, or 0
 *   n_steps       conjunctions begun; n_words: memory of the cases, about
 */
struct builder {
    struct check_query *query;
    const struct check_property *property;
    struct atoms bounds;
    struct atoms rest;
    size_t n_choices;
    size_t choices_capacity;
    const struct check_formula **choices;
    const struct check_atom **box;
    size_t n_slots;
    size_t *slots;
    size_t n_steps;
    size_t n_words;
};

static void add_atom(struct atoms *atoms, const struct check_atom *atom)
{
    if (atoms->n == atoms->capacity) {
        atoms->capacity = 2 * atoms->capacity + 8;
        atoms->data = check_resize(atoms->data, atoms->capacity,
                                   sizeof(struct check_atom *));
    }
    atoms->data[atoms->n++] = atom;
}

/* NOLINTBEGIN(misc-no-recursion): as deep as the formula or MOST_CHOICES. */

/* Adds atoms of nested `and`s in file order, and their `or`s to the choices.
 * False if a constant comparison does not hold. */
static bool gather(struct builder *builder, const struct check_formula *formula)
{
    const struct check_atom *atom = &formula->atom;
    bool is_possible = true;
    if (formula->connective == CHECK_OR) {
        if (builder->n_choices == builder->choices_capacity) {
            builder->choices_capacity = 2 * builder->choices_capacity + 8;
            builder->choices =
                check_resize(builder->choices, builder->choices_capacity,
                             sizeof(struct check_formula *));
        }
        builder->choices[builder->n_choices++] = formula;
    } else if (formula->connective == CHECK_AND) {
        for (const struct check_formula *child = formula->child; child != NULL;
             child = child->next) {
            is_possible = gather(builder, child) && is_possible;
        }
    } else if (atom->n_terms == 0) {
        const int sign = mpq_sgn(atom->rhs);
        is_possible = sign > 0 || (sign == 0 && !atom->is_strict);
    } else if (atom->n_terms == 1 && !atom->terms[0].is_output) {
        add_atom(&builder->bounds, atom);
    } else {
        add_atom(&builder->rest, atom);
    }
    return is_possible;
}

/* gather, and then the new choices lie in reverse order: first part last. */
static bool gather_in_order(struct builder *builder,
                            const struct check_formula *formula)
{
    const size_t start = builder->n_choices;
    const bool is_possible = gather(builder, formula);
    for (size_t i = start, k = builder->n_choices; i + 1 < k; i++) {
        const struct check_formula *moved = builder->choices[i];
        builder->choices[i] = builder->choices[--k];
        builder->choices[k] = moved;
    }
    return is_possible;
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
    mpq_t lower;
    mpq_init(lower);
    for (size_t i = 0; i < n_inputs && !has_gap; i++) {
        const struct check_atom *below = box[2 * i];
        const struct check_atom *above = box[2 * i + 1];
        if (below != NULL && above != NULL) {
            mpq_neg(lower, below->rhs);
            const int order = mpq_cmp(lower, above->rhs);
            has_gap = order > 0 ||
                      (order == 0 && (below->is_strict || above->is_strict));
        }
    }
    mpq_clear(lower);
    return has_gap;
}

static bool is_same_end(const struct check_atom *a, const struct check_atom *b)
{
    return a == b || (a != NULL && b != NULL && a->is_strict == b->is_strict &&
                      mpq_equal(a->rhs, b->rhs) != 0);
}

/* Slot of the case that has this box, or a free slot. */
static size_t find_slot(const struct builder *builder,
                        const struct check_atom *const *box)
{
    const size_t n_ends = 2 * builder->query->n_inputs;
    uint64_t hash = 0;
    for (size_t i = 0; i < n_ends; i++) {
        hash = (hash ^ (hash >> 29U)) * UINT64_C(0x9e3779b97f4a7c15) + 1;
        hash += box[i] == NULL ? 0
                               : mpz_get_ui(mpq_numref(box[i]->rhs)) * 5 +
                                     mpz_get_ui(mpq_denref(box[i]->rhs)) * 3;
    }
    size_t slot = (size_t)(hash ^ (hash >> 32U)) % builder->n_slots;
    while (builder->slots[slot] != 0) {
        const struct check_case *other =
            &builder->query->cases[builder->slots[slot] - 1];
        size_t i = 0;
        while (i < n_ends && is_same_end(box[i], other->box[i])) {
            i++;
        }
        if (i == n_ends) {
            break;
        }
        slot = (slot + 1) % builder->n_slots;
    }
    return slot;
}

/* The case of builder->box; a new one if there is none. */
static struct check_case *find_case(struct builder *builder)
{
    struct check_query *query = builder->query;
    if (2 * query->n_cases >= builder->n_slots) {
        builder->n_slots = 4 * query->n_cases + 64;
        check_free(builder->slots);
        builder->slots = check_alloc(builder->n_slots, sizeof *builder->slots);
        query->cases =
            check_resize(query->cases, builder->n_slots, sizeof *query->cases);
        for (size_t i = 0; i < query->n_cases; i++) {
            builder->slots[find_slot(builder, query->cases[i].box)] = i + 1;
        }
    }
    size_t *slot = &builder->slots[find_slot(builder, builder->box)];
    if (*slot == 0) {
        query->cases[query->n_cases] = (struct check_case){.box = builder->box};
        *slot = ++query->n_cases;
        builder->box =
            check_alloc(2 * query->n_inputs, sizeof(struct check_atom *));
        builder->n_words += 2 * query->n_inputs + 8;
    }
    return &query->cases[*slot - 1];
}

/* The conjunction becomes a disjunct of the case of its box. */
static void place(struct builder *builder)
{
    const size_t n_inputs = builder->query->n_inputs;
    const size_t n = builder->rest.n;
    for (size_t i = 0; i < 2 * n_inputs; i++) {
        builder->box[i] = NULL;
    }
    for (size_t i = 0; i < builder->bounds.n; i++) {
        tighten(builder->box, builder->bounds.data[i]);
    }
    if (is_empty(builder->box, n_inputs)) {
        return;
    }
    struct check_case *self = find_case(builder);
    if ((self->n_disjuncts & (self->n_disjuncts + 1)) == 0) {
        self->disjuncts =
            check_resize(self->disjuncts, 2 * self->n_disjuncts + 1,
                         sizeof *self->disjuncts);
    }
    struct check_disjunct *disjunct = &self->disjuncts[self->n_disjuncts++];
    disjunct->n_atoms = n;
    disjunct->atoms = check_alloc(n, sizeof(struct check_atom *));
    for (size_t i = 0; i < n; i++) {
        disjunct->atoms[i] = builder->rest.data[i];
    }
    builder->n_words += n + 8;
}

/* Expands the choices: the first one varies slowest. */
static void expand(struct builder *builder, size_t depth)
{
    if (builder->n_choices == 0) {
        place(builder);
        return;
    }
    const struct check_formula *choice = builder->choices[--builder->n_choices];
    const size_t start = builder->n_choices;
    const size_t n_bounds = builder->bounds.n;
    const size_t n_rest = builder->rest.n;
    for (const struct check_formula *child = choice->child; child != NULL;
         child = child->next) {
        if (builder->n_steps++ > MOST_STEPS || depth > MOST_CHOICES ||
            builder->n_words > MOST_WORDS) {
            check_unsupported("%s: the disjunctive normal form is too large",
                              builder->property->file.path);
        }
        if (gather_in_order(builder, child)) {
            expand(builder, depth + 1);
        }
        builder->n_choices = start;
        builder->bounds.n = n_bounds;
        builder->rest.n = n_rest;
    }
    builder->choices[builder->n_choices++] = choice;
}

/* NOLINTEND(misc-no-recursion) */

struct check_query *check_query_create(const struct check_property *property)
{
    struct check_query *query = check_alloc(1, sizeof *query);
    struct builder builder = {.query = query, .property = property};
    query->n_inputs = property->n_elements[0];
    query->n_outputs = property->n_elements[1];
    builder.box = check_alloc(2 * query->n_inputs, sizeof(struct check_atom *));
    if (gather_in_order(&builder, property->unsafe)) {
        expand(&builder, 0);
    }
    check_free(builder.bounds.data);
    check_free(builder.rest.data);
    check_free(builder.choices);
    check_free(builder.box);
    check_free(builder.slots);
    return query;
}

void check_query_free(struct check_query *query)
{
    for (size_t k = 0; k < query->n_cases; k++) {
        for (size_t i = 0; i < query->cases[k].n_disjuncts; i++) {
            check_free(query->cases[k].disjuncts[i].atoms);
        }
        check_free(query->cases[k].disjuncts);
        check_free(query->cases[k].box);
    }
    check_free(query->cases);
    check_free(query);
}

/* Version 1 counts the elements of all tensors. */
static void bind_counts(const struct check_property *property,
                        const struct check_network *network)
{
    if (property->n_elements[0] != network->n_inputs ||
        property->n_elements[1] != network->n_outputs) {
        check_unreadable("%s: %zu inputs and %zu outputs are declared, %s has "
                         "%zu and %zu",
                         property->file.path, property->n_elements[0],
                         property->n_elements[1], network->file.path,
                         network->n_inputs, network->n_outputs);
    }
}

void check_query_bind(const struct check_property *property,
                      const struct check_network *network)
{
    bool is_real = true;
    size_t n[2] = {0, 0};
    bind_counts(property, network);
    for (size_t i = 0; i < property->n_variables; i++) {
        is_real = is_real && property->variables[i].sort == CHECK_REAL_SORT;
        n[property->variables[i].is_output ? 1 : 0]++;
    }
    if (property->version == 2 && (n[0] != network->n_input_tensors ||
                                   n[1] != network->n_output_tensors)) {
        check_unreadable("%s: %zu input and %zu output tensors are declared, "
                         "%s has %zu and %zu",
                         property->file.path, n[0], n[1], network->file.path,
                         network->n_input_tensors, network->n_output_tensors);
    }
    for (size_t i = 0; i < property->n_variables; i++) {
        const struct check_variable *variable = &property->variables[i];
        const struct check_tensor *tensor =
            variable->is_output ? &network->output_tensors[i - n[0]]
                                : &network->input_tensors[i];
        const bool is_same_type = variable->sort == CHECK_FLOAT32_SORT
                                      ? tensor->type == CHECK_FLOAT32
                                  : variable->sort == CHECK_FLOAT64_SORT
                                      ? tensor->type == CHECK_FLOAT64
                                      : false;
        if (variable->n != tensor->n || (!is_real && !is_same_type)) {
            check_unreadable("%s: '%.*s' has another type or number of "
                             "elements than '%s' of %s",
                             property->file.path, (int)variable->n_name,
                             variable->name, tensor->name, network->file.path);
        }
    }
}

/* ` p/q`, or ` p` of an integer, times sign. */
static void print_number(FILE *file, const mpq_t value, int sign)
{
    mpq_t number;
    mpq_init(number);
    mpq_set(number, value);
    if (sign < 0) {
        mpq_neg(number, number);
    }
    char *text = check_alloc(mpz_sizeinbase(mpq_numref(number), 10) +
                                 mpz_sizeinbase(mpq_denref(number), 10) + 3,
                             1);
    (void)fprintf(file, " %s", mpq_get_str(text, 10, number));
    check_free(text);
    mpq_clear(number);
}

static void print_atom(FILE *file, const struct check_atom *atom)
{
    mpq_t coefficient;
    mpq_init(coefficient);
    (void)fputs("   ", file);
    for (size_t i = 0; i < atom->n_terms; i++) {
        const struct check_term *term = &atom->terms[i];
        mpq_set_z(coefficient, term->coefficient);
        print_number(file, coefficient, 1);
        (void)fprintf(file, "*%c%zu", term->is_output ? 'y' : 'x', term->index);
    }
    (void)fputs(atom->is_strict ? " <" : " <=", file);
    print_number(file, atom->rhs, 1);
    (void)fputs("\n", file);
    mpq_clear(coefficient);
}

static void print_end(FILE *file, const struct check_atom *end)
{
    if (end != NULL) {
        const int sign = mpz_sgn(end->terms[0].coefficient);
        (void)fprintf(file, "  x%zu %c%s", end->terms[0].index,
                      sign < 0 ? '>' : '<', end->is_strict ? "" : "=");
        print_number(file, end->rhs, sign);
        (void)fputs("\n", file);
    }
}

void check_query_dump(FILE *file, const struct check_query *query)
{
    (void)fprintf(file, "query %zu inputs %zu outputs %zu cases\n",
                  query->n_inputs, query->n_outputs, query->n_cases);
    for (size_t k = 0; k < query->n_cases; k++) {
        const struct check_case *self = &query->cases[k];
        (void)fprintf(file, "case %zu\n", k);
        for (size_t i = 0; i < 2 * query->n_inputs; i++) {
            print_end(file, self->box[i]);
        }
        for (size_t i = 0; i < self->n_disjuncts; i++) {
            (void)fprintf(file, "  disjunct %zu\n", i);
            for (size_t a = 0; a < self->disjuncts[i].n_atoms; a++) {
                print_atom(file, self->disjuncts[i].atoms[a]);
            }
        }
    }
}
