/* Lookup and parsing of the rows of options.def; numbers are locale-free. */
#include "src/base/options.h"

#include "src/base/require.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const struct option_row ROWS[OPTION_COUNT] = {
#define OPTION(id, name, letter, kind, commands, argument, fallback, minimum, \
               maximum, description)                                          \
    {name,     letter,    OPTION_KIND_##kind, commands,   argument,           \
     fallback, (minimum), (maximum),          description},
#include "src/base/options.def"
#undef OPTION
};

const struct option_row *options_row(enum option option)
{
    REQUIRE(option < OPTION_COUNT);
    return &ROWS[option];
}

/* True if `word` (n bytes) is one of the words separated by `separator`. */
static bool is_word_of(const char *words, char separator, const char *word,
                       size_t n)
{
    for (const char *at = words; *at != '\0';) {
        const char *end = strchr(at, separator);
        const size_t length = end == NULL ? strlen(at) : (size_t)(end - at);
        if (length == n && memcmp(at, word, n) == 0) {
            return true;
        }
        at += length + (end == NULL ? 0 : 1);
    }
    return false;
}

bool options_applies(enum option option, const char *command)
{
    const char *commands = options_row(option)->commands;
    return strcmp(commands, "*") == 0 ||
           is_word_of(commands, ' ', command, strlen(command));
}

enum option options_find(const char *name, size_t n, const char *command)
{
    for (unsigned i = 0; i < OPTION_COUNT; i++) {
        const enum option option = (enum option)i;
        if (strlen(ROWS[i].name) == n && memcmp(ROWS[i].name, name, n) == 0 &&
            options_applies(option, command)) {
            return option;
        }
    }
    return OPTION_COUNT;
}

enum option options_find_letter(char letter, const char *command)
{
    for (unsigned i = 0; i < OPTION_COUNT && letter != '\0'; i++) {
        const enum option option = (enum option)i;
        if (ROWS[i].letter == letter && options_applies(option, command)) {
            return option;
        }
    }
    return OPTION_COUNT;
}

/* Reads decimal digits only; false on anything else or overflow. */
static bool read_integer(uint64_t *value, const char *text)
{
    uint64_t result = 0;
    if (*text == '\0') {
        return false;
    }
    for (; *text != '\0'; text++) {
        if (*text < '0' || *text > '9') {
            return false;
        }
        const uint64_t digit = (uint64_t)(*text - '0');
        if (result > (UINT64_MAX - digit) / 10) {
            return false;
        }
        result = 10 * result + digit;
    }
    *value = result;
    return true;
}

/* Reads digits with an optional fraction; nearest is enough for a clock. */
static bool read_seconds(double *value, const char *text)
{
    double result = 0.0;
    double unit = 1.0;
    bool is_fraction = false;
    size_t n_digits = 0;
    for (; *text != '\0'; text++) {
        if (*text == '.' && !is_fraction) {
            is_fraction = true;
        } else if (*text >= '0' && *text <= '9') {
            n_digits++;
            unit = is_fraction ? unit / 10.0 : unit;
            result = is_fraction ? result + unit * (*text - '0')
                                 : 10.0 * result + (*text - '0');
        } else {
            return false;
        }
    }
    *value = result;
    return n_digits > 0 && isfinite(result);
}

static enum status set_number(struct option_value *value,
                              const struct option_row *row, const char *text,
                              struct error *error)
{
    uint64_t integer = 0;
    double seconds = HUGE_VAL;
    bool is_valid = false;
    if (row->kind == OPTION_KIND_INTEGER) {
        is_valid = read_integer(&integer, text) && integer >= row->minimum &&
                   integer <= row->maximum;
    } else {
        is_valid = read_seconds(&seconds, text) &&
                   seconds >= (double)row->minimum &&
                   seconds <= (double)row->maximum;
    }
    if (!is_valid) {
        error_set(
            error, "--%s: expected %s from %llu to %llu, found '%s'", row->name,
            row->kind == OPTION_KIND_INTEGER ? "an integer" : "decimal seconds",
            (unsigned long long)row->minimum, (unsigned long long)row->maximum,
            text);
        return STATUS_USAGE;
    }
    value->integer = integer;
    value->seconds = seconds;
    return STATUS_OK;
}

static enum status set_value(struct option_value *value,
                             const struct option_row *row, const char *text,
                             struct error *error)
{
    switch (row->kind) {
    case OPTION_KIND_FLAG:
        value->integer = 1;
        break;
    case OPTION_KIND_INTEGER:
    case OPTION_KIND_SECONDS:
        return set_number(value, row, text, error);
    case OPTION_KIND_TEXT:
        value->text = text;
        break;
    case OPTION_KIND_LIST:
        VEC_PUSH(&value->list, text);
        break;
    case OPTION_KIND_CHOICE:
        if (!is_word_of(row->argument, '|', text, strlen(text))) {
            error_set(error, "--%s: expected %s, found '%s'", row->name,
                      row->argument, text);
            return STATUS_USAGE;
        }
        value->text = text;
        break;
    }
    return STATUS_OK;
}

void options_init(struct options *options)
{
    *options = (struct options){0};
    for (unsigned i = 0; i < OPTION_COUNT; i++) {
        struct option_value *value = &options->value[i];
        value->seconds = HUGE_VAL;
        if (ROWS[i].fallback != NULL) {
            struct error error = {0};
            REQUIRE(set_value(value, &ROWS[i], ROWS[i].fallback, &error) ==
                    STATUS_OK);
        }
    }
}

void options_clear(struct options *options)
{
    for (unsigned i = 0; i < OPTION_COUNT; i++) {
        VEC_CLEAR(&options->value[i].list);
    }
}

enum status options_set(struct options *options, enum option option,
                        const char *text, struct error *error)
{
    const struct option_row *row = options_row(option);
    if (row->kind == OPTION_KIND_FLAG && text != NULL) {
        error_set(error, "--%s takes no value, found '%s'", row->name, text);
        return STATUS_USAGE;
    }
    if (row->kind != OPTION_KIND_FLAG && text == NULL) {
        error_set(error, "--%s needs a value: %s", row->name, row->argument);
        return STATUS_USAGE;
    }
    options->value[option].is_given = true;
    return set_value(&options->value[option], row, text, error);
}

void options_usage(char *text, size_t size, enum option option)
{
    const struct option_row *row = options_row(option);
    char letter[8] = "";
    if (row->letter != '\0') {
        (void)snprintf(letter, sizeof letter, "-%c, ", row->letter);
    }
    (void)snprintf(text, size, "%s--%s%s%s", letter, row->name,
                   row->argument == NULL ? "" : " ",
                   row->argument == NULL ? "" : row->argument);
}
