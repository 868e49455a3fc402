/* Tokens of both versions: spans of the text, without copies. */
#include "vnnlib/token.h"

#include "vnnlib/source.h"

#include <string.h>

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' ||
           c == '\v';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Characters of an SMT-LIB simple symbol, keyword or number. The text ends
 * in a zero byte, which is none of them. */
static bool is_symbol_v1(char c)
{
    return is_letter(c) || is_digit(c) ||
           (c != '\0' && strchr("~!@$%^&*_-+=<>.?/:#", c) != NULL);
}

static bool is_word_v2(char c)
{
    return is_letter(c) || is_digit(c) || c == '_' || c == '-';
}

static size_t skip_digits(const char *text, size_t i, size_t n)
{
    while (i < n && is_digit(text[i])) {
        i++;
    }
    return i;
}

bool token_is_decimal(const char *text, size_t n)
{
    size_t i = 0;
    if (i < n && (text[i] == '+' || text[i] == '-')) {
        i++;
    }
    const size_t whole = i;
    i = skip_digits(text, i, n);
    size_t n_digits = i - whole;
    if (i < n && text[i] == '.') {
        const size_t fraction = i + 1;
        i = skip_digits(text, fraction, n);
        n_digits += i - fraction;
    }
    if (n_digits == 0) {
        return false;
    }
    if (i < n && (text[i] == 'e' || text[i] == 'E')) {
        i++;
        if (i < n && (text[i] == '+' || text[i] == '-')) {
            i++;
        }
        const size_t exponent = i;
        i = skip_digits(text, exponent, n);
        return i > exponent && i == n;
    }
    return i == n;
}

/* First byte that is neither white space nor comment. */
static size_t skip_blanks(const struct source *source)
{
    const char *text = source->lib->text.data;
    const size_t n = source->lib->text.n;
    size_t i = source->position;
    for (;;) {
        while (is_blank(text[i])) {
            i++;
        }
        if (i >= n || text[i] != ';') {
            return i;
        }
        const char *end = memchr(text + i, '\n', n - i);
        i = end == NULL ? n : (size_t)(end - text);
    }
}

static void set_token(struct source *source, enum token_kind kind,
                      size_t offset, size_t length)
{
    source->token = (struct token){kind, (uint32_t)offset, (uint32_t)length};
    source->position = offset + length;
}

/* Length of the string literal at text[i] including both quotes; 0 if it
 * does not end. A backslash hides the character after it. */
static size_t string_length(const char *text, size_t i, size_t n)
{
    for (size_t end = i + 1; end < n; end++) {
        if (text[end] == '"') {
            return end + 1 - i;
        }
        end += text[end] == '\\' ? 1 : 0;
    }
    return 0;
}

static enum status next_string(struct source *source, size_t i)
{
    const struct bytes *text = &source->lib->text;
    const size_t length = string_length(text->data, i, text->n);
    if (length == 0) {
        return source_fail(source, i,
                           "expected a closing '\"', found the end "
                           "of the file");
    }
    set_token(source, TOKEN_STRING, i, length);
    return STATUS_OK;
}

static enum status fail_character(struct source *source, size_t i)
{
    const unsigned char c = (unsigned char)source->lib->text.data[i];
    if (c > ' ' && c < 127) {
        return source_fail(source, i, "expected a token, found '%c'", c);
    }
    return source_fail(source, i, "expected a token, found byte 0x%02x", c);
}

/* Single-character tokens shared by both versions; false if it is none. */
static bool next_mark(struct source *source, size_t i)
{
    if (i >= source->lib->text.n) {
        set_token(source, TOKEN_END, source->lib->text.n, 0);
        return true;
    }
    switch (source->lib->text.data[i]) {
    case '(':
        set_token(source, TOKEN_OPEN, i, 1);
        return true;
    case ')':
        set_token(source, TOKEN_CLOSE, i, 1);
        return true;
    case '[':
        set_token(source, TOKEN_OPEN_BRACKET, i, 1);
        return true;
    case ']':
        set_token(source, TOKEN_CLOSE_BRACKET, i, 1);
        return true;
    case ',':
        set_token(source, TOKEN_COMMA, i, 1);
        return true;
    default:
        return false;
    }
}

static bool is_radix(const char *text, size_t n)
{
    const char *digits = text[1] == 'b' ? "01" : "0123456789abcdefABCDEF";
    return n > 2 && (text[1] == 'b' || text[1] == 'x') &&
           strspn(text + 2, digits) >= n - 2;
}

