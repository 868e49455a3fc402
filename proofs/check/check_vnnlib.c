/* Reader of VNN-LIB 1 and 2, written from the grammar of the standard.
 * SPDX-License-Identifier: MIT */
#include "proofs/check/check_vnnlib.h"

#include "proofs/check/check_fail.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_DEPTH = 1000, MOST_LENGTH = 4096 };

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
 * The token, and the comparison that is being read.
 *   text      where the token starts in the file
 *   word      its characters: one of ( ) [ ] , or printable ASCII but these
 *             and ; " |, or none at the end of the file. Blanks and comments
 *             (; to the end of the line) separate words
 *   depth     parentheses that are open before the token
 *   network   version 2: its name
 *   sum       [n] the summands of left - right, [n_made] with numbers
 *   contents  INTEGER, DECIMAL and FIRST_SORT << sort, added up
 */
struct reader {
    struct check_property *property;
    const char *text;
    char word[MOST_LENGTH + 1];
    size_t depth;
    struct check_variable network;
    size_t n;
    size_t n_made;
    struct summand *sum;
    unsigned contents;
};

static void find_place(const struct reader *reader, size_t *line,
                       size_t *column)
{
    const char *at = (const char *)reader->property->file.data;
    for (*line = *column = 1; at < reader->text; at++) {
        *column = *at == '\n' ? 1 : *column + 1;
        *line += *at == '\n' ? 1 : 0;
    }
}

static _Noreturn void expected(const struct reader *reader, const char *what)
{
    size_t line = 0;
    size_t column = 0;
    find_place(reader, &line, &column);
    check_unreadable("%s:%zu:%zu: expected %s, found '%s'",
                     reader->property->file.path, line, column, what,
                     reader->word);
}

static _Noreturn void refuse(const struct reader *reader, const char *what)
{
    size_t line = 0;
    size_t column = 0;
    find_place(reader, &line, &column);
    check_unsupported("%s:%zu:%zu: not supported: %s",
                      reader->property->file.path, line, column, what);
}

static bool is(const struct reader *reader, const char *text)
{
    return strcmp(reader->word, text) == 0;
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
        refuse(reader, "parentheses nested deeper than 1000");
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
        refuse(reader, "words of more than 4096 characters");
    }
    if (n == 0 && at < end) {
        n = is_one_of(*at, "()[],") ? 1 : 0;
    }
    if (n == 0 && (at < end || reader->depth > 0)) {
        expected(reader,
                 at < end ? "a word, a parenthesis or a bracket" : "')'");
    }
    memcpy(reader->word, at, n);
    reader->word[n] = '\0';
}

/* Goes on if the token is `text`. */
static bool accept(struct reader *reader, const char *text)
{
    const bool is_same = is(reader, text);
    if (is_same) {
        next(reader);
    }
    return is_same;
}

static void take(struct reader *reader, const char *text)
{
    if (!accept(reader, text)) {
        expected(reader, text);
    }
}

/* One to ten digits. */
static bool scan_natural(size_t *value, const char *text)
{
    const size_t n = strspn(text, DIGITS);
    *value = n <= 10 ? strtoull(text, NULL, 10) : 0;
    return n > 0 && n <= 10 && text[n] == '\0';
}

/* Nothing, or [eE] [+-]? digits. */
static bool scan_exponent(long *exponent, const char *text)
{
    const bool has_sign = *text != '\0' && is_one_of(text[1], "+-");
    size_t value = 0;
    const bool is_exponent = is_one_of(*text, "eE") &&
                             scan_natural(&value, text + (has_sign ? 2 : 1));
    *exponent = has_sign && text[1] == '-' ? -(long)value : (long)value;
    return *text == '\0' || is_exponent;
}

/*
 * Takes a number, exactly, if the token spells one. Version 1:
 * [+-]? (digits [. digits?] | . digits) ([eE] [+-]? digits)?; version 2:
 * -? digits (. digits)?
 */
