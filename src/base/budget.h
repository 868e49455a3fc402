/* What a run may use: wall time, memory, and the signals that end it. */
#ifndef ASTROLABE_BASE_BUDGET_H
#define ASTROLABE_BASE_BUDGET_H

#include "src/base/status.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * deadline_s    on the clock of budget_now_s; HUGE_VAL: none
 * memory_bytes  live bytes of base/alloc; 0: no limit
 * is_over       set by another thread when nothing is wanted any more; may be
 *               NULL
 */
struct budget {
    double deadline_s;
    size_t memory_bytes;
    const atomic_bool *is_over;
};

/* Seconds since this process started, monotonic. */
double budget_now_s(void);

/* CPU seconds of all threads of this process. */
double budget_cpu_s(void);

/* STATUS_OK, STATUS_TIMED_OUT (deadline, or SIGTERM), STATUS_INTERRUPTED
 * (SIGINT, or is_over), STATUS_LIMIT (memory). NULL budget: signals only. Cheap
 * enough for one call per node. */
enum status budget_check(const struct budget *budget);

/* Installs handlers for SIGINT and SIGTERM that set the flag which
 * budget_check reads; SIGPIPE is ignored. */
void budget_catch_signals(void);

/* Number of usable cores, at least 1. */
size_t budget_cores(void);

#endif
