/* Reader of VNN-LIB 1 and 2, written from the grammar of the standard.
 * SPDX-License-Identifier: MIT */
#include "proofs/check/check_vnnlib.h"

#include "proofs/check/check_fail.h"
#include "proofs/check/check_token.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Signs that left - right has where a comparison holds. */
enum { NEGATIVE = 1, ZERO = 2, POSITIVE = 4 };

static const struct {
    const char *word;
    int version; /* 0: both */
    unsigned signs;
} relations[] = {{"<=", 0, NEGATIVE | ZERO},
                 {">=", 0, POSITIVE | ZERO},
                 {"<", 0, NEGATIVE},
                 {">", 0, POSITIVE},
                 {"=", 1, ZERO},
                 {"==", 2, ZERO},
                 {"distinct", 1, NEGATIVE | POSITIVE},
                 {"!=", 2, NEGATIVE | POSITIVE}};

enum { N_RELATIONS = sizeof relations / sizeof *relations };

/* value * v; X_i is variable i, Y_i is OUTPUT + i, CONSTANT is 1. */
#define OUTPUT   ((uint64_t)1 << 40U)
#define CONSTANT (2 * OUTPUT)

struct summand {
    uint64_t variable;
    mpq_t value;
};

/* What a comparison contains: literals, and variables of a sort. */
enum { INTEGER = 1, DECIMAL = 2, FIRST_SORT = 4 };

/*
 * The token read last, and the comparison that is being read.
 *   sum       [n] the summands of left - right
 *   contents  INTEGER, DECIMAL and FIRST_SORT << sort, added up
 */
struct reader {
    struct check_property *property;
    struct check_token token;
    size_t n;
    struct summand *sum;
    unsigned contents;
};

/* Appends number * variable. */
static mpq_t *push(struct reader *reader, uint64_t variable, long number)
{
    reader->sum = check_resize(reader->sum, reader->n + 1, sizeof *reader->sum);
    struct summand *summand = &reader->sum[reader->n++];
    summand->variable = variable;
    mpq_init(summand->value);
    mpq_set_si(summand->value, number, 1);
    return &summand->value;
}

/* Version 1: true if the word, from text on, is X_i or Y_i. */
static bool scan_name(uint64_t *variable, const struct reader *reader,
                      const char *text)
{
    const char *end = reader->token.text + reader->token.length;
    size_t index = 0;
    if (end - text < 3 || (*text != 'X' && *text != 'Y') || text[1] != '_' ||
        !check_scan_natural(&index, text + 2, (size_t)(end - text) - 2) ||
        (text[2] == '0' && end - text > 3)) {
        return false;
    }
    *variable = (*text == 'Y' ? OUTPUT : 0) + index;
    return true;
}

static bool is_named(const struct check_variable *variable,
                     const struct reader *reader)
{
    return variable->n_name == reader->token.length &&
           memcmp(variable->name, reader->token.text, reader->token.length) ==
               0;
}

static const struct check_variable *find_variable(const struct reader *reader)
{
    const struct check_property *property = reader->property;
    size_t i = 0;
    while (i < property->n_variables &&
           !is_named(&property->variables[i], reader)) {
        i++;
    }
    return i == property->n_variables ? NULL : &property->variables[i];
}

/* Version 2: NAME, or NAME[i, j, ...] if the tensor has dimensions. */
static void read_element(struct reader *reader)
{
    const struct check_variable *variable = find_variable(reader);
    size_t element = 0;
    if (variable == NULL) {
        check_token_expected(&reader->token,
                             "a number, a declared variable or '('");
    }
    reader->contents |= (unsigned)FIRST_SORT << variable->sort;
    check_token_next(&reader->token);
    for (size_t i = 0; i < variable->n_dims; i++) {
        size_t index = 0;
        check_token_take(&reader->token, i == 0 ? "[" : ",");
        if (!check_scan_natural(&index, reader->token.text,
                                reader->token.length) ||
            index >= variable->dims[i]) {
            check_token_expected(&reader->token,
                                 "an index below the dimension");
        }
        element = element * variable->dims[i] + index;
        check_token_next(&reader->token);
    }
    if (variable->n_dims > 0) {
        check_token_take(&reader->token, "]");
    }
    element += variable->first;
    (void)push(reader, variable->is_output ? OUTPUT + element : element, 1);
}

