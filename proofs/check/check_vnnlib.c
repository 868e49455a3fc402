/* Reader of VNN-LIB 1 and 2, written from the grammar of the standard.
 * SPDX-License-Identifier: MIT */
#include "proofs/check/check_vnnlib.h"

#include "proofs/check/check_declare.h"
#include "proofs/check/check_fail.h"
#include "proofs/check/check_token.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* The differences of which a comparison says that they are not above 0: of
 * left - right, of right - left, or of both. */
enum { LEFT = 1, RIGHT = 2, BOTH = 3 };

static const struct relation {
    const char *word;
    int version; /* 0: both */
    bool is_strict;
    unsigned sides;
} relations[] = {{"<=", 0, false, LEFT},      {">=", 0, false, RIGHT},
                 {"<", 0, true, LEFT},        {">", 0, true, RIGHT},
                 {"=", 1, false, BOTH},       {"==", 2, false, BOTH},
                 {"distinct", 1, true, BOTH}, {"!=", 2, true, BOTH}};

enum { N_RELATIONS = sizeof relations / sizeof *relations };

/* What a comparison contains: literals, and variables of a sort. */
enum { INTEGER = 1, DECIMAL = 2, FIRST_SORT = 4 };

/* Takes a number, exactly, if the token spells one. Version 2: -? digits
 * (. digits)?; version 1 also signs +, exponents, and no digits on one side of
 * the point. */
static bool take_number(struct check_reader *reader)
{
    const bool is_old = reader->property->version == 1;
    const bool is_negative = *reader->word == '-';
    const bool has_sign = is_negative || (is_old && *reader->word == '+');
    char *whole = reader->word + (has_sign ? 1 : 0);
    const size_t n_whole = strspn(whole, CHECK_DIGITS);
    const bool has_point = whole[n_whole] == '.';
    char *fraction = whole + n_whole + (has_point ? 1 : 0);
    const size_t n_fraction = strspn(fraction, CHECK_DIGITS);
    char *end = fraction + n_fraction;
    char digits[CHECK_MOST_LENGTH + 2] = {is_negative ? '-' : '0'};
    long exponent = 0;
    if (is_old && check_is_one_of(*end, "eE")) {
        char *start = end + 1;
        exponent = strtol(start, &end, 10);
        end -= end == start ? 1 : 0;
    }
    if (*end != '\0' || n_whole + n_fraction == 0 ||
        (!is_old && (n_whole == 0 || (has_point && n_fraction == 0)))) {
        return false;
    }
    if (exponent > CHECK_MOST_LENGTH || exponent < -CHECK_MOST_LENGTH) {
        check_token_fail(reader, CHECK_REFUSED,
                         "numbers of more than 4096 digits");
    }
    memcpy(digits + 1, whole, n_whole);
    memcpy(digits + 1 + n_whole, fraction, n_fraction);
    exponent -= (long)n_fraction;
    (void)mpq_set_str(reader->number, digits, 10);
    mpz_ui_pow_ui(mpq_numref(reader->power), 10, (unsigned long)labs(exponent));
    (exponent < 0 ? mpq_div : mpq_mul)(reader->number, reader->number,
                                       reader->power);
    reader->contents |= has_point ? DECIMAL : INTEGER;
    check_token_next(reader);
    return true;
}

/* Version 1: true if the text is X_i or Y_i. */
static bool scan_name(uint64_t *variable, const char *text)
{
    size_t index = 0;
    const bool is_name = check_is_one_of(*text, "XY") && text[1] == '_' &&
                         check_scan_natural(&index, text + 2) &&
                         (text[2] != '0' || text[3] == '\0');
    *variable = (*text == 'Y' ? CHECK_OUTPUT : 0) + index;
    return is_name;
}