static bool take_number(mpq_t value, struct reader *reader)
{
    const bool is_old = reader->property->version == 1;
    const bool is_negative = *reader->word == '-';
    const char *whole =
        reader->word + (is_negative || (is_old && *reader->word == '+'));
    const size_t n_whole = strspn(whole, DIGITS);
    const char *fraction = whole + n_whole + (whole[n_whole] == '.');
    const size_t n_fraction = strspn(fraction, DIGITS);
    long exponent = 0;
    char digits[MOST_LENGTH + 1];
    if (n_whole + n_fraction == 0 ||
        !scan_exponent(&exponent, fraction + n_fraction) ||
        (!is_old && (n_whole == 0 || fraction[n_fraction] != '\0' ||
                     fraction[n_fraction - 1] == '.'))) {
        return false;
    }
    if (labs(exponent) > MOST_LENGTH) {
        refuse(reader, "numbers of more than 4096 digits");
    }
    memcpy(digits, whole, n_whole);
    memcpy(digits + n_whole, fraction, n_fraction);
    digits[n_whole + n_fraction] = '\0';
    exponent -= (long)n_fraction;
    (void)mpz_set_str(mpq_numref(value), digits, 10);
    mpz_ui_pow_ui(mpq_denref(value), 10, (unsigned long)labs(exponent));
    if (exponent > 0) {
        mpz_mul(mpq_numref(value), mpq_numref(value), mpq_denref(value));
        mpz_set_ui(mpq_denref(value), 1);
    }
    mpq_canonicalize(value);
    if (is_negative) {
        mpq_neg(value, value);
    }
    reader->contents |= strchr(reader->word, '.') == NULL ? INTEGER : DECIMAL;
    next(reader);
    return true;
}

/* Appends 1 * variable; a place of its number. */
static mpq_t *push(struct reader *reader, uint64_t variable)
{
    if (reader->n == reader->n_made) {
        reader->sum =
            check_grow(reader->sum, reader->n_made, sizeof *reader->sum);
        mpq_init(reader->sum[reader->n_made++].value);
    }
    struct summand *summand = &reader->sum[reader->n++];
    summand->variable = variable;
    mpq_set_ui(summand->value, 1, 1);
    return &summand->value;
}

static void negate_from(struct reader *reader, size_t start)
{
    for (size_t i = start; i < reader->n; i++) {
        mpq_neg(reader->sum[i].value, reader->sum[i].value);
    }
}

/* Version 1: true if the text is X_i or Y_i. */
static bool scan_name(uint64_t *variable, const char *text)
{
    size_t index = 0;
    const bool is_name = is_one_of(*text, "XY") && text[1] == '_' &&
                         scan_natural(&index, text + 2) &&
                         (text[2] != '0' || text[3] == '\0');
    *variable = (*text == 'Y' ? OUTPUT : 0) + index;
    return is_name;
}

static bool is_named(const struct check_variable *variable,
                     const struct reader *reader)
{
    return variable->n_name == strlen(reader->word) &&
           memcmp(variable->name, reader->word, variable->n_name) == 0;
}

static const struct check_variable *find_variable(const struct reader *reader)
{
    const struct check_variable *variable = reader->property->variables;
    const struct check_variable *end = variable + reader->property->n_variables;
    while (variable != end && !is_named(variable, reader)) {
        variable++;
    }
    return variable == end ? NULL : variable;
}

/* Version 2: NAME, or NAME[i, j, ...] if the tensor has dimensions. */
static void read_element(struct reader *reader)
{
    const struct check_variable *variable = find_variable(reader);
    size_t element = 0;
    if (variable == NULL) {
        expected(reader, "a number, a declared variable or '('");
    }
    reader->contents |= (unsigned)FIRST_SORT << variable->sort;
    next(reader);
    for (size_t i = 0; i < variable->n_dims; i++) {
        size_t index = 0;
        take(reader, i == 0 ? "[" : ",");
        if (!scan_natural(&index, reader->word) || index >= variable->dims[i]) {
            expected(reader, "an index below the dimension");
        }
        element = element * variable->dims[i] + index;
        next(reader);
    }
    if (variable->n_dims > 0) {
        take(reader, "]");
    }
    (void)push(reader,
               (variable->is_output ? OUTPUT : 0) + variable->first + element);
}

/* NOLINTBEGIN(misc-no-recursion): at most MOST_DEPTH deep. */

static void read_sum(struct reader *reader);

/* (+ T+), (- T+) or (* T+) behind the parenthesis. The operands of a product
 * are numbers and at most one other expression. */
