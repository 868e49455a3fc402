/* certificate, query -> checker -> text or drawing. */
#include "src/app/cmd_proof_show.h"

#include "src/app/audit.h"
#include "src/app/help.h"
#include "src/app/load.h"
#include "src/app/network_args.h"
#include "src/base/log.h"

#include <stdio.h>
#include <string.h>

enum { MESSAGE_BYTES = 2048 };

/*
 * What the arguments name.
 *   query  NULL without --property
 */
struct subject {
    const struct cli *cli;
    struct network_args networks;
    astrolabe_certificate *certificate;
    astrolabe_certificate *before;
    astrolabe_query *query;
    struct audit audit;
    struct astrolabe_view view;
    char message[MESSAGE_BYTES];
};

struct action {
    const char *name;
    enum astrolabe_status (*run)(struct subject *subject);
};

static int fail_usage(const struct cli *cli, const char *message)
{
    log_line(LOG_ERROR, "proof: %s", message);
    help_hint(stderr, cli->command);
    return EXIT_STATUS_USAGE;
}

static enum astrolabe_status show(struct subject *subject)
{
    (void)printf("# %s\n", subject->audit.text);
    return astrolabe_certificate_show(stdout, subject->certificate,
                                      &subject->view, subject->message,
                                      sizeof subject->message);
}

static enum astrolabe_status print_stats(struct subject *subject)
{
    (void)printf("checker: %s\n", subject->audit.text);
    astrolabe_certificate_print_figures(stdout, subject->certificate);
    if (subject->query == NULL) {
        return ASTROLABE_OK;
    }
    return astrolabe_certificate_print_margins(stdout, subject->certificate,
                                               subject->query, subject->message,
                                               sizeof subject->message);
}

static enum astrolabe_status explain(struct subject *subject)
{
    (void)printf("%s\n", subject->audit.text);
    return astrolabe_certificate_explain(stdout, subject->certificate,
                                         &subject->view, subject->message,
                                         sizeof subject->message);
}

static enum astrolabe_status draw(struct subject *subject)
{
    const enum astrolabe_status status = astrolabe_certificate_draw(
        cli_text(subject->cli, OPTION_OUTPUT), subject->certificate,
        &subject->view, subject->message, sizeof subject->message);
    if (status == ASTROLABE_OK) {
        log_line(LOG_NOTE, "%s", subject->audit.text);
    }
    return status;
}

static const struct action ACTIONS[] = {{"show", show},
                                        {"stats", print_stats},
                                        {"explain", explain},
                                        {"draw", draw}};
enum { N_ACTIONS = sizeof ACTIONS / sizeof *ACTIONS };

static const struct action *find_action(const char *name)
{
    const struct action *found = NULL;
    for (size_t i = 0; i < N_ACTIONS; i++) {
        found = strcmp(ACTIONS[i].name, name) == 0 ? &ACTIONS[i] : found;
    }
    return found;
}

bool cmd_proof_can_show(const char *action)
{
    return find_action(action) != NULL;
}

static size_t number_of(const struct cli *cli, enum option option)
{
    return cli_is_set(cli, option) ? (size_t)cli->options.value[option].integer
                                   : ASTROLABE_ANY;
}

/* Loads what the arguments name, and asks the checker: the exit status. */
static int prepare(struct subject *subject)
{
    const struct cli *cli = subject->cli;
    const char *path = cli->operands.data[1];
    const char *property = cli_text(cli, OPTION_PROPERTY);
    const char *before = cli_text(cli, OPTION_BEFORE);
    struct error error = {0};
    if (network_args_read(&subject->networks, cli, &error) != STATUS_OK) {
        return fail_usage(cli, error.message);
    }
    const char *first = subject->networks.networks.n == 0
                            ? NULL
                            : subject->networks.networks.data[0].path;
    if (property != NULL) {
        const int exit_status = load_query_at(&subject->query, cli, property);
        if (exit_status != EXIT_STATUS_OK) {
            return exit_status;
        }
    }
    if (astrolabe_certificate_load(&subject->certificate, path,
                                   subject->message,
                                   sizeof subject->message) != ASTROLABE_OK ||
        (before != NULL &&
         astrolabe_certificate_load(&subject->before, before, subject->message,
                                    sizeof subject->message) != ASTROLABE_OK)) {
        log_line(LOG_ERROR, "%s", subject->message);
        return EXIT_STATUS_ERROR;
    }
    audit_run(&subject->audit, path, network_args_text(&subject->networks),
              property);
    subject->view = (struct astrolabe_view){
        .network_path = first,
        .query = subject->query,
        .checked = subject->audit.text,
        .is_refused = subject->audit.is_refused,
        .refused_case = subject->audit.refused_case,
        .refused_node = subject->audit.refused_node,
        .before = subject->before,
        .most_nodes = (size_t)cli->options.value[OPTION_MOST_NODES].integer,
        .case_index = number_of(cli, OPTION_CASE),
        .leaf = number_of(cli, OPTION_LEAF)};
    return EXIT_STATUS_OK;
}

static int run(struct subject *subject, const struct action *action)
{
    const int exit_status = prepare(subject);
    if (exit_status != EXIT_STATUS_OK) {
        return exit_status;
    }
    if (action->run(subject) != ASTROLABE_OK) {
        log_line(LOG_ERROR, "%s", subject->message);
        return EXIT_STATUS_ERROR;
    }
    if (fflush(stdout) != 0 || ferror(stdout) != 0) {
        log_line(LOG_ERROR, "standard output: cannot write");
        return EXIT_STATUS_ERROR;
    }
    return EXIT_STATUS_OK;
}

int cmd_proof_show(const struct cli *cli)
{
    const struct action *action = find_action(cli->operands.data[0]);
    const char *output = cli_text(cli, OPTION_OUTPUT);
    struct subject subject = {.cli = cli};
    if (cli->operands.n != 2) {
        return fail_usage(cli, "expected one certificate");
    }
    if (action->run == draw &&
        (output == NULL || !astrolabe_can_draw(output))) {
        return fail_usage(
            cli, "draw needs --output, a file ending in .dot, .svg or .png");
    }
    if (action->run == explain && cli_text(cli, OPTION_PROPERTY) == NULL) {
        return fail_usage(cli, "explain needs --network and --property");
    }
    const int exit_status = run(&subject, action);
    network_args_clear(&subject.networks);
    astrolabe_certificate_free(subject.certificate);
    astrolabe_certificate_free(subject.before);
    astrolabe_query_free(subject.query);
    return exit_status;
}
