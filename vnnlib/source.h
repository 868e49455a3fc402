/* The text while it is read: position, current token, refusals, warnings. */
#ifndef ASTROLABE_VNNLIB_SOURCE_H
#define ASTROLABE_VNNLIB_SOURCE_H

#include "src/base/error.h"
#include "src/base/status.h"
#include "vnnlib/names.h"
#include "vnnlib/token.h"
#include "vnnlib/vnnlib.h"

#include <stdbool.h>
#include <stddef.h>

/* What is accepted although the grammar does not have it. */
enum leniency {
    LENIENT_BOM,
    LENIENT_BLANK_AFTER_PARENTHESIS,
    LENIENT_EXPONENT,
    LENIENT_PLUS,
    LENIENT_LEADING_POINT,
    LENIENT_NO_ASSERTION,
    LENIENT_IGNORED_COMMAND,
    LENIENT_COUNT
};

/*
 *   lib       the file being read; owned by the caller
 *   position  next byte of the text
 *   token     current token
 *   depth     open parentheses of expressions
 *   has_warned  one warning of each kind is printed; the constant one is
 *               about comparisons without variables
 */
struct source {
    struct vnnlib *lib;
    size_t position;
    struct token token;
    size_t depth;
    bool is_strict;
    bool has_warned[LENIENT_COUNT];
    bool has_warned_constant;
    struct names names;
    struct diagnostics *diagnostics;
    struct error *error;
};

/* Fills the error with the place of byte `offset`; returns
 * STATUS_BAD_INPUT. */
enum status source_fail(struct source *source, size_t offset,
                        const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* `expected <what>, found <current token>`. */
enum status source_expect(struct source *source, const char *what);

/* A leniency at byte `offset`: an error if strict, else one warning for each
 * kind and STATUS_OK. */
enum status source_lenient(struct source *source, size_t offset,
                           enum leniency leniency);

/* A warning with its place that is no error in any mode. */
void source_warn(const struct source *source, size_t offset, const char *text);

/* True if the current token is this symbol. */
bool source_is_symbol(const struct source *source, const char *word);

#endif