static void negate_from(struct reader *reader, size_t start)
{
    for (size_t i = start; i < reader->n; i++) {
        mpq_neg(reader->sum[i].value, reader->sum[i].value);
    }
}

/* NOLINTBEGIN(misc-no-recursion): at most CHECK_MOST_DEPTH deep. */

static void read_sum(struct reader *reader);

/* Takes a number if there is one. */
static bool take_number(mpq_t value, struct reader *reader)
{
    const char *text = reader->token.text;
    if (!check_scan_number(value, &reader->token, reader->property->version)) {
        return false;
    }
    reader->contents |=
        memchr(text, '.', reader->token.length) == NULL ? INTEGER : DECIMAL;
    check_token_next(&reader->token);
    return true;
}

/* The operands of a product: numbers, and at most one other expression. */
static void read_product(struct reader *reader)
{
    const size_t start = reader->n;
    mpq_t number;
    mpq_t factor;
    mpq_inits(number, factor, NULL);
    mpq_set_ui(factor, 1, 1);
    do {
        if (take_number(number, reader)) {
            mpq_mul(factor, factor, number);
        } else if (reader->n == start) {
            read_sum(reader);
        } else {
            check_token_refuse(&reader->token, "products of two expressions");
        }
    } while (!check_token_is(&reader->token, ")"));
    if (reader->n == start) {
        (void)push(reader, CONSTANT, 1);
    }
    for (size_t i = start; i < reader->n; i++) {
        mpq_mul(reader->sum[i].value, reader->sum[i].value, factor);
    }
    mpq_clears(number, factor, NULL);
}

/* (+ T+), (- T+) or (* T+). */
static void read_operation(struct reader *reader)
{
    const size_t start = reader->n;
    const bool is_difference = check_token_is(&reader->token, "-");
    const bool is_product = check_token_is(&reader->token, "*");
    if (!is_difference && !is_product && !check_token_is(&reader->token, "+")) {
        check_token_expected(&reader->token, "one of the operators + - *");
    }
    check_token_next(&reader->token);
    if (is_product) {
        read_product(reader);
    } else {
        read_sum(reader);
    }
    if (is_difference && check_token_is(&reader->token, ")")) {
        negate_from(reader, start);
    }
    while (!check_token_is(&reader->token, ")")) {
        const size_t mid = reader->n;
        read_sum(reader);
        if (is_difference) {
            negate_from(reader, mid);
        }
    }
    check_token_take(&reader->token, ")");
}

/* Appends the summands of an arithmetic expression. */
static void read_sum(struct reader *reader)
{
    const char *text = reader->token.text;
    const bool is_negated = *text == '-';
    uint64_t variable = 0;
    mpq_t number;
    mpq_init(number);
    if (take_number(number, reader)) {
        mpq_set(*push(reader, CONSTANT, 0), number);
    } else if (check_token_is(&reader->token, "(")) {
        check_token_next(&reader->token);
        read_operation(reader);
    } else if (reader->property->version == 1 &&
               scan_name(&variable, reader, text + (is_negated ? 1 : 0)) &&
               variable % OUTPUT <
                   reader->property->n_elements[variable / OUTPUT]) {
        (void)push(reader, variable, is_negated ? -1 : 1);
        check_token_next(&reader->token);
    } else {
        read_element(reader);
    }
    mpq_clear(number);
}

static int compare(const void *a, const void *b)
{
    const uint64_t left = ((const struct summand *)a)->variable;
    const uint64_t right = ((const struct summand *)b)->variable;
    return (left > right) - (left < right);
}

/* Sorts the summands and adds up those of one variable; drops those of value
 * 0, but the last one is then the constant in any case. */