/* Version 2: NAME, or NAME[i, j, ...] if the tensor has dimensions. */
static void read_element(struct check_reader *reader)
{
    const struct check_variable *variable = check_token_variable(reader);
    size_t element = 0;
    if (variable == NULL) {
        check_token_fail(reader, CHECK_MALFORMED,
                         "a number, a declared variable or '('");
    }
    reader->contents |= (unsigned)FIRST_SORT << variable->sort;
    check_token_next(reader);
    for (size_t i = 0; i < variable->n_dims; i++) {
        size_t index = 0;
        check_token_take(reader, i == 0 ? "[" : ",");
        if (!check_scan_natural(&index, reader->word) ||
            index >= variable->dims[i]) {
            check_token_fail(reader, CHECK_MALFORMED,
                             "an index below the dimension");
        }
        element = element * variable->dims[i] + index;
        check_token_next(reader);
    }
    if (variable->n_dims > 0) {
        check_token_take(reader, "]");
    }
    (void)check_sum_append(&reader->sum,
                           (variable->is_output ? CHECK_OUTPUT : 0) +
                               variable->first + element);
}

/* NOLINTBEGIN(misc-no-recursion): at most MOST_DEPTH deep. */

static void read_sum(struct check_reader *reader);

/* (+ T+), (- T+) or (* T+) behind the parenthesis. */
static void read_operation(struct check_reader *reader)
{
    const size_t start = reader->sum.n;
    const char operation = *reader->word;
    mpq_t factor;
    if (!check_is_one_of(operation, "+-*") || reader->word[1] != '\0') {
        check_token_fail(reader, CHECK_MALFORMED, "one of the operators + - *");
    }
    mpq_init(factor);
    mpq_set_ui(factor, 1, 1);
    reader->has_product = reader->has_product || operation == '*';
    check_token_next(reader);
    do {
        const size_t mid = reader->sum.n;
        if (operation == '*' && take_number(reader)) {
            mpq_mul(factor, factor, reader->number);
        } else {
            read_sum(reader);
        }
        if (operation == '*' && mid > start && reader->sum.n > mid &&
            !check_monomials_multiply(&reader->property->monomials,
                                      &reader->sum, start, mid)) {
            check_token_fail(reader, CHECK_REFUSED,
                             "products so long, or of a degree above 8");
        }
        if (operation == '-' && (mid > start || check_token_is(reader, ")"))) {
            check_sum_negate(&reader->sum, mid);
        }
    } while (!check_token_accept(reader, ")"));
    if (reader->sum.n == start) {
        (void)check_sum_append(&reader->sum, CHECK_CONSTANT);
    }
    check_sum_multiply(&reader->sum, start, factor);
    mpq_clear(factor);
}

/* Appends the summands of an arithmetic expression. */
static void read_sum(struct check_reader *reader)
{
    const bool is_negated = *reader->word == '-';
    uint64_t variable = 0;
    if (take_number(reader)) {
        mpq_set(*check_sum_append(&reader->sum, CHECK_CONSTANT),
                reader->number);
    } else if (check_token_accept(reader, "(")) {
        read_operation(reader);
    } else if (reader->property->version == 1 &&
               scan_name(&variable, reader->word + (is_negated ? 1 : 0)) &&
               variable % CHECK_OUTPUT <
                   reader->property->n_elements[variable / CHECK_OUTPUT]) {
        mpq_set_si(*check_sum_append(&reader->sum, variable),
                   is_negated ? -1 : 1, 1);
        check_token_next(reader);
    } else {
        read_element(reader);
    }
}

static struct check_formula *new_formula(struct check_property *property,
                                         enum check_connective connective)
{
    struct check_formula *formula = check_alloc(1, sizeof *formula);
    formula->connective = connective;
    formula->older = property->newest;
    property->newest = formula;
    return formula;
}

/* Finishes left - right. In the first reading of a file with products or
 * several networks these are collected, in the second one they are put in. */
