/* Every item is worked on once; the run ends when told and when empty. */
#include "solver/workers.h"
#include "src/base/alloc.h"
#include "tests/suite.h"

#include <stdatomic.h>
#include <time.h>

enum { THREADS_MAX = 4, DEPTH = 9, NODES = (1 << (DEPTH + 1)) - 1 };

/* Items are the nodes of a binary tree; an item's children appear when it is
 * given back, so that takers may find nothing while others are at work. */
struct tree {
    size_t n_threads;
    size_t limit; /* give says stop after so many items */
    size_t open[NODES];
    size_t n_open;
    size_t n_given;
    size_t n_worker_items[THREADS_MAX];
    atomic_size_t n_worked[NODES];
    size_t n_outside; /* give or take while another one is at it */
    bool is_inside;
    size_t item[NODES];
};

static void enter(struct tree *tree)
{
    tree->n_outside += tree->is_inside ? 1 : 0;
    tree->is_inside = true;
}

static void *take(void *context, size_t worker)
{
    struct tree *tree = context;
    void *item = NULL;
    ck_assert_uint_lt(worker, tree->n_threads);
    enter(tree);
    if (tree->n_open > 0) {
        item = &tree->item[tree->open[--tree->n_open]];
    }
    tree->is_inside = false;
    return item;
}

static void work(void *context, size_t worker, void *item)
{
    struct tree *tree = context;
    const size_t node = *(const size_t *)item;
    ck_assert_uint_lt(worker, tree->n_threads);
    atomic_fetch_add(&tree->n_worked[node], 1);
}

static bool give(void *context, size_t worker, void *item)
{
    struct tree *tree = context;
    const size_t node = *(const size_t *)item;
    enter(tree);
    tree->n_given++;
    tree->n_worker_items[worker]++;
    for (size_t child = 2 * node + 1; child <= 2 * node + 2; child++) {
        if (child < NODES) {
            tree->open[tree->n_open++] = child;
        }
    }
    tree->is_inside = false;
    return tree->n_given >= tree->limit;
}

static struct tree *plant(size_t n_threads, size_t n_roots, size_t limit)
{
    struct tree *tree;
    NEW(tree);
    tree->n_threads = n_threads;
    tree->limit = limit;
    tree->n_open = n_roots;
    for (size_t i = 0; i < NODES; i++) {
        tree->item[i] = i;
        atomic_init(&tree->n_worked[i], 0);
    }
    return tree;
}

static struct tree *run(size_t n_threads, size_t n_roots, size_t limit)
{
    struct tree *tree = plant(n_threads, n_roots, limit);
    const struct workers_job job = {tree, take, work, give};
    if (n_threads == 1) {
        workers_run_alone(&job, 0);
    } else {
        workers_run(&job, n_threads);
    }
    ck_assert_uint_eq(tree->n_outside, 0);
    return tree;
}

/* Tasks of a crew: each runs a tree of its own as its job. The items of the
 * last one but its root wait until a second thread has come, or for a while. */
struct forest {
    size_t n_threads;
    size_t next_tree;
    size_t n_trees;
    struct tree *tree[8];
    size_t owner[8];
    size_t n_ended;
    bool is_waiting;
    atomic_size_t n_helped; /* items of the last tree that others worked on */
};

struct forest_job {
    struct forest *forest;
    size_t number;
    struct workers_job job;
};

static void *forest_take(void *context, size_t worker)
{
    const struct forest_job *job = context;
    return job->job.take(job->job.context, worker);
}

static void forest_work(void *context, size_t worker, void *item)
{
    const struct forest_job *job = context;
    struct forest *forest = job->forest;
    work(job->job.context, worker, item);
    if (job->number + 1 < forest->n_trees) {
        return;
    }
    if (worker != forest->owner[job->number]) {
        atomic_fetch_add(&forest->n_helped, 1);
    }
    const struct timespec pause = {0, 1000000};
    for (int i = 0; forest->is_waiting && *(const size_t *)item > 0 &&
                    i < 20000 && atomic_load(&forest->n_helped) == 0;
         i++) {
        (void)nanosleep(&pause, NULL);
    }
}

static bool forest_give(void *context, size_t worker, void *item)
{
    const struct forest_job *job = context;
    (void)job->job.give(job->job.context, worker, item);
    const struct tree *tree = job->job.context;
    return tree->n_given >= tree->limit;
}

static bool next_tree(void *context, struct crew *crew, size_t worker)
{
    struct forest *forest = context;
    crew_lock(crew);
    const size_t number = forest->next_tree;
    const bool has_one = number < forest->n_trees;
    if (has_one) {
        forest->owner[number] = worker;
        forest->next_tree++;
    }
    crew_unlock(crew);
    if (!has_one) {
        return false;
    }
    struct forest_job own = {
        forest, number, {forest->tree[number], take, work, give}};
    const struct workers_job job = {&own, forest_take, forest_work,
                                    forest_give};
    crew_run_job(crew, &job, worker);
    crew_lock(crew);
    forest->n_ended++;
    crew_unlock(crew);
    return true;
}

