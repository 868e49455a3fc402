/* bench: every instance of a list in its own process, then a table. */
#include "src/app/bench_check.h"
#include "src/app/bench_child.h"
#include "src/app/bench_list.h"
#include "src/app/bench_rows.h"
#include "src/app/bench_table.h"
#include "src/app/cli.h"
#include "src/app/commands.h"
#include "src/app/help.h"
#include "src/base/alloc.h"
#include "src/base/budget.h"
#include "src/base/log.h"

#include <poll.h>
#include <stdbool.h>
#include <stdio.h>

/* One place for a running child. */
struct slot {
    bool is_busy;
    size_t instance;
    struct bench_child child;
};

/*
 * One run.
 *   slots     [n_slots]
 *   n_ready   instances that need no run, or are done
 */
struct run {
    const struct cli *cli;
    struct bench_list list;
    struct bench_rows rows;
    struct bench_check check;
    struct slot *slots;
    size_t n_slots;
    size_t next;
    size_t n_ready;
};

static int fail(const struct error *error)
{
    char text[ERROR_PATH_BYTES + ERROR_MESSAGE_BYTES + 64];
    error_format(text, sizeof text, error);
    log_line(LOG_ERROR, "%s", text);
    return EXIT_STATUS_ERROR;
}

static enum status start(const struct run *run, struct slot *slot,
                         struct error *error)
{
    char *proof = bench_check_path(&run->check, &run->list, slot->instance);
    const struct bench_job job = {
        .folder = run->list.folder,
        .instance = &run->list.instances.data[slot->instance],
        .proof = proof,
        .level = (unsigned)run->cli->options.value[OPTION_MINIMIZE].integer,
        .checker = run->check.checker,
        .n_rest = run->cli->n_rest,
        .rest = run->cli->rest};
    const enum status status = bench_child_start(&slot->child, &job, error);
    alloc_free(proof);
    return status;
}

/* Starts instances in free slots while there are any to run. */
static enum status fill_slots(struct run *run, struct error *error)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; i < run->n_slots && status == STATUS_OK; i++) {
        struct slot *slot = &run->slots[i];
        while (run->next < run->list.instances.n &&
               run->list.instances.data[run->next].outcome.verdict != NULL) {
            run->next++;
        }
        if (slot->is_busy || run->next == run->list.instances.n) {
            continue;
        }
        slot->instance = run->next++;
        status = start(run, slot, error);
        slot->is_busy = status == STATUS_OK;
    }
    return status;
}

static enum status collect(struct run *run, struct slot *slot,
                           struct error *error)
{
    struct bench_instance *instance = &run->list.instances.data[slot->instance];
    struct bench_outcome outcome;
    slot->is_busy = false;
    const enum status status =
        bench_child_finish(&slot->child, &outcome, error);
    if (status != STATUS_OK || budget_check(NULL) != STATUS_OK) {
        return status;
    }
    instance->outcome = outcome;
    run->n_ready++;
    log_line(LOG_NOTE, "%zu/%zu %s%s%s %.2f s %s %s", run->n_ready,
             run->list.instances.n, outcome.verdict,
             bench_is_wrong(instance) ? " (WRONG)" : "",
             outcome.check == BENCH_CERTIFIED  ? " certified"
             : outcome.check == BENCH_REJECTED ? " REJECTED"
                                               : "",
             outcome.wall_s, instance->onnx, instance->vnnlib);
    return bench_rows_add(&run->rows, run->list.benchmark, instance, error);
}

