/* VNN-LIB 2: version, network declarations, assertions over elements. */
#include "vnnlib/parse_v2.h"

#include "vnnlib/diagnostics.h"
#include "vnnlib/expression.h"
#include "vnnlib/scope.h"
#include "vnnlib/types.h"

#include <stdio.h>
#include <string.h>

static const struct expression_operator operators[] = {
    {"<=", VNNLIB_LE, true, false, 2, 2},
    {">=", VNNLIB_GE, true, false, 2, 2},
    {"and", VNNLIB_AND, true, true, 1, 0},
    {"or", VNNLIB_OR, true, true, 1, 0},
    {"<", VNNLIB_LT, true, false, 2, 2},
    {">", VNNLIB_GT, true, false, 2, 2},
    {"==", VNNLIB_EQ, true, false, 2, 2},
    {"!=", VNNLIB_NE, true, false, 2, 2},
    {"+", VNNLIB_ADD, false, false, 1, 0},
    {"-", VNNLIB_SUB, false, false, 1, 0},
    {"*", VNNLIB_MUL, false, false, 1, 0},
};

static const char *const reserved[] = {"and", "or", "assert", "initialized"};

/* Consumes the current token if it is of this kind. */
static enum status take(struct source *source, enum token_kind kind,
                        const char *what)
{
    if (source->token.kind != kind) {
        return source_expect(source, what);
    }
    return token_next_v2(source);
}

/* letter (letter | digit | _)*, not reserved. The scanner only lets a minus
 * into words besides these. */
static bool is_name(const struct source *source)
{
    const struct token token = source->token;
    const char *text = source->lib->text.data + token.offset;
    if (token.kind != TOKEN_SYMBOL || text[0] < 'A' ||
        memchr(text, '-', token.length) != NULL ||
        memchr(text, '^', token.length) != NULL) {
        return false;
    }
    for (size_t i = 0; i < sizeof reserved / sizeof reserved[0]; i++) {
        if (source_is_symbol(source, reserved[i])) {
            return false;
        }
    }
    return true;
}

static enum status take_name(struct source *source, struct token *name)
{
    if (!is_name(source)) {
        return source_expect(source, "a name (letters, digits, '_')");
    }
    *name = source->token;
    return token_next_v2(source);
}

/* Moves from `(` to the command word behind it. */
static enum status open_command(struct source *source, const char *what)
{
    const size_t open = source->token.offset;
    enum status status = take(source, TOKEN_OPEN, what);
    if (status == STATUS_OK && source->token.offset != open + 1) {
        status = source_lenient(source, open, LENIENT_BLANK_AFTER_PARENTHESIS);
    }
    return status;
}

/* Digits from text[i] on as a number held below 10000; moves i. */
static int read_digits(const char *text, size_t *i)
{
    int value = 0;
    for (; text[*i] >= '0' && text[*i] <= '9'; (*i)++) {
        value = value < 1000 ? 10 * value + (text[*i] - '0') : 9999;
    }
    return value;
}

static enum status read_version(struct source *source)
{
    enum status status = STATUS_OK;
    struct vnnlib *lib = source->lib;
    struct token token = {0};
    size_t i = 0;
    STATUS_TRY(open_command(source, "'(vnnlib-version'"));
    STATUS_TRY(token_next_v2(source));
    if (source->token.kind != TOKEN_VERSION) {
        return source_expect(source, "a version such as <2.0>");
    }
    token = source->token;
    i = (size_t)token.offset + 1;
    lib->major = read_digits(lib->text.data, &i);
    i++;
    lib->minor = read_digits(lib->text.data, &i);
    if (lib->major != 2) {
        return source_fail(source, token.offset,
                           "%s: expected version 2, found %.*s",
                           diagnostic_name(DIAGNOSTIC_MAJOR_VERSION_MISMATCH),
                           token.length < 40 ? (int)token.length : 40,
                           lib->text.data + token.offset);
    }
    if (lib->minor > 1) {
        source_warn(source, token.offset,
                    "versions 2.0 and 2.1 are known, this one is newer");
    }
    STATUS_TRY(token_next_v2(source));
    STATUS_TRY(take(source, TOKEN_CLOSE, "')' after the version"));
cleanup:
    return status;
}

