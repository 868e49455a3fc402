/* Reader of VNN-LIB 1 and 2, written from the grammar of the standard.
 * SPDX-License-Identifier: MIT */
#include "proofs/check/check_vnnlib.h"

#include "proofs/check/check_fail.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { MALFORMED = 3, REFUSED = 4, MOST_DEPTH = 1000, MOST_LENGTH = 4096 };

#define DIGITS  "0123456789"
#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

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

/*
 * The token, and the comparison that is being read.
 *   text      where the token starts in the file
 *   word      its characters: one of ( ) [ ] , or printable ASCII but these
 *             and ; " |, or none at the end of the file. Blanks and comments
 *             (; to the end of the line) separate words
 *   depth     parentheses that are open before the token
 *   network   [n_network] version 2: its name
 *   sum       left - right
 *   number    taken last; power: of 10, for it
 *   contents  INTEGER, DECIMAL and FIRST_SORT << sort, added up
 */
struct reader {
    struct check_property *property;
    const char *text;
    char word[MOST_LENGTH + 1];
    size_t depth;
    const char *network;
    size_t n_network;
    struct check_sum sum;
    unsigned contents;
    mpq_t number;
    mpq_t power;
};

/* Exit 3, malformed, or exit 4, not supported, with the token's place. */
static _Noreturn void fail(const struct reader *reader, int status,
                           const char *what)
{
    size_t line = 1;
    size_t column = 1;
    for (const char *at = (const char *)reader->property->file.data;
         at < reader->text; at++) {
        column = *at == '\n' ? 1 : column + 1;
        line += *at == '\n' ? 1 : 0;
    }
    check_fail(status, "%s:%zu:%zu: %s %s, found '%s'",
               reader->property->file.path, line, column,
               status == MALFORMED ? "expected" : "not supported:", what,
               reader->word);
}

static bool is(const struct reader *reader, const char *text)
{
    return strcmp(reader->word, text) == 0;
}

static bool is_name(const struct reader *reader, const char *name, size_t n)
{
    return strlen(reader->word) == n && memcmp(reader->word, name, n) == 0;
}

static bool is_one_of(char c, const char *set)
{
    return c != '\0' && strchr(set, c) != NULL;
}

/* Goes on to the next token. */
static void next(struct reader *reader)
{
    const struct check_bytes *file = &reader->property->file;
    const char *end = (const char *)file->data + file->n;
    const char *at = reader->text + strlen(reader->word);
    size_t n = 0;
    reader->depth += is(reader, "(") ? 1 : 0;
    reader->depth -= is(reader, ")") ? 1 : 0;
    if (reader->depth > MOST_DEPTH) {
        fail(reader, REFUSED, "parentheses nested deeper than 1000");
    }
    for (bool is_comment = false;
         at < end && (is_comment || is_one_of(*at, " \t\r\n;")); at++) {
        is_comment = *at == ';' || (is_comment && *at != '\n');
    }
    while (at + n < end && at[n] > ' ' && at[n] < 127 &&
           !is_one_of(at[n], "()[],;\"|")) {
        n++;
    }
    reader->text = at;
    reader->word[0] = '\0';
    if (n > MOST_LENGTH) {
        fail(reader, REFUSED, "words of more than 4096 characters");
    }
    n += n == 0 && at < end && is_one_of(*at, "()[],") ? 1 : 0;
    if (n == 0 && (at < end || reader->depth > 0)) {
        fail(reader, MALFORMED,
             at < end ? "a word, a parenthesis or a bracket" : "')'");
    }
    memcpy(reader->word, at, n);
    reader->word[n] = '\0';
}

/* Goes on if the token is `text`. */
static bool accept(struct reader *reader, const char *text)
{
    if (!is(reader, text)) {
        return false;
    }
    next(reader);
    return true;
}

static void take(struct reader *reader, const char *text)
{
    if (!accept(reader, text)) {
        fail(reader, MALFORMED, text);
    }
}

/* One to ten digits. */
static bool scan_natural(size_t *value, const char *text)
{
    const size_t n = strspn(text, DIGITS);
    *value = n <= 10 ? strtoull(text, NULL, 10) : 0;
    return n > 0 && n <= 10 && text[n] == '\0';
}

/* Takes a number, exactly, if the token spells one. Version 2: -? digits
 * (. digits)?; version 1 also signs +, exponents, and no digits on one side of
 * the point. */
