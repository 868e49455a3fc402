/* VNN-LIB 1: declarations of X_i and Y_j, assertions. */
#include "vnnlib/parse_v1.h"

#include "vnnlib/expression.h"
#include "vnnlib/types.h"

#include <assert.h>
#include <string.h>

static const struct expression_operator operators[] = {
    {"<=", VNNLIB_LE, true, false, 2, 2},
    {">=", VNNLIB_GE, true, false, 2, 2},
    {"and", VNNLIB_AND, true, true, 0, 0},
    {"or", VNNLIB_OR, true, true, 0, 0},
    {"<", VNNLIB_LT, true, false, 2, 2},
    {">", VNNLIB_GT, true, false, 2, 2},
    {"=", VNNLIB_EQ, true, false, 2, 2},
    {"distinct", VNNLIB_NE, true, false, 2, 2},
    {"not", VNNLIB_NOT, true, true, 1, 1},
    {"=>", VNNLIB_IMPLIES, true, true, 2, 2},
    {"+", VNNLIB_ADD, false, false, 1, 0},
    {"-", VNNLIB_SUB, false, false, 1, 0},
    {"*", VNNLIB_MUL, false, false, 1, 0},
};

static const char *const ignored[] = {
    "set-logic", "set-info", "set-option", "check-sat", "get-model", "exit",
};

/* A declared name, or a declared name behind a minus sign. */
static enum status read_name(struct source *source)
{
    const struct token token = source->token;
    const char *name = source->lib->text.data + token.offset;
    uint32_t variable = names_find(&source->names, name, token.length);
    if (variable == NAMES_NONE && token.kind == TOKEN_SYMBOL &&
        token.length > 1 && name[0] == '-') {
        variable = names_find(&source->names, name + 1, token.length - 1);
        if (variable != NAMES_NONE) {
            expression_add_leaf(source, VNNLIB_SUB, 2, 0);
        }
    }
    if (variable == NAMES_NONE) {
        return source_fail(source, token.offset, "undeclared name '%.*s'",
                           token.length < 80 ? (int)token.length : 80, name);
    }
    expression_add_leaf(source, VNNLIB_ELEMENT, variable, 0);
    return token_next_v1(source);
}

static enum status read_leaf(struct source *source, bool wants_boolean)
{
    const enum token_kind kind = source->token.kind;
    if (wants_boolean) {
        const bool is_true = source_is_symbol(source, "true");
        if (!is_true && !source_is_symbol(source, "false")) {
            return source_expect(source, "a Boolean expression");
        }
        expression_add_leaf(source, is_true ? VNNLIB_TRUE : VNNLIB_FALSE, 1, 0);
        return token_next_v1(source);
    }
    if (kind == TOKEN_NUMBER) {
        expression_add_leaf(source, VNNLIB_NUMBER, source->token.length, 0);
        return token_next_v1(source);
    }
    if (kind == TOKEN_SYMBOL || kind == TOKEN_QUOTED) {
        return read_name(source);
    }
    return source_expect(source, "a number or a name");
}

static const char *hint_v1(const struct source *source)
{
    return source_is_symbol(source, "==")
               ? "expected an operator, found '=='; did you mean '='?"
               : NULL;
}

static const struct expression_grammar grammar = {
    sizeof operators / sizeof operators[0], operators, token_next_v1, read_leaf,
    hint_v1};

/* Consumes the current token if it is of this kind. */
static enum status take(struct source *source, enum token_kind kind,
                        const char *what)
{
    if (source->token.kind != kind) {
        return source_expect(source, what);
    }
    return token_next_v1(source);
}

