/* The commands: their table, dispatch and exit statuses. */
#ifndef ASTROLABE_APP_COMMANDS_H
#define ASTROLABE_APP_COMMANDS_H

#include <stddef.h>

struct cli;

enum {
    EXIT_STATUS_OK = 0,
    EXIT_STATUS_ERROR = 1,
    EXIT_STATUS_USAGE = 2,
    EXIT_STATUS_SAT = 10,  /* with --exit-code */
    EXIT_STATUS_UNSAT = 20 /* with --exit-code */
};

/* One row of commands.def; run returns the exit status. */
struct command {
    const char *name;
    const char *operands;
    size_t n_operands_min;
    size_t n_operands_max;
    const char *summary;
    int (*run)(const struct cli *cli);
};

size_t commands_count(void);
const struct command *commands_at(size_t i);
/* NULL if there is no such command. */
const struct command *commands_find(const char *name);

/* The whole program: the exit status for these arguments. */
int commands_run(int argc, char **argv);

/* One function per row, each in its own file cmd_<id>.c. */
#define COMMAND(id, ...) int cmd_##id(const struct cli *cli);
#include "src/app/commands.def"
#undef COMMAND

#endif