/* Tells numbers from symbols in a run of n symbol characters. */
static enum status next_word_v1(struct source *source, size_t i, size_t n)
{
    const char *text = source->lib->text.data + i;
    if (text[0] == '#') {
        if (!is_radix(text, n)) {
            return source_fail(source, i,
                               "expected #b and binary or #x and hexadecimal "
                               "digits, found '%.*s'",
                               n < 40 ? (int)n : 40, text);
        }
        set_token(source, TOKEN_NUMBER, i, n);
        return STATUS_OK;
    }
    const bool is_number = token_is_decimal(text, n);
    if (!is_number && is_digit(text[0])) {
        return source_fail(source, i, "expected a number, found '%.*s'",
                           n < 40 ? (int)n : 40, text);
    }
    set_token(source, is_number ? TOKEN_NUMBER : TOKEN_SYMBOL, i, n);
    return STATUS_OK;
}

enum status token_next_v1(struct source *source)
{
    const char *text = source->lib->text.data;
    const size_t n = source->lib->text.n;
    const size_t i = skip_blanks(source);
    if (i < n && is_symbol_v1(text[i])) {
        size_t end = i + 1;
        while (is_symbol_v1(text[end])) {
            end++;
        }
        return next_word_v1(source, i, end - i);
    }
    if (next_mark(source, i)) {
        return STATUS_OK;
    }
    if (text[i] == '"') {
        return next_string(source, i);
    }
    if (text[i] != '|') {
        return fail_character(source, i);
    }
    const char *bar = memchr(text + i + 1, '|', n - i - 1);
    if (bar == NULL) {
        return source_fail(source, i,
                           "expected a closing '|', found the end "
                           "of the file");
    }
    set_token(source, TOKEN_QUOTED, i + 1, (size_t)(bar - text) - i - 1);
    source->position = (size_t)(bar - text) + 1;
    return STATUS_OK;
}

/* A number that starts at i: optional minus, digits, fraction, exponent. */
static enum status next_number_v2(struct source *source, size_t i)
{
    const char *text = source->lib->text.data;
    size_t end = i + 1;
    bool has_exponent = false;
    while (is_digit(text[end]) || text[end] == '.' || is_letter(text[end]) ||
           ((text[end] == '-' || text[end] == '+') &&
            (text[end - 1] == 'e' || text[end - 1] == 'E'))) {
        has_exponent = has_exponent || text[end] == 'e' || text[end] == 'E';
        end++;
    }
    const size_t n = end - i;
    const char last = text[end - 1];
    if (!token_is_decimal(text + i, n) || last == '.') {
        return source_fail(source, i, "expected a number, found '%.*s'",
                           n < 40 ? (int)n : 40, text + i);
    }
    const size_t whole = text[i] == '-' ? i + 1 : i;
    enum status status = STATUS_OK;
    if (has_exponent) {
        status = source_lenient(source, i, LENIENT_EXPONENT);
    }
    if (status == STATUS_OK && text[whole] == '.') {
        status = source_lenient(source, i, LENIENT_LEADING_POINT);
    }
    set_token(source, TOKEN_NUMBER, i, n);
    return status;
}

/* Length of <digits.digits> at text[i]; 0 if it is something else. */
static size_t version_length(const char *text, size_t i, size_t n)
{
    const size_t point = skip_digits(text, i + 1, n);
    if (point == i + 1 || text[point] != '.') {
        return 0;
    }
    const size_t end = skip_digits(text, point + 1, n);
    return end > point + 1 && text[end] == '>' ? end + 1 - i : 0;
}

/* Operators: runs of comparison characters, or one arithmetic sign. */
static enum status next_operator_v2(struct source *source, size_t i)
{
    const char *text = source->lib->text.data;
    const size_t version =
        text[i] != '<' ? 0 : version_length(text, i, source->lib->text.n);
    if (version != 0) {
        set_token(source, TOKEN_VERSION, i, version);
        return STATUS_OK;
    }
    const size_t n = strspn(text + i, "<>=!");
    if (n == 0 && strchr("+-*/^", text[i]) == NULL) {
        return fail_character(source, i);
    }
    set_token(source, TOKEN_SYMBOL, i, n == 0 ? 1 : n);
    return STATUS_OK;
}

enum status token_next_v2(struct source *source)
{
    const char *text = source->lib->text.data;
    const size_t i = skip_blanks(source);
    if (next_mark(source, i)) {
        return STATUS_OK;
    }
    if (is_letter(text[i])) {
        size_t end = i + 1;
        while (is_word_v2(text[end])) {
            end++;
        }
        set_token(source, TOKEN_SYMBOL, i, end - i);
        return STATUS_OK;
    }
    const size_t first = text[i] == '-' ? i + 1 : i;
    if (is_digit(text[first]) ||
        (text[first] == '.' && is_digit(text[first + 1]))) {
        return next_number_v2(source, i);
    }
    if (text[i] == '"') {
        return next_string(source, i);
    }
    if (text[i] == '\0') {
        return fail_character(source, i);
    }
    return next_operator_v2(source, i);
}
