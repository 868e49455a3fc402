/* proof minimize: the action of cmd_proof that has a file of its own. */
#ifndef ASTROLABE_APP_CMD_PROOF_MINIMIZE_H
#define ASTROLABE_APP_CMD_PROOF_MINIMIZE_H

#include "src/app/cli.h"

/* `minimize IN OUT`: the exit status. */
int cmd_proof_minimize(const struct cli *cli);

#endif
