/* Arguments -> networks -> query. */
#include "src/app/load.h"

#include "src/app/help.h"
#include "src/app/network_args.h"
#include "src/base/log.h"

#include <stdio.h>

static int load_with(astrolabe_query **query, const struct cli *cli,
                     const char *path, const struct network_args *args)
{
    char message[2048] = "";
    if (args->networks.n == 0) {
        log_line(LOG_ERROR, "%s: expected --network", cli->command->name);
        help_hint(stderr, cli->command);
        return EXIT_STATUS_USAGE;
    }
    const enum astrolabe_status status =
        astrolabe_load(query, path, args->networks.n, args->networks.data,
                       cli_is_set(cli, OPTION_STRICT), message, sizeof message);
    if (status != ASTROLABE_OK) {
        log_line(LOG_ERROR, "%s", message);
        return EXIT_STATUS_ERROR;
    }
    return EXIT_STATUS_OK;
}

int load_query(astrolabe_query **query, const struct cli *cli, size_t operand)
{
    return load_query_at(query, cli, cli->operands.data[operand]);
}

int load_query_at(astrolabe_query **query, const struct cli *cli,
                  const char *path)
{
    struct network_args args;
    struct error error = {0};
    int exit_status = EXIT_STATUS_USAGE;
    *query = NULL;
    if (network_args_read(&args, cli, &error) == STATUS_OK) {
        exit_status = load_with(query, cli, path, &args);
    } else {
        log_line(LOG_ERROR, "%s", error.message);
        help_hint(stderr, cli->command);
    }
    network_args_clear(&args);
    return exit_status;
}
