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

/* Runs the job on the calling thread alone, as `worker`; without a lock. */
void workers_run_alone(const struct workers_job *job, size_t worker);

/* Threads that do tasks side by side and then help with the last of them. */
struct crew;

/*
 * next  takes a task and does it, as thread `worker` of the crew; false if
 *       there was none to take. Called outside the lock of the crew.
 */
struct crew_tasks {
    void *context;
    bool (*next)(void *context, struct crew *crew, size_t worker);
};

/* Does all tasks on n_threads >= 1 threads, the caller being worker 0, and
 * returns when all are done. Fewer threads run if the system refuses some. */
void crew_run(const struct crew_tasks *tasks, size_t n_threads);

/* Part of a task: runs the job as `worker`, who does the task, with all threads
 * that find no task to take; returns when all of them have left it. Not to be
 * called with the lock of the crew. */
void crew_run_job(struct crew *crew, const struct workers_job *job,
                  size_t worker);

/* The lock of the crew, for what tasks share; taken inside that of a job. */
void crew_lock(struct crew *crew);
void crew_unlock(struct crew *crew);

#endif