/* One dimension: appended to lib->dims, or false if it is not above zero. */
static bool add_dimension(struct source *source, struct vnnlib_variable *self)
{
    uint32_t dim = 0;
    if (!scope_read_index(&dim, source, source->token) || dim == 0) {
        return false;
    }
    VEC_PUSH(&source->lib->dims, dim);
    self->n_dims++;
    const uint64_t product = (uint64_t)self->n_elements * dim;
    self->n_elements = product < UINT32_MAX ? (uint32_t)product : UINT32_MAX;
    return true;
}

/* [] or [n, n, ...]. */
static enum status read_shape(struct source *source,
                              struct vnnlib_variable *self, bool *is_valid)
{
    enum status status = STATUS_OK;
    self->first_dim = (uint32_t)source->lib->dims.n;
    self->n_elements = 1;
    *is_valid = true;
    STATUS_TRY(take(source, TOKEN_OPEN_BRACKET, "'[' of the shape"));
    if (source->token.kind == TOKEN_CLOSE_BRACKET) {
        return token_next_v2(source);
    }
    for (;;) {
        if (source->token.kind != TOKEN_NUMBER) {
            return source_expect(source, "a dimension");
        }
        *is_valid = add_dimension(source, self) && *is_valid;
        STATUS_TRY(token_next_v2(source));
        if (source->token.kind == TOKEN_CLOSE_BRACKET) {
            break;
        }
        STATUS_TRY(take(source, TOKEN_COMMA, "',' or ']' in the shape"));
    }
    if (*is_valid && self->n_elements == UINT32_MAX) {
        return source_fail(source, self->offset,
                           "the tensor has more than %u elements",
                           UINT32_MAX - 1);
    }
    status = token_next_v2(source);
cleanup:
    return status;
}

static enum status read_type(struct source *source, uint32_t *type)
{
    if (!is_name(source)) {
        return source_expect(source, "an element type");
    }
    const char *text = source->lib->text.data + source->token.offset;
    *type = types_find(text, source->token.length);
    if (*type == TYPES_NONE) {
        char symbol[DIAGNOSTIC_SYMBOL_BYTES];
        (void)snprintf(symbol, sizeof symbol, "%.*s",
                       source->token.length < sizeof symbol
                           ? (int)source->token.length
                           : (int)sizeof symbol,
                       text);
        diagnostics_add(source->diagnostics, DIAGNOSTIC_UNKNOWN_TYPE,
                        source->token.offset, symbol,
                        "expected real or an ONNX element type");
        *type = types_real();
    }
    return token_next_v2(source);
}

/* What follows the shape: a node name, or `initialized`. */
static enum status read_suffix(struct source *source,
                               struct vnnlib_variable *self)
{
    if (self->role == VNNLIB_HIDDEN) {
        self->node_offset = source->token.offset;
        self->node_length = source->token.length;
        return take(source, TOKEN_STRING,
                    "the name of a node in quotation marks");
    }
    if (self->role == VNNLIB_INPUT && source_is_symbol(source, "initialized")) {
        if (source->lib->minor < 1) {
            return source_expect(source, "')' ('initialized' needs version "
                                         "2.1)");
        }
        self->role = VNNLIB_INITIALIZED;
        return token_next_v2(source);
    }
    return STATUS_OK;
}

static void add_variable(struct source *source,
                         const struct vnnlib_variable *self, bool is_valid)
{
    const struct token name = {TOKEN_SYMBOL, self->offset, self->length};
    if (is_valid) {
        scope_add_variable(source, name, self);
        return;
    }
    char symbol[DIAGNOSTIC_SYMBOL_BYTES];
    (void)snprintf(symbol, sizeof symbol, "%.*s",
                   name.length < sizeof symbol ? (int)name.length
                                               : (int)sizeof symbol,
                   source->lib->text.data + name.offset);
    diagnostics_add(source->diagnostics, DIAGNOSTIC_INVALID_DIMENSIONS,
                    name.offset, symbol,
                    "every dimension is a whole number above 0");
}

/* The part of a tensor declaration behind its keyword. */
static enum status read_variable(struct source *source, enum vnnlib_role role)
{
    enum status status = STATUS_OK;
    struct token name = {0};
    bool is_valid = true;
    struct vnnlib_variable self = {
        .network = (uint32_t)source->lib->networks.n - 1, .role = role};
    STATUS_TRY(token_next_v2(source));
    STATUS_TRY(take_name(source, &name));
    self.offset = name.offset;
    self.length = name.length;
    STATUS_TRY(read_type(source, &self.type));
    STATUS_TRY(read_shape(source, &self, &is_valid));
    STATUS_TRY(read_suffix(source, &self));
    STATUS_TRY(take(source, TOKEN_CLOSE, "')' after the declaration"));
    add_variable(source, &self, is_valid);
cleanup:
    return status;
}

