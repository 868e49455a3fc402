/* proof show, stats, explain, draw: what people read. */
#ifndef ASTROLABE_APP_CMD_PROOF_SHOW_H
#define ASTROLABE_APP_CMD_PROOF_SHOW_H

#include "src/app/cli.h"

#include <stdbool.h>

/* True for the actions of this file. */
bool cmd_proof_can_show(const char *action);

/* `ACTION CERT`: the exit status. */
int cmd_proof_show(const struct cli *cli);

#endif
