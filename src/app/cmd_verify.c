/* verify: load, decide, print; the only command with a verdict. */
#include "src/app/cli.h"
#include "src/app/commands.h"
#include "src/app/help.h"
#include "src/app/network_args.h"
#include "src/app/output_file.h"
#include "src/app/progress.h"
#include "src/app/report.h"
#include "src/app/slim.h"
#include "src/app/watchdog.h"
#include "src/app/witness_out.h"
#include "src/astrolabe.h"
#include "src/base/budget.h"
#include "src/base/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MESSAGE_BYTES = 2048, BYTES_PER_MIB = 1048576 };

/*
 * One run of the command.
 *   version  of the property; 1 until it is read
 *   is_pending  the report will be written once more
 */
struct run {
    const struct cli *cli;
    struct network_args networks;
    struct astrolabe_options options;
    struct progress progress;
    struct report report;
    astrolabe_query *query;
    astrolabe_proof *proof;
    astrolabe_result *result;
    int version;
    bool is_pending;
    char message[MESSAGE_BYTES];
};

static enum astrolabe_engine engine_of(const char *name)
{
    if (strcmp(name, "input") == 0) {
        return ASTROLABE_ENGINE_INPUT;
    }
    return strcmp(name, "neuron") == 0 ? ASTROLABE_ENGINE_NEURON
                                       : ASTROLABE_ENGINE_AUTO;
}

static void set_options(struct run *run)
{
    const struct option_value *value = run->cli->options.value;
    struct astrolabe_options *options = &run->options;
    astrolabe_options_init(options);
    options->timeout_s = value[OPTION_TIMEOUT].seconds;
    options->memory_bytes =
        (size_t)value[OPTION_MEMORY_LIMIT].integer * BYTES_PER_MIB;
    options->threads = (size_t)value[OPTION_THREADS].integer;
    if (options->threads == 0) {
        options->threads = budget_cores();
    }
    options->seed = value[OPTION_SEED].integer;
    options->attack = !cli_is_set(run->cli, OPTION_NO_ATTACK);
    options->engine = engine_of(value[OPTION_ENGINE].text);
    if (log_is_interactive()) {
        run->progress.file = stderr;
        options->on_progress = progress_show;
        options->progress_context = &run->progress;
    }
    run->report.query = run->cli->operands.data[0];
    run->report.n_networks = run->networks.networks.n;
    run->report.networks = run->networks.networks.data;
    run->report.options = options;
    run->report.reason = "";
}

/* Writes both files; `word` is the result file's first line. claim: as the
 * first text, before the search. */
static enum status write_files(const struct run *run, const char *word,
                               enum status (*put)(const char *, const char *,
                                                  size_t, struct error *),
                               struct error *error)
{
    enum status status = STATUS_OK;
    const char *results_path = cli_text(run->cli, OPTION_RESULTS_FILE);
    const char *json_path = cli_text(run->cli, OPTION_JSON);
    char *text = NULL;
    size_t n = 0;
    if (results_path != NULL) {
        text = witness_out_text(&n, word, run->result);
        STATUS_TRY(put(results_path, text, n, error));
    }
    if (json_path != NULL) {
        free(text);
        text = report_text(&n, &run->report);
        STATUS_TRY(put(json_path, text, n, error));
    }
cleanup:
    free(text);
    return status;
}

static int fail(const struct error *error)
{
    char text[MESSAGE_BYTES];
    error_format(text, sizeof text, error);
    log_line(LOG_ERROR, "%s", text);
    return EXIT_STATUS_ERROR;
}

/* The first, provisional content of the files. */
static enum status claim_files(struct run *run, struct error *error)
{
    run->report.verdict = "timed-out";
    run->report.reason = "the run was killed";
    return write_files(
        run, witness_out_result_word(ASTROLABE_TIMED_OUT, run->version),
        output_file_claim, error);
}

static int print_verdict(struct run *run, enum astrolabe_verdict verdict,
                         const char *reason)
{
    struct error error = {0};
    run->report.verdict = witness_out_word(verdict);
    run->report.reason = reason;
    run->report.result = run->result;
    if (write_files(run, witness_out_result_word(verdict, run->version),
                    run->is_pending ? output_file_claim : output_file_put,
                    &error) != STATUS_OK) {
        return fail(&error);
    }
    size_t n = 0;
    char *text = witness_out_text(&n, run->report.verdict, run->result);
    const enum status status = witness_out_print(text, n, &error);
    free(text);
    if (status != STATUS_OK) {
        return fail(&error);
    }
    if (!cli_is_set(run->cli, OPTION_EXIT_CODE)) {
        return EXIT_STATUS_OK;
    }
    return verdict == ASTROLABE_SAT     ? (int)EXIT_STATUS_SAT
           : verdict == ASTROLABE_UNSAT ? (int)EXIT_STATUS_UNSAT
                                        : (int)EXIT_STATUS_OK;
}