static enum status declare(struct source *source, struct token name)
{
    struct vnnlib *lib = source->lib;
    const char *text = lib->text.data + name.offset;
    if (name.length == 0) {
        return source_fail(source, name.offset, "expected a name, found '||'");
    }
    if (names_find(&source->names, text, name.length) != NAMES_NONE) {
        return source_fail(source, name.offset, "'%.*s' is declared twice",
                           name.length < 80 ? (int)name.length : 80, text);
    }
    const struct vnnlib_variable variable = {.offset = name.offset,
                                             .length = name.length,
                                             .type = types_real(),
                                             .n_elements = 1,
                                             .role = VNNLIB_FREE};
    names_add(&source->names, name.offset, name.length,
              (uint32_t)lib->variables.n);
    VEC_PUSH(&lib->variables, variable);
    return STATUS_OK;
}

/* `()` behind the name of declare-fun. */
static enum status read_arguments(struct source *source)
{
    const enum status status = take(source, TOKEN_OPEN, "'()'");
    return status == STATUS_OK
               ? take(source, TOKEN_CLOSE, "'()': variables take no arguments")
               : status;
}

/* `Real)` at the end of a declaration. */
static enum status read_sort(struct source *source)
{
    if (!source_is_symbol(source, "Real")) {
        return source_expect(source, "the sort Real");
    }
    const enum status status = token_next_v1(source);
    return status == STATUS_OK
               ? take(source, TOKEN_CLOSE, "')' after the declaration")
               : status;
}

/* (declare-const NAME Real) or (declare-fun NAME () Real). */
static enum status read_declaration(struct source *source)
{
    const bool is_function = source_is_symbol(source, "declare-fun");
    enum status status = token_next_v1(source);
    if (status != STATUS_OK) {
        return status;
    }
    const struct token name = source->token;
    if (name.kind != TOKEN_SYMBOL && name.kind != TOKEN_QUOTED) {
        return source_expect(source, "a name");
    }
    status = token_next_v1(source);
    if (status == STATUS_OK && is_function) {
        status = read_arguments(source);
    }
    if (status == STATUS_OK) {
        status = read_sort(source);
    }
    return status == STATUS_OK ? declare(source, name) : status;
}

/* Skips the rest of a command up to its closing parenthesis. */
static enum status skip_command(struct source *source, size_t offset)
{
    enum status status =
        source_lenient(source, offset, LENIENT_IGNORED_COMMAND);
    size_t n_open = 1;
    while (status == STATUS_OK && n_open > 0) {
        if (source->token.kind == TOKEN_END) {
            return source_expect(source, "')'");
        }
        if (source->token.kind == TOKEN_OPEN) {
            n_open++;
        } else if (source->token.kind == TOKEN_CLOSE) {
            n_open--;
        }
        status = token_next_v1(source);
    }
    return status;
}

/* The part of a command behind its opening parenthesis. */
static enum status read_command(struct source *source)
{
    if (source_is_symbol(source, "assert")) {
        const enum status status = token_next_v1(source);
        return status == STATUS_OK ? expression_read_assertion(source, &grammar)
                                   : status;
    }
    if (source_is_symbol(source, "declare-const") ||
        source_is_symbol(source, "declare-fun")) {
        return read_declaration(source);
    }
    for (size_t i = 0; i < sizeof ignored / sizeof ignored[0]; i++) {
        if (source_is_symbol(source, ignored[i])) {
            return skip_command(source, source->token.offset);
        }
    }
    return source_expect(source, "a command (declare-const, assert)");
}

enum status parse_v1(struct source *source)
{
    enum status status = STATUS_OK;
    struct vnnlib *lib = source->lib;
    const struct vnnlib_network network = {0, 0, 0, VNNLIB_DISTINCT};
    VEC_PUSH(&lib->networks, network);
    STATUS_TRY(token_next_v1(source));
    if (source->token.kind == TOKEN_END) {
        return source_expect(source, "a command");
    }
    while (source->token.kind != TOKEN_END) {
        STATUS_TRY(take(source, TOKEN_OPEN, "'(' of a command"));
        STATUS_TRY(read_command(source));
    }
    if (lib->assertions.n == 0) {
        status = source_lenient(source, lib->text.n, LENIENT_NO_ASSERTION);
    }
cleanup:
    return status;
}
