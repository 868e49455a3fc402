/* proof: certificates as text, as bytes, in figures. */
#include "src/app/cli.h"
#include "src/app/cmd_proof_minimize.h"
#include "src/app/commands.h"
#include "src/app/help.h"
#include "src/app/network_args.h"
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

enum form { FORM_TEXT, FORM_STATS, FORM_REMARKS };

/* The first network of the command line; NULL without one. */
static enum astrolabe_status show(const struct cli *cli,
                                  const astrolabe_certificate *certificate,
                                  char *message)
{
    struct error error = {0};
    struct network_args args;
    enum astrolabe_status result = ASTROLABE_ERROR;
    if (network_args_read(&args, cli, &error) != STATUS_OK) {
        error_format(message, MESSAGE_BYTES, &error);
    } else {
        result = astrolabe_certificate_show(
            stdout, certificate,
            args.networks.n == 0 ? NULL : args.networks.data[0].path, message,
            MESSAGE_BYTES);
    }
    network_args_clear(&args);
    return result;
}

/* `text CERT`, `stats CERT` and `show CERT`, on standard output. */
static int print(const struct cli *cli, enum form form)
{
    char message[MESSAGE_BYTES] = "";
    astrolabe_certificate *certificate = NULL;
    enum astrolabe_status status = astrolabe_certificate_load(
        &certificate, cli->operands.data[1], message, sizeof message);
    if (status != ASTROLABE_OK) {
        return fail(message);
    }
    switch (form) {
    case FORM_TEXT:
        astrolabe_certificate_print(stdout, certificate);
        break;
    case FORM_STATS:
        astrolabe_certificate_print_figures(stdout, certificate);
        break;
    case FORM_REMARKS:
        status = show(cli, certificate, message);
        break;
    }
    astrolabe_certificate_free(certificate);
    if (status != ASTROLABE_OK) {
        return fail(message);
    }
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
        return print(cli, FORM_TEXT);
    }
    if (strcmp(action, "stats") == 0) {
        return print(cli, FORM_STATS);
    }
    if (strcmp(action, "show") == 0) {
        return print(cli, FORM_REMARKS);
    }
    const bool is_binary = strcmp(action, "binary") == 0;
    if (is_binary || strcmp(action, "minimize") == 0) {
        if (cli->operands.n == 3) {
            return is_binary ? convert(cli) : cmd_proof_minimize(cli);
        }
        log_line(LOG_ERROR, "proof: %s needs two files", action);
    } else {
        log_line(LOG_ERROR,
                 "proof: expected text, show, stats, binary or minimize, "
                 "found '%s'",
                 action);
    }
    help_hint(stderr, cli->command);
    return EXIT_STATUS_USAGE;
}
