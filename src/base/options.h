/* The command line's options: one table, its values, their ranges. */
#ifndef ASTROLABE_BASE_OPTIONS_H
#define ASTROLABE_BASE_OPTIONS_H

#include "src/base/error.h"
#include "src/base/status.h"
#include "src/base/vec.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Rows of options.def; OPTION_COUNT is their number. */
enum option {
#define OPTION(id, ...) OPTION_##id,
#include "src/base/options.def"
#undef OPTION
    OPTION_COUNT
};

enum option_kind {
    OPTION_KIND_FLAG,
    OPTION_KIND_INTEGER,
    OPTION_KIND_SECONDS,
    OPTION_KIND_TEXT,
    OPTION_KIND_LIST,
    OPTION_KIND_CHOICE
};

/* One row; all texts have static storage. */
struct option_row {
    const char *name;
    char letter;
    enum option_kind kind;
    const char *commands;
    const char *argument;
    const char *fallback;
    uint64_t minimum;
    uint64_t maximum;
    const char *description;
};

/*
 * Values of all options. A text points to what option_set was given, which
 * must live as long.
 *   is_given  set on the command line, not by the fallback
 *   text      TEXT and CHOICE; NULL when absent
 *   integer   INTEGER; FLAG (0 or 1)
 *   seconds   SECONDS; HUGE_VAL when absent
 *   list      LIST, in order
 */
struct option_value {
    bool is_given;
    const char *text;
    uint64_t integer;
    double seconds;
    VEC(const char *) list;
};

struct options {
    struct option_value value[OPTION_COUNT];
};

/* The row of an option. */
const struct option_row *options_row(enum option option);

/* True if the command has the option; command "-": no command. */
bool options_applies(enum option option, const char *command);

/* The option called name (n bytes) of the command, or by its letter;
 * OPTION_COUNT if there is none. */
enum option options_find(const char *name, size_t n, const char *command);
enum option options_find_letter(char letter, const char *command);

/* Fills in the fallbacks; released by options_clear. */
void options_init(struct options *options);
void options_clear(struct options *options);

/*
 * Sets one option from its text; a FLAG takes NULL. A second value replaces
 * the first, except for LIST.
 *   returns  STATUS_OK; STATUS_USAGE with the option, the text and the range
 */
enum status options_set(struct options *options, enum option option,
                        const char *text, struct error *error);

/* Help line of an option without its description, as in `--seed N`. */
void options_usage(char *text, size_t size, enum option option);

#endif
