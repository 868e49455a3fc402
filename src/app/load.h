/* Loading for the commands that only read. */
#ifndef ASTROLABE_APP_LOAD_H
#define ASTROLABE_APP_LOAD_H

#include "src/app/cli.h"
#include "src/astrolabe.h"

/* Loads the query of the first operand with the networks of the command
 * line; messages go to stderr. Returns the exit status; *query is owned by
 * the caller, NULL unless it is EXIT_STATUS_OK. */
int load_query(astrolabe_query **query, const struct cli *cli);

#endif