/* The query was refused: an error, or unknown if the user wants that. */
static int refuse(struct run *run, enum astrolabe_status status)
{
    struct error error = {0};
    const char *outcome = cli_text(run->cli, OPTION_UNSUPPORTED);
    if (status == ASTROLABE_UNSUPPORTED && strcmp(outcome, "unknown") == 0) {
        log_line(LOG_WARNING, "%s", run->message);
        return print_verdict(run, ASTROLABE_UNKNOWN, run->message);
    }
    log_line(LOG_ERROR, "%s", run->message);
    run->report.verdict = "error";
    run->report.reason = run->message;
    if (write_files(run, "error", output_file_put, &error) != STATUS_OK) {
        return fail(&error);
    }
    return EXIT_STATUS_ERROR;
}

/* Prepares the certificate; nothing to do without --proof. */
static enum astrolabe_status open_proof(struct run *run)
{
    const char *path = cli_text(run->cli, OPTION_PROOF);
    if (path == NULL) {
        return ASTROLABE_OK;
    }
    const enum astrolabe_status status = astrolabe_proof_open(
        &run->proof, run->query, path, run->message, sizeof run->message);
    run->options.proof = run->proof;
    return status;
}

/* How much of the solving time level 1 may take, and of the time that is left
 * the other levels. */
static const double BRIEF_SHARE = 0.06;
static const double LONG_SHARE = 0.5;

enum { BRIEF_LEVEL = 1, QUICK_LEVEL = 2, SLOW_LEVEL = 3 };

/* The level of --minimize, 0 if there is nothing to be made smaller. */
static uint64_t minimize_level(const struct run *run)
{
    return run->proof == NULL ||
                   astrolabe_result_verdict(run->result) != ASTROLABE_UNSAT
               ? 0
               : run->cli->options.value[OPTION_MINIMIZE].integer;
}

/* A pass bounds the root and one node below at least. Where the search took
 * fewer nodes than LEAST_NODES and was not short, that is more than its
 * share. */
enum { LEAST_NODES = 32 };
static const double SHORT_S = 0.5;

static bool has_time_for_pass(const struct run *run)
{
    const size_t n = astrolabe_result_n_counters(run->result);
    double n_nodes = 0;
    for (size_t i = 0; i < n; i++) {
        double value = 0;
        const char *name = astrolabe_result_counter(run->result, i, &value);
        if (strcmp(name, "boxes") == 0 || strcmp(name, "stars") == 0) {
            n_nodes += value;
        }
    }
    return n_nodes >= LEAST_NODES || run->report.verify_s < SHORT_S;
}

/* Level 1: what a share of the solving time allows. */
static void minimize_briefly(struct run *run)
{
    const double started_s = budget_now_s();
    const double deadline_s = started_s + BRIEF_SHARE * run->report.verify_s;
    if (!has_time_for_pass(run)) {
        return;
    }
    if (astrolabe_proof_shrink(run->proof, run->query, run->result, deadline_s,
                               run->message,
                               sizeof run->message) != ASTROLABE_OK) {
        log_line(LOG_WARNING, "certificate as recorded: %s", run->message);
    }
    run->report.minimize_s = budget_now_s() - started_s;
}

/* Levels 2 and 3; a certificate that cannot be made smaller stays as it was
 * recorded. */
static void minimize(struct run *run, bool is_slow)
{
    enum { QUICK_ROUNDS = 1, SLOW_ROUNDS = 4 };
    const char *path = cli_text(run->cli, OPTION_PROOF);
    const double started_s = budget_now_s();
    const double left_s = run->options.timeout_s - started_s;
    struct error error = {0};
    struct slim_sizes sizes = {0};
    struct slim_job job = {
        .in = path,
        .out = path,
        .network = network_args_text(&run->networks),
        .property = run->cli->operands.data[0],
        .query = run->query,
        .options = {.is_slow = is_slow,
                    .thinning = ASTROLABE_THINNING_BETTER,
                    .rounds = is_slow ? SLOW_ROUNDS : QUICK_ROUNDS,
                    .deadline_s = started_s + LONG_SHARE * left_s}};
    enum status status = slim_parse_passes(&job.options.passes, NULL, &error);
    if (status == STATUS_OK) {
        status = slim_run(&sizes, &job, &error);
    }
    if (status != STATUS_OK) {
        log_line(LOG_WARNING, "certificate as recorded: %s", error.message);
    } else if (astrolabe_proof_recount(run->result, path, run->message,
                                       sizeof run->message) == ASTROLABE_OK) {
        log_line(LOG_NOTE, "certificate of %zu bytes, recorded with %zu",
                 sizes.after, sizes.before);
    }
    run->report.minimize_s = budget_now_s() - started_s;
}

