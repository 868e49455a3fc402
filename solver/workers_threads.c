/* Workers as POSIX threads around one lock. */
#include "solver/workers.h"
#include "src/base/alloc.h"
#include "src/base/require.h"

#include <pthread.h>

/* One of the threads that run the same function, on the same context. */
struct member {
    void (*run)(void *context, size_t worker);
    void *context;
    size_t worker;
    pthread_t thread;
};

static void *member_run(void *argument)
{
    const struct member *member = argument;
    member->run(member->context, member->worker);
    return NULL;
}

/* Starts threads 1 .. n_threads - 1, member 0 being the caller; the number of
 * members, fewer than n_threads if the system refuses some. */
static size_t members_start(struct member *members, size_t n_threads,
                            void (*run)(void *context, size_t worker),
                            void *context)
{
    size_t n_members = 1;
    for (size_t w = 1; w < n_threads; w++) {
        members[w] =
            (struct member){.run = run, .context = context, .worker = w};
        if (pthread_create(&members[w].thread, NULL, member_run, &members[w]) !=
            0) {
            break;
        }
        n_members++;
    }
    return n_members;
}

/* Waits until all but the caller have returned. */
static void members_join(const struct member *members, size_t n_members)
{
    for (size_t w = 1; w < n_members; w++) {
        REQUIRE(pthread_join(members[w].thread, NULL) == 0);
    }
}

struct pool {
    const struct workers_job *job;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    size_t n_busy;
    bool is_over;
};

static void pool_init(struct pool *pool, const struct workers_job *job)
{
    *pool = (struct pool){.job = job};
    REQUIRE(pthread_mutex_init(&pool->lock, NULL) == 0);
    REQUIRE(pthread_cond_init(&pool->changed, NULL) == 0);
}

static void pool_clear(struct pool *pool)
{
    REQUIRE(pthread_cond_destroy(&pool->changed) == 0);
    REQUIRE(pthread_mutex_destroy(&pool->lock) == 0);
}

/* Works on the pool's job until that is over. */
static void pool_join(void *context, size_t worker)
{
    struct pool *pool = context;
    const struct workers_job *job = pool->job;
    REQUIRE(pthread_mutex_lock(&pool->lock) == 0);
    while (!pool->is_over) {
        void *item = job->take(job->context, worker);
        if (item == NULL && pool->n_busy == 0) {
            break;
        }
        if (item == NULL) {
            REQUIRE(pthread_cond_wait(&pool->changed, &pool->lock) == 0);
            continue;
        }
        pool->n_busy++;
        REQUIRE(pthread_mutex_unlock(&pool->lock) == 0);
        job->work(job->context, worker, item);
        REQUIRE(pthread_mutex_lock(&pool->lock) == 0);
        pool->n_busy--;
        if (job->give(job->context, worker, item)) {
            pool->is_over = true;
        }
        REQUIRE(pthread_cond_broadcast(&pool->changed) == 0);
    }
    pool->is_over = true;
    REQUIRE(pthread_cond_broadcast(&pool->changed) == 0);
    REQUIRE(pthread_mutex_unlock(&pool->lock) == 0);
}

void workers_run(const struct workers_job *job, size_t n_threads)
{
    REQUIRE(n_threads >= 1);
    struct pool pool;
    struct member *members;
    pool_init(&pool, job);
    NEW_ARRAY(members, n_threads);
    const size_t n_members =
        members_start(members, n_threads, pool_join, &pool);
    pool_join(&pool, 0);
    members_join(members, n_members);
    alloc_free(members);
    pool_clear(&pool);
}

void workers_run_alone(const struct workers_job *job, size_t worker)
{
    bool is_over = false;
    while (!is_over) {
        void *item = job->take(job->context, worker);
        is_over = item == NULL;
        if (!is_over) {
            job->work(job->context, worker, item);
            is_over = job->give(job->context, worker, item);
        }
    }
}

