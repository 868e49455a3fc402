/* Tokens of a property: words, parentheses, brackets, texts in quotes.
 * SPDX-License-Identifier: MIT */
#include "proofs/check/check_token.h"

#include "proofs/check/check_fail.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_DEPTH = 1000 };

/* Exit 3, malformed, or exit 4, not supported, with the token's place. */
_Noreturn void check_token_fail(const struct check_reader *reader, int status,
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
               status == CHECK_MALFORMED ? "expected" : "not supported:", what,
               reader->word);
}

bool check_token_is(const struct check_reader *reader, const char *text)
{
    return strcmp(reader->word, text) == 0;
}

bool check_token_is_name(const struct check_reader *reader, const char *name,
                         size_t n)
{
    return strlen(reader->word) == n && memcmp(reader->word, name, n) == 0;
}

bool check_is_one_of(char c, const char *set)
{
    return c != '\0' && strchr(set, c) != NULL;
}

/* Length of a text in quotes, without escapes, that starts here; else 0. */
static size_t scan_text(const char *at, const char *end)
{
    size_t n = 1;
    if (at == end || *at != '"') {
        return 0;
    }
    while (at + n < end && at[n] >= ' ' && at[n] < 127 && at[n] != '"' &&
           at[n] != '\\' && n < CHECK_MOST_LENGTH) {
        n++;
    }
    return at + n < end && at[n] == '"' && n < CHECK_MOST_LENGTH ? n + 1 : 0;
}

/* Goes on to the next token. */
void check_token_next(struct check_reader *reader)
{
    const struct check_bytes *file = &reader->property->file;
    const char *end = (const char *)file->data + file->n;
    const char *at = reader->text + strlen(reader->word);
    size_t n = 0;
    reader->depth += check_token_is(reader, "(") ? 1 : 0;
    reader->depth -= check_token_is(reader, ")") ? 1 : 0;
    if (reader->depth > MOST_DEPTH) {
        check_token_fail(reader, CHECK_REFUSED,
                         "parentheses nested deeper than 1000");
    }
    for (bool is_comment = false;
         at < end && (is_comment || check_is_one_of(*at, " \t\r\n;")); at++) {
        is_comment = *at == ';' || (is_comment && *at != '\n');
    }
    while (at + n < end && at[n] > ' ' && at[n] < 127 &&
           !check_is_one_of(at[n], "()[],;\"|")) {
        n++;
    }
    reader->text = at;
    reader->word[0] = '\0';
    if (n > CHECK_MOST_LENGTH) {
        check_token_fail(reader, CHECK_REFUSED,
                         "words of more than 4096 characters");
    }
    n += n == 0 && at < end && check_is_one_of(*at, "()[],") ? 1 : 0;
    n += n == 0 ? scan_text(at, end) : 0;
    if (n == 0 && (at < end || reader->depth > 0)) {
        check_token_fail(reader, CHECK_MALFORMED,
                         at < end ? "a word, a parenthesis or a bracket"
                                  : "')'");
    }
    memcpy(reader->word, at, n);
    reader->word[n] = '\0';
}

/* Goes on if the token is `text`. */
bool check_token_accept(struct check_reader *reader, const char *text)
{
    if (!check_token_is(reader, text)) {
        return false;
    }
    check_token_next(reader);
    return true;
}

void check_token_take(struct check_reader *reader, const char *text)
{
    if (!check_token_accept(reader, text)) {
        check_token_fail(reader, CHECK_MALFORMED, text);
    }
}

/* One to ten digits. */
bool check_scan_natural(size_t *value, const char *text)
{
    const size_t n = strspn(text, CHECK_DIGITS);
    *value = n <= 10 ? strtoull(text, NULL, 10) : 0;
    return n > 0 && n <= 10 && text[n] == '\0';
}

/* The tensor that the token names, or NULL. */
const struct check_variable *
check_token_variable(const struct check_reader *reader)
{
    const struct check_property *property = reader->property;
    for (size_t i = 0; i < property->n_variables; i++) {
        const struct check_variable *variable = &property->variables[i];
        if (check_token_is_name(reader, variable->name, variable->n_name)) {
            return variable;
        }
    }
    return NULL;
}

/* The network that the token names; n_networks if none. */
size_t check_token_network(const struct check_reader *reader)
{
    const struct check_property *property = reader->property;
    size_t i = 0;
    while (i < property->n_networks &&
           !check_token_is_name(reader, property->networks[i].name,
                                property->networks[i].n_name)) {
        i++;
    }
    return i;
}
