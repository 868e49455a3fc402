/* proof minimize IN OUT: a smaller certificate of the same query. */
#include "src/app/cmd_proof_minimize.h"

#include "src/app/help.h"
#include "src/app/load.h"
#include "src/app/network_args.h"
#include "src/app/slim.h"
#include "src/base/budget.h"
#include "src/base/log.h"

#include <stdio.h>
#include <string.h>

enum { MOST_ROUNDS = 4, MESSAGE_BYTES = 2048 };

static int fail(const struct error *error)
{
    char text[MESSAGE_BYTES];
    error_format(text, sizeof text, error);
    log_line(LOG_ERROR, "%s", text);
    return EXIT_STATUS_ERROR;
}

static int fail_usage(const struct cli *cli, const char *message)
{
    log_line(LOG_ERROR, "%s", message);
    help_hint(stderr, cli->command);
    return EXIT_STATUS_USAGE;
}

static enum astrolabe_thinning thinning_of(const char *name)
{
    if (strcmp(name, "greedy") == 0) {
        return ASTROLABE_THINNING_GREEDY;
    }
    return strcmp(name, "lp") == 0 ? ASTROLABE_THINNING_LP
                                   : ASTROLABE_THINNING_BETTER;
}

static int run(struct slim_job *job, const struct cli *cli)
{
    struct error error = {0};
    struct slim_sizes sizes = {0};
    struct network_args args;
    astrolabe_query *query = NULL;
    const int exit_status = load_query_at(&query, cli, job->property);
    if (exit_status != EXIT_STATUS_OK) {
        return exit_status;
    }
    enum status status = network_args_read(&args, cli, &error);
    if (status == STATUS_OK) {
        job->query = query;
        job->network = network_args_text(&args);
        status = slim_run(&sizes, job, &error);
    }
    network_args_clear(&args);
    astrolabe_query_free(query);
    if (status != STATUS_OK) {
        return fail(&error);
    }
    log_line(LOG_NOTE, "%zu bytes, before %zu", sizes.after, sizes.before);
    return EXIT_STATUS_OK;
}

int cmd_proof_minimize(const struct cli *cli)
{
    struct error error = {0};
    struct slim_job job = {
        .in = cli->operands.data[1],
        .out = cli->operands.data[2],
        .property = cli_text(cli, OPTION_PROPERTY),
        .report = cli_text(cli, OPTION_REPORT),
        .options = {.is_slow = cli_is_set(cli, OPTION_SLOW),
                    .thinning = thinning_of(cli_text(cli, OPTION_PROCEDURE)),
                    .rounds = MOST_ROUNDS,
                    .deadline_s = budget_now_s() +
                                  cli->options.value[OPTION_BUDGET].seconds},
    };
    if (job.property == NULL) {
        return fail_usage(cli, "proof: minimize needs --property");
    }
    if (slim_parse_passes(&job.options.passes, cli_text(cli, OPTION_PASSES),
                          &error) != STATUS_OK) {
        return fail_usage(cli, error.message);
    }
    budget_catch_signals();
    return run(&job, cli);
}
