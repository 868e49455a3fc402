/* The text while it is read: position, current token, refusals, warnings. */
#include "vnnlib/source.h"

#include "src/base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { SHOWN_BYTES = 40 };

static const char *const leniency_text[LENIENT_COUNT] = {
    [LENIENT_BOM] = "the file starts with a byte order mark",
    [LENIENT_BLANK_AFTER_PARENTHESIS] =
        "white space between '(' and the command",
    [LENIENT_EXPONENT] = "the standard has no numbers with an exponent",
    [LENIENT_PLUS] = "the standard has no numbers with a leading '+'",
    [LENIENT_LEADING_POINT] =
        "the standard has no numbers that start with a point",
    [LENIENT_NO_ASSERTION] = "no assertion: every input is a witness",
    [LENIENT_IGNORED_COMMAND] = "this command has no effect here",
};

enum status source_fail(struct source *source, size_t offset,
                        const char *format, ...)
{
    char text[ERROR_MESSAGE_BYTES];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    vnnlib_place(source->error, source->lib, offset);
    error_set(source->error, "%s", text);
    return STATUS_BAD_INPUT;
}

enum status source_expect(struct source *source, const char *what)
{
    const struct token token = source->token;
    if (token.kind == TOKEN_END) {
        return source_fail(source, token.offset,
                           "expected %s, found the end of the file", what);
    }
    const char *text = source->lib->text.data + token.offset;
    const int n = token.length < SHOWN_BYTES ? (int)token.length : SHOWN_BYTES;
    return source_fail(source, token.offset, "expected %s, found '%.*s'%s",
                       what, n, text, token.length < SHOWN_BYTES ? "" : " ...");
}

enum status source_lenient(struct source *source, size_t offset,
                           enum leniency leniency)
{
    if (source->is_strict) {
        return source_fail(source, offset, "%s (refused by --strict)",
                           leniency_text[leniency]);
    }
    if (!source->has_warned[leniency]) {
        source->has_warned[leniency] = true;
        source_warn(source, offset, leniency_text[leniency]);
    }
    return STATUS_OK;
}

void source_warn(const struct source *source, size_t offset, const char *text)
{
    struct error place = {0};
    char line[ERROR_PATH_BYTES + ERROR_MESSAGE_BYTES];
    vnnlib_place(&place, source->lib, offset);
    error_set(&place, "%s", text);
    error_format(line, sizeof line, &place);
    log_line(LOG_WARNING, "%s", line);
}

bool source_is_symbol(const struct source *source, const char *word)
{
    return source->token.kind == TOKEN_SYMBOL &&
           vnnlib_is_word(source->lib, source->token.offset,
                          source->token.length, word);
}
