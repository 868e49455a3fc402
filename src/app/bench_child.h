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

/* A checker running this many times the limit of its instance is killed. */
enum { BENCH_CHECK_FACTOR = 10 };

/*
 * What to run, inside the folder.
 *   proof    absolute path of the certificate to be written; NULL: none
 *   level    how much work verify puts into it, 0 to 3
 *   checker  absolute path of the program that checks it; NULL: none
 *   rest     [n_rest] further arguments of verify
 */
struct bench_job {
    const char *folder;
    const struct bench_instance *instance;
    const char *proof;
    unsigned level;
    const char *checker;
    size_t n_rest;
    char *const *rest;
};

/*
 * A running instance.
 *   keeper  process that starts `verify`, waits for it with the limit and
 *           measures it alone; then the same with the checker
 *   pipe    readable once the keeper is done
 *   is_checked  a certificate goes to the checker
 *   output, errors, report  unlinked files: what the child wrote
 *   check_output, check_errors  the same of the checker
 */
struct bench_child {
    pid_t keeper;
    int pipe;
    bool is_checked;
    FILE *output;
    FILE *errors;
    FILE *report;
    FILE *check_output;
    FILE *check_errors;
};

/*
 * Starts `verify` on the instance and, if it leaves a certificate, then the
 * checker. A certificate of an earlier run is removed first.
 *   returns  STATUS_OK; STATUS_IO if the system refuses
 */
enum status bench_child_start(struct bench_child *child,
                              const struct bench_job *job, struct error *error);

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