static void collect(struct reader *reader)
{
    size_t n = 0;
    (void)push(reader, CONSTANT, 0);
    struct summand *sum = reader->sum;
    qsort(sum, reader->n, sizeof *sum, compare);
    for (size_t i = 1; i < reader->n; i++) {
        if (compare(&sum[n], &sum[i]) == 0) {
            mpq_add(sum[n].value, sum[n].value, sum[i].value);
        } else {
            n += mpq_sgn(sum[n].value) == 0 ? 0 : 1;
            sum[n].variable = sum[i].variable;
            mpq_set(sum[n].value, sum[i].value);
        }
    }
    while (reader->n > n + 1) {
        mpq_clear(sum[--reader->n].value);
    }
}

static struct check_formula *new_formula(enum check_connective connective)
{
    struct check_formula *formula = check_alloc(1, sizeof *formula);
    formula->connective = connective;
    return formula;
}

/* sum <= 0, or < 0, scaled as check_atom says. */
static struct check_formula *new_atom(const struct reader *reader,
                                      bool is_strict)
{
    struct check_formula *formula = new_formula(CHECK_ATOM);
    struct check_atom *atom = &formula->atom;
    const struct summand *sum = reader->sum;
    mpq_t scale;
    mpq_init(scale);
    mpq_set_ui(scale, 1, 1);
    mpq_init(atom->rhs);
    atom->is_strict = is_strict;
    atom->n_terms = reader->n - 1;
    atom->terms = check_alloc(atom->n_terms, sizeof *atom->terms);
    for (size_t i = 0; i < atom->n_terms; i++) {
        mpz_lcm(mpq_numref(scale), mpq_numref(scale), mpq_denref(sum[i].value));
    }
    if (atom->n_terms == 1 && sum->variable < OUTPUT) {
        mpq_abs(scale, sum->value);
        mpq_inv(scale, scale);
    }
    for (size_t i = 0; i < atom->n_terms; i++) {
        mpq_mul(atom->rhs, sum[i].value, scale);
        atom->terms[i].is_output = sum[i].variable >= OUTPUT;
        atom->terms[i].index = sum[i].variable % OUTPUT;
        mpz_init_set(atom->terms[i].coefficient, mpq_numref(atom->rhs));
    }
    mpq_mul(atom->rhs, sum[atom->n_terms].value, scale);
    mpq_neg(atom->rhs, atom->rhs);
    mpq_clear(scale);
    return formula;
}

/* Two expressions; equations and disequalities are pairs of atoms. */
static struct check_formula *read_comparison(struct reader *reader,
                                             unsigned signs)
{
    const bool is_strict = (signs & ZERO) == 0;
    reader->contents = 0;
    read_sum(reader);
    const size_t mid = reader->n;
    read_sum(reader);
    const unsigned sorts = reader->contents / FIRST_SORT;
    const unsigned literals = reader->contents % FIRST_SORT;
    if (reader->property->version == 2 &&
        ((sorts & (sorts - 1U)) != 0 ||
         (sorts > 1U << CHECK_REAL_SORT && (literals & INTEGER) != 0) ||
         (sorts == 0 && literals == (INTEGER | DECIMAL)))) {
        check_token_expected(&reader->token, "a comparison of one type");
    }
    negate_from(reader, mid);
    collect(reader);
    if (signs != ZERO && (signs & NEGATIVE) == 0) {
        negate_from(reader, 0);
    }
    struct check_formula *formula = new_atom(reader, is_strict);
    if (signs == ZERO || signs == (NEGATIVE | POSITIVE)) {
        struct check_formula *pair =
            new_formula(is_strict ? CHECK_OR : CHECK_AND);
        negate_from(reader, 0);
        pair->child = formula;
        formula->next = new_atom(reader, is_strict);
        formula = pair;
    }
    while (reader->n > 0) {
        mpq_clear(reader->sum[--reader->n].value);
    }
    return formula;
}

