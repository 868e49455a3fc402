/* Loading for the commands that only read. */
#ifndef ASTROLABE_APP_LOAD_H
#define ASTROLABE_APP_LOAD_H

#include "src/app/cli.h"
#include "src/astrolabe.h"

#include <stddef.h>

/* Loads the query that an operand names with the networks of the command
 * line; messages go to stderr. Returns the exit status; *query is owned by
 * the caller, NULL unless it is EXIT_STATUS_OK. */
int load_query(astrolabe_query **query, const struct cli *cli, size_t operand);
/* The same for the property at a path. */
int load_query_at(astrolabe_query **query, const struct cli *cli,
                  const char *path);

#endif