static void read_operation(struct reader *reader)
{
    const size_t start = reader->n;
    const char operation = *reader->word;
    mpq_t number;
    mpq_t factor;
    if (!is_one_of(operation, "+-*") || reader->word[1] != '\0') {
        expected(reader, "one of the operators + - *");
    }
    mpq_inits(number, factor, NULL);
    mpq_set_ui(factor, 1, 1);
    next(reader);
    do {
        const size_t mid = reader->n;
        if (operation == '*' && take_number(number, reader)) {
            mpq_mul(factor, factor, number);
            continue;
        }
        if (operation == '*' && mid > start) {
            refuse(reader, "products of two expressions");
        }
        read_sum(reader);
        if (operation == '-' && (mid > start || is(reader, ")"))) {
            negate_from(reader, mid);
        }
    } while (!is(reader, ")"));
    if (reader->n == start) {
        (void)push(reader, CONSTANT);
    }
    for (size_t i = start; i < reader->n && operation == '*'; i++) {
        mpq_mul(reader->sum[i].value, reader->sum[i].value, factor);
    }
    mpq_clears(number, factor, NULL);
    next(reader);
}

/* Appends the summands of an arithmetic expression. */
static void read_sum(struct reader *reader)
{
    const bool is_negated = *reader->word == '-';
    const size_t start = reader->n;
    uint64_t variable = 0;
    mpq_t number;
    mpq_init(number);
    if (take_number(number, reader)) {
        mpq_set(*push(reader, CONSTANT), number);
    } else if (accept(reader, "(")) {
        read_operation(reader);
    } else if (reader->property->version == 1 &&
               scan_name(&variable, reader->word + (is_negated ? 1 : 0)) &&
               variable % OUTPUT <
                   reader->property->n_elements[variable / OUTPUT]) {
        (void)push(reader, variable);
        next(reader);
        if (is_negated) {
            negate_from(reader, start);
        }
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
    mpq_set_ui(*push(reader, CONSTANT), 0, 1);
    struct summand *sum = reader->sum;
    qsort(sum, reader->n, sizeof *sum, compare);
    for (size_t i = 1; i < reader->n; i++) {
        if (sum[n].variable == sum[i].variable) {
            mpq_add(sum[n].value, sum[n].value, sum[i].value);
        } else {
            n += mpq_sgn(sum[n].value) == 0 ? 0 : 1;
            sum[n].variable = sum[i].variable;
            mpq_set(sum[n].value, sum[i].value);
        }
    }
    reader->n = n + 1;
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

/* sum <= 0, or < 0, scaled as check_atom says. */
static struct check_formula *new_atom(const struct reader *reader,
                                      bool is_strict)
{
    struct check_formula *formula = new_formula(reader->property, CHECK_ATOM);
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

/* Two expressions. */
static struct check_formula *read_comparison(struct reader *reader,
                                             const struct relation *relation)
{
    const bool is_or = relation->is_strict && relation->sides == BOTH;
    struct check_formula *formula =
        new_formula(reader->property, is_or ? CHECK_OR : CHECK_AND);
    struct check_formula **last = &formula->child;
    reader->contents = 0;
    reader->n = 0;
    read_sum(reader);
    const size_t mid = reader->n;
    read_sum(reader);
    const unsigned sorts = reader->contents / FIRST_SORT;
    const unsigned literals = reader->contents % FIRST_SORT;
    if (reader->property->version == 2 &&
        ((sorts & (sorts - 1U)) != 0 ||
         (sorts > 1U << CHECK_REAL_SORT && (literals & INTEGER) != 0) ||
         (sorts == 0 && literals == (INTEGER | DECIMAL)))) {
        expected(reader, "a comparison of one type");
    }
    negate_from(reader, mid);
    collect(reader);
    for (unsigned side = LEFT; side <= RIGHT; side++) {
        if ((relation->sides & side) != 0) {
            *last = new_atom(reader, relation->is_strict);
            last = &(*last)->next;
        }
        negate_from(reader, 0);
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
            expected(reader, "and, or, or a comparison");
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
        variable % OUTPUT != n_elements[variable / OUTPUT]) {
        expected(reader, "the next of X_0, X_1, ... or Y_0, Y_1, ...");
    }
    n_elements[variable / OUTPUT]++;
    next(reader);
    if (is_function) {
        take(reader, "(");
        take(reader, ")");
    }
    take(reader, "Real");
}

/* Version 2, a new name: letter (letter | digit | _)*, not a keyword. */
static void read_name(struct reader *reader, struct check_variable *variable)
{
    const char *word = reader->word;
    variable->name = reader->text;
    variable->n_name = strspn(word, LETTERS DIGITS "_");
    if (word[variable->n_name] != '\0' || is_one_of(*word, DIGITS "_") ||
        is(reader, "and") || is(reader, "or") || is(reader, "assert") ||
        find_variable(reader) != NULL ||
        (variable != &reader->network && is_named(&reader->network, reader))) {
        expected(reader, "a new name (letters, digits, '_')");
    }
    next(reader);
}

/* The type of a tensor, and [] or [n, n, ...]. */
static void read_shape(struct reader *reader, struct check_variable *variable)
{
    variable->sort = accept(reader, "float32")   ? CHECK_FLOAT32_SORT
                     : accept(reader, "float64") ? CHECK_FLOAT64_SORT
                                                 : CHECK_REAL_SORT;
    if (variable->sort == CHECK_REAL_SORT && !accept(reader, "real") &&
        !accept(reader, "Real")) {
        refuse(reader, "types other than real, float32, float64");
    }
    take(reader, "[");
    variable->n = 1;
    while (!accept(reader, "]")) {
        size_t dim = 0;
        if (variable->n_dims > 0) {
            take(reader, ",");
        }
        if (!scan_natural(&dim, reader->word) || dim == 0) {
            expected(reader, "a dimension of at least 1");
        }
        if (dim > UINT32_MAX / variable->n ||
            variable->n_dims == CHECK_MOST_DIMS) {
            refuse(reader, "2^32 elements or 9 dimensions");
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
    struct check_variable variable = {.is_output =
                                          is(reader, "declare-output")};
    size_t *n = &property->n_elements[variable.is_output ? 1 : 0];
    if (is(reader, "declare-hidden") || is(reader, "equal-to") ||
        is(reader, "isomorphic-to")) {
        refuse(reader, "hidden tensors, several networks");
    }
    if (!variable.is_output &&
        (!is(reader, "declare-input") || property->n_elements[1] > 0)) {
        expected(reader, "inputs, then outputs");
    }
    next(reader);
    read_name(reader, &variable);
    read_shape(reader, &variable);
    variable.first = *n;
    *n += variable.n;
    if (*n > UINT32_MAX) {
        refuse(reader, "2^32 elements");
    }
    property->variables = check_grow(property->variables, property->n_variables,
                                     sizeof *property->variables);
    property->variables[property->n_variables++] = variable;
}

/* Version 2, from `vnnlib-version` to the end of the network. */
static void read_network(struct reader *reader)
{
    next(reader);
    if (!accept(reader, "<2.0>") && !accept(reader, "<2.1>")) {
        expected(reader, "version <2.0> or <2.1>");
    }
    take(reader, ")");
    take(reader, "(");
    take(reader, "declare-network");
    read_name(reader, &reader->network);
    do {
        take(reader, "(");
        read_tensor(reader);
        take(reader, ")");
    } while (!is(reader, ")"));
    if (reader->property->n_elements[1] == 0) {
        expected(reader, "an output");
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
            expected(reader, "no blank after '('");
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
            refuse(reader,
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
    reader.text = (const char *)property->file.data;
    next(&reader);
    take(&reader, "(");
    property->version = is(&reader, "vnnlib-version") ? 2 : 1;
    if (property->version == 2) {
        read_network(&reader);
    }
    read_commands(&reader);
    if (property->unsafe->child == NULL) {
        expected(&reader, "an assertion");
    }
    while (reader.n_made > 0) {
        mpq_clear(reader.sum[--reader.n_made].value);
    }
    check_free(reader.sum);
    return property;
}

void check_property_free(struct check_property *property)
{
    while (property->newest != NULL) {
        struct check_formula *formula = property->newest;
        property->newest = formula->older;
        for (size_t i = 0; i < formula->atom.n_terms; i++) {
            mpz_clear(formula->atom.terms[i].coefficient);
        }
        if (formula->connective == CHECK_ATOM) {
            mpq_clear(formula->atom.rhs);
        }
        check_free(formula->atom.terms);
        check_free(formula);
    }
    check_free(property->variables);
    check_bytes_close(&property->file);
    check_free(property);
}
