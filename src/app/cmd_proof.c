/* proof: certificates as text, as bytes, in figures. */
#include "src/app/cli.h"
#include "src/app/cmd_proof_minimize.h"
#include "src/app/cmd_proof_show.h"
#include "src/app/commands.h"
#include "src/app/help.h"
#include "src/astrolabe.h"
#include "src/base/log.h"

#include <stdio.h>
#include <string.h>

enum { MESSAGE_BYTES = 2048 };

static int fail(const char *message)
{
    log_line(LOG_ERROR, "%s", message);
    return EXIT_STATUS_ERROR;
}

/* `text CERT`, on standard output. */
static int print(const struct cli *cli)
{
    char message[MESSAGE_BYTES] = "";
    astrolabe_certificate *certificate = NULL;
    if (astrolabe_certificate_load(&certificate, cli->operands.data[1], message,
                                   sizeof message) != ASTROLABE_OK) {
        return fail(message);
    }
    astrolabe_certificate_print(stdout, certificate);
    astrolabe_certificate_free(certificate);
    return fflush(stdout) == 0 && ferror(stdout) == 0
               ? (int)EXIT_STATUS_OK
               : fail("standard output: cannot write");
}

/* `binary TEXT CERT`. */
static int convert(const struct cli *cli)
{
    char message[MESSAGE_BYTES] = "";
    astrolabe_certificate *certificate = NULL;
    enum astrolabe_status status = astrolabe_certificate_load_text(
        &certificate, cli->operands.data[1], message, sizeof message);
    if (status == ASTROLABE_OK) {
        status = astrolabe_certificate_save(certificate, cli->operands.data[2],
                                            message, sizeof message);
    }
    astrolabe_certificate_free(certificate);
    return status == ASTROLABE_OK ? (int)EXIT_STATUS_OK : fail(message);
}

int cmd_proof(const struct cli *cli)
{
    const char *action = cli->operands.data[0];
    if (strcmp(action, "text") == 0) {
        return print(cli);
    }
    if (cmd_proof_can_show(action)) {
        return cmd_proof_show(cli);
    }
    const bool is_binary = strcmp(action, "binary") == 0;
    if (is_binary || strcmp(action, "minimize") == 0) {
        if (cli->operands.n == 3) {
            return is_binary ? convert(cli) : cmd_proof_minimize(cli);
        }
        log_line(LOG_ERROR, "proof: %s needs two files", action);
    } else {
        log_line(LOG_ERROR,
                 "proof: expected text, show, stats, explain, draw, binary or "
                 "minimize, found '%s'",
                 action);
    }
    help_hint(stderr, cli->command);
    return EXIT_STATUS_USAGE;
}