static void finish_sum(struct check_reader *reader, bool is_equation)
{
    struct check_property *property = reader->property;
    struct check_sum *sum = &reader->sum;
    if (property->monomials.is_finished) {
        check_ties_substitute(&property->ties, sum);
        for (size_t i = 0; i < sum->n; i++) {
            uint64_t *variable = &sum->data[i].variable;
            if (*variable >= CHECK_MONOMIAL && *variable < CHECK_CONSTANT) {
                *variable = *variable - CHECK_MONOMIAL + CHECK_OUTPUT +
                            property->n_elements[1];
            }
        }
    }
    check_sum_finish(sum);
    if (!property->monomials.is_finished) {
        check_monomials_use(&property->monomials, sum);
        if (is_equation && property->n_networks > 1 && reader->n_choices == 0 &&
            !reader->has_product) {
            check_ties_add(&property->ties, sum);
        }
    }
}

/* Two expressions. */
static struct check_formula *read_comparison(struct check_reader *reader,
                                             const struct relation *relation)
{
    const bool is_or = relation->is_strict && relation->sides == BOTH;
    struct check_formula *formula =
        new_formula(reader->property, is_or ? CHECK_OR : CHECK_AND);
    struct check_formula **last = &formula->child;
    reader->contents = 0;
    reader->has_product = false;
    reader->sum.n = 0;
    read_sum(reader);
    const size_t mid = reader->sum.n;
    read_sum(reader);
    const unsigned sorts = reader->contents / FIRST_SORT;
    const unsigned literals = reader->contents % FIRST_SORT;
    if (reader->property->version == 2 &&
        ((sorts & (sorts - 1U)) != 0 ||
         (sorts > 1U << CHECK_REAL_SORT && (literals & INTEGER) != 0) ||
         (sorts == 0 && literals == (INTEGER | DECIMAL)))) {
        check_token_fail(reader, CHECK_MALFORMED, "a comparison of one type");
    }
    check_sum_negate(&reader->sum, mid);
    finish_sum(reader, !relation->is_strict && relation->sides == BOTH);
    for (unsigned side = LEFT; side <= RIGHT; side++) {
        if ((relation->sides & side) != 0) {
            *last = new_formula(reader->property, CHECK_ATOM);
            check_atom_init(&(*last)->atom, &reader->sum, relation->is_strict);
            last = &(*last)->next;
        }
        check_sum_negate(&reader->sum, 0);
    }
    return formula;
}

/* A Boolean expression. */
static struct check_formula *read_formula(struct check_reader *reader)
{
    const int version = reader->property->version;
    struct check_formula *formula = NULL;
    check_token_take(reader, "(");
    for (size_t i = 0; i < N_RELATIONS && formula == NULL; i++) {
        if ((relations[i].version == 0 || relations[i].version == version) &&
            check_token_accept(reader, relations[i].word)) {
            formula = read_comparison(reader, &relations[i]);
        }
    }
    if (formula == NULL) {
        const bool is_and = check_token_is(reader, "and");
        if (!is_and && !check_token_is(reader, "or")) {
            check_token_fail(reader, CHECK_MALFORMED,
                             "and, or, or a comparison");
        }
        check_token_next(reader);
        reader->n_choices += is_and ? 0 : 1;
        formula = new_formula(reader->property, is_and ? CHECK_AND : CHECK_OR);
        struct check_formula **last = &formula->child;
        while (!check_token_is(reader, ")") ||
               (formula->child == NULL && version == 2)) {
            *last = read_formula(reader);
            last = &(*last)->next;
        }
        reader->n_choices -= is_and ? 0 : 1;
    }
    check_token_take(reader, ")");
    return formula;
}

/* NOLINTEND(misc-no-recursion) */

/* `declare-const NAME Real` or `declare-fun NAME () Real`: X_0, X_1, ... and
 * Y_0, Y_1, ... in this order. */
