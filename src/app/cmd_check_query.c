/* check-query: reads a property, bound to its networks if there are any. */
#include "src/app/cli.h"
#include "src/app/commands.h"
#include "src/app/load.h"
#include "src/astrolabe.h"
#include "src/base/log.h"

static int check_alone(const struct cli *cli)
{
    char message[2048] = "";
    const enum astrolabe_status status = astrolabe_check_property(
        cli->operands.data[0], cli_is_set(cli, OPTION_STRICT), message,
        sizeof message);
    if (status != ASTROLABE_OK) {
        log_line(LOG_ERROR, "%s", message);
        return EXIT_STATUS_ERROR;
    }
    return EXIT_STATUS_OK;
}

int cmd_check_query(const struct cli *cli)
{
    astrolabe_query *query = NULL;
    if (!cli_is_set(cli, OPTION_NETWORK) &&
        !cli_is_set(cli, OPTION_NETWORK_LIST)) {
        return check_alone(cli);
    }
    const int exit_status = load_query(&query, cli, 0);
    astrolabe_query_free(query);
    return exit_status;
}
