/* check-model: can this network be verified? */
#include "src/app/cli.h"
#include "src/app/commands.h"
#include "src/astrolabe.h"
#include "src/base/log.h"

int cmd_check_model(const struct cli *cli)
{
    char message[2048] = "";
    const enum astrolabe_status status =
        astrolabe_check_model(cli->operands.data[0], message, sizeof message);
    if (status != ASTROLABE_OK) {
        log_line(LOG_ERROR, "%s", message);
        return EXIT_STATUS_ERROR;
    }
    return EXIT_STATUS_OK;
}
