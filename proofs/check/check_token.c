/* Words, parentheses and brackets of a text, and exact decimals.
 * SPDX-License-Identifier: MIT */
#include "proofs/check/check_token.h"

#include "proofs/check/check_fail.h"

#include <stdlib.h>
#include <string.h>

struct place {
    size_t line;
    size_t column;
};

static struct place place_of(const struct check_token *token)
{
    struct place place = {1, 1};
    for (const char *at = (const char *)token->file->data; at < token->text;
         at++) {
        place.column = *at == '\n' ? 1 : place.column + 1;
        place.line += *at == '\n' ? 1 : 0;
    }
    return place;
}

void check_token_expected(const struct check_token *token, const char *what)
{
    const struct place place = place_of(token);
    check_unreadable("%s:%zu:%zu: expected %s, found '%.*s'", token->file->path,
                     place.line, place.column, what, (int)token->length,
                     token->text);
}

void check_token_refuse(const struct check_token *token, const char *what)
{
    const struct place place = place_of(token);
    check_unsupported("%s:%zu:%zu: not supported: %s", token->file->path,
                      place.line, place.column, what);
}

bool check_token_is(const struct check_token *token, const char *text)
{
    return token->length == strlen(text) &&
           memcmp(token->text, text, token->length) == 0;
}

static bool is_one_of(char c, const char *set)
{
    return c != '\0' && strchr(set, c) != NULL;
}

static const char *skip_blanks(const char *at, const char *end)
{
    bool is_comment = false;
    for (; at < end; at++) {
        is_comment = *at == ';' || (is_comment && *at != '\n');
        if (!is_comment && !is_one_of(*at, " \t\r\n")) {
            break;
        }
    }
    return at;
}

void check_token_next(struct check_token *token)
{
    const char *end = (const char *)token->file->data + token->file->n;
    token->depth += check_token_is(token, "(") ? 1 : 0;
    token->depth -= check_token_is(token, ")") ? 1 : 0;
    if (token->depth > CHECK_MOST_DEPTH) {
        check_token_refuse(token, "parentheses nested deeper than 1000");
    }
    const char *at = skip_blanks(token->text + token->length, end);
    token->text = at;
    while (at<end && * at> ' ' && *at < 127 && !is_one_of(*at, "()[],;\"|")) {
        at++;
    }
    token->length = (size_t)(at - token->text);
    if (token->length > CHECK_MOST_LENGTH) {
        check_token_refuse(token, "words of more than 4096 characters");
    }
    if (token->length == 0 && at < end) {
        if (!is_one_of(*at, "()[],")) {
            check_token_expected(token, "a word, a parenthesis or a bracket");
        }
        token->length = 1;
    }
    if (token->length == 0 && token->depth > 0) {
        check_token_expected(token, "')'");
    }
}

struct check_token check_token_first(const struct check_bytes *file)
{
    struct check_token token = {file, (const char *)file->data, 0, 0};
    check_token_next(&token);
    return token;
}

void check_token_take(struct check_token *token, const char *text)
{
    if (!check_token_is(token, text)) {
        check_token_expected(token, text);
    }
    check_token_next(token);
}

bool check_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

bool check_scan_natural(size_t *value, const char *text, size_t n)
{
    bool is_natural = n > 0 && n <= 10;
    *value = 0;
    for (size_t i = 0; i < n && is_natural; i++) {
        is_natural = check_is_digit(text[i]);
        *value = 10 * *value + (size_t)(text[i] - '0');
    }
    return is_natural;
}

/* [eE] [+-]? digits, up to end. */
static bool scan_exponent(long *exponent, const char *at, const char *end)
{
    const bool has_sign = end - at > 1 && (at[1] == '-' || at[1] == '+');
    const char *digits = at + (has_sign ? 2 : 1);
    size_t value = 0;
    if ((*at != 'e' && *at != 'E') ||
        !check_scan_natural(&value, digits, (size_t)(end - digits))) {
        return false;
    }
    *exponent = at[1] == '-' ? -(long)value : (long)value;
    return true;
}

bool check_scan_number(mpq_t value, const struct check_token *word, int version)
{
    const bool is_old = version == 1;
    const char *end = word->text + word->length;
    const bool has_sign = *word->text == '-' || (is_old && *word->text == '+');
    const char *at = word->text + (has_sign ? 1 : 0);
    bool has_digit = false;
    bool has_point = false;
    long exponent = 0;
    long n_fraction = 0;
    mpq_set_ui(value, 0, 1);
    if (!is_old && (!check_is_digit(end[-1]) || !check_is_digit(*at))) {
        return false;
    }
    for (; at < end && (check_is_digit(*at) || (*at == '.' && !has_point));
         at++) {
        if (*at == '.') {
            has_point = true;
            continue;
        }
        has_digit = true;
        n_fraction += has_point ? 1 : 0;
        mpz_mul_ui(mpq_numref(value), mpq_numref(value), 10);
        mpz_add_ui(mpq_numref(value), mpq_numref(value),
                   (unsigned long)(*at - '0'));
    }
    if (!has_digit ||
        (at < end && (!is_old || !scan_exponent(&exponent, at, end)))) {
        return false;
    }
    if (labs(exponent) > CHECK_MOST_LENGTH) {
        check_token_refuse(word, "numbers of more than 4096 digits");
    }
    for (; exponent > n_fraction; exponent--) {
        mpz_mul_ui(mpq_numref(value), mpq_numref(value), 10);
    }
    for (; exponent < n_fraction; exponent++) {
        mpz_mul_ui(mpq_denref(value), mpq_denref(value), 10);
    }
    mpq_canonicalize(value);
    if (*word->text == '-') {
        mpq_neg(value, value);
    }
    return true;
}