/* The verdict is out; the report follows with the figures of the smaller
 * certificate. */
static int minimize_after(struct run *run, int exit_status)
{
    struct error error = {0};
    const enum astrolabe_verdict verdict =
        astrolabe_result_verdict(run->result);
    minimize(run, minimize_level(run) >= SLOW_LEVEL);
    return write_files(run, witness_out_result_word(verdict, run->version),
                       output_file_put, &error) == STATUS_OK
               ? exit_status
               : fail(&error);
}

/* Writes the certificate if the verdict is unsat, then prints the verdict. It
 * is true without a certificate too; only the exit status tells. */
static int conclude(struct run *run)
{
    const enum astrolabe_status status =
        run->proof == NULL
            ? ASTROLABE_OK
            : astrolabe_proof_write(run->proof, run->result, run->message,
                                    sizeof run->message);
    const char *reason = astrolabe_result_reason(run->result);
    const uint64_t level = status == ASTROLABE_OK ? minimize_level(run) : 0;
    if (status != ASTROLABE_OK) {
        log_line(LOG_ERROR, "%s", run->message);
        reason = run->message;
    } else if (reason[0] != '\0') {
        log_line(LOG_NOTE, "%s", reason);
    }
    if (level == BRIEF_LEVEL) {
        minimize_briefly(run);
    }
    run->is_pending = level >= QUICK_LEVEL;
    const int exit_status =
        print_verdict(run, astrolabe_result_verdict(run->result), reason);
    if (run->is_pending) {
        return minimize_after(run, exit_status);
    }
    return status == ASTROLABE_OK ? exit_status : (int)EXIT_STATUS_ERROR;
}

/* Reads everything, decides and prints; the watchdog runs meanwhile. */
static int load_and_decide(struct run *run)
{
    struct error error = {0};
    watchdog_start(run->options.timeout_s);
    const double started_s = budget_now_s();
    enum astrolabe_status status = astrolabe_load(
        &run->query, run->report.query, run->report.n_networks,
        run->report.networks, cli_is_set(run->cli, OPTION_STRICT), run->message,
        sizeof run->message);
    if (status == ASTROLABE_OK) {
        status = open_proof(run);
    }
    run->report.load_s = budget_now_s() - started_s;
    if (status != ASTROLABE_OK) {
        watchdog_stop();
        return refuse(run, status);
    }
    run->version = astrolabe_query_version(run->query);
    if (run->version != 1 && claim_files(run, &error) != STATUS_OK) {
        watchdog_stop();
        return fail(&error);
    }
    run->result = astrolabe_verify(run->query, &run->options);
    watchdog_stop();
    progress_clear(&run->progress);
    run->report.verify_s = budget_now_s() - started_s - run->report.load_s;
    return conclude(run);
}

static int run_command(struct run *run)
{
    struct error error = {0};
    if (network_args_read(&run->networks, run->cli, &error) != STATUS_OK) {
        log_line(LOG_ERROR, "%s", error.message);
        help_hint(stderr, run->cli->command);
        return EXIT_STATUS_USAGE;
    }
    if (run->networks.networks.n == 0) {
        log_line(LOG_ERROR, "verify: expected --network");
        help_hint(stderr, run->cli->command);
        return EXIT_STATUS_USAGE;
    }
    if (cli_is_set(run->cli, OPTION_SERIALISE_ASSIGNMENTS)) {
        log_line(LOG_ERROR, "--serialise-assignments is not available");
        return EXIT_STATUS_ERROR;
    }
    set_options(run);
    if (claim_files(run, &error) != STATUS_OK) {
        return fail(&error);
    }
    return load_and_decide(run);
}

int cmd_verify(const struct cli *cli)
{
    struct run run = {.cli = cli, .version = 1};
    budget_catch_signals();
    const int exit_status = run_command(&run);
    astrolabe_result_free(run.result);
    astrolabe_proof_free(run.proof);
    astrolabe_query_free(run.query);
    network_args_clear(&run.networks);
    return exit_status;
}
