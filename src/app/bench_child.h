/* One instance in its own process, watched by a keeper process. */
#ifndef ASTROLABE_APP_BENCH_CHILD_H
#define ASTROLABE_APP_BENCH_CHILD_H

#include "src/app/bench_list.h"
#include "src/base/error.h"
#include "src/base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/types.h>

/* A child still running this long after its time limit is killed. */
enum { BENCH_GRACE_SECONDS = 5 };

/*
 * A running instance.
 *   keeper  process that starts `verify`, waits for it with the limit and
 *           measures it alone
 *   pipe    readable once the keeper is done
 *   output, errors, report  unlinked files: what the child wrote
 */
struct bench_child {
    pid_t keeper;
    int pipe;
    FILE *output;
    FILE *errors;
    FILE *report;
};

/*
 * Starts `verify` on the instance inside the folder with n_rest further
 * arguments.
 *   returns  STATUS_OK; STATUS_IO if the system refuses
 */
enum status bench_child_start(struct bench_child *child, const char *folder,
                              const struct bench_instance *instance,
                              size_t n_rest, char *const *rest,
                              struct error *error);

/*
 * Waits for the keeper, fills the outcome and releases the child.
 *   returns  STATUS_OK; STATUS_USAGE if verify refused its arguments, with
 *            its message
 */
enum status bench_child_finish(struct bench_child *child,
                               struct bench_outcome *outcome,
                               struct error *error);

/* Kills the instance and releases the child. */
void bench_child_abandon(struct bench_child *child);

#endif