/* A Boolean expression. */
static struct check_formula *read_formula(struct reader *reader)
{
    struct check_formula *formula = NULL;
    check_token_take(&reader->token, "(");
    for (size_t i = 0; i < N_RELATIONS && formula == NULL; i++) {
        const int version = relations[i].version;
        if (check_token_is(&reader->token, relations[i].word) &&
            (version == 0 || version == reader->property->version)) {
            check_token_next(&reader->token);
            formula = read_comparison(reader, relations[i].signs);
        }
    }
    if (formula == NULL) {
        formula = new_formula(check_token_is(&reader->token, "and") ? CHECK_AND
                                                                    : CHECK_OR);
        if (!check_token_is(&reader->token, "and") &&
            !check_token_is(&reader->token, "or")) {
            check_token_expected(&reader->token, "and, or, or a comparison");
        }
        check_token_next(&reader->token);
        struct check_formula **last = &formula->child;
        while (!check_token_is(&reader->token, ")") ||
               (formula->child == NULL && reader->property->version == 2)) {
            *last = read_formula(reader);
            last = &(*last)->next;
        }
    }
    check_token_take(&reader->token, ")");
    return formula;
}

static void free_formula(struct check_formula *formula)
{
    while (formula != NULL) {
        struct check_formula *next = formula->next;
        free_formula(formula->child);
        for (size_t i = 0; i < formula->atom.n_terms; i++) {
            mpz_clear(formula->atom.terms[i].coefficient);
        }
        if (formula->connective == CHECK_ATOM) {
            mpq_clear(formula->atom.rhs);
        }
        check_free(formula->atom.terms);
        check_free(formula);
        formula = next;
    }
}

/* NOLINTEND(misc-no-recursion) */

/* `declare-const NAME Real` or `declare-fun NAME () Real`: X_0, X_1, ... and
 * Y_0, Y_1, ... in this order. */
static void read_declaration(struct reader *reader)
{
    size_t *n_elements = reader->property->n_elements;
    uint64_t variable = 0;
    const bool is_function = check_token_is(&reader->token, "declare-fun");
    check_token_next(&reader->token);
    if (!scan_name(&variable, reader, reader->token.text) ||
        variable % OUTPUT != n_elements[variable / OUTPUT]) {
        check_token_expected(&reader->token,
                             "the next of X_0, X_1, ... or Y_0, Y_1, ...");
    }
    n_elements[variable / OUTPUT]++;
    check_token_next(&reader->token);
    if (is_function) {
        check_token_take(&reader->token, "(");
        check_token_take(&reader->token, ")");
    }
    check_token_take(&reader->token, "Real");
}

/* Version 2, a new name: letter (letter | digit | _)*, not a keyword. */
static void read_name(struct reader *reader, struct check_variable *variable)
{
    bool is_name = find_variable(reader) == NULL &&
                   !check_token_is(&reader->token, "and") &&
                   !check_token_is(&reader->token, "or") &&
                   !check_token_is(&reader->token, "assert");
    variable->name = reader->token.text;
    variable->n_name = reader->token.length;
    for (size_t i = 0; i < reader->token.length; i++) {
        const char letter = (char)(variable->name[i] | 0x20);
        is_name = is_name && ((letter >= 'a' && letter <= 'z') ||
                              (i > 0 && (check_is_digit(variable->name[i]) ||
                                         variable->name[i] == '_')));
    }
    if (!is_name) {
        check_token_expected(&reader->token,
                             "a new name (letters, digits, '_')");
    }
    check_token_next(&reader->token);
}

/* The type of a tensor, and [] or [n, n, ...]. */
static void read_shape(struct reader *reader, struct check_variable *variable)
{
    variable->sort =
        check_token_is(&reader->token, "float32")   ? CHECK_FLOAT32_SORT
        : check_token_is(&reader->token, "float64") ? CHECK_FLOAT64_SORT
                                                    : CHECK_REAL_SORT;
    if (variable->sort == CHECK_REAL_SORT &&
        !check_token_is(&reader->token, "real") &&
        !check_token_is(&reader->token, "Real")) {
        check_token_refuse(&reader->token,
                           "types other than real, float32, float64");
    }
    check_token_next(&reader->token);
    check_token_take(&reader->token, "[");
    variable->n = 1;
    for (size_t dim = 0; !check_token_is(&reader->token, "]");
         variable->n *= dim) {
        if (variable->n_dims > 0) {
            check_token_take(&reader->token, ",");
        }
        if (!check_scan_natural(&dim, reader->token.text,
                                reader->token.length) ||
            dim == 0) {
            check_token_expected(&reader->token, "a dimension of at least 1");
        }
        if (dim > UINT32_MAX / variable->n ||
            variable->n_dims == CHECK_MOST_DIMS) {
            check_token_refuse(&reader->token, "2^32 elements or 9 dimensions");
        }
        variable->dims[variable->n_dims++] = dim;
        check_token_next(&reader->token);
    }
    check_token_next(&reader->token);
}