static bool take_number(struct reader *reader)
{
    const bool is_old = reader->property->version == 1;
    const bool is_negative = *reader->word == '-';
    const bool has_sign = is_negative || (is_old && *reader->word == '+');
    char *whole = reader->word + (has_sign ? 1 : 0);
    const size_t n_whole = strspn(whole, DIGITS);
    const bool has_point = whole[n_whole] == '.';
    char *fraction = whole + n_whole + (has_point ? 1 : 0);
    const size_t n_fraction = strspn(fraction, DIGITS);
    char *end = fraction + n_fraction;
    char digits[MOST_LENGTH + 2] = {is_negative ? '-' : '0'};
    long exponent = 0;
    if (is_old && is_one_of(*end, "eE")) {
        char *start = end + 1;
        exponent = strtol(start, &end, 10);
        end -= end == start ? 1 : 0;
    }
    if (*end != '\0' || n_whole + n_fraction == 0 ||
        (!is_old && (n_whole == 0 || (has_point && n_fraction == 0)))) {
        return false;
    }
    if (exponent > MOST_LENGTH || exponent < -MOST_LENGTH) {
        fail(reader, REFUSED, "numbers of more than 4096 digits");
    }
    memcpy(digits + 1, whole, n_whole);
    memcpy(digits + 1 + n_whole, fraction, n_fraction);
    exponent -= (long)n_fraction;
    (void)mpq_set_str(reader->number, digits, 10);
    mpz_ui_pow_ui(mpq_numref(reader->power), 10, (unsigned long)labs(exponent));
    (exponent < 0 ? mpq_div : mpq_mul)(reader->number, reader->number,
                                       reader->power);
    reader->contents |= has_point ? DECIMAL : INTEGER;
    next(reader);
    return true;
}

/* Version 1: true if the text is X_i or Y_i. */
static bool scan_name(uint64_t *variable, const char *text)
{
    size_t index = 0;
    const bool is_name = is_one_of(*text, "XY") && text[1] == '_' &&
                         scan_natural(&index, text + 2) &&
                         (text[2] != '0' || text[3] == '\0');
    *variable = (*text == 'Y' ? CHECK_OUTPUT : 0) + index;
    return is_name;
}

/* The tensor that the token names, or NULL. */
static const struct check_variable *find_variable(const struct reader *reader)
{
    const struct check_property *property = reader->property;
    for (size_t i = 0; i < property->n_variables; i++) {
        const struct check_variable *variable = &property->variables[i];
        if (is_name(reader, variable->name, variable->n_name)) {
            return variable;
        }
    }
    return NULL;
}

/* Version 2: NAME, or NAME[i, j, ...] if the tensor has dimensions. */
static void read_element(struct reader *reader)
{
    const struct check_variable *variable = find_variable(reader);
    size_t element = 0;
    if (variable == NULL) {
        fail(reader, MALFORMED, "a number, a declared variable or '('");
    }
    reader->contents |= (unsigned)FIRST_SORT << variable->sort;
    next(reader);
    for (size_t i = 0; i < variable->n_dims; i++) {
        size_t index = 0;
        take(reader, i == 0 ? "[" : ",");
        if (!scan_natural(&index, reader->word) || index >= variable->dims[i]) {
            fail(reader, MALFORMED, "an index below the dimension");
        }
        element = element * variable->dims[i] + index;
        next(reader);
    }
    if (variable->n_dims > 0) {
        take(reader, "]");
    }
    (void)check_sum_append(&reader->sum,
                           (variable->is_output ? CHECK_OUTPUT : 0) +
                               variable->first + element);
}

/* NOLINTBEGIN(misc-no-recursion): at most MOST_DEPTH deep. */

static void read_sum(struct reader *reader);

/* (+ T+), (- T+) or (* T+) behind the parenthesis. The operands of a product
 * are numbers and at most one other expression. */
static void read_operation(struct reader *reader)
{
    const size_t start = reader->sum.n;
    const char operation = *reader->word;
    mpq_t factor;
    if (!is_one_of(operation, "+-*") || reader->word[1] != '\0') {
        fail(reader, MALFORMED, "one of the operators + - *");
    }
    mpq_init(factor);
    mpq_set_ui(factor, 1, 1);
    next(reader);
    do {
        const size_t mid = reader->sum.n;
        if (operation == '*' && take_number(reader)) {
            mpq_mul(factor, factor, reader->number);
        } else if (operation == '*' && mid > start) {
            fail(reader, REFUSED, "products of two expressions");
        } else {
            read_sum(reader);
        }
        if (operation == '-' && (mid > start || is(reader, ")"))) {
            check_sum_negate(&reader->sum, mid);
        }
    } while (!accept(reader, ")"));
    if (reader->sum.n == start) {
        (void)check_sum_append(&reader->sum, CHECK_CONSTANT);
    }
    check_sum_multiply(&reader->sum, start, factor);
    mpq_clear(factor);
}

