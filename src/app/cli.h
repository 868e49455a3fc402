/* The arguments of the program as a command, options and operands. */
#ifndef ASTROLABE_APP_CLI_H
#define ASTROLABE_APP_CLI_H

#include "src/app/commands.h"
#include "src/base/error.h"
#include "src/base/options.h"
#include "src/base/status.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * command   NULL without one (--help, --version, --name)
 * operands  [n_operands] in order; point into argv
 * rest      [n_rest] what followed `--`, for bench; points into argv
 */
struct cli {
    const struct command *command;
    struct options options;
    VEC(const char *) operands;
    size_t n_rest;
    char **rest;
};

/*
 * Parses `[COMMAND] ARGUMENT...`. Options are `--name value`,
 * `--name=value`, `-x` and `-x value`; `-` is an operand. After `--`
 * everything is an operand, or for bench part of `rest`.
 *   returns  STATUS_OK; STATUS_USAGE with a message that suggests the
 *            nearest name. cli_clear is due in both cases.
 */
enum status cli_parse(struct cli *cli, int argc, char **argv,
                      struct error *error);
void cli_clear(struct cli *cli);

/* True if the option was given. */
bool cli_is_set(const struct cli *cli, enum option option);
/* Value of a TEXT or CHOICE option, NULL when absent. */
const char *cli_text(const struct cli *cli, enum option option);

#endif
