/* dump: networks and property as the verifier understood them. */
#include "src/app/cli.h"
#include "src/app/commands.h"
#include "src/app/load.h"
#include "src/astrolabe.h"
#include "src/base/log.h"

#include <stdio.h>

int cmd_dump(const struct cli *cli)
{
    astrolabe_query *query = NULL;
    const int exit_status = load_query(&query, cli, 0);
    if (exit_status != EXIT_STATUS_OK) {
        return exit_status;
    }
    astrolabe_query_dump(stdout, query);
    astrolabe_query_free(query);
    if (fflush(stdout) != 0 || ferror(stdout) != 0) {
        log_line(LOG_ERROR, "standard output: cannot write");
        return EXIT_STATUS_ERROR;
    }
    return EXIT_STATUS_OK;
}
