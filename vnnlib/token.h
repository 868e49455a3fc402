/* Tokens of both versions: spans of the text, without copies. */
#ifndef ASTROLABE_VNNLIB_TOKEN_H
#define ASTROLABE_VNNLIB_TOKEN_H

#include "src/base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum token_kind {
    TOKEN_END,
    TOKEN_OPEN,
    TOKEN_CLOSE,
    TOKEN_OPEN_BRACKET,
    TOKEN_CLOSE_BRACKET,
    TOKEN_COMMA,
    TOKEN_SYMBOL, /* name, keyword or operator */
    TOKEN_QUOTED, /* |name|; the span is what the bars enclose */
    TOKEN_NUMBER,
    TOKEN_STRING, /* the span includes the quotes */
    TOKEN_VERSION /* <2.0>; the span includes the brackets */
};

struct token {
    enum token_kind kind;
    uint32_t offset;
    uint32_t length;
};

struct source;

/* Moves source->token to the next token. SMT-LIB words: symbols may contain
 * signs; `:keyword` is a symbol. */
enum status token_next_v1(struct source *source);

/* Version 2: names, operators, brackets, numbers with an optional minus. An
 * exponent or a missing leading digit is a lenient acceptance. */
enum status token_next_v2(struct source *source);

/* True if the n bytes form a decimal number as the grammars define it:
 * [+-]?(digits[.digits?]|.digits)([eE][+-]?digits)? */
bool token_is_decimal(const char *text, size_t n);

#endif
