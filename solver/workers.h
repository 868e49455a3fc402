/* Threads that take items, work on them and give back results. */
#ifndef ASTROLABE_SOLVER_WORKERS_H
#define ASTROLABE_SOLVER_WORKERS_H

#include <stdbool.h>
#include <stddef.h>

/*
 * take   under the lock: the next item, or NULL if there is none now
 * work   outside the lock
 * give   under the lock, after work on the item; returns true to end all
 *        work at once
 * The run ends when give says so, or when take has nothing and no worker is
 * at work. worker is 0 .. n_threads-1.
 */
struct workers_job {
    void *context;
    void *(*take)(void *context, size_t worker);
    void (*work)(void *context, size_t worker, void *item);
    bool (*give)(void *context, size_t worker, void *item);
};

/* Runs the job on n_threads >= 1 threads, the caller being worker 0, and
 * returns when all are done. Fewer threads run if the system refuses some. */
void workers_run(const struct workers_job *job, size_t n_threads);

#endif