/* Waits until a child is done, half a second at most, and collects. */
static enum status wait_slots(struct run *run, size_t *n_busy,
                              struct error *error)
{
    enum { HALF_SECOND_MS = 500 };
    enum status status = STATUS_OK;
    struct pollfd *watched = NULL;
    NEW_ARRAY(watched, run->n_slots);
    *n_busy = 0;
    for (size_t i = 0; i < run->n_slots; i++) {
        const struct slot *slot = &run->slots[i];
        watched[i].fd = slot->is_busy ? slot->child.pipe : -1;
        watched[i].events = POLLIN;
        *n_busy += slot->is_busy ? 1 : 0;
    }
    if (*n_busy > 0 &&
        poll(watched, (nfds_t)run->n_slots, HALF_SECOND_MS) > 0) {
        for (size_t i = 0; i < run->n_slots && status == STATUS_OK; i++) {
            if (run->slots[i].is_busy && watched[i].revents != 0) {
                status = collect(run, &run->slots[i], error);
            }
        }
    }
    alloc_free(watched);
    return status;
}

static enum status run_all(struct run *run, struct error *error)
{
    enum status status = STATUS_OK;
    size_t n_busy = 1;
    while (n_busy > 0) {
        STATUS_TRY(fill_slots(run, error));
        STATUS_TRY(wait_slots(run, &n_busy, error));
        status = budget_check(NULL);
        if (status != STATUS_OK) {
            error_set(error, "interrupted; the same command continues");
            goto cleanup;
        }
    }
cleanup:
    for (size_t i = 0; i < run->n_slots; i++) {
        if (run->slots[i].is_busy) {
            bench_child_abandon(&run->slots[i].child);
        }
    }
    return status;
}

static enum status load(struct run *run, struct error *error)
{
    const struct cli *cli = run->cli;
    const struct bench_filter filter = {
        .match = cli_text(cli, OPTION_MATCH),
        .cap_s = cli->options.value[OPTION_BENCH_TIMEOUT].seconds};
    enum status status = STATUS_OK;
    STATUS_TRY(bench_check_init(&run->check, cli_text(cli, OPTION_PROOFS),
                                cli_is_set(cli, OPTION_CHECK), error));
    STATUS_TRY(bench_list_load(&run->list, cli->operands.data[0],
                               cli_text(cli, OPTION_EXPECTED), &filter, error));
    STATUS_TRY(bench_rows_open(&run->rows, cli_text(cli, OPTION_RESULTS),
                               &run->list, cli_is_set(cli, OPTION_FRESH),
                               error));
    for (size_t i = 0; i < run->list.instances.n; i++) {
        const struct bench_instance *one = &run->list.instances.data[i];
        run->n_ready += one->outcome.verdict == NULL ? 0 : 1;
    }
    if (run->n_ready > 0) {
        log_line(LOG_NOTE, "%zu of %zu instances are in the results already",
                 run->n_ready, run->list.instances.n);
    }
cleanup:
    return status;
}

static int run_command(struct run *run)
{
    struct error error = {0};
    struct bench_summary summary;
    if (cli_is_set(run->cli, OPTION_CHECK) &&
        !cli_is_set(run->cli, OPTION_PROOFS)) {
        log_line(LOG_ERROR, "bench: --check needs --proofs");
        help_hint(stderr, run->cli->command);
        return EXIT_STATUS_USAGE;
    }
    if (load(run, &error) != STATUS_OK) {
        return fail(&error);
    }
    error = (struct error){0};
    const enum status status = run_all(run, &error);
    bench_summarise(&summary, &run->list);
    bench_table_print(stdout, &run->list, &summary);
    if (fflush(stdout) != 0) {
        log_line(LOG_ERROR, "standard output: cannot write");
        return EXIT_STATUS_ERROR;
    }
    if (status != STATUS_OK) {
        return fail(&error);
    }
    return summary.n_wrong + summary.n_rejected > 0 ? (int)EXIT_STATUS_ERROR
                                                    : (int)EXIT_STATUS_OK;
}

int cmd_bench(const struct cli *cli)
{
    struct run run = {.cli = cli, .rows = {.descriptor = -1}};
    budget_catch_signals();
    run.n_slots = (size_t)cli->options.value[OPTION_JOBS].integer;
    NEW_ARRAY(run.slots, run.n_slots);
    const int exit_status = run_command(&run);
    alloc_free(run.slots);
    bench_rows_close(&run.rows);
    bench_check_clear(&run.check);
    bench_list_clear(&run.list);
    return exit_status;
}