/* A job that threads without a task may help with; in the list of its crew. */
struct shared {
    struct pool pool;
    size_t n_helpers;
    bool is_listed;
    struct shared *next;
};

/*
 * lock     of all below, and of what tasks share
 * n_tasks  threads that may still take a task or do one
 * first    list of the jobs that can be helped with
 */
struct crew {
    const struct crew_tasks *tasks;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    size_t n_tasks;
    struct shared *first;
};

void crew_lock(struct crew *crew)
{
    REQUIRE(pthread_mutex_lock(&crew->lock) == 0);
}

void crew_unlock(struct crew *crew)
{
    REQUIRE(pthread_mutex_unlock(&crew->lock) == 0);
}

/* Under the lock. */
static void notify(struct crew *crew)
{
    REQUIRE(pthread_cond_broadcast(&crew->changed) == 0);
}

/* Under the lock. */
static void unlist(struct crew *crew, struct shared *shared)
{
    struct shared **place = &crew->first;
    while (shared->is_listed && *place != shared) {
        place = &(*place)->next;
    }
    if (shared->is_listed) {
        *place = shared->next;
        shared->is_listed = false;
    }
}

void crew_run_job(struct crew *crew, const struct workers_job *job,
                  size_t worker)
{
    struct shared shared = {.is_listed = true};
    pool_init(&shared.pool, job);
    crew_lock(crew);
    shared.next = crew->first;
    /* It is off the list before this returns. */
    /* cppcheck-suppress autoVariables */
    crew->first = &shared;
    notify(crew);
    crew_unlock(crew);
    pool_join(&shared.pool, worker);
    crew_lock(crew);
    unlist(crew, &shared);
    while (shared.n_helpers > 0) {
        REQUIRE(pthread_cond_wait(&crew->changed, &crew->lock) == 0);
    }
    crew_unlock(crew);
    pool_clear(&shared.pool);
}

/* The job with the fewest helpers, NULL if there is none; under the lock. */
static struct shared *find_job(const struct crew *crew)
{
    struct shared *best = crew->first;
    for (struct shared *job = best; job != NULL; job = job->next) {
        best = job->n_helpers < best->n_helpers ? job : best;
    }
    return best;
}

/* Does tasks, and helps others while they do theirs. */
static void crew_join(void *context, size_t worker)
{
    struct crew *crew = context;
    const struct crew_tasks *tasks = crew->tasks;
    while (tasks->next(tasks->context, crew, worker)) {
    }
    crew_lock(crew);
    crew->n_tasks--;
    notify(crew);
    while (crew->n_tasks > 0) {
        struct shared *shared = find_job(crew);
        if (shared == NULL) {
            REQUIRE(pthread_cond_wait(&crew->changed, &crew->lock) == 0);
            continue;
        }
        shared->n_helpers++;
        crew_unlock(crew);
        pool_join(&shared->pool, worker);
        crew_lock(crew);
        unlist(crew, shared);
        shared->n_helpers--;
        notify(crew);
    }
    crew_unlock(crew);
}

void crew_run(const struct crew_tasks *tasks, size_t n_threads)
{
    REQUIRE(n_threads >= 1);
    struct crew crew = {.tasks = tasks, .n_tasks = n_threads};
    struct member *members;
    REQUIRE(pthread_mutex_init(&crew.lock, NULL) == 0);
    REQUIRE(pthread_cond_init(&crew.changed, NULL) == 0);
    NEW_ARRAY(members, n_threads);
    const size_t n_members =
        members_start(members, n_threads, crew_join, &crew);
    crew_lock(&crew);
    crew.n_tasks -= n_threads - n_members;
    crew_unlock(&crew);
    crew_join(&crew, 0);
    members_join(members, n_members);
    alloc_free(members);
    REQUIRE(pthread_cond_destroy(&crew.changed) == 0);
    REQUIRE(pthread_mutex_destroy(&crew.lock) == 0);
}
