/* The token at which the reader of a property stands.
 * SPDX-License-Identifier: MIT */
#ifndef ASTROLABE_PROOFS_CHECK_CHECK_TOKEN_H
#define ASTROLABE_PROOFS_CHECK_CHECK_TOKEN_H

#include "proofs/check/check_vnnlib.h"

#include <gmp.h>

#include <stdbool.h>
#include <stddef.h>

/* Exit statuses; most characters of a word. */
enum { CHECK_MALFORMED = 3, CHECK_REFUSED = 4, CHECK_MOST_LENGTH = 4096 };

#define CHECK_DIGITS  "0123456789"
#define CHECK_LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

/*
 * The token, and the comparison that is being read.
 *   text      where the token starts in the file
 *   word      its characters: one of ( ) [ ] , or printable ASCII but these
 *             and ; " |, or none at the end of the file. Blanks and comments
 *             (; to the end of the line) separate words
 *   depth     parentheses that are open before the token
 *   n_choices open `or`s; has_product: `*` in the comparison
 *   sum       left - right
 *   number    taken last; power: of 10, for it
 *   contents  INTEGER, DECIMAL and FIRST_SORT << sort, added up
 */
struct check_reader {
    struct check_property *property;
    const char *text;
    char word[CHECK_MOST_LENGTH + 1];
    size_t depth;
    size_t n_choices;
    bool has_product;
    struct check_sum sum;
    unsigned contents;
    mpq_t number;
    mpq_t power;
};

/* Exit 3, malformed, or exit 4, not supported, with the token's place. */
_Noreturn void check_token_fail(const struct check_reader *reader, int status,
                                const char *what);
/* Whether the token is this text, or this name of n characters. */
bool check_token_is(const struct check_reader *reader, const char *text);
bool check_token_is_name(const struct check_reader *reader, const char *name,
                         size_t n);
bool check_is_one_of(char c, const char *set);

/* Goes on to the next token; goes on if the token is `text`; the same, or
 * ends in check_token_fail. */
void check_token_next(struct check_reader *reader);
bool check_token_accept(struct check_reader *reader, const char *text);
void check_token_take(struct check_reader *reader, const char *text);

/* One to ten digits. */
bool check_scan_natural(size_t *value, const char *text);

/* The tensor that the token names, or NULL; the network, n_networks if none. */
const struct check_variable *
check_token_variable(const struct check_reader *reader);
size_t check_token_network(const struct check_reader *reader);

#endif