static enum status read_congruence(struct source *source,
                                   enum vnnlib_congruence congruence)
{
    enum status status = STATUS_OK;
    struct token name = {0};
    uint32_t base = VNNLIB_UNKNOWN;
    struct vnnlib *lib = source->lib;
    STATUS_TRY(token_next_v2(source));
    STATUS_TRY(take_name(source, &name));
    base = scope_find_network(source, name);
    if (base != VNNLIB_UNKNOWN) {
        struct vnnlib_network *self = &lib->networks.data[lib->networks.n - 1];
        self->base = base;
        self->congruence = congruence;
    }
    STATUS_TRY(take(source, TOKEN_CLOSE, "')'"));
cleanup:
    return status;
}

/* The parts of a network come in this order. */
enum part { PART_NONE, PART_CONGRUENCE, PART_INPUT, PART_HIDDEN, PART_OUTPUT };

static const char *const part_wanted[] = {
    [PART_NONE] = "'declare-input', 'isomorphic-to' or 'equal-to'",
    [PART_CONGRUENCE] = "'declare-input'",
    [PART_INPUT] = "'declare-input', 'declare-hidden' or 'declare-output'",
    [PART_HIDDEN] = "'declare-hidden' or 'declare-output'",
    [PART_OUTPUT] = "'declare-output'",
};

/* One part of a network at its keyword; *part becomes its kind. */
static enum status read_part(struct source *source, enum part *part)
{
    const enum part before = *part;
    if (before == PART_NONE && source_is_symbol(source, "equal-to")) {
        *part = PART_CONGRUENCE;
        return read_congruence(source, VNNLIB_EQUAL_TO);
    }
    if (before == PART_NONE && source_is_symbol(source, "isomorphic-to")) {
        *part = PART_CONGRUENCE;
        return read_congruence(source, VNNLIB_ISOMORPHIC_TO);
    }
    if (before <= PART_INPUT && source_is_symbol(source, "declare-input")) {
        *part = PART_INPUT;
        return read_variable(source, VNNLIB_INPUT);
    }
    if ((before == PART_INPUT || before == PART_HIDDEN) &&
        source_is_symbol(source, "declare-hidden")) {
        *part = PART_HIDDEN;
        return read_variable(source, VNNLIB_HIDDEN);
    }
    if (before >= PART_INPUT && source_is_symbol(source, "declare-output")) {
        *part = PART_OUTPUT;
        return read_variable(source, VNNLIB_OUTPUT);
    }
    return source_expect(source, part_wanted[before]);
}

static enum status read_parts(struct source *source)
{
    enum part part = PART_NONE;
    enum status status = STATUS_OK;
    while (status == STATUS_OK && source->token.kind == TOKEN_OPEN) {
        status = open_command(source, "'('");
        if (status == STATUS_OK) {
            status = read_part(source, &part);
        }
    }
    if (status == STATUS_OK && part != PART_OUTPUT) {
        return source_expect(source, part_wanted[part]);
    }
    return status;
}

/* The part of a network declaration behind its keyword. */
static enum status read_network(struct source *source)
{
    enum status status = STATUS_OK;
    struct token name = {0};
    STATUS_TRY(token_next_v2(source));
    STATUS_TRY(take_name(source, &name));
    scope_add_network(source, name);
    STATUS_TRY(read_parts(source));
    STATUS_TRY(take(source, TOKEN_CLOSE, "')' after the network"));
    types_check_congruence(source);
cleanup:
    return status;
}

/* [i, j, ...] of an element, from its '[' on. */
static enum status read_indices(struct source *source,
                                struct scope_element *element)
{
    enum status status = STATUS_OK;
    STATUS_TRY(take(source, TOKEN_OPEN_BRACKET, "'['"));
    for (;;) {
        if (source->token.kind != TOKEN_NUMBER) {
            return source_expect(source, "an index");
        }
        scope_add_index(source, element, source->token);
        STATUS_TRY(token_next_v2(source));
        if (source->token.kind == TOKEN_CLOSE_BRACKET) {
            break;
        }
        STATUS_TRY(take(source, TOKEN_COMMA, "',' or ']' in the indices"));
    }
    element->end = (size_t)source->token.offset + 1;
    status = token_next_v2(source);
cleanup:
    return status;
}