static void read_declaration(struct check_reader *reader)
{
    size_t *n_elements = reader->property->n_elements;
    uint64_t variable = 0;
    const bool is_function = check_token_is(reader, "declare-fun");
    check_token_next(reader);
    if (!scan_name(&variable, reader->word) ||
        variable % CHECK_OUTPUT != n_elements[variable / CHECK_OUTPUT]) {
        check_token_fail(reader, CHECK_MALFORMED,
                         "the next of X_0, X_1, ... or Y_0, Y_1, ...");
    }
    n_elements[variable / CHECK_OUTPUT]++;
    check_token_next(reader);
    if (is_function) {
        check_token_take(reader, "(");
        check_token_take(reader, ")");
    }
    check_token_take(reader, "Real");
}

/* All commands, behind the parenthesis of the first one. Version 1 may end in
 * check-sat, get-model and exit, which say nothing. */
static void read_commands(struct check_reader *reader)
{
    struct check_formula **last = &reader->property->unsafe->child;
    const bool is_old = reader->property->version == 1;
    for (bool is_over = false;; check_token_take(reader, "(")) {
        if (!is_old && reader->text[-1] != '(') {
            check_token_fail(reader, CHECK_MALFORMED, "no blank after '('");
        }
        if (is_old && (check_token_accept(reader, "check-sat") ||
                       check_token_accept(reader, "get-model") ||
                       check_token_accept(reader, "exit"))) {
            is_over = true;
        } else if (!is_over && check_token_accept(reader, "assert")) {
            *last = read_formula(reader);
            last = &(*last)->next;
        } else if (!is_over && is_old &&
                   (check_token_is(reader, "declare-const") ||
                    check_token_is(reader, "declare-fun"))) {
            read_declaration(reader);
        } else {
            check_token_fail(
                reader, CHECK_REFUSED,
                "commands but assert and declarations, several networks");
        }
        check_token_take(reader, ")");
        if (check_token_is(reader, "")) {
            return;
        }
    }
}

/* Forgets what was read, but for products and ties. */
static void forget(struct check_property *property)
{
    while (property->newest != NULL) {
        struct check_formula *formula = property->newest;
        property->newest = formula->older;
        if (formula->connective == CHECK_ATOM) {
            check_atom_clear(&formula->atom);
        }
        check_free(formula);
    }
    check_free(property->variables);
    check_free(property->networks);
    property->variables = NULL;
    property->networks = NULL;
    property->n_variables = 0;
    property->n_networks = 0;
    property->n_elements[0] = property->n_elements[1] = 0;
}

static void read_property(struct check_property *property)
{
    struct check_reader reader = {.property = property};
    property->unsafe = new_formula(property, CHECK_AND);
    mpq_inits(reader.power, reader.number, NULL);
    reader.text = (const char *)property->file.data;
    check_token_next(&reader);
    check_token_take(&reader, "(");
    property->version = check_token_is(&reader, "vnnlib-version") ? 2 : 1;
    if (property->version == 2) {
        check_read_networks(&reader);
    } else {
        property->n_networks = 1;
    }
    read_commands(&reader);
    if (property->monomials.n > 0) {
        check_prepare_ties(&reader);
    }
    if (property->unsafe->child == NULL) {
        check_token_fail(&reader, CHECK_MALFORMED, "an assertion");
    }
    mpq_clears(reader.power, reader.number, NULL);
    check_sum_clear(&reader.sum);
}

struct check_property *check_property_load(const char *path)
{
    struct check_property *property = check_alloc(1, sizeof *property);
    property->file = check_bytes_open(path);
    read_property(property);
    if (property->n_networks > 1 || property->monomials.n > 0) {
        check_monomials_finish(&property->monomials);
        check_ties_finish(&property->ties);
        property->n_products = property->monomials.n;
        forget(property);
        read_property(property);
    }
    return property;
}

void check_property_free(struct check_property *property)
{
    forget(property);
    check_ties_clear(&property->ties);
    check_free(property->monomials.data);
    check_bytes_close(&property->file);
    check_free(property);
}
