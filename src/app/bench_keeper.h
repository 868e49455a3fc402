/* The process that watches one instance, and then its checker. */
#ifndef ASTROLABE_APP_BENCH_KEEPER_H
#define ASTROLABE_APP_BENCH_KEEPER_H

#include "src/app/bench_child.h"

#include <stdbool.h>
#include <stdint.h>

/* How a watched program ended; killed: by the keeper. */
struct bench_end {
    int wait_status;
    bool is_killed;
    double wall_s;
};

/*
 * What the keeper sends through the pipe.
 *   is_checked  the checker ran; if not, check_errors may say why
 */
struct bench_record {
    struct bench_end verify;
    double cpu_s;
    uint64_t max_rss_kb;
    bool is_checked;
    struct bench_end check;
};

/* Runs `verify` with these arguments, the checker on what it leaves, sends
 * the record and ends the process. */
_Noreturn void bench_keeper_run(const struct bench_child *child,
                                const struct bench_job *job, char **arguments,
                                int pipe_end);

#endif
