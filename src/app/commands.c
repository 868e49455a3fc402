/* Table of the commands and the top level of the program. */
#include "src/app/commands.h"

#include "src/app/cli.h"
#include "src/app/help.h"
#include "src/astrolabe.h"
#include "src/base/alloc.h"
#include "src/base/budget.h"
#include "src/base/log.h"
#include "src/base/require.h"
#include "src/base/writer.h"

#include <stdio.h>
#include <string.h>

static const struct command ROWS[] = {
#define COMMAND(id, name, operands, min, max, summary) \
    {name, operands, min, max, summary, cmd_##id},
#include "src/app/commands.def"
#undef COMMAND
};

size_t commands_count(void)
{
    return sizeof ROWS / sizeof *ROWS;
}

const struct command *commands_at(size_t i)
{
    REQUIRE(i < commands_count());
    return &ROWS[i];
}

const struct command *commands_find(const char *name)
{
    for (size_t i = 0; i < commands_count(); i++) {
        if (strcmp(ROWS[i].name, name) == 0) {
            return &ROWS[i];
        }
    }
    return NULL;
}

static void set_log_level(const struct cli *cli)
{
    if (cli_is_set(cli, OPTION_QUIET)) {
        log_set_level(LOG_ERROR);
    } else if (cli_is_set(cli, OPTION_VERBOSE)) {
        log_set_level(LOG_DETAIL);
    }
}

/* Help, version and name; otherwise the command. */
static int dispatch(const struct cli *cli)
{
    if (cli_is_set(cli, OPTION_HELP)) {
        help_print(stdout, cli->command);
    } else if (cli_is_set(cli, OPTION_VERSION)) {
        printf("%s\n", astrolabe_version());
    } else if (cli_is_set(cli, OPTION_NAME)) {
        printf("astrolabe\n");
    } else {
        set_log_level(cli);
        return cli->command->run(cli);
    }
    if (fflush(stdout) != 0) {
        log_line(LOG_ERROR, "standard output: cannot write");
        return EXIT_STATUS_ERROR;
    }
    return EXIT_STATUS_OK;
}

int commands_run(int argc, char **argv)
{
    struct cli cli;
    struct error error = {0};
    int exit_status = EXIT_STATUS_USAGE;
    (void)budget_now_s(); /* starts the clock */
    alloc_set_exit(writer_abandon_all);
    if (cli_parse(&cli, argc, argv, &error) == STATUS_OK) {
        exit_status = dispatch(&cli);
    } else {
        log_line(LOG_ERROR, "%s", error.message);
        help_hint(stderr, cli.command);
    }
    cli_clear(&cli);
    return exit_status;
}