/* NAME or NAME[i, j, ...]. */
static enum status read_element(struct source *source)
{
    const size_t node = source->lib->nodes.n;
    struct scope_element element = scope_begin(source, source->token);
    expression_add_leaf(source, VNNLIB_ELEMENT, VNNLIB_UNKNOWN, 0);
    enum status status = token_next_v2(source);
    if (status == STATUS_OK && source->token.kind == TOKEN_OPEN_BRACKET) {
        status = read_indices(source, &element);
    }
    if (status == STATUS_OK) {
        scope_end(source, &element);
        source->lib->nodes.data[node].extent = element.variable;
        source->lib->nodes.data[node].element = (uint32_t)element.element;
    }
    return status;
}

/* A plus sign right before a number: +5.0. */
static enum status skip_plus(struct source *source)
{
    const size_t plus = source->token.offset;
    const enum status status = token_next_v2(source);
    if (status != STATUS_OK) {
        return status;
    }
    if (source->token.kind != TOKEN_NUMBER ||
        source->token.offset != plus + 1 ||
        source->lib->text.data[plus + 1] == '-') {
        return source_fail(source, plus,
                           "expected a number or an element, found '+'");
    }
    return source_lenient(source, plus, LENIENT_PLUS);
}

static enum status read_leaf(struct source *source, bool wants_boolean)
{
    if (wants_boolean) {
        return source_expect(source, "'(' of a Boolean expression");
    }
    if (source_is_symbol(source, "+")) {
        const enum status status = skip_plus(source);
        if (status != STATUS_OK) {
            return status;
        }
    }
    if (source->token.kind == TOKEN_NUMBER) {
        expression_add_leaf(source, VNNLIB_NUMBER, source->token.length, 0);
        return token_next_v2(source);
    }
    if (!is_name(source)) {
        return source_expect(source, "a number or an element");
    }
    return read_element(source);
}

static const char *hint_v2(const struct source *source)
{
    if (source_is_symbol(source, "=")) {
        return "expected an operator, found '='; did you mean '=='?";
    }
    if (source_is_symbol(source, "not") || source_is_symbol(source, "=>")) {
        return "version 2 has no 'not' and no '=>'; negate the comparisons";
    }
    if (source_is_symbol(source, "/")) {
        return "version 2 has no division; multiply both sides";
    }
    return NULL;
}

static const struct expression_grammar grammar = {
    sizeof operators / sizeof operators[0], operators, token_next_v2, read_leaf,
    hint_v2};

/* One command after the version at its keyword. */
static enum status read_command(struct source *source)
{
    struct vnnlib *lib = source->lib;
    if (source_is_symbol(source, "assert") && lib->networks.n > 0) {
        const enum status status = token_next_v2(source);
        return status == STATUS_OK ? expression_read_assertion(source, &grammar)
                                   : status;
    }
    if (source_is_symbol(source, "declare-network") && lib->assertions.n == 0) {
        return read_network(source);
    }
    if (source_is_symbol(source, "declare-fun") ||
        source_is_symbol(source, "declare-const")) {
        return source_fail(source, source->token.offset,
                           "expected 'assert', found '%.*s', which version 2 "
                           "does not have: elements are declared by the "
                           "shapes of the network",
                           (int)source->token.length,
                           lib->text.data + source->token.offset);
    }
    if (lib->networks.n == 0) {
        return source_expect(source, "'declare-network'");
    }
    return source_expect(source, lib->assertions.n == 0
                                     ? "'declare-network' or 'assert'"
                                     : "'assert'");
}

enum status parse_v2(struct source *source)
{
    enum status status = STATUS_OK;
    struct vnnlib *lib = source->lib;
    STATUS_TRY(token_next_v2(source));
    STATUS_TRY(read_version(source));
    while (source->token.kind != TOKEN_END) {
        STATUS_TRY(open_command(source, "'(' of a command"));
        STATUS_TRY(read_command(source));
    }
    if (lib->networks.n == 0) {
        return source_expect(source, "'(declare-network'");
    }
    if (lib->assertions.n == 0) {
        status = source_lenient(source, lib->text.n, LENIENT_NO_ASSERTION);
    }
cleanup:
    return status;
}
