/* Words, parentheses and brackets of a text, with their places.
 * SPDX-License-Identifier: MIT */
#ifndef ASTROLABE_PROOFS_CHECK_CHECK_TOKEN_H
#define ASTROLABE_PROOFS_CHECK_CHECK_TOKEN_H

#include "proofs/check/check_bytes.h"

#include <gmp.h>

#include <stdbool.h>
#include <stddef.h>

enum { CHECK_MOST_DEPTH = 1000, CHECK_MOST_LENGTH = 4096 };

/*
 * text[length] is one of ( ) [ ] , or a word: printable ASCII characters but
 * these and ; " |. Blanks and comments (; to the end of the line) separate
 * words. The end of the file has length 0; inside parentheses it is refused,
 * and so is any other byte.
 *   depth  parentheses that are open before the token
 */
struct check_token {
    const struct check_bytes *file;
    const char *text;
    size_t length;
    size_t depth;
};

struct check_token check_token_first(const struct check_bytes *file);
void check_token_next(struct check_token *token);
bool check_token_is(const struct check_token *token, const char *text);
/* Goes on to the next token if this one is `text`; otherwise
 * check_token_expected. */
void check_token_take(struct check_token *token, const char *text);

/* Exit 3 and exit 4 with the token's place, `path:line:column`. */
_Noreturn void check_token_expected(const struct check_token *token,
                                    const char *what);
_Noreturn void check_token_refuse(const struct check_token *token,
                                  const char *what);

bool check_is_digit(char c);
/* The n characters as a number; false if they are not one to ten digits. */
bool check_scan_natural(size_t *value, const char *text, size_t n);
/*
 * The number that a word spells, exactly; false if it spells none. Version 1:
 * [+-]? (digits [. digits?] | . digits) ([eE] [+-]? digits)?; version 2:
 * -? digits (. digits)?
 */
bool check_scan_number(mpq_t value, const struct check_token *word,
                       int version);

#endif