/* Appends the summands of an arithmetic expression. */
static void read_sum(struct reader *reader)
{
    const bool is_negated = *reader->word == '-';
    uint64_t variable = 0;
    if (take_number(reader)) {
        mpq_set(*check_sum_append(&reader->sum, CHECK_CONSTANT),
                reader->number);
    } else if (accept(reader, "(")) {
        read_operation(reader);
    } else if (reader->property->version == 1 &&
               scan_name(&variable, reader->word + (is_negated ? 1 : 0)) &&
               variable % CHECK_OUTPUT <
                   reader->property->n_elements[variable / CHECK_OUTPUT]) {
        mpq_set_si(*check_sum_append(&reader->sum, variable),
                   is_negated ? -1 : 1, 1);
        next(reader);
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

/* Two expressions. */
static struct check_formula *read_comparison(struct reader *reader,
                                             const struct relation *relation)
{
    const bool is_or = relation->is_strict && relation->sides == BOTH;
    struct check_formula *formula =
        new_formula(reader->property, is_or ? CHECK_OR : CHECK_AND);
    struct check_formula **last = &formula->child;
    reader->contents = 0;
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
        fail(reader, MALFORMED, "a comparison of one type");
    }
    check_sum_negate(&reader->sum, mid);
    check_sum_finish(&reader->sum);
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
static struct check_formula *read_formula(struct reader *reader)
{
    const int version = reader->property->version;
    struct check_formula *formula = NULL;
    take(reader, "(");
    for (size_t i = 0; i < N_RELATIONS && formula == NULL; i++) {
        if ((relations[i].version == 0 || relations[i].version == version) &&
            accept(reader, relations[i].word)) {
            formula = read_comparison(reader, &relations[i]);
        }
    }
    if (formula == NULL) {
        const bool is_and = is(reader, "and");
        if (!is_and && !is(reader, "or")) {
            fail(reader, MALFORMED, "and, or, or a comparison");
        }
        next(reader);
        formula = new_formula(reader->property, is_and ? CHECK_AND : CHECK_OR);
        struct check_formula **last = &formula->child;
        while (!is(reader, ")") || (formula->child == NULL && version == 2)) {
            *last = read_formula(reader);
            last = &(*last)->next;
        }
    }
    take(reader, ")");
    return formula;
}

/* NOLINTEND(misc-no-recursion) */

/* `declare-const NAME Real` or `declare-fun NAME () Real`: X_0, X_1, ... and
 * Y_0, Y_1, ... in this order. */
static void read_declaration(struct reader *reader)
{
    size_t *n_elements = reader->property->n_elements;
    uint64_t variable = 0;
    const bool is_function = is(reader, "declare-fun");
    next(reader);
    if (!scan_name(&variable, reader->word) ||
        variable % CHECK_OUTPUT != n_elements[variable / CHECK_OUTPUT]) {
        fail(reader, MALFORMED, "the next of X_0, X_1, ... or Y_0, Y_1, ...");
    }
    n_elements[variable / CHECK_OUTPUT]++;
    next(reader);
    if (is_function) {
        take(reader, "(");
        take(reader, ")");
    }
    take(reader, "Real");
}

/* Version 2, a new name: letter (letter | digit | _)*, not a keyword. */
static const char *read_name(struct reader *reader, size_t *n)
{
    const char *name = reader->text;
    const size_t length = strspn(reader->word, LETTERS DIGITS "_");
    if (reader->word[length] != '\0' || is_one_of(*name, DIGITS "_") ||
        is(reader, "and") || is(reader, "or") || is(reader, "assert") ||
        find_variable(reader) != NULL ||
        is_name(reader, reader->network, reader->n_network)) {
        fail(reader, MALFORMED, "a new name (letters, digits, '_')");
    }
    *n = length;
    next(reader);
    return name;
}

/* [] or [n, n, ...]. */
static void read_shape(struct reader *reader, struct check_variable *variable)
{
    take(reader, "[");
    variable->n = 1;
    while (!accept(reader, "]")) {
        size_t dim = 0;
        if (variable->n_dims > 0) {
            take(reader, ",");
        }
        if (!scan_natural(&dim, reader->word) || dim == 0) {
            fail(reader, MALFORMED, "a dimension of at least 1");
        }
        if (dim > UINT32_MAX / variable->n || variable->first > UINT32_MAX ||
            variable->n_dims == CHECK_MOST_DIMS) {
            fail(reader, REFUSED, "2^32 elements or 9 dimensions");
        }
        variable->dims[variable->n_dims++] = dim;
        variable->n *= dim;
        next(reader);
    }
}

/* `declare-input NAME TYPE shape` or -output. */
static void read_tensor(struct reader *reader)
{
    struct check_property *property = reader->property;
    struct check_variable variable = {0};
    if (is(reader, "declare-hidden") || is(reader, "equal-to") ||
        is(reader, "isomorphic-to")) {
        fail(reader, REFUSED, "hidden tensors, several networks");
    }
    variable.is_output = is(reader, "declare-output");
    if (!variable.is_output &&
        (!is(reader, "declare-input") || property->n_elements[1] > 0)) {
        fail(reader, MALFORMED, "inputs, then outputs");
    }
    next(reader);
    variable.name = read_name(reader, &variable.n_name);
    variable.first = property->n_elements[variable.is_output ? 1 : 0];
    variable.sort = accept(reader, "float32")   ? CHECK_FLOAT32_SORT
                    : accept(reader, "float64") ? CHECK_FLOAT64_SORT
                                                : CHECK_REAL_SORT;
    if (variable.sort == CHECK_REAL_SORT && !accept(reader, "real") &&
        !accept(reader, "Real")) {
        fail(reader, REFUSED, "types other than real, float32, float64");
    }
    read_shape(reader, &variable);
    property->n_elements[variable.is_output ? 1 : 0] += variable.n;
    property->variables = check_grow(property->variables, property->n_variables,
                                     sizeof *property->variables);
    property->variables[property->n_variables++] = variable;
}

/* Version 2, from `vnnlib-version` to the end of the network. */
static void read_network(struct reader *reader)
{
    next(reader);
    if (!accept(reader, "<2.0>") && !accept(reader, "<2.1>")) {
        fail(reader, MALFORMED, "version <2.0> or <2.1>");
    }
    take(reader, ")");
    take(reader, "(");
    take(reader, "declare-network");
    reader->network = read_name(reader, &reader->n_network);
    do {
        take(reader, "(");
        read_tensor(reader);
        take(reader, ")");
    } while (!is(reader, ")"));
    if (reader->property->n_elements[1] == 0) {
        fail(reader, MALFORMED, "an output");
    }
    take(reader, ")");
    take(reader, "(");
}

/* All commands, behind the parenthesis of the first one. Version 1 may end in
 * check-sat, get-model and exit, which say nothing. */
static void read_commands(struct reader *reader)
{
    struct check_formula **last = &reader->property->unsafe->child;
    const bool is_old = reader->property->version == 1;
    for (bool is_over = false;; take(reader, "(")) {
        if (!is_old && reader->text[-1] != '(') {
            fail(reader, MALFORMED, "no blank after '('");
        }
        if (is_old && (accept(reader, "check-sat") ||
                       accept(reader, "get-model") || accept(reader, "exit"))) {
            is_over = true;
        } else if (!is_over && accept(reader, "assert")) {
            *last = read_formula(reader);
            last = &(*last)->next;
        } else if (!is_over && is_old &&
                   (is(reader, "declare-const") || is(reader, "declare-fun"))) {
            read_declaration(reader);
        } else {
            fail(reader, REFUSED,
                 "commands but assert and declarations, several networks");
        }
        take(reader, ")");
        if (is(reader, "")) {
            return;
        }
    }
}

struct check_property *check_property_load(const char *path)
{
    struct check_property *property = check_alloc(1, sizeof *property);
    struct reader reader = {.property = property};
    property->file = check_bytes_open(path);
    property->unsafe = new_formula(property, CHECK_AND);
    mpq_inits(reader.power, reader.number, NULL);
    reader.text = (const char *)property->file.data;
    next(&reader);
    take(&reader, "(");
    property->version = is(&reader, "vnnlib-version") ? 2 : 1;
    if (property->version == 2) {
        read_network(&reader);
    }
    read_commands(&reader);
    if (property->unsafe->child == NULL) {
        fail(&reader, MALFORMED, "an assertion");
    }
    mpq_clears(reader.power, reader.number, NULL);
    check_sum_clear(&reader.sum);
    return property;
}

void check_property_free(struct check_property *property)
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
    check_bytes_close(&property->file);
    check_free(property);
}
