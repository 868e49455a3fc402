/* Expressions of both versions: one reader, driven by an operator table. */
#include "vnnlib/expression.h"

#include <assert.h>

void expression_add_leaf(struct source *source, enum vnnlib_kind kind,
                         uint32_t extent, uint32_t element)
{
    const struct vnnlib_node node = {source->token.offset, extent, element,
                                     kind};
    VEC_PUSH(&source->lib->nodes, node);
}

static const char *wanted(bool wants_boolean)
{
    return wants_boolean ? "a Boolean expression" : "an arithmetic expression";
}

/* Operator named by the current token; NULL and the error set if none. */
static const struct expression_operator *
find_operator(struct source *source, const struct expression_grammar *grammar,
              bool wants_boolean)
{
    for (size_t i = 0; i < grammar->n_operators; i++) {
        const struct expression_operator *row = &grammar->operators[i];
        if (!source_is_symbol(source, row->word)) {
            continue;
        }
        if (row->is_boolean != wants_boolean) {
            (void)source_expect(source, wanted(wants_boolean));
            return NULL;
        }
        return row;
    }
    const char *hint = grammar->hint(source);
    if (hint != NULL) {
        (void)source_fail(source, source->token.offset, "%s", hint);
    } else {
        (void)source_expect(source, wants_boolean ? "a Boolean operator"
                                                  : "an arithmetic operator");
    }
    return NULL;
}

static enum status check_count(struct source *source,
                               const struct expression_operator *row,
                               size_t offset, size_t n)
{
    if (n >= row->n_min && (row->n_max == 0 || n <= row->n_max)) {
        return STATUS_OK;
    }
    const bool is_exact = row->n_min == row->n_max;
    return source_fail(source, offset,
                       "expected %s%zu operand%s of '%s', found %zu",
                       is_exact ? "" : "at least ", row->n_min,
                       row->n_min == 1 ? "" : "s", row->word, n);
}

/* NOLINTBEGIN(misc-no-recursion): as deep as the tree, which is at most
 * VNNLIB_MAX_DEPTH. */

static enum status read_expression(struct source *source,
                                   const struct expression_grammar *grammar,
                                   bool wants_boolean);

/* The part of an expression behind its opening parenthesis. */
static enum status read_operation(struct source *source,
                                  const struct expression_grammar *grammar,
                                  bool wants_boolean)
{
    const struct expression_operator *row =
        find_operator(source, grammar, wants_boolean);
    if (row == NULL) {
        return STATUS_BAD_INPUT;
    }
    struct vnnlib *lib = source->lib;
    const size_t node = lib->nodes.n;
    const size_t offset = source->token.offset;
    expression_add_leaf(source, row->kind, 0, 0);
    enum status status = grammar->next(source);
    size_t n_operands = 0;
    while (status == STATUS_OK && source->token.kind != TOKEN_CLOSE) {
        if (source->token.kind == TOKEN_END) {
            return source_fail(source, source->token.offset,
                               "expected ')' for '(%s', found the end of the "
                               "file",
                               row->word);
        }
        status = read_expression(source, grammar, row->takes_boolean);
        n_operands++;
    }
    if (status != STATUS_OK) {
        return status;
    }
    lib->nodes.data[node].extent = (uint32_t)(lib->nodes.n - node);
    status = check_count(source, row, offset, n_operands);
    return status == STATUS_OK ? grammar->next(source) : status;
}

/* Reads one expression that starts at the current token, appends it to
 * lib->nodes and moves behind it. Deeper than VNNLIB_MAX_DEPTH: error. */
static enum status read_expression(struct source *source,
                                   const struct expression_grammar *grammar,
                                   bool wants_boolean)
{
    if (source->token.kind != TOKEN_OPEN) {
        return grammar->leaf(source, wants_boolean);
    }
    if (source->depth >= VNNLIB_MAX_DEPTH) {
        return source_fail(source, source->token.offset,
                           "parentheses are nested deeper than %d",
                           VNNLIB_MAX_DEPTH);
    }
    source->depth++;
    enum status status = grammar->next(source);
    if (status == STATUS_OK) {
        status = read_operation(source, grammar, wants_boolean);
    }
    source->depth--;
    return status;
}

/* NOLINTEND(misc-no-recursion) */

enum status expression_read_assertion(struct source *source,
                                      const struct expression_grammar *grammar)
{
    struct vnnlib *lib = source->lib;
    VEC_PUSH(&lib->assertions, (uint32_t)lib->nodes.n);
    const enum status status = read_expression(source, grammar, true);
    if (status != STATUS_OK) {
        return status;
    }
    if (source->token.kind != TOKEN_CLOSE) {
        return source_expect(source, "')' after the assertion");
    }
    return grammar->next(source);
}
