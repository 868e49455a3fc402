/* Workers as POSIX threads around one lock. */
#include "solver/workers.h"
#include "src/base/alloc.h"
#include "src/base/require.h"

#include <pthread.h>

struct pool {
    const struct workers_job *job;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    size_t n_busy;
    bool is_over;
};

struct member {
    struct pool *pool;
    size_t worker;
    pthread_t thread;
};

static void *member_run(void *argument)
{
    const struct member *member = argument;
    struct pool *pool = member->pool;
    const struct workers_job *job = pool->job;
    REQUIRE(pthread_mutex_lock(&pool->lock) == 0);
    while (!pool->is_over) {
        void *item = job->take(job->context, member->worker);
        if (item == NULL && pool->n_busy == 0) {
            break;
        }
        if (item == NULL) {
            REQUIRE(pthread_cond_wait(&pool->changed, &pool->lock) == 0);
            continue;
        }
        pool->n_busy++;
        REQUIRE(pthread_mutex_unlock(&pool->lock) == 0);
        job->work(job->context, member->worker, item);
        REQUIRE(pthread_mutex_lock(&pool->lock) == 0);
        pool->n_busy--;
        if (job->give(job->context, member->worker, item)) {
            pool->is_over = true;
        }
        REQUIRE(pthread_cond_broadcast(&pool->changed) == 0);
    }
    pool->is_over = true;
    REQUIRE(pthread_cond_broadcast(&pool->changed) == 0);
    REQUIRE(pthread_mutex_unlock(&pool->lock) == 0);
    return NULL;
}

void workers_run(const struct workers_job *job, size_t n_threads)
{
    REQUIRE(n_threads >= 1);
    struct pool pool = {.job = job};
    REQUIRE(pthread_mutex_init(&pool.lock, NULL) == 0);
    REQUIRE(pthread_cond_init(&pool.changed, NULL) == 0);
    struct member *members;
    NEW_ARRAY(members, n_threads);
    size_t n_started = 1;
    members[0] = (struct member){.pool = &pool};
    for (size_t w = 1; w < n_threads; w++) {
        members[w] = (struct member){.pool = &pool, .worker = w};
        if (pthread_create(&members[w].thread, NULL, member_run, &members[w]) !=
            0) {
            break;
        }
        n_started++;
    }
    (void)member_run(&members[0]);
    for (size_t w = 1; w < n_started; w++) {
        REQUIRE(pthread_join(members[w].thread, NULL) == 0);
    }
    alloc_free(members);
    REQUIRE(pthread_cond_destroy(&pool.changed) == 0);
    REQUIRE(pthread_mutex_destroy(&pool.lock) == 0);
}
