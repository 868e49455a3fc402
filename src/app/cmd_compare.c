/* compare: the question whether two networks are nearly the same. */
#include "src/app/cli.h"
#include "src/app/commands.h"
#include "src/astrolabe.h"
#include "src/base/log.h"

#include <stdio.h>

int cmd_compare(const struct cli *cli)
{
    char message[2048] = "";
    if (!cli_is_set(cli, OPTION_EPSILON) || !cli_is_set(cli, OPTION_BOX)) {
        log_line(LOG_ERROR, "compare needs --epsilon and --box");
        return EXIT_STATUS_USAGE;
    }
    const struct astrolabe_comparison comparison = {
        .first_path = cli->operands.data[0],
        .second_path = cli->operands.data[1],
        .epsilon = cli_text(cli, OPTION_EPSILON),
        .box = cli_text(cli, OPTION_BOX)};
    const enum astrolabe_status status =
        astrolabe_compare(stdout, &comparison, message, sizeof message);
    if (status != ASTROLABE_OK) {
        log_line(LOG_ERROR, "%s", message);
        return EXIT_STATUS_ERROR;
    }
    if (fflush(stdout) != 0 || ferror(stdout) != 0) {
        log_line(LOG_ERROR, "standard output: cannot write");
        return EXIT_STATUS_ERROR;
    }
    return EXIT_STATUS_OK;
}