/* `declare-input NAME TYPE shape` or -output. */
static void read_tensor(struct reader *reader,
                        const struct check_variable *network)
{
    struct check_property *property = reader->property;
    struct check_variable variable = {0};
    variable.is_output = check_token_is(&reader->token, "declare-output");
    if (check_token_is(&reader->token, "declare-hidden") ||
        check_token_is(&reader->token, "equal-to") ||
        check_token_is(&reader->token, "isomorphic-to")) {
        check_token_refuse(&reader->token, "hidden tensors, several networks");
    }
    if (!variable.is_output &&
        (!check_token_is(&reader->token, "declare-input") ||
         property->n_elements[1] > 0)) {
        check_token_expected(&reader->token, "inputs, then outputs");
    }
    check_token_next(&reader->token);
    if (is_named(network, reader)) {
        check_token_expected(&reader->token, "another name than the network's");
    }
    read_name(reader, &variable);
    read_shape(reader, &variable);
    size_t *n = &property->n_elements[variable.is_output ? 1 : 0];
    variable.first = *n;
    *n += variable.n;
    property->variables =
        check_resize(property->variables, property->n_variables + 1,
                     sizeof *property->variables);
    property->variables[property->n_variables++] = variable;
}

/* Version 2, from `vnnlib-version` to the end of the network. */
static void read_network(struct reader *reader)
{
    const struct check_property *property = reader->property;
    check_token_next(&reader->token);
    if (!check_token_is(&reader->token, "<2.0>") &&
        !check_token_is(&reader->token, "<2.1>")) {
        check_token_expected(&reader->token, "version <2.0> or <2.1>");
    }
    check_token_next(&reader->token);
    check_token_take(&reader->token, ")");
    check_token_take(&reader->token, "(");
    check_token_take(&reader->token, "declare-network");
    struct check_variable network = {0};
    read_name(reader, &network);
    do {
        check_token_take(&reader->token, "(");
        read_tensor(reader, &network);
        check_token_take(&reader->token, ")");
    } while (!check_token_is(&reader->token, ")"));
    if (property->n_elements[1] == 0) {
        check_token_expected(&reader->token, "an output");
    }
    check_token_take(&reader->token, ")");
}

struct check_property *check_property_load(const char *path)
{
    struct check_property *property = check_alloc(1, sizeof *property);
    struct reader reader = {.property = property};
    property->file = check_bytes_open(path);
    property->unsafe = new_formula(CHECK_AND);
    struct check_formula **last = &property->unsafe->child;
    reader.token = check_token_first(&property->file);
    check_token_take(&reader.token, "(");
    property->version = check_token_is(&reader.token, "vnnlib-version") ? 2 : 1;
    if (property->version == 2) {
        read_network(&reader);
        check_token_take(&reader.token, "(");
    }
    for (;;) {
        if (property->version == 2 && reader.token.text[-1] != '(') {
            check_token_expected(&reader.token, "no blank after '('");
        }
        if (check_token_is(&reader.token, "assert")) {
            check_token_next(&reader.token);
            *last = read_formula(&reader);
            last = &(*last)->next;
        } else if (property->version == 1 &&
                   (check_token_is(&reader.token, "declare-const") ||
                    check_token_is(&reader.token, "declare-fun"))) {
            read_declaration(&reader);
        } else {
            check_token_refuse(
                &reader.token,
                "commands but assert and declarations, several networks");
        }
        check_token_take(&reader.token, ")");
        if (reader.token.length == 0) {
            break;
        }
        check_token_take(&reader.token, "(");
    }
    if (property->unsafe->child == NULL) {
        check_token_expected(&reader.token, "an assertion");
    }
    check_free(reader.sum);
    return property;
}

void check_property_free(struct check_property *property)
{
    free_formula(property->unsafe);
    check_free(property->variables);
    check_bytes_close(&property->file);
    check_free(property);
}