/* Runs trees that end after `limit` items; checks what holds of all. */
static void run_forest(size_t n_threads, size_t n_trees, size_t limit,
                       bool is_waiting)
{
    struct forest forest = {
        .n_threads = n_threads, .n_trees = n_trees, .is_waiting = is_waiting};
    atomic_init(&forest.n_helped, 0);
    for (size_t t = 0; t < n_trees; t++) {
        forest.tree[t] = plant(n_threads, 1, limit);
    }
    const struct crew_tasks tasks = {&forest, next_tree};
    crew_run(&tasks, n_threads);
    ck_assert_uint_eq(forest.n_ended, n_trees);
    for (size_t t = 0; t < n_trees; t++) {
        const struct tree *tree = forest.tree[t];
        size_t n_worked = 0;
        ck_assert_uint_eq(tree->n_outside, 0);
        for (size_t i = 0; i < NODES; i++) {
            ck_assert_uint_le(atomic_load(&tree->n_worked[i]), 1);
            n_worked += atomic_load(&tree->n_worked[i]);
        }
        ck_assert_uint_eq(n_worked, tree->n_given);
        ck_assert_uint_ge(n_worked, limit < NODES ? limit : NODES);
        alloc_free(forest.tree[t]);
    }
    ck_assert(!is_waiting || atomic_load(&forest.n_helped) > 0);
}

START_TEST(a_crew_does_all_tasks_and_their_jobs)
{
    const size_t before = alloc_live_bytes();
    for (size_t round = 0; round < test_count(40); round++) {
        const size_t n_threads = 1 + round % THREADS_MAX;
        run_forest(n_threads, round % 9, round % 3 == 0 ? 100 : NODES, false);
    }
    ck_assert_uint_eq(alloc_live_bytes(), before);
}
END_TEST

START_TEST(threads_without_a_task_help_with_the_last)
{
    for (size_t n_threads = 2; n_threads <= THREADS_MAX; n_threads++) {
        run_forest(n_threads, 1, NODES, true);
        run_forest(n_threads, 3, NODES, true);
    }
}
END_TEST

START_TEST(every_item_is_worked_on_once)
{
    for (size_t round = 0; round < test_count(20); round++) {
        const size_t n_threads = 1 + round % THREADS_MAX;
        struct tree *tree = run(n_threads, 1, SIZE_MAX);
        size_t total = 0;
        for (size_t i = 0; i < NODES; i++) {
            ck_assert_uint_eq(atomic_load(&tree->n_worked[i]), 1);
        }
        for (size_t w = 0; w < THREADS_MAX; w++) {
            total += tree->n_worker_items[w];
        }
        ck_assert_uint_eq(total, NODES);
        ck_assert_uint_eq(tree->n_open, 0);
        alloc_free(tree);
    }
}
END_TEST

START_TEST(a_run_ends_when_give_says_so)
{
    for (size_t n_threads = 1; n_threads <= THREADS_MAX; n_threads++) {
        struct tree *tree = run(n_threads, 1, 100);
        ck_assert_uint_ge(tree->n_given, 100);
        ck_assert_uint_lt(tree->n_given, 100 + n_threads);
        size_t n_worked = 0;
        for (size_t i = 0; i < NODES; i++) {
            const size_t n = atomic_load(&tree->n_worked[i]);
            ck_assert_uint_le(n, 1);
            n_worked += n;
        }
        ck_assert_uint_eq(n_worked, tree->n_given);
        ck_assert_uint_gt(tree->n_open, 0);
        alloc_free(tree);
    }
}
END_TEST

START_TEST(a_run_without_items_ends_at_once)
{
    const size_t before = alloc_live_bytes();
    for (size_t n_threads = 1; n_threads <= THREADS_MAX; n_threads++) {
        struct tree *tree = run(n_threads, 0, SIZE_MAX);
        ck_assert_uint_eq(tree->n_given, 0);
        alloc_free(tree);
    }
    ck_assert_uint_eq(alloc_live_bytes(), before);
}
END_TEST

TCase *test_cases(void)
{
    TCase *cases = tcase_create("workers");
    tcase_add_test(cases, every_item_is_worked_on_once);
    tcase_add_test(cases, a_run_ends_when_give_says_so);
    tcase_add_test(cases, a_run_without_items_ends_at_once);
    tcase_add_test(cases, a_crew_does_all_tasks_and_their_jobs);
    tcase_add_test(cases, threads_without_a_task_help_with_the_last);
    return cases;
}
